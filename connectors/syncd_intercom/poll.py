"""Hints from the searches for what changed lately, by Intercom's clock, one request for each kind when idle.

Three things are not said, and each is taken as if it were so: in which order a search answers, how late its index is,
and whether `updated_at` is compared by the second or, as for contacts, by the day. Stamps are whole seconds, so a row
is named only once its second is over; until then it is told at each poll, without a name.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from syncd.sdk.connector import Changed, Page
from syncd.sdk.errors import Rejected
from syncd_intercom.api import Api, Rows
from syncd_intercom.refs import Kind, Ref
from syncd_intercom.wire import RowJson, moment

LOOK_BACK = 300  # seconds, asked for again at each poll: for what became visible late
OVER = 5  # seconds after its beginning a second is surely over, though two hosts tell the time
MOST = 5_000  # names in a cursor; beyond that some changes are told twice, which does no harm


@dataclass(frozen=True, slots=True)
class Cursor:
    """A second of Intercom's clock up to which everything was told, and what was told from `LOOK_BACK` before it on."""

    second: int
    told: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Cursor:
        try:
            second, *told = json.loads(text)
            return cls(int(second), frozenset(map(str, told)))
        except (ValueError, TypeError):
            raise Rejected("intercom: the stored cursor cannot be read") from None

    def __str__(self) -> str:
        return json.dumps([self.second, *sorted(self.told)[-MOST:]])

    @property
    def start(self) -> int:
        return self.second - LOOK_BACK

    def after(self, names: Iterable[str], *, upto: int) -> Cursor:
        """It never goes back, and keeps the names that the next poll will see again."""
        moved = max(self.second, upto)
        known = self.told | frozenset(names)
        return Cursor(moved, frozenset(name for name in known if stamp_of(name) >= moved - LOOK_BACK))


def token(ref: str, stamp: int) -> str:
    """The name of the last change in a second that is over."""
    return f"{ref}@{stamp}"


def stamp_of(token: str) -> int:
    """The second in a name; -1 in anything else."""
    stamp = token.rpartition("@")[2]
    return int(stamp) if stamp.isdecimal() else -1


async def changes(api: Api, cursor: str | None, kinds: Sequence[Kind]) -> AsyncIterator[Page]:
    """See `Connector.changes`. The second moves on with the last page only: no page before it is the oldest."""
    if cursor is None:
        _, now = await api.me()
        yield Page((), str(Cursor(int((now or datetime.now(UTC)).timestamp()) - (0 if now else 3600))))
        return
    poll = _Poll(Cursor.parse(cursor))
    for kind in kinds:
        after: str | None = None
        while True:
            page = await api.changed(kind, since(poll.cursor.start), after=after)
            hints, after = poll.hints(kind, page), page.after
            if kind == kinds[-1] and after is None:
                yield Page(hints, str(poll.end()))
                break
            yield Page(hints, str(poll.between()))
            if after is None:
                break


@dataclass(slots=True)
class _Poll:
    """One poll. `began` is the second of its first answer, before which nothing can change any more."""

    cursor: Cursor
    began: int | None = None
    names: set[str] = field(default_factory=set)
    newest: int = 0

    def hints(self, kind: Kind, page: Rows) -> tuple[Changed, ...]:
        rows = [row for row in page.rows if row.updated_at >= self.cursor.start]  # whole days may come
        if self.began is None:
            told = max((row.updated_at for row in rows), default=self.cursor.second)
            self.began = int(page.at.timestamp()) if page.at else told
        self.newest = max([self.newest, *(row.updated_at for row in rows)])
        found = [self._hint(Ref(kind, row.id), row, page.at) for row in rows]
        fresh = tuple(hint for hint in found if not hint.token or hint.token not in self.cursor.told)
        self.names |= {hint.token for hint in fresh if hint.token}
        return fresh

    def _hint(self, ref: Ref, row: RowJson, at: datetime | None) -> Changed:
        over = at is not None and at.timestamp() >= row.updated_at + OVER
        name = token(str(ref), row.updated_at) if over else ""
        return Changed(str(ref), token=name, revision=str(row.updated_at), at=moment(row.updated_at))

    def between(self) -> Cursor:
        return self.cursor.after(self.names, upto=self.cursor.second)

    def end(self) -> Cursor:
        """What changes while pages are read may fall between them: the next poll looks there again."""
        return self.cursor.after(self.names, upto=min(self.newest, self.began or 0))


def since(second: int) -> dict[str, Any]:
    """From a second on. By the second, `>` means "greater or equal" (tickets/search). By the day, as /contacts/search
    has it, `>` begins with the next day, and `=` is the whole of this one: together they are never too few."""
    return {
        "operator": "OR",
        "value": [
            {"field": "updated_at", "operator": ">", "value": second},
            {"field": "updated_at", "operator": "=", "value": second},
        ],
    }

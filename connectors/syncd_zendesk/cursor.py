"""Where polling stands: the newest second seen, and which audits of the last minute were told. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncd.sdk.errors import Rejected
from syncd_zendesk.hints import TicketEventJson

LOOK_BACK = 60  # seconds that each poll asks for again, for what became visible late
MOST = 5000  # audits that a cursor names; beyond that some are told twice, which does no harm


@dataclass(frozen=True, slots=True)
class Cursor:
    """A second of Zendesk's clock (Unix time), and the ids of the audits told from `LOOK_BACK` before it on."""

    second: int
    seen: frozenset[int] = frozenset()

    @classmethod
    def read(cls, text: str) -> Cursor:
        """From its stored form: the second, then ids in hexadecimal."""
        try:
            second, *ids = text.split()
            return cls(int(second), frozenset(int(id, 16) for id in ids))
        except ValueError:
            raise Rejected("zendesk: the stored cursor cannot be read") from None

    def __str__(self) -> str:
        return " ".join([str(self.second), *(format(id, "x") for id in sorted(self.seen)[-MOST:])])

    def after(self, told: Iterable[TicketEventJson]) -> Cursor:
        """Where polling stands after these audits, all that this poll told so far. It never goes back."""
        read = [(int(event.created_at.timestamp()), event.id) for event in told]
        newest = max([self.second, *(second for second, _ in read)])
        return Cursor(newest, frozenset(id for second, id in read if second >= newest - LOOK_BACK))

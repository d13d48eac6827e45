"""Looking up what the helpdesk does not know: in CSV files, which may change meanwhile, and in other systems.

A lookup never stops a ticket. Where no answer comes, the last one counts, or the default; it is asked again later, and
the tickets that were looked at meanwhile are looked at once more when it answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import structlog

from syncd.core.lookup import Csv, Lookup, Web
from syncd.core.signals import Signal
from syncd.mapping.lookups import KEY, TableRead, read_table
from syncd.sdk.errors import BadAnswer, ConnectorError, NotFound
from syncd.sdk.http import Client
from syncd.store import lookups as answers
from syncd.store.lookups import Answer
from syncd.store.store import Store

log = structlog.get_logger()

TIMEOUT = timedelta(seconds=3)
PATIENCE = 5.0  # seconds that a ticket waits for all tries of one question together
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)
AT_ONCE = 20  # questions that are asked again in one turn
LONGEST = 200  # characters of a value


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found; `failed` where that is not what the other system says now."""

    signal: Signal
    failed: bool = False


@dataclass(frozen=True, slots=True)
class LookupView:
    """A lookup that does not work as it should. `next_try` is None for a table, which is read when it changes."""

    name: str
    problem: str
    since: datetime | None
    next_try: datetime | None


class Lookups:
    """All lookups of one process.

    Args:
        trusted: origins that may be plain http or in a private network, as in the config.
    """

    def __init__(self, store: Store, now: Callable[[], datetime], trusted: Collection[str] = ()) -> None:
        self._store = store
        self._now = now
        self._trusted = frozenset(one.lower().rstrip("/") for one in trusted)
        self._tables: dict[Csv, tuple[object, TableRead]] = {}
        self._silent: dict[str, datetime] = {}

    async def find(self, one: Lookup, key: str, *, keep: bool = True) -> Looked:
        """What a word is.

        Args:
            keep: whether answers are stored; `plan` and `why` store nothing.
        """
        if not key:
            return Looked(Signal(one.default or None, f"the ticket does not say its {one.by}"))
        if isinstance(one.source, Csv):
            return Looked(await self._in_table(one, one.source, key))
        known = await self._store.read(lambda c: answers.get(c, one.name, key)) or Answer(one.name, key)
        if not self._is_good(known, one.source):
            known = await self._ask(one, one.source, known, keep=keep)
        host = urlsplit(one.source.url).hostname
        who = named(key)
        told = f"{who} at {host}" if known.value else f"{who} is not known at {host}"
        if known.problem:
            told = f"{host} did not answer: {'the last answer' if known.value else 'the default'} counts"
        return Looked(Signal(known.value or one.default or None, told), failed=bool(known.problem))

    async def ask_again(self, configured: Iterable[Lookup]) -> list[str]:
        """Ask what was not answered and is due; the names of the lookups that answer again."""
        due = await self._store.read(lambda c: answers.failing(c, AT_ONCE, until=self._now()))
        sources = {one.name: one for one in configured}
        back: set[str] = set()
        for known in due:
            one = sources.get(known.name)
            if one is None or not isinstance(one.source, Web):
                gone = replace(known, problem="", since=None, retry_at=None)  # it is in the configuration no more
                await self._store.write(lambda c, gone=gone: answers.put(c, gone))  # type: ignore[misc]
                continue
            self._silent.pop(one.name, None)
            if not (await self._ask(one, one.source, known)).problem:
                back.add(one.name)
        return sorted(back)

    # -- tables

    async def _in_table(self, one: Lookup, source: Csv, key: str) -> Signal:
        name = Path(source.path).name
        found, who = (await self._table(one.name, source)).rows.get(key), named(key)
        if found:
            return Signal(found, f"{who} in {name}")
        return Signal(one.default or None, f"{who} is not in {name}")

    async def _table(self, name: str, source: Csv) -> TableRead:
        """The table as it is now. One that has become wrong is told of in the log, and what it said before counts."""
        mark, before = _mark(source.path), self._tables.get(source)
        if before is not None and before[0] == mark:
            return before[1]
        read = await asyncio.to_thread(read_table, source)
        for problem in problems_of(read, source):
            log.error("lookup.refused", lookup=name, problem=problem)
        kept = before[1] if before is not None and (read.missing or read.mistakes) else read
        self._tables[source] = (mark, kept)
        if before is not None and kept is read:
            log.info("lookup.reloaded", lookup=name, rows=len(read.rows))
        return kept

    # -- other systems

    def _is_good(self, known: Answer, source: Web) -> bool:
        """Whether nobody needs to be asked: the answer is fresh, or it is too early to ask again."""
        now = self._now()
        if known.retry_at is not None:
            return now < known.retry_at
        return known.answered_at is not None and now - known.answered_at < source.cache

    async def _ask(self, one: Lookup, source: Web, known: Answer, *, keep: bool = True) -> Answer:
        now = self._now()
        until = self._silent.get(one.name)
        if until is not None and now < until:  # it did not answer another ticket just now: this one does not wait too
            found = _failed(known, "it did not answer just before", now, until - now)
        else:
            found = await self._asked(one, source, known)
        if keep:
            await self._store.write(lambda c: answers.put(c, found))
        return found

    async def _asked(self, one: Lookup, source: Web, known: Answer) -> Answer:
        now = self._now()
        try:
            async with asyncio.timeout(PATIENCE):
                value = await self._fetched(one.name, source, known.key)
        except Exception as error:  # whatever it meets: a lookup never stops a ticket
            problem = _said(one.name, error)
            wait = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(known.failures, 10))
            self._silent[one.name] = now + FIRST_RETRY
            log.warning("lookup.failed", lookup=one.name, problem=problem, again_in=wait.total_seconds())
            return _failed(known, problem, now, wait)
        return Answer(one.name, known.key, value=value, answered_at=now)

    async def _fetched(self, name: str, source: Web, key: str) -> str:
        place = urlsplit(source.url)
        origin = f"{place.scheme}://{place.netloc}"
        client = Client(origin, connection=f"lookup {name}", timeout=TIMEOUT, headers=source.headers)
        try:
            if origin.lower() not in self._trusted:
                await client.check_egress(origin, "what a lookup asks for")
            path = source.url.removeprefix(origin).replace(KEY, quote(key, safe=""))
            return value_at(await client.json("GET", path), source.pointer, name)
        except NotFound:
            return ""
        finally:
            await client.aclose()


def problems(lookups: Sequence[Lookup], failing: Iterable[Answer]) -> list[LookupView]:
    """What does not work: of each other system the problem that comes up next, of each table every mistake."""
    found: dict[str, LookupView] = {}
    for answer in failing:
        view = LookupView(answer.name, answer.problem, answer.since, answer.retry_at)
        found.setdefault(answer.name, view)
    tables = {one.name: one.source for one in lookups if isinstance(one.source, Csv)}
    wrong = [
        LookupView(name, problem, None, None)
        for name, source in sorted(tables.items())
        for problem in problems_of(read_table(source), source)
    ]
    return [*found.values(), *wrong]


def problems_of(read: TableRead, source: Csv) -> list[str]:
    """What is wrong with a table, each mistake a sentence with its line."""
    name = Path(source.path).name
    gone = [f"{name} cannot be read"] if read.missing else []
    return [*gone, *(f"{name}, line {one.line}: {one.problem}; {one.remedy}" for one in read.mistakes)]


def value_at(answer: Any, pointer: str, name: str) -> str:
    """What stands at a JSON pointer (RFC 6901), as text; "" where nothing does.

    Raises:
        BadAnswer: a list or a table stands there.
    """
    for part in (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]):
        if isinstance(answer, list) and part.isdecimal() and int(part) < len(answer):
            answer = answer[int(part)]
        else:
            answer = answer.get(part) if isinstance(answer, dict) else None
    if isinstance(answer, dict | list):
        raise BadAnswer(f"lookup {name}: a list or a table stands at {pointer}")
    if isinstance(answer, bool):
        return "true" if answer else "false"
    return "" if answer is None else str(answer).strip()[:LONGEST]


def _said(name: str, error: Exception) -> str:
    match error:
        case ConnectorError():
            return str(error)
        case TimeoutError():
            return f"lookup {name}: no answer within {PATIENCE:g} s"
        case _:
            return f"lookup {name}: {type(error).__name__}"


def _failed(known: Answer, problem: str, now: datetime, wait: timedelta) -> Answer:
    since = known.since or now
    return replace(known, problem=problem, since=since, failures=known.failures + 1, retry_at=now + wait)


def named(key: str) -> str:
    """A word that was looked up, for a reason that others read; an address is a person's, and stays here."""
    return "the requester" if "@" in key else f"`{key}`"


def _mark(path: str) -> object:
    """Another value after each change of a file."""
    try:
        now = Path(path).stat()
    except OSError:
        return None
    return now.st_mtime_ns, now.st_size, now.st_ino

"""TicketSQL and TransactionSQL of a simulated Request Tracker: as much of both as a connector asks.

`field op value` with AND, OR and brackets. A field or an operator that is not here is refused as RT refuses an unknown
one, so that nobody takes a missing filter for an empty result. By lib/RT/Tickets.pm and lib/RT/Transactions.pm.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

Row = TypeVar("Row")
Value = str | int | datetime | list[str] | None
Getter = Callable[[Row], Value]
Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<mark>[()])
      | (?P<op>!=|>=|<=|=|<|>)
      | '(?P<single>(?:[^'\\]|\\.)*)' | "(?P<double>(?:[^"\\]|\\.)*)"
      | (?P<word>CF\.\{[^}]*\}|[\w.:+-]+)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})(?: (\d{2}:\d{2}:\d{2}))?")
_COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


class BadQuery(Exception):
    """RT's own words about a query that it does not understand."""


class Parser(Generic[Row]):
    """One query against rows that are read by `fields`; `who` is what `__CurrentUser__` stands for."""

    def __init__(self, text: str, fields: Mapping[str, Getter[Row]], *, who: str) -> None:
        self.tokens = list(_tokens(text))
        self.fields = {name.lower(): getter for name, getter in fields.items()}
        self.who = who

    def parse(self) -> Test[Row]:
        test = self._either()
        if self.tokens:
            raise BadQuery(f"Wrong query, expecting an AND or an OR before '{self.tokens[0][1]}'")
        return test

    def _either(self) -> Test[Row]:
        tests = [self._both()]
        while self._next_is("OR"):
            tests.append(self._both())
        return lambda row: any(test(row) for test in tests)

    def _both(self) -> Test[Row]:
        tests = [self._one()]
        while self._next_is("AND"):
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test[Row]:
        kind, word = self._take()
        if (kind, word) == ("mark", "("):
            inner = self._either()
            if self._take() != ("mark", ")"):
                raise BadQuery("Wrong query, expecting a closing bracket")
            return inner
        getter = self.fields.get(word.lower())
        if kind not in ("word", "text") or getter is None:
            raise BadQuery(f"Unknown field: {word}")
        (kind, op), (_, value) = self._take(), self._take()
        if kind != "op":
            raise BadQuery(f"Wrong query, expecting an operator after '{word}'")
        return _test(getter, op, self.who if value == "__CurrentUser__" else value)

    def _take(self) -> tuple[str, str]:
        if not self.tokens:
            raise BadQuery("Incomplete query")
        return self.tokens.pop(0)

    def _next_is(self, word: str) -> bool:
        found = bool(self.tokens) and self.tokens[0][0] == "word" and self.tokens[0][1].upper() == word
        if found:
            self.tokens.pop(0)
        return found


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise BadQuery(f"Wrong query, near '{text[at : at + 20]}'")
        kind = found.lastgroup or ""
        quoted = kind in ("single", "double")
        yield ("text" if quoted else kind, re.sub(r"\\(.)", r"\1", found[kind]) if quoted else found[kind])
        at = found.end()


def _test(getter: Getter[Row], op: str, value: str) -> Test[Row]:
    def test(row: Row) -> bool:
        here = getter(row)
        match here:
            case datetime():
                return _of_time(here, op, value)
            case int():
                return _of_number(here, op, value)
            case list():
                return (value in here) == (op == "=")
            case _:
                return _of_text(here or "", op, value)

    return test


def _of_text(here: str, op: str, value: str) -> bool:
    if op in _COMPARE:
        return bool(_COMPARE[op](here.lower(), value.lower()))
    return (here.lower() == value.lower()) == (op == "=")


def _of_number(here: int, op: str, value: str) -> bool:
    if not value.lstrip("-").isdecimal():
        raise BadQuery(f"'{value}' is no number")
    if op in _COMPARE:
        return bool(_COMPARE[op](here, int(value)))
    return (here == int(value)) == (op == "=")


def _of_time(here: datetime, op: str, value: str) -> bool:
    """In the zone of who asks, which here is UTC. RT 5.0.3 reads `2026-11-21T17:05:11Z` as that day's midnight."""
    found = _TIME.match(value)
    if found is None or op == "!=":
        raise BadQuery(f"Invalid Date Op: {op} {value}")
    moment = datetime.fromisoformat(f"{found[1]} {found[2] or '00:00:00'}").replace(tzinfo=UTC)
    if op == "=":
        day = moment.replace(hour=0, minute=0, second=0)
        return day <= here < day + timedelta(days=1)
    return bool(_COMPARE[op](here, moment))

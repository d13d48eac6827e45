"""As much of JQL as the connector asks: comparisons joined by AND, and an order. Anything else is a 400, as in Jira."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd_jira.fields import milliseconds, moment


class BadQuery(ValueError):
    """A query that this simulator does not understand; the text is Jira's kind of complaint."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """An issue as the search index knows it."""

    id: str
    words: dict[str, frozenset[str]]  # project, issuetype, status, labels, in lower case
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class Query:
    tests: tuple[Callable[[Indexed], bool], ...]
    probe: str  # an id that is found besides
    order: tuple[tuple[str, bool], ...]  # field, descending

    def select(self, rows: Iterable[Indexed]) -> list[Indexed]:
        found = [row for row in rows if row.id == self.probe or all(test(row) for test in self.tests)]
        for name, descending in reversed(self.order):
            found.sort(key=lambda row: _sort_key(row, name), reverse=descending)
        return found


_CLAUSE = re.compile(
    r"\s*(?P<field>\w+)\s*(?P<operator>>=|=|in)\s*(?P<value>\((?:[^()\"]|\"(?:\\.|[^\"\\])*\")*\)|\"(?:\\.|[^\"\\])*\"|-?\w+)\s*",
    re.IGNORECASE,
)
_WORD = re.compile(r"\"((?:\\.|[^\"\\])*)\"|(\w+)")


def parse(jql: str, *, now: datetime) -> Query:
    """Read a query; relative times count from `now`."""
    where, _, by = re.sub(r"\s+", " ", jql).partition("ORDER BY")
    where, probe = _without_probe(where)
    tests = []
    position = 0
    while where[position:].strip():
        match = _CLAUSE.match(where, position)
        if match is None:
            raise BadQuery(f"Error in the JQL Query near position {position}.")
        tests.append(_test(match["field"].lower(), match["operator"].lower(), match["value"], now))
        position = match.end()
        if where[position:].strip():
            if not where.upper().startswith("AND ", position):
                raise BadQuery(f"Expecting AND near position {position}.")
            position += 4
    if not tests:
        raise BadQuery("Unbounded JQL queries are not allowed here.")
    return Query(tuple(tests), probe, tuple(_order(each.split()) for each in by.split(",") if each.strip()))


def _without_probe(where: str) -> tuple[str, str]:
    """The one alternative that is understood: `... OR id = 10500`, behind everything else."""
    match = re.fullmatch(r"(.*\S) OR id = (\d+) ?", where)
    return (match[1], match[2]) if match else (where, "")


def _test(field: str, operator: str, value: str, now: datetime) -> Callable[[Indexed], bool]:
    if field == "updated" and operator == ">=":
        since = _since(value, now)
        return lambda row: row.updated >= since
    if field not in ("project", "issuetype", "status", "labels") or operator not in ("=", "in"):
        raise BadQuery(f"Field '{field}' does not exist or you do not have permission to view it.")
    words = {re.sub(r"\\(.)", r"\1", quoted) or bare for quoted, bare in _WORD.findall(value)}
    wanted = {word.lower() for word in words}
    return lambda row: bool(row.words[field] & wanted)


def _since(value: str, now: datetime) -> datetime:
    if match := re.fullmatch(r"-(\d+)m", value):
        return now - timedelta(minutes=int(match[1]))
    if value.isdecimal():
        return moment(int(value))
    raise BadQuery(f"Date value '{value}' for field 'updated' is invalid.")


def _order(words: list[str]) -> tuple[str, bool]:
    if words[0].lower() not in ("updated", "created", "id") or len(words) > 2:
        raise BadQuery(f"Not able to sort using field '{words[0]}'.")
    return words[0].lower(), words[-1].upper() == "DESC"


def _sort_key(row: Indexed, name: str) -> int:
    return {"id": int(row.id), "updated": milliseconds(row.updated), "created": milliseconds(row.created)}[name]

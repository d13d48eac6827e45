"""Encoded queries as a simulated ServiceNow runs them: case-sensitive, and deaf to what it does not understand."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from syncd_servicenow.simulator.state import Row
from syncd_servicenow.wire import is_stamp, moment, stamp

_CONDITION = re.compile(r"([a-z][a-z0-9_]*)(>=|<=|!=|=|>|<|IN|LIKE|STARTSWITH|ENDSWITH)(.*)", re.DOTALL)
_ORDER = re.compile(r"ORDERBY(DESC)?([a-z][a-z0-9_]*)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How an instance reads a query.

    Attributes:
        columns: of the table, with their types.
        me: whom `gs.getUserID()` means; empty where scripts in queries are switched off.
        zone: of the user who asks, in which times are read.
        strict: `glide.invalid_query.returns_no_rows`.
    """

    columns: Mapping[str, str]
    me: str
    zone: timedelta = timedelta(0)
    strict: bool = False

    def select(self, rows: Iterable[Row], query: str) -> list[Row]:
        found = sorted(rows, key=lambda row: row["sys_id"])
        orders: list[tuple[str, bool]] = []
        groups: list[list[Callable[[Row], bool]]] = []
        for part in query.split("^"):
            if order := _ORDER.fullmatch(part):
                orders.append((order[2], bool(order[1])))
                continue
            alternative = part.startswith("OR") and bool(groups)
            test = self._test(part.removeprefix("OR") if alternative else part)
            if test is None:
                if part and self.strict:
                    return []
                continue  # "the instance ignores the invalid part"
            (groups[-1] if alternative else _new(groups)).append(test)
        found = [row for row in found if all(any(test(row) for test in group) for group in groups)]
        for column, descending in reversed(orders):
            if column in self.columns:
                found.sort(key=lambda row, column=column: self._key(column, row), reverse=descending)  # type: ignore[misc]
        return found

    def _test(self, part: str) -> Callable[[Row], bool] | None:
        match = _CONDITION.fullmatch(part)
        if match is None or match[1] not in self.columns:
            return None
        column, how, value = match.groups()
        if value == "javascript:gs.getUserID()":
            if not self.me:
                return None
            value = self.me
        if how in _COMPARE:
            return self._comparison(column, how, value)
        return lambda row: _holds(row.get(column, ""), how, value)

    def _comparison(self, column: str, how: str, value: str) -> Callable[[Row], bool] | None:
        compare = _COMPARE[how]
        match self.columns[column]:
            case "integer":
                return lambda row: compare(int(row.get(column) or 0), int(value))
            case "glide_date_time":
                if not is_stamp(value):
                    return None
                utc = stamp(moment(value) - self.zone)
                return lambda row: compare(row.get(column, ""), utc)
            case _:
                return lambda row: compare(row.get(column, ""), value)

    def _key(self, column: str, row: Row) -> tuple[int, str]:
        value = row.get(column, "")
        return (int(value or 0), "") if self.columns[column] == "integer" else (0, value)


def _new(groups: list[list[Callable[[Row], bool]]]) -> list[Callable[[Row], bool]]:
    groups.append([])
    return groups[-1]


def _holds(there: str, how: str, value: str) -> bool:
    match how:
        case "=":
            return there == value
        case "!=":
            return there != value
        case "IN":
            return there in value.split(",")
        case "LIKE":
            return value in there
        case "STARTSWITH":
            return there.startswith(value)
        case _:
            return there.endswith(value)

"""Encoded queries, made so that no value can become a condition. Pure.

"If part of a query is invalid, the instance ignores the invalid part and then returns rows using only the valid
portion" (c_TableAPI.md, sysparm_query). So a misspelt name asks for the whole table, and whoever asks must look at what
came back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from syncd.sdk.errors import Rejected

_ACTING = re.compile(r"[\^\x00-\x1f\x7f]|\A(?:javascript|DYNAMIC)", re.IGNORECASE)


def term(column: str, operator: str, value: str) -> str:
    """One condition. A value that could begin another condition, or run as a script, is refused."""
    if not sayable(value):
        raise Rejected("servicenow: such a value cannot stand in a query")
    return f"{column}{operator}{value}"


def among(column: str, values: Iterable[str]) -> str:
    """One of some values, none of which may hold a comma."""
    listed = sorted(set(values))
    if any("," in value for value in listed):
        raise Rejected("servicenow: such a value cannot stand in a list of a query")
    return term(column, "IN", ",".join(listed))


def both(*terms: str) -> str:
    return "^".join(terms)


def sayable(value: str) -> bool:
    return bool(value) and not _ACTING.search(value)

"""Lists of issues in the simulated Redmine: filters, order, pages (app/models/query.rb, issue_query.rb).

A filter that Redmine does not have is ignored without a word, and then the list holds everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from syncd_redmine.simulator.instance import Instance, refuse
from syncd_redmine.simulator.seed import CUSTOM_FIELDS
from syncd_redmine.simulator.state import Issue

Test = Callable[[Issue], bool]

LISTS = frozenset({"tracker_id", "priority_id", "author_id", "assigned_to_id", "fixed_version_id"})
DATES = {"created_on": "Created", "updated_on": "Updated", "closed_on": "Closed"}
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}(:?\d{2}){0,2}(Z|\d{2}:?\d{2})?)?")
TOKEN = re.compile(r'((?:\s|^)"[^"]+"(?:\s|$)|\S+)')
NOT_HERE = frozenset(
    """member_of_group assigned_to_role fixed_version.due_date fixed_version.status category_id description notes
    start_date due_date estimated_hours spent_time done_ratio is_private attachment attachment_description watcher_id
    updated_by last_updated_by subproject_id project.status parent_id child_id relates duplicates duplicated blocks
    blocked precedes follows copied_to copied_from query_id set_filter f fields""".split()  # noqa: SIM905  as it is told
)
"""Filters of a real Redmine that this one does not have; anything else that is not known here it ignores, too."""
NOT_SORTED = frozenset(
    """project tracker parent status priority subject author assigned_to category fixed_version start_date due_date
    estimated_hours total_estimated_hours done_ratio closed_on last_updated_by is_private attachments
    relations""".split()  # noqa: SIM905  as it is told
)
"""Columns by which a real Redmine sorts and this one does not."""
ORDERS: Mapping[str, Callable[[Issue], Any]] = {
    "id": lambda issue: issue.id,
    "updated_on": lambda issue: issue.updated,
    "created_on": lambda issue: issue.created,
}


def chosen(instance: Instance, params: Mapping[str, str]) -> list[Issue]:
    """All issues that the actor sees and that pass, in the order asked for; without `status_id` the open ones."""
    if missing := NOT_HERE & params.keys():
        raise NotImplementedError(f"the simulated Redmine has no filter {', '.join(missing)}")
    tests = [test for name, text in params.items() if (test := _filter(instance, name, text))]
    if "status_id" not in params:
        tests.append(lambda issue: not issue.is_closed)
    if project := params.get("project_id"):
        number = instance.project(project).id
        tests.append(lambda issue: issue.values["project_id"] == number)
    found = [issue for issue in instance.visible() if all(test(issue) for test in tests)]
    return _sorted(found, params.get("sort", ""))


def page(params: Mapping[str, str]) -> tuple[int, int]:
    """Offset and limit: 25 without one, and never more than 100."""
    offset, limit = _number(params.get("offset", "")), _number(params.get("limit", ""))
    return max(offset, 0), min(limit, 100) if limit > 0 else 25


def _number(text: str) -> int:
    found = re.match(r"\s*[+-]?\d+", text)
    return int(found[0]) if found else 0


def _sorted(issues: Iterable[Issue], order: str) -> list[Issue]:
    """By the keys given; unknown ones are ignored, and in the end the newest stands first."""
    found = sorted(issues, key=ORDERS["id"], reverse=True)
    for key in reversed(order.split(",")):
        name, _, way = key.partition(":")
        if name in ORDERS:
            found.sort(key=ORDERS[name], reverse=way == "desc")
        elif name in NOT_SORTED or name.startswith("cf_"):
            raise NotImplementedError(f"the simulated Redmine does not sort by {name}")
    return found


# -- filters


def _custom(name: str) -> int | None:
    """The number of a custom field that is used as a filter."""
    found = re.fullmatch(r"cf_(\d+)", name)
    number = int(found[1]) if found else 0
    return number if number in CUSTOM_FIELDS and CUSTOM_FIELDS[number].is_filter else None


def _filter(instance: Instance, name: str, text: str) -> Test | None:
    if name == "status_id":
        return _status(text)
    if name == "issue_id":
        numbers = {int(number) for number in re.findall(r"[+-]?\d+", text)}
        return lambda issue: issue.id in numbers
    if name in LISTS:
        return _listed(name, re.sub(r"\bme\b", str(instance.rights.me), text))
    if name in DATES:
        return _dated(name, text)
    if name == "subject":
        return _worded(lambda issue: issue.values["subject"], text)
    number = _custom(name)
    if number is None:
        return None
    return _worded(lambda issue: issue.custom.get(number) or "", text)


def _status(text: str) -> Test | None:
    """`*` all, `o...` open, `c...` closed, else numbers."""
    match text[:1]:
        case "*":
            return lambda issue: True
        case "o" | "c":
            return lambda issue: issue.is_closed == text.startswith("c")
        case _:
            return _listed("status_id", text)


def _listed(name: str, text: str) -> Test:
    """Numbers between bars; `!` turns it, `*` is any and `!*` none."""
    negated = text.startswith("!")
    words = text.removeprefix("!").removeprefix("=")
    if words == "*":
        return lambda issue: (issue.values[name] is None) == negated
    numbers = words.split("|")
    return lambda issue: (str(issue.values[name]) in numbers) != negated


def _worded(said: Callable[[Issue], str], text: str) -> Test:
    """`~` has all of these words, in any case; else one of the values between bars."""
    negated, words = text.startswith("!"), text.removeprefix("!")
    if words.startswith("~"):
        wanted = _tokens(words[1:])
        return lambda issue: all(word.lower() in said(issue).lower() for word in wanted) != negated
    if words[:1] in ("^", "$", "*"):
        raise NotImplementedError(f"the simulated Redmine has no operator {words[:1]}")
    values = words.removeprefix("=").split("|")
    return lambda issue: (said(issue) in values) != negated


def _tokens(text: str) -> Sequence[str]:
    """At most five words of more than one letter, or the whole text (lib/redmine/search.rb)."""
    words = [found.strip().strip('"').strip() for found in TOKEN.findall(text)]
    return [word for word in dict.fromkeys(words) if len(word) > 1][:5] or [text]


def _dated(name: str, text: str) -> Test:
    operator = next((each for each in ("><", ">=", "<=", "=") if text.startswith(each)), "")
    if not operator and text[:1] in ("<", ">", "*", "!", "t", "w", "m", "y", "l"):
        raise NotImplementedError(f"the simulated Redmine has no operator {text}")
    values = [_moment(part, name) for part in text.removeprefix(operator).split("|")]
    lower = values[0] if operator != "<=" else None
    upper = values[0] if operator in ("<=", "=", "") else values[-1] if operator == "><" else None
    return lambda issue: _between(getattr(issue, name.removesuffix("_on")), lower, upper)


def _moment(text: str, name: str) -> date | datetime:
    try:
        if not MOMENT.fullmatch(text):
            raise ValueError(text)
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        refuse([f"{DATES[name]} is invalid"])
        raise


def _between(at: datetime | None, lower: date | datetime | None, upper: date | datetime | None) -> bool:
    """Microseconds are stored: "from T" begins right after T minus a second, "until T" ends at T sharp."""
    if at is None:
        return False
    after = lower is None or at > _start(lower)
    return after and (upper is None or at <= _end(upper))


def _start(bound: date | datetime) -> datetime:
    if isinstance(bound, datetime):
        return bound.astimezone(UTC) - timedelta(seconds=1)
    return datetime.combine(bound, time(tzinfo=UTC)) - timedelta(microseconds=1)


def _end(bound: date | datetime) -> datetime:
    if isinstance(bound, datetime):
        return bound.astimezone(UTC)
    return datetime.combine(bound, time.max, tzinfo=UTC)

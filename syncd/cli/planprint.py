"""A plan as a person reads it: what is new, what becomes something else, what cannot be done, and the sum of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from syncd.cli import session

if TYPE_CHECKING:
    from rich.console import Console

    from syncd.engine.views import Change, PlannedLink

STYLES = {"+": "green", "~": "yellow", "!": "red", ".": "dim"}
WAITS = "  waits for `syncd apply`"


def show(out: Console, planned: Sequence[PlannedLink], *, verb: str = "Plan") -> None:
    """Everything but the links that agree, which are only counted."""
    for one in planned:
        if not one.agrees or _told(one):
            _link(out, one)
    session.say(out, f"{verb}: {summary(planned)}", "bold")


def _told(one: PlannedLink) -> bool:
    """Whether a ticket without an issue is worth a word: somebody asked why no rule takes it."""
    return bool(one.verdicts) and not one.rule and one.link.id == 0


def _link(out: Console, one: PlannedLink) -> None:
    link = one.link
    issue = f" - {link.engineering.label}" if link.engineering else ""
    number = f"link {link.id}, " if link.id else ""
    session.say(out, f"{link.support.label}{issue}  ({number}{link.mapping})", "bold")
    if one.problem:
        session.say(out, f"  ! {one.problem}", "red")
    for change in one.changes:
        session.say(out, _line(change, one), STYLES[change.sign] if change.what != "detail" else "dim green")
    if not one.rule and link.engineering is None:
        for rule, _, reason in one.verdicts:
            session.say(out, f"  - no issue by rule {rule}: {reason}", "dim")
    out.print()


def _line(change: Change, one: PlannedLink) -> str:
    late = WAITS if change.waits else ""
    where = f"  on {change.side}" if change.side else ""
    rule = f"  ({change.rule})" if change.rule else ""
    after, before = change.after or "(empty)", change.before or "(empty)"
    match change.what:
        case "create":
            return f"  + create {change.name} from {one.link.support.label} by rule {change.rule}"
        case "detail":
            return f"      {change.name}: {change.after}"
        case "field":
            return f"  ~ {change.name}: {before} -> {after}{rule}{where}{late}"
        case "comment":
            return f"  + comment by {change.name} ({change.after}){rule}{where}"
        case "edit":
            return f"  ~ comment by {change.name} was edited{rule}{where}"
        case "file":
            return f"  + file {change.name}{rule}{where}"
        case "link":
            return f"  + show {change.name}{where}"
        case "note":
            return f"  + note: {change.after}{where}"
        case "parked":
            return f"  ! {change.name}: {change.after}"
        case "conflict":
            return f"  ! {change.name}: support says {before}, engineering says {after}; `syncd resolve` decides"
        case "differs":
            return f"  ! {change.name}: {before} | {after}; nobody owns it, so it stays until a person edits it"
        case other:
            return f"  {change.sign} {other} {change.name}: {change.after}".rstrip(": ")


def summary(planned: Sequence[PlannedLink]) -> str:
    changes = [change for one in planned for change in one.changes]
    parts = [
        _part(changes, "create", "issue to create", "issues to create"),
        _part(changes, "field", "field to write", "fields to write"),
        _part(changes, "comment", "comment to copy", "comments to copy"),
        _part(changes, "file", "file to copy", "files to copy"),
        _part(changes, "link", "backlink", "backlinks"),
        _part(changes, "note", "note", "notes"),
    ]
    refused = sum(change.sign == "!" for change in changes)
    problems = sum(bool(one.problem) for one in planned)
    agree = sum(one.agrees for one in planned)
    words = [part for part in parts if part] or ["nothing to write"]
    words += [f"{refused} {'needs' if refused == 1 else 'need'} a person"] if refused else []
    words += [f"{session.counted(problems, 'link')} could not be read"] if problems else []
    waits = sum(change.waits and change.sign in "+~" for change in changes)
    late = f" {waits} of it {'waits' if waits == 1 else 'wait'} for `syncd apply`." if waits else ""
    return f"{', '.join(words)}. {session.counted(agree, 'link agrees', 'links agree')}.{late}"


def _part(changes: Sequence[Change], what: str, one: str, many: str) -> str:
    number = sum(change.what == what for change in changes)
    return session.counted(number, one, many) if number else ""

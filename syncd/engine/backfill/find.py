"""Find the issue that a ticket names: in one of its fields, or by its address in what was written on the ticket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from syncd.core.mapping import Mapping
from syncd.core.model import Person, RichText, Side, Snapshot, Value
from syncd.engine.backfill.addresses import KEY, Named, named, shows
from syncd.engine.site import Site
from syncd.sdk.connector import ALL_PARTS, ONLY_FIELDS, Connector
from syncd.sdk.errors import Forbidden, Moved, NotFound, Rejected


@dataclass(frozen=True, slots=True)
class Found:
    """The one issue that a ticket names, or why there is none."""

    issue: Snapshot | None = None
    why: str = ""


Finder = Callable[[Site, Mapping, str], Awaitable[Found]]
"""Reads a ticket by its ref, and says which issue it names."""


def in_field(field: str) -> Finder:
    """By a field: an address anywhere in it, or the whole value where that is a key.

    Args:
        field: an entry of the mapping, or a field of the helpdesk.
    """

    async def find(site: Site, mapping: Mapping, ref: str) -> Found:
        ticket = await site.connectors[mapping.connections.support].fetch(ref, parts=ONLY_FIELDS)
        rule = mapping.rule(field)
        name = rule.lenses.support.field if rule else field
        if name not in ticket.fields:
            return Found(why=f"has no field `{name}`")
        text = _text(ticket.fields[name])
        tracker = site.connectors[mapping.connections[Side.ENGINEERING]]
        if (whole := KEY.fullmatch(text.strip())) and (issue := await _fetched(tracker, whole[1])):
            return Found(issue)
        return _only(await _issues(tracker, [text]), f"names no issue in `{name}`")

    return find


def in_texts() -> Finder:
    """By an address in any text of the ticket or in a comment that a person wrote on it."""

    async def find(site: Site, mapping: Mapping, ref: str) -> Found:
        ticket = await site.connectors[mapping.connections.support].fetch(ref, parts=ALL_PARTS)
        tracker = site.connectors[mapping.connections[Side.ENGINEERING]]
        return _only(await _issues(tracker, list(_texts(ticket))), "names no issue in its texts")

    return find


def _texts(ticket: Snapshot) -> Iterator[str]:
    """All that people wrote; not our own notes, which name the issues of links that were ended."""
    yield from map(_text, ticket.fields.values())
    if ticket.thread is not None:
        yield from (comment.body.text for comment in ticket.thread.comments if comment.key is None)


def _text(value: Value) -> str:
    if isinstance(value, Person):
        return ""
    return value.markdown if isinstance(value, RichText) else str(value or "")


def _only(issues: list[Snapshot], none: str) -> Found:
    match issues:
        case []:
            return Found(why=none)
        case [issue]:
            return Found(issue)
        case _:
            labels = ", ".join(issue.label or issue.ref for issue in issues)
            return Found(why=f"names {len(issues)} issues: {labels}")


async def _issues(tracker: Connector, texts: list[str]) -> list[Snapshot]:
    """The distinct issues of this tracker whose addresses stand in the texts, in their order."""
    found: dict[str, Snapshot] = {}
    for address in dict.fromkeys(name for text in texts for name in named(text, tracker.config.url)):
        issue = await _at(tracker, address)
        if issue is not None:
            found.setdefault(issue.ref, issue)
    return list(found.values())


async def _at(tracker: Connector, address: tuple[Named, ...]) -> Snapshot | None:
    for candidate in address:
        issue = await _fetched(tracker, candidate.name)
        if issue is not None and shows(issue.url, candidate):
            return issue
    return None


async def _fetched(tracker: Connector, name: str) -> Snapshot | None:
    """What the vendor knows by this name, where it went if it was moved; None where it knows or shows nothing."""
    try:
        try:
            return await tracker.fetch(name, parts=ONLY_FIELDS)
        except Moved as moved:
            return await tracker.fetch(moved.ref, parts=ONLY_FIELDS)
    except (NotFound, Forbidden, Rejected, Moved):
        return None

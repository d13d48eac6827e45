"""A ticket's history as edits of fields. Pure.

Neither the endpoint nor its answer is on the vendor's pages; both are as in app/controllers/tickets_controller.rb
(`ticket_history`) and app/models/history.rb of zammad/zammad. An entry has the ticket's `updated_at` of its change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from syncd.core.model import Edit, Person, Value
from syncd_zammad.fields import Catalogue, value_of
from syncd_zammad.wire import NOBODY, EventJson

_FIELDS = {"title": "title", "state": "status", "priority": "priority", "group": "group", "owner": "owner"}


def edits(
    events: Iterable[EventJson], *, since: str, own_id: int, tags: frozenset[str], catalogue: Catalogue
) -> tuple[Edit, ...]:
    """What was changed after a revision, oldest first. `tags` are those of now: each entry tells one tag only."""
    found: list[Edit] = []
    now = tags
    for event in reversed([each for each in events if each.object == "Ticket" and each.created_at > since]):
        if event.attribute == "tag":
            before = _before(now, event)
            found.append(_edit("tags", before, now, event, own_id))
            now = before
        elif (values := _values(event, catalogue)) is not None:
            found.append(_edit(*values, event, own_id))
    return tuple(reversed(found))


def _before(now: frozenset[str], event: EventJson) -> frozenset[str]:
    tag = event.value_to or event.value_from or ""
    return now - {tag} if event.type == "added" else now | {tag}


def _values(event: EventJson, catalogue: Catalogue) -> tuple[str, Value, Value] | None:
    """(field, old, new) of an update of a field that we know."""
    if event.type != "updated":
        return None
    if event.attribute == "owner":
        return "owner", _owner(event.id_from, event.value_from), _owner(event.id_to, event.value_to)
    if event.attribute in _FIELDS:
        return _FIELDS[event.attribute], event.value_from or None, event.value_to or None
    if event.attribute == "pending_time":
        return "pending_time", *_both("datetime", event)
    known = catalogue.by_key(event.attribute)
    return (known.name, *_both(known.type, event)) if known else None


def _both(type: str, event: EventJson) -> tuple[Value, Value]:
    return _past(type, event.value_from), _past(type, event.value_to)


def _past(type: str, said: str | None) -> Value:
    """A value as history says it: as text, a list as JSON."""
    if type.startswith("multi") and said:
        return value_of(type, _listed(said))
    return value_of(type, said)


def _listed(said: str) -> list[str]:
    try:
        found = json.loads(said)
    except ValueError:
        return [said]
    return [str(each) for each in found] if isinstance(found, list) else [str(found)]


def _owner(id: int | None, name: str | None) -> Person | None:
    return None if id in (None, NOBODY) else Person(str(id), name or "")


def _edit(field: str, old: Value, new: Value, event: EventJson, own_id: int) -> Edit:
    at = datetime.fromisoformat(event.created_at)
    return Edit(field, old, new, ours=event.created_by_id == own_id, at=at, id=str(event.id))


def merged_into(events: Iterable[EventJson]) -> Iterator[str]:
    """The tickets that this one was merged into, the last first."""
    for event in reversed(list(events)):
        if event.type == "merged_into" and event.id_to is not None:
            yield str(event.id_to)

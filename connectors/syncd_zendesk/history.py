"""A ticket's audits as edits in our words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from syncd.core.model import Edit, Value
from syncd_zendesk.fields import Catalogue, custom_value, named
from syncd_zendesk.wire import AuditJson, person

_NAMES = {"assignee_id": "assignee", "group_id": "group", "requester_id": "requester", "custom_status_id": "status"}


def edits(audits: Iterable[AuditJson], *, since: datetime, own_id: int | None, catalogue: Catalogue) -> Iterator[Edit]:
    """The changes of fields since a second, those of that second included, oldest first."""
    for audit in audits:
        if audit.created_at is None or audit.created_at < since:
            continue
        for event in audit.events:
            name = str(event.get("field_name", ""))
            if event.get("type") != "Change" or name == ("status" if catalogue.statuses else "custom_status_id"):
                continue
            yield Edit(
                field=_name(name, catalogue),
                old=_value(name, event.get("previous_value"), catalogue),
                new=_value(name, event.get("value"), catalogue),
                ours=audit.author_id == own_id and (event.get("via") or {}).get("channel") != "rule",
                at=audit.created_at,
                id=str(event.get("id", "")),
            )


def _name(name: str, catalogue: Catalogue) -> str:
    known = catalogue.custom.get(int(name)) if name.isdigit() else None
    return known.name if known else _NAMES.get(name, name)


def _value(name: str, value: Any, catalogue: Catalogue) -> Value:
    known = catalogue.custom.get(int(name)) if name.isdigit() else None
    if known:
        return custom_value(known, value)
    if name == "tags":
        return frozenset(value if isinstance(value, list) else str(value or "").split())
    if value in (None, ""):
        return None
    match name:
        case "assignee_id" | "requester_id":
            return person(int(value), {})
        case "group_id":
            return named(int(value), catalogue.groups)
        case "custom_status_id":
            return named(int(value), catalogue.statuses)
        case _:
            return str(value)

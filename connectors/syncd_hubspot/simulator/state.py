"""What a simulated HubSpot keeps, and how it says it in JSON. What may be done with it is in `crm`.

Every object is a record: properties that are all text, each with its history, and associations with other records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncd_hubspot.wire import stamp

APP, PORTAL = "98765", "12345678"
KINDS = {"tickets": "ticket", "notes": "note", "emails": "email", "contacts": "contact"}
ALWAYS = ("createdate", "hs_lastmodifieddate", "hs_object_id")
DEFAULTS = {
    "tickets": ("content", "hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority", "subject"),
    "contacts": ("email", "firstname", "lastname"),
}
"""What a read shows that asks for nothing: "GET returns few properties unless `properties=`"."""
AT_ONCE = 100  # associations within a record; the others are on pages of their own


@dataclass(frozen=True, slots=True)
class Source:
    """Who gives a value, in HubSpot's words."""

    type: str  # "CRM_UI", "INTEGRATION"
    id: str  # "userId:12345", the number of an app
    user: int | None = None


@dataclass(frozen=True, slots=True)
class Past:
    value: str
    at: datetime
    source: Source


@dataclass(slots=True)
class Record:
    """`links` are the associated records, as (kind, id), in the order in which they came."""

    kind: str
    id: int
    created: datetime
    updated: datetime
    history: dict[str, list[Past]] = field(default_factory=dict)  # the newest last
    links: list[tuple[str, int]] = field(default_factory=list)
    archived_at: datetime | None = None

    def get(self, name: str) -> str:
        past = self.history.get(name)
        return past[-1].value if past else ""

    def linked(self, kind: str) -> list[int]:
        return [id for other, id in self.links if other == kind]


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an object; `options` are (value, label)."""

    name: str
    label: str
    type: str = "string"
    field_type: str = "text"
    options: tuple[tuple[str, str], ...] = ()
    own: bool = True  # HubSpot's own
    unique: bool = False
    hidden: bool = False
    calculated: bool = False

    def json(self) -> dict[str, Any]:
        shown = {"hidden": False, "displayOrder": 0}
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": "",
            "groupName": "ticketinformation",
            "options": [{**shown, "value": value, "label": label} for value, label in self.options],
            "hubspotDefined": self.own,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "calculated": self.calculated,
            "archived": False,
            "displayOrder": -1,
            "formField": False,
            "modificationMetadata": {
                "archivable": True,
                "readOnlyDefinition": self.own,
                "readOnlyValue": self.calculated,
            },
        }


@dataclass(frozen=True, slots=True)
class Stage:
    id: str
    label: str
    closed: bool = False

    def json(self, order: int) -> dict[str, Any]:
        state = "CLOSED" if self.closed else "OPEN"
        return {
            "id": self.id,
            "label": self.label,
            "displayOrder": order,
            "metadata": {"ticketState": state, "isClosed": str(self.closed).lower()},
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
        }


@dataclass(frozen=True, slots=True)
class Pipeline:
    id: str
    label: str
    stages: tuple[Stage, ...]

    def json(self, order: int, at: datetime) -> dict[str, Any]:
        times = {"createdAt": stamp(at), "updatedAt": stamp(at), "archived": False}
        stages = [
            {
                **times,
                "id": stage.id,
                "label": stage.label,
                "displayOrder": number,
                "metadata": {
                    "ticketState": "CLOSED" if stage.closed else "OPEN",
                    "isClosed": str(stage.closed).lower(),
                },
                "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            }
            for number, stage in enumerate(self.stages)
        ]
        return {**times, "id": self.id, "label": self.label, "displayOrder": order, "stages": stages}


@dataclass(slots=True)
class StoredFile:
    id: int
    name: str
    media_type: str
    content: bytes
    access: str
    created: datetime

    def json(self) -> dict[str, Any]:
        """The ending of the name stands apart."""
        name, dot, ending = self.name.rpartition(".")
        return {
            "id": str(self.id),
            "name": name if dot else self.name,
            "extension": ending if dot else "",
            "access": self.access,
            "archived": False,
            "createdAt": stamp(self.created),
            "updatedAt": stamp(self.created),
            "path": f"/{self.name}",
            "size": len(self.content),
            "type": "OTHER",
        }


def shown(record: Record, names: Iterable[str]) -> dict[str, str | None]:
    """Properties as an answer has them: always three, then those that are asked for or a few; null where empty."""
    wanted = [*ALWAYS, *(tuple(names) or DEFAULTS.get(record.kind, ()))]
    own: dict[str, str | None] = {
        "createdate": stamp(record.created),
        "hs_lastmodifieddate": stamp(record.updated),
        "hs_object_id": str(record.id),
    }
    return {name: own.get(name) or record.get(name) or None for name in dict.fromkeys(wanted)}


def as_json(record: Record, names: Iterable[str] = ()) -> dict[str, Any]:
    told = {
        "id": str(record.id),
        "properties": shown(record, names),
        "createdAt": stamp(record.created),
        "updatedAt": stamp(record.updated),
        "archived": record.archived_at is not None,
    }
    return {**told, "archivedAt": stamp(record.archived_at)} if record.archived_at else told


def past_json(past: Past) -> dict[str, Any]:
    told = {
        "value": past.value,
        "timestamp": stamp(past.at),
        "sourceType": past.source.type,
        "sourceId": past.source.id,
    }
    return {**told, "updatedByUserId": past.source.user} if past.source.user is not None else told


def histories(record: Record, names: Iterable[str]) -> dict[str, Any]:
    """The newest first."""
    return {name: [past_json(each) for each in reversed(record.history.get(name, []))] for name in names}


def associations(record: Record, kinds: Iterable[str]) -> dict[str, Any]:
    """The first of each kind, each in two ways where it is a contact: with a label and without."""
    found: dict[str, Any] = {}
    for kind in kinds:
        if ids := record.linked(kind):
            found[kind] = _associated(record, kind, ids)
    return found


def _associated(record: Record, kind: str, ids: Sequence[int]) -> dict[str, Any]:
    name = f"{KINDS[record.kind]}_to_{KINDS[kind]}"
    rows = [{"id": str(id), "type": name} for id in ids[:AT_ONCE]]
    if kind == "contacts":
        rows += [{"id": str(id), "type": "requester"} for id in ids[:AT_ONCE]]
    if len(ids) <= AT_ONCE:
        return {"results": rows}
    return {"results": rows, "paging": {"next": {"after": str(AT_ONCE), "link": "https://api.hubapi.com/next"}}}

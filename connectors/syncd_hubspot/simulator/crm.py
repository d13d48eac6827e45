"""What happens inside a simulated HubSpot: records made, changed, associated, archived, restored, merged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from syncd.sdk.testing.simulator import Refused
from syncd_hubspot.simulator.account import PIPELINES, PROPERTIES, source_of
from syncd_hubspot.simulator.state import PORTAL, Past, Pipeline, Property, Record, StoredFile
from syncd_hubspot.values import moment
from syncd_hubspot.wire import milliseconds

if TYPE_CHECKING:
    from syncd_hubspot.simulator import HubspotSimulator

STAGE, PIPELINE = "hs_pipeline_stage", "hs_pipeline"
NEEDED = {"tickets": ("subject", STAGE), "notes": ("hs_timestamp",), "emails": ("hs_timestamp",)}
LONGEST = 65_536
MADE_BY = ("hs_object_source", "hs_object_source_id", "hs_created_by_user_id")
"""What HubSpot sets when a record is made, and nobody writes."""
CORRELATION = "6b2d5a0e-5b1c-4b7e-9c3a-0d5f5d3f9a11"


def refusal(category: str, message: str) -> dict[str, Any]:
    return {"status": "error", "category": category, "message": message, "correlationId": CORRELATION}


def invalid(name: str, code: str) -> Refused:
    """A value that is not allowed; the sentence quotes what was sent."""
    error = {"message": f"{name} was not valid", "code": code, "context": {"propertyName": [name]}}
    return Refused(400, {**refusal("VALIDATION_ERROR", f"Property values were not valid: {name}"), "errors": [error]})


def missing() -> Refused:
    return Refused(404, refusal("OBJECT_NOT_FOUND", "The object was not found"))


class Crm:
    """All state of one account. Whatever it does is done by the simulator's current actor and journalled.

    Attributes:
        merged: which ticket a merged one is now.
        notes_move: whether a note moves the ticket's stamp; the documents do not say.
    """

    def __init__(self, simulator: HubspotSimulator) -> None:
        self._simulator = simulator
        self.records: dict[str, dict[int, Record]] = {kind: {} for kind in PROPERTIES}
        self.properties: dict[str, dict[str, Property]] = {
            kind: {each.name: each for each in known} for kind, known in PROPERTIES.items()
        }
        self.pipelines: list[Pipeline] = list(PIPELINES)
        self.files: dict[int, StoredFile] = {}
        self.merged: dict[int, int] = {}
        self.notes_move = True
        self._last: datetime | None = None

    # -- finding

    def record(self, kind: str, id: str | int, *, archived: bool = False) -> Record:
        """By id. An id that was merged away is the ticket that stays, where the simulator says so."""
        number = int(id) if str(id).isdecimal() else 0
        if kind == "tickets" and self._simulator.merged_ids_resolve:
            number = self.merged.get(number, number)
        found = self.records.get(kind, {}).get(number)
        if found is None or (found.archived_at is not None) != archived:
            raise missing()
        return found

    def by_value(self, kind: str, name: str, value: str, *, archived: bool = False) -> Record:
        """By the value of a unique property, or a contact by address."""
        known = self.properties[kind].get(name)
        if known is None or not (known.unique or (kind, name) == ("contacts", "email")):
            raise Refused(400, refusal("VALIDATION_ERROR", f"{name} is not a unique property"))
        for record in self.records[kind].values():
            if record.get(name) == value and (record.archived_at is not None) == archived:
                return record
        raise missing()

    def pipeline(self, id: str) -> Pipeline | None:
        return next((each for each in self.pipelines if each.id == id), None)

    # -- records

    def create(self, kind: str, given: Mapping[str, str], to: Iterable[tuple[str, str]] = ()) -> Record:
        for name in NEEDED.get(kind, ()):
            if not given.get(name):
                raise invalid(name, "REQUIRED_FIELD")
        links = [(other, self.record(other, id)) for other, id in to]
        now, values = self._now(), dict(given)
        record = Record(kind, self._simulator.new_id(), now, now)
        if kind == "tickets":
            values.setdefault(PIPELINE, self.pipelines[0].id)
        self._check(record, values)
        source = source_of(self._simulator.actor)
        made = (source.type, source.id, str(source.user or ""))
        values |= dict(zip(MADE_BY, made, strict=True))
        self._put(record, values, now)
        self.records[kind][record.id] = record
        for _, other in links:
            self.associate(record, other)
        self._journal("create", record, after=values)
        if kind == "tickets":
            self._tell("creation", record, changeFlag="NEW")
        return record

    def update(self, record: Record, given: Mapping[str, str]) -> None:
        self._check(record, given)
        before = {name: record.get(name) for name in given}
        now = self._now()
        self._put(record, given, now)
        record.updated = now
        self._journal("update", record, before=before, after=given)
        for name, value in given.items():
            if record.kind == "tickets" and before[name] != record.get(name):
                self._tell("propertyChange", record, propertyName=name, propertyValue=value)

    def associate(self, record: Record, other: Record) -> None:
        """Both ways; again changes nothing."""
        for one, two in ((record, other), (other, record)):
            if (two.kind, two.id) not in one.links:
                one.links.append((two.kind, two.id))
                self._spoken(one, two)

    def _spoken(self, ticket: Record, other: Record) -> None:
        """A note or a mail moves the ticket's own stamp: HubSpot counts them in properties of its own."""
        if ticket.kind != "tickets":
            return
        if other.kind == "contacts":
            told = {"fromObjectId": ticket.id, "toObjectId": other.id, "associationType": "TICKET_TO_CONTACT"}
            self._tell("associationChange", ticket, **told, associationRemoved=False)
        if self.notes_move:
            ticket.updated = self._now()

    def archive(self, record: Record) -> None:
        now = self._now()
        record.archived_at = now
        for kind, id in record.links:
            other = self.records[kind][id]
            if record.kind != "tickets":
                other.links.remove((record.kind, record.id))
                other.updated = now if self.notes_move else other.updated
        self._journal("delete", record)
        if record.kind == "tickets":
            self._tell("deletion", record)

    def restore(self, record: Record) -> None:
        record.archived_at, record.updated = None, self._now()
        self._journal("restore", record)
        self._tell("restore", record)

    def merge(self, stays: Record, goes: Record) -> None:
        """What was said on the other comes along; its values do not."""
        if stays is goes:
            raise Refused(400, refusal("VALIDATION_ERROR", "Cannot merge an object with itself"))
        for kind, id in list(goes.links):
            self.associate(stays, self.records[kind][id])
        now = self._now()
        goes.archived_at, stays.updated = now, now
        self.merged[goes.id] = stays.id
        self._journal("merge", goes, after={"into": str(stays.id)})
        told = {"primaryObjectId": stays.id, "mergedObjectIds": [goes.id], "newObjectId": stays.id}
        self._tell("merge", stays, **told, numberOfPropertiesMoved=0)

    # -- files

    def keep(self, name: str, media_type: str, content: bytes, *, access: str) -> StoredFile:
        file = StoredFile(self._simulator.new_id(), name, media_type, content, access, self._simulator.clock())
        self.files[file.id] = file
        self._simulator.did("file", str(file.id))
        return file

    # -- inside

    def _now(self) -> datetime:
        """No two changes of an account have one millisecond."""
        now = self._simulator.clock()
        if self._last is not None and now <= self._last:
            now = self._last + timedelta(milliseconds=1)
        self._last = now
        return now

    def _put(self, record: Record, given: Mapping[str, str], now: datetime) -> None:
        source = source_of(self._simulator.actor)
        for name, value in given.items():
            kept = value.strip() if name == "subject" else value
            if record.get(name) != kept:
                record.history.setdefault(name, []).append(Past(kept, now, source))

    def _check(self, record: Record, given: Mapping[str, str]) -> None:
        known = self.properties[record.kind]
        for name, value in given.items():
            if name not in known:
                raise invalid(name, "PROPERTY_DOESNT_EXIST")
            if not isinstance(value, str):
                raise invalid(name, "INVALID_STRING")
            self._check_value(record, known[name], value)
        if record.kind == "tickets":
            self._check_stage(record, given)

    def _check_value(self, record: Record, known: Property, value: str) -> None:
        if known.calculated:
            raise invalid(known.name, "READ_ONLY_VALUE")
        if len(value) > LONGEST:
            raise invalid(known.name, "TOO_LONG")
        if known.options and value and not {*value.split(";")} <= {option for option, _ in known.options}:
            raise invalid(known.name, "INVALID_OPTION")
        if known.name == "hubspot_owner_id" and value and value not in self._simulator.owners:
            raise invalid(known.name, "INVALID_OWNER_ID")
        if not _fits(known.type, value):
            raise invalid(known.name, f"INVALID_{known.type.upper()}")
        if known.unique and value and self._taken(record, known.name, value):
            raise Refused(400, refusal("VALIDATION_ERROR", f"{known.name}: another record already has that value"))

    def _taken(self, record: Record, name: str, value: str) -> bool:
        """What is in the bin gives its values free."""
        others = (each for each in self.records[record.kind].values() if each is not record and not each.archived_at)
        return any(each.get(name) == value for each in others)

    def _check_stage(self, record: Record, given: Mapping[str, str]) -> None:
        """A ticket stands in a stage of its own pipeline."""
        pipeline = self.pipeline(given.get(PIPELINE) or record.get(PIPELINE))
        if pipeline is None:
            raise invalid(PIPELINE, "INVALID_OPTION")
        if (given.get(STAGE) or record.get(STAGE)) not in {stage.id for stage in pipeline.stages}:
            raise invalid(STAGE, "INVALID_OPTION")

    def _journal(
        self,
        operation: str,
        record: Record,
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> None:
        """A note is a comment of its ticket, for who reads the journal."""
        said = record.kind in ("notes", "emails")
        name = "comment" if said and operation == "create" else operation
        ref = str(next(iter(record.linked("tickets")), record.id)) if said else str(record.id)
        self._simulator.did(name, ref, before=before, after=after)

    def _tell(self, kind: str, ticket: Record, **more: Any) -> None:
        """An event as [H3] has it; `eventId` is not promised to be unique, and here it is not."""
        name = f"ticket.{kind}"
        source = source_of(self._simulator.actor)
        event = {
            "eventId": ticket.id % 7,
            "subscriptionId": 1234,
            "portalId": int(PORTAL),
            "appId": int(self._simulator.accounts[0].id),
            "occurredAt": milliseconds(self._now()),
            "subscriptionType": name,
            "attemptNumber": 0,
            "objectId": ticket.id,
            "changeSource": source.type,
            "sourceId": source.id,
            **more,
        }
        wanted = f"{name}:{more['propertyName']}" if kind == "propertyChange" else name
        self._simulator.outbox.put(wanted, json.dumps([event]).encode())


def _fits(type: str, value: str) -> bool:
    """Whether a text is of a property's type; the empty one clears all."""
    if not value:
        return True
    try:
        match type:
            case "number":
                float(value)
            case "date" | "datetime":
                moment(value)
    except ValueError:
        return False
    return True

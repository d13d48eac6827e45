"""What was changed since a revision, from the histories of a ticket's properties. Pure.

Source: [H1] `propertiesWithHistory`. Our own changes are those of our app: `sourceType: INTEGRATION` with its id
(recorded for `hs_object_source`; taken to be the same words here).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncd.core.model import Edit, Value
from syncd_hubspot.fields import Catalogue, value_then
from syncd_hubspot.wire import PastJson, RecordJson, stamp

INTEGRATION = "INTEGRATION"


def edits(record: RecordJson, *, since: str, app_id: str, known: Catalogue) -> tuple[Edit, ...]:
    """Oldest first. `since` is a revision; "" is before the ticket was made."""
    found: list[Edit] = []
    for name, entries in record.properties_with_history.items():
        found += _of(name, sorted(entries, key=lambda entry: entry.timestamp), since, app_id, known)
    return tuple(sorted(found, key=lambda edit: edit.at))


def _of(name: str, entries: Sequence[PastJson], since: str, app_id: str, known: Catalogue) -> Iterator[Edit]:
    before: Value = None
    for entry in entries:
        then = value_then(name, entry.value, known)
        if then is None:
            return
        field, now = then
        if stamp(entry.timestamp) > since:
            ours = entry.source_type == INTEGRATION and entry.source_id == app_id
            yield Edit(field, before, now, ours=ours, at=entry.timestamp, id=f"{name}@{stamp(entry.timestamp)}")
        before = now

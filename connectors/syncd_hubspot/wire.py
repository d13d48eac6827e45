"""HubSpot's JSON as far as it is used: models of answers, times and ids. Pure.

What a record's properties mean is in `values` and `fields`, what was said on a ticket in `thread`. Source: [H1], the
description that is generated from HubSpot's own client.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from syncd.sdk.errors import Rejected

Properties = Mapping[str, str | None]
"""A record's values, all of them text; empty is null or ""."""


class Json(BaseModel):
    """What is used of an object; whatever else HubSpot sends is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True, alias_generator=to_camel)


class AssociatedJson(Json):
    id: str


class NextJson(Json):
    after: str


class PagingJson(Json):
    next: NextJson | None = None


class AssociationsJson(Json):
    """What a record is associated with; `paging` where that is not all."""

    results: list[AssociatedJson]
    paging: PagingJson | None = None


class PastJson(Json):
    """A value that a property had, and who gave it."""

    value: str
    timestamp: AwareDatetime
    source_type: str
    source_id: str | None = None


class RecordJson(Json):
    """A ticket, a note, a mail or a contact."""

    id: str = Field(pattern=r"^[0-9]{1,19}$")
    properties: dict[str, str | None]
    created_at: AwareDatetime
    updated_at: AwareDatetime
    archived: bool = False
    associations: dict[str, AssociationsJson] = Field(default_factory=dict)
    properties_with_history: dict[str, list[PastJson]] = Field(default_factory=dict)

    def associated(self, kind: str) -> tuple[str, ...]:
        """Ids, each once: two records may be associated in several ways."""
        found = self.associations.get(kind)
        return tuple(dict.fromkeys(each.id for each in found.results)) if found else ()

    def more_of(self, kind: str) -> bool:
        """Whether this answer shows only the first of its associations."""
        found = self.associations.get(kind)
        return bool(found and found.paging and found.paging.next)


class TargetJson(Json):
    """The other end of an association, as the associations API names it."""

    to_object_id: str


class OwnerJson(Json):
    """Somebody who can be assigned; QUEUE is no person."""

    id: str
    type: str
    archived: bool
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    user_id: int | None = None


class StageJson(Json):
    id: str
    label: str
    display_order: int
    archived: bool
    metadata: dict[str, str] = Field(default_factory=dict)


class PipelineJson(Json):
    id: str
    label: str
    display_order: int
    archived: bool
    stages: list[StageJson]


class OptionJson(Json):
    label: str
    value: str
    hidden: bool = False


class ModificationJson(Json):
    read_only_value: bool = False


class PropertyJson(Json):
    """A property as the account defines it."""

    name: str
    label: str
    type: str
    field_type: str
    options: list[OptionJson]
    hubspot_defined: bool = False
    hidden: bool = False
    archived: bool = False
    calculated: bool = False
    has_unique_value: bool = False
    modification_metadata: ModificationJson | None = None

    @property
    def writable(self) -> bool:
        read_only = self.modification_metadata is not None and self.modification_metadata.read_only_value
        return not (self.calculated or read_only)


class FileJson(Json):
    """A file of the account. The description leaves its shape open; these names are of the files guide."""

    id: str
    name: str | None = None
    extension: str | None = None
    size: int | None = None
    created_at: AwareDatetime | None = None

    @property
    def full_name(self) -> str:
        """HubSpot keeps the ending of a name apart; a name that has it already keeps it once."""
        name, ending = self.name or self.id, self.extension or ""
        return name if not ending or name.lower().endswith(f".{ending.lower()}") else f"{name}.{ending}"


class SignedUrlJson(Json):
    """Where a private file can be fetched for some minutes, without credentials."""

    url: str


# --- times and ids ---------------------------------------------------------------------------------------------------


def stamp(moment: datetime) -> str:
    """A time as this connector keeps it in revisions: UTC in milliseconds, so that texts sort as times do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_stamp(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text) is not None


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def number(id: str, *, field: str | None = None) -> str:
    """An id that may stand in an address: digits only (reliability.md, T12)."""
    if not re.fullmatch(r"[1-9][0-9]{0,18}", id):
        raise Rejected("hubspot: not an id: it must be a number", field=field)
    return id

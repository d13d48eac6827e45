"""ServiceNow's JSON as checked values: what is used of an answer, and nothing of it believed unchecked. Pure.

Shapes are those of the vendor's pages c_TableAPI.md and c_AttachmentAPI.md (release australia). Every value is text,
"" for empty; a reference is `{link, value}`, or a plain sys_id where the links are left out. Times are UTC and do not
say so.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from syncd.core.model import Person
from syncd.sdk.errors import NotFound

_ID = re.compile(r"[0-9a-f]{32}")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def _plain(value: object) -> object:
    """The sys_id of a reference."""
    return value["value"] if isinstance(value, dict) and "value" in value else value


def _moment(value: object) -> object:
    if not isinstance(value, str) or not is_stamp(value):
        raise ValueError("a time such as 2026-01-05 09:00:00 was expected")
    return moment(value)


Text = Annotated[str, BeforeValidator(_plain)]
Id = Annotated[str, BeforeValidator(_plain), StringConstraints(pattern=r"^[0-9a-f]{32}$")]
Moment = Annotated[datetime, BeforeValidator(_moment)]


def is_id(text: str) -> bool:
    """Whether this is a sys_id, the immutable name of a record."""
    return _ID.fullmatch(text) is not None


def ref_of(text: str) -> str:
    """A ref as it may stand in an address. What is no sys_id names no record."""
    if not is_id(text):
        raise NotFound("servicenow: no record has such a sys_id")
    return text


def is_stamp(text: str) -> bool:
    return _STAMP.fullmatch(text) is not None


def moment(stamp: str) -> datetime:
    """A time of the database, which is in UTC (c_TableAPI.md, sysparm_display_value)."""
    return datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


class Json(BaseModel):
    """What is used of a record; whatever else ServiceNow sends is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TicketJson(BaseModel):
    """A record of the table of tickets: what must be there, and all other columns that were asked for as they came.

    A column that an ACL hides is missing, or empty; which of the two, the pages do not say.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Text] = Field(init=False)

    sys_id: Id
    number: Annotated[str, StringConstraints(min_length=1)]
    sys_mod_count: int
    sys_created_on: Moment
    sys_updated_on: Moment
    sys_created_by: str = ""
    sys_updated_by: str = ""

    def column(self, name: str) -> str | None:
        """A column's value; None when the answer does not have it."""
        value = (self.__pydantic_extra__ or {}).get(name)
        return str(value) if value is not None else None

    @property
    def revision(self) -> str:
        return str(self.sys_mod_count)


class ChangedJson(Json):
    """A row of a poll."""

    sys_id: Id
    sys_mod_count: int
    sys_updated_on: Moment


class JournalJson(Json):
    """An entry of a journal field: `comments` or `work_notes`."""

    sys_id: Id
    element: str
    element_id: Id
    value: str
    sys_created_on: Moment
    sys_created_by: str


class AuditJson(Json):
    """A change of one column; `record_checkpoint` is the record's sys_mod_count after it."""

    sys_id: Id
    documentkey: Text
    fieldname: str
    oldvalue: str = ""
    newvalue: str = ""
    user: str
    record_checkpoint: int
    sys_created_on: Moment


class DeletedJson(Json):
    """A row of sys_audit_delete, the list of deleted records."""

    documentkey: Text
    tablename: str


class UserJson(Json):
    sys_id: Id
    user_name: str
    name: str = ""
    email: str = ""
    active: str = "true"
    time_zone: str = ""

    def person(self) -> Person:
        return Person(self.sys_id, self.name or self.user_name, self.email or None)


class GroupJson(Json):
    sys_id: Id
    name: str
    active: str = "true"


class ChoiceJson(Json):
    """A word of a choice list, of this table or of the one that it extends."""

    name: str
    element: str
    value: str
    label: str


class ColumnJson(Json):
    """A column of a table, as the dictionary has it."""

    name: str
    element: str
    internal_type: Text
    reference: Text = ""
    choice: str = ""


class FileJson(Json):
    sys_id: Id
    table_name: str
    table_sys_id: str
    file_name: str
    content_type: str = ""
    size_bytes: int
    sys_created_on: Moment
    sys_created_by: str = ""

"""Redmine's JSON as checked values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from syncd.core.model import Person

Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


class Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)


class Named(Answer):
    id: str
    name: str = ""

    def person(self, email: str | None = None) -> Person:
        return Person(id=self.id, name=self.name, email=email)


class Status(Named):
    is_closed: bool = False


class CustomField(Answer):
    id: str
    name: str
    value: Any = None
    multiple: bool = False


class Detail(Answer):
    """One change within a journal; values are ids as text."""

    property: str
    name: str
    old_value: Any = None
    new_value: Any = None


class Journal(Answer):
    id: int
    user: Named
    notes: Text = ""
    created_on: datetime
    private_notes: bool = False
    details: tuple[Detail, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        """Ids of the files that came with it."""
        return tuple(one.name for one in self.details if one.property == "attachment" and one.new_value is not None)


class StoredFile(Answer):
    id: str
    filename: str
    filesize: int = 0
    content_type: Text = ""
    author: Named | None = None
    created_on: datetime | None = None


class Row(Answer):
    """What every row of a list of issues tells beside the issue: its stamp, and the numbers of custom fields."""

    updated_on: datetime
    custom_fields: tuple[Named, ...] = ()


class Issue(Answer):
    id: str
    project: Named
    tracker: Named
    status: Status
    priority: Named
    author: Named
    assigned_to: Named | None = None
    category: Named | None = None
    fixed_version: Named | None = None
    subject: str = ""
    description: Text = ""
    start_date: date | None = None
    due_date: date | None = None
    done_ratio: int | None = None
    estimated_hours: float | None = None
    is_private: bool = False
    custom_fields: tuple[CustomField, ...] = ()
    created_on: datetime
    updated_on: datetime
    journals: tuple[Journal, ...] = ()
    attachments: tuple[StoredFile, ...] = ()
    allowed_statuses: tuple[Status, ...] = ()


class Membership(Answer):
    project: Named
    roles: tuple[Named, ...] = ()


class User(Answer):
    id: str
    login: str = ""
    firstname: str = ""
    lastname: str = ""
    mail: str | None = None
    admin: bool = False
    memberships: tuple[Membership, ...] = ()

    def person(self) -> Person:
        return Person(id=self.id, name=f"{self.firstname} {self.lastname}".strip(), email=self.mail)


class Upload(Answer):
    token: str


class Role(Answer):
    permissions: frozenset[str] = frozenset()

"""RT's JSON as checked values. Perl gives numbers as strings and empty things as "", so both are taken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from syncd.core.model import Person

UNSET = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY = "Nobody"

Listed = BeforeValidator(lambda value: value if isinstance(value, list) else [value] if value else [])


def moment(value: object) -> datetime | None:
    """A time of RT; 1970 and nothing are no time. History has `2026-12-01 10:00:00` (UTC) beside the form with Z."""
    if not isinstance(value, str) or not value:
        return None
    read = datetime.fromisoformat(value)
    read = read if read.tzinfo else read.replace(tzinfo=UTC)
    return None if read == UNSET else read


Moment = Annotated[datetime | None, BeforeValidator(moment)]


class Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True, frozen=True)


class Reference(Answer):
    """Another record. A user's `id` is the name; mail and real name only where they were asked for."""

    id: str
    Name: str = ""
    EmailAddress: str = ""
    RealName: str = ""

    def person(self) -> Person | None:
        if self.id == NOBODY:
            return None
        # RT names whom it met by mail by the address; asking for each of them would cost a call
        email = self.EmailAddress or (self.id if "@" in self.id else None)
        return Person(id=self.id, name=self.RealName, email=email)


class Hyperlink(Answer):
    ref: str
    type: str = ""
    url: str = Field(default="", alias="_url")


class CustomField(Answer):
    id: str
    name: str
    values: Annotated[tuple[Any, ...], Listed] = ()


class Ticket(Answer):
    id: str
    Subject: str = ""
    Status: str = ""
    Priority: str = ""
    Queue: Reference
    Owner: Reference | None = None
    Requestor: Annotated[tuple[Reference, ...], Listed] = ()
    Created: Moment = None
    LastUpdated: Moment = None
    Starts: Moment = None
    Started: Moment = None
    Due: Moment = None
    Resolved: Moment = None
    Told: Moment = None
    TimeEstimated: str = ""
    TimeLeft: str = ""
    TimeWorked: str = ""
    CustomFields: Annotated[tuple[CustomField, ...], Listed] = ()
    links: Annotated[tuple[Hyperlink, ...], Listed] = Field(default=(), alias="_hyperlinks")


class Transaction(Answer):
    id: str
    Type: str
    Creator: Reference
    Created: Moment = None
    about: str = Field(default="", alias="Field")  # "Priority", or the id of a custom field
    OldValue: Any = ""
    NewValue: Any = ""
    ObjectId: str = ""
    ObjectType: str = ""
    links: Annotated[tuple[Hyperlink, ...], Listed] = Field(default=(), alias="_hyperlinks")

    @property
    def number(self) -> int:
        return int(self.id)

    @property
    def parts(self) -> frozenset[str]:
        """Ids of the attachments that this transaction has."""
        return frozenset(link.url.rpartition("/")[2] for link in self.links if link.ref == "attachment")


class StoredPart(Answer):
    """One part of a message: its text, a file, or the container of both."""

    id: str
    TransactionId: str
    ContentType: str = ""
    Filename: str = ""
    Headers: str = ""
    Content: str = ""
    Created: Moment = None


class Listing(Answer):
    items: list[dict[str, Any]]


class User(Answer):
    id: str = ""
    Name: str
    RealName: str = ""
    EmailAddress: str = ""
    Privileged: str = ""

    def person(self) -> Person:
        return Person(id=self.Name, name=self.RealName, email=self.EmailAddress or None)

"""Intercom's JSON as checked values: what is used of an answer, and nothing of it believed unchecked. Pure.

Shapes are those of the vendor's description of version 2.15 and of the examples in it, which differ: an attribute list
is described under `ticket_type_attributes` and shown under `data`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt


def _id(value: object) -> object:
    """Ids are text in some places and numbers in others."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _assignee(value: object) -> object:
    """Nobody is `"0"` at a ticket and null at a conversation."""
    return None if value in (0, "0", "", None) else _id(value)


Id = Annotated[str, BeforeValidator(_id)]
Assignee = Annotated[str | None, BeforeValidator(_assignee)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Table = Annotated[dict[str, Any], BeforeValidator(lambda value: {} if value is None else value)]


class Json(BaseModel):
    """What is used of an object; whatever else Intercom sends is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


def moment(seconds: int) -> datetime:
    """Intercom's times are whole seconds since 1970, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


# --- the workspace ---------------------------------------------------------------------------------------------------


class AppJson(Json):
    id_code: str = ""
    name: str = ""


class AdminJson(Json):
    """A teammate."""

    id: Id
    name: Text = ""
    email: Text = ""
    app: AppJson | None = None


class ContactJson(Json):
    id: Id
    name: Text = ""
    email: Text = ""


class TeamJson(Json):
    id: Id
    name: Text = ""


class TagJson(Json):
    id: Id
    name: str


class AttributeJson(Json):
    """An attribute of a ticket type."""

    id: Id
    name: str
    data_type: str
    input_options: Table = Field(default_factory=dict)
    visible_to_contacts: Any = None  # anything but false is visible
    archived: bool = False


class AttributesJson(Json):
    attributes: tuple[AttributeJson, ...] = Field(
        default=(), validation_alias=AliasChoices("data", "ticket_type_attributes")
    )


class TypeJson(Json):
    id: Id
    name: Text = ""
    category: str | None = None
    ticket_type_attributes: AttributesJson | None = None
    archived: bool = False


class TypesJson(Json):
    data: tuple[TypeJson, ...] = ()


class StateJson(Json):
    id: Id
    category: str | None = None
    internal_label: Text = ""
    archived: bool = False
    ticket_types: TypesJson | None = None


# --- what is said ----------------------------------------------------------------------------------------------------


class AuthorJson(Json):
    type: str = ""
    id: Id = ""
    name: Text = ""
    email: Text = ""


class AttachmentJson(Json):
    """A file of a part. It has no id, and its address is good for a while only."""

    name: Text = ""
    url: Text = ""
    content_type: str | None = None
    filesize: int = 0


class PartJson(Json):
    """A message or an event in a ticket or a conversation; events have no body."""

    id: Id
    part_type: str
    body: str | None = None
    created_at: StrictInt
    author: AuthorJson | None = None
    attachments: tuple[AttachmentJson, ...] | None = None
    redacted: StrictBool = False


class SourceJson(Json):
    """The message that a conversation began with."""

    id: Id = ""
    subject: Text = ""
    body: Text = ""
    author: AuthorJson | None = None
    attachments: tuple[AttachmentJson, ...] | None = None
    redacted: StrictBool = False


class TicketPartsJson(Json):
    ticket_parts: tuple[PartJson, ...]


class ConversationPartsJson(Json):
    conversation_parts: tuple[PartJson, ...]


# --- tickets and conversations ---------------------------------------------------------------------------------------


class NamedJson(Json):
    id: Id


class ContactsJson(Json):
    contacts: tuple[NamedJson, ...] = ()


class TagsJson(Json):
    tags: tuple[TagJson, ...] = ()


class TicketJson(Json):
    id: Id
    ticket_id: Text = ""
    category: str | None = None
    ticket_attributes: Table = Field(default_factory=dict)
    ticket_state: StateJson | None = None
    ticket_type: TypeJson | None = None
    contacts: ContactsJson | None = None
    admin_assignee_id: Assignee = None
    team_assignee_id: Assignee = None
    created_at: StrictInt
    updated_at: StrictInt
    open: StrictBool | None = None
    ticket_parts: TicketPartsJson | None = None
    is_shared: Any = None  # anything but true is not shared

    @property
    def contact(self) -> str | None:
        return next((each.id for each in self.contacts.contacts), None) if self.contacts else None

    @property
    def parts(self) -> tuple[PartJson, ...]:
        return self.ticket_parts.ticket_parts if self.ticket_parts else ()


class ConversationJson(Json):
    id: Id
    title: str | None = None
    created_at: StrictInt
    updated_at: StrictInt
    state: str | None = None
    priority: str | None = None
    admin_assignee_id: Assignee = None
    team_assignee_id: Assignee = None
    source: SourceJson | None = None
    contacts: ContactsJson | None = None
    tags: TagsJson | None = None
    custom_attributes: Table = Field(default_factory=dict)
    conversation_parts: ConversationPartsJson | None = None
    ticket: NamedJson | None = None  # in the examples only: what it was converted to

    @property
    def contact(self) -> str | None:
        return next((each.id for each in self.contacts.contacts), None) if self.contacts else None

    @property
    def parts(self) -> tuple[PartJson, ...]:
        return self.conversation_parts.conversation_parts if self.conversation_parts else ()


class RowJson(Json):
    """A ticket or a conversation in a list, as far as polling needs it."""

    id: Id
    updated_at: StrictInt


class NextJson(Json):
    starting_after: str | None = None


class PagesJson(Json):
    next: NextJson | None = None

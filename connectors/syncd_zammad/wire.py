"""Zammad's JSON as checked values: what is used of an answer, and nothing of it believed unchecked. Pure.

Shapes are those of the vendor's pages (zammad-documentation, api/*.rst); what those leave out names its own source.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from syncd.sdk.errors import BadAnswer, Rejected

NOBODY = 1
"""The user "-" who owns what nobody owns (ticket-links.rst, assets)."""

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def is_stamp(text: str) -> bool:
    """Whether this is one of Zammad's times in milliseconds, which are its revisions; as text they sort as they are."""
    return _STAMP.fullmatch(text) is not None


def _stamp(text: str) -> str:
    if not is_stamp(text):
        raise ValueError("a time in milliseconds was expected")
    return text


Stamp = Annotated[str, AfterValidator(_stamp)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Table = Annotated[dict[str, Any], BeforeValidator(lambda value: value if isinstance(value, dict) else {})]
"""An object that Zammad says as null or as an empty list where it is empty."""


class Json(BaseModel):
    """What is used of an object; whatever else Zammad sends is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TicketJson(Json):
    """A ticket with `expand=true`: ids and names. Custom attributes stand at its top level, kept as they come."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: int
    number: str
    title: Text
    group: str
    state: str
    priority: str
    owner_id: int
    customer_id: int
    customer: Text = ""  # the login
    organization: str | None = None
    pending_time: datetime | None = None
    article_ids: list[int]
    preferences: Table = Field(default_factory=dict)
    created_by_id: int
    updated_by_id: int
    created_at: Stamp
    updated_at: Stamp

    @property
    def merged(self) -> bool:
        """Zammad itself looks the state up by this name when it merges (app/models/ticket.rb)."""
        return self.state == MERGED

    def custom(self, key: str) -> Any:
        return (self.model_extra or {}).get(key)


MERGED = "merged"
REMOVED = "removed"


class FileJson(Json):
    id: int
    filename: str
    size: int  # Zammad says it as text
    preferences: Table = Field(default_factory=dict)

    @property
    def media_type(self) -> str:
        found = self.preferences.get("Content-Type") or self.preferences.get("Mime-Type")
        return str(found).partition(";")[0].strip() if found else "application/octet-stream"


class ArticleJson(Json):
    id: int
    ticket_id: int
    type: str
    sender: str
    from_: str | None = Field(default=None, alias="from")
    content_type: Text = "text/plain"
    body: Text
    internal: Any = True  # anything but false is internal
    preferences: Table = Field(default_factory=dict)
    attachments: list[FileJson] = Field(default_factory=list)
    created_by_id: int
    created_by: str | None = None
    origin_by_id: int | None = None
    created_at: Stamp


class UserJson(Json):
    id: int
    login: Text = ""
    firstname: Text = ""
    lastname: Text = ""
    email: Text = ""
    active: bool = True
    groups: Table = Field(default_factory=dict)  # with `expand=true`: name -> rights; only agents have some

    @property
    def name(self) -> str:
        return f"{self.firstname} {self.lastname}".strip() or self.login


class StateJson(Json):
    id: int
    name: str
    state_type_id: int
    active: bool = True


class PriorityJson(Json):
    id: int
    name: str
    active: bool = True


class AttributeJson(Json):
    """A ticket attribute of the object manager (object.rst)."""

    name: str
    object: str
    data_type: str
    data_option: Table = Field(default_factory=dict)
    active: bool = True
    editable: bool = True


class TagsJson(Json):
    tags: list[str]


class LinkJson(Json):
    link_type: str
    link_object: str
    link_object_value: int


class LinksJson(Json):
    links: list[LinkJson]


class EventJson(Json):
    """An entry of a ticket's history (app/models/history.rb, `History.list`)."""

    id: int
    object: str
    type: str
    attribute: str = ""
    value_from: str | None = None
    value_to: str | None = None
    id_from: int | None = None
    id_to: int | None = None
    created_by_id: int
    created_at: Stamp


class HistoryJson(Json):
    history: list[EventJson]


class WebhookJson(Json):
    """A webhook as an administrator keeps it (app/models/webhook.rb)."""

    id: int
    name: str = ""
    endpoint: str = ""
    active: bool = True
    customized_payload: bool | None = None


class TriggerJson(Json):
    """What makes Zammad call a webhook (app/models/trigger.rb)."""

    id: int
    name: str = ""
    condition: Table = Field(default_factory=dict)
    perform: Table = Field(default_factory=dict)
    active: bool = True
    activator: str = "action"
    execution_condition_mode: str = "selective"

    @property
    def webhook_id(self) -> str:
        """The webhook that it calls; "" for none. Zammad keeps the id as text or as a number."""
        named = self.perform.get("notification.webhook")
        return str(named.get("webhook_id", "")) if isinstance(named, dict) else ""


M = TypeVar("M", bound=Json)


def read(model: type[M], data: Any, *, where: str) -> M:
    """One object of an answer. BadAnswer names the path in it and what was expected, never the value."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(map(str, first["loc"])) or "the answer"
        raise BadAnswer(f"zammad: {where}: {path}: {first['msg']}") from None


def read_list(model: type[M], data: Any, *, where: str) -> list[M]:
    if not isinstance(data, list):
        raise BadAnswer(f"zammad: {where}: a list was expected")
    return [read(model, each, where=where) for each in data]


def number(id: str, *, field: str | None = None) -> int:
    """An id that may stand in an address: digits only (reliability.md, T12)."""
    if not re.fullmatch(r"[1-9][0-9]{0,17}", id):
        raise Rejected("zammad: not an id: it must be a number", field=field)
    return int(id)

"""Azure DevOps' JSON as checked values. Pure.

Sources: the vendor's description 7.1 with its http-examples. Where the two differ both are read: a comment's number is
`id` or `commentId`, a person is an object or, in answers about deleted work items, `Name <mail>`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from syncd.core.model import Person
from syncd.sdk.errors import NotFound

HIGHEST = 2**31 - 1
"""Numbers of work items are int32."""


def moment(value: object) -> datetime:
    """One of the vendor's times: up to seven digits of a second, of which six are kept; without a zone it is UTC."""
    if not isinstance(value, str):
        raise ValueError("not a time")
    found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
Moment = Annotated[datetime, BeforeValidator(moment)]


class Json(BaseModel):
    """What is used of an object; whatever else the vendor sends is left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class IdentityJson(Json):
    """A person as work items and comments show them."""

    id: Text = ""
    display_name: Text = Field(default="", alias="displayName")
    unique_name: Text = Field(default="", alias="uniqueName")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        if not isinstance(data, str):
            return data
        name, mail = _name_and_mail(data)
        return {"displayName": name, "uniqueName": mail}

    def person(self) -> Person:
        mail = self.unique_name if "@" in self.unique_name else None
        return Person(self.id or self.unique_name or self.display_name, self.display_name or self.unique_name, mail)


def _name_and_mail(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"([^<>]*)<([^<>]*)>", text.strip())
    return (found[1].strip(), found[2].strip()) if found else (text.strip(), "")


class AttributesJson(Json):
    name: Text = ""
    size: int | None = Field(default=None, alias="resourceSize")
    comment: Text = ""
    created: Moment | None = Field(default=None, alias="resourceCreatedDate")


class RelationJson(Json):
    rel: str
    url: Text = ""
    attributes: AttributesJson = AttributesJson()


class SystemJson(Json):
    """The fields that every work item has."""

    project: str = Field(alias="System.TeamProject")
    type: str = Field(alias="System.WorkItemType")
    state: str = Field(alias="System.State")
    title: Text = Field(default="", alias="System.Title")
    created: Moment = Field(alias="System.CreatedDate")
    created_by: IdentityJson = Field(alias="System.CreatedBy")
    changed: Moment = Field(alias="System.ChangedDate")
    changed_by: IdentityJson = Field(alias="System.ChangedBy")


class CommentVersionJson(Json):
    id: int = Field(alias="commentId")


class WorkItemJson(Json):
    id: int
    rev: int
    fields: dict[str, Any]
    system: SystemJson
    relations: list[RelationJson] = Field(default_factory=list)
    comment: CommentVersionJson | None = Field(default=None, alias="commentVersionRef")

    @model_validator(mode="before")
    @classmethod
    def _with_system(cls, data: Any) -> Any:
        """The same fields twice: as they come, and those that every work item has as values."""
        if not isinstance(data, dict):
            return data
        return {**data, "system": data.get("fields"), "relations": data.get("relations") or []}

    @property
    def ref(self) -> str:
        return str(self.id)

    @property
    def token(self) -> str:
        return token(self.id, self.rev)


class DeletedJson(Json):
    """A work item in the recycle bin."""

    resource: WorkItemJson


class CommentJson(Json):
    id: int = Field(validation_alias=AliasChoices("id", "commentId"))
    text: Text = ""
    format: str = "html"
    created_by: IdentityJson = Field(alias="createdBy")
    created: Moment = Field(alias="createdDate")
    deleted: bool = Field(default=False, alias="isDeleted")


class CommentsJson(Json):
    comments: list[CommentJson]
    continuation: str | None = Field(default=None, alias="continuationToken")


class RevisionFieldsJson(Json):
    project: str | None = Field(default=None, alias="System.TeamProject")
    changed: Moment | None = Field(default=None, alias="System.ChangedDate")
    deleted: bool = Field(default=False, alias="System.IsDeleted")


class RevisionJson(Json):
    """One revision as the reporting API tells it, which is all that a poll needs."""

    id: int
    rev: int
    fields: RevisionFieldsJson = RevisionFieldsJson()


class BatchJson(Json):
    values: list[RevisionJson]
    continuation: str | None = Field(default=None, alias="continuationToken")
    next_link: str | None = Field(default=None, alias="nextLink")
    last: bool = Field(alias="isLastBatch")


class ReferenceJson(Json):
    id: int


class FoundJson(Json):
    items: list[ReferenceJson] = Field(alias="workItems")


class StateJson(Json):
    name: str
    category: Text = ""


class TypeFieldJson(Json):
    ref: str = Field(alias="referenceName")
    allowed: list[Any] | None = Field(default=None, alias="allowedValues")


class TransitionJson(Json):
    to: str


class TypeJson(Json):
    name: str
    disabled: bool = Field(default=False, alias="isDisabled")
    states: list[StateJson] = Field(default_factory=list)
    transitions: dict[str, list[TransitionJson]] | None = None
    instances: list[TypeFieldJson] | None = Field(default=None, alias="fieldInstances")
    own: list[TypeFieldJson] | None = Field(default=None, alias="fields")

    @property
    def fields(self) -> frozenset[str]:
        """Reference names of the fields that this type has; the description has two names for the list."""
        return frozenset(each.ref for each in [*(self.instances or ()), *(self.own or ())])


class DefinitionJson(Json):
    """A field of the organisation."""

    ref: str = Field(alias="referenceName")
    name: str
    type: str
    read_only: bool = Field(default=False, alias="readOnly")
    identity: bool = Field(default=False, alias="isIdentity")
    picklist: bool = Field(default=False, alias="isPicklist")
    deleted: bool = Field(default=False, alias="isDeleted")


class ProjectJson(Json):
    id: str
    name: str
    visibility: str | None = None

    @property
    def public(self) -> bool:
        """Whether strangers can read it. In doubt they can."""
        return self.visibility != "private"


class PropertyJson(Json):
    value: Text = Field(default="", alias="$value")


class IdentityPropertiesJson(Json):
    account: PropertyJson = Field(default=PropertyJson(), alias="Account")
    mail: PropertyJson = Field(default=PropertyJson(), alias="Mail")


class AccountJson(Json):
    """A person as the identities API and the sign-in show them."""

    id: str
    name: Text = Field(default="", alias="providerDisplayName")
    active: bool = Field(default=True, alias="isActive")
    group: bool = Field(default=False, alias="isContainer")
    properties: IdentityPropertiesJson = IdentityPropertiesJson()

    @property
    def addresses(self) -> frozenset[str]:
        found = (self.properties.mail.value, self.properties.account.value)
        return frozenset(each.casefold() for each in found if "@" in each)

    @property
    def unique_name(self) -> str:
        """What a field for a person takes."""
        return self.properties.account.value or self.properties.mail.value

    def person(self) -> Person:
        mail = self.properties.mail.value or self.properties.account.value
        return Person(self.id, self.name or self.unique_name, mail if "@" in mail else None)


class SignInJson(Json):
    user: AccountJson = Field(alias="authenticatedUser")


class UploadedJson(Json):
    id: str
    url: str


class SubscriptionJson(Json):
    """One subscription of a service hook: one event, in one project, at one address."""

    id: str
    event: str = Field(alias="eventType")
    status: str = "enabled"
    publisher: dict[str, Any] = Field(default_factory=dict, alias="publisherInputs")
    consumer: dict[str, Any] = Field(default_factory=dict, alias="consumerInputs")

    @property
    def url(self) -> str:
        return str(self.consumer.get("url", ""))

    @property
    def project(self) -> str:
        return str(self.publisher.get("projectId", ""))


# --- names -----------------------------------------------------------------------------------------------------------


def number(ref: str) -> int:
    """The number behind a ref. What is no number of a work item is not found, without asking."""
    if not re.fullmatch(r"[1-9]\d{0,9}", ref, re.ASCII) or int(ref) > HIGHEST:
        raise NotFound("azuredevops: not a ref of a work item")
    return int(ref)


def token(id: int, rev: int) -> str:
    """The name of the change that made a revision: the same by webhook, by poll and in the answer to a write."""
    return f"{id}@{rev}"


def shows(revision: str, told: str) -> bool:
    """Whether a read that answered `revision` surely shows what a hint of this name tells: revisions are counted."""
    rev = told.rpartition("@")[2]
    return rev.isdecimal() and revision.isdecimal() and int(rev) <= int(revision)

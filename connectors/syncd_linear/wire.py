"""Linear's JSON, checked where it comes in. What it means for syncd is in `reading`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from syncd.sdk.errors import BadAnswer

M = TypeVar("M", bound=BaseModel)
N = TypeVar("N")


class Json(BaseModel):
    """An object of an answer. Every field that a document asks for must be there; null only where the schema has it."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, alias_generator=to_camel, populate_by_name=True
    )


class PageJson(Json):
    has_next_page: bool
    end_cursor: str | None


class Nodes(Json, Generic[N]):
    """A connection of which the first page is all that is asked for."""

    nodes: list[N]


class Connection(Nodes[N], Generic[N]):
    page_info: PageJson

    @property
    def rest(self) -> str | None:
        """Where the next page starts; None when this is the last."""
        return self.page_info.end_cursor if self.page_info.has_next_page else None


class PersonJson(Json):
    id: str
    name: str
    email: str


class BotJson(Json):
    id: str | None
    name: str | None
    type: str


class NamedJson(Json):
    id: str
    name: str


class OrganizationJson(NamedJson):
    url_key: str


class ViewerJson(PersonJson):
    admin: bool
    app: bool
    guest: bool
    active: bool
    organization: OrganizationJson


class UserJson(PersonJson):
    active: bool
    is_assignable: bool


class IdJson(Json):
    id: str


class StampJson(IdJson):
    updated_at: AwareDatetime


class CommentJson(StampJson):
    body: str
    created_at: AwareDatetime
    user: PersonJson | None
    bot_actor: BotJson | None
    external_user: NamedJson | None


class WrittenCommentJson(CommentJson):
    """With the issue that it stands on; a comment of a project has none."""

    issue: StampJson | None


class TeamRefJson(Json):
    id: str
    key: str


class StateRefJson(NamedJson):
    type: str


class RelationJson(Json):
    type: str
    related_issue: IdJson


class SyncedJson(Json):
    service: str


class NameJson(Json):
    name: str


class KeyJson(Json):
    key: str


class EntryJson(Json):
    """One entry of an issue's history; what it does not speak of is null."""

    id: str
    created_at: AwareDatetime
    updated_at: AwareDatetime
    actor_id: str | None
    bot_actor: BotJson | None
    from_title: str | None
    to_title: str | None
    from_priority: float | None
    to_priority: float | None
    from_estimate: float | None
    to_estimate: float | None
    from_due_date: date | None
    to_due_date: date | None
    from_state: NameJson | None
    to_state: NameJson | None
    from_team: KeyJson | None
    to_team: KeyJson | None
    from_assignee: PersonJson | None
    to_assignee: PersonJson | None
    added_labels: list[NameJson] | None
    removed_labels: list[NameJson] | None


class IssueJson(StampJson):
    identifier: str
    url: str
    title: str
    description: str | None
    priority: float
    estimate: float | None
    due_date: date | None
    created_at: AwareDatetime
    archived_at: AwareDatetime | None
    trashed: bool | None
    team: TeamRefJson
    state: StateRefJson
    assignee: PersonJson | None
    creator: PersonJson | None
    bot_actor: BotJson | None
    labels: Nodes[NamedJson]
    relations: Nodes[RelationJson]
    synced_with: list[SyncedJson] | None
    comments: Connection[CommentJson] | None = None  # where the document asked for them
    history: Connection[EntryJson] | None = None


class ThreadJson(Json):
    comments: Connection[CommentJson]


class HistoryJson(Json):
    history: Connection[EntryJson]


class TeamJson(TeamRefJson):
    name: str
    private: bool
    retired_at: AwareDatetime | None


class StateJson(StateRefJson):
    position: float
    team: IdJson


class LabelJson(NamedJson):
    is_group: bool
    team: IdJson | None


class ChangedCommentJson(StampJson):
    issue: IdJson | None


class HeaderJson(Json):
    key: str
    value: str


class UploadJson(Json):
    upload_url: str
    asset_url: str
    headers: list[HeaderJson]


class HookJson(Json):
    id: str
    url: str | None
    enabled: bool
    resource_types: list[str]
    all_public_teams: bool


class SaidError(Json):
    """One of `errors`; `extensions` is Linear's own and free in its form."""

    message: str = ""
    extensions: dict[str, Any] = Field(default_factory=dict)

    @property
    def words(self) -> str:
        """Code and type in one, as Linear names them: "INPUT_ERROR invalid input"."""
        return f"{self.extensions.get('code', '')} {self.extensions.get('type', '')}".strip()


def read(model: type[M], data: Any, *, where: str) -> M:
    """One object of an answer. BadAnswer names the path in it and what was expected, never the value."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(map(str, (where, *first["loc"])))
        raise BadAnswer(f"linear: {path}: {first['msg']}") from None


def milliseconds(moment: datetime) -> int:
    """Linear's stamps have milliseconds; as a whole number they can be compared and stored."""
    return round(moment.timestamp() * 1000)

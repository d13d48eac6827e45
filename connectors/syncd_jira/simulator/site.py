"""The state of a simulated Jira site and what may be done to it; how it is said over HTTP is in `shapes` and `routes`.

Values are kept as they were written: words of choices, account ids of people, rich text in the format it came in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncd.sdk.testing.simulator import Account, Refused
from syncd_jira.customers import VISIBILITY
from syncd_jira.simulator import scheme
from syncd_jira.simulator.jql import Indexed


@dataclass(slots=True)
class SiteComment:
    id: str
    author: Account
    body: Any
    created: datetime
    updated: datetime
    public: bool  # on a service project: the customer sees it
    properties: dict[str, Any] = field(default_factory=dict)
    restricted: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class SiteFile:
    id: str
    name: str
    media_type: str
    content: bytes
    author: Account
    created: datetime
    public: bool = False  # on a service project: the customer can open it


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a change log: Jira's ids, and what people read."""

    field: str
    before: tuple[str | None, Any]
    after: tuple[str | None, Any]


@dataclass(frozen=True, slots=True)
class Change:
    id: str
    author: Account
    at: datetime
    items: tuple[Item, ...]


@dataclass(slots=True)
class Issue:
    id: str
    key: str
    project: scheme.Project
    type_id: str
    created: datetime
    updated: datetime
    creator: Account
    values: dict[str, Any]
    properties: dict[str, Any] = field(default_factory=dict)
    comments: list[SiteComment] = field(default_factory=list)
    files: list[SiteFile] = field(default_factory=list)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)  # by globalId
    log: list[Change] = field(default_factory=list)
    archived: datetime | None = None
    request_type: str = ""  # of what came in by the portal
    index: list[tuple[datetime, Indexed]] = field(default_factory=list)  # what search may show, and from when

    @property
    def status(self) -> scheme.Status:
        return scheme.status_named(self.values["status"])

    def indexed(self, by: datetime) -> Indexed | None:
        """As the index knew it at a time."""
        return next((row for at, row in reversed(self.index) if at <= by), None)


Tell = Callable[[str, Issue, Mapping[str, Any]], None]
"""(webhook event, issue, what else its body holds)."""


class Site:
    """Issues and their rules. `tell` is called after each change, `actor` names who does it."""

    def __init__(
        self, *, clock: Callable[[], datetime], new_id: Callable[[], int], actor: Callable[[], Account], tell: Tell
    ) -> None:
        self.clock = clock
        self.new_id = new_id
        self.actor = actor
        self.tell = tell
        self.issues: dict[str, Issue] = {}
        self.old_keys: dict[str, str] = {}
        self.counters: dict[str, int] = {}

    # -- reading

    def issue(self, ref: str) -> Issue:
        """By id, key, or a key it had before it moved."""
        found = self.issues.get(ref) or self.issues.get(self.old_keys.get(ref, ""))
        if found is None:
            raise Refused(404, errors("Issue does not exist or you do not have permission to see it."))
        return found

    def changeable(self, ref: str) -> Issue:
        issue = self.issue(ref)
        if issue.archived:
            raise Refused(400, errors("The issue is archived, so it can't be edited."))
        return issue

    def comment(self, issue: Issue, id: str) -> SiteComment:
        for comment in issue.comments:
            if comment.id == id:
                return comment
        raise Refused(404, errors(f"Can not find a comment for the id: {id}."))

    def transitions(self, issue: Issue) -> list[scheme.Transition]:
        return [each for each in scheme.TRANSITIONS if each.origin == issue.values["status"]]

    # -- issues

    def create(
        self,
        project_key: str,
        type_id: str,
        values: Mapping[str, Any],
        properties: Mapping[str, Any],
        *,
        request_type: str = "",
    ) -> Issue:
        """By an agent or over the API; with a request type by a customer, in the portal of a service project."""
        project = next((each for each in scheme.PROJECTS if each.key == project_key), None)
        if project is None:
            raise Refused(400, errors(project="valid project is required"))
        if type_id not in scheme.ISSUE_TYPES:
            raise Refused(400, errors(issuetype="The issue type selected is invalid."))
        self._check(values, allowed=lambda known: known.on_create)
        if "summary" not in values:
            raise Refused(400, errors(summary="You must specify a summary of the issue."))
        number = self.counters[project_key] = self.counters.get(project_key, 0) + 1
        now, actor = self.clock(), self.actor()
        issue = Issue(
            id=str(self.new_id()),
            key=f"{project_key}-{number}",
            project=project,
            type_id=type_id,
            created=now,
            updated=now,
            creator=actor,
            values={"priority": "Medium", "status": "To Do", "labels": [], "reporter": actor.id, **kept(values)},
            properties=dict(properties),
            request_type=request_type,
        )
        self.issues[issue.id] = issue
        self.old_keys[issue.key] = issue.id
        self._index(issue)
        self.tell("jira:issue_created", issue, {"issue_event_type_name": "issue_created"})
        return issue

    def edit(self, issue: Issue, values: Mapping[str, Any], operations: Mapping[str, list[Mapping[str, Any]]]) -> None:
        """Set fields, and add to or remove from those that are lists; a status among them is ignored, as Jira does."""
        if both := sorted(values.keys() & operations.keys()):
            raise Refused(400, errors(**{both[0]: "Field is in both 'fields' and 'update'."}))
        wanted = {name: value for name, value in values.items() if name != "status"}
        self._check(wanted, allowed=lambda known: known.on_edit)
        merged = kept(wanted) | {name: operated(issue.values.get(name), each) for name, each in operations.items()}
        self._check({"labels": merged["labels"]} if "labels" in merged else {}, allowed=lambda known: True)
        self._set(issue, merged, event="issue_generic")

    def transition(self, issue: Issue, id: str, values: Mapping[str, Any]) -> None:
        step = next((each for each in self.transitions(issue) if each.id == id), None)
        if step is None:
            raise Refused(400, errors(f"It seems that you have tried to perform an illegal workflow operation: {id}."))
        screen = dict(step.screen)
        for name in values:
            if name not in screen:
                why = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
                raise Refused(400, errors(**{name: why}))
        missing = [name for name, required in screen.items() if required and not values.get(name)]
        if missing:
            raise Refused(400, errors(**{missing[0]: f"{scheme.BY_ID[missing[0]].name} is required."}))
        self._check(values, allowed=lambda known: True)
        reopened = {"resolution": None} if scheme.status_named(step.to).category != "done" else {}
        self._set(issue, {**reopened, **kept(values), "status": step.to}, event="issue_generic")

    def move(self, issue: Issue, project_key: str) -> None:
        """To another project: a new key, the same id."""
        old = issue.key
        issue.project = next(each for each in scheme.PROJECTS if each.key == project_key)
        number = self.counters[project_key] = self.counters.get(project_key, 0) + 1
        issue.key = f"{project_key}-{number}"
        self.old_keys[issue.key] = issue.id
        self._log(issue, [Item("Key", (None, old), (None, issue.key))], event="issue_moved")

    def archive(self, issue: Issue) -> None:
        """Read-only from now on, and gone from search."""
        issue.archived = self.clock()
        issue.index.append(
            (
                self.clock(),
                Indexed(issue.id, dict.fromkeys(issue.index[-1][1].words, frozenset()), issue.created, issue.created),
            )
        )

    def delete(self, issue: Issue) -> None:
        del self.issues[issue.id]
        self.tell("jira:issue_deleted", issue, {})

    # -- comments, files, links

    def say(
        self, issue: Issue, body: Any, *, public: bool = True, properties: Mapping[str, Any] | None = None
    ) -> SiteComment:
        """Typed in the portal or by an agent, unless it brings properties: a service project notes who may read it."""
        typed = {VISIBILITY: {"internal": not public}} if issue.project.is_desk else {}
        now, held = self.clock(), dict(typed if properties is None else properties)
        comment = SiteComment(str(self.new_id()), self.actor(), body, now, now, public, held)
        issue.comments.append(comment)
        self._touch(issue)
        self.tell("comment_created", issue, {"comment": comment})
        return comment

    def rewrite(self, issue: Issue, comment: SiteComment, body: Any) -> None:
        comment.body, comment.updated = body, self.clock()
        self._touch(issue)
        self.tell("comment_updated", issue, {"comment": comment})

    def unsay(self, issue: Issue, comment: SiteComment) -> None:
        issue.comments.remove(comment)
        self._touch(issue)
        self.tell("comment_deleted", issue, {"comment": comment})

    def attach(self, issue: Issue, *, name: str, media_type: str, content: bytes, public: bool = False) -> SiteFile:
        file = SiteFile(str(self.new_id()), name, media_type, content, self.actor(), self.clock(), public)
        issue.files.append(file)
        self._log(issue, [Item("Attachment", (None, None), (file.id, name))], event="issue_updated")
        return file

    def link(self, issue: Issue, global_id: str, body: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
        """A remote link, and whether it is a new one: the same global id replaces all of it."""
        old = issue.links.get(global_id)
        made = {"id": old["id"] if old else self.new_id(), **body}
        issue.links[global_id] = made
        if old != made:
            title = str(made["object"]["title"])
            self._log(issue, [Item("RemoteIssueLink", (None, None), (str(made["id"]), title))], event="issue_updated")
        return made, old is None

    # -- inside

    def _check(self, values: Mapping[str, Any], *, allowed: Callable[[scheme.SiteField], bool]) -> None:
        bad: dict[str, str] = {}
        for name, value in values.items():
            known = scheme.BY_ID.get(name)
            if known is None or not allowed(known):
                bad[name] = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
            elif why := scheme.accepted(known, value):
                bad[name] = why
        if bad:
            raise Refused(400, errors(**bad))

    def _set(self, issue: Issue, values: Mapping[str, Any], *, event: str) -> None:
        changed = {name: value for name, value in values.items() if issue.values.get(name) != value}
        items = [
            Item(name, logged(name, issue.values.get(name)), logged(name, value)) for name, value in changed.items()
        ]
        issue.values.update(changed)
        if changed:
            self._log(issue, items, event=event)

    def _log(self, issue: Issue, items: list[Item], *, event: str) -> None:
        self._touch(issue)
        change = Change(str(self.new_id()), self.actor(), issue.updated, tuple(items))
        issue.log.append(change)
        self.tell("jira:issue_updated", issue, {"issue_event_type_name": event, "changelog": change})

    def _touch(self, issue: Issue) -> None:
        issue.updated = self.clock()
        self._index(issue)

    def _index(self, issue: Issue) -> None:
        words = {
            "project": frozenset({issue.project.key.lower()}),
            "issuetype": frozenset({scheme.ISSUE_TYPES[issue.type_id].lower()}),
            "status": frozenset({str(issue.values["status"]).lower()}),
            "labels": frozenset(word.lower() for word in issue.values.get("labels") or ()),
        }
        issue.index.append((self.clock(), Indexed(issue.id, words, issue.created, issue.updated)))


def errors(message: str = "", **fields: str) -> dict[str, Any]:
    """Jira's error body."""
    return {"errorMessages": [message] if message else [], "errors": fields}


def kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """Written values as the site keeps them: the word of a choice, the id of a person."""
    return {
        name: _kept(scheme.BY_ID[name], value) for name, value in values.items() if name not in ("project", "issuetype")
    }


def _kept(known: scheme.SiteField, value: Any) -> Any:
    if known.type == "user":
        return (value.get("accountId") or value.get("name")) if isinstance(value, dict) else value
    if known.rich or value is None:
        return value or None
    if known.id == "summary":
        return " ".join(str(value).split("\n")).strip()[:255]
    if known.type == "array":
        return [scheme.word_of(each) for each in value]
    return scheme.word_of(value) if known.options else value


def operated(value: Any, operations: list[Mapping[str, Any]]) -> Any:
    """A list after `add`, `remove` and `set`."""
    found = list(value or ())
    for operation in operations:
        for word, argument in operation.items():
            if word == "set":
                found = list(argument or ())
            elif word == "add" and argument not in found:
                found.append(argument)
            elif word == "remove" and argument in found:
                found.remove(argument)
    return found


def logged(name: str, value: Any) -> tuple[str | None, Any]:
    """A value as the change log has it: an id where there is one, and words; `shapes` says a document in words."""
    known = scheme.BY_ID[name]
    if value is None or value == []:
        return None, None
    if name == "status":
        return scheme.status_named(value).id, value
    if isinstance(value, list):
        return None, " ".join(map(str, value))
    if known.options:
        return scheme.option_id(known, str(value)), str(value)
    if known.type == "user":
        return str(value), None
    return None, value if known.rich else str(value)

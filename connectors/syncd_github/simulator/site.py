"""The state of a simulated GitHub and what may be done to it; how it is said over HTTP is in `shapes` and `routes`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from syncd.sdk.testing.simulator import Account, Refused

COLOURS = "d73a4a", "0075ca", "a2eeef", "cfd3d7"


@dataclass(slots=True)
class Milestone:
    id: int
    number: int
    title: str


@dataclass(slots=True)
class Hook:
    id: int
    url: str
    secret: str
    events: list[str]
    active: bool
    content_type: str
    made: datetime


@dataclass(slots=True)
class Repository:
    """One repository. `push` are the ids of the accounts that may write; everybody else may only read and ask."""

    id: int
    name: str  # owner/name
    visibility: str
    made: datetime
    push: set[str]
    archived: bool = False
    has_issues: bool = True
    labels: dict[str, str] = field(default_factory=dict)  # name in lower case -> name
    types: tuple[str, ...] = ()
    milestones: list[Milestone] = field(default_factory=list)
    issues: dict[int, Issue] = field(default_factory=dict)
    moved: dict[int, tuple[int, int]] = field(default_factory=dict)  # number -> repository and number there
    deleted: set[int] = field(default_factory=set)
    hooks: list[Hook] = field(default_factory=list)
    last: int = 0


@dataclass(slots=True)
class SiteComment:
    id: int
    author: Account
    body: str
    created: datetime
    updated: datetime


@dataclass(frozen=True, slots=True)
class SiteEvent:
    id: int
    kind: str
    actor: Account
    at: datetime
    more: Mapping[str, Any]


@dataclass(slots=True)
class Issue:
    id: int
    repository: Repository
    number: int
    author: Account
    created: datetime
    updated: datetime
    title: str
    body: str | None = None
    state: str = "open"
    state_reason: str | None = None
    closed: datetime | None = None
    closer: Account | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[Account] = field(default_factory=list)
    milestone: Milestone | None = None
    type: str | None = None
    locked: bool = False
    pull_request: bool = False
    comments: list[SiteComment] = field(default_factory=list)
    events: list[SiteEvent] = field(default_factory=list)

    @property
    def ref(self) -> str:
        return f"{self.repository.id}-{self.number}"

    @property
    def label(self) -> str:
        return f"{self.repository.name}#{self.number}"


Tell = Callable[[str, str, Issue, Mapping[str, Any]], None]
"""(event, action, issue, what else its body holds)."""


class Site:
    """Repositories and the rules for their issues. `tell` is called after each change, `actor` names who does it."""

    def __init__(
        self, *, clock: Callable[[], datetime], new_id: Callable[[], int], actor: Callable[[], Account], tell: Tell
    ) -> None:
        self.clock = clock
        self.new_id = new_id
        self.actor = actor
        self.tell = tell
        self.repositories: dict[int, Repository] = {}
        self.old_names: dict[str, int] = {}  # in lower case
        self.people: Callable[[str], Account | None] = lambda login: None

    def now(self) -> datetime:
        """GitHub's stamps have whole seconds."""
        return self.clock().replace(microsecond=0)

    # -- repositories

    def found(self, name: str, *, visibility: str, push: Iterable[Account], labels: Iterable[str] = ()) -> Repository:
        made = Repository(self.new_id(), name, visibility, self.now(), {account.id for account in push})
        made.labels = {label.casefold(): label for label in labels}
        self.repositories[made.id] = made
        return made

    def named(self, name: str) -> Repository | None:
        return next((each for each in self.repositories.values() if each.name.casefold() == name.casefold()), None)

    def rename(self, repository: Repository, name: str) -> None:
        self.old_names[repository.name.casefold()] = repository.id
        repository.name = name

    def may_write(self, repository: Repository) -> bool:
        return self.actor().id in repository.push

    def issue(self, repository: Repository, number: int) -> Issue:
        if not repository.has_issues:
            raise Refused(410, problem("Issues has been disabled in this repository."))
        if number in repository.deleted:
            raise Refused(410, problem("This issue was deleted."))
        if number not in repository.issues:
            raise Refused(404, problem("Not Found"))
        return repository.issues[number]

    def changeable(self, repository: Repository, number: int) -> Issue:
        issue = self.issue(repository, number)
        if repository.archived:
            raise Refused(403, problem("Repository was archived so is read-only."))
        return issue

    # -- issues

    def create(self, repository: Repository, given: Mapping[str, Any]) -> Issue:
        """Labels, assignees, milestone and type are dropped without a word where the actor may not push."""
        if repository.archived:
            raise Refused(403, problem("Repository was archived so is read-only."))
        if not repository.has_issues:
            raise Refused(410, problem("Issues has been disabled in this repository."))
        if not str(given.get("title") or "").strip():
            raise Refused(422, invalid("title", "missing_field"))
        now, actor = self.now(), self.actor()
        values = self._values(repository, given)
        repository.last += 1
        made = Issue(self.new_id(), repository, repository.last, actor, now, now, values.pop("title"))
        repository.issues[made.number] = made
        self._set(made, values, quiet=True)
        made.events.clear()  # an issue begins with what it was made with, labels apart
        made.updated = now
        for label in made.labels:
            self._log(made, "labeled", label=label)
        self.tell("issues", "opened", made, {})
        for label in made.labels:
            self.tell("issues", "labeled", made, {"label": label})
        return made

    def edit(self, issue: Issue, given: Mapping[str, Any]) -> None:
        if not self.may_write(issue.repository) and self.actor().id != issue.author.id:
            raise Refused(403, problem("Must have admin rights to Repository."))
        self._set(issue, self._values(issue.repository, given))

    def add_labels(self, issue: Issue, names: Iterable[str]) -> None:
        if self.may_write(issue.repository):
            kept = [*issue.labels, *(self._label(issue.repository, name) for name in names)]
            self._set(issue, {"labels": list(dict.fromkeys(kept))})

    def remove_label(self, issue: Issue, name: str) -> None:
        if name.casefold() not in map(str.casefold, issue.labels) or not self.may_write(issue.repository):
            raise Refused(404, problem("Label does not exist"))
        self._set(issue, {"labels": [label for label in issue.labels if label.casefold() != name.casefold()]})

    def lock(self, issue: Issue, *, locked: bool) -> None:
        issue.locked = locked
        self._touch(issue)
        self._log(issue, "locked" if locked else "unlocked")
        self.tell("issues", "locked" if locked else "unlocked", issue, {})

    def delete(self, issue: Issue) -> None:
        del issue.repository.issues[issue.number]
        issue.repository.deleted.add(issue.number)
        self.tell("issues", "deleted", issue, {})

    def transfer(self, issue: Issue, target: Repository) -> Issue:
        """It gets another number and another id; the old address leads to the new one.

        Only an open issue, and never from a private repository to a public one. Comments and assignees come along;
        labels, milestone and type where the target has them (docs.github.com, "Transferring an issue to another
        repository").
        """
        hidden = issue.repository.visibility != "public" and target.visibility == "public"
        if issue.state != "open" or hidden:
            raise Refused(422, problem("This issue cannot be transferred there."))
        target.last += 1
        made = replace(
            issue,
            id=self.new_id(),
            repository=target,
            number=target.last,
            updated=self.now(),
            labels=[label for label in issue.labels if label.casefold() in target.labels],
            assignees=[account for account in issue.assignees if account.id in target.push],
            milestone=_alike(issue.milestone, target),
            type=issue.type if issue.type in target.types else None,
            comments=[replace(each, id=self.new_id()) for each in issue.comments],
            events=[replace(each, id=self.new_id()) for each in issue.events],
        )
        target.issues[made.number] = made
        del issue.repository.issues[issue.number]
        issue.repository.moved[issue.number] = (target.id, made.number)
        self.tell("issues", "transferred", issue, {"new": made})
        return made

    # -- comments

    def comment_by_id(self, repository: Repository, id: int) -> tuple[Issue, SiteComment]:
        for issue in repository.issues.values():
            for comment in issue.comments:
                if comment.id == id:
                    return issue, comment
        raise Refused(404, problem("Not Found"))

    def say(self, issue: Issue, body: str) -> SiteComment:
        if issue.locked and not self.may_write(issue.repository):
            raise Refused(403, problem("Unable to create comment because issue is locked."))
        if not body.strip():
            raise Refused(422, invalid("body", "missing_field"))
        if len(body) > 65_536:
            raise Refused(422, invalid("body", "custom", message="body is too long (maximum is 65536 characters)"))
        comment = SiteComment(self.new_id(), self.actor(), body, self.now(), self.now())
        issue.comments.append(comment)
        self._touch(issue)
        self.tell("issue_comment", "created", issue, {"comment": comment})
        return comment

    def rewrite(self, issue: Issue, comment: SiteComment, body: str) -> None:
        """Moves the issue's `updated_at` too, as the samples of the webhooks show."""
        before, comment.body, comment.updated = comment.body, body, self.now()
        self._touch(issue)
        self.tell("issue_comment", "edited", issue, {"comment": comment, "before": before})

    def unsay(self, issue: Issue, comment: SiteComment) -> None:
        issue.comments.remove(comment)
        self._touch(issue)
        self.tell("issue_comment", "deleted", issue, {"comment": comment})

    # -- inside

    def _values(self, repository: Repository, given: Mapping[str, Any]) -> dict[str, Any]:
        """What of a body counts, in the site's own words. 422 for what nobody has."""
        values: dict[str, Any] = {}
        if "title" in given:
            values["title"] = str(given["title"]).strip()
            if not values["title"] or len(values["title"]) > 256:
                raise Refused(422, invalid("title", "custom", message="title is too long (maximum is 256 characters)"))
        if "body" in given:
            values["body"] = given["body"]
            if len(values["body"] or "") > 65_536:
                raise Refused(422, invalid("body", "custom", message="body is too long (maximum is 65536 characters)"))
        values |= {name: given[name] for name in ("state", "state_reason") if name in given}
        return values | (self._dropped_without_push(repository, given) if self.may_write(repository) else {})

    def _dropped_without_push(self, repository: Repository, given: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        if "labels" in given:
            values["labels"] = list(dict.fromkeys(self._label(repository, name) for name in given["labels"]))
        if "assignees" in given:
            values["assignees"] = [self._assignable(repository, login) for login in given["assignees"]]
        if "milestone" in given:
            number = given["milestone"]
            found = next((each for each in repository.milestones if each.number == number), None)
            if number is not None and found is None:
                raise Refused(422, invalid("milestone", "invalid"))
            values["milestone"] = found
        if "type" in given:
            if given["type"] is not None and given["type"] not in repository.types:
                raise Refused(422, invalid("type", "invalid"))
            values["type"] = given["type"]
        return values

    def _label(self, repository: Repository, name: str) -> str:
        """A label that nobody has yet is made."""
        return repository.labels.setdefault(name.casefold(), name)

    def _assignable(self, repository: Repository, login: str) -> Account:
        account = self.people(login)
        if account is None or account.id not in repository.push:
            raise Refused(422, invalid("assignees", "invalid"))
        return account

    def _set(self, issue: Issue, values: Mapping[str, Any], *, quiet: bool = False) -> None:
        before = {name: getattr(issue, name) for name in values}
        told = [*self._set_state(issue, values)]
        for name in ("title", "body", "labels", "assignees", "milestone", "type"):
            if name in values and values[name] != getattr(issue, name):
                setattr(issue, name, values[name])
                told += self._logged(issue, name, before[name], values[name])
        if told:
            self._touch(issue)
        for action, more in () if quiet else told:
            self.tell("issues", action, issue, more)

    def _set_state(self, issue: Issue, values: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """A reason counts only where the state changes."""
        state, reason = values.get("state", issue.state), values.get("state_reason")
        if state == issue.state:
            return
        issue.state = state
        if state == "closed":
            issue.state_reason = reason if reason in ("completed", "not_planned", "duplicate") else "completed"
            issue.closed, issue.closer = self.now(), self.actor()
            self._log(issue, "closed", state_reason=issue.state_reason if issue.state_reason != "completed" else None)
            yield "closed", {}
        else:
            issue.state_reason, issue.closed, issue.closer = "reopened", None, None
            self._log(issue, "reopened", state_reason=None)
            yield "reopened", {}

    def _logged(self, issue: Issue, name: str, old: Any, new: Any) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """The events that one change makes, and what webhooks say of it. A description leaves no event."""
        match name:
            case "title":
                self._log(issue, "renamed", rename={"from": old, "to": new})
                return [("edited", {"changes": {"title": {"from": old}}})]
            case "body":
                return [("edited", {"changes": {"body": {"from": old or ""}}})]
            case "labels" | "assignees":
                words = {"labels": ("labeled", "unlabeled"), "assignees": ("assigned", "unassigned")}[name]
                key = {"labels": "label", "assignees": "assignee"}[name]
                came = [(words[0], {key: each}) for each in new if each not in old]
                gone = [(words[1], {key: each}) for each in old if each not in new]
                for word, more in (*gone, *came):
                    self._log(issue, word, **more)
                return [*gone, *came]
            case "milestone":
                steps = [("demilestoned", old)] if old else []
                steps += [("milestoned", new)] if new else []
                for word, milestone in steps:
                    self._log(issue, word, milestone=milestone)
                return [(word, {"milestone": milestone}) for word, milestone in steps]
            case _:
                word = "added" if old is None else "removed" if new is None else "changed"
                self._log(issue, f"issue_type_{word}", issue_type=new or old, prev_issue_type=old)
                return [("typed" if new else "untyped", {})]

    def _log(self, issue: Issue, kind: str, **more: Any) -> None:
        issue.events.append(SiteEvent(self.new_id(), kind, self.actor(), self.now(), more))

    def _touch(self, issue: Issue) -> None:
        issue.updated = self.now()


def _alike(milestone: Milestone | None, there: Repository) -> Milestone | None:
    """The milestone of the same title in another repository."""
    return next((each for each in there.milestones if milestone and each.title == milestone.title), None)


def problem(message: str) -> dict[str, Any]:
    """GitHub's error body."""
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}


def invalid(name: str, code: str, *, message: str = "") -> dict[str, Any]:
    error = {"resource": "Issue", "field": name, "code": code, **({"message": message} if message else {})}
    return {**problem("Validation Failed"), "errors": [error]}

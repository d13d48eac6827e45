"""What happens inside a simulated workspace: issues made, changed, moved, thrown away; what the webhooks say of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from syncd.sdk.testing.outbox import Subscription
from syncd.sdk.testing.simulator import Account
from syncd_linear.simulator.state import (
    Entry,
    Issue,
    Label,
    Link,
    State,
    StoredComment,
    StoredFile,
    StoredHook,
    Team,
    User,
    as_linear_writes,
)

if TYPE_CHECKING:
    from syncd_linear.simulator import LinearSimulator

NAMESPACE = uuid.UUID("6b1f1d0e-51c1-4c0f-9d0a-0f5f7c2a9b10")
SILENT = timedelta(minutes=3)  # changes so soon after the creation leave no entry in the history
_STATES = (
    ("Triage", "triage"),
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("In Review", "started"),
    ("Done", "completed"),
    ("Canceled", "canceled"),
    ("Duplicate", "duplicate"),
)
LABELS = ("Bug", "Improvement", "escalate")
_WORDS = {"due": "dueDate", "state": "stateId", "assignee": "assigneeId", "team": "teamId", "labels": "labelIds"}


class Trouble(Exception):
    """An error as Linear says it."""

    def __init__(self, message: str, *, code: str = "INPUT_ERROR", type: str = "invalid input") -> None:
        super().__init__(message)
        self.code, self.type = code, type


def missing(entity: str) -> Trouble:
    return Trouble(f"Entity not found: {entity}")


class Workspace:
    """All state of one workspace. Whatever it does is done by the simulator's current actor and journalled.

    Attributes:
        comments_move_issues: whether a comment moves the `updatedAt` of its issue, which is not documented.
        twin_error: code and type of the error that a second create with the same id gives, which is not documented.
        newest_first: the direction of every list.
    """

    def __init__(self, simulator: LinearSimulator) -> None:
        self._simulator = simulator
        self.comments_move_issues = False
        self.twin_error = ("INPUT_ERROR", "invalid input")
        self.newest_first = True
        self.issues: dict[str, Issue] = {}
        self.files: dict[str, StoredFile] = {}
        self.hooks: dict[str, StoredHook] = {}
        self.teams = {team.id: team for team in (self._team("ENG", "Engineering"), self._team("OPS", "Operations"))}
        self.labels = {label.id: label for label in (Label(self.id("label", name), name) for name in LABELS)}
        self.users = {account.id: _user(account) for account in simulator.accounts}
        self._last: datetime | None = None

    def id(self, *what: object) -> str:
        """A UUID v4 that is the same in every run."""
        made = bytearray(uuid.uuid5(NAMESPACE, "/".join(map(str, what))).bytes)
        made[6] = made[6] & 0x0F | 0x40
        return str(uuid.UUID(bytes=bytes(made)))

    def new_id(self, what: str) -> str:
        return self.id(what, self._simulator.new_id())

    def now(self) -> datetime:
        """Linear's stamps have milliseconds, and no two writes share one."""
        moment = self._simulator.clock()
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        if self._last is not None and moment <= self._last:
            moment = self._last + timedelta(milliseconds=1)
        self._last = moment
        return moment

    @property
    def me(self) -> User:
        return self.users[self._simulator.actor.id]

    # -- finding

    def issue(self, id: str) -> Issue:
        """By UUID, or by the identifier that it has or had."""
        for issue in self.issues.values():
            if issue.id == id or id in (issue.identifier, *issue.former):
                return issue
        raise missing("Issue")

    def comment(self, id: str) -> tuple[Issue, StoredComment]:
        for issue in self.issues.values():
            for comment in issue.comments:
                if comment.id == id:
                    return issue, comment
        raise missing("Comment")

    def team(self, id: str) -> Team:
        if id not in self.teams:
            raise missing("Team")
        return self.teams[id]

    def team_called(self, key: str) -> Team:
        return next(team for team in self.teams.values() if team.key == key)

    # -- issues

    def create(self, team: Team, values: Mapping[str, Any], *, id: str = "") -> Issue:
        if team.retired:
            raise Trouble("Team is retired and does not accept new issues")
        self._free(id, self.issues)
        now = self.now()
        team.numbers += 1
        issue = Issue(
            id=id or self.new_id("issue"),
            team=team,
            number=team.numbers,
            title="",
            state=team.first("backlog", "unstarted"),
            creator=self.me,
            created=now,
            updated=now,
        )
        self._check(team, values)
        for name, value in self._ready(values).items():
            setattr(issue, name, value)
        self.issues[issue.id] = issue
        self._simulator.did("create", issue.id, after=_plain(values))
        self._tell("Issue", "create", issue)
        return issue

    def _free(self, id: str, taken: Iterable[str]) -> None:
        if id and uuid.UUID(id).version != 4:
            raise Trouble("id must be a UUID v4")
        if id in set(taken):
            code, type = self.twin_error
            raise Trouble("Conflict on insert", code=code, type=type)

    def update(self, issue: Issue, values: Mapping[str, Any]) -> None:
        """Set what differs. Another team gives another number, and the state of the same type there."""
        wanted = self._ready(values)
        team = wanted.get("team", issue.team)
        if team is not issue.team and "state" not in wanted:
            wanted["state"] = team.first(issue.state.type)
        self._check(team, wanted)
        before = {name: getattr(issue, name) for name, value in wanted.items() if getattr(issue, name) != value}
        if not before:
            return
        if "team" in before:
            self._renumber(issue, team)
        for name in before:
            setattr(issue, name, wanted[name])
        self._changed(issue, before)

    def _changed(self, issue: Issue, before: dict[str, Any]) -> None:
        former, issue.updated = issue.updated, self.now()
        changes = {name: (old, getattr(issue, name)) for name, old in before.items()}
        if issue.updated >= issue.created + SILENT:
            issue.entries.append(Entry(self.new_id("entry"), self.me, issue.updated, changes))
        after = {name: new for name, (_, new) in changes.items()}
        self._simulator.did("update", issue.id, before=_plain(before), after=_plain(after))
        updated_from = {_WORDS.get(name, name): _plain({name: old})[name] for name, old in before.items()}
        self._tell("Issue", "update", issue, updated_from={"updatedAt": stamp(former), **updated_from})

    def _renumber(self, issue: Issue, team: Team) -> None:
        issue.former.append(issue.identifier)
        team.numbers += 1
        issue.number = team.numbers

    def _ready(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(values)
        if found.get("description"):
            found["description"] = as_linear_writes(found["description"])
        return found

    def _check(self, team: Team, values: Mapping[str, Any]) -> None:
        title = values.get("title", "-")
        if not isinstance(title, str) or not title.strip():
            raise Trouble("Argument Validation Error: title should not be empty")
        if not 0 <= values.get("priority", 0) <= 4:
            raise Trouble("Argument Validation Error: priority must not be greater than 4")
        state: State | None = values.get("state")
        if state is not None and team.state(state.id) is None:
            raise Trouble("The workflowState does not belong to the team of the issue (stateId)")
        for label in values.get("labels", ()):
            if label.is_group or label.team not in (None, team.id):
                raise Trouble(f"The label '{label.name}' cannot be applied to the issue (labelIds)")

    def mark_duplicate(self, issue: Issue, of: Issue) -> None:
        issue.duplicate_of = of
        self.update(issue, {"state": issue.team.first("duplicate")})

    def archive(self, issue: Issue) -> None:
        issue.archived = self.now()
        self._changed(issue, {"archived": None})

    def trash(self, issue: Issue) -> None:
        """Into the bin, from where it can be taken back for thirty days."""
        issue.archived = issue.updated = self.now()
        issue.trashed = True
        self._simulator.did("delete", issue.id)
        self._tell("Issue", "remove", issue)

    def restore(self, issue: Issue) -> None:
        former = issue.archived
        issue.archived, issue.trashed = None, None
        self._changed(issue, {"archived": former, "trashed": True})

    def destroy(self, issue: Issue) -> None:
        del self.issues[issue.id]
        self._simulator.did("delete", issue.id)
        self._tell("Issue", "remove", issue)

    # -- comments and links

    def say(self, issue: Issue, body: str, *, id: str = "") -> StoredComment:
        self._free(id, (each.id for other in self.issues.values() for each in other.comments))
        if not body.strip():
            raise Trouble("Argument Validation Error: body should not be empty")
        now = self.now()
        comment = StoredComment(id or self.new_id("comment"), as_linear_writes(body), self.me, now, now)
        issue.comments.append(comment)
        if self.comments_move_issues:
            issue.updated = now
        self._simulator.did("comment", issue.id, body={"text": body, "visibility": "internal", "id": comment.id})
        self._tell("Comment", "create", issue, comment)
        return comment

    def rewrite(self, issue: Issue, comment: StoredComment, body: str) -> None:
        former, written = comment.body, as_linear_writes(body)
        if written == former:
            return
        comment.body, comment.updated = written, self.now()
        self._simulator.did("edit", issue.id, before={"text": former}, after={"text": written})
        self._tell("Comment", "update", issue, comment, updated_from={"body": former})

    def unsay(self, issue: Issue, comment: StoredComment) -> None:
        issue.comments.remove(comment)
        self._simulator.did("uncomment", issue.id, before={"text": comment.body})
        self._tell("Comment", "remove", issue, comment)

    def link(self, issue: Issue, *, url: str, title: str, subtitle: str) -> Link:
        """The same address on the same issue replaces what stands there."""
        found = next((link for link in issue.links if link.url == url), None)
        if found is None:
            found = Link(self.new_id("attachment"), url, title, subtitle, self.now())
            issue.links.append(found)
            issue.updated = found.updated
        elif (found.title, found.subtitle) != (title, subtitle):
            found.title, found.subtitle, found.updated = title, subtitle, self.now()
        self._simulator.did("link", issue.id, after={"url": url, "title": title})
        return found

    # -- labels, files, webhooks

    def make_label(self, name: str, team: Team | None) -> Label:
        where = team.id if team else None
        taken = [each for each in self.labels.values() if each.team in (None, where)]
        if any(each.name.casefold() == name.casefold() for each in taken):
            raise Trouble(f"Duplicate label name '{name}'")
        made = Label(self.new_id("label"), name, where)
        self.labels[made.id] = made
        return made

    def place_file(self, name: str, media_type: str, size: int) -> StoredFile:
        path = f"{self.id('workspace')}/{self.new_id('file')}/{self.new_id('file')}"
        self.files[path] = StoredFile(path, name, media_type, size)
        return self.files[path]

    def hook(self, url: str, secret: str, resources: Iterable[str], *, id: str = "") -> StoredHook:
        made = StoredHook(id or self.new_id("webhook"), url, tuple(resources), secret)
        self.hooks[made.id] = made
        self.subscribe()
        return made

    def give_up(self, url: str) -> None:
        """After too many failures Linear switches a webhook off."""
        for each in self.hooks.values():
            each.enabled = each.enabled and each.url != url
        self.subscribe()

    def subscribe(self) -> None:
        """Bring the outbox to what the webhooks say."""
        self._simulator.outbox.subscriptions[:] = [
            Subscription(each.id, each.url, each.secret, frozenset(each.resources))
            for each in self.hooks.values()
            if each.enabled
        ]

    def _tell(
        self,
        type: str,
        action: str,
        issue: Issue,
        comment: StoredComment | None = None,
        *,
        updated_from: Mapping[str, Any] | None = None,
    ) -> None:
        self._simulator.tell(type, action, issue, comment, updated_from=updated_from)

    def _team(self, key: str, name: str) -> Team:
        states = (
            State(self.id(key, "state", state), state, type, float(place))
            for place, (state, type) in enumerate(_STATES)
        )
        return Team(self.id("team", key), key, name, tuple(states))


def stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _user(account: Account) -> User:
    return User(account.id, account.name, account.email, "admin" in account.scopes, "app" in account.scopes)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a webhook and the journal say them."""
    return {name: _said(value) for name, value in values.items()}


def _said(value: Any) -> Any:
    if isinstance(value, tuple):
        return [each.id for each in value]
    if isinstance(value, datetime):
        return stamp(value)
    if hasattr(value, "id"):
        return value.id
    return value if isinstance(value, str | int | None) else value.isoformat()

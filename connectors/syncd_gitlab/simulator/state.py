"""The state of a simulated GitLab and what may be done to it; how it is said over HTTP is in `shapes` and `routes`.

What bites at a real one bites here: notes that move their issue's time once a minute only, internal notes that come out
public, labels made by a misspelt word, quick actions in foreign text, names of files that change.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from syncd.sdk.testing.simulator import Account, Refused

ROLES = {"guest": 10, "reporter": 20, "developer": 30, "maintainer": 40, "owner": 50}
TOUCH_INTERVAL = timedelta(minutes=1)
TITLE_LIMIT, NOTE_LIMIT = 255, 1_000_000
_COMMANDS = re.compile(
    r"(?P<code>^```.+?\n```$)|^/(?P<name>close|reopen|confidential)(?:[ ][^\n]*)?(?:\s*\n|$)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
_NO_WORD = re.compile(r"[^\w.\-+]")
_UPLOAD = re.compile(r"/uploads/([0-9a-f]{32})/")

Tell = Callable[[str, "StoredIssue", Mapping[str, Any]], None]


@dataclass(slots=True)
class StoredProject:
    id: int
    path: str
    visibility: str = "private"
    issues_access: str = "enabled"
    archived: bool = False
    labels: set[str] = field(default_factory=set)
    milestones: dict[int, str] = field(default_factory=dict)
    issues: dict[int, StoredIssue] = field(default_factory=dict)
    uploads: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # secret -> (name, content)
    hooks: dict[int, StoredHook] = field(default_factory=dict)
    next_iid: int = 1


@dataclass(slots=True)
class StoredHook:
    id: int
    url: str
    token: str = ""
    events: frozenset[str] = frozenset()
    status: str = "executable"


@dataclass(slots=True)
class StoredNote:
    id: int
    author: Account
    body: str
    created: datetime
    updated: datetime
    system: bool = False
    internal: bool = False


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A resource event: "add"/"remove" of a label or milestone, or a state."""

    id: int
    author: Account
    at: datetime
    action: str
    word: str = ""


@dataclass(slots=True)
class StoredIssue:
    id: int
    iid: int
    project: StoredProject
    author: Account
    title: str
    created: datetime
    updated: datetime
    description: str = ""
    state: str = "opened"
    type: str = "issue"
    labels: list[str] = field(default_factory=list)
    milestone: int | None = None
    assignees: list[Account] = field(default_factory=list)
    due: date | None = None
    weight: int | None = None
    confidential: bool = False
    moved_to: int | None = None
    notes: list[StoredNote] = field(default_factory=list)
    label_events: list[StoredEvent] = field(default_factory=list)
    state_events: list[StoredEvent] = field(default_factory=list)
    milestone_events: list[StoredEvent] = field(default_factory=list)

    @property
    def ref(self) -> str:
        return f"{self.project.id}-{self.iid}"

    @property
    def comments(self) -> list[StoredNote]:
        return [note for note in self.notes if not note.system]


class Tracker:
    """Projects with their issues. `tell` hears what a webhook would say."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], int],
        actor: Callable[[], Account],
        people: Callable[[], Iterable[Account]],
        tell: Tell,
    ) -> None:
        self.clock, self.new_id, self.actor, self.people, self.tell = clock, new_id, actor, people, tell
        self.projects: dict[int, StoredProject] = {}

    def project(self, id: str) -> StoredProject:
        for project in self.projects.values():
            if id in (str(project.id), project.path):
                return project
        raise Refused(404, {"message": "404 Project Not Found"})

    def issue(self, project: str, iid: str) -> StoredIssue:
        """404 also for a confidential one that this person may not see."""
        found = self.project(project).issues.get(int(iid)) if iid.isdecimal() else None
        if found is None or (found.confidential and not self.may("reporter") and found.author != self.actor()):
            raise Refused(404, {"message": "404 Not found"})
        return found

    def by_ref(self, ref: str) -> StoredIssue:
        project, _, iid = ref.partition("-")
        return self.issue(project, iid)

    def may(self, role: str) -> bool:
        return access(self.actor()) >= ROLES[role]

    # -- issues

    def create(self, project: StoredProject, body: Mapping[str, Any]) -> StoredIssue:
        now = self.clock()
        issue = StoredIssue(self.new_id(), project.next_iid, project, self.actor(), "", now, now)
        title = _title(body.get("title"))
        project.next_iid += 1
        project.issues[issue.iid] = issue
        given = {**body, "title": title}
        if "labels" in given:
            given["add_labels"] = given.pop("labels")
        self._set(issue, given)
        issue.label_events = [self._event("add", label) for label in issue.labels]
        if issue.milestone is not None:
            issue.milestone_events.append(self._event("add", project.milestones[issue.milestone]))
        self.tell("open", issue, {})
        return issue

    def edit(self, issue: StoredIssue, body: Mapping[str, Any]) -> None:
        """A write of nothing new moves no time and tells nobody."""
        if issue.project.archived or not (self.may("reporter") or issue.author == self.actor()):
            raise Refused(403, {"message": "403 Forbidden"})
        before = self._values(issue)
        if "labels" in body:
            body = {**body, "add_labels": body["labels"], "remove_labels": sorted({*issue.labels} - {*body["labels"]})}
        self._set(issue, body)
        changed = {name: (old, new) for name, new in self._values(issue).items() if (old := before[name]) != new}
        if changed:
            issue.updated = self.clock()
            self._record(issue, changed)
            self.tell("update", issue, {"changes": changed})
        self._turn(issue, body.get("state_event"))

    def move(self, issue: StoredIssue, target: StoredProject) -> StoredIssue:
        """A new issue in the other project, with all that is said of it; the old one closes and points there.

        A label or milestone comes along where the target has one of its name (doc/api/issues.md, "Move an issue"), and
        so does each file (lib/gitlab/gfm/uploads_rewriter.rb).
        """
        now = self.clock()
        copy = replace(
            issue,
            id=self.new_id(),
            iid=target.next_iid,
            project=target,
            created=now,
            updated=now,
            description=self._files_moved(issue.description, issue.project, target),
            labels=[label for label in issue.labels if label in target.labels],
            milestone=_alike(issue, target),
            assignees=list(issue.assignees),
            notes=[self._copied(note, issue.project, target) for note in issue.comments],
            label_events=[],
            state_events=[],
            milestone_events=[],
        )
        target.next_iid += 1
        target.issues[copy.iid] = copy
        self._system(copy, f"moved from {issue.project.path}#{issue.iid}")
        near = target.path.rpartition("/")[0] == issue.project.path.rpartition("/")[0]
        path = target.path.rpartition("/")[2] if near else target.path
        self._system(issue, f"moved to {path}#{copy.iid}")
        self._turn(issue, "close")
        issue.moved_to = copy.id
        self.tell("open", copy, {})
        return copy

    def _copied(self, note: StoredNote, here: StoredProject, there: StoredProject) -> StoredNote:
        return replace(note, id=self.new_id(), body=self._files_moved(note.body, here, there))

    def _files_moved(self, text: str, here: StoredProject, there: StoredProject) -> str:
        """A text whose links to files lead to copies of them in another project."""

        def moved(found: re.Match[str]) -> str:
            if found[1] not in here.uploads:
                return found[0]
            secret = secrets.token_hex(16)
            there.uploads[secret] = here.uploads[found[1]]
            return f"/uploads/{secret}/"

        return _UPLOAD.sub(moved, text)

    def delete(self, issue: StoredIssue) -> None:
        """No webhook tells it."""
        if not self.may("owner"):
            raise Refused(403, {"message": "403 Forbidden"})
        del issue.project.issues[issue.iid]

    # -- notes

    def say(self, issue: StoredIssue, body: str, *, internal: bool = False) -> StoredNote:
        """An internal note by somebody below Reporter is taken, and is public."""
        if not body.strip():
            raise Refused(400, {"message": {"note": ["can't be blank"]}})
        if len(body) > NOTE_LIMIT:
            raise Refused(400, {"message": {"note": ["is too long (maximum is 1000000 characters)"]}})
        now = self.clock()
        note = StoredNote(self.new_id(), self.actor(), self._obey(issue, body), now, now)
        note.internal = internal and self.may("reporter")
        issue.notes.append(note)
        self._touch(issue)
        self.tell("note", issue, {"note": note, "action": "create"})
        return note

    def note(self, issue: StoredIssue, id: str) -> StoredNote:
        for note in issue.notes:
            if str(note.id) == id and (not note.internal or self.may("reporter")):
                return note
        raise Refused(404, {"message": "404 Note Not Found"})

    def edit_note(self, issue: StoredIssue, note: StoredNote, body: str) -> None:
        self._own_note(note)
        note.body, note.updated = self._obey(issue, body), self.clock()
        self._touch(issue)
        self.tell("note", issue, {"note": note, "action": "update"})

    def delete_note(self, issue: StoredIssue, note: StoredNote) -> None:
        """No webhook tells it."""
        self._own_note(note)
        issue.notes.remove(note)
        self._touch(issue)

    def _own_note(self, note: StoredNote) -> None:
        if note.system or (note.author != self.actor() and not self.may("maintainer")):
            raise Refused(403, {"message": "403 Forbidden"})

    # -- files

    def upload(self, project: StoredProject, name: str, content: bytes) -> tuple[str, str]:
        """Secret and name; what is no letter, digit or one of ._-+ becomes an underscore."""
        secret, stored = secrets.token_hex(16), _NO_WORD.sub("_", name) or "unnamed"
        project.uploads[secret] = (stored, content)
        return secret, stored

    # -- inside

    def _set(self, issue: StoredIssue, body: Mapping[str, Any]) -> None:
        if "title" in body:
            issue.title = _title(body["title"])
        if "description" in body:
            issue.description = self._obey(issue, str(body["description"] or ""))
        for label in _listed(body.get("remove_labels")):
            issue.labels = [each for each in issue.labels if each != label]
        for label in _listed(body.get("add_labels")):
            self._label(issue, label)
        if "milestone_id" in body:
            wanted = body["milestone_id"]
            issue.milestone = wanted if wanted in issue.project.milestones else None
        if "assignee_ids" in body:
            ids = {str(each) for each in body["assignee_ids"]}
            issue.assignees = [each for each in self.people() if each.id in ids and access(each) >= ROLES["guest"]]
        if "due_date" in body:
            issue.due = date.fromisoformat(body["due_date"]) if body["due_date"] else None
        issue.weight = body.get("weight", issue.weight)
        issue.confidential = body.get("confidential", issue.confidential)
        issue.type = body.get("issue_type", issue.type)

    def _label(self, issue: StoredIssue, label: str) -> None:
        """A label that is not there is made; of one scope an issue has one label."""
        issue.project.labels.add(label)
        scope = label.rpartition("::")[0]
        issue.labels = [
            each for each in issue.labels if each != label and not (scope and each.rpartition("::")[0] == scope)
        ]
        issue.labels.append(label)

    def _values(self, issue: StoredIssue) -> dict[str, Any]:
        names = ("title", "description", "milestone", "due", "weight", "confidential", "type")
        people = [each.id for each in issue.assignees]
        return {**{name: getattr(issue, name) for name in names}, "labels": sorted(issue.labels), "assignees": people}

    def _record(self, issue: StoredIssue, changed: Mapping[str, tuple[Any, Any]]) -> None:
        if "labels" in changed:
            old, new = map(set, changed["labels"])
            issue.label_events += [self._event("remove", label) for label in sorted(old - new)]
            issue.label_events += [self._event("add", label) for label in sorted(new - old)]
        if "milestone" in changed:
            for id, action in zip(changed["milestone"], ("remove", "add"), strict=True):
                if id is not None:
                    issue.milestone_events.append(self._event(action, issue.project.milestones[id]))
        if "title" in changed:
            old, new = changed["title"]
            self._system(issue, f"changed title from **{{-{old}-}}** to **{{+{new}+}}**")
        if "description" in changed:
            self._system(issue, "changed the description")

    def _turn(self, issue: StoredIssue, event: str | None) -> None:
        wanted = {"close": "closed", "reopen": "opened"}.get(event or "", issue.state)
        if wanted != issue.state:
            issue.state, issue.updated = wanted, self.clock()
            issue.state_events.append(self._event("closed" if wanted == "closed" else "reopened"))
            self.tell("close" if wanted == "closed" else "reopen", issue, {})

    def _obey(self, issue: StoredIssue, text: str) -> str:
        """Carry out quick actions, which vanish from the text; three ticks at the start of a line keep code."""

        def act(found: re.Match[str]) -> str:
            if found["code"]:
                return found[0]
            name = found["name"].lower()
            if name == "confidential":
                issue.confidential = True
            else:
                self._turn(issue, name)
            return ""

        return _COMMANDS.sub(act, text.replace("\r", "")).rstrip("\n")

    def _touch(self, issue: StoredIssue) -> None:
        """As `ThrottledTouch`: not within a minute of the last change."""
        if self.clock() - issue.updated > TOUCH_INTERVAL:
            issue.updated = self.clock()

    def _system(self, issue: StoredIssue, body: str) -> None:
        now = self.clock()
        issue.notes.append(StoredNote(self.new_id(), self.actor(), body, now, now, system=True))
        self._touch(issue)

    def _event(self, action: str, word: str = "") -> StoredEvent:
        return StoredEvent(self.new_id(), self.actor(), self.clock(), action, word)


def _alike(issue: StoredIssue, there: StoredProject) -> int | None:
    """The milestone of the same title in another project."""
    title = issue.project.milestones.get(issue.milestone) if issue.milestone is not None else None
    return next((id for id, each in there.milestones.items() if each == title), None)


def access(account: Account) -> int:
    return max((ROLES[role] for role in account.scopes & ROLES.keys()), default=0)


def _title(title: object) -> str:
    text = str(title or "").strip()
    if not text or len(text) > TITLE_LIMIT:
        raise Refused(400, {"message": {"title": ["is too long" if text else "can't be blank"]}})
    return text


def _listed(labels: object) -> list[str]:
    """A list, or a text with commas; and a comma within an entry of a list counts just the same."""
    parts = labels if isinstance(labels, list) else [labels or ""]
    return [word.strip() for part in parts for word in str(part).split(",") if word.strip()]

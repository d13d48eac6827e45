"""What can be done in the simulated Redmine, with its silent refusals; the actor is who acts now.

Measured on a real 5.0.4, or read in its source where a docstring names the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn, Protocol

from syncd.sdk.testing.simulator import Account, Refused
from syncd_redmine.simulator import cast, seed
from syncd_redmine.simulator.form import Filler, Form
from syncd_redmine.simulator.rights import Rights
from syncd_redmine.simulator.state import COLUMNS, Detail, Issue, Journal, Project, State, StoredFile, stored

EMPTY = {"content-type": "application/json"}
JSON = {"content-type": "application/json; charset=utf-8"}
TOKEN = re.compile(r"(\d+)\.[0-9a-f]+")
MAX_FILE = 5 * 1024 * 1024  # bytes, Redmine's own default


class Tell(Protocol):
    def __call__(
        self,
        operation: str,
        issue: Issue,
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        journal: Journal | None = None,
    ) -> None: ...


def head(status: int) -> NoReturn:
    """Errors but 422 say nothing."""
    raise Refused(status, headers=EMPTY)


def refuse(errors: Sequence[str]) -> None:
    if errors:
        raise Refused(422, {"errors": list(errors)}, JSON)


class Instance:
    """Deeds on the state. They raise `Refused` as the API would; `tell` hears of what was done."""

    def __init__(
        self, state: State, *, clock: Callable[[], datetime], actor: Callable[[], Account], tell: Tell
    ) -> None:
        self.state = state
        self.clock = clock
        self.rights = Rights(state, actor=actor)
        self._filler = Filler(state, self.rights)
        self._actor = actor
        self._tell = tell

    # -- finding

    def issue(self, number: str) -> Issue:
        """Visible to the actor: 404 for what is not there, 403 for what is hidden."""
        issue = self.state.issues.get(int(number)) if number.isdecimal() else None
        if issue is None:
            head(404)
        if not self.rights.sees(issue):
            head(403)
        return issue

    def visible(self) -> list[Issue]:
        return [issue for issue in self.state.issues.values() if self.rights.sees(issue)]

    def project(self, name: str) -> Project:
        project = self.state.project(name)
        if project is None:
            head(404)
        if not self.rights.may("view_issues", project):
            head(403)
        return project

    # -- issues

    def create(self, given: Mapping[str, Any]) -> Issue:
        project = self.state.project(str(given.get("project_id") or ""))
        if project is None or not self.rights.may("add_issues", project):
            self._nowhere()
        issue = self._blank(project)
        form = self._filler.filled(issue, _storable(given), new=True)
        form.values["status_id"] = seed.NEW  # whatever was asked for: the workflow knows no other way in
        files = self._checked(issue, form, given, new=True)
        issue.id = self.state.number("issues")
        issue.values, issue.custom = form.values, form.custom
        issue.watchers = self._watching(project, given)
        self.state.issues[issue.id] = issue
        for file in files:
            file.issue = issue.id
        self._tell("create", issue)
        return issue

    def _nowhere(self) -> NoReturn:
        """A project where one may add nothing is left out without a word, and then there is none."""
        if not self.rights.may_somewhere("add_issues"):
            head(403)
        refuse(["Project cannot be blank", "Tracker cannot be blank", "Status cannot be blank"])
        raise AssertionError("refused above")

    def _blank(self, project: Project) -> Issue:
        """An issue before anything is set: today, of the first tracker, with the default priority."""
        now = self.clock()
        values: dict[str, Any] = dict.fromkeys(COLUMNS)
        values |= {"project_id": project.id, "tracker_id": project.trackers[0], "status_id": seed.NEW}
        values |= {"priority_id": seed.NORMAL, "author_id": int(self._actor().id), "start_date": now.date()}
        values |= {"done_ratio": 0, "is_private": False}
        issue = Issue(0, self._actor(), now, now, values)
        issue.custom = {each.id: None for each in issue.fields}
        return issue

    def _watching(self, project: Project, given: Mapping[str, Any]) -> list[int]:
        if not self.rights.may("add_issue_watchers", project):
            return []
        return [int(number) for number in given.get("watcher_user_ids") or () if self.state.account(number)]

    def update(self, issue: Issue, given: Mapping[str, Any]) -> None:
        """Every update moves `updated_on`, also one that changes nothing; a journal is kept only of something."""
        project = self.rights.project(issue)
        if not any(self.rights.may(each, project) for each in ("edit_issues", "edit_own_issues", "add_issue_notes")):
            head(403)
        form = self._filler.filled(issue, _storable(given), new=False)
        journal = self._journal(issue, given)
        files = self._checked(issue, form, given, new=False)
        was_closed, before = issue.is_closed, dict(issue.values)
        journal.details = [*(_added(file) for file in files), *_changes(issue, form)]
        for file in files:
            file.issue = issue.id
        issue.values, issue.custom, issue.updated = form.values, form.custom, self.clock()
        if issue.is_closed and not was_closed:
            issue.closed = issue.updated
        self._tell("update", issue, before=before, after=issue.values)
        if not journal.is_empty:
            self._keep(issue, journal)

    def delete(self, issue: Issue) -> None:
        if not self.rights.may("delete_issues", self.rights.project(issue)):
            head(403)
        del self.state.issues[issue.id]
        for file in self.state.files_of(issue):
            del self.state.files[file.id]
        self._tell("delete", issue)

    def _checked(self, issue: Issue, form: Form, given: Mapping[str, Any], *, new: bool) -> list[StoredFile]:
        """The files to attach, when nothing speaks against the whole write."""
        files, failed = self._uploads(given.get("uploads") or ())
        lost = [f"{failed} file(s) could not be saved."] if failed else []
        refuse([*lost, *self._filler.complaints(issue, form, new=new)])
        return files

    # -- journals

    def _journal(self, issue: Issue, given: Mapping[str, Any]) -> Journal:
        """What is said beside the change. Without the right to it a private note is made a public one."""
        project = self.rights.project(issue)
        notes: str | None = ""
        if "notes" in given and self.rights.may("add_issue_notes", project):
            notes = cast.line(given["notes"])
        private = "private_notes" in given and self.rights.may("set_notes_private", project)
        wanted = private and cast.boolean(given["private_notes"]) and bool((notes or "").strip())
        return Journal(0, self._actor(), notes, self.clock(), private=wanted)

    def _keep(self, issue: Issue, journal: Journal) -> None:
        """A private note with changes is kept as two journals, the changes first and for everybody (journal.rb)."""
        if journal.private and journal.details:
            self._keep(issue, Journal(0, journal.user, None, journal.created, details=journal.details))
            journal.details = []
        journal.id = self.state.number("journals")
        issue.journals.append(journal)
        if self.rights.may("add_issue_watchers", self.rights.project(issue)) and self.rights.me not in issue.watchers:
            issue.watchers.append(self.rights.me)  # whoever contributes watches: "auto_watch_on"
        if (journal.notes or "").strip():
            self._tell("comment", issue, journal=journal)

    def edit_note(self, number: int, given: Mapping[str, Any]) -> None:
        """Neither an edit nor its end moves the issue's `updated_on`; empty notes without changes are no journal."""
        found = self.state.journal(number)
        if found is None or not self.rights.sees(found[0]) or not self.rights.reads(found[1], found[0]):
            head(404)
        issue, journal = found
        if not self.rights.edits_note(journal, issue):
            head(403)
        given = _storable(given)
        if "notes" in given:
            journal.notes = cast.line(given["notes"])
        if "private_notes" in given and self.rights.may("set_notes_private", self.rights.project(issue)):
            journal.private = cast.boolean(given["private_notes"])
        if journal.is_empty:
            issue.journals.remove(journal)
        self._tell("edit comment", issue, journal=journal)

    # -- files and watchers

    def upload(self, name: str, media_type: str, content: bytes) -> StoredFile:
        if not self.rights.may_somewhere("add_issues", "edit_issues", "add_issue_notes"):
            head(403)
        if len(content) > MAX_FILE:
            refuse([f"This file cannot be uploaded because it exceeds the maximum allowed file size ({MAX_FILE})"])
        number = self.state.number("attachments")
        file = StoredFile(number, _clean(name), media_type, content, self._actor(), self.clock())
        self.state.files[number] = file
        return file

    def _uploads(self, given: Sequence[Mapping[str, Any]]) -> tuple[list[StoredFile], int]:
        """The files of these tokens, and how many tokens name none: each works once."""
        files, failed = [], 0
        for entry in given:
            file = self._by_token(str(entry.get("token") or ""))
            if file is None:
                failed += 1
                continue
            file.name = _clean(str(entry.get("filename") or file.name))
            file.media_type = str(entry.get("content_type") or file.media_type)
            file.description = str(entry.get("description") or "").strip()
            files.append(file)
        return files, failed

    def _by_token(self, token: str) -> StoredFile | None:
        found = TOKEN.fullmatch(token)
        file = self.state.files.get(int(found[1])) if found else None
        return file if file and file.token == token and file.issue is None else None

    def file(self, number: int) -> tuple[StoredFile, Issue | None]:
        """A file that the actor may read: of an issue that is seen, or an own one that hangs nowhere yet."""
        file = self.state.files.get(number)
        if file is None:
            head(404)
        issue = self.state.issues[file.issue] if file.issue else None
        if not (self.rights.sees(issue) if issue else int(file.author.id) == self.rights.me):
            head(403)
        return file, issue

    def delete_file(self, number: int) -> None:
        """The journal says so, and `updated_on` stays."""
        file, issue = self.file(number)
        if issue and not self.rights.edits(issue):
            head(403)
        del self.state.files[number]
        if issue:
            gone = Detail("attachment", str(file.id), file.name, None)
            self._keep(issue, Journal(0, self._actor(), "", self.clock(), details=[gone]))

    def watch(self, issue: Issue, user: int, *, on: bool) -> None:
        if not self.rights.may(f"{'add' if on else 'delete'}_issue_watchers", self.rights.project(issue)):
            head(403)
        if on and user not in issue.watchers and self.state.account(user):
            issue.watchers.append(user)
        elif not on and user in issue.watchers:
            issue.watchers.remove(user)


def _changes(issue: Issue, form: Form) -> list[Detail]:
    """As a journal tells them: columns in the table's order, then custom fields; from nothing to nothing is none."""
    pairs = [("attr", name, issue.values[name], form.values[name]) for name in COLUMNS]
    numbers = sorted(issue.custom.keys() | form.custom.keys())
    pairs += [("cf", str(number), issue.custom.get(number), form.custom.get(number)) for number in numbers]
    return [
        Detail(kind, name, stored(old), stored(new))
        for kind, name, old, new in pairs
        if old != new and not (_blank(old) and _blank(new))
    ]


def _added(file: StoredFile) -> Detail:
    return Detail("attachment", str(file.id), None, file.name)


def _blank(value: object) -> bool:
    return value is None or value is False or (isinstance(value, str) and not value.strip())


def _storable(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """PostgreSQL takes no NUL in a text, and Redmine does not expect that."""
    if "\\u0000" in json.dumps(given):
        raise Refused(500, {"status": 500, "error": "Internal Server Error"}, JSON)
    return given


def _clean(name: str) -> str:
    """A name of a file as Redmine keeps it (app/models/attachment.rb, sanitize_filename)."""
    return re.sub(r"[/?%*:|\"'<>\n\r]+", "_", re.sub(r"\A.*[\\/]", "", name, flags=re.DOTALL))

"""What is on the simulated GitLab's page: a person opens an issue, sets it, comments, attaches."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from syncd.sdk.testing.page import Answer, Badge, Desk, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Refused
from syncd.sdk.text.html_writer import to_html
from syncd.sdk.text.markdown import parse
from syncd_gitlab.config import ISSUE_TYPES
from syncd_gitlab.fields import SCOPED
from syncd_gitlab.simulator.state import StoredIssue, StoredProject, Tracker
from syncd_gitlab.source import taken_apart
from syncd_gitlab.text import read

SCOPE = "priority"
TONES = {"critical": "hot", "high": "warm"}


class GitlabDesk(Desk):
    """The page of `GitlabSimulator`, which has the tracker."""

    page_title = "GitLab"
    page_accent = "#b3401f"
    noun = "issue"
    public_word = "Comment"
    internal_word = "Internal note"

    tracker: Tracker
    accounts: list[Account]

    def rows(self) -> Sequence[Row]:
        issues = [issue for project in self.tracker.projects.values() for issue in project.issues.values()]
        return [_row(issue) for issue in sorted(issues, key=lambda issue: (issue.updated, issue.id), reverse=True)]

    def sheet(self, ref: str) -> Sheet | None:
        issue = self._find(ref)
        if issue is None:
            return None
        described = [self._said(issue, issue.author, issue.created, issue.description)] if issue.description else []
        notes = [
            self._said(issue, note.author, note.created, note.body, public=not note.internal) for note in issue.comments
        ]
        return Sheet(
            row=_row(issue),
            inputs=tuple(self._inputs(issue)),
            said=(*described, *notes),
            facts=tuple(self._facts(issue)),
            locked="This issue was moved." if issue.moved_to else "",
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        issue = self.tracker.by_ref(ref)
        try:
            body = {key: one for name, value in values.items() for key, one in _body(name, value)}
            self.tracker.edit(issue, body | self._labels(issue, values))
        except (Refused, InvalidOperation, ValueError) as error:
            raise ValueError("GitLab refuses that") from error

    def say(self, ref: str, answer: Answer) -> None:
        issue = self.tracker.by_ref(ref)
        links = self._uploaded(issue.project, answer)
        try:
            self.tracker.say(issue, "\n\n".join([answer.text, *links]).strip(), internal=not answer.public)
        except Refused as error:
            raise ValueError("GitLab refuses that") from error

    def open(self, title: str, answer: Answer) -> str:
        project = next(iter(self.tracker.projects.values()))
        links = self._uploaded(project, answer)
        return self.tracker.create(project, {"title": title, "description": "\n\n".join([answer.text, *links])}).ref

    def file(self, ref: str, file_id: str) -> Upload | None:
        issue = self._find(ref)
        stored = issue.project.uploads.get(file_id) if issue else None
        if stored is None:
            return None
        return Upload(stored[0], mimetypes.guess_type(stored[0])[0] or "application/octet-stream", stored[1])

    # -- inside

    def _labels(self, issue: StoredIssue, values: Mapping[str, str]) -> dict[str, list[str]]:
        """The page shows the priority apart from the other labels; GitLab has one list."""
        if not {"scoped", "labels"} & values.keys():
            return {}
        own = [label for label in issue.labels if label.startswith(SCOPE + SCOPED)]
        free = [label for label in issue.labels if label not in own]
        if "scoped" in values:
            own = [values["scoped"]] if values["scoped"] else []
        if "labels" in values:
            free = [word.strip() for word in values["labels"].split(",") if word.strip()]
        return {"labels": [*free, *own]}

    def _find(self, ref: str) -> StoredIssue | None:
        if not re.fullmatch(r"\d+-\d+", ref):
            return None
        project, _, iid = ref.partition("-")
        found = self.tracker.projects.get(int(project))
        return found.issues.get(int(iid)) if found else None

    def _uploaded(self, project: StoredProject, answer: Answer) -> list[str]:
        stored = [self.tracker.upload(project, each.name, each.content) for each in answer.files]
        return [f"[{name}](/uploads/{secret}/{name})" for secret, name in stored]

    def _said(self, issue: StoredIssue, author: Account, at: datetime, body: str, *, public: bool = True) -> Said:
        uploads = taken_apart(body, project=issue.project.id).uploads
        kept = [
            (each.secret, issue.project.uploads[each.secret])
            for each in uploads
            if each.secret in issue.project.uploads
        ]
        files = tuple(Shown(secret, name, len(content)) for secret, (name, content) in kept)
        html = to_html(parse(read(body, project=issue.project.id).markdown))
        public = public and not issue.confidential
        return Said(author.name, at, html, public=public, files=files, by_machine=bool(author.token))

    def _inputs(self, issue: StoredIssue) -> list[Input]:
        words = sorted(label for label in issue.project.labels if label.startswith(SCOPE + SCOPED))
        own = next((label for label in issue.labels if label in words), "")
        free = ", ".join(label for label in issue.labels if label not in words)
        people = (("", "Nobody"), *((each.id, each.name) for each in self.accounts))
        titles = (("", "None"), *((str(id), title) for id, title in issue.project.milestones.items()))
        return [
            Input("state", "Status", issue.state, (("opened", "Open"), ("closed", "Closed"))),
            Input("scoped", "Priority", own, (("", "None"), *((word, word) for word in words))),
            Input("title", "Title", issue.title),
            Input("labels", "Labels", free),
            Input("assignee", "Assignee", issue.assignees[0].id if issue.assignees else "", people),
            Input("milestone", "Milestone", str(issue.milestone or ""), titles),
            Input("due_date", "Due", issue.due.isoformat() if issue.due else ""),
            Input("weight", "Weight", "" if issue.weight is None else str(issue.weight)),
            Input("confidential", "Confidential", str(issue.confidential), (("False", "No"), ("True", "Yes"))),
            Input("issue_type", "Type", issue.type, tuple((word, word) for word in ISSUE_TYPES)),
        ]

    def _facts(self, issue: StoredIssue) -> list[tuple[str, str, str]]:
        links = [taken_apart(note.body, project=issue.project.id).link for note in issue.comments]
        shown = [("Linked to", link, link) for link in links if link]
        return [("Project", issue.project.path, ""), ("Made by", issue.author.name, ""), *shown]


def _row(issue: StoredIssue) -> Row:
    labels = [Badge(label, TONES.get(label.rpartition(SCOPED)[2], "calm")) for label in issue.labels]
    badges = (Badge(issue.state, "good" if issue.state == "closed" else "cold"), *labels)
    return Row(issue.ref, f"{issue.project.path}#{issue.iid}", issue.title, badges, issue.updated)


def _body(name: str, value: str) -> Sequence[tuple[str, Any]]:
    """What a person set on the page, as the API would take it."""
    match name:
        case "state":
            return [("state_event", "close" if value == "closed" else "reopen")]
        case "scoped" | "labels":
            return []
        case "assignee":
            return [("assignee_ids", [int(value or "0")])]
        case "milestone":
            return [("milestone_id", int(value or "0"))]
        case "weight":
            return [("weight", int(Decimal(value)))] if value else []
        case "confidential":
            return [("confidential", value == "True")]
        case _:
            return [(name, value)]

"""What is on the simulated Redmine's page: a person opens an issue, sets it, writes notes, attaches files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from syncd.sdk.testing.page import Answer, Badge, Desk, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Refused
from syncd.sdk.text.html_writer import to_html
from syncd.sdk.text.markdown import parse
from syncd_redmine.simulator.instance import Instance
from syncd_redmine.simulator.seed import BUG, PRIORITIES, STATUSES, TRACKERS, Word
from syncd_redmine.simulator.state import Issue, Journal, StoredFile
from syncd_redmine.text import Formatting, read

COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
TONES = {"Immediate": "hot", "Urgent": "hot", "High": "warm", "Closed": "good", "Rejected": "cold"}


class RedmineDesk(Desk):
    """The page of `RedmineSimulator`. What its person may not see is not on it."""

    page_title = "Redmine"
    page_accent = "#628db6"
    noun = "issue"
    public_word = "Note"
    internal_word = "Private note"

    instance: Instance
    formatting: Formatting

    def rows(self) -> Sequence[Row]:
        by_age = sorted(self.instance.visible(), key=lambda issue: (issue.updated, issue.id), reverse=True)
        return [_row(issue) for issue in by_age]

    def sheet(self, ref: str) -> Sheet | None:
        issue = self._found(ref)
        if issue is None:
            return None
        files = {str(file.id): file for file in self.instance.state.files_of(issue)}
        notes = [self._note(issue, each, files) for each in issue.journals if self._is_said(issue, each)]
        description = str(issue.values["description"] or "")
        described = [self._said(issue.author, issue, description)] if description else []
        return Sheet(
            row=_row(issue),
            inputs=tuple(self._inputs(issue)),
            said=(*described, *notes),
            facts=tuple(self._facts(issue)),
            files=tuple(_shown(files.values())),
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        custom = [{"id": name.removeprefix("cf_"), "value": value} for name, value in values.items() if _is_cf(name)]
        given: dict[str, Any] = {name: value for name, value in values.items() if not _is_cf(name)}
        issue = self.instance.issue(ref)
        self._try(lambda: self.instance.update(issue, {**given, **({"custom_fields": custom} if custom else {})}))
        wanted = given.get("status_id", str(issue.values["status_id"]))
        if wanted != str(issue.values["status_id"]):
            raise ValueError("the workflow does not let you set this status")

    def say(self, ref: str, answer: Answer) -> None:
        given = {"notes": answer.text, "private_notes": not answer.public, "uploads": self._uploads(answer)}
        self._try(lambda: self.instance.update(self.instance.issue(ref), given))

    def open(self, title: str, answer: Answer) -> str:
        project = next(iter(self.instance.state.projects))
        given = {"project_id": project, "tracker_id": BUG, "subject": title, "description": answer.text}
        return self.instance.create({**given, "uploads": self._uploads(answer)}).ref

    def file(self, ref: str, file_id: str) -> Upload | None:
        found = self.instance.state.files.get(int(file_id)) if file_id.isdecimal() else None
        if found is None or str(found.issue) != ref:
            return None
        return Upload(found.name, found.media_type or "application/octet-stream", found.content)

    # -- inside

    def _found(self, ref: str) -> Issue | None:
        return next((issue for issue in self.instance.visible() if issue.ref == ref), None)

    def _try(self, deed: Callable[[], object]) -> None:
        try:
            deed()
        except Refused as error:
            said = error.body["errors"] if error.body else ["Redmine refuses that"]
            raise ValueError("; ".join(said)) from error

    def _uploads(self, answer: Answer) -> list[dict[str, str]]:
        stored = [self.instance.upload(each.name, each.media_type, each.content) for each in answer.files]
        return [{"token": file.token, "filename": file.name} for file in stored]

    def _is_said(self, issue: Issue, journal: Journal) -> bool:
        return bool((journal.notes or "").strip()) and self.instance.rights.reads(journal, issue)

    def _note(self, issue: Issue, journal: Journal, files: Mapping[str, StoredFile]) -> Said:
        came = [files[each.name] for each in journal.details if each.property == "attachment" and each.name in files]
        return self._said(journal.user, issue, journal.notes or "", journal=journal, files=tuple(_shown(came)))

    def _said(
        self,
        author: Account,
        issue: Issue,
        source: str,
        *,
        journal: Journal | None = None,
        files: tuple[Shown, ...] = (),
    ) -> Said:
        shown = COMMENT.sub("", source)  # neither formatter of Redmine shows one
        html = to_html(parse(read(shown, formatting=self.formatting).markdown))
        private = issue.values["is_private"] or (journal is not None and journal.private)
        at = journal.created if journal else issue.created
        return Said(author.name, at, html, public=not private, files=files, by_machine=author.name == "Sync Bot")

    def _inputs(self, issue: Issue) -> list[Input]:
        values = issue.values
        members = self.instance.rights.project(issue).members
        people = tuple((each.id, each.name) for each in self.instance.state.accounts() if int(each.id) in members)
        statuses = self.instance.rights.statuses(issue) or [STATUSES[values["status_id"]]]
        custom = [
            Input(
                f"cf_{each.id}",
                each.name,
                issue.custom.get(each.id) or "",
                _optional((one, one) for one in each.options),
            )
            for each in issue.fields
        ]
        return [
            Input("status_id", "Status", str(values["status_id"]), _words(statuses)),
            Input("priority_id", "Priority", str(values["priority_id"]), _words(PRIORITIES.values())),
            Input("subject", "Subject", str(values["subject"])),
            Input("assigned_to_id", "Assignee", str(values["assigned_to_id"] or ""), _optional(people)),
            Input("due_date", "Due date", values["due_date"].isoformat() if values["due_date"] else ""),
            *custom,
        ]

    def _facts(self, issue: Issue) -> list[tuple[str, str, str]]:
        project = self.instance.rights.project(issue)
        tracker = TRACKERS[issue.values["tracker_id"]].name
        return [("Project", project.name, ""), ("Tracker", tracker, ""), ("Made by", issue.author.name, "")]


def _is_cf(name: str) -> bool:
    return name.startswith("cf_")


def _row(issue: Issue) -> Row:
    words = (STATUSES[issue.values["status_id"]].name, PRIORITIES[issue.values["priority_id"]].name)
    badges = tuple(Badge(word, TONES.get(word, "calm")) for word in words)
    return Row(issue.ref, f"#{issue.id}", str(issue.values["subject"]), badges, issue.updated)


def _words(words: Iterable[Word]) -> tuple[tuple[str, str], ...]:
    return tuple((str(each.id), each.name) for each in words)


def _optional(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """With nothing as a first choice; no choice at all stays a line of text."""
    found = tuple(pairs)
    return (("", "-"), *found) if found else ()


def _shown(files: Iterable[StoredFile]) -> list[Shown]:
    return [Shown(str(file.id), file.name, len(file.content)) for file in files]

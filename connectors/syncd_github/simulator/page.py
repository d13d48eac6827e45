"""What is on the simulated site's page: a person opens an issue, closes it, labels it, comments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncd.sdk.testing.page import Answer, Badge, Desk, Input, Row, Said, Sheet, Upload
from syncd.sdk.testing.simulator import Account, Refused
from syncd.sdk.text.html_writer import to_html
from syncd.sdk.text.markdown import parse
from syncd_github import text
from syncd_github.config import OPEN
from syncd_github.fields import status_of
from syncd_github.marker import comment_apart, taken_apart
from syncd_github.simulator.site import Issue, Repository, Site, SiteComment

CHOICES = ("open", "completed", "not_planned", "duplicate")
TONES = {"open": "good", "reopened": "good", "completed": "cold"}


class GitHubDesk(Desk):
    """The page of `GitHubSimulator`, which has the site."""

    page_title = "GitHub"
    page_accent = "#24292f"
    noun = "issue"
    public_word = "Comment"
    has_internal = False

    site: Site
    home: Repository
    accounts: list[Account]

    def rows(self) -> Sequence[Row]:
        every = [issue for each in self.site.repositories.values() for issue in each.issues.values()]
        return [_row(issue) for issue in sorted(every, key=lambda issue: (issue.updated, issue.id), reverse=True)]

    def sheet(self, ref: str) -> Sheet | None:
        issue = self._found(ref)
        if issue is None:
            return None
        marked = taken_apart(issue.body or "")
        first = (
            [SiteComment(issue.id, issue.author, marked.words, issue.created, issue.updated)] if marked.words else []
        )
        return Sheet(
            row=_row(issue),
            inputs=tuple(self._inputs(issue)),
            said=tuple(_said(comment) for comment in (*first, *issue.comments)),
            facts=(("In", f"{issue.repository.name}, {issue.repository.visibility}", ""), *_links(marked.lines)),
            locked="This repository is archived." if issue.repository.archived else "",
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        issue = self._sure(ref)
        wanted: dict[str, Any] = {name: value for name, value in values.items() if name == "title"}
        if "labels" in values:
            wanted["labels"] = [word.strip() for word in values["labels"].split(",") if word.strip()]
        if "assignee" in values:
            wanted["assignees"] = [values["assignee"]] if values["assignee"] else []
        if status := values.get("status"):
            wanted |= {"state": "open"} if status in OPEN else {"state": "closed", "state_reason": status}
        _complaining(lambda: self.site.edit(issue, wanted))

    def say(self, ref: str, answer: Answer) -> None:
        issue = self._sure(ref)
        if answer.text:
            _complaining(lambda: self.site.say(issue, answer.text))

    def open(self, title: str, answer: Answer) -> str:
        return self.site.create(self.home, {"title": title, "body": answer.text or None}).ref

    def file(self, ref: str, file_id: str) -> Upload | None:
        return None

    # -- inside

    def _found(self, ref: str) -> Issue | None:
        repository, _, number = ref.partition("-")
        if not (repository.isdecimal() and number.isdecimal()):
            return None
        found = self.site.repositories.get(int(repository))
        return found.issues.get(int(number)) if found else None

    def _sure(self, ref: str) -> Issue:
        issue = self._found(ref)
        if issue is None:
            raise ValueError("There is no such issue.")
        return issue

    def _inputs(self, issue: Issue) -> list[Input]:
        status = "open" if issue.state == "open" else status_of(issue.state, issue.state_reason)
        people = [("", "Nobody"), *((each.name, each.name) for each in self.accounts)]
        assignee = issue.assignees[0].name if issue.assignees else ""
        return [
            Input("status", "Status", status, tuple((word, word) for word in CHOICES)),
            Input("title", "Title", issue.title),
            Input("labels", "Labels, with commas between", ", ".join(issue.labels)),
            Input("assignee", "Assignee", assignee, tuple(people)),
        ]


def _row(issue: Issue) -> Row:
    status = status_of(issue.state, issue.state_reason)
    badges = [Badge(status, TONES.get(status, "calm")), *(Badge(label) for label in issue.labels)]
    return Row(issue.ref, issue.label, issue.title, tuple(badges), issue.updated)


def _said(comment: SiteComment) -> Said:
    html = to_html(parse(text.read(comment_apart(comment.body)[0]).markdown))
    author = comment.author
    return Said(author.name, comment.created, html, public=True, by_machine=bool(author.token))


def _links(lines: Sequence[str]) -> list[tuple[str, str, str]]:
    """(title, text, address) of each ticket that the issue shows."""
    parts = [line.removeprefix("- [").rpartition("](") for line in lines]
    return [("Ticket", words, address.rstrip(")")) for words, _, address in parts]


def _complaining(action: Callable[[], object]) -> None:
    try:
        action()
    except Refused as error:
        raise ValueError(str(json.loads(bytes(error.response.body))["message"])) from error

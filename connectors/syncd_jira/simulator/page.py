"""What is on the simulated site's page: a person opens an issue, moves it, comments, attaches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from syncd.sdk.testing.page import Answer, Badge, Desk, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Refused
from syncd.sdk.text.html_writer import to_html
from syncd.sdk.text.markdown import parse
from syncd_jira.dialect import CLOUD, DATA_CENTER
from syncd_jira.simulator import scheme
from syncd_jira.simulator.shapes import CUSTOMER
from syncd_jira.simulator.site import Issue, Site, SiteFile
from syncd_jira.wiki_writer import to_wiki

TONES = {"new": "calm", "indeterminate": "cold", "done": "good"}
HOT = {"Highest": "hot", "High": "warm"}


class JiraDesk(Desk):
    """The page of `JiraSimulator`, which has the site."""

    page_title = "Jira"
    page_accent = "#1d5bd6"
    noun = "issue"
    public_word = "Comment"
    has_internal = False

    site: Site
    cloud: bool
    accounts: list[Account]

    def rows(self) -> Sequence[Row]:
        newest = sorted(self.site.issues.values(), key=lambda issue: (issue.updated, int(issue.id)), reverse=True)
        return [_row(issue) for issue in newest]

    def sheet(self, ref: str) -> Sheet | None:
        issue = self.site.issues.get(ref)
        if issue is None:
            return None
        described = [_said(issue.creator.name, issue.created, issue.values.get("description"), issue.creator)]
        comments = [_said(each.author.name, each.created, each.body, each.author) for each in issue.comments]
        return Sheet(
            row=_row(issue),
            inputs=tuple(self._inputs(issue)),
            said=tuple([*described, *comments] if issue.values.get("description") else comments),
            facts=tuple(_facts(issue)),
            files=tuple(Shown(each.id, each.name, len(each.content)) for each in issue.files),
            locked="This issue is archived." if issue.archived else "",
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        issue = self._changeable(ref)
        wanted = {name: value for name, value in values.items() if value != _shown(issue, name)}
        status = wanted.pop("status", None)
        written = {name: _written(name, value, cloud=self.cloud) for name, value in wanted.items()}
        try:
            if written:
                self.site.edit(issue, written, {})
            if status:
                self._move(issue, status)
        except Refused as error:
            raise ValueError(_complaint(error)) from error

    def say(self, ref: str, answer: Answer) -> None:
        issue = self._changeable(ref)
        self._attach(issue, answer)
        if answer.text:
            self.site.say(issue, _typed(answer.text))

    def open(self, title: str, answer: Answer) -> str:
        values = {"summary": title, "description": _typed(answer.text) if answer.text else None}
        issue = self.site.create("CORE", "10004", values, {})
        self._attach(issue, answer)
        return issue.id

    def file(self, ref: str, file_id: str) -> Upload | None:
        files: list[SiteFile] = self.site.issues[ref].files if ref in self.site.issues else []
        return next((Upload(each.name, each.media_type, each.content) for each in files if each.id == file_id), None)

    # -- inside

    def _changeable(self, ref: str) -> Issue:
        try:
            return self.site.changeable(ref)
        except Refused as error:
            raise ValueError(_complaint(error)) from error

    def _attach(self, issue: Issue, answer: Answer) -> None:
        for each in answer.files:
            self.site.attach(issue, name=each.name, media_type=each.media_type, content=each.content)

    def _move(self, issue: Issue, status: str) -> None:
        """By a transition, with the resolution that its screen may ask for."""
        for step in self.site.transitions(issue):
            if step.to == status:
                asked = {"resolution": {"name": "Done"}} if ("resolution", True) in step.screen else {}
                self.site.transition(issue, step.id, asked)
                return

    def _inputs(self, issue: Issue) -> list[Input]:
        steps = [issue.values["status"], *(each.to for each in self.site.transitions(issue))]
        people = [("", "Nobody"), *((each.id, each.name) for each in self.accounts if CUSTOMER not in each.scopes)]
        severities = (("", "None"), *((word, word) for word in scheme.BY_ID["customfield_10050"].options))
        return [
            Input("status", "Status", issue.values["status"], tuple((name, name) for name in steps)),
            Input("priority", "Priority", _shown(issue, "priority"), tuple((word, word) for word in scheme.PRIORITIES)),
            Input("summary", "Summary", _shown(issue, "summary")),
            Input("labels", "Labels", _shown(issue, "labels")),
            Input("assignee", "Assignee", _shown(issue, "assignee"), tuple(people)),
            Input("customfield_10050", "Severity", _shown(issue, "customfield_10050"), severities),
        ]


def _row(issue: Issue) -> Row:
    badges = [Badge(issue.values["status"], TONES[issue.status.category])]
    priority = issue.values.get("priority")
    if priority:
        badges.append(Badge(priority, HOT.get(priority, "calm")))
    return Row(issue.id, issue.key, issue.values["summary"], tuple(badges), issue.updated)


def _said(name: str, at: datetime, body: Any, author: Account) -> Said:
    text = CLOUD.read(body) if isinstance(body, dict) else DATA_CENTER.read(body or "")
    html = to_html(parse(text.markdown))
    return Said(name, at.astimezone(UTC), html, public=True, by_machine=bool(author.token))


def _facts(issue: Issue) -> list[tuple[str, str, str]]:
    links = [("Linked to", str(each["object"]["title"]), str(each["object"]["url"])) for each in issue.links.values()]
    kind = ("Type", scheme.ISSUE_TYPES[issue.type_id], "")
    return [kind, ("Resolution", issue.values.get("resolution") or "", ""), ("Made by", issue.creator.name, ""), *links]


def _shown(issue: Issue, name: str) -> str:
    value = issue.values.get(name)
    return " ".join(value) if isinstance(value, list) else str(value or "")


def _written(name: str, value: str, *, cloud: bool) -> Any:
    match scheme.BY_ID[name]:
        case scheme.SiteField(type="user"):
            return {"accountId" if cloud else "name": value} if value else None
        case scheme.SiteField(id="labels"):
            return value.split()
        case scheme.SiteField(shape="option"):
            return {"value": value} if value else None
        case scheme.SiteField(options=options) if options:
            return {"name": value}
        case _:
            return value


def _typed(text: str) -> str:
    """What a person types into the page's box, as wiki text; unlike a copy by syncd it may hold anything."""
    return to_wiki(parse(text)).source


def _complaint(error: Refused) -> str:
    """What Jira says, in one sentence."""
    said = json.loads(bytes(error.response.body))
    return " ".join([*said.get("errorMessages", ()), *said.get("errors", {}).values()])

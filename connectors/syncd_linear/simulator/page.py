"""The page of the simulated Linear: a person lists issues, opens one, sets fields, writes, adds files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from syncd.sdk.testing.page import Answer, Badge, Desk, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.text.html_writer import to_html
from syncd.sdk.text.markdown import parse
from syncd_linear.fields import PRIORITIES
from syncd_linear.simulator.accounts import ANA
from syncd_linear.simulator.state import Issue, StoredComment
from syncd_linear.simulator.workspace import Trouble

if TYPE_CHECKING:
    from syncd.sdk.testing.simulator import Account
    from syncd_linear.simulator.workspace import Workspace

TONES = {"Urgent": "hot", "High": "warm", "started": "warm", "completed": "good", "canceled": "cold"}


class Page(Desk):
    """What a person sees and does."""

    page_path = "/acme"
    page_title = "Acme · Linear"
    page_accent = "#4b55c6"
    noun = "issue"
    public_word = "Comment"
    has_internal = False

    workspace: Workspace
    files_url: Any

    @property
    def person(self) -> Account:
        return ANA

    def rows(self) -> Sequence[Row]:
        alive = [issue for issue in self.workspace.issues.values() if not issue.trashed]
        return [self._row(issue) for issue in sorted(alive, key=lambda each: each.updated, reverse=True)]

    def sheet(self, ref: str) -> Sheet | None:
        issue = self.workspace.issues.get(ref)
        if issue is None or issue.trashed:
            return None
        return Sheet(
            row=self._row(issue),
            inputs=self._inputs(issue),
            said=tuple(self._said(issue, comment) for comment in issue.comments),
            facts=(
                ("Description", issue.description or "–", ""),
                *(("Ticket", link.title, link.url) for link in issue.links),
                ("Made", issue.created.strftime("%d %b %Y, %H:%M"), ""),
            ),
            locked="This issue is archived." if issue.archived else "",
        )

    def _inputs(self, issue: Issue) -> tuple[Input, ...]:
        states = tuple((state.id, state.name) for state in issue.team.states)
        people = (("", "–"), *((each.id, each.name) for each in self.workspace.users.values() if not each.app))
        return (
            Input("title", "Title", issue.title),
            Input("priority", "Priority", str(issue.priority), tuple((str(n), w) for n, w in enumerate(PRIORITIES))),
            Input("state", "Status", issue.state.id, states),
            Input("assignee", "Assignee", issue.assignee.id if issue.assignee else "", people),
            Input("team", "Team", issue.team.id, tuple((each.id, each.name) for each in self.workspace.teams.values())),
            Input("labels", "Labels", ", ".join(label.name for label in issue.labels)),
            Input("due", "Due", issue.due.isoformat() if issue.due else ""),
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        issue = self.workspace.issue(ref)
        try:
            self.workspace.update(issue, {name: self._value(issue, name, word) for name, word in values.items()})
        except Trouble as trouble:
            raise ValueError(str(trouble)) from trouble

    def _value(self, issue: Issue, name: str, word: str) -> Any:
        match name:
            case "priority":
                return int(word)
            case "state":
                return issue.team.state(word)
            case "assignee":
                return self.workspace.users.get(word)
            case "team":
                return self.workspace.team(word)
            case "due":
                return date.fromisoformat(word) if word else None
            case "labels":
                wanted = {each.strip() for each in word.split(",") if each.strip()}
                known = {label.name: label for label in self.workspace.labels.values()}
                return tuple(known.get(each) or self.workspace.make_label(each, None) for each in sorted(wanted))
            case _:
                return word

    def say(self, ref: str, answer: Answer) -> None:
        try:
            self.workspace.say(self.workspace.issue(ref), self._with_files(answer))
        except Trouble as trouble:
            raise ValueError(str(trouble)) from trouble

    def open(self, title: str, answer: Answer) -> str:
        team = next(iter(self.workspace.teams.values()))
        return self.workspace.create(team, {"title": title, "description": self._with_files(answer) or None}).id

    def file(self, ref: str, file_id: str) -> Upload | None:
        for file in self.workspace.files.values():
            if file.path.endswith(file_id) and file.content is not None:
                return Upload(file.name, file.media_type, file.content)
        return None

    def _with_files(self, answer: Answer) -> str:
        links = []
        for each in answer.files:
            file = self.workspace.place_file(each.name, each.media_type, len(each.content))
            file.content = each.content
            links.append(f"[{each.name}]({self.files_url}/{file.path})")
        return "\n\n".join(filter(None, [answer.text, *links]))

    def _row(self, issue: Issue) -> Row:
        priority = PRIORITIES[issue.priority]
        badges = (
            Badge(issue.state.name, TONES.get(issue.state.type, "calm")),
            Badge(priority, TONES.get(priority, "calm")),
        )
        return Row(issue.id, issue.identifier, issue.title, badges, issue.updated)

    def _said(self, issue: Issue, comment: StoredComment) -> Said:
        linked = [file for file in self.workspace.files.values() if file.path in comment.body]
        files = (Shown(file.path.rpartition("/")[2], file.name, file.size) for file in linked)
        return Said(
            author=comment.author.name,
            at=comment.created,
            html=to_html(parse(comment.body, keep_lines=True)),
            public=True,
            files=tuple(files),
            by_machine=comment.author.name.startswith("syncd"),
        )

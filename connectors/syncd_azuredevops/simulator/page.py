"""What is on the simulated organisation's page: a person opens a work item, sets it, comments, attaches."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from typing import Any

from syncd.sdk.testing.page import Answer, Badge, Desk, Input, Row, Said, Sheet, Shown, Upload
from syncd.sdk.testing.simulator import Account, Refused
from syncd.sdk.text.html_writer import to_html
from syncd.sdk.text.markdown import parse
from syncd_azuredevops import text
from syncd_azuredevops.simulator.scheme import COMMON, FIELDS, SCHEDULING
from syncd_azuredevops.simulator.shapes import Shapes
from syncd_azuredevops.simulator.state import Boards
from syncd_azuredevops.simulator.stored import StoredComment, StoredItem, StoredRelation

SETTABLE = {
    "System.State": "Status",
    f"{COMMON}.Priority": "Priority",
    f"{COMMON}.Severity": "Severity",
    "System.Title": "Title",
    "System.Tags": "Tags",
    "System.AssignedTo": "Assigned to",
    f"{SCHEDULING}.DueDate": "Due",
}
TONES: dict[object, str] = {1: "hot", 2: "warm"}


class AzureDevOpsDesk(Desk):
    """The page of `AzureDevOpsSimulator`, which has the boards."""

    page_title = "Azure DevOps"
    page_accent = "#0f5aa8"
    noun = "work item"
    public_word = "Comment"
    internal_word = "Comment"
    has_internal = False

    boards: Boards
    accounts: list[Account]
    shapes: Shapes

    def rows(self) -> Sequence[Row]:
        items = [item for item in self.boards.items.values() if not item.deleted]
        return [
            _row(item) for item in sorted(items, key=lambda item: (item.changed or item.created, item.id), reverse=True)
        ]

    def sheet(self, ref: str) -> Sheet | None:
        item = self._find(ref)
        if item is None:
            return None
        described = str(item.fields.get("System.Description") or "")
        first = [Said(item.author.name, item.created, described, public=self._public(item))] if described else []
        links = [
            ("Linked to", each.comment or each.url, each.url) for each in item.relations if each.rel == "Hyperlink"
        ]
        return Sheet(
            row=_row(item),
            inputs=tuple(self._inputs(item)),
            said=(*first, *(self._said(item, comment) for comment in item.shown)),
            facts=(("Project", item.project.name, ""), ("Made by", item.author.name, ""), *links),
            files=tuple(_file(each) for each in item.relations if each.upload),
        )

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        patch = [_step(name, value) for name, value in values.items() if name in SETTABLE]
        try:
            self.boards.edit(self.boards.item(ref), patch)
        except (Refused, ValueError) as error:
            raise ValueError("Azure DevOps refuses that") from error

    def say(self, ref: str, answer: Answer) -> None:
        item = self.boards.item(ref)
        if answer.text:
            self.boards.say(item, to_html(parse(answer.text)))
        self._attach(item, answer.files)

    def open(self, title: str, answer: Answer) -> str:
        project = next(iter(self.boards.projects.values()))
        fields = {"System.Title": title, "System.Description": to_html(parse(answer.text))}
        patch = [{"op": "add", "path": f"/fields/{ref}", "value": value} for ref, value in fields.items() if value]
        item = self.boards.create(project, "Bug", patch)
        self._attach(item, answer.files)
        return item.ref

    def file(self, ref: str, file_id: str) -> Upload | None:
        stored = self.boards.uploads.get(file_id) if self._find(ref) else None
        if stored is None:
            return None
        return Upload(stored.name, mimetypes.guess_type(stored.name)[0] or "application/octet-stream", stored.content)

    # -- inside

    def _find(self, ref: str) -> StoredItem | None:
        found = self.boards.items.get(int(ref)) if ref.isdecimal() else None
        return found if found and not found.deleted else None

    def _public(self, item: StoredItem) -> bool:
        return item.project.visibility == "public"

    def _attach(self, item: StoredItem, files: Sequence[Upload]) -> None:
        for each in files:
            url = self.shapes.upload(self.boards.upload(each.name, each.content))["url"]
            self.boards.edit(
                item, [{"op": "add", "path": "/relations/-", "value": {"rel": "AttachedFile", "url": url}}]
            )

    def _said(self, item: StoredItem, comment: StoredComment) -> Said:
        html = to_html(parse(text.read(comment.text, comment.format).markdown))
        by_machine = bool(comment.author.token)
        return Said(comment.author.name, comment.created, html, public=self._public(item), by_machine=by_machine)

    def _inputs(self, item: StoredItem) -> list[Input]:
        return [self._input(item, ref, title) for ref, title in SETTABLE.items()]

    def _input(self, item: StoredItem, ref: str, title: str) -> Input:
        value = item.fields.get(ref, "")
        if isinstance(value, Account):
            value = value.email
        words: list[tuple[str, str]] = [(str(word), str(word)) for word in FIELDS[ref].words]
        if ref == "System.State":
            words = [(name, name) for name, _ in item.type.states]
        if ref == "System.AssignedTo":
            words = [("", "Nobody"), *((each.email, each.name) for each in self.accounts)]
        return Input(ref, title, str(value), tuple(words))


def _row(item: StoredItem) -> Row:
    state, priority = item.fields["System.State"], item.fields.get(f"{COMMON}.Priority")
    done = dict(item.type.states).get(state) == "Completed"
    badges = [Badge(state, "good" if done else "cold"), Badge(f"P{priority}", TONES.get(priority, "calm"))]
    title = str(item.fields.get("System.Title", ""))
    return Row(item.ref, f"{item.type.name} {item.id}", title, tuple(badges), item.changed)


def _file(relation: StoredRelation) -> Shown:
    upload = relation.upload
    return Shown(upload.id, upload.name, len(upload.content)) if upload else Shown("", "", 0)


def _step(ref: str, value: str) -> dict[str, Any]:
    """What a person set on the page, as the API would take it."""
    if not value:
        return {"op": "remove", "path": f"/fields/{ref}"}
    number = FIELDS[ref].type == "integer"
    return {"op": "replace", "path": f"/fields/{ref}", "value": int(value) if number else value}

"""The simulated GitLab as `ConnectorTests` wants to see it, and Ana, who works there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from syncd.core.model import Fields
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd_gitlab import Gitlab
from syncd_gitlab.config import GitlabConfig
from syncd_gitlab.fields import to_json
from syncd_gitlab.simulator import ANA, GitlabSimulator
from syncd_gitlab.simulator.state import StoredHook, StoredIssue, StoredNote, StoredProject
from syncd_gitlab.source import taken_apart
from tests.connectors.gitlab.description import checked

SECRET = "a-webhook-secret-of-24-bytes"
SIGNING = "whsec_c2lnbmluZy10b2tlbi1vZi0yNC1ieXRlcw=="
HOOK = "https://syncd.example/hooks/gitlab-test"
EVENTS = frozenset({"issues_events", "confidential_issues_events", "note_events", "confidential_note_events"})


class GitlabWorld(Deeds):
    """A GitLab with a clock that only the test moves; all traffic is checked against both descriptions.

    Args:
        elsewhere: the connection has a second project, to which issues can be moved.
    """

    words = Words(
        place={"project": "acme/app", "issue_type": "issue"},
        title="title",
        description="description",
        choice=("priority", "low", "high"),
        status=("status", "closed"),
        done=("status", "opened", "closed"),
        labels="labels",
        day="due_date",
        person="assignee",
        email=ANA.email,
        deeds=frozenset({Deed.ATTACH, Deed.DELETE, Deed.REWORD, Deed.UNSAY, Deed.SWITCH_OFF}),
    )

    def __init__(self, *, signed: bool = True, elsewhere: bool = False, **config: Any) -> None:
        self.clock = Clock()
        self.simulator = GitlabSimulator(clock=self.clock)
        self.simulator.url = "https://gitlab.example.com"
        self.simulator.signing_token = SIGNING if signed else ""
        self.app.hooks[1] = StoredHook(1, HOOK, SECRET, EVENTS)
        if elsewhere:
            self.words = replace(self.words, deeds=self.words.deeds | {Deed.MOVE})
            self.tools.labels = self.app.labels  # both have the group's labels
            self.tools.hooks[2] = StoredHook(2, HOOK, SECRET, EVENTS)
            config = {"projects": [self.app.path, self.tools.path], **config}
        self.simulator.subscribe()
        self.transport = checked(self.simulator.transport())
        more = {"webhook_secret": SECRET, "signing_token": SIGNING if signed else None, **config}
        self.config = GitlabConfig.model_validate(self.simulator.connection(**more))

    @property
    def app(self) -> StoredProject:
        return self.simulator.tracker.projects[14]

    @property
    def tools(self) -> StoredProject:
        return self.simulator.tracker.projects[15]

    def connector(self, **config: Any) -> Gitlab:
        """A new process's connector."""
        return Gitlab(self.config.model_copy(update=config), connection="gitlab", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.requests)

    def calls(self, since: int = 0) -> list[str]:
        return [call.replace("/api/v4", "") for call in self.simulator.calls(since=since)]

    def issue(self, ref: str) -> StoredIssue:
        with self.simulator.acting(ANA):
            return self.simulator.tracker.by_ref(ref)

    async def open(self, fields: Fields) -> str:
        return self.made(**to_json(fields, now=None, scopes=self.config.scopes)).ref

    def made(self, **body: Any) -> StoredIssue:
        """An issue that Ana made, in GitLab's words."""
        with self.simulator.acting(ANA):
            return self.simulator.tracker.create(self.app, {"title": "Export fails", **body})

    async def edit(self, ref: str, fields: Fields) -> None:
        self.change(ref, **self._written(ref, fields))

    def change(self, ref: str, **body: Any) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.simulator.tracker.edit(self.issue(ref), body)

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.simulator.tracker.say(self.issue(ref), text, internal=not public)

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        """A link in a note; GitLab calls the file as it likes."""
        secret, stored = self.simulator.tracker.upload(self.issue(ref).project, name, content)
        await self.say(ref, f"see [{stored}](/uploads/{secret}/{stored})", public=public)

    async def delete(self, ref: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.tracker.delete(self.issue(ref))

    async def move(self, ref: str) -> None:
        """Into a new issue of another project; the old one closes and points there."""
        with self.simulator.acting(ANA):
            self.simulator.tracker.move(self.issue(ref), self.tools)

    async def reword(self, ref: str, said: str, text: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.tracker.edit_note(self.issue(ref), self._said(ref, said), text)

    async def unsay(self, ref: str, said: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.tracker.delete_note(self.issue(ref), self._said(ref, said))

    def _said(self, ref: str, said: str) -> StoredNote:
        self.clock.advance(0.001)
        return next(note for note in self.issue(ref).comments if said in note.body)

    async def look(self, ref: str) -> Shown:
        """Strangers see what is not internal of an issue that is not confidential."""
        issue = self.issue(ref)
        public = [note.body for note in issue.comments if not note.internal and not issue.confidential]
        texts = [] if issue.confidential else [issue.title, issue.description]
        links = [taken_apart(note.body, project=14).link for note in issue.comments]
        return Shown((*texts, *public), tuple(link for link in links if link))

    async def settle(self) -> None:
        """Beyond the minute of GitLab, and what each poll looks back."""
        self.clock.advance(self.config.overlap + timedelta(seconds=131))

    async def switch_off(self, address: str) -> None:
        self.simulator.give_up(address)

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        return [self._delivery(each.event, each.subscription) for each in waiting]

    def sign(self, body: bytes) -> Webhook:
        event = Event("hook-signed", "14:Issue Hook", body, self.clock())
        return self._delivery(event, Subscription("14-1", HOOK, SECRET))

    def _delivery(self, event: Event, subscription: Subscription) -> Webhook:
        headers, body = self.simulator.webhook_request(event, subscription)
        return Webhook(headers, body, self.clock())

    def _written(self, ref: str, fields: Fields) -> dict[str, Any]:
        scoped = {name: value for name, value in fields.items() if name in self.config.scopes}
        rest = {name: value for name, value in fields.items() if name not in scoped}
        if isinstance(labels := rest.get("labels"), frozenset):  # a person leaves the scoped ones alone
            rest["labels"] = labels | {label for label in self.issue(ref).labels if "::" in label}
        body = to_json(rest, now=None, scopes=())
        return {**body, **({"add_labels": [f"{name}::{value}" for name, value in scoped.items()]} if scoped else {})}

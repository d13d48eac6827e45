"""A vendor that lives in memory: what people do there, requests and the faults they meet, webhooks, the journal.

A test acts as a person by `open`, `edit`, `say` and the like; `MemoryConnector` goes through `request`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, assert_never

from syncd.core.model import NO_FIELDS, Body, Fields, Internal, Kind, Life, Person, Public, RichText, Value
from syncd.sdk.connector import Hook, Webhook
from syncd.sdk.errors import (
    BadAnswer,
    ConnectorError,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import HELPFUL, Character
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.faults import Fault, FaultPlan
from syncd.sdk.testing.journal import Entry
from syncd.sdk.testing.state import Event, State, described

T = TypeVar("T")

SIGNATURE = "x-memory-signature"
TIMESTAMP = "x-memory-timestamp"
OCTETS = "application/octet-stream"


class MemoryVendor(State):
    """One vendor; several accounts may be connected to it.

    Args:
        name: also the start of every ref, so that two vendors in one test cannot be mixed up.
        clock: shared by all vendors of a test.
        plan: the faults that its API and its webhooks meet.
        secret: signs webhooks; None sends none.
    """

    def __init__(
        self,
        name: str = "memory",
        *,
        character: Character = HELPFUL,
        clock: Clock | None = None,
        plan: FaultPlan | None = None,
        secret: str | None = "memory-webhook-secret",  # noqa: S107  a test's
    ) -> None:
        super().__init__(name, character=character, clock=clock)
        self.plan = plan or FaultPlan()
        self.secret = secret
        self.journal: list[Entry] = []
        self.hooks: dict[str, Hook] = {}
        self.credential_ends: datetime | None = None  # what it tells of our account's credential
        self._webhooks: list[tuple[datetime, Webhook]] = []
        self._late: list[tuple[datetime, int, Callable[[], object]]] = []
        for who in ("ana", "ben", "syncd"):
            self.person(who, email=f"{who}@{name}.example")

    # -- what people do

    def person(self, id: str, *, name: str = "", email: str | None = None) -> Person:
        """Somebody who can be assigned."""
        self.people[id] = Person(id, name or id.capitalize(), email)
        return self.people[id]

    def open(self, fields: Fields = NO_FIELDS, /, *, by: str = "ana", container: str = "HELP", **more: Value) -> str:
        """Make a ticket as a person; returns its ref."""
        values = self._spoken({"title": "Untitled", **fields, **more})
        return self._by_person(
            "create", by, "", {"container": container, **values}, lambda: self.make(by, container, values)
        ).ref

    def edit(self, ref: str, fields: Fields = NO_FIELDS, /, *, by: str = "ana", **more: Value) -> None:
        """Change fields as a person, whom no workflow binds."""
        values = self._spoken({**fields, **more})
        self._by_person("update", by, ref, values, lambda: self.write(ref, values, by))

    def say(
        self, ref: str, text: str, *, public: bool = False, by: str = "ana", files: Mapping[str, bytes] | None = None
    ) -> str:
        """Comment as a person; returns the comment's id."""
        body: Body = Public(text) if public else Internal(text)
        sent = [(name, OCTETS, data) for name, data in (files or {}).items()]
        told = {**described(body), "files": tuple(files or ())}
        return self._by_person("comment", by, ref, told, lambda: self.post(ref, body, by, files=sent))[0].id

    def edit_comment(self, ref: str, comment_id: str, text: str, *, by: str = "ana") -> None:
        body = replace(self.comment(ref, comment_id).body, text=text)
        told = {"comment": comment_id, **described(body)}
        self._by_person("edit comment", by, ref, told, lambda: self.rewrite_comment(ref, comment_id, body, by))

    def delete_comment(self, ref: str, comment_id: str, *, by: str = "ana") -> None:
        told = {"comment": comment_id}
        self._by_person("delete comment", by, ref, told, lambda: self.remove_comment(ref, comment_id, by))

    def file(self, ref: str, name: str, data: bytes, *, by: str = "ana") -> str:
        """Hang a file on the ticket as a person; returns its id."""
        return self._by_person("attach", by, ref, {"files": (name,)}, lambda: self.hang(ref, name, OCTETS, data, by)).id

    def move(self, ref: str, container: str, *, by: str = "ana") -> None:
        """To another container: the label changes, the ref stays."""
        self._by_person("move", by, ref, {"container": container}, lambda: self.relocate(ref, container, by))

    def merge(self, ref: str, *, into: str, by: str = "ana") -> None:
        def act() -> None:
            self.changeable(ref).merged_into = self.ticket(into).ref
            self.relive(ref, Life.LOCKED, by, "Merge")

        self._by_person("merge", by, ref, {"into": into}, act)

    def delete(self, ref: str, *, by: str = "ana") -> None:
        self._by_person("delete", by, ref, {}, lambda: self.relive(ref, Life.DELETED, by, "Delete"))

    def restore(self, ref: str, *, by: str = "ana") -> None:
        """Undo a delete or a lock."""
        self._by_person("restore", by, ref, {}, lambda: self.relive(ref, Life.ACTIVE, by, "Restore"))

    def lock(self, ref: str, *, by: str = "ana") -> None:
        self._by_person("lock", by, ref, {}, lambda: self.relive(ref, Life.LOCKED, by, "Lock"))

    # -- what a test looks at

    @property
    def requests(self) -> list[Entry]:
        """Every request that an account sent, whatever became of it."""
        return [entry for entry in self.journal if entry.request and entry.cause is None]

    @property
    def writes(self) -> list[Entry]:
        """Every request that changed something, once for each time it was carried out."""
        return [entry for entry in self.journal if entry.request and entry.applied and (entry.before or entry.after)]

    # -- webhooks

    def call(self, url: str) -> Hook:
        """An address is registered, once; for as long as this vendor's webhooks live."""
        known = next((hook for hook in self.called() if hook.url == url), None)
        life = self.character.hook_life
        hook = replace(
            known or Hook(f"hook-{len(self.hooks) + 1}", url),
            active=True,
            expires=self.clock() + life if life else known.expires if known else None,
        )
        self.hooks[hook.id] = hook
        return hook

    def called(self) -> list[Hook]:
        """The webhooks that are there; one that has ended is gone."""
        now = self.clock()
        self.hooks = {id: hook for id, hook in self.hooks.items() if hook.expires is None or hook.expires > now}
        return list(self.hooks.values())

    def switch_off(self, url: str) -> None:
        """Somebody, or the vendor itself after failures, lets the webhooks of an address sleep."""
        self.hooks |= {hook.id: replace(hook, active=False) for hook in self.called() if hook.url == url}

    def tell(self, event: Event) -> None:
        """Queue a webhook; the plan decides by "webhook REF" whether and how it comes."""
        if self.secret is None:
            return
        at = self.clock()
        webhook = self.sign(event_body(event))
        match self.plan.take(f"webhook {event.ref}"):
            case faults.LostBefore() | faults.LostAfter():
                return
            case faults.Twice():
                self._webhooks += [(at, webhook), (at, webhook)]
            case faults.Late(after):
                self._webhooks.append((at + after, webhook))
            case faults.Reorder():
                self._webhooks.insert(0, (at, webhook))
            case _:
                self._webhooks.append((at, webhook))

    def sign(self, body: bytes, *, secret: str | None = None) -> Webhook:
        """A delivery of this body as the vendor signs it now."""
        stamp = self.clock().isoformat()
        mark = signature(secret or self.secret or "", stamp, body)
        return Webhook({SIGNATURE: mark, TIMESTAMP: stamp}, body, self.clock())

    def take_webhooks(self) -> list[Webhook]:
        """The webhooks that are due; each is handed out once, received now."""
        self.settle()
        now = self.clock()
        due = [replace(webhook, received=now) for at, webhook in self._webhooks if at <= now]
        self._webhooks = [(at, webhook) for at, webhook in self._webhooks if at > now]
        return due

    # -- requests

    def request(
        self,
        actor: str,
        operation: str,
        ref: str,
        act: Callable[[], T],
        *,
        write: bool = False,
        body: Mapping[str, object] | None = None,
    ) -> T:
        """Carry out one request of an account, with whatever fault it meets, and write it into the journal."""
        self.settle()
        asked = Entry(0, self.clock(), actor, operation, ref, True, write, False, dict(body or {}))
        struck = self.plan.take(f"{operation} {ref}".strip())
        match struck:
            case faults.LostBefore():
                raise self._refuse(asked, Unavailable("no answer in time"))
            case faults.Unreachable():
                raise self._refuse(asked, Unavailable("the connection was refused", sent=False))
            case faults.Status(code, retry_after):
                raise self._refuse(asked, error_for(code, retry_after, write=write))
            case faults.Late(after):
                cause = len(self.journal)
                self._late.append((self.clock() + after, cause, lambda: self._carry_out(asked, act, cause=cause)))
                raise self._refuse(asked, Unavailable("no answer in time"))
            case faults.LostAfter() | faults.Cut():
                self._carry_out(asked, act, outcome="no answer")
                raise Unavailable("the answer broke off")
            case faults.Garbled():
                self._carry_out(asked, act, outcome="no answer")
                raise BadAnswer("the answer is no JSON")
            case faults.Twice() if write:
                cause = len(self.journal)
                answer = self._carry_out(asked, act)
                self._unheard(lambda: self._carry_out(asked, act, cause=cause))
                return answer
            case faults.Meanwhile(happens):
                happens()
            case faults.Delay(seconds) | faults.Trickle(seconds):
                self.clock.advance(seconds)
            case faults.Short() | faults.Reorder() | faults.Twice() | None:
                pass  # these strike the answer
            case _:
                assert_never(struck)
        return warped(struck, self._carry_out(asked, act))

    def settle(self) -> None:
        """Carry out the late requests whose time has come, each at its time."""
        now = self.clock()
        due = sorted((line for line in self._late if line[0] <= now), key=lambda line: line[:2])
        self._late = [line for line in self._late if line[0] > now]
        for at, _, act in due:
            self.clock.now = at  # it has happened by then, though nobody looked
            self._unheard(act)
        self.clock.now = now

    def _spoken(self, fields: Mapping[str, Value]) -> dict[str, Value]:
        """Fields as a test may write them: formatted text as a string, somebody by id."""
        kinds = {info.name: info.kind for info in self.character.fields}
        said = dict(fields)
        for name, value in fields.items():
            if isinstance(value, str) and kinds.get(name) is Kind.RICH_TEXT:
                said[name] = RichText.of(value)
            if isinstance(value, str) and kinds.get(name) is Kind.PERSON:
                said[name] = Person(value)
        return said

    def _unheard(self, act: Callable[[], object]) -> None:
        try:
            act()
        except ConnectorError:
            return  # nobody waits for this answer; the journal has it

    def _carry_out(self, asked: Entry, act: Callable[[], T], *, outcome: str = "", cause: int | None = None) -> T:
        self._effects.clear()
        try:
            answer = act()
        except ConnectorError as error:
            self._note(asked, applied=False, outcome=type(error).__name__, cause=cause)
            raise
        self._note(asked, applied=True, outcome=outcome, cause=cause)
        return answer

    def _refuse(self, asked: Entry, error: ConnectorError) -> ConnectorError:
        self._effects.clear()
        self._note(asked, applied=False, outcome=type(error).__name__)
        return error

    def _by_person(self, operation: str, by: str, ref: str, body: Mapping[str, object], act: Callable[[], T]) -> T:
        self.settle()
        return self._carry_out(Entry(0, self.clock(), by, operation, ref, False, True, False, dict(body)), act)

    def _note(self, asked: Entry, *, applied: bool, outcome: str = "", cause: int | None = None) -> None:
        before: dict[str, object] = {}
        after: dict[str, object] = {}
        ref = asked.ref
        for effect in self._effects:
            ref = effect.ref
            before |= effect.before
            after |= effect.after
        self._effects.clear()
        self.journal.append(
            replace(
                asked,
                id=len(self.journal),
                at=self.clock(),
                ref=ref,
                applied=applied,
                before=before,
                after=after,
                outcome=outcome,
                cause=cause,
            )
        )


def warped(struck: Fault | None, answer: T) -> T:
    """A list as a fault lets it come: short, with each entry twice, or backwards. Other answers pass."""
    if isinstance(answer, list):
        match struck:
            case faults.Short(keep):
                del answer[keep:]
            case faults.Twice():
                answer[:] = [entry for entry in answer for _ in range(2)]
            case faults.Reorder():
                answer.reverse()
            case _:
                pass
    return answer


def error_for(code: int, retry_after: float | None, *, write: bool) -> ConnectorError:
    """What a connector raises for this status."""
    match code:
        case 401:
            return Unauthorized("the credential is refused")
        case 403:
            return Forbidden("not allowed to this account")
        case 404 | 410:
            return NotFound("no such ticket")
        case 429:
            return RateLimited("too many requests", retry_after=60.0 if retry_after is None else retry_after)
        case _ if code >= 500:
            return Unavailable(f"the vendor answered {code}", sent=write)
        case _:
            return Rejected(f"the vendor answered {code}")


def event_body(event: Event) -> bytes:
    return json.dumps(
        {
            "delivery": f"d{event.id}",
            "ref": event.ref,
            "event": event.id,
            "name": event.name,
            "actor": event.actor,
            "parts": sorted(part.value for part in event.parts),
            "revision": event.revision,
            "at": event.at.isoformat(),
        }
    ).encode()


def signature(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()

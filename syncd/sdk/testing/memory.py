"""A connector to a vendor in memory: behaves like a real one, in any character, with any fault, without a network.

vendor = MemoryVendor("desk", character=BLIND)
connector = MemoryConnector(vendor=vendor)
ref = vendor.open(title="Export fails", priority="high")
vendor.edit(ref, by="ana", priority="urgent")
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar, Unpack

from pydantic import SecretStr

from syncd.core.model import (
    Attachment,
    Body,
    Comment,
    Edit,
    Fields,
    Internal,
    Life,
    Person,
    Public,
    Snapshot,
    Thread,
)
from syncd.sdk.connector import (
    ALL_PARTS,
    ONLY_FIELDS,
    ONLY_THREAD,
    Account,
    Backlink,
    Call,
    Capability,
    Changed,
    ConnectionConfig,
    Connector,
    Delivery,
    Description,
    Draft,
    File,
    Hook,
    Message,
    Page,
    Part,
    Posted,
    Webhook,
    Wiring,
    Written,
)
from syncd.sdk.errors import (
    BadBody,
    BadSignature,
    ConnectorError,
    Moved,
    NotFound,
    RateLimited,
    Rejected,
    Stale,
    Unauthorized,
    Unavailable,
    Unsupported,
)
from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER, Character, Hints
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.faults import FaultPlan
from syncd.sdk.testing.state import Event, Ticket, described, digest
from syncd.sdk.testing.vendor import SIGNATURE, TIMESTAMP, MemoryVendor, signature
from syncd.sdk.text.compose import naming_files

__all__ = ["BLIND", "HELPFUL", "TRACKER", "Character", "Clock", "FaultPlan", "Hints", "MemoryConnector", "MemoryVendor"]

T = TypeVar("T")

OLDEST_WEBHOOK = timedelta(days=4)  # deliveries are repeated for three days with the stamp of the first
STATUS_OF: Mapping[type[ConnectorError], int] = {
    Unauthorized: 401,
    NotFound: 404,
    Moved: 301,
    Stale: 409,
    Rejected: 422,
    RateLimited: 429,
}


class MemoryConnector(Connector):
    """One account at a `MemoryVendor`. What it can do is its vendor's character."""

    name: ClassVar[str] = "memory"
    capabilities: ClassVar[frozenset[Capability]] = HELPFUL.capabilities
    fields = HELPFUL.fields
    place_keys: ClassVar[frozenset[str]] = frozenset({"container"})

    def __init__(
        self,
        config: Any = None,
        *,
        vendor: MemoryVendor | None = None,
        account: str = "syncd",
        **wiring: Unpack[Wiring],
    ) -> None:
        self.vendor = vendor or MemoryVendor()
        wiring["connection"] = wiring.get("connection") or self.vendor.name
        super().__init__(config or config_for(self.vendor), **wiring)
        self.account = account
        self.character = self.vendor.character
        # the class speaks for the default character, an instance for its vendor's
        vars(self).update(
            capabilities=self.character.capabilities,
            fields=self.character.fields,
            settle=self.character.lag,
            key_lifetime=self.character.key_lifetime,
        )

    async def check(self) -> Account:
        person = await self._ask("check", "", lambda: self.vendor.people.get(self.account))
        name, email = (person.name, person.email) if person else (self.account, None)
        return Account(self.account, name, email, expires=self.vendor.credential_ends)

    async def describe(self) -> Description:
        self._needs(Capability.DESCRIBE)
        return await self._ask(
            "describe",
            "",
            lambda: Description(
                self.character.fields, dict(self.vendor.containers), frozenset(self.vendor.public_containers)
            ),
        )

    # -- what changed

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in self._listed(cursor) if self.character.hints is Hints.BARE else self._fed(cursor):
            yield page

    async def cursor_at(self, moment: datetime) -> str:
        if self.character.hints is Hints.BARE:
            return json.dumps({"from": moment.isoformat(), "seen": {}})
        return str(max((event.id for event in self.vendor.events if event.at < moment), default=0))

    async def _fed(self, cursor: str | None) -> AsyncIterator[Page]:
        """From a feed of events in their order; the cursor is the last one seen."""
        if cursor is None:
            last = await self._ask("changes", "", lambda: self.vendor.events[-1].id if self.vendor.events else 0)
            yield Page((), str(last))
            return
        last = int(cursor)
        size = self.character.page_size
        while True:
            events = await self._ask("changes", "", partial(self._after, last))
            last = max([last, *(event.id for event in events)])
            yield Page(tuple(self._hint(event) for event in events), str(last))
            if len(events) < size:
                return

    def _after(self, last: int) -> list[Event]:
        return self.vendor.events[last : last + self.character.page_size]

    async def _listed(self, cursor: str | None) -> AsyncIterator[Page]:
        """From a list of tickets by stamp, asked again from a look-back before the newest stamp seen.

        The cursor remembers what each ticket in the look-back was like, so that a repeat is dropped only when nothing
        differs: two changes within one second have one stamp.
        """
        if cursor is None:
            now = await self._ask("changes", "", self.vendor.clock)
            yield Page((), json.dumps({"from": now.isoformat(), "seen": {}}))
            return
        state = json.loads(cursor)
        newest = datetime.fromisoformat(state["from"])
        back = self.character.lag + timedelta(seconds=2)
        rows = await self._ask("changes", "", lambda: self._rows(newest - back))
        newest = max([newest, *(stamp for _, stamp, _ in rows)])
        seen = {ref: [stamp.isoformat(), mark] for ref, stamp, mark in rows}
        fresh = tuple(
            Changed(ref, revision=stamp.isoformat(), at=stamp)
            for ref, stamp, mark in rows
            if state["seen"].get(ref) != [stamp.isoformat(), mark]
        )
        kept = {**state["seen"], **seen}
        limit = (newest - back).isoformat()
        yield Page(
            fresh,
            json.dumps(
                {"from": newest.isoformat(), "seen": {ref: row for ref, row in kept.items() if row[0] >= limit}}
            ),
        )

    def _rows(self, since: datetime) -> list[tuple[str, datetime, str]]:
        """Tickets with a change listed by now and stamped since, with a mark of their content."""
        now = self.vendor.clock()
        latest: dict[str, datetime] = {}
        for event in reversed(self.vendor.events):
            stamp = event.at.replace(microsecond=0)
            if stamp < since:
                break
            if event.listed <= now:
                latest.setdefault(event.ref, stamp)
        rows = [(ref, stamp, self._mark(self.vendor.ticket(ref))) for ref, stamp in latest.items()]
        return sorted(rows, key=lambda row: (row[1], row[0]))

    def _mark(self, ticket: Ticket) -> str:
        fields = sorted((name, repr(value)) for name, value in ticket.fields.items())
        return digest(fields, ticket.life, ticket.container, [(c.id, c.source) for c in ticket.comments], ticket.files)

    def _hint(self, event: Event) -> Changed:
        own = event.actor == self.account and self.character.hints is Hints.ECHOES
        return Changed(
            ref=event.ref,
            token=event.token,
            parts=event.parts,
            echo=event.name if own else "",
            revision=event.revision,
            at=event.at,
        )

    def includes(self, revision: str, changed: Changed) -> bool:
        """Versions count up, so an older change is in every later read; whole seconds prove nothing."""
        if self.character.whole_seconds or not changed.revision or not revision:
            return False
        return Part.THREAD not in changed.parts and int(changed.revision) <= int(revision)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        snapshot, told = await self._ask("fetch", ref, lambda: self._read(ref, since))
        if Part.THREAD not in parts:
            return snapshot
        comments = await self._ask("thread", ref, lambda: [*self._readable(ref).comments])
        ticket = self.vendor.ticket(ref)
        # of what happened between the two requests, only changes of the thread alone are shown
        tokens = self._tokens(told) | self._tokens(ticket.events, ONLY_THREAD)
        return replace(snapshot, thread=Thread(tuple(map(self._comment, comments)), tuple(ticket.files)), tokens=tokens)

    async def find(self, key: str) -> Sequence[Snapshot]:
        """By search, with a ticket that must be found beside the one that may: an empty answer proves nothing."""
        self._needs(Capability.FIND)
        rows = await self._ask("find", "", lambda: self._found(key))
        if not rows and self._found(None):
            raise Unavailable("the search does not find what is known to exist", sent=False)
        return [self._snapshot(row, since=self._beginning) for row in rows if row.key == key]

    async def person(self, email: str) -> Person | None:
        self._needs(Capability.PEOPLE)
        wanted = email.lower()
        known = await self._ask("person", "", lambda: [*self.vendor.people.values()])
        return next((person for person in known if person.email and person.email.lower() == wanted), None)

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        if not self.capabilities & {Capability.FILES, Capability.TICKET_FILES}:
            raise Unsupported(f"{self.name}: {Capability.FILES}")
        data = await self._ask("download", attachment.id, lambda: self._bytes(attachment.id))
        for start in range(0, len(data), 65536):
            yield data[start : start + 65536]

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        container = draft.place.get("container", "")
        body = {"container": container, "key": key, **draft.fields}
        ticket = await self._tell("create", "", lambda: self._created(draft, container, key), body)
        return replace(self._snapshot(ticket), thread=Thread())

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """Two requests where the status goes by transitions: the status first, which the vendor refuses more often."""
        steps = [fields]
        if self.character.transitions and "status" in fields:
            rest = {name: value for name, value in fields.items() if name != "status"}
            steps = [{"status": fields["status"]}, *([rest] if rest else [])]
        done: list[Written] = []
        for step in steps:
            try:
                done.append(await self._written(ref, step, expect))
            except ConnectorError as error:
                if not done:
                    raise
                raise Unavailable(f"only the status was written, then: {error}", sent=True) from error
            expect = done[-1].revision or expect
        return merged(done)

    async def close(self, ref: str) -> Written:
        """Step by step, as this vendor's workflow lets it."""
        self._needs(Capability.CLOSE)
        wanted, status = self.character.final, str((await self.fetch(ref, parts=ONLY_FIELDS)).fields.get("status"))
        path = self.character.path(status, wanted) if self.character.workflow else (wanted,) * (status != wanted)
        if path is None:
            raise Rejected(f"status: no way from {status} to {wanted}", field="status")
        return merged([await self._written(ref, {"status": step}, "") for step in path])

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        if message.files and Capability.FILES not in self.capabilities:
            words = naming_files(message.body.text, message.files)
            message = Message(replace(message.body, text=words))
        if isinstance(message.body, Internal) and Capability.INTERNAL_COMMENTS not in self.capabilities:
            raise Rejected("every comment is public here")
        if isinstance(message.body, Public) and Capability.ONLY_INTERNAL_COMMENTS in self.capabilities:
            raise Rejected("no comment is public here")
        files = [(file.name, file.media_type, await read(file)) for file in message.files]
        body = {**described(message.body), "files": tuple(file.name for file in message.files), "key": key}

        def act() -> tuple[Comment, list[Event], bool]:
            alone = self.vendor.revision(self.vendor.changeable(ref)) == expect
            return *self.vendor.post(ref, message.body, self.account, files=files, key=key), alone

        comment, events, alone = await self._tell("comment", ref, act, body)
        written = self._answer(ref, {}, events)
        return Posted(self._comment(comment), written if alone else replace(written, revision=None))

    async def attach(self, ref: str, file: File) -> Attachment:
        self._needs(Capability.TICKET_FILES)
        data = await read(file)
        return await self._tell(
            "attach",
            ref,
            lambda: self.vendor.hang(ref, file.name, file.media_type, data, self.account),
            {"files": (file.name,)},
        )

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        self._needs(Capability.EDIT_COMMENTS)
        told = {"comment": comment.id, **described(body), "key": key}
        return self._comment(
            await self._tell(
                "edit comment",
                ref,
                lambda: self.vendor.rewrite_comment(ref, comment.id, body, self.account, key=key),
                told,
            )
        )

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        self._needs(Capability.DELETE_COMMENTS)
        act = lambda: self.vendor.remove_comment(ref, comment_id, self.account)  # noqa: E731
        await self._tell("delete comment", ref, act, {"comment": comment_id})

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        self._needs(Capability.LINK_BACK)
        told = {"url": backlink.url, "title": backlink.title, "label": backlink.label, "done": backlink.done}
        guard = expect if self.character.guarded and expect else None
        act = lambda: self.vendor.connect_back(ref, backlink, self.account, expect=guard)  # noqa: E731
        written = self._answer(ref, {}, await self._tell("link back", ref, act, told))
        return written if guard else replace(written, revision=None)

    # -- webhooks

    async def hooks(self) -> Sequence[Hook]:
        self._needs(Capability.MANAGE_WEBHOOKS)
        return await self._ask("hooks", "", self.vendor.called)

    async def register_hook(self, url: str) -> Hook:
        self._needs(Capability.MANAGE_WEBHOOKS)
        return await self._tell("register hook", "", lambda: self.vendor.call(url), {"url": url})

    async def remove_hook(self, hook_id: str) -> None:
        self._needs(Capability.MANAGE_WEBHOOKS)
        await self._tell("remove hook", "", lambda: self.vendor.hooks.pop(hook_id, None), {"hook": hook_id})

    def receive(self, webhook: Webhook) -> Delivery:
        self._needs(Capability.WEBHOOKS)
        self._verify(webhook)
        try:
            told = json.loads(webhook.body)
            event = Event(
                id=told["event"], ref=told["ref"], actor=told["actor"], name=told["name"],
                parts=frozenset(map(Part, told["parts"])), version=0, revision=told["revision"],
                at=datetime.fromisoformat(told["at"]), listed=webhook.received,
            )  # fmt: skip
            return Delivery(str(told["delivery"]), (self._hint(event),))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadBody("a webhook that is no event of this vendor") from error

    def _verify(self, webhook: Webhook) -> None:
        stamp = webhook.headers.get(TIMESTAMP, "")
        given = webhook.headers.get(SIGNATURE, "")
        secrets = [self.config.webhook_secret, self.config.webhook_secret_old]
        marks = [signature(secret.get_secret_value(), stamp, webhook.body) for secret in secrets if secret]
        # every secret is compared, so that the time taken tells nothing
        fits = [hmac.compare_digest(mark.encode(), given.encode()) for mark in marks]
        if not any(fits):
            raise BadSignature("the signature does not fit")
        try:
            age = webhook.received - datetime.fromisoformat(stamp)
        except (ValueError, TypeError):
            raise BadSignature("the time of signing cannot be read") from None
        if abs(age) > OLDEST_WEBHOOK:
            raise BadSignature(f"signed {age} ago")

    # -- inside

    async def _ask(self, operation: str, ref: str, act: Callable[[], T]) -> T:
        return await self._request(operation, ref, act, write=False, body={})

    async def _tell(self, operation: str, ref: str, act: Callable[[], T], body: Mapping[str, object]) -> T:
        return await self._request(operation, ref, act, write=True, body=body)

    async def _request(
        self, operation: str, ref: str, act: Callable[[], T], *, write: bool, body: Mapping[str, object]
    ) -> T:
        await asyncio.sleep(0)  # others may run here, as during any request
        status: int | None = 200
        try:
            return self.vendor.request(self.account, operation, ref, act, write=write, body=body)
        except ConnectorError as error:
            status = next((code for kind, code in STATUS_OF.items() if isinstance(error, kind)), None)
            raise
        finally:
            if self.observer:
                self.observer(Call(self.connection, operation, f"/{ref}", status, 0.0))

    def _needs(self, capability: Capability) -> None:
        if capability not in self.capabilities:
            raise Unsupported(f"{self.name}: {capability}")

    def _readable(self, ref: str) -> Ticket:
        ticket = self.vendor.ticket(ref)
        if ticket.merged_into and self.character.moved_by_merge:
            raise Moved(f"{ref} was merged into {ticket.merged_into}", ref=ticket.merged_into)
        if ticket.life is Life.DELETED and not self.character.shows_deleted:
            raise NotFound(f"no ticket {ref}")
        return ticket

    def _read(self, ref: str, since: str | None) -> tuple[Snapshot, tuple[Event, ...]]:
        ticket = self._readable(ref)
        return self._snapshot(ticket, since=since), tuple(ticket.events)

    def _snapshot(self, ticket: Ticket, *, since: str | None = None) -> Snapshot:
        return Snapshot(
            ref=ticket.ref,
            revision=self.vendor.revision(ticket),
            fields=dict(ticket.fields),
            label=ticket.label,
            url=f"https://{self.vendor.name}.example/{ticket.ref}",
            container=ticket.container,
            life=ticket.life,
            merged_into=ticket.merged_into,
            requester=ticket.requester,
            created=ticket.created,
            updated=ticket.updated,
            history=self._history(ticket, since),
            tokens=self._tokens(ticket.events, ONLY_FIELDS),
        )

    @property
    def _beginning(self) -> str:
        """The revision before any: `since` for the whole history."""
        return datetime.min.replace(tzinfo=UTC).isoformat() if self.character.whole_seconds else "0"

    def _history(self, ticket: Ticket, since: str | None) -> tuple[Edit, ...]:
        if since is None or Capability.HISTORY not in self.capabilities:
            return ()
        whole = self.character.whole_seconds
        return tuple(
            replace(edit, ours=actor == self.account)
            for version, actor, edit in ticket.edits
            if (edit.at >= datetime.fromisoformat(since) if whole else version > int(since))
        )

    def _tokens(self, events: Sequence[Event], parts: frozenset[Part] = ALL_PARTS) -> frozenset[str]:
        """The names of the changes that a read of these parts shows."""
        if self.character.hints is Hints.BARE:
            return frozenset()
        return frozenset(event.token for event in events if event.parts <= parts)

    def _comment(self, comment: Comment) -> Comment:
        created = comment.created.replace(microsecond=0) if self.character.whole_seconds else comment.created
        return replace(comment, created=created, key=comment.key if comment.author.id == self.account else None)

    def _found(self, key: str | None) -> list[Ticket]:
        """The ticket with this key, and the oldest with any: those that the search's index has by now."""
        now, lag = self.vendor.clock(), self.character.lag
        marked = (ticket for ticket in self.vendor.marked if ticket.created + lag <= now)
        return [ticket for number, ticket in enumerate(marked) if ticket.key == key or number == 0]

    def _bytes(self, attachment_id: str) -> bytes:
        if attachment_id not in self.vendor.bytes:
            raise NotFound(f"no file {attachment_id}")
        return self.vendor.bytes[attachment_id]

    def _created(self, draft: Draft, container: str, key: str) -> Ticket:
        asked = digest(container, sorted((name, repr(value)) for name, value in draft.fields.items()))
        if Capability.REPEATABLE_CREATE in self.capabilities and key in self.vendor.keys:
            ref, at, before = self.vendor.keys[key]
            if self.vendor.clock() - at < self.character.key_lifetime:
                if asked != before:
                    raise Rejected("this key was used for another ticket")
                return self.vendor.ticket(ref)
        ticket = self.vendor.make(self.account, container, draft.fields, key=key, backlink=draft.backlink)
        self.vendor.keys[key] = (ticket.ref, self.vendor.clock(), asked)
        return ticket

    async def _written(self, ref: str, fields: Fields, expect: str) -> Written:
        operation = "transition" if self.character.transitions and "status" in fields else "update"
        guard = expect if self.character.guarded and expect else None

        def act() -> list[Event]:
            ways = self._ways(ref, fields) if operation == "transition" else [fields]
            events: list[Event] = []
            for number, way in enumerate(ways):
                events += self.vendor.write(ref, way, self.account, expect=None if number else guard, bound=True)
            return events

        return self._answer(ref, fields, await self._tell(operation, ref, act, dict(fields)))

    def _ways(self, ref: str, fields: Fields) -> Sequence[Fields]:
        """The steps to a status; one that cannot be reached is refused before the first."""
        old, new = str(self.vendor.changeable(ref).fields.get("status")), str(fields["status"])
        path = self.character.path(old, new)
        if path is None:
            raise Rejected(f"status: no way from {old} to {new}", field="status")
        return [{"status": step} for step in path] or [fields]

    def _answer(self, ref: str, fields: Fields, events: Sequence[Event]) -> Written:
        """What the vendor's answer to a write proves: a guarded one shows the ticket, a blind one says nothing."""
        echoes = tuple(event.name for event in events) if self.character.hints is Hints.ECHOES else ()
        if not self.character.guarded:
            return Written(echoes=echoes)
        ticket = self.vendor.ticket(ref)
        tokens = frozenset(event.token for event in events) if self.character.hints is Hints.TOKENS else frozenset()
        stands = {name: ticket.fields.get(name) for name in fields}
        return Written(self.vendor.revision(ticket), stands, tokens, echoes)


def config_for(vendor: MemoryVendor) -> ConnectionConfig:
    """A config block that fits this vendor."""
    secret = SecretStr(vendor.secret) if vendor.secret else None
    return ConnectionConfig(connector="memory", url=f"https://{vendor.name}.example", webhook_secret=secret)


def merged(done: Sequence[Written]) -> Written:
    """Several answers to one write as one: the last revision, everything else together."""
    fields: dict[str, Any] = {}
    for written in done:
        fields |= written.fields
    return Written(
        revision=done[-1].revision if done else None,
        fields=fields,
        tokens=frozenset().union(*(written.tokens for written in done)),
        echoes=tuple(echo for written in done for echo in written.echoes),
    )


async def read(file: File) -> bytes:
    return b"".join([piece async for piece in file.read()])

"""Request Tracker 5 over REST 2.0: a helpdesk whose writes are guarded, whose answers are prose.

Everything here was measured on a real 5.0.3. See README.md for rights, the webhook scrip and what RT does
not tell.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar, Unpack

from syncd.core.model import Attachment, Comment, Edit, Fields, Person, Public, RichText, Snapshot, Thread
from syncd.sdk.connector import (
    ALL_PARTS,
    Account,
    Backlink,
    Capability,
    Changed,
    ConnectionConfig,
    Connector,
    Delivery,
    Description,
    Draft,
    Message,
    Page,
    Part,
    Posted,
    Webhook,
    Wiring,
    Written,
)
from syncd.sdk.errors import Rejected, Unauthorized
from syncd_rt import describe, hook, marker, poll, sentences, snapshot, text, upload, values
from syncd_rt.api import Api
from syncd_rt.config import FIELDS, RtConfig, vendor_name
from syncd_rt.wire import Ticket, Transaction

__all__ = ["RequestTracker", "RtConfig"]

REMEMBERED = 500  # descriptions: a first message never changes, and reading it again costs two calls
CREATED = "description"  # the message that a ticket begins with


BEGINNING = "0"
"""The revision before all others: what a history since then holds is everything."""


class RequestTracker(Connector):
    """One account at one Request Tracker.

    A ref is a ticket's number. A revision is the number of the ticket's last transaction; RT's ETag is just that.
    """

    name: ClassVar[str] = "rt"
    Config: ClassVar[type[ConnectionConfig]] = RtConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.GUARDED,
            Capability.HISTORY,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.FILES,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    fields = FIELDS
    place_keys: ClassVar[frozenset[str]] = frozenset({"queue"})
    config: RtConfig

    def __init__(self, config: RtConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self.api = Api(self)
        self._me = Person(config.user)
        self._custom: dict[str, str] = {}  # name -> id of the custom fields seen
        self._people: dict[str, Person] = {}  # by e-mail address
        self._names: dict[str, str] = {}  # user id -> name; the history speaks in ids
        self._descriptions: OrderedDict[str, RichText | None] = OrderedDict()

    async def aclose(self) -> None:
        await self.api.client.aclose()

    # -- who and what

    async def check(self) -> Account:
        me = await self.api.user(self.config.user)
        others = f"Creator = '__CurrentUser__' AND Creator != {describe.quoted(self.config.user)}"
        if await self.api.search(others, per_page=1):
            raise Unauthorized(f"{self.connection}: the token is not that of `user: {self.config.user}`")
        self._me = me.person()
        lacks = await describe.missing_queues(self.api, self.config)
        return Account(id=me.Name, name=me.RealName or me.Name, email=me.EmailAddress or None, lacks=lacks)

    async def describe(self) -> Description:
        return await describe.describe(self.api, self.config)

    async def person(self, email: str) -> Person | None:
        """An account that may own tickets; RT makes one without rights for everybody who writes a mail."""
        if email not in self._people:
            for name in await self.api.users(email):
                user = await self.api.user(name)
                if user.Privileged == "1":
                    self._people[email] = user.person()
        return self._people.get(email)

    # -- what changed

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in poll.changes(self.api, self.config, cursor):
            yield page

    def receive(self, webhook: Webhook) -> Delivery:
        return hook.receive(webhook, self.config)

    def hook_steps(self, url: str) -> Sequence[str]:
        return hook.steps(url)

    def includes(self, revision: str, changed: Changed) -> bool:
        """RT numbers transactions in the order of their commits on one ticket: it locks the ticket meanwhile."""
        return changed.token.isdecimal() and revision.isdecimal() and int(changed.token) <= int(revision)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """One request for the fields, two more for the thread, one more where it has files.

        The description is the ticket's first message: the first read of a ticket needs the thread for it.
        """
        ticket, etag = await self.api.ticket(ref)
        self._custom.update((field.name, field.id) for field in ticket.CustomFields)
        thread, told = None, None
        if Part.THREAD in parts or ticket.id not in self._descriptions:
            thread, told = await self._thread(ticket, etag)
        history = await self._edits(ticket, since, told) if since else ()
        return snapshot.snapshot(
            ref, ticket, etag=etag, config=self.config, description=self._descriptions.get(ticket.id), thread=thread,
            history=history,
        )  # fmt: skip

    async def _thread(self, ticket: Ticket, etag: str) -> tuple[Thread, list[Transaction]]:
        told = await self.api.history(ticket.id, until=etag)
        messages = [one for one in told if one.Type in snapshot.MESSAGES]
        stored = await self.api.parts(ticket.id, frozenset().union(*(one.parts for one in messages)))
        description, thread = snapshot.conversation(ticket.id, messages, stored, own=self.config.user)
        self._remember(ticket.id, description)
        return thread, told

    def _remember(self, ref: str, description: RichText | None) -> None:
        self._descriptions[ref] = description
        self._descriptions.move_to_end(ref)
        while len(self._descriptions) > REMEMBERED:
            self._descriptions.popitem(last=False)

    async def _edits(self, ticket: Ticket, since: str, told: list[Transaction] | None) -> tuple[Edit, ...]:
        if told is None:
            told = await self.api.transactions_of(ticket.id, after=since)
        custom = {number: name for name, number in self._custom.items()}
        for user in {str(value) for one in told if one.about == "Owner" for value in (one.OldValue, one.NewValue)}:
            if user not in self._names:
                self._names[user] = (await self.api.user(user)).Name
        return snapshot.edits(
            told, since=int(since), own=self.config.user, config=self.config, custom=custom, people=self._names
        )

    async def find(self, key: str) -> Sequence[Snapshot]:
        found = sorted(int(row["id"]) for row in await self.api.search(f"RefersTo = '{marker.link(key)}'"))
        return [await self.fetch(str(number), since=BEGINNING) for number in found]

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        yield await self.api.content(f"/attachment/{attachment.id}")

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """Make a ticket and read it back: RT drops what it does not know without a word, so the answer shows it."""
        body = values.payload({name: value for name, value in draft.fields.items() if name != CREATED}, self.config)
        body["Queue"] = draft.place.get("queue", "")
        if self.config.requestor:
            body["Requestor"] = self.config.requestor
        if isinstance(said := draft.fields.get(CREATED), RichText):
            body["Content"], body["ContentType"] = text.write(said.markdown)
        addresses = [draft.backlink.url] if draft.backlink else []
        if draft.backlink and self.config.link_field:
            body.setdefault("CustomFields", {})[self.config.link_field] = draft.backlink.url
        body["RefersTo"] = [*addresses, marker.link(key)]
        return await self.fetch(await self.api.make(body), since=BEGINNING)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """One PUT for all fields. Only what RT's sentences prove is returned; dates and refusals are read back."""
        body = values.payload(fields, self.config)
        if not expect or any(vendor_name(name) not in self._custom for name in body.get("CustomFields", {})):
            ticket, etag = await self.api.ticket(ref)
            self._custom.update((field.name, field.id) for field in ticket.CustomFields)
            expect = expect or etag
        said = await self.api.write(ref, body, expect=expect)
        proof = sentences.prove(said, fields, ticket=ref, config=self.config, custom=self._custom)
        return Written(fields=proof.fields, echoes=tuple(proof.echoes))

    async def close(self, ref: str) -> Written:
        ticket, etag = await self.api.ticket(ref)
        wanted: Fields = {"status": self.config.final_status}
        if ticket.Status == self.config.final_status:
            return Written()
        written = await self.update(ref, wanted, expect=etag)
        if written.fields != wanted:
            raise Rejected(
                f"RT does not set this ticket to `{self.config.final_status}`: see `final_status`", field="status"
            )
        return written

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """Public is a reply that RT mails to the requestors; internal is a comment that they never see."""
        content, content_type = text.write(message.body.text)
        body: dict[str, object] = {"Content": content, "ContentType": marker.marked(content_type, key)}
        if message.files:
            body["Attachments"] = await upload.encoded(message.files)
        way = "correspond" if isinstance(message.body, Public) else "comment"
        made, at = await self.api.say(ref, way, body)
        rich = text.read(content, content_type)
        posted = Comment(
            id=made,
            body=snapshot.said(rich.markdown, message.body.visibility),
            author=self._me,
            created=at or datetime.now(UTC),
            source=rich.source,
            key=key,
            lost=rich.lost,
        )
        if message.files:
            posted = replace(posted, attachments=await self._files(posted))
        # RT does not guard messages: only the very next number leaves no room for a change that was not read
        alone = expect.isdecimal() and int(made) == int(expect) + 1
        return Posted(posted, Written(revision=made if alone else None, tokens=frozenset({made})))

    async def _files(self, posted: Comment) -> tuple[Attachment, ...]:
        stored = await self.api.files_of(posted.id)
        return tuple(
            snapshot.attachment(part, posted.visibility, self._me) for part in stored if snapshot.is_file(part)
        )

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        """A link of RT's own, and the custom field that the config names; RT changes nothing for the same address."""
        body: dict[str, object] = {"AddRefersTo": backlink.url}
        if self.config.link_field:
            body["CustomFields"] = {self.config.link_field: backlink.url}
        said = await self.api.write(ref, body, expect=expect)
        return Written(echoes=describe.linked(said, ref, self.config.link_field, self._custom))

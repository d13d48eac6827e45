"""Zammad as a connector: a helpdesk whose writes nothing guards, and which tells afterwards who changed what.

What is read is put together in `reading`, its JSON checked in `wire`; endpoints are in `api`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar, Unpack

from syncd.core.model import Attachment, Fields, Internal, Person, RichText, Snapshot
from syncd.sdk.client import open_client
from syncd.sdk.connector import (
    ALL_PARTS,
    ONLY_FIELDS,
    Account,
    Backlink,
    Capability,
    Changed,
    ConnectionConfig,
    Connector,
    Delivery,
    Description,
    Draft,
    Hook,
    Message,
    Page,
    Part,
    Posted,
    Quota,
    Webhook,
    Wiring,
    Written,
)
from syncd.sdk.errors import ConnectorError, Forbidden, NotFound, Rejected, Unavailable
from syncd_zammad import describe, hook, poll, text, thread, triggers
from syncd_zammad.api import PAGE, explain
from syncd_zammad.config import ZammadConfig
from syncd_zammad.fields import FIELDS, LINK_TAG, to_json
from syncd_zammad.reading import Reader, person
from syncd_zammad.wire import MERGED, REMOVED, TicketJson, is_stamp, number

__all__ = ["Zammad", "ZammadConfig"]

NOTE = "note"
"""The only type that is ever written: an article of the type `email` mails the customer, even when it is internal."""

COMMITTED = timedelta(seconds=10)  # after which a change that a read did not show would have been committed


class Zammad(Connector):
    """One Zammad account. A ref is a ticket's id, not its number; a revision its `updated_at` in milliseconds."""

    name = "zammad"
    Config: ClassVar[type[ConnectionConfig]] = ZammadConfig
    capabilities = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.MANAGE_WEBHOOKS,
            Capability.HISTORY,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.DELETE_COMMENTS,
            Capability.FILES,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    fields = FIELDS
    place_keys = frozenset({"group", "customer"})
    container = "group"

    def __init__(self, config: ZammadConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self.config: ZammadConfig = config
        self._client = open_client(self, config.url, sign_in=config.sign_in(), explain=explain)
        self._reader = Reader(config, self._client)
        self._api = self._reader.api

    async def aclose(self) -> None:
        await self._client.aclose()

    def quotas(self) -> Sequence[Quota]:
        """None: Zammad tells no limits. A proxy before it may refuse with 429, which is obeyed."""
        return self._client.quotas()

    # -- the account

    async def check(self) -> Account:
        return await self._reader.check()

    async def describe(self) -> Description:
        return await describe.describe(self._reader)

    async def person(self, email: str) -> Person | None:
        """An agent by address. Asked for by the bare address, which both kinds of search understand."""
        if any(letter.isspace() or letter in '"*:()[]{}/\\' for letter in email) or "@" not in email:
            return None
        for user in await self._api.users(email):
            if user.email.lower() == email.lower() and user.active and user.groups:
                return person(user)
        return None

    # -- hints

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in poll.changes(self._api, cursor):
            yield page

    def receive(self, webhook: Webhook) -> Delivery:
        return hook.receive(webhook, secrets=(self.config.webhook_secret, self.config.webhook_secret_old))

    def includes(self, revision: str, changed: Changed) -> bool:
        """The very change, or one so much older that it was committed when this was read."""
        stamp = poll.stamp_of(changed.token)
        if not is_stamp(stamp) or not is_stamp(revision):
            return False
        return stamp == revision or stamp < poll.earlier(revision, COMMITTED)

    async def hooks(self) -> Sequence[Hook]:
        return await triggers.listed(self._api)

    async def register_hook(self, url: str) -> Hook:
        secret = self.config.webhook_secret
        if secret is None or not secret.get_secret_value():
            raise Rejected("zammad: set `webhook_secret` first: unsigned webhooks are not believed")
        return await triggers.register(self._api, url, secret=secret.get_secret_value())

    async def remove_hook(self, hook_id: str) -> None:
        await triggers.remove(self._api, number(hook_id))

    def hook_steps(self, url: str) -> Sequence[str]:
        return triggers.steps(url)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """A ticket in two requests, its thread in one more, its history in another one."""
        return await self._reader.fetch(ref, whole=Part.THREAD in parts, since=since)

    async def find(self, key: str) -> Sequence[Snapshot]:
        """Among the tickets that this account made, by database and not by index; nobody else's key is believed."""
        me, page, found = await self._reader.own_id(), 1, list[TicketJson]()
        while True:
            rows = await self._api.search(_made_by(me), by="created_at", page=page)
            found += [row for row in rows if row.created_by_id == me and thread.key_of(row.preferences) == key]
            if len(rows) < PAGE:
                break
            page += 1
        return [await self.fetch(str(ticket.id), parts=ONLY_FIELDS, since="") for ticket in found]

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        async for chunk in self._reader.download(attachment.id):
            yield chunk

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """One request, and one that reads the first article as Zammad keeps it.

        That article is an internal note, so that nobody is mailed and no customer reads it.
        """
        catalogue = await self._reader.learn()
        given = dict(draft.fields)
        first, tags = given.pop("description", None), given.get("tags")
        words = first.markdown if isinstance(first, RichText) else str(first or given.get("title") or "")
        ticket = {**to_json(given, catalogue), **await self._place(draft)}
        labels = {*(tags if isinstance(tags, frozenset) else ()), *self._show(ticket, draft.backlink)}
        if labels:
            ticket["tags"] = ",".join(map(_tag, sorted(labels)))
        ticket["preferences"] = thread.marked(key)
        ticket["article"] = _note(words, internal=True)
        made = await self._api.create(ticket)
        with _partly(True):
            return await self._reader.made(made, tagged=bool(labels))

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """One request for all fields, and one for each tag that comes or goes. Nothing is guarded, so nothing is
        claimed: the caller reads the ticket with its history."""
        id = number(ref)
        sent = to_json(fields, await self._reader.learn())
        tags = await self._tag_changes(id, fields) if "tags" in fields else []
        if tags and not sent:
            await self._api.ticket(id)  # a tag may be put on what does not exist: nothing says that it is refused
        with _named(fields):
            written = await self._put(id, sent) if sent else Written()
        for place, (tag, wanted) in enumerate(tags):
            with _partly(bool(sent) or place > 0):
                await (self._api.add_tag(id, tag) if wanted else self._api.remove_tag(id, tag))
        return Written() if tags else written

    async def close(self, ref: str) -> Written:
        """Set the configured state, unless the ticket has one of that sort, or was merged or removed."""
        id, states = number(ref), await self._reader.states()
        closed = states.get(self.config.closed_state)
        if closed is None:
            raise Rejected(f"zammad: no state `{self.config.closed_state}`: see `closed_state`", field="status")
        ticket = await self._api.ticket(id)
        final = {name for name, state in states.items() if state.state_type_id == closed.state_type_id}
        if ticket.state in final | {MERGED, REMOVED}:
            return Written()
        return await self._put(id, {"state": closed.name})

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """Text, files and key in one request, as a note. A public note mails nobody (see the manual)."""
        id, own = number(ref), await self._reader.own_id()
        if sum(file.size for file in message.files) > self.config.max_files:
            raise Rejected("zammad: the files are over the limit `max_files`", field="attachments")
        note = _note(message.body.text, internal=isinstance(message.body, Internal), link=self._reader.link(id))
        asked = {"ticket_id": id, **note, "preferences": thread.marked(key)}
        article = await self._api.add_article(asked, message.files)
        return Posted(thread.comment(article, own_id=own, images={}))

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        """Zammad lets one delete one's own notes, for ten minutes by default; after that it refuses for good."""
        try:
            await self._api.delete_article(number(comment_id))
        except NotFound:
            return
        except Forbidden as error:
            raise Rejected("zammad: a note can be deleted by its author only, and for some minutes only") from error

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        """Show the issue in the configured attribute, else by a tag; neither moves the ticket when it is there."""
        id, ticket = number(ref), dict[str, Any]()
        for tag in self._show(ticket, backlink):
            await self._api.ticket(id)  # as in `update`
            await self._api.add_tag(id, tag)
        if ticket:
            await self._api.update(id, ticket)
        return Written()

    # -- inside

    async def _place(self, draft: Draft) -> dict[str, Any]:
        """Group and customer. Without a customer the ticket is our own: nobody else sees it or hears of it."""
        customer = draft.place.get("customer")
        whose = {"customer": customer} if customer else {"customer_id": await self._reader.own_id()}
        return {"group": draft.place["group"], **whose} if "group" in draft.place else whose

    def _show(self, ticket: dict[str, Any], backlink: Backlink | None) -> list[str]:
        """Put the other half of the link into what is about to be written; the tags that it needs besides."""
        if backlink is None:
            return []
        if self.config.link_field is None:
            return [_link_tag(backlink)]
        ticket[self.config.link_field] = backlink.url
        return []

    async def _put(self, id: int, sent: dict[str, Any]) -> Written:
        """The name of the change is foretold when the answer shows that the last one was ours."""
        shown, own = await self._api.update(id, sent), await self._reader.own_id()
        ours = shown.updated_by_id == own
        return Written(tokens=frozenset({poll.token(str(id), shown.updated_at)}) if ours else frozenset())

    async def _tag_changes(self, id: int, fields: Fields) -> list[tuple[str, bool]]:
        """Tags to be added (True) and removed, ours left alone. Read first, so that what others add survives."""
        value = fields["tags"]
        want = {_tag(tag) for tag in (value if isinstance(value, frozenset) else ())}
        have = {tag for tag in await self._api.tags(id) if not tag.startswith(LINK_TAG)}
        return [*((tag, True) for tag in sorted(want - have)), *((tag, False) for tag in sorted(have - want))]


@contextmanager
def _named(fields: Fields) -> Iterator[None]:
    """A pending state without its time is refused by the name of the time; who wrote the state knows that name."""
    try:
        yield
    except Rejected as error:
        if error.field == "pending_time" and "pending_time" not in fields:
            error.field = "status"
        raise


@contextmanager
def _partly(begun: bool) -> Iterator[None]:
    """After the first request of a write, no error says "not happened"."""
    try:
        yield
    except ConnectorError as error:
        if begun:
            raise Unavailable(f"{error} (after a part was written)", sent=True) from error
        raise


def _note(markdown: str, *, internal: bool, link: str = "") -> dict[str, Any]:
    body = text.write(markdown, limit_link=link).source
    return {"body": body, "content_type": text.HTML, "type": NOTE, "sender": "Agent", "internal": internal}


def _made_by(id: int) -> dict[str, Any]:
    return {"ticket.created_by_id": {"operator": "is", "value": [str(id)]}}


def _tag(word: str) -> str:
    """Zammad takes blanks off a tag's ends, and commas apart where a ticket is made."""
    if not word.strip() or word != word.strip() or "," in word:
        raise Rejected("zammad: a tag has no comma and no blank at its ends", field="tags")
    return word


def _link_tag(backlink: Backlink) -> str:
    label = "".join(letter if letter.isalnum() or letter in "-_#" else "-" for letter in backlink.label.lower())
    return f"{LINK_TAG}{label}"

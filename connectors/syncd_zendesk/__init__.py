"""Zendesk Support as a connector. Its JSON is in `wire`, `fields` and `hints`, its endpoints in `api`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any, ClassVar, Unpack

from syncd.core.model import Attachment, Edit, Fields, Life, Person, Public, RichText, Snapshot
from syncd.sdk.client import open_client
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
from syncd.sdk.errors import BadAnswer, Forbidden, NotFound, Rejected, Stale, Unauthorized, Unavailable
from syncd_zendesk import hints, webhooks, wire
from syncd_zendesk.api import Api, Users, explain, read_quotas
from syncd_zendesk.config import ZendeskConfig
from syncd_zendesk.cursor import LOOK_BACK, MOST, Cursor
from syncd_zendesk.fields import FIELDS, LINK_TAG, Catalogue, custom_fields, fields_of, keys_of, snapshot, to_json
from syncd_zendesk.hints import TicketEventJson
from syncd_zendesk.history import edits
from syncd_zendesk.hook import receive
from syncd_zendesk.memory import KEY, Memory
from syncd_zendesk.text import write as write_html
from syncd_zendesk.wire import AuditJson, CommentJson, TicketJson, UserJson

MOST_POLL_PAGES = 1000
CATALOGUE_AGE = 3600.0  # seconds after which fields, groups and statuses are asked for again


class Zendesk(Connector):
    """One Zendesk account."""

    name = "zendesk"
    Config: ClassVar[type[ConnectionConfig]] = ZendeskConfig
    capabilities = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.MANAGE_WEBHOOKS,
            Capability.GUARDED,
            Capability.REPEATABLE_CREATE,
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
    settle = timedelta(seconds=30)
    key_lifetime = timedelta(hours=2)
    place_keys = frozenset({"group"})
    container = "group"

    def __init__(self, config: ZendeskConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self.config: ZendeskConfig = config
        self._site = config.url.rstrip("/")
        self._client = open_client(
            self,
            config.url,
            sign_in=config.sign_in(),
            explain=explain,
            quotas=read_quotas,
            download_hosts=config.download_hosts,
        )
        self._api = Api(self._client)
        self._me: UserJson | None = None
        self._catalogue = Catalogue()
        self._catalogue_until = 0.0
        self._memory = Memory()

    async def aclose(self) -> None:
        await self._client.aclose()

    def quotas(self) -> Sequence[Quota]:
        return self._client.quotas()

    # -- the account

    async def check(self) -> Account:
        """Who we act as. Zendesk answers a wrong token with 200 and "Anonymous user"."""
        me, _ = await self._api.me()
        if me.id is None or me.role not in ("agent", "admin"):
            raise Unauthorized("zendesk: the credential is refused: Zendesk sees an anonymous or an end user")
        self._me = me
        await self._known(anew=True)
        lacks = () if me.role == "admin" else ("the role of an administrator, which polling needs",)
        return Account(str(me.id), me.name, me.email, lacks=lacks)

    async def describe(self) -> Description:
        known = await self._known(anew=True)
        words = {"group": tuple(known.groups.values())}
        if known.statuses:
            words["status"] = (*known.statuses.values(), "closed")
        described = [replace(info, options=words.get(info.name, info.options)) for info in FIELDS]
        return Description(
            fields=(*described, *(each.info for each in known.custom.values())),
            containers=dict.fromkeys(known.groups.values(), ()),
        )

    async def person(self, email: str) -> Person | None:
        """An agent by address."""
        if any(letter.isspace() or letter in '"*:' for letter in email):
            return None
        for user in await self._api.users_by_email(email):
            same = user.email is not None and user.email.lower() == email.lower()
            if same and user.id is not None and user.role in ("agent", "admin") and not user.suspended:
                return Person(str(user.id), user.name, user.email)
        return None

    # -- hints

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """Audits since `cursor`, by Zendesk's clock. What an earlier page told is not told again."""
        if cursor is None:
            _, now = await self._api.me()
            yield Page((), str(Cursor(int(now.timestamp()) - 60)))
            return
        here = Cursor.read(cursor)
        start, recent = here.second - LOOK_BACK, list[TicketEventJson]()
        for _ in range(MOST_POLL_PAGES):
            page = await self._api.events(start)
            recent = [*recent[-MOST:], *page.ticket_events]
            told = tuple(hints.of_events(page.ticket_events, known=here.seen))
            here = here.after(recent)
            yield Page(told, str(here))
            if page.end_of_stream:
                return
            if (page.end_time or 0) <= start:
                raise BadAnswer("zendesk: the export of ticket events leads to itself")
            start = page.end_time or 0

    def receive(self, webhook: Webhook) -> Delivery:
        return receive(webhook, secrets=(self.config.webhook_secret, self.config.webhook_secret_old))

    async def hooks(self) -> Sequence[Hook]:
        """For administrators; others are Forbidden."""
        return [each.hook() for each in await self._api.webhooks()]

    async def register_hook(self, url: str) -> Hook:
        """Signed with a secret that Zendesk chooses; it comes with the answer, and has to become `webhook_secret`."""
        known = webhooks.chosen(await self._api.webhooks(), url)
        if known is None:
            known = await self._api.make_webhook(webhooks.new(url, self.connection))
        elif change := webhooks.repair(known):
            await self._api.change_webhook(known.id, change)
            known = known.model_copy(update=change)
        return known.hook(secret=await self._signing_secret(known.id))

    async def _signing_secret(self, id: str) -> str:
        """Empty where this account may not see it: the webhook is there all the same."""
        try:
            return await self._api.signing_secret(id)
        except (Forbidden, NotFound):
            return ""

    async def remove_hook(self, hook_id: str) -> None:
        with suppress(NotFound):
            await self._api.remove_webhook(hook_id)

    def hook_steps(self, url: str) -> Sequence[str]:
        return webhooks.steps(url)

    def includes(self, revision: str, changed: Changed) -> bool:
        """Revisions are whole seconds: only what is a second older is shown for certain."""
        stamp = hints.stamp_of(changed.token)
        if stamp is None and changed.revision:
            stamp = int(wire.moment(changed.revision).timestamp())
        return stamp is not None and stamp < int(wire.moment(revision).timestamp())

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """A ticket in one request, its thread in another; one more while we do not know our own comments' keys.

        History, which only a write that slipped past its guard asks for, costs one more.
        """
        id = wire.number(ref)
        known = await self._known()
        try:
            ticket, users = await self._api.ticket(id)
        except NotFound:
            return await self._deleted(id)
        tokens = hints.of_state(ticket) | {hints.created_token(ref)}
        merged = ticket.status == "closed" and wire.MERGE_TAG in ticket.tags
        thread, target = None, None
        if Part.THREAD in parts or merged:
            comments, authors = await self._api.comments(id)
            target = wire.merged_into(ticket, comments, authors)
            if Part.THREAD in parts:
                keys = await self._keys_of(id, comments)
                at = ticket.created_at or wire.moment(ticket.updated_at or "")
                thread = wire.thread(comments, users=authors, keys=keys, at=at)
                tokens |= {hints.comment_token(comment.id) for comment in comments}
        self._memory.keep(ticket)
        found = snapshot(
            ticket,
            users=users,
            catalogue=known,
            site=self._site,
            thread=thread,
            merged_into=target,
            tokens=tokens,
        )
        return found if since is None else replace(found, history=await self._history(id, since))

    async def find(self, key: str) -> Sequence[Snapshot]:
        """By external id, which is a list and no search. Only tickets that we made count: people can type ids."""
        me, known = await self._myself(), await self._known()
        found = [ticket for ticket in await self._api.by_external_id(key) if ticket.submitter_id == me.id]
        for ticket in found:
            self._memory.keep(ticket)
        by_age = sorted(found, key=lambda ticket: ticket.id)
        return [snapshot(ticket, users={}, catalogue=known, site=self._site) for ticket in by_age]

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        if not attachment.url:
            raise Rejected("zendesk: the file holds malware, as Zendesk says", field="attachments")
        async with self._client.stream(attachment.url) as chunks:
            async for chunk in chunks:
                yield chunk

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """Make a ticket whose first comment is internal, so that nobody is mailed."""
        known = await self._known()
        given = dict(draft.fields)
        first = given.pop("description", None)
        words = first.markdown if isinstance(first, RichText) else str(first or given.get("subject") or "")
        ticket = to_json({**draft.place, **given}, known)
        ticket["comment"] = {"html_body": write_html(words).source, "public": False}
        ticket["external_id"] = key
        ticket["metadata"] = {"custom": {KEY: key}}
        if draft.backlink:
            self._show(ticket, draft.backlink)
        made = await self._api.create(ticket, key=key)
        self._memory.keep(made)
        tokens = hints.of_state(made) | {hints.created_token(made.id)}
        return snapshot(made, users={}, catalogue=known, site=self._site, tokens=tokens)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """Write all these fields in one request, unless the ticket moved on since `expect`.

        When an edit of the same second slipped past the guard, the answer claims nothing: the caller then reads the
        ticket with its history.
        """
        id, known = wire.number(ref), await self._known()
        ours: frozenset[str] = frozenset()
        if "tags" in fields:
            ours = await self._our_tags(id, at=expect)
        ticket, audit = await self._api.update(
            id, {**to_json(fields, known, kept_tags=ours), **await self._guard(id, expect)}
        )
        if audit and self._memory.slipped(ticket, audit, expect=expect):
            return replace(self._written(ticket, audit, names=frozenset(fields)), revision=None, fields={})
        return self._written(ticket, audit, names=frozenset(fields))

    async def close(self, ref: str) -> Written:
        """Solve it; Zendesk itself makes that `closed` later."""
        id = wire.number(ref)
        ticket, _ = await self._api.ticket(id)
        if ticket.status in ("solved", "closed"):
            return Written()
        await self._known()
        shown, audit = await self._api.update(
            id, {"status": "solved", **await self._guard(id, ticket.updated_at or "")}
        )
        return self._written(shown, audit)

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """Upload the files, then write comment, files and key in one request."""
        id = wire.number(ref)
        await self._known()
        for file in message.files:
            if file.size > self.config.max_file:
                raise Rejected(f"zendesk: a file of {file.size} bytes is over the limit", field="attachments")
        uploads = [await self._api.upload(file) for file in message.files]
        body = write_html(message.body.text, limit_link=f"{self._site}/agent/tickets/{id}")
        comment = {"html_body": body.source, "public": isinstance(message.body, Public), "uploads": uploads}
        metadata = {"custom": {KEY: key}}
        ticket, audit = await self._api.update(
            id, {"comment": comment, "metadata": metadata, **await self._guard(id, expect)}
        )
        known_no_more = not expect or (audit and self._memory.slipped(ticket, audit, expect=expect))
        written = self._written(ticket, audit)
        if known_no_more:  # somebody may have edited in between, and the revision must not say that we know
            written = replace(written, revision=None)
        return Posted(self._comment_in(audit, key=key), written)

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        """Show the issue in the configured field, else by a tag; Zendesk takes the same value again for no change."""
        id = wire.number(ref)
        await self._known()
        seen, ticket = self._memory.tickets.get(id), dict[str, Any]()
        self._show(ticket, backlink)
        if expect and self.config.link_field is not None:
            shown, audit = await self._api.update(id, {**ticket, **await self._guard(id, expect)})
            slipped = audit and self._memory.slipped(shown, audit, expect=expect)  # before the memory moves on
            written = self._written(shown, audit, names=self._link_names())
            return replace(written, revision=None, fields={}) if slipped else written
        if self.config.link_field is None and seen is not None:
            ticket = {"tags": sorted({*seen.tags, *ticket["tags"]}), **await self._guard(id, seen.revision)}
        if self.config.link_field is None and seen is None:
            await self._api.add_tags(id, ticket["tags"])
            return Written()
        try:
            shown, audit = await self._api.update(id, ticket)
        except Stale:  # our memory of its tags is old
            await self._api.add_tags(id, [_link_tag(backlink)])
            return Written()
        written = self._written(shown, audit, names=self._link_names())
        return Written(tokens=written.tokens)  # unguarded: the revision must not say that we know what stands there

    # -- inside

    async def _guard(self, id: int, expect: str) -> dict[str, Any]:
        """409 unless the ticket is as it was then. Zendesk reads `safe_update: false` as true, so it is left out."""
        if not expect:
            return {}
        if not wire.is_stamp(expect):  # no revision that we ever gave; a ticket that is gone says so first
            await self._api.ticket(id)
            raise Stale("zendesk: the ticket was never at this revision")
        return {"safe_update": True, "updated_stamp": expect}

    async def _known(self, *, anew: bool = False) -> Catalogue:
        """Custom fields, groups and statuses of the account, asked for once an hour."""
        if anew or monotonic() > self._catalogue_until:
            by_title = self.config.fields_by == "title"
            custom = custom_fields(await self._api.ticket_fields(), by_title=by_title)
            groups = {group.id: group.name for group in await self._api.groups() if not group.deleted}
            statuses = {}
            if self.config.custom_statuses:
                statuses = {each.id: each.agent_label for each in await self._api.custom_statuses()}
            self._catalogue = Catalogue(custom, statuses, groups)
            self._catalogue_until = monotonic() + CATALOGUE_AGE
        return self._catalogue

    async def _myself(self) -> UserJson:
        if self._me is None:
            await self.check()
        assert self._me is not None  # noqa: S101  check() sets it or raises
        return self._me

    async def _history(self, id: int, since: str) -> tuple[Edit, ...]:
        me, known = await self._myself(), await self._known()
        audits = await self._api.audits(id)
        return tuple(edits(audits, since=wire.moment(since), own_id=me.id, catalogue=known))

    async def _deleted(self, id: int) -> Snapshot:
        """What Zendesk says of a ticket that cannot be read: deleted, or nothing."""
        try:
            found = await self._api.deleted(id)
        except (Forbidden, NotFound):
            found = None
        if found is None:
            raise NotFound(f"zendesk: there is no ticket {id} that this account can see")
        return Snapshot(str(id), found.deleted_at, {}, label=f"#{id}", life=Life.DELETED)

    async def _keys_of(self, id: int, comments: Sequence[CommentJson]) -> dict[int, str]:
        """The keys of the comments that we wrote ourselves; nobody else's metadata counts as ours."""
        me = await self._myself()
        ours = [comment for comment in comments[1:] if comment.author_id == me.id]
        for comment in ours:
            self._memory.keep_key(comment.id, (comment.metadata or {}).get("custom"))
        if any(comment.id not in self._memory.keys for comment in ours):
            for audit in await self._api.audits(id):
                if audit.author_id == me.id:
                    for event in audit.events:
                        if event.get("type") == "Comment":
                            self._memory.keep_key(event.get("id"), (audit.metadata or {}).get("custom") or {})
        return {comment.id: self._memory.keys[comment.id] for comment in ours if self._memory.keys.get(comment.id)}

    async def _our_tags(self, id: int, *, at: str) -> frozenset[str]:
        """The tags that show issues, as of a revision; a write guarded by it cannot lose a later one."""
        seen = self._memory.tickets.get(id)
        if seen is not None and seen.revision == at:
            tags = seen.tags
        else:
            ticket, _ = await self._api.ticket(id)
            tags = frozenset(ticket.tags)
        return frozenset(tag for tag in tags if tag.startswith(LINK_TAG))

    def _show(self, ticket: dict[str, Any], backlink: Backlink) -> None:
        """Add the other half of the link to a ticket that is about to be written."""
        if self.config.link_field is None:
            ticket["tags"] = sorted({*ticket.get("tags", ()), _link_tag(backlink)})
        else:
            value = {"id": self.config.link_field, "value": backlink.url}
            ticket["custom_fields"] = [*ticket.get("custom_fields", ()), value]

    def _written(self, ticket: TicketJson, audit: AuditJson | None, *, names: frozenset[str] = frozenset()) -> Written:
        """What an answer proves of the fields that were written.

        What else the same audit changed (a trigger's doing, a tagger's tag) is left out, with its tokens: it comes back
        as a hint, so that it is read and carried over like anybody's edit.
        """
        self._memory.keep(ticket)
        at = (audit and audit.created_at) or wire.moment(ticket.updated_at or "")
        tokens = hints.of_audit(audit or AuditJson(), at=at, names=keys_of(names, self._catalogue))
        shown = fields_of(ticket, {}, self._catalogue)
        kept = {name: value for name, value in shown.items() if name in names}
        return Written(revision=ticket.updated_at, fields=kept, tokens=tokens)

    def _link_names(self) -> frozenset[str]:
        field = self.config.link_field
        return frozenset({"tags"} if field is None else {f"custom:{field}"})

    def _comment_in(self, audit: AuditJson | None, *, key: str) -> Any:
        events = [event for event in (audit.events if audit else ()) if event.get("type") == "Comment"]
        if audit is None or not events:
            raise Unavailable("zendesk: the answer to a comment does not show it", sent=True)
        author = {"author_id": audit.author_id} if audit.author_id is not None else {}
        try:
            given = self._api.answers.read(CommentJson, {**author, **events[-1]}, at="audit.events")
            me: Users = {self._me.id: self._me} if self._me and self._me.id is not None else {}
            made = wire.comment(given, users=me, key=key, at=audit.created_at)
        except BadAnswer as error:
            raise Unavailable(f"{error} (after a write)", sent=True) from error
        self._memory.keep_key(given.id, {KEY: key})
        return made


def _link_tag(backlink: Backlink) -> str:
    """`syncd-core-7`: Zendesk's tags have lower case and neither blanks nor commas."""
    label = "".join(letter if letter.isalnum() or letter in "-_#/" else "-" for letter in backlink.label.lower())
    return f"{LINK_TAG}{label}"


__all__ = ["Zendesk", "ZendeskConfig"]

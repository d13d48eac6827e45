"""Writing to one workspace: a ticket in one request, a conversation in one for each thing that Intercom takes apart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from syncd.core.model import Body, Comment, Fields, Internal, Snapshot, Visibility
from syncd.sdk.connector import Backlink, Draft, File, Message, Written
from syncd.sdk.errors import ConnectorError, Rejected, Unavailable
from syncd.sdk.text.mark import marked
from syncd_intercom import fields, text, thread
from syncd_intercom.api import MOST_FILES, Api
from syncd_intercom.catalogue import RESOLVED, Catalogue, TicketType
from syncd_intercom.fields import CLOSED, ConversationChange
from syncd_intercom.reading import Reader
from syncd_intercom.refs import CONVERSATION, TICKET, Ref
from syncd_intercom.thread import ADMIN, COMMENT, NOTE
from syncd_intercom.wire import ConversationJson, PartJson, TicketJson

Deed = Callable[[], Awaitable[object]]
LATER = frozenset({"status", "open"})  # of a ticket: a create does not take them


class Writer:
    """What one connection writes, in the name of the admin whose token it has."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._api: Api = reader.api
        self._config = reader.config

    # -- tickets

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """Make a ticket with its key in an attribute that contacts do not see; without such a one it is refused.

        Nobody is notified: what engineers wrote is not mailed. A status needs a second request.
        """
        known = await self._reader.known()
        kind = known.named(draft.place.get("ticket_type", ""))
        later = {name: value for name, value in draft.fields.items() if name in LATER}
        changed = fields.ticket_json(later, kind, known)
        made = await self._api.create_ticket(self._new(draft, kind, known, key))
        if changed:
            with partly():
                made = await self._api.update_ticket(made.id, {**changed, **await self._by()})
        return await self._reader.ticket(made, whole=True)

    def _new(self, draft: Draft, kind: TicketType, known: Catalogue, key: str) -> dict[str, Any]:
        given = {name: value for name, value in draft.fields.items() if name not in LATER}
        body = fields.ticket_json(given, kind, known)
        values = {**body.get("ticket_attributes", {}), kind.hidden(self._config.key_attribute).key: key}
        if draft.backlink and self._config.link_attribute:
            values[kind.hidden(self._config.link_attribute).key] = draft.backlink.url
        made = {
            "ticket_type_id": kind.id,
            "contacts": [{"email": self._contact(draft)}],
            "ticket_attributes": values,
            "skip_notifications": True,
        }
        if body.get("assignee_id", fields.NOBODY) != fields.NOBODY:
            made["assignment"] = {"admin_assignee_id": body["assignee_id"]}
        return made

    def _contact(self, draft: Draft) -> str:
        address = draft.place.get("contact") or self._config.requester
        if not address:
            raise Rejected("intercom: a ticket is for a contact: name a `contact`, or a `requester` in the config")
        return address

    async def update_ticket(self, ref: Ref, given: Fields) -> Written:
        """One request for all fields. The answer shows what stands in them now; it names no revision, for what others
        changed meanwhile is in it too, and would be taken for known."""
        known, about = await self._reader.known(), await self._reader.about(ref)
        body = fields.ticket_json(given, about.kind, known)
        ticket = await self._api.update_ticket(ref.id, {**body, **await self._by()})
        return await self._shown(ticket, given)

    async def close_ticket(self, ref: Ref) -> Written:
        """The first resolved state of its type, and not open any more; a resolved one stays as it is."""
        ticket = await self._api.ticket(ref.id)
        if ticket.ticket_state is not None and ticket.ticket_state.category == RESOLVED:
            return Written()
        kind = (await self._reader.learn(ticket)).kind
        state = next((each for each in kind.states if each.category == RESOLVED), None)
        if state is None:
            raise Rejected("intercom: this type of tickets has no resolved state", field="status")
        body = {"ticket_state_id": state.id, "open": False}
        ticket = await self._api.update_ticket(ref.id, {**body, **await self._by()})
        return await self._shown(ticket, {"status": state.name})

    async def _shown(self, ticket: TicketJson, given: Fields) -> Written:
        stands = (await self._reader.ticket(ticket, whole=False)).fields
        return Written(fields={name: value for name, value in stands.items() if name in given})

    async def _by(self) -> dict[str, int]:
        """Who does it: a number here, though a text elsewhere."""
        return {"admin_id": int((await self._reader.me()).id)}

    # -- conversations

    async def update_conversation(self, ref: Ref, given: Fields) -> Written:
        """Title and attributes in one request, state, assignee and each tag in one more; the caller reads it all."""
        change = fields.conversation_change(given, await self._reader.known())
        for place, deed in enumerate(await self._deeds(ref, change)):
            with partly(begun=place > 0):
                await deed()
        return Written()

    async def _deeds(self, ref: Ref, change: ConversationChange) -> list[Deed]:
        """The requests, in their order, not yet sent. What must be read for them is read first."""
        me = (await self._reader.me()).id
        tags = await self._tag_changes(ref, change.tags) if change.tags is not None else []
        deeds: list[Deed] = [partial(self._api.update_conversation, ref.id, change.body)] if change.body else []
        if change.state is not None:
            deeds.append(partial(self._api.manage_conversation, ref.id, _state(change.state, me)))
        if change.assignee is not None:
            deeds.append(partial(self._api.manage_conversation, ref.id, _assignment(change.assignee, me)))
        return [*deeds, *(partial(self._tag, ref, name, wanted=wanted, me=me) for name, wanted in tags)]

    async def _tag_changes(self, ref: Ref, wanted: frozenset[str]) -> list[tuple[str, bool]]:
        """Names to be added (True) and ids to be removed; a tag that differs in case only is the same one.

        What somebody added since our last read stays: whoever asks for these tags did not know of it.
        """
        has = fields.tags_of(await self._api.conversation(ref.id))
        want = {name.casefold(): name for name in wanted}
        seen = self._reader.tags.get(ref.id)
        known = frozenset(has) if seen is None else seen
        self._reader.tags[ref.id] = known | want.keys()
        added = [(name, True) for folded, name in sorted(want.items()) if folded not in has]
        return [*added, *((id, False) for folded, id in sorted(has.items()) if folded in known - want.keys())]

    async def _tag(self, ref: Ref, tag: str, *, wanted: bool, me: str) -> None:
        if not wanted:
            await self._api.remove_tag(ref, tag, by=me)
            return
        await self._api.add_tag(ref, (await self._api.create_tag(tag)).id, by=me)

    async def close_conversation(self, ref: Ref) -> Written:
        if (await self._api.conversation(ref.id)).state == CLOSED:
            return Written()
        found = await self._api.manage_conversation(ref.id, _state(CLOSED, (await self._reader.me()).id))
        return Written(fields={"status": found.state})

    async def redact(self, ref: Ref, part: str) -> None:
        if ref.kind != CONVERSATION:
            raise Rejected("intercom: what is said on a ticket cannot be deleted by the API")
        await self._api.redact(ref.id, part)

    # -- both

    async def comment(self, ref: Ref, message: Message, *, key: str) -> Comment:
        """An internal text is a note, a public one a comment, which Intercom sends to the customer."""
        own, internal = (await self._reader.me()).id, isinstance(message.body, Internal)
        shared = ref.kind == CONVERSATION or (await self._reader.about(ref)).shared
        words = f"{message.body.text}{_left_out(message.files) if ref.kind == TICKET else ''}"
        html = text.write(words, limit_link=await self._reader.link(ref)).source
        said = {"message_type": NOTE if internal else COMMENT, "type": ADMIN, "admin_id": own}
        reply = {**said, "body": marked(html, key)}
        part = await self._reply(ref, reply, message.files, key=key)
        await self._check_private(ref, part, message.body, shared=shared)
        return thread.comment(part, ref, own_id=own, shared=shared)

    async def _reply(self, ref: Ref, reply: dict[str, Any], files: Sequence[File], *, key: str) -> PartJson:
        if ref.kind == TICKET:
            return await self._api.reply_ticket(ref.id, reply)
        if len(files) > MOST_FILES:
            raise Rejected(f"intercom: a message takes {MOST_FILES} files at most", field="attachments")
        return _own(await self._api.reply_conversation(ref.id, reply, files), reply, key)

    async def _check_private(self, ref: Ref, part: PartJson, body: Body, *, shared: bool) -> None:
        """What was to be internal and is not, is taken back where it can be."""
        visible = thread.visibility_of(part, shared=shared)
        if body.visibility is Visibility.PUBLIC or visible is Visibility.INTERNAL:
            return
        try:
            await self.redact(ref, part.id)
        except ConnectorError as error:
            raise Rejected("intercom: a note became public and could not be taken back: delete it") from error
        raise Rejected("intercom: Intercom made a note public; it was taken back")

    async def link_back(self, ref: Ref, backlink: Backlink) -> Written:
        """Show the issue in the configured attribute; read first: a write of the same may move the stamp."""
        name = self._config.link_attribute
        if name is None:
            raise Rejected("intercom: name a text attribute in `link_attribute` that shows the issue")
        if ref.kind == CONVERSATION:
            found = await self._api.conversation(ref.id)
            if found.custom_attributes.get(name) != backlink.url:
                await self._api.update_conversation(ref.id, {"custom_attributes": {name: backlink.url}})
            return Written()
        ticket = await self._api.ticket(ref.id)
        key = (await self._reader.learn(ticket)).kind.hidden(name).key
        if ticket.ticket_attributes.get(key) != backlink.url:
            await self._api.update_ticket(ref.id, {"ticket_attributes": {key: backlink.url}, **await self._by()})
        return Written()


def _state(state: str, me: str) -> dict[str, Any]:
    """How a conversation is opened or closed; only closing names the type of who does it."""
    if state == CLOSED:
        return {"message_type": "close", "type": ADMIN, "admin_id": me}
    return {"message_type": "open", "admin_id": me}


def _assignment(assignee: str, me: str) -> dict[str, Any]:
    return {"message_type": "assignment", "type": ADMIN, "admin_id": me, "assignee_id": assignee}


def _own(answer: ConversationJson, reply: dict[str, Any], key: str) -> PartJson:
    """The part that a reply made: by its mark, else, were marks cleaned away, the newest of ours of that sort."""
    if (part := thread.written(answer.parts, own_id=reply["admin_id"], key=key)) is not None:
        return part
    for part in sorted(answer.parts, key=lambda each: (each.created_at, len(each.id), each.id), reverse=True):
        ours = part.author is not None and (part.author.type, part.author.id) == (ADMIN, reply["admin_id"])
        if ours and part.part_type == reply["message_type"]:
            return part
    raise Unavailable("intercom: the answer to a reply does not show it", sent=True)


def _left_out(files: Sequence[File]) -> str:
    """What a ticket's comment says of its files: the API takes none there but pictures from public addresses."""
    if not files:
        return ""
    names = "\n".join(f"- `{file.name.replace('`', ' ')}`" for file in files)
    return f"\n\nFiles that could not be copied here:\n\n{names}"


@contextmanager
def partly(*, begun: bool = True) -> Iterator[None]:
    """After the first request of a write, no error says "not happened"."""
    try:
        yield
    except ConnectorError as error:
        if begun:
            raise Unavailable(f"{error} (after a part was written)", sent=True) from error
        raise

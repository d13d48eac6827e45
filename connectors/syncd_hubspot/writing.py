"""What is written to HubSpot: tickets, and notes with their files. The class in `__init__` says to whom.

A unique property makes both safe to repeat: HubSpot refuses a second record with the same key, and by the key the
first one is found. So whatever a create was refused for, the key is looked for before the refusal is believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from syncd.core.model import Body, Comment, Fields, Public, Snapshot
from syncd.sdk.connector import Draft, File, Message
from syncd.sdk.errors import ConnectorError, Forbidden, NotFound, Rejected, Unavailable
from syncd_hubspot import fields as tickets
from syncd_hubspot import text, thread
from syncd_hubspot.api import NOTES, TICKETS, Api
from syncd_hubspot.fields import Catalogue
from syncd_hubspot.pipelines import STATUS, Pipeline
from syncd_hubspot.reading import Reader
from syncd_hubspot.wire import FileJson, RecordJson, number, stamp

PIPELINE, STAGE = tickets.API_NAMES["pipeline"], tickets.API_NAMES[STATUS]
_SHOWN = frozenset({thread.BODY, tickets.SOURCE, tickets.SOURCE_ID})
"""What an answer must show of a note, or it is read: the documents do not say what the answer to a create holds."""
MOST_FILES = 20
"""Of one note. HubSpot names no number; each is a request of its own."""


class Writer:
    """What one connection writes."""

    def __init__(self, reader: Reader, api: Api) -> None:
        self.reader = reader
        self.api = api
        self.config = reader.config

    # -- tickets

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """A ticket with its key, read once it is there: the answer to a create shows few properties."""
        known = await self.reader.learn()
        made = await self._once(TICKETS, {"properties": self._first(draft, known, key)}, key=key)
        try:
            return await self.reader.fetch(made.id, whole=False, since="")
        except ConnectorError as error:
            raise Unavailable(f"{error} (after the ticket was made)", sent=True) from error

    def _first(self, draft: Draft, known: Catalogue, key: str) -> dict[str, str]:
        """The properties of a new ticket. Its stage is the pipeline's first open one where nothing else is said."""
        unknown = draft.place.keys() - {"pipeline"}
        if unknown or "pipeline" not in draft.place:
            raise Rejected("hubspot: a `create` block says `pipeline` and nothing else", field="pipeline")
        pipeline = known.pipeline(draft.place["pipeline"])
        made = {PIPELINE: pipeline.id, STAGE: pipeline.first(closed=False).id}
        made |= tickets.to_properties(draft.fields, known, pipeline=pipeline)
        if draft.backlink and self.config.link_property:
            made[self.config.link_property] = draft.backlink.url
        return {**{name: value for name, value in made.items() if value}, self.config.key_property: key}

    async def update(self, id: str, fields: Fields) -> RecordJson:
        """One request, and one before it for a status where there are several pipelines."""
        known = await self.reader.learn()
        pipeline = await self.pipeline(id, known) if STATUS in fields else None
        return await self.write(id, tickets.to_properties(fields, known, pipeline=pipeline))

    async def write(self, id: str, properties: Mapping[str, str]) -> RecordJson:
        """Set properties of a ticket. One that was merged meanwhile may pass the write on to the ticket that stays."""
        written = await self.api.update(TICKETS, id, properties)
        if written.id != id:
            raise Unavailable("hubspot: the ticket was merged while it was written", sent=True)
        return written

    async def pipeline(self, id: str, known: Catalogue) -> Pipeline:
        """The one that a ticket is in; the only one there is needs no look."""
        if len(known.pipelines) == 1:
            return next(iter(known.pipelines.values()))
        found = await self.api.record(TICKETS, id, properties=(PIPELINE,))
        named = found.properties.get(PIPELINE) or ""
        if named not in known.pipelines:
            raise Rejected("hubspot: the ticket is in a pipeline that is not known yet", field=STATUS)
        return known.pipelines[named]

    # -- notes

    async def comment(self, ticket: str, message: Message, *, key: str) -> Comment:
        """Files first, then the note that names them, then the note onto the ticket: nothing shows before that."""
        refuse_public(message.body)
        if len(message.files) > MOST_FILES:
            raise Rejected(f"hubspot: more than {MOST_FILES} files with one note", field="attachments")
        known = await self.reader.learn()
        files = await self._upload(message.files)
        try:
            note = await self._once(NOTES, {"properties": self._note(ticket, message.body, files, key)}, key=key)
        except (Rejected, Forbidden):
            await self._forget(files)
            raise
        note = note if note.properties.keys() >= _SHOWN else await self._again(note)
        await self._forget([file for file in files if file.id not in thread.attached(note)])  # sent once before
        await self._hang(note, ticket)
        of_note = await self.reader.files(thread.attached(note))
        return thread.note(note, by=self.reader.by(known, of_note))

    def _note(self, ticket: str, body: Body, files: Sequence[FileJson], key: str) -> dict[str, str]:
        html = text.write(body.text, limit_link=self.reader.link(ticket)).source
        made = {thread.BODY: html, thread.AT: stamp(datetime.now(UTC)), self.config.key_property: key}
        return {**made, thread.ATTACHMENTS: ";".join(file.id for file in files)} if files else made

    async def _hang(self, note: RecordJson, ticket: str) -> None:
        """Associate a note with its ticket. Where that is refused the note is taken back: it is on no ticket."""
        try:
            await self.api.associate(note.id, ticket)
        except (NotFound, Rejected, Forbidden):
            await self.api.archive(NOTES, note.id)
            raise
        except ConnectorError as error:
            raise Unavailable(f"{error} (after the note was made)", sent=True) from error

    async def _again(self, note: RecordJson) -> RecordJson:
        """A note whose answer does not show what was made."""
        try:
            return await self.api.record(NOTES, note.id, properties=self._names)
        except ConnectorError as error:
            raise Unavailable(f"{error} (after the note was made)", sent=True) from error

    @property
    def _names(self) -> tuple[str, ...]:
        return (*thread.NOTES, self.config.key_property)

    async def edit(self, ticket: str, comment_id: str, body: Body, *, key: str) -> Comment:
        """Rewrite a note of ours; its files stay."""
        refuse_public(body)
        known = await self.reader.learn()
        note = await self.own_note(ticket, comment_id)
        html = text.write(body.text, limit_link=self.reader.link(ticket)).source
        shown = await self.api.update(NOTES, note.id, {thread.BODY: html, self.config.key_property: key})
        whole = note.model_copy(update={"properties": {**note.properties, **shown.properties}})
        files = await self.reader.files(thread.attached(whole))
        return thread.note(whole, by=self.reader.by(known, files))

    async def own_note(self, ticket: str, comment_id: str) -> RecordJson:
        """A note that our app made on this ticket; Rejected for a mail, and for what others wrote."""
        if not comment_id.startswith(thread.NOTE):
            raise Rejected("hubspot: only notes can be changed, no mails")
        note = await self.reader.note(ticket, comment_id.removeprefix(thread.NOTE))
        if not thread.is_ours(note, app_id=self.config.app_id):
            raise Rejected("hubspot: only a note of our own can be changed")
        return note

    # -- inside

    async def _once(self, kind: str, body: Mapping[str, Any], *, key: str) -> RecordJson:
        """Make a record that carries a key, or find the one that does."""
        try:
            return await self.api.create(kind, body)
        except Rejected:
            if (found := await self.by_key(kind, key)) is None:
                raise
            return found

    async def by_key(self, kind: str, key: str, *, archived: bool = False) -> RecordJson | None:
        """The one record with this key; unique values are looked up where records are kept, not in the index."""
        names = self._names if kind == NOTES else (self.config.key_property,)
        try:
            found = await self.api.record(
                kind, searchable(key), properties=names, by=self.config.key_property, archived=archived
            )
        except NotFound:
            return None
        return found if found.properties.get(self.config.key_property) == key else None

    async def _upload(self, files: Sequence[File]) -> list[FileJson]:
        """Each in a request of its own; no note names them yet, so a failure here is no comment."""
        sent: list[FileJson] = []
        for file in files:
            try:
                sent.append(await self.api.upload(file, folder=self.config.folder))
            except ConnectorError as error:
                await self._forget(sent)
                if isinstance(error, Unavailable):
                    raise Unavailable(f"{error} (a file; no note was written)", sent=False) from error
                raise
        for made in sent:
            self.reader.remember(made)
        return sent

    async def _forget(self, files: Sequence[FileJson]) -> None:
        """Take uploaded files away again, as far as that goes: nobody sees them, and their note was not written."""
        for file in files:
            try:
                await self.api.remove_file(number(file.id))
            except ConnectorError:
                return


def refuse_public(body: Body) -> None:
    """A mail that the API makes is only written down, never sent; chats are another product."""
    if isinstance(body, Public):
        raise Rejected("hubspot: no text can be sent to a customer: say `visibility: internal` in the mapping")


def searchable(key: str) -> str:
    """A key as it may stand in an address."""
    if not key or not all(letter.isascii() and (letter.isalnum() or letter in "-_") for letter in key):
        raise Rejected("hubspot: a key with other characters than letters, digits and `-_` cannot be looked for")
    return key

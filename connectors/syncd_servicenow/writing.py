"""Writing to tickets of one account: compare, write, and look at what the answer proves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from syncd.core.model import Fields, Internal, Snapshot
from syncd.sdk.connector import Backlink, Draft, Message, Posted, Written
from syncd.sdk.errors import ConnectorError, Locked, Rejected, Stale, Unavailable
from syncd_servicenow import mark, poll, text, thread
from syncd_servicenow.fields import fields_of, to_columns, unchanged
from syncd_servicenow.reading import Reader
from syncd_servicenow.wire import FileJson, TicketJson, ref_of

ADDRESS = ("https://", "http://")
LEAST = 100  # characters that a comment must have beside its mark
T = TypeVar("T")


@dataclass(slots=True)
class Writer:
    """What one connection writes."""

    reader: Reader

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """One request, whose answer shows the ticket. The key goes into `correlation_id`, which is made for such."""
        reader = self.reader
        await reader.learn()
        columns = await self._columns({**draft.place, **draft.fields})
        columns["correlation_id"] = key
        if draft.backlink:
            columns[reader.config.link_field] = draft.backlink.url
        made = await reader.api.create(columns)
        return await _after_a_write(reader.snapshot(made))

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """One request to compare `sys_mod_count`, which is all that the vendor offers, and one to write.

        What happens between the two shows in the answer: then it claims nothing, and the history tells what it was.
        """
        id = ref_of(ref)
        await self.reader.learn()
        columns = await self._columns(fields, link=self.reader.link(id))
        before = await self.reader.api.ticket(id)
        _guard(before, expect)
        if isinstance(status := fields.get("status"), str):
            columns |= self._with_status(before, status, columns)
        return await self._write(before, columns, frozenset(fields))

    async def close(self, ref: str) -> Written:
        """Set the configured status; a ticket that is not active any more stays as it is."""
        id = ref_of(ref)
        catalogue = await self.reader.learn()
        wanted = self.reader.config.closed_status
        columns = await self._columns({"status": wanted})
        before = await self.reader.api.ticket(id)
        if before.column("active") == "false" or catalogue.word("state", before.column("state") or "") == wanted:
            return Written()
        columns |= self._with_status(before, wanted, columns)
        return await self._write(before, columns, frozenset({"status"}))

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str) -> Written:
        """The address in the configured column; what somebody else keeps there is left alone."""
        id, column = ref_of(ref), self.reader.config.link_field
        await self.reader.learn()
        before = await self.reader.api.ticket(id)
        there = before.column(column)
        if there == backlink.url:
            return Written()
        if there is None or (there and not there.startswith(ADDRESS)):
            raise Rejected(
                f"servicenow: `{column}` is hidden, or used for something else: see `link_field`", field=column
            )
        _guard(before, expect)
        written = await self._write(before, {column: backlink.url}, frozenset())
        return written if expect else Written(tokens=written.tokens)

    # -- comments

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """Files first, one request each; then the words in one, and one that finds the entry which they became."""
        reader, id, element = self.reader, ref_of(ref), thread.element_of(message.body)
        await reader.learn()
        async with self._uploaded(id, message) as files:
            words = self._words(message, files, key=key, link=reader.link(id))
            after = await self._say(id, element, mark.marked(words, key, (file.sys_id for file in files)))
        row = await _after_a_write(reader.entry(id, element, key))
        if row is None:
            raise _unseen(moved=str(after.sys_mod_count) != expect)
        people = await _after_a_write(reader.people(by_name=[row.sys_created_by]))
        own, rich = (await reader.me()).user_name, reader.config.rich_text
        posted = thread.comment(row, files, own=own, people=people, rich=rich)
        return Posted(posted, self._spoken(after, expect))

    def _words(self, message: Message, files: Iterable[FileJson], *, key: str, link: str) -> str:
        """The text with its mark is no longer than the limit. People find the files of a note by their addresses."""
        config, listed = self.reader.config, list(files)
        markdown = message.body.text
        if isinstance(message.body, Internal):
            markdown = "\n\n".join(
                [markdown, *(f"<{config.site}/sys_attachment.do?sys_id={x.sys_id}>" for x in listed)]
            )
        limit = config.max_text - mark.length(key, len(listed))
        if limit < LEAST:
            raise Rejected("servicenow: too many files for one comment", field="attachments")
        return text.write(markdown, rich=config.rich_text, limit=limit, limit_link=link).source

    async def _say(self, id: str, element: str, words: str) -> TicketJson:
        try:
            return await self.reader.api.update(id, {element: words})
        except Rejected as error:
            error.field = None
            if (await self.reader.api.ticket(id)).column("active") == "false":
                raise Locked("servicenow: the ticket is closed, and the instance takes no more comments") from error
            raise

    def _spoken(self, after: TicketJson, expect: str) -> Written:
        """The version is known where ours was the very next; its name is foretold where it changed nothing else."""
        if after.sys_mod_count - 1 != poll.count_of(expect):
            return Written()
        told = (
            frozenset({poll.token(after.sys_id, after.sys_mod_count)})
            if self.reader.only_spoken(after)
            else frozenset()
        )
        self.reader.remember(after)
        return Written(revision=after.revision, tokens=told)

    @asynccontextmanager
    async def _uploaded(self, id: str, message: Message) -> AsyncIterator[list[FileJson]]:
        """The files of a comment, where those may see them who may read it; gone again if it is not written."""
        files = await self._upload(id, message)
        try:
            yield files
        except ConnectorError as error:
            if not (isinstance(error, Unavailable) and error.sent):
                await self._take_back(files)
            raise

    async def _upload(self, id: str, message: Message) -> list[FileJson]:
        place = self._place(id, message) if message.files else ("", "")
        done: list[FileJson] = []
        try:
            for file in message.files:
                done.append(await self.reader.api.upload(*place, file))  # noqa: PERF401  what is done is taken back
        except ConnectorError:
            await self._take_back(done)
            raise
        return done

    async def _take_back(self, files: Iterable[FileJson]) -> None:
        for file in files:
            try:
                await self.reader.api.remove_file(file.sys_id)
            except ConnectorError:
                continue  # it hangs where its comment would have been as visible; the error that led here is told

    def _place(self, id: str, message: Message) -> tuple[str, str]:
        """A customer sees every file of a ticket, so that one of an internal note must hang elsewhere."""
        config = self.reader.config
        if not isinstance(message.body, Internal):
            return config.table, id
        if config.internal_files is None:
            raise Rejected(
                "servicenow: files of an internal note would be shown to the customer: see `internal_files`",
                field="attachments",
            )
        table, _, record = config.internal_files.partition("/")
        return table, record

    # -- inside

    async def _columns(self, fields: Fields, *, link: str = "") -> dict[str, str]:
        groups = await self.reader.groups_named(fields)
        limit = self.reader.config.max_text
        return to_columns(fields, self.reader.catalogue, groups=groups, limit=limit, link=link)

    def _with_status(self, before: TicketJson, status: str, columns: Mapping[str, str]) -> dict[str, str]:
        """What the instance wants with a status, as far as it is neither there nor written anyway."""
        catalogue, found = self.reader.catalogue, dict[str, str]()
        for key, word in self.reader.config.with_status.get(status, {}).items():
            if key not in columns and not before.column(key):
                column = catalogue.by_key(key)
                found[key] = catalogue.value(column, word) if column and column.type == "choice" else word
        return found

    async def _write(self, before: TicketJson, columns: Mapping[str, str], names: frozenset[str]) -> Written:
        """What the answer proves. Nothing, where the version did not go up by just one, and that by us."""
        if unchanged(before, columns):
            return await self._proven(before, before, columns, names)
        try:
            after = await self.reader.api.update(before.sys_id, columns)
        except Rejected as error:
            error.field = error.field if error.field in names else None
            if before.column("active") == "false":
                raise Locked("servicenow: the ticket is closed, and the instance takes no more changes") from error
            raise
        moved = after.sys_mod_count - before.sys_mod_count
        own = (await self.reader.me()).user_name
        if moved == 0 or (moved == 1 and after.sys_updated_by == own):
            return await _after_a_write(self._proven(before, after, columns, names))
        return Written()

    async def _proven(
        self, before: TicketJson, after: TicketJson, columns: Mapping[str, str], names: frozenset[str]
    ) -> Written:
        """The name of the change is foretold only where it changed nothing but what was asked for.

        What a business rule changed in the same breath is to be read, and so must come back as news.
        """
        catalogue = await self.reader.learn()
        shown = fields_of(after, catalogue, await self.reader.names(after))
        keys = (after.model_extra or {}).keys() | (before.model_extra or {}).keys()
        alone = all(before.column(key) == after.column(key) for key in keys - columns.keys())
        moved = after.sys_mod_count > before.sys_mod_count
        told = {poll.token(after.sys_id, after.sys_mod_count)} if moved and alone else set()
        self.reader.remember(after)
        fields = {name: value for name, value in shown.items() if name in names}
        return Written(revision=after.revision, fields=fields, tokens=frozenset(told))


def _guard(before: TicketJson, expect: str) -> None:
    if expect and before.revision != expect:
        raise Stale("servicenow: the ticket changed since it was read")


def _unseen(*, moved: bool) -> ConnectorError:
    """There is no such entry: none was made where the version stands still, else the caller must look for it."""
    if moved:
        return Unavailable("servicenow: the comment was sent, and is not among those that this account sees", sent=True)
    return Rejected("servicenow: the instance answered that it was done, but there is no such comment")


async def _after_a_write(answer: Awaitable[T]) -> T:
    """After a write no error says "not happened"."""
    try:
        return await answer
    except ConnectorError as error:
        raise Unavailable(f"{error} (after a write)", sent=True) from error

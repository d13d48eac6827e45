"""Connectors that each break one promise, as an author in a hurry would: what `ConnectorTests` must notice."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from syncd.core.model import (
    NO_FIELDS,
    Attachment,
    Body,
    Comment,
    Fields,
    Internal,
    Life,
    Person,
    Public,
    RichText,
    Snapshot,
    Thread,
    Value,
    Visibility,
)
from syncd.sdk.connector import (
    ALL_PARTS,
    Account,
    Backlink,
    Changed,
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
    Written,
)
from syncd.sdk.errors import BadBody, ConnectorError, NotFound, Rejected
from syncd.sdk.testing.memory import MemoryConnector

numbers = count(1)

# -- creating and finding


class ForgetsTheKey(MemoryConnector):
    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        return await super().create(draft, key=f"{key}-{next(numbers)}")


class HasOneKeyForAll(MemoryConnector):
    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        return await super().create(draft, key="syncd")


class AnswersTheDraft(MemoryConnector):
    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        return replace(await super().create(draft, key=key), fields=draft.fields)


class FindsNothing(MemoryConnector):
    async def find(self, key: str) -> Sequence[Snapshot]:
        return []


class FindsTheNewest(MemoryConnector):
    async def find(self, key: str) -> Sequence[Snapshot]:
        return [await self.fetch(list(self.vendor.tickets)[-1])]


class FindsWithoutHistory(MemoryConnector):
    async def find(self, key: str) -> Sequence[Snapshot]:
        return [replace(found, history=()) for found in await super().find(key)]


class FindsOnlyOne(MemoryConnector):
    async def find(self, key: str) -> Sequence[Snapshot]:
        return (await super().find(key))[:1]


# -- writing


class ClosesNothing(MemoryConnector):
    async def close(self, ref: str) -> Written:
        return Written()


class ClosesAgain(MemoryConnector):
    async def close(self, ref: str) -> Written:
        self.vendor.edit(ref, estimate=Decimal(next(numbers)))
        return await super().close(ref)


class WritesBlindly(MemoryConnector):
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await super().update(ref, fields, expect=self.vendor.revision(self.vendor.ticket(ref)))


class WritesWhatItReadBefore(MemoryConnector):
    before: Fields = NO_FIELDS

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        snapshot = await super().fetch(ref, parts=parts, since=since)
        self.before = self.before or {name: value for name, value in snapshot.fields.items() if name != "number"}
        return snapshot

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await super().update(ref, {**self.before, **fields}, expect=expect)


class WritesOneFieldOnly(MemoryConnector):
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await super().update(ref, dict([*fields.items()][:1]), expect=expect)


class AnswersTheWish(MemoryConnector):
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return replace(await super().update(ref, fields, expect=expect), fields=fields)


class AnswersTheOldRevision(MemoryConnector):
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return replace(await super().update(ref, fields, expect=expect), revision=expect)


class HasOneRevision(MemoryConnector):
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        return replace(await super().fetch(ref, parts=parts, since=since), revision="1")


class LeavesTheStatus(MemoryConnector):
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await super().update(ref, {n: v for n, v in fields.items() if n != "status"}, expect=expect)


class NamesNoField(MemoryConnector):
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        try:
            return await super().update(ref, fields, expect=expect)
        except Rejected as refused:
            raise Rejected(str(refused)) from refused


class Translates(MemoryConnector):
    """Writes each value through `change`."""

    def change(self, value: Value) -> Value:
        return value

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await super().update(ref, {n: self.change(v) for n, v in fields.items()}, expect=expect)


class KnowsLatinOnly(Translates):
    def change(self, value: Value) -> Value:
        if isinstance(value, RichText):
            return RichText.of(value.markdown.encode("latin-1", "replace").decode("latin-1"))
        return value.encode("latin-1", "replace").decode("latin-1") if isinstance(value, str) else value


class LosesTheZone(Translates):
    def change(self, value: Value) -> Value:
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


class ShiftsTheDay(Translates):
    def change(self, value: Value) -> Value:
        return value - timedelta(days=1) if isinstance(value, date) else value


class NeverEmpties(MemoryConnector):
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await super().update(ref, {n: v for n, v in fields.items() if v}, expect=expect)


class AddsABlank(Translates):
    def change(self, value: Value) -> Value:
        return f"{value} word" if isinstance(value, str) else value


# -- reading


class FindsEverything(MemoryConnector):
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        try:
            return await super().fetch(ref, parts=parts, since=since)
        except NotFound:
            return Snapshot(ref=ref, revision="", fields={}, life=Life.DELETED)


class ReadsFieldsTwice(MemoryConnector):
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        if Part.THREAD not in parts:
            await super().fetch(ref)
        return await super().fetch(ref, parts=parts, since=since)


class HasNoZones(MemoryConnector):
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        return replace(await super().fetch(ref, parts=parts, since=since), updated=datetime(2026, 1, 5))  # noqa: DTZ001


class TakesAllForOurs(MemoryConnector):
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        snapshot = await super().fetch(ref, parts=parts, since=since)
        return replace(snapshot, history=tuple(replace(edit, ours=True) for edit in snapshot.history))


class ReadsAhead(MemoryConnector):
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        snapshot = await super().fetch(ref, parts=parts, since=since)
        return replace(snapshot, tokens=frozenset(f"e{number}" for number in range(99)))


class IncludesEverything(MemoryConnector):
    def includes(self, revision: str, changed: Changed) -> bool:
        return True


# -- threads


class ReadsThreads(MemoryConnector):
    """Shows each thread through `change`."""

    def change(self, thread: Thread) -> Thread:
        return thread

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        snapshot = await super().fetch(ref, parts=parts, since=since)
        return replace(snapshot, thread=snapshot.thread and self.change(snapshot.thread))


class ReadsAllAsPublic(ReadsThreads):
    def change(self, thread: Thread) -> Thread:
        return replace(thread, comments=tuple(replace(c, body=Public(c.body.text)) for c in thread.comments))


class ShowsNewestFirst(ReadsThreads):
    def change(self, thread: Thread) -> Thread:
        return replace(thread, comments=thread.comments[::-1])


class MarksEverything(ReadsThreads):
    def change(self, thread: Thread) -> Thread:
        return replace(thread, comments=tuple(replace(comment, key="key-1") for comment in thread.comments))


class DropsFiles(MemoryConnector):
    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        return await super().comment(ref, replace(message, files=()), key=key, expect=expect)


class ShowsFilesToAll(ReadsThreads):
    def change(self, thread: Thread) -> Thread:
        def shown(comment: Comment) -> Comment:
            files = tuple(replace(item, visibility=Visibility.PUBLIC) for item in comment.attachments)
            return replace(comment, attachments=files)

        return replace(thread, comments=tuple(map(shown, thread.comments)))


class TellsEverybody(MemoryConnector):
    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        return await super().comment(ref, replace(message, body=Public(message.body.text)), key=key, expect=expect)


class TellsNobody(MemoryConnector):
    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        return await super().comment(ref, replace(message, body=Internal(message.body.text)), key=key, expect=expect)


class AnswersAnotherComment(MemoryConnector):
    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        posted = await super().comment(ref, message, key=key, expect=expect)
        return replace(posted, comment=replace(posted.comment, id="0"))


class JoinsLines(MemoryConnector):
    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        body = replace(message.body, text=" ".join(message.body.text.split()))
        return await super().comment(ref, replace(message, body=body), key=key, expect=expect)


class ForgetsFiles(MemoryConnector):
    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        return await super().comment(ref, replace(message, files=()), key=key, expect=expect)


class LoadsOnePiece(MemoryConnector):
    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        async for piece in super().download(attachment):
            yield piece
            return


class EditsNothing(MemoryConnector):
    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        return replace(comment, body=body)


class DeletesTheLast(MemoryConnector):
    async def delete_comment(self, ref: str, comment_id: str) -> None:
        await super().delete_comment(ref, self.vendor.ticket(ref).comments[-1].id)


class RenamesFiles(MemoryConnector):
    async def attach(self, ref: str, file: File) -> Attachment:
        return await super().attach(ref, replace(file, name=file.name.replace(" ", "_")))


# -- hints


class PollsThroughChange(MemoryConnector):
    """Shows each hint through `change`."""

    def change(self, hint: Changed) -> Changed:
        return hint

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().changes(cursor):
            yield replace(page, changed=tuple(map(self.change, page.changed)))


class NamesTheTicket(PollsThroughChange):
    def change(self, hint: Changed) -> Changed:
        return replace(hint, token=hint.ref)


class CallsAllAnEcho(PollsThroughChange):
    def change(self, hint: Changed) -> Changed:
        return replace(hint, echo="Set title")


class HasOtherNamesWhenPolling(PollsThroughChange):
    def change(self, hint: Changed) -> Changed:
        return replace(hint, token=f"poll-{hint.token}")


class StartsAtTheBeginning(MemoryConnector):
    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().changes(cursor or "0"):
            yield page


class BeginsNow(MemoryConnector):
    async def cursor_at(self, moment: datetime) -> str:
        return str(self.vendor.events[-1].id)


class PollsTwice(MemoryConnector):
    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        await self.check()
        async for page in super().changes(cursor):
            yield page


class StepsOverOne(MemoryConnector):
    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().changes(cursor):
            yield replace(page, cursor=str(int(page.cursor) + 1)) if page.changed else page


class RemembersWhatItTold(MemoryConnector):
    told: frozenset[str] = frozenset()

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().changes(cursor):
            yield replace(page, changed=tuple(hint for hint in page.changed if hint.token not in self.told))
            self.told |= {hint.token for hint in page.changed}


class TellsOnlyEdits(MemoryConnector):
    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        async for page in super().changes(cursor):
            yield replace(page, changed=tuple(hint for hint in page.changed if Part.THREAD not in hint.parts))


class ForetellsWrongly(MemoryConnector):
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return replace(await super().update(ref, fields, expect=expect), tokens=frozenset({"e0"}))

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        posted = await super().comment(ref, message, key=key, expect=expect)
        return replace(posted, written=Written(tokens=frozenset({"e0"})))


# -- webhooks


class BelievesEverything(MemoryConnector):
    def _verify(self, webhook: Webhook) -> None:
        return


class BreaksOnNonsense(MemoryConnector):
    def receive(self, webhook: Webhook) -> Delivery:
        self._verify(webhook)
        try:
            return super().receive(webhook)
        except BadBody:
            return Delivery("1", (Changed(json.loads(webhook.body)["ref"]),))


class CountsDeliveries(MemoryConnector):
    def receive(self, webhook: Webhook) -> Delivery:
        return replace(super().receive(webhook), id=str(next(numbers)))


class ReceivesWithARequest(MemoryConnector):
    def receive(self, webhook: Webhook) -> Delivery:
        self.vendor.request(self.account, "check", "", lambda: None)
        return super().receive(webhook)


# -- people and the rest


class HasNoName(MemoryConnector):
    async def check(self) -> Account:
        return replace(await super().check(), id="")


class ShowsItsSecret(MemoryConnector):
    def __repr__(self) -> str:
        return f"MemoryConnector({self.config.webhook_secret.get_secret_value()})"


class RegistersTwice(MemoryConnector):
    async def register_hook(self, url: str) -> Hook:
        hook = Hook(f"another-{next(numbers)}", url)
        self.vendor.hooks[hook.id] = hook
        return hook


class RemovesNothing(MemoryConnector):
    async def remove_hook(self, hook_id: str) -> None:
        return


class TakesTheOldestAway(MemoryConnector):
    async def register_hook(self, url: str) -> Hook:
        if len(self.vendor.hooks) > 1:
            self.vendor.hooks.pop(next(iter(self.vendor.hooks)))
        return await super().register_hook(url)


class ListsAllAsAwake(MemoryConnector):
    async def hooks(self) -> Sequence[Hook]:
        return [replace(hook, active=True) for hook in await super().hooks()]


class WakesNothing(MemoryConnector):
    async def register_hook(self, url: str) -> Hook:
        known = [hook for hook in self.vendor.called() if hook.url == url]
        return known[0] if known else await super().register_hook(url)


class RenewsNothing(WakesNothing):
    pass


class ListsItsSecret(MemoryConnector):
    async def hooks(self) -> Sequence[Hook]:
        secret = self.config.webhook_secret.get_secret_value()
        return [replace(hook, url=f"{hook.url}?secret={secret}") for hook in await super().hooks()]


class LogsItsSecret(MemoryConnector):
    async def register_hook(self, url: str) -> Hook:
        logging.getLogger("broken").debug("signed with %s", self.config.webhook_secret.get_secret_value())
        return await super().register_hook(url)


class PretendsToFind(MemoryConnector):
    async def find(self, key: str) -> Sequence[Snapshot]:
        try:
            return await super().find(key)
        except ConnectorError:
            return []


class LoadsNothing(MemoryConnector):
    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        yield b""


class KnowsSmallLetters(MemoryConnector):
    async def person(self, email: str) -> Person | None:
        found = await super().person(email)
        return found if found and found.email == email else None


class KnowsEverybody(MemoryConnector):
    async def person(self, email: str) -> Person | None:
        return await super().person(email) or Person("ana", email=email)


class VouchesForAll(MemoryConnector):
    """Its answers name the revision that the ticket has now, whoever made it."""

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        posted = await super().comment(ref, message, key=key, expect=expect)
        return replace(posted, written=replace(posted.written, revision=self._now(ref)))

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        return replace(await super().link_back(ref, backlink), revision=self._now(ref))

    def _now(self, ref: str) -> str:
        return self.vendor.revision(self.vendor.ticket(ref))


class LinksAgain(MemoryConnector):
    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        return await super().link_back(ref, replace(backlink, title=f"{backlink.title} {next(numbers)}"))


class LinksNothing(MemoryConnector):
    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        return await super().create(replace(draft, backlink=None), key=key)

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        return Written()


class DescribesNoWords(MemoryConnector):
    async def describe(self) -> Description:
        described = await super().describe()
        return replace(described, fields=tuple(replace(info, options=()) for info in described.fields))


# -- a ticket's life


class NeverOpensAgain(MemoryConnector):
    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        if self.vendor.ticket(ref).fields["status"] == "solved":
            fields = {name: value for name, value in fields.items() if name != "status"}
        return await super().update(ref, fields, expect=expect)


class BelievesFilesArePublic(MemoryConnector):
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        snapshot = await super().fetch(ref, parts=parts, since=since)
        return replace(snapshot, thread=snapshot.thread and with_public_files(snapshot.thread))


def with_public_files(thread: Thread) -> Thread:
    shown = tuple(
        replace(comment, attachments=tuple(replace(a, visibility=Visibility.PUBLIC) for a in comment.attachments))
        for comment in thread.comments
    )
    return replace(thread, comments=shown)


class KnowsNoDeath(MemoryConnector):
    last: Snapshot | None = None

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        try:
            self.last = await super().fetch(ref, parts=parts, since=since)
        except NotFound:
            if self.last is None:
                raise
        return replace(self.last, life=Life.ACTIVE)


class RemembersTheDead(MemoryConnector):
    dead: frozenset[str] = frozenset()

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        try:
            snapshot = await super().fetch(ref, parts=parts, since=since)
        except NotFound:
            self.dead |= {ref}
            raise
        return replace(snapshot, life=Life.DELETED) if ref in self.dead else snapshot


class NeverMoves(MemoryConnector):
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        return replace(await super().fetch(ref, parts=parts, since=since), container="CORE")


class NamesNoSurvivor(MemoryConnector):
    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        return replace(await super().fetch(ref, parts=parts, since=since), merged_into=None)


# -- what is large


class CutsWithoutAWord(MemoryConnector):
    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        short = replace(message, body=replace(message.body, text=message.body.text[:60_000]))
        return await super().comment(ref, short, key=key, expect=expect)


class LoadsAllAtOnce(MemoryConnector):
    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        yield b"".join([piece async for piece in super().download(attachment)])


class ForgetsNothingSaid(MemoryConnector):
    said: tuple[Comment, ...] = ()

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        snapshot = await super().fetch(ref, parts=parts, since=since)
        if snapshot.thread is not None:
            here = snapshot.thread.comments
            self.said = (*(comment for comment in self.said if comment not in here), *here)
            snapshot = replace(snapshot, thread=replace(snapshot.thread, comments=self.said))
        return snapshot

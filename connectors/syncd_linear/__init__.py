"""Linear as a connector: GraphQL at one address, fixed documents (`documents`), ids that we choose (`ids`).

Linear's JSON is in `wire`, what it means in `reading`, operations in `api`, reads in `reader`, writes in `writing`.
Sources: the schema of the API, and linear.app/developers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Unpack

from syncd.core.model import Attachment, Body, Comment, Fields, Internal, Person, Snapshot
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
from syncd.sdk.errors import NotFound, Rejected, Unauthorized
from syncd_linear import hook, ids, polling
from syncd_linear.api import Api, explain, read_quotas
from syncd_linear.config import LinearConfig
from syncd_linear.fields import FIELDS
from syncd_linear.memory import Memory
from syncd_linear.reader import Reader
from syncd_linear.reading import BEGINNING, Reading, comment_token
from syncd_linear.text import write as write_text
from syncd_linear.wire import HookJson, StampJson, WrittenCommentJson, milliseconds
from syncd_linear.writing import Writer

__all__ = ["Linear", "LinearConfig"]


class Linear(Connector):
    """One account in a Linear workspace. A ref is an issue's UUID, which outlives moves; its identifier is the label.

    Linear guards no write, so `update` proves nothing: the caller reads with `since` and finds what others did.
    """

    name = "linear"
    Config: ClassVar[type[ConnectionConfig]] = LinearConfig
    capabilities = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.MANAGE_WEBHOOKS,
            Capability.HISTORY,
            Capability.REPEATABLE_CREATE,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.EDIT_COMMENTS,
            Capability.DELETE_COMMENTS,
            Capability.FILES,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    fields = FIELDS
    key_lifetime = timedelta(days=3650)  # an id is taken as long as its issue exists
    place_keys = frozenset({"team"})
    container = "team"

    def __init__(self, config: LinearConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self.config: LinearConfig = config
        self._client = open_client(
            self,
            config.url,
            sign_in=config.sign_in(),
            explain=explain,
            quotas=read_quotas,
            download_hosts=config.download_hosts,
        )
        self._api = Api(self._client)
        reading = Reading(config.files_url, config.follow_duplicates)
        self._reader = Reader(self._api, reading=reading, memory=Memory())
        self._writer = Writer(self._api, reader=self._reader, config=config)
        self._becoming_known = asyncio.Lock()

    async def aclose(self) -> None:
        await self._client.aclose()

    def quotas(self) -> Sequence[Quota]:
        return self._client.quotas()

    # -- the account

    async def check(self) -> Account:
        me, _ = await self._api.viewer()
        if not me.active:
            raise Unauthorized("linear: the account is suspended")
        self._reader.reading = replace(self._reader.reading, me=me)
        lacks = ("membership of the workspace: a guest sees some teams only",) if me.guest else ()
        return Account(me.id, me.name, me.email, lacks=lacks)

    async def _known(self) -> None:
        """Who we are, without which nothing can be told to be ours."""
        async with self._becoming_known:
            if self._reader.reading.me is None:
                await self.check()

    async def describe(self) -> Description:
        """No team is public in the sense of strangers: even a "public" one is for members of the workspace."""
        known = await self._writer.catalogue(anew=True)
        teams = sorted(team.key for team in known.teams.values() if team.retired_at is None)
        options = {"status": tuple(dict.fromkeys(state.name for state in known.states)), "team": tuple(teams)}
        described = (replace(info, options=options.get(info.name, info.options)) for info in FIELDS)
        return Description(fields=tuple(described), containers=dict.fromkeys(teams, ()))

    async def person(self, email: str) -> Person | None:
        """An active member who can be assigned, by address."""
        for user in await self._api.users(email):
            if user.email.casefold() == email.casefold() and user.active and user.is_assignable:
                return Person(user.id, user.name, user.email)
        return None

    # -- hints

    def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        return polling.changes(self._api, cursor, overlap=self.config.overlap)

    async def cursor_at(self, moment: datetime) -> str:
        return str(milliseconds(moment))

    def receive(self, webhook: Webhook) -> Delivery:
        return hook.receive(webhook, secrets=(self.config.webhook_secret, self.config.webhook_secret_old))

    def includes(self, revision: str, changed: Changed) -> bool:
        """By time, of the issue's own stamps. Whether a comment is shown, only the thread itself tells."""
        return changed.token.isdecimal() and revision.isdecimal() and int(changed.token) <= int(revision)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """One request, with the thread and the history in it where they are asked for."""
        await self._known()
        return await self._reader.read(ref, thread=Part.THREAD in parts, since=since)

    async def find(self, key: str) -> Sequence[Snapshot]:
        """By the id that the key gives, which is no search and does not lag."""
        await self._known()
        return await self._reader.find(ids.issue_id(key), since=BEGINNING)

    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return self._reader.download(attachment)

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        await self._known()
        made = await self._writer.create(draft, key=key)
        if made is not None:
            self._reader.remember(made)
            return self._reader.reading.snapshot(made, since=BEGINNING)
        found = await self.find(key)
        if not found:
            raise Rejected("linear: another account made an issue with the id that this key gives")
        return found[0]

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        await self._known()
        return _written(await self._writer.update(ref, fields, expect=expect))

    async def close(self, ref: str) -> Written:
        await self._known()
        return _written(await self._writer.close(ref))

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        await self._known()
        said = await self._writer.comment(ref, message, key=key)
        return Posted(self._reader.comment(said), Written(tokens=_tokens(said)))

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        await self._known()
        if isinstance(body, Internal):
            await self._writer.stays_inside(ref)
        said = await self._api.edit_comment(comment.id, {"body": write_text(body.text).source})
        return self._reader.comment(said)

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        """One that is gone already is no error."""
        try:
            await self._api.delete_comment(comment_id)
        except Rejected as error:
            try:
                await self._api.one_comment(comment_id)
            except NotFound:
                return
            raise error

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        """An attachment, which is a link: its address is unique on the issue, so the same again replaces it."""
        customer = backlink.customer.name if backlink.customer else ""
        subtitle = " · ".join(each for each in (customer, "done" if backlink.done else "") if each)
        given = {"issueId": ref, "url": backlink.url, "title": backlink.title, "subtitle": subtitle}
        await self._api.link(given)
        return Written()

    # -- webhooks

    async def hooks(self) -> Sequence[Hook]:
        return [_hook(each) for each in await self._api.hooks() if each.url is not None]

    async def register_hook(self, url: str) -> Hook:
        """For all public teams. An admin's right; a private team's webhook a person has to make."""
        secret = self.config.webhook_secret
        if secret is None or not secret.get_secret_value():
            raise Rejected("linear: `webhook_secret` is needed: with it Linear signs", field="webhook_secret")
        wanted = {"url": url, "resourceTypes": list(hook.RESOURCES), "secret": secret.get_secret_value()}
        for each in await self._api.hooks():
            if each.url == url:
                kept = sorted({*each.resource_types, *hook.RESOURCES})
                return _hook(await self._api.mend_hook(each.id, {**wanted, "resourceTypes": kept, "enabled": True}))
        return _hook(await self._api.make_hook({**wanted, "label": "syncd", "allPublicTeams": True, "enabled": True}))

    async def remove_hook(self, hook_id: str) -> None:
        try:
            await self._api.remove_hook(hook_id)
        except (NotFound, Rejected):
            if any(each.id == hook_id for each in await self._api.hooks()):
                raise

    def hook_steps(self, url: str) -> Sequence[str]:
        return (
            "In Linear, as an administrator, open Settings, API, and make a webhook.",
            f"Its address is {url}.",
            "Choose the data changes Issues and Comments, for all public teams; a private team needs one of its own.",
            "Put the signing secret that Linear shows into `webhook_secret` of this connection.",
        )


def _written(stamp: StampJson | None) -> Written:
    """The name under which the write comes back; what it ran over, its answer does not tell."""
    return Written() if stamp is None else Written(tokens=frozenset({str(milliseconds(stamp.updated_at))}))


def _tokens(said: WrittenCommentJson) -> frozenset[str]:
    """Of a comment, and of its issue if that very comment moved the issue's stamp."""
    moved = said.issue is not None and said.issue.updated_at == said.updated_at
    stamps = {str(milliseconds(said.updated_at))} if moved else set[str]()
    return frozenset({comment_token(said), *stamps})


def _hook(found: HookJson) -> Hook:
    lacks = tuple(each for each in hook.RESOURCES if each not in found.resource_types)
    return Hook(found.id, found.url or "", active=found.enabled, lacks=lacks, apart=not found.all_public_teams)

"""GitLab issues as a connector.

Its JSON is in `wire`, an issue's fields in `fields`, what stands in a text beside its words in `source`, its endpoints
in `api`; reads are in `reader`, writes in `writer`, polls in `poll`, webhooks in `hook` and `hooks`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Unpack

from syncd.core.model import Attachment, Body, Comment, Fields, Internal, Kind, Person, Snapshot
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
    FieldInfo,
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
from syncd_gitlab import hook, hooks, wire
from syncd_gitlab.api import Api, encoded, explain, read_quotas
from syncd_gitlab.config import FIELDS, ISSUE_TYPES, GitlabConfig
from syncd_gitlab.memory import Memory
from syncd_gitlab.poll import Poll
from syncd_gitlab.projects import Projects
from syncd_gitlab.reader import Reader
from syncd_gitlab.snapshot import Seen
from syncd_gitlab.wire import IssueJson, NoteJson, Place
from syncd_gitlab.writer import Writer

__all__ = ["Gitlab", "GitlabConfig"]


class Gitlab(Connector):
    """One account at one GitLab. A ref is the number of a project and of an issue in it: `14-23`.

    GitLab guards no write and tells no history of a description, so neither is claimed: the caller reads before it
    writes. See connectors/syncd_gitlab/README.md.
    """

    name: ClassVar[str] = "gitlab"
    Config: ClassVar[type[ConnectionConfig]] = GitlabConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.MANAGE_WEBHOOKS,
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
    fields: ClassVar[tuple[FieldInfo, ...]] = FIELDS
    place_keys: ClassVar[frozenset[str]] = frozenset({"project", "issue_type", "confidential"})
    config: GitlabConfig

    def __init__(self, config: GitlabConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self._client = open_client(self, config.site, sign_in=config.sign_in(), explain=explain, quotas=read_quotas)
        self._api, memory = Api(self._client), Memory()
        self._projects = Projects(self._api, config=config, memory=memory)
        self._reader = Reader(self._api, config=config, memory=memory, projects=self._projects)
        self._writer = Writer(self._api, config=config, memory=memory, projects=self._projects)
        self._me: int | None = None
        if config.link_via == "none":  # the class speaks for the usual config
            vars(self).update(capabilities=self.capabilities - {Capability.LINK_BACK})

    async def aclose(self) -> None:
        await self._client.aclose()

    def quotas(self) -> Sequence[Quota]:
        return self._client.quotas()

    # -- who and what

    async def check(self) -> Account:
        me, _ = await self._api.me()
        self._me = me.id
        lacks = self._projects.lacks(await self._projects.learn())
        email, ends = me.email or me.public_email or None, await self._api.token_ends()
        return Account(str(me.id), me.name or me.username, email, lacks=tuple(lacks), expires=ends)

    async def _own(self) -> int:
        if self._me is None:
            self._me = (await self._api.me())[0].id
        return self._me

    async def describe(self) -> Description:
        """Fields with the words of scoped labels, and the projects; those that are open to others are named."""
        words = await self._projects.words()
        scoped = [FieldInfo(name, Kind.CHOICE, options) for name, options in words.items()]
        projects = await self._projects.learn()
        return Description(
            fields=(*FIELDS, *scoped),
            containers={each.path_with_namespace: ISSUE_TYPES for each in projects},
            public_containers=frozenset(each.path_with_namespace for each in projects if each.open_to_others),
        )

    async def person(self, email: str) -> Person | None:
        """An active person who shows this very address: names are searched as well, and can hold any address."""
        for user in await self._api.users(email.strip().lower()):
            shown = {(address or "").lower() for address in (user.email, user.public_email)}
            if email.strip().lower() in shown - {""} and user.state == "active" and not user.bot:
                return user.person()
        return None

    # -- hints

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        poll = await self._poll()
        async for page in poll.changes(cursor):
            yield page

    async def cursor_at(self, moment: datetime) -> str:
        return (await self._poll()).cursor_at(moment)

    async def _poll(self) -> Poll:
        ids = await self._projects.ids()
        group = self.config.group
        feeds = [f"groups/{encoded(group)}"] if group else [f"projects/{id}" for id in ids]
        return Poll(self._api, feeds, frozenset(ids), self.config.overlap)

    def includes(self, revision: str, changed: Changed) -> bool:
        return wire.shows(revision, changed.token)

    def receive(self, webhook: Webhook) -> Delivery:
        secrets = (self.config.webhook_secret, self.config.webhook_secret_old)
        return hook.receive(webhook, secrets=secrets, signing_token=self.config.signing_token, own=self._me)

    async def hooks(self) -> Sequence[Hook]:
        return await hooks.listed(self._api, self._projects)

    async def register_hook(self, url: str) -> Hook:
        return await hooks.register(self._api, self._projects, url, secret=self.config.webhook_secret)

    async def remove_hook(self, hook_id: str) -> None:
        await hooks.remove(self._api, hook_id)

    def hook_steps(self, url: str) -> Sequence[str]:
        return hooks.steps(self.config.projects, url)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        return await self._reader.fetch(ref, parts=parts, since=since, own=await self._own())

    async def find(self, key: str) -> Sequence[Snapshot]:
        return await self._reader.find(key, own=await self._own())

    def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        return self._api.download(attachment.url)

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        return self._kept(await self._writer.create(draft, key=key))

    def _kept(self, issue: IssueJson) -> Snapshot:
        """A new issue has no comments: all of it is known."""
        self._reader.memory.issues.keep(issue.ref, issue)
        self._reader.memory.whole.keep(issue.ref, issue.revision)
        return self._reader.shown(issue)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await self._writer.update(ref, fields, expect=expect)

    async def close(self, ref: str) -> Written:
        return await self._writer.close(ref)

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """The answer does not say how old the issue is now, so nothing is foretold."""
        note = await self._writer.comment(ref, message, key=key)
        return Posted(self._shown(ref, note, internal=isinstance(message.body, Internal)))

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        note = await self._writer.edit_comment(ref, comment, body, key=key)
        shown = self._shown(ref, note, internal=isinstance(comment.body, Internal))
        return replace(shown, attachments=comment.attachments)

    def _shown(self, ref: str, note: NoteJson, *, internal: bool) -> Comment:
        """A note of ours. Its answer does not tell whether the issue is confidential, and thereby the note."""
        known = self._reader.memory.issues.get(ref)
        confidential = internal or known is None or known.confidential
        return Seen(Place.of(ref).project, note.author.id, confidential, {}).comment(note)

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        await self._api.delete_note(Place.of(ref), comment_id)

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        if Capability.LINK_BACK not in self.capabilities:
            return await super().link_back(ref, backlink, expect=expect)
        return await self._writer.link_back(ref, backlink, own=await self._own())

"""GitHub Issues as a connector: issues of one or several repositories, by REST.

Where requests go is in `api`, reads in `reader`, writes in `writer`, polls in `poll`, webhooks in `hook` and `hooks`.
See connectors/syncd_github/README.md for rights, settings and what was decided where GitHub leaves a choice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Unpack

from syncd.core.model import Body, Comment, Fields, Person, Snapshot
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
from syncd.sdk.text.compose import naming_files
from syncd_github import hook as webhooks
from syncd_github import marker, text
from syncd_github.api import Api
from syncd_github.auth import AppSignIn
from syncd_github.config import LABEL_FIELDS, STATUSES, GitHubConfig, fields_of
from syncd_github.fields import has_prefix
from syncd_github.hooks import Hooks
from syncd_github.people import People
from syncd_github.poll import Poll
from syncd_github.reader import Reader
from syncd_github.repositories import Repositories, Repository, refuse_leak
from syncd_github.revision import BEGINNING, Revision, comment_token
from syncd_github.snapshot import Reading
from syncd_github.wire import CommentJson
from syncd_github.writer import Writer

__all__ = ["GitHub", "GitHubConfig"]


class GitHub(Connector):
    """One account, or one installation of an App. A ref is the number of a repository and of an issue in it.

    GitHub guards no write: `update` proves nothing, and the caller reads with `since` what others did meanwhile. No
    comment is internal by itself: all are as visible as their repository. A connection of public repositories alone
    therefore loses INTERNAL_COMMENTS at `check`.
    """

    name: ClassVar[str] = "github"
    Config: ClassVar[type[ConnectionConfig]] = GitHubConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {
            Capability.WEBHOOKS,
            Capability.MANAGE_WEBHOOKS,
            Capability.HISTORY,
            Capability.FIND,
            Capability.CLOSE,
            Capability.INTERNAL_COMMENTS,
            Capability.EDIT_COMMENTS,
            Capability.DELETE_COMMENTS,
            Capability.PEOPLE,
            Capability.LINK_BACK,
            Capability.DESCRIBE,
        }
    )
    fields: ClassVar[tuple[FieldInfo, ...]] = fields_of(LABEL_FIELDS)
    settle: ClassVar[timedelta] = timedelta(seconds=30)  # GitHub states no lag of its lists; a copy may be behind
    place_keys: ClassVar[frozenset[str]] = frozenset({"repository", "type"})
    container: ClassVar[str] = "repository"
    config: GitHubConfig

    def __init__(self, config: GitHubConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        vars(self)["fields"] = fields_of(config.label_fields)  # this connection's; the class has the usual ones
        if config.link_via == "none":
            self._lose(Capability.LINK_BACK)
        self._api = Api(self)
        self._repositories = Repositories(self._api, config.repositories, age=config.visibility_age)
        self._reader = Reader(self._api, self._repositories, reading=Reading(config.label_fields))
        self._writer = Writer(self._reader, config)
        self._poll = Poll(self._api, self._repositories, config.overlap)
        self._hooks = Hooks(self._api, self._repositories, secret=config.webhook_secret)
        self._people = People(self._api, self._repositories)

    def _lose(self, *capabilities: Capability) -> None:
        vars(self)["capabilities"] = self.capabilities - set(capabilities)

    async def aclose(self) -> None:
        await self._api.client.aclose()

    def quotas(self) -> Sequence[Quota]:
        return self._api.client.quotas()

    # -- who and what

    async def check(self) -> Account:
        account, login = await self._people.own()
        self._reader.reading = replace(self._reader.reading, own=int(account.id))
        self._reader.login = login
        every = await self._repositories.all(anew=True)
        if all(repository.public for repository in every):
            self._lose(Capability.INTERNAL_COMMENTS)
        return replace(account, lacks=self._lacks(every))

    def _lacks(self, every: Sequence[Repository]) -> tuple[str, ...]:
        """Without these rights GitHub drops labels, assignees, milestone and type without a word."""
        if isinstance(self._api.sign_in, AppSignIn):
            held = self._api.sign_in.permissions.get("issues")
            return () if held == "write" else ("write issues (the App's permission `issues: write`)",)
        blind = [each.name for each in every if each.rights is not None and "push" not in each.rights]
        return tuple(f"push to {name}, which labels and assignees need" for name in blind)

    async def describe(self) -> Description:
        every = await self._repositories.all(anew=True)
        words: dict[str, dict[str, None]] = {"status": dict.fromkeys(STATUSES)}
        for repository in every:
            labels = await self._api.labels(repository.name)
            for name, prefix in self.config.label_fields.items():
                carried = (label[len(prefix) :] for label in labels if has_prefix(label, prefix))
                words.setdefault(name, {}).update(dict.fromkeys(carried))
            titles = (each.title for each in await self._api.milestones(repository.name))
            words.setdefault("milestone", {}).update(dict.fromkeys(titles))
        return Description(
            fields=tuple(replace(info, options=tuple(words.get(info.name, info.options))) for info in self.fields),
            containers={repository.name: () for repository in every},
            public_containers=frozenset(repository.name for repository in every if repository.public),
        )

    async def person(self, email: str) -> Person | None:
        return await self._people.by_email(email)

    # -- hints

    def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        return self._poll.changes(cursor)

    async def cursor_at(self, moment: datetime) -> str:
        return await self._poll.cursor_at(moment)

    def receive(self, webhook: Webhook) -> Delivery:
        secrets = (self.config.webhook_secret, self.config.webhook_secret_old)
        return webhooks.receive(webhook, secrets=secrets, ours=self._repositories.knows)

    def includes(self, revision: str, changed: Changed) -> bool:
        read = Revision.parse(revision)
        return read is not None and read.shows(changed.token)

    async def hooks(self) -> Sequence[Hook]:
        return await self._hooks.all()

    async def register_hook(self, url: str) -> Hook:
        return await self._hooks.register(url)

    async def remove_hook(self, hook_id: str) -> None:
        await self._hooks.remove(hook_id)

    def hook_steps(self, url: str) -> Sequence[str]:
        return tuple(
            f"Open https://github.com/{name}/settings/hooks/new, enter {url} as payload URL, choose the content type "
            "application/json, enter the secret of this connection, and select the events Issues and Issue comments."
            for name in self.config.repositories
        )

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        return await self._reader.fetch(ref, parts=parts, since=since)

    async def find(self, key: str) -> Sequence[Snapshot]:
        return [await self.fetch(ref, since=BEGINNING) for ref in await self._reader.find(key)]

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        return await self._writer.create(draft, key=key)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        return await self._writer.update(ref, fields, expect=expect)

    async def close(self, ref: str) -> Written:
        return await self._writer.close(ref)

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        return await self._writer.link_back(ref, backlink)

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """The API takes no files: each is named below the words, so that a reader knows what is missing."""
        repository, number = await self._repositories.locate(ref)
        repository = await self._guarded(repository, message.body)
        words = text.write(naming_files(message.body.text, message.files)).source
        answer = await self._api.comment(repository.name, number, marker.marked_comment(words, key))
        return Posted(self._said(answer, repository), Written(tokens=frozenset({comment_token(answer)})))

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        repository, _ = await self._repositories.locate(ref)
        repository = await self._guarded(repository, body)
        words = marker.marked_comment(text.write(body.text).source, key)
        return self._said(await self._api.edit_comment(repository.name, comment.id, words), repository)

    async def delete_comment(self, ref: str, comment_id: str) -> None:
        repository, _ = await self._repositories.locate(ref)
        await self._api.delete_comment(repository.name, comment_id)

    async def _guarded(self, repository: Repository, body: Body) -> Repository:
        """The repository as it is now. Rejected where an internal text would be read by strangers."""
        repository = await self._repositories.fresh(repository)
        refuse_leak(repository, body)
        return repository

    def _said(self, answer: CommentJson, repository: Repository) -> Comment:
        return self._reader.reading.comment(answer, repository)

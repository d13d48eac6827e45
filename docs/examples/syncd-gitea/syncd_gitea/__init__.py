"""Gitea issues over its REST API (v1): one private repository, polled.

See README.md for what it does, what it cannot, and what it leaves out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Unpack

from syncd.core.model import Fields, RichText, Snapshot, Value
from syncd.sdk.connector import (
    ALL_PARTS,
    Account,
    Capability,
    Changed,
    ConnectionConfig,
    Connector,
    Draft,
    FieldInfo,
    Message,
    Page,
    Part,
    Posted,
    Wiring,
    Written,
)
from syncd.sdk.errors import ConnectorError, NotFound, Rejected, Unavailable
from syncd.sdk.text import hidden
from syncd.sdk.text.compose import naming_files
from syncd_gitea import text
from syncd_gitea.api import Api
from syncd_gitea.config import FIELDS, STATUSES, GiteaConfig
from syncd_gitea.wire import IssueJson, UserJson

__all__ = ["Gitea", "GiteaConfig"]

LOOK_BACK: Final = timedelta(seconds=10)
"""A change is stamped before it can be seen; what takes longer than this to be committed would be missed."""


class Gitea(Connector):
    """One account at one repository. A ref is an issue's number; a revision see `IssueJson.revision`."""

    name: ClassVar[str] = "gitea"
    Config: ClassVar[type[ConnectionConfig]] = GiteaConfig
    capabilities: ClassVar[frozenset[Capability]] = frozenset(
        {Capability.FIND, Capability.CLOSE, Capability.INTERNAL_COMMENTS}
    )
    fields: ClassVar[tuple[FieldInfo, ...]] = FIELDS
    place_keys: ClassVar[frozenset[str]] = frozenset({"repository"})
    container: ClassVar[str] = "repository"
    config: GiteaConfig

    def __init__(self, config: GiteaConfig, **wiring: Unpack[Wiring]) -> None:
        super().__init__(config, **wiring)
        self._api = Api(self)
        self._me: UserJson | None = None
        self._made: dict[str, str | None] = {}  # ref -> key, of the issues of our account
        self._looked: datetime | None = None  # up to which they are known, by Gitea's clock

    async def aclose(self) -> None:
        await self._api.client.aclose()

    # -- who we are

    async def check(self) -> Account:
        self._me, _ = await self._api.me()
        private = (await self._api.repository()).private
        lacks = () if private else (f"a private repository: more than its members read {self.config.repository}",)
        return Account(str(self._me.id), self._me.full_name or self._me.login, lacks=lacks)

    async def _own(self) -> UserJson:
        if self._me is None:
            self._me, _ = await self._api.me()
        return self._me

    # -- what changed

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        """The cursor is the time at Gitea up to which all was told."""
        if cursor is None:
            _, now = await self._api.me()
            yield Page((), now.isoformat())
            return
        since = datetime.fromisoformat(cursor) - LOOK_BACK
        async for listed in self._api.issues(since=since.isoformat()):
            # the order is not that of the changes: until the last page, all that was told may have to be told again
            yield Page(hints(listed.issues), listed.at.isoformat() if listed.last else cursor)

    # -- reading

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        """Two requests with the thread, one without. Gitea tells no history."""
        issue, own = await self._api.issue(ref), await self._own()
        if Part.THREAD not in parts:
            return issue.snapshot(None, repository=self.config.repository)
        comments = [each.comment(own=own.id) for each in await self._api.comments(ref)]
        return issue.snapshot(comments, repository=self.config.repository)

    async def find(self, key: str) -> Sequence[Snapshot]:
        """Through all issues that our account made: no search of Gitea's reads a hidden mark. Then what came since."""
        asked = {"created_by": (await self._own()).login}
        if self._looked is not None:
            asked["since"] = (self._looked - LOOK_BACK).isoformat()
        async for listed in self._api.issues(**asked):
            self._made |= {issue.ref: issue.key for issue in listed.issues}
            self._looked = listed.at if listed.last else self._looked
        refs = sorted((ref for ref, made in self._made.items() if made == key), key=int)
        return [await self.fetch(ref) for ref in refs if not await self._is_gone(ref)]

    # -- writing

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        await self._refuse_strangers()
        if draft.place.get("repository") != self.config.repository:
            raise Rejected(f"gitea: this connection makes issues in {self.config.repository} only", field="repository")
        body = {**payload(draft.fields, key=key), "body": body_of(draft.fields.get("description"), key=key)}
        if body.pop("state", "open") == "closed":
            body["closed"] = True
        made = await self._api.make(body)
        return made.snapshot((), repository=self.config.repository)

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """One PATCH for all fields; its answer is the issue, and so the proof of what stands there."""
        await self._refuse_strangers()
        key = (await self._api.issue(ref)).key if "description" in fields else None  # which must outlive the words
        issue = await self._api.edit(ref, payload(fields, key=key))
        stands = issue.fields()
        return Written(issue.revision, {name: stands[name] for name in fields}, frozenset({issue.revision}))

    async def close(self, ref: str) -> Written:
        issue = await self._api.issue(ref)
        if issue.state == "closed":
            return Written()
        return await self.update(ref, {"status": "closed"}, expect=issue.revision)

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        """Internal and public are the same here: only members read a private repository."""
        await self._refuse_strangers()
        own = await self._own()
        words = text.write(naming_files(message.body.text, message.files))
        try:
            made = await self._api.say(ref, hidden.marked(words, key))
        except Unavailable:
            if await self._is_gone(ref):
                raise NotFound(f"gitea: there is no issue {ref}") from None
            raise  # as it was: the comment may have been written
        return Posted(made.comment(own=own.id))

    async def _is_gone(self, ref: str) -> bool:
        """Whether Gitea says so. What goes wrong here must not hide that a comment before it may be there."""
        try:
            await self._api.issue(ref)
        except NotFound:
            return True
        except ConnectorError:
            return False
        return False

    async def _refuse_strangers(self) -> None:
        """Asked before each write: a repository can be made public at any time, and then all that it holds is."""
        if not (await self._api.repository()).private:
            raise Rejected(f"gitea: more than its members read {self.config.repository}; nothing is written there")


def hints(issues: Sequence[IssueJson]) -> tuple[Changed, ...]:
    """A row does not say what changed in it, so each hint is about all parts."""
    return tuple(Changed(each.ref, each.revision, revision=each.revision, at=each.updated_at) for each in issues)


def payload(fields: Fields, *, key: str | None) -> dict[str, Any]:
    """Fields as CreateIssueOption and EditIssueOption take them (modules/structs/issue.go)."""
    body: dict[str, Any] = {}
    for name, value in fields.items():
        match name, value:
            case "title", str():
                body["title"] = text.title(value)
            case "description", _:
                body["body"] = body_of(value, key=key)
            case "status", str() if value in STATUSES:
                body["state"] = value
            case _:
                raise Rejected(f"gitea: {name} cannot be set to this", field=name)
    return body


def body_of(value: Value, *, key: str | None) -> str:
    """A description with our mark behind it; nothing is an empty one."""
    words = text.write(value.markdown) if isinstance(value, RichText) else ""
    return hidden.marked(words, key) if key else words

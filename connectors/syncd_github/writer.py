"""Writing: creates, updates, and the line that shows a ticket. Everything is checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from syncd.core.model import Fields, RichText, Snapshot, Value
from syncd.sdk.connector import Backlink, Draft, Written
from syncd.sdk.errors import ConnectorError, Rejected, Stale, Unavailable
from syncd_github import marker, text
from syncd_github.config import GitHubConfig
from syncd_github.fields import ON_LABELS, Change, label_changes, plain_body, status_steps
from syncd_github.marker import Marked, taken_apart
from syncd_github.reader import Reader
from syncd_github.repositories import Repository, refuse_public
from syncd_github.revision import issue_token
from syncd_github.wire import IssueJson

PUBLISHED = frozenset({"title", "description"})
"""Fields that hold a ticket's own words."""


class Writer:
    def __init__(self, reader: Reader, config: GitHubConfig) -> None:
        self.reader = reader
        self.api = reader.api
        self.config = config
        self._words: dict[tuple[int, str], dict[str, Any]] = {}  # repository, kind -> word in lower case -> GitHub's

    # -- create

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        """One request, after one that asks whether the repository is public. State cannot be set by it."""
        repository = await self._place(draft.place)
        refuse_public(repository, allowed=self.config.allow_public, field="repository")
        body = await self._draft(repository, draft, key=key)
        answer = await self.api.create(repository.name, body)
        issue = self.reader.keep(repository, answer)
        return self.reader.reading.snapshot(issue, repository)

    async def _place(self, place: Mapping[str, str]) -> Repository:
        repository = await self.reader.repositories.named(place.get("repository", ""))
        if repository is None:
            raise Rejected("github: `repository` must be one of the connection's `repositories`", field="repository")
        return await self.reader.repositories.fresh(repository)

    async def _draft(self, repository: Repository, draft: Draft, *, key: str) -> dict[str, Any]:
        fields = {name: value for name, value in draft.fields.items() if name != "status"}
        body = {**plain_body(fields), **await self._looked_up(repository, fields)}
        if "title" not in body:
            raise Rejected("github: an issue always has a title", field="title")
        lines = (self._line(draft.backlink, repository),) if draft.backlink and self._shows(repository) else ()
        body["body"] = str(Marked(_source(fields.get("description")), key, lines))
        add, _ = label_changes(fields, (), self.config.label_fields)
        kind = draft.place.get("type")
        return {**body, **({"labels": list(add)} if add else {}), **({"type": kind} if kind else {})}

    # -- update

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        """One PATCH for all fields; a request for each change of labels, because a PATCH would replace them all.

        GitHub guards nothing and keeps no history of the description. So before that one is written the issue is read:
        Stale, where it is not what it was at `expect`.
        """
        repository, number = await self.reader.repositories.locate(ref)
        if PUBLISHED & fields.keys():
            repository = await self.reader.repositories.recent(repository)
            for name in PUBLISHED & fields.keys():
                refuse_public(repository, allowed=self.config.allow_public, field=name)
        change = await self._change(ref, repository, fields, expect=expect)
        return await self._send(repository, number, change)

    async def _change(self, ref: str, repository: Repository, fields: Fields, *, expect: str) -> Change:
        change = Change(body={**plain_body(fields), **await self._looked_up(repository, fields)})
        carried = {ON_LABELS, *self.config.label_fields} & fields.keys()
        if "description" in fields:
            change.body["body"] = await self._described(ref, fields["description"], expect=expect)
        if carried or "status" in fields:
            issue = await self.reader.seen(ref, expect=expect)
            change.add, change.remove = label_changes(fields, issue.label_names, self.config.label_fields)
            if "status" in fields:
                steps = status_steps(fields["status"], state=issue.state, reason=issue.state_reason)
                change.before, change.body = steps[0], {**change.body, **steps[1]}
        return change

    async def _described(self, ref: str, value: Value, *, expect: str) -> str:
        """The new words with our marker and lines as they stand there."""
        _, issue = await self.reader.current(ref)
        if expect and expect != issue_token(issue):
            raise Stale("github: the issue changed since it was read")
        return str(_with_words(issue, _source(value)))

    async def _send(self, repository: Repository, number: int, change: Change) -> Written:
        """After the first request has been answered, no error says that nothing happened."""
        sent, tokens = False, frozenset[str]()
        for label in change.remove:
            with _partly(sent):
                await self.api.remove_label(repository.name, number, label)
            sent = True
        if change.add:
            with _partly(sent):
                await self.api.add_labels(repository.name, number, change.add)
            sent = True
        for body in (change.before, change.body):
            if body:
                with _partly(sent):
                    answer = await self.api.edit(repository.name, number, body)
                sent, tokens = True, tokens | {issue_token(self.reader.keep(repository, answer))}
        return Written(tokens=tokens if not (change.add or change.remove or change.before) else frozenset())

    async def close(self, ref: str) -> Written:
        """Without a reason, which GitHub takes for `completed`."""
        repository, issue = await self.reader.current(ref)
        if issue.state == "closed":
            return Written()
        return await self._send(repository, issue.number, Change(body={"state": "closed"}))

    # -- the other half

    async def link_back(self, ref: str, backlink: Backlink) -> Written:
        """A line at the end of the body: GitHub has no links to elsewhere."""
        if self.config.link_via == "none":
            return Written()
        repository, issue = await self.reader.current(ref)
        repository = await self.reader.repositories.fresh(repository)
        refuse_public(repository, allowed=self.config.allow_public, field=None)
        now = taken_apart(issue.body or "")
        line = self._line(backlink, repository)
        if line in now.lines or marker.address_of(line) in now.addresses:
            return Written()
        return await self._send(repository, issue.number, Change(body={"body": str(now.showing(line))}))

    def _shows(self, repository: Repository) -> bool:
        return self.config.link_via == "body" and (self.config.allow_public or not repository.public)

    def _line(self, backlink: Backlink, repository: Repository) -> str:
        """Strangers see no more than the ticket's number; its title and its customer are nobody's business there."""
        if repository.public:
            return marker.line(backlink.label, backlink.url)
        customer = f" ({backlink.customer.name})" if backlink.customer and backlink.customer.name else ""
        return marker.line(f"{backlink.title}{customer}", backlink.url)

    # -- words of the repository

    async def _looked_up(self, repository: Repository, fields: Fields) -> dict[str, Any]:
        """Milestones as their numbers. A word that GitHub does not have is refused here: it would make a new label."""
        for name, prefix in self.config.label_fields.items():
            if fields.get(name) is not None:
                await self._word(repository, "labels", f"{prefix}{fields[name]}", field=name)
        if "milestone" not in fields:
            return {}
        if fields["milestone"] is None:
            return {"milestone": None}
        return {"milestone": await self._word(repository, "milestones", str(fields["milestone"]), field="milestone")}

    async def _word(self, repository: Repository, kind: str, word: str, *, field: str) -> Any:
        known = self._words.get((repository.id, kind), {})
        if word.casefold() not in known:
            known = self._words[repository.id, kind] = await self._ask(repository, kind)
        if word.casefold() not in known:
            raise Rejected(f"github: {repository.name} has no `{word}` among its {kind}", field=field)
        return known[word.casefold()]

    async def _ask(self, repository: Repository, kind: str) -> dict[str, Any]:
        if kind == "labels":
            return {name.casefold(): name for name in await self.api.labels(repository.name)}
        return {each.title.casefold(): each.number for each in await self.api.milestones(repository.name)}


def _source(value: Value) -> str:
    """A description in GitHub's Markdown."""
    match value:
        case RichText(markdown=markdown):
            return text.write(markdown).source
        case None:
            return ""
        case _:
            return text.write(str(value)).source


def _with_words(issue: IssueJson, words: str) -> Marked:
    stands = taken_apart(issue.body or "")
    return Marked(words, stands.key, stands.lines)


@contextmanager
def _partly(sent: bool) -> Iterator[None]:
    """After something was written, every failure means: look before you write again."""
    try:
        yield
    except ConnectorError as error:
        if sent:
            raise Unavailable(f"github: written in part: {error}") from error
        raise

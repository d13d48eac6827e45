"""What Linear answers as snapshots, comments, files and history; pure."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from syncd.core.model import (
    Attachment,
    Comment,
    Edit,
    Internal,
    Life,
    Person,
    Snapshot,
    Thread,
    Value,
)
from syncd_linear.fields import priority_word
from syncd_linear.ids import is_marked
from syncd_linear.text import Asset
from syncd_linear.text import read as read_text
from syncd_linear.wire import (
    BotJson,
    CommentJson,
    EntryJson,
    IssueJson,
    KeyJson,
    NameJson,
    PersonJson,
    StampJson,
    ViewerJson,
    milliseconds,
)

BEGINNING = "0"
"""The revision before all others: what a history since then holds is everything."""

SILENT = timedelta(minutes=3)
"""So long after its creation an issue's changes leave no entry in its history (linear.app/developers)."""

COMMENT, ISSUE = "comment", "issue"
_PLACE = "#syncd-"  # behind a file's address: where it is linked to; no server ever sees it


@dataclass(frozen=True, slots=True)
class Reading:
    """How one connection reads: who we are, and what it was told about the workspace."""

    files_url: str
    follow_duplicates: bool
    me: ViewerJson | None = None

    def snapshot(self, issue: IssueJson, *, entries: Sequence[EntryJson] = (), since: str | None = None) -> Snapshot:
        """The fields, and of the history what is later than `since`; the thread is for the caller to add."""
        revision = str(milliseconds(issue.updated_at))
        values = self.fields(issue)
        return Snapshot(
            ref=issue.id,
            revision=revision,
            fields=values,
            label=issue.identifier,
            url=issue.url,
            container=issue.team.key,
            life=_life(issue),
            merged_into=self._merged_into(issue),
            requester=person(issue.creator),
            created=_utc(issue.created_at),
            updated=_utc(issue.updated_at),
            history=() if since is None else self.history(entries, since=since, labels=values["labels"]),
            tokens=frozenset({revision}),
        )

    def fields(self, issue: IssueJson) -> dict[str, Value]:
        return {
            "title": issue.title,
            "description": read_text(issue.description or "", files_url=self.files_url).text,
            "priority": priority_word(issue.priority),
            "status": issue.state.name,
            "labels": frozenset(each.name for each in issue.labels.nodes),
            "assignee": person(issue.assignee),
            "estimate": _number(issue.estimate),
            "dueDate": issue.due_date,
            "team": issue.team.key,
            "statusType": issue.state.type,
            "identifier": issue.identifier,
            "creator": person(issue.creator),
        }

    def _merged_into(self, issue: IssueJson) -> str | None:
        """Of what an issue is a duplicate, if its state says so and it names exactly one."""
        if not self.follow_duplicates or issue.state.type != "duplicate":
            return None
        found = {each.related_issue.id for each in issue.relations.nodes if each.type == "duplicate"}
        return found.pop() if len(found) == 1 else None

    # -- who

    def made_by_us(self, creator: PersonJson | None, bot: BotJson | None) -> bool:
        """Our account; an application that acts as itself shows as a bot without a user."""
        if creator is not None:
            return self.me is not None and creator.id == self.me.id
        return self._is_our_bot(bot)

    def _is_our_bot(self, bot: BotJson | None) -> bool:
        """Its id is not said to be that of the application's user, so its name counts as well."""
        if bot is None or self.me is None or not self.me.app:
            return False
        return bot.id == self.me.id or bot.name == self.me.name

    # -- the thread

    def comment(self, said: CommentJson, *, key: str | None) -> Comment:
        """Nobody outside the workspace reads it, so it is internal. Its files are links in its text."""
        read = read_text(said.body, files_url=self.files_url)
        ours = self.made_by_us(said.user, said.bot_actor) and is_marked(said.id)
        author = _author(said)
        files = (self._file(each, author, at=said.created_at, place=f"{COMMENT}={said.id}") for each in read.assets)
        return Comment(
            id=said.id,
            body=Internal(read.text.markdown),
            author=author,
            created=_utc(said.created_at),
            attachments=tuple(files),
            source=read.text.source,
            key=(key or said.id) if ours else None,
            lost=read.text.lost,
        )

    def thread(self, issue: IssueJson, comments: Iterable[Comment]) -> Thread:
        """With the files of the description, which hang on no comment."""
        author = person(issue.creator) or Person("", "Linear")
        assets = read_text(issue.description or "", files_url=self.files_url).assets
        files = (self._file(each, author, at=issue.created_at, place=f"{ISSUE}={issue.id}") for each in assets)
        return Thread(tuple(comments), tuple(files))

    def _file(self, asset: Asset, author: Person, *, at: datetime, place: str) -> Attachment:
        """Linear tells neither size nor type of a file: the one is unknown (0), the other as its name says."""
        return Attachment(
            id=asset.url.removeprefix(self.files_url.rstrip("/") + "/"),
            name=asset.name,
            size=0,
            media_type=mimetypes.guess_type(asset.name)[0] or "application/octet-stream",
            author=author,
            url=f"{asset.url}{_PLACE}{place}",
            created=_utc(at),
        )

    # -- history

    def history(self, entries: Sequence[EntryJson], *, since: str, labels: Value) -> tuple[Edit, ...]:
        """Edits later than a revision, oldest first. What a description was before, Linear does not keep here."""
        later = [each for each in entries if _at(each) > int(since)]
        newest_first = sorted(later, key=_at, reverse=True)
        now = labels if isinstance(labels, frozenset) else frozenset[str]()
        found: list[Edit] = []
        for entry in newest_first:
            before = (now - _names(entry.added_labels)) | _names(entry.removed_labels)
            found += self._edits(entry, labels=(before, now))
            now = before
        return tuple(reversed(found))

    def _edits(self, entry: EntryJson, *, labels: tuple[frozenset[str], frozenset[str]]) -> list[Edit]:
        ours = (self.me is not None and entry.actor_id == self.me.id) or self._is_our_bot(entry.bot_actor)
        changed: dict[str, tuple[Value, Value]] = {
            "title": (entry.from_title, entry.to_title),
            "priority": (_priority(entry.from_priority), _priority(entry.to_priority)),
            "status": (_name(entry.from_state), _name(entry.to_state)),
            "assignee": (person(entry.from_assignee), person(entry.to_assignee)),
            "estimate": (_number(entry.from_estimate), _number(entry.to_estimate)),
            "dueDate": (entry.from_due_date, entry.to_due_date),
            "team": (_key(entry.from_team), _key(entry.to_team)),
        }
        if entry.added_labels or entry.removed_labels:
            changed["labels"] = labels
        return [
            Edit(field=name, old=old, new=new, ours=ours, at=_utc(entry.updated_at), id=f"{entry.id}/{name}")
            for name, (old, new) in changed.items()
            if old != new
        ]


def place_of(file: Attachment) -> tuple[str, str, str]:
    """Of a file: its address, and whether it is linked to from a "comment" or an "issue", and which."""
    url, _, place = file.url.partition(_PLACE)
    kind, _, id = place.partition("=")
    return url, kind, id


def comment_token(comment: StampJson) -> str:
    """The name of one state of a comment; an edit makes another."""
    return f"comment:{comment.id}@{milliseconds(comment.updated_at)}"


def person(found: PersonJson | None) -> Person | None:
    return None if found is None else Person(found.id, found.name, found.email)


def _author(said: CommentJson) -> Person:
    if said.user is not None:
        return Person(said.user.id, said.user.name, said.user.email)
    if said.external_user is not None:
        return Person(said.external_user.id, said.external_user.name)
    bot = said.bot_actor
    return Person((bot and bot.id) or "", (bot and bot.name) or "Linear")


def _life(issue: IssueJson) -> Life:
    if issue.trashed:
        return Life.DELETED
    return Life.LOCKED if issue.archived_at is not None else Life.ACTIVE


def _at(entry: EntryJson) -> int:
    """An entry has a stamp of its last change too; whether Linear writes on one is not documented."""
    return max(milliseconds(entry.created_at), milliseconds(entry.updated_at))


def _names(found: Iterable[NameJson] | None) -> frozenset[str]:
    return frozenset(each.name for each in found or ())


def _name(found: NameJson | None) -> str | None:
    return None if found is None else found.name


def _key(found: KeyJson | None) -> str | None:
    return None if found is None else found.key


def _priority(number: float | None) -> str | None:
    return None if number is None else priority_word(number)


def _number(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(f"{value:g}")


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)

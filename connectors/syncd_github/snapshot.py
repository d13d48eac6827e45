"""Issues and comments as snapshots. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from syncd.core.model import Comment, Life, Person, Snapshot, Thread
from syncd_github import text
from syncd_github.fields import fields_of
from syncd_github.marker import comment_apart, taken_apart
from syncd_github.repositories import Repository
from syncd_github.revision import comment_token, issue_token
from syncd_github.wire import GHOST, CommentJson, IssueJson, UserJson


@dataclass(frozen=True, slots=True)
class Reading:
    """How this connection reads: as whom, and which fields labels carry."""

    label_fields: Mapping[str, str]
    own: int = 0  # number of the own account; 0 before it is known

    def ours(self, user: UserJson | None) -> bool:
        return user is not None and user.id == self.own != 0

    def key_of(self, issue: IssueJson) -> str | None:
        return taken_apart(issue.body or "").key if self.ours(issue.user) else None

    def snapshot(
        self, issue: IssueJson, repository: Repository, *, comments: Iterable[CommentJson] | None = None
    ) -> Snapshot:
        revision = issue_token(issue)
        tokens = {revision}
        thread = None
        if comments is not None:
            found = sorted(comments, key=lambda each: each.id)
            thread = Thread(tuple(self.comment(each, repository) for each in found))
            tokens |= {comment_token(each) for each in found}
        return Snapshot(
            ref=repository.ref(issue.number),
            revision=revision,
            fields=fields_of(issue, self.label_fields),
            label=f"{repository.name}#{issue.number}",
            url=issue.html_url,
            container=repository.name,
            life=Life.LOCKED if repository.archived else Life.ACTIVE,
            requester=issue.user.person() if issue.user else None,
            created=issue.created_at,
            updated=issue.updated_at,
            thread=thread,
            tokens=frozenset(tokens),
        )

    def comment(self, given: CommentJson, repository: Repository) -> Comment:
        """A key is believed only where our own account wrote it; on others it is a hidden comment like any."""
        words, key = comment_apart(given.body) if self.ours(given.user) else (given.body, None)
        rich = text.read(words)
        return Comment(
            id=str(given.id),
            body=repository.said(rich.markdown),
            author=given.user.person() if given.user else Person(GHOST, GHOST),
            created=given.created_at,
            source=given.body,
            key=key,
            lost=rich.lost,
        )


def deleted(repository: Repository, number: int) -> Snapshot:
    """What GitHub says was deleted (410)."""
    return Snapshot(
        ref=repository.ref(number),
        revision="",
        fields={},
        label=f"{repository.name}#{number}",
        container=repository.name,
        life=Life.DELETED,
    )

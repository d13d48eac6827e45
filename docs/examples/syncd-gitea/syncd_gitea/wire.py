"""Gitea's JSON as checked values, and the snapshots made of them. No request, no clock.

The JSON is that of modules/structs/issue.go, issue_comment.go, user.go and repo.go in go-gitea/gitea.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from syncd.core.model import Comment, Fields, Internal, Person, Snapshot, Thread
from syncd.sdk.text import hidden
from syncd_gitea import text


class Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class UserJson(Answer):
    id: int
    login: str
    full_name: str = ""

    def person(self) -> Person:
        """Without an address: of who hides theirs, Gitea tells a made-up one."""
        return Person(str(self.id), self.full_name or self.login)


class RepositoryJson(Answer):
    full_name: str
    private: bool  # False too where all who are signed in may read


class LabelJson(Answer):
    name: str


class CommentJson(Answer):
    id: int
    user: UserJson
    body: str
    created_at: datetime

    def comment(self, *, own: int) -> Comment:
        """As internal as the repository is private. The key counts where we wrote it, not where somebody quotes it."""
        words, key = hidden.split(self.body)
        read = text.read(words)
        return Comment(
            id=str(self.id),
            body=Internal(read.markdown),
            author=self.user.person(),
            created=self.created_at,
            source=read.source,
            key=key if self.user.id == own else None,
        )


class IssueJson(Answer):
    number: int
    html_url: str
    user: UserJson
    title: str
    body: str
    state: str
    labels: Annotated[tuple[LabelJson, ...], BeforeValidator(lambda value: value or ())]  # Go says null for none
    comments: int
    created_at: datetime
    updated_at: datetime
    pull_request: object = None

    @property
    def ref(self) -> str:
        return str(self.number)

    @property
    def key(self) -> str | None:
        return hidden.split(self.body)[1]

    @property
    def revision(self) -> str:
        """The stamp has whole seconds, in which two changes may share it; what the issue shows tells them apart."""
        labels = sorted(label.name for label in self.labels)
        shown = repr((self.title, self.body, self.state, labels, self.comments))
        return f"{self.updated_at.isoformat()} {hashlib.sha256(shown.encode()).hexdigest()[:12]}"

    def fields(self) -> Fields:
        return {
            "title": self.title,
            "description": text.read(hidden.split(self.body)[0]),
            "status": self.state,
            "labels": frozenset(label.name for label in self.labels),
            "author": self.user.person(),
        }

    def snapshot(self, comments: Sequence[Comment] | None, *, repository: str) -> Snapshot:
        """None where the comments were not asked for."""
        return Snapshot(
            ref=self.ref,
            revision=self.revision,
            fields=self.fields(),
            label=f"{repository}#{self.number}",
            url=self.html_url,
            container=repository,
            requester=self.user.person(),
            created=self.created_at,
            updated=self.updated_at,
            thread=None if comments is None else Thread(tuple(comments)),
            tokens=frozenset({self.revision}),
        )

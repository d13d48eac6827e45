"""Revisions and names of changes, made of GitHub's whole-second stamps and of what an issue shows.

    2026-11-21T19:14:39Z 5f0c81aa93d2

`updated_at` has whole seconds: two changes of one second share a stamp. They differ in the digest, which is of what the
issue shows, the same in a list, in an answer and in a webhook. New and edited comments move the issue's `updated_at` to
their own time (the samples of issue_comment webhooks show it), but an edit changes nothing in the issue's digest; so
comments have names of their own, with their time and a digest of their words.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from syncd_github.wire import CommentJson, IssueJson

BEGINNING = ""
"""No revision: all of an issue's history is younger."""

_REVISION = re.compile(r"(\S+Z) ([0-9a-f]{12})")
_COMMENT = re.compile(r"comment:\d+@(\S+Z) [0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Revision:
    """What a read of an issue showed; stamps are ordered as text. It is the name of the latest change, too."""

    stamp: str
    digest: str

    @classmethod
    def of(cls, issue: IssueJson) -> Revision:
        return cls(stamped(issue.updated_at), digest_of(issue))

    @classmethod
    def parse(cls, text: str) -> Revision | None:
        """None for what was never one of ours."""
        found = _REVISION.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    def __str__(self) -> str:
        return f"{self.stamp} {self.digest}"

    def shows(self, token: str) -> bool:
        """Whether a read that showed this surely shows that change: an older one, or this very one.

        What else happened in the same second is not known to have been seen.
        """
        stamp = stamp_of(token)
        return stamp is not None and (stamp < self.stamp or token == str(self))


def stamped(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def is_young(moment: datetime, *, now: datetime) -> bool:
    """Whether more may still happen in that second, by GitHub's own clock."""
    return int(now.timestamp()) <= int(moment.timestamp())


def issue_token(issue: IssueJson) -> str:
    return str(Revision.of(issue))


def comment_token(comment: CommentJson) -> str:
    return f"comment:{comment.id}@{stamped(comment.updated_at)} {_digest(comment.body)}"


def stamp_of(token: str) -> str | None:
    """When the change was that this names; None where its name does not tell."""
    found = _COMMENT.fullmatch(token) or _REVISION.fullmatch(token)
    return found[1] if found else None


def fields_digest(issue: IssueJson) -> str:
    """Of all that a snapshot shows of an issue, its thread and the time left out."""
    return _digest(
        [
            *(issue.title, issue.body or "", issue.state, issue.state_reason, issue.locked),
            *(sorted(issue.label_names), [user.login for user in issue.assignees]),
            issue.milestone.title if issue.milestone else None,
            issue.type.name if issue.type else None,
        ]
    )


def digest_of(issue: IssueJson) -> str:
    return _digest([fields_digest(issue), issue.comments])


def _digest(what: object) -> str:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:12]

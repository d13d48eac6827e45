"""Which comments cross, what they say there, and who may read them there.

The direction of safety is one: what is not surely public is internal, and `disclose` is the only way from `Internal`
to `Public`.
"""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never

from syncd.core.mapping import AttachmentRule, CommentRule
from syncd.core.model import Attachment, Body, Comment, Internal, Public, Side, Visibility
from syncd.core.moments import said_at


@dataclass(frozen=True, slots=True)
class CommentTwin:
    """A comment and its copy on the other side. `target` is empty for one that was left out on purpose."""

    side: Side  # where the original stands
    source: str
    target: str
    digest: str  # of the original when it was copied
    visibility: Visibility = Visibility.INTERNAL  # of the copy


def digest(comment: Comment) -> str:
    """A name of a comment's present text and visibility; another one means that somebody edited it."""
    return hashlib.sha256(f"{comment.visibility}\0{comment.source or comment.body.text}".encode()).hexdigest()[:32]


def rule_for(rules: Iterable[CommentRule], side: Side, body: Body) -> CommentRule | None:
    """The first rule that speaks of such a comment; without one it stays where it is."""
    return next((rule for rule in rules if _speaks_of(rule, side, body)), None)


def _speaks_of(rule: CommentRule, side: Side, body: Body) -> bool:
    if rule.side is not side or rule.source not in (None, body.visibility):
        return False
    if rule.visibility is Visibility.PUBLIC and body.visibility is Visibility.INTERNAL and not rule.discloses:
        return False
    return not rule.starts_with or begins(body.text, rule.starts_with)


def begins(text: str, word: str) -> bool:
    """Whether a text begins with a word as a word: `/customer` does not begin `/customers`."""
    start = text.lstrip()
    return start.startswith(word) and not start[len(word) : len(word) + 1].isalnum()


def carry(comment: Comment, rule: CommentRule, *, origin: str, left_out: Sequence[str] = (), old: bool = False) -> Body:
    """The text of the copy.

    Args:
        origin: what people call the ticket it comes from ("ticket #7"), for the line that names the author.
        left_out: sentences about files that do not come along; told to the people who work on it, never to customers.
        old: it was written long before it is copied, so that the copy says when. Of a public copy that is all it says:
            the name of who wrote it is for the people who work on the ticket.
    """
    text = comment.body.text.lstrip()
    if rule.starts_with:
        text = text[len(rule.starts_with) :].lstrip(" :\n")
    match _body(comment.body, text, rule):
        case Public(text):
            return Public(f"*Written on {said_at(comment.created)}:*\n\n{text}".rstrip() if old else text)
        case Internal(text):
            author = _escaped(comment.author.name or comment.author.id)
            when = f" on {said_at(comment.created)}" if old else ""
            lines = [f"**{author}** wrote in {origin}{when}:", text, *(f"*{line}*" for line in left_out)]
            return Internal("\n\n".join(line for line in lines if line))


def _body(body: Body, text: str, rule: CommentRule) -> Body:
    match body, rule.visibility:
        case _, Visibility.INTERNAL:
            return Internal(text)
        case Public(), Visibility.PUBLIC:
            return Public(text)
        case Internal(), Visibility.PUBLIC:
            return disclose(Internal(text), rule)
        case _ as unreachable:
            assert_never(unreachable)


def disclose(body: Internal, rule: CommentRule) -> Public:
    """Make an internal text public because a rule of the mapping asks for it by name.

    Raises:
        PermissionError: the rule does not; a bug of ours, and better a parked comment than a leak.
    """
    if not rule.discloses:
        raise PermissionError(f"{rule.where} does not allow internal text to become public")
    return Public(body.text)


def sort_files(files: Sequence[Attachment], rule: AttachmentRule) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """Which files come along, and a sentence for each that does not."""
    taken: list[Attachment] = []
    refused: list[str] = []
    for file in files:
        if why := _refusal(file, rule, len(taken)):
            refused.append(f"File {_escaped(file.name)} was not copied: {why}.")
        else:
            taken.append(file)
    return tuple(taken), tuple(refused)


def _refusal(file: Attachment, rule: AttachmentRule, taken: int) -> str:
    if file.size > rule.max_size:
        return f"{file.size / 1e6:.1f} MB is over the limit of {rule.max_size / 1e6:.0f} MB"
    if not any(fnmatch.fnmatchcase(file.media_type.lower(), pattern) for pattern in rule.types):
        return f"the type {file.media_type} is not among the allowed ones"
    if taken >= rule.per_comment:
        return f"a comment takes {rule.per_comment} files"
    return ""


def _escaped(name: str) -> str:
    """A name inside Markdown, with nothing that formats."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]<>()#+-!|~" else letter for letter in name)

"""Decisions about comments, files and backlinks, in the order of the source's own thread."""

from __future__ import annotations

from collections.abc import Iterator

from syncd.core import comments as texts
from syncd.core.comments import CommentTwin
from syncd.core.decision import (
    AddComment,
    AddFile,
    Decision,
    EditComment,
    Flag,
    LinkBack,
    Scope,
    SkipComment,
    SkipFile,
)
from syncd.core.fields import title_of
from syncd.core.model import Attachment, Body, Comment, Internal, Public, Side, Snapshot, Visibility
from syncd.core.view import View


def backlinks(view: View) -> Iterator[LinkBack]:
    """Show each ticket on the other, once, and again when its label or address changes."""
    for side in Side:
        other = view.now(side.other)
        if other is None or not other.url or not view.takes_writes(side):
            continue
        item = f"link:{side}:{other.url}:{other.label}"
        if item not in view.known.told and view.known.parked.get(f"{Scope.LINK}:{side}") != item:
            title = f"{other.label} {title_of(other.fields, view.mapping.fields, side.other)}".strip()
            support = view.now(Side.SUPPORT)
            yield LinkBack(side, other.url, other.label, title, support.requester if support else None, item)


def thread(view: View) -> Iterator[Decision]:
    """Copy what is new in the threads that were read, files first that hang on no comment."""
    for side in Side:
        ticket = view.snapshot(side)
        if ticket and ticket.thread and view.takes_writes(side.other):
            for file in ticket.thread.attachments:
                yield from _file(view, side, ticket, file)
            for comment in ticket.thread.comments:
                yield from _comment(view, side, ticket, comment)


def _comment(view: View, side: Side, ticket: Snapshot, comment: Comment) -> Iterator[Decision]:
    if comment.key or comment.id in view.known.copies[side]:
        return
    twin = view.known.twins.get((side, comment.id))
    rule = texts.rule_for(view.mapping.comments, side, comment.body)
    if rule is None:
        if twin is None:
            yield SkipComment(comment, side, "no rule under `comments` takes it")
    elif twin is None:
        files, refused = texts.sort_files(comment.attachments, view.mapping.attachments)
        old = view.known.is_history(comment)
        body = texts.carry(comment, rule, origin=_called(ticket, side), left_out=refused, old=old)
        yield AddComment(side.other, comment, body, files, rule.where)
    elif twin.target and twin.digest != texts.digest(comment):
        body = texts.carry(comment, rule, origin=_called(ticket, side), old=view.known.is_history(comment))
        yield from _edited(view, comment, twin, EditComment(side.other, comment, twin.target, body, rule.where))


def _edited(view: View, comment: Comment, twin: CommentTwin, edit: EditComment) -> Iterator[Decision]:
    if twin.visibility is Visibility.PUBLIC and edit.body.visibility is Visibility.INTERNAL:
        yield from view.unless_parked(
            Flag(
                scope=Scope.COMMENT,
                item=comment.id,
                fingerprint=texts.digest(comment),
                reason=f"a comment became internal on the {twin.side} side, but its copy is public",
                remedy="hide the copy by hand; its text was not touched",
                side=edit.side,
            )
        )
    elif view.known.parked.get(f"{Scope.COMMENT}:{comment.id}") != texts.digest(comment):
        yield edit


def _file(view: View, side: Side, ticket: Snapshot, file: Attachment) -> Iterator[Decision]:
    if (side, file.id) in view.known.files or file.id in view.known.file_copies[side]:
        return
    rule = texts.rule_for(view.mapping.comments, side, _as(file.visibility, ""))
    taken, refused = texts.sort_files([file], view.mapping.attachments)
    if rule is None or not taken:
        yield SkipFile(file, side, refused[0] if refused else "no rule under `comments` takes it")
    else:
        body = _as(rule.visibility, f"File from {_called(ticket, side)}.")
        yield AddFile(side.other, file, body, rule.where)


def _as(visibility: Visibility, text: str) -> Body:
    """Our own words, with the visibility of the file that they come with."""
    return Public(text) if visibility is Visibility.PUBLIC else Internal(text)


def _called(ticket: Snapshot, side: Side) -> str:
    """What to call this ticket on the other side: its label, as a link where it has an address.

    "#7" would name another ticket there, and so becomes "ticket 7".
    """
    label = f"ticket {ticket.label[1:]}" if ticket.label.startswith("#") else ticket.label or f"ticket {ticket.ref}"
    return f"[{label}]({ticket.url})" if ticket.url else f"{side} ticket {label}"

"""What a ticket brought along when it became another one: comments and files that crossed before, under new ids.

Some vendors move a ticket by making a new one, with copies of all that was said (GitHub's transfer, GitLab's move).
Those are the same words of the same people, which the other side was told already; and our own copies among them are
still the ones that an edit has to find.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from syncd.core.comments import digest
from syncd.core.model import Attachment, Comment, Side
from syncd.engine.run import Run
from syncd.store import intents, twins
from syncd.store.records import CommentTwin, FileTwin

T = TypeVar("T", CommentTwin, FileTwin)


async def know_again(run: Run) -> None:
    """After a merge or a move was followed: let the twins of what is gone speak of what stands there in its place."""
    keys = await run.site.store.read(lambda c: intents.landed(c, run.link.id))
    for side in Side:
        snapshot = run.snapshot(side)
        if snapshot is None or snapshot.thread is None:
            continue
        said = dict(
            [*_originals(run, side, snapshot.thread.comments), *_copies(run, side, snapshot.thread.comments, keys)]
        )
        files = dict(_files(run, side, snapshot.thread.attachments))
        await run.site.store.write(partial(twins.repoint, changed=[*said.items(), *files.items()]))
        run.comment_twins = [said.get(twin, twin) for twin in run.comment_twins]
        run.file_twins = [files.get(twin, twin) for twin in run.file_twins]
        ours = {twin.target_id for twin in said.values() if twin.from_side is not side and twin.target_id}
        run.copies = run.copies.put(side, run.copies[side] | ours)


def _originals(run: Run, side: Side, comments: Sequence[Comment]) -> Iterator[tuple[CommentTwin, CommentTwin]]:
    """People's comments: each that reads like one which is gone, is as visible, and was there when that one crossed."""
    left = _gone(run.comment_twins, side, {comment.id for comment in comments})
    known = {twin.source_id for twin in run.comment_twins if twin.from_side is side}
    for comment in comments:
        if comment.key is None and comment.id not in known:
            name = digest(comment)
            match = next((twin for twin in left if twin.source_digest == name and comment.created <= twin.at), None)
            if match is not None:
                left.remove(match)
                yield match, replace(match, source_id=comment.id)


def _copies(
    run: Run, side: Side, comments: Sequence[Comment], keys: Mapping[str, str]
) -> Iterator[tuple[CommentTwin, CommentTwin]]:
    """Our own comments, by their keys."""
    by_target = {twin.target_id: twin for twin in run.comment_twins if twin.from_side is side.other}
    for comment in comments:
        twin = by_target.get(keys.get(comment.key or "", ""))
        if twin is not None and twin.target_id != comment.id:
            yield twin, replace(twin, target_id=comment.id)


def _files(run: Run, side: Side, files: Sequence[Attachment]) -> Iterator[tuple[FileTwin, FileTwin]]:
    """Files that hang on no comment, by name, size and type."""
    left = _gone(run.file_twins, side, {file.id for file in files})
    known = {twin.source_id for twin in run.file_twins if twin.from_side is side}
    for file in files:
        described = (file.name, file.size, file.media_type)
        match = next((twin for twin in left if (twin.name, twin.size, twin.media_type) == described), None)
        if match is not None and file.id not in known:
            left.remove(match)
            yield match, replace(match, source_id=file.id)


def _gone(known: Sequence[T], side: Side, here: set[str]) -> list[T]:
    """The twins whose original does not stand there any more."""
    return [twin for twin in known if twin.from_side is side and twin.source_id not in here]

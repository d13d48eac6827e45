"""Comments, notes and files: what is said on the other side, once each and in order.

A comment that a vendor refuses is replaced by a short notice in its place, so that the thread keeps its order
(reliability.md, 5.2; `models/comments.pml` K0-K4).
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import IO

from sqlalchemy import Connection

from syncd import crash
from syncd.core import comments as texts
from syncd.core.decision import AddComment, AddFile, EditComment, Flag, Note, Scope, fingerprint
from syncd.core.model import Attachment, Body, Comment, Internal, Public, Side, Visibility
from syncd.engine import record
from syncd.engine.run import Run
from syncd.engine.send import Order, announce
from syncd.sdk.connector import Capability, File, Message, Posted
from syncd.sdk.errors import Locked, NotFound, Rejected
from syncd.store import twins
from syncd.store.records import CommentTwin, IntentKind, IntentState, TwinState

IN_MEMORY = 1024 * 1024  # bytes of a file that are kept in memory on its way; the rest goes to a temporary file
CHUNK = 64 * 1024


async def add_comment(run: Run, decision: AddComment) -> None:
    """Copy one comment with its files."""
    original = decision.original
    order = Order(
        kind=IntentKind.COMMENT,
        side=decision.side,
        item=original.id,
        rule=decision.rule,
        visibility=decision.body.visibility,
        payload={"digest": texts.digest(original), "files": [file.id for file in decision.files]},
        after={"visibility": str(decision.body.visibility), "files": [file.name for file in decision.files]},
    )
    try:
        await _post(run, order, decision.body, decision.files, original)
    except Locked:
        raise
    except Rejected as error:
        await _stub(run, order, decision, error)


async def _stub(run: Run, order: Order, decision: AddComment, error: Rejected) -> None:
    """A notice in the place of a comment that cannot be copied, and a parked item for a person."""
    who = decision.original.author.name or "somebody"
    text = f"A comment by {who} could not be copied here: {error}"
    internal = isinstance(decision.body, Internal)
    stub: Body = Internal(text) if internal else Public("A reply could not be copied here; please ask.")
    flag = Flag(
        scope=Scope.COMMENT,
        item=decision.original.id,
        fingerprint=texts.digest(decision.original),
        reason=f"{run.mapping.connections[decision.side]} refuses the comment: {error}",
        remedy="copy it by hand if it matters; a notice stands in its place",
        side=decision.side,
    )
    await _post(run, order, stub, (), decision.original, state=TwinState.STUB)
    await record.flag(run, flag)


async def note(run: Run, decision: Note) -> None:
    """Say something of our own to the people of one side; each occasion once."""
    await _post(run, record.note_order(decision), decision.body, (), None)
    run.notes.discard(decision.item)
    run.told.add(decision.item)


async def tell(run: Run, decision: Note) -> None:
    """`note`, where it does not matter much: where every comment is public it is not said, for strangers read there."""
    if Capability.INTERNAL_COMMENTS in run.connectors[decision.side].capabilities:
        await note(run, decision)
    else:
        await record.unsaid(run, decision)
        run.told.add(decision.item)


async def note_beside(run: Run, decision: Note, ref: str) -> None:
    """Say something of our own on another ticket than the link's; each occasion once."""
    connector = run.connectors[decision.side]
    sending = await announce(run, replace(record.note_order(decision), payload={"ref": ref}))
    if sending.intent.state in (IntentState.LANDED, IntentState.PARKED):
        return
    await sending.send(
        lambda key: connector.comment(ref, Message(decision.body), key=key, expect=""),
        land=lambda c, posted: posted.comment.id,
        written=lambda posted: sending.nothing,
    )


async def edit_comment(run: Run, decision: EditComment) -> None:
    """Carry an edit over: in place where the vendor can, else as one more comment that says so."""
    original, connector = decision.original, run.connectors[decision.side]
    digest = texts.digest(original)
    order = Order(
        kind=IntentKind.EDIT,
        side=decision.side,
        item=f"{original.id}:{digest}",
        rule=decision.rule,
        visibility=decision.body.visibility,
        payload={"source": original.id, "digest": digest, "target": decision.target},
    )
    if Capability.EDIT_COMMENTS not in connector.capabilities:
        await _post(run, order, _as_edited(decision.body), (), original)
        return
    target = Comment(decision.target, decision.body, original.author, original.created)
    sending = await announce(run, order)
    await sending.send(
        lambda key: connector.edit_comment(run.ref(decision.side), target, decision.body, key=key),
        land=lambda c, comment: _keep_twin(run, c, order, original, comment.id),
        written=lambda comment: sending.nothing,
    )


def _as_edited(body: Body) -> Body:
    match body:
        case Public(text):
            return Public(f"Edited:\n\n{text}")
        case Internal(text):
            return Internal(f"Edited:\n\n{text}")


# --- one comment, one request ----------------------------------------------------------------------------------------


async def _post(
    run: Run,
    order: Order,
    body: Body,
    files: Sequence[Attachment],
    original: Comment | None,
    *,
    state: TwinState = TwinState.MIRRORED,
) -> None:
    side, connector = order.side, run.connectors[order.side]
    on_ticket = Capability.TICKET_FILES in connector.capabilities
    if on_ticket:
        for file in files:
            await _attach(run, side, file, comment_id=original.id if original else "")
        crash.point("H12")
    sending = await announce(run, order)
    if sending.intent.state in (IntentState.LANDED, IntentState.PARKED):
        return
    with ExitStack() as stack:
        carried = [] if on_ticket else await _fetch_files(run, side.other, files, stack)
        await sending.send(
            lambda key: connector.comment(
                run.ref(side), Message(body, tuple(carried)), key=key, expect=run.revision(side)
            ),
            land=lambda c, posted: _land(
                run, c, order, posted, original=original, files=() if on_ticket else files, state=state
            ),
            written=lambda posted: posted.written,
        )


def _land(
    run: Run,
    c: Connection,
    order: Order,
    posted: Posted,
    *,
    original: Comment | None,
    files: Sequence[Attachment],
    state: TwinState,
) -> str:
    """Remember the copy, so that nobody takes it for a new comment: ours is what has a twin."""
    if original is not None:
        _keep_twin(run, c, order, original, posted.comment.id, state=state)
        if state is TwinState.MIRRORED and order.side is Side.SUPPORT and order.visibility is Visibility.PUBLIC:
            record.customer_told(run, c, original, posted.comment.id)
        remember_files(run, c, order.side.other, files, posted.comment)
    else:
        run.copies = run.copies.put(order.side, run.copies[order.side] | {posted.comment.id})
    return posted.comment.id


def _keep_twin(
    run: Run,
    c: Connection,
    order: Order,
    original: Comment,
    target: str,
    *,
    state: TwinState = TwinState.MIRRORED,
) -> str:
    twin = CommentTwin(
        link_id=run.link.id,
        from_side=order.side.other,
        source_id=original.id,
        target_id=target,
        source_digest=texts.digest(original),
        visibility=order.visibility,
        state=state,
        at=run.site.now(),
    )
    twins.put_comment(c, twin)
    run.remember_comment(twin)
    return target


def remember_files(run: Run, c: Connection, origin: Side, files: Sequence[Attachment], copy: Comment) -> None:
    """Pair the files of a comment with those of its copy, by name and size."""
    left = list(copy.attachments)
    for file in files:
        match = next((other for other in left if (other.name, other.size) == (file.name, file.size)), None)
        if match is not None:
            left.remove(match)
        twin = record.file_twin(run, origin, file, target=match.id if match else None)
        twins.put_file(c, twin)
        run.remember_file(twin)


# --- files -----------------------------------------------------------------------------------------------------------


async def add_file(run: Run, decision: AddFile) -> None:
    """Copy a file that hangs on no comment: onto the ticket, or with a comment of our own where files need one."""
    if Capability.TICKET_FILES in run.connectors[decision.side].capabilities:
        await _attach(run, decision.side, decision.original)
        return
    order = Order(
        kind=IntentKind.ATTACH,
        side=decision.side,
        item=decision.original.id,
        rule=decision.rule,
        visibility=decision.body.visibility,
        payload=_described(decision.original),
    )
    with ExitStack() as stack:
        files = await _fetch_files(run, decision.side.other, [decision.original], stack)
        if not files:
            return
        sending = await announce(run, order)
        if sending.intent.state in (IntentState.LANDED, IntentState.PARKED):
            return
        connector, ref = run.connectors[decision.side], run.ref(decision.side)
        message = Message(decision.body, tuple(files))
        try:
            await sending.send(
                lambda key: connector.comment(ref, message, key=key, expect=run.revision(decision.side)),
                land=lambda c, posted: _land_file(run, c, decision, posted),
                written=lambda posted: posted.written,
            )
        except Locked:
            raise
        except Rejected as error:
            await _flag_file(run, decision.side, decision.original, error)


def _land_file(run: Run, c: Connection, decision: AddFile, posted: Posted) -> str:
    remember_files(run, c, decision.side.other, [decision.original], posted.comment)
    run.copies = run.copies.put(decision.side, run.copies[decision.side] | {posted.comment.id})
    return posted.comment.id


async def _attach(run: Run, side: Side, file: Attachment, *, comment_id: str = "") -> None:
    """Hang a file on the ticket; one that is there already, or cannot be, is passed over."""
    if (side.other, file.id) in run.known.files:
        return
    order = Order(
        kind=IntentKind.ATTACH, side=side, item=file.id, rule="attachments", payload=_described(file), after=file.name
    )
    sending = await announce(run, order)
    if sending.intent.state in (IntentState.LANDED, IntentState.PARKED):
        return
    with ExitStack() as stack:
        files = await _fetch_files(run, side.other, [file], stack)
        if not files:
            return
        try:
            await sending.send(
                lambda key: run.connectors[side].attach(run.ref(side), files[0]),
                land=lambda c, made: keep_file(run, c, side.other, file, made.id, comment_id=comment_id),
                written=lambda made: sending.nothing,
            )
        except Locked:
            raise
        except Rejected as error:
            await _flag_file(run, side, file, error)


def keep_file(run: Run, c: Connection, origin: Side, file: Attachment, target: str, *, comment_id: str = "") -> str:
    twin = record.file_twin(run, origin, file, target=target, comment_id=comment_id)
    twins.put_file(c, twin)
    run.remember_file(twin)
    return target


async def _fetch_files(run: Run, origin: Side, files: Sequence[Attachment], stack: ExitStack) -> list[File]:
    """The bytes of files, read before anything is sent; one that is gone or too large is flagged and left out."""
    ready: list[File] = []
    for file in files:
        spool: IO[bytes] = stack.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 # the stack closes it
        try:
            size = await _spool(run, origin, file, spool)
        except (NotFound, Rejected) as error:
            await _flag_file(run, origin.other, file, error)
            continue
        ready.append(File(file.name, file.media_type, size, lambda spool=spool: _chunks(spool)))  # type: ignore[misc]
    return ready


async def _spool(run: Run, origin: Side, file: Attachment, spool: IO[bytes]) -> int:
    size, limit = 0, run.mapping.attachments.max_size
    run.touching = origin
    async for chunk in run.connectors[origin].download(file):
        size += len(chunk)
        if size > limit:
            raise Rejected(f"the file is larger than it says, over {limit} bytes")
        spool.write(chunk)
    return size


async def _chunks(spool: IO[bytes]) -> AsyncIterator[bytes]:
    spool.seek(0)
    while chunk := spool.read(CHUNK):
        yield chunk


def _described(file: Attachment) -> dict[str, object]:
    return {"name": file.name, "size": file.size, "media_type": file.media_type}


async def _flag_file(run: Run, side: Side, file: Attachment, error: Exception) -> None:
    """Park a file; its twin without a target keeps it from being tried at every run."""
    flag = Flag(
        scope=Scope.FILE,
        item=file.id,
        fingerprint=fingerprint(file.id, file.name),
        reason=f"the file `{file.name}` was not copied: {error}",
        remedy=f"copy it by hand, or `syncd retry {run.link.id}` after the cause is gone",
        side=side,
    )
    twin = record.file_twin(run, side.other, file, target=None, state=TwinState.SKIPPED)
    await run.site.store.write(lambda c: twins.put_file(c, twin))
    run.remember_file(twin)
    await record.flag(run, flag)

"""After a crash or a lost answer: find out what an open intent made, before anything is written again.

Nothing is looked for until the request and the vendor's index must have settled (T_settle of reliability.md, 5.1), and
"not found" counts only where the same query finds something that is known to exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from sqlalchemy import Connection

from syncd.core.decision import Update
from syncd.core.lens import Unsayable
from syncd.core.mapping import FieldRule
from syncd.core.merge import Clash
from syncd.core.model import Attachment, Comment, Fields, Pair, Side, Snapshot, Value
from syncd.engine import record, talk, update
from syncd.engine.run import Run
from syncd.engine.send import Order, Sending
from syncd.engine.sides import read
from syncd.sdk.connector import ALL_PARTS, Capability
from syncd.store import audit, codec, intents, links, twins
from syncd.store.records import AuditEntry, CommentTwin, Intent, IntentKind, IntentState, TwinState

PATIENCE = timedelta(seconds=10)
"""How long a ticket waits, at least, for another one on its issue to settle what it wrote there."""


def settles_at(run: Run, intent: Intent) -> datetime:
    """When an unanswered write has either happened, visibly, or never will."""
    if intent.landed_at is not None:
        return intent.landed_at  # it was answered, and only what came of it is to be read
    connector = run.connectors[intent.side]
    request: timedelta = connector.config.timeout * 2
    lag = connector.settle if intent.kind is IntentKind.CREATE else timedelta(0)
    return (intent.attempted_at or intent.created_at) + request + lag


async def recover(run: Run) -> datetime | None:
    """Settle every open intent of the link; returns when to come again where one has not settled yet."""
    if beside := await run.site.store.read(lambda c: intents.attempted_beside(c, run.link)) if run.shared else []:
        # what another ticket may have written on the issue would look like an engineer's edit
        return max(run.site.now() + PATIENCE, *(settles_at(run, intent) for intent in beside))
    waiting = [settles_at(run, intent) for intent in run.open_intents]
    if waiting and max(waiting) > run.site.now():
        return max(waiting)
    for intent in run.open_intents:
        if await run.site.store.read(partial(_is_open, intent.id)):
            await _recover(run, intent)
    if waiting:
        run.intents = [intent for intent in run.intents if intent.state is not IntentState.ATTEMPTED]
    return None


def _is_open(intent_id: int, c: Connection) -> bool:
    """Whether it still is, after those before it: words that were put back are, once more, with what ran over them."""
    return intents.get(c, intent_id).state is IntentState.ATTEMPTED


async def _recover(run: Run, intent: Intent) -> None:
    match intent.kind:
        case IntentKind.CREATE:
            return  # `relations.create` looks before it makes
        case IntentKind.UPDATE:
            await _recover_update(run, intent)
        case IntentKind.COMMENT | IntentKind.NOTE | IntentKind.EDIT | IntentKind.ATTACH:
            await _recover_message(run, intent)
        case IntentKind.LINK_BACK | IntentKind.DELETE:
            await run.site.store.write(lambda c: intents.again(c, intent.id, "repeated: it is the same both times"))
        case _:
            assert_never(intent.kind)


# --- creates --------------------------------------------------------------------------------------------------------


async def find_created(run: Run, intent: Intent, *, unchanged: bool = False) -> Snapshot | None:
    """The issue that an earlier attempt made, or that a store which was rolled back has forgotten.

    Also asked before the very first attempt: creates are rare and a read is cheap (L9 of `models/link_create.pml`).
    A vendor that honours the key for some hours needs no search while it surely still does (L12), for the very same
    words: with others it refuses the key, and what the first attempt made would stay unknown.

    Args:
        unchanged: what is about to be sent is what was sent before.
    """
    connector = run.connectors.engineering
    if Capability.FIND not in connector.capabilities or (unchanged and _key_still_good(run, intent)):
        return None
    return next(iter(await connector.find(intent.key)), None)


def _key_still_good(run: Run, intent: Intent) -> bool:
    connector = run.connectors.engineering
    if Capability.REPEATABLE_CREATE not in connector.capabilities or intent.attempted_at is None:
        return False
    timeout: timedelta = connector.config.timeout
    return run.site.now() < intent.attempted_at + connector.key_lifetime - timeout


# --- comments, notes, files -----------------------------------------------------------------------------------------


async def _recover_message(run: Run, intent: Intent) -> None:
    snapshot = await _written_on(run, intent)
    thread = snapshot.thread if snapshot else None
    if snapshot is None or thread is None:
        return
    if found := next((comment for comment in thread.comments if comment.key == intent.key), None):
        await run.site.store.write(lambda c: _adopt_message(run, c, intent, found))
        return
    if intent.kind is IntentKind.ATTACH and (file := _same_file(run, intent, snapshot)):
        await run.site.store.write(lambda c: _adopt_file(run, c, intent, file))
        return
    if "ref" not in intent.payload and _blind(run, intent.side, thread.comments):
        await run.site.store.write(
            lambda c: intents.park(c, intent.id, "the thread does not show what is known to be there")
        )
        return
    await run.site.store.write(lambda c: intents.again(c, intent.id, "looked for and not found"))


async def _written_on(run: Run, intent: Intent) -> Snapshot | None:
    """The ticket on which the message was to stand: the link's own, or the one that the intent names."""
    if ref := intent.payload.get("ref"):
        return await run.connectors[intent.side].fetch(str(ref))
    await read(run, intent.side, ALL_PARTS)
    return run.snapshot(intent.side)


def _blind(run: Run, side: Side, comments: tuple[Comment, ...]) -> bool:
    """The control probe: of copies that we know to stand there, none is shown."""
    known = {twin.target_id for twin in run.comment_twins if twin.from_side is side.other and twin.target_id}
    return bool(known) and not known & {comment.id for comment in comments}


def _adopt_message(run: Run, c: Connection, intent: Intent, found: Comment) -> None:
    origin = intent.side.other
    if intent.kind in (IntentKind.COMMENT, IntentKind.EDIT):
        twin = CommentTwin(
            link_id=run.link.id,
            from_side=origin,
            source_id=str(intent.payload.get("source", intent.item)),
            target_id=found.id,
            source_digest=str(intent.payload["digest"]),
            visibility=intent.visibility,
            state=TwinState.MIRRORED,
            at=run.site.now(),
        )
        twins.put_comment(c, twin)
        run.remember_comment(twin)
        snapshot = run.snapshot(origin)
        wanted = set(intent.payload.get("files", ()))
        if snapshot and snapshot.thread:
            files = [file for comment in snapshot.thread.comments for file in comment.attachments if file.id in wanted]
            talk.remember_files(run, c, origin, files, found)
    elif intent.kind is IntentKind.NOTE:
        run.told.add(intent.item)
    elif found.attachments:
        talk.keep_file(run, c, origin, _described(intent), found.attachments[0].id)
    run.copies = run.copies.put(intent.side, run.copies[intent.side] | {found.id})
    _sending(run, intent).land(c, found.id, how="adopted")


def _same_file(run: Run, intent: Intent, snapshot: Snapshot) -> str | None:
    """A file of ours by name and size that no twin accounts for."""
    thread = snapshot.thread
    known = run.file_copies[intent.side]
    for file in thread.attachments if thread else ():
        same = (file.name, file.size) == (intent.payload.get("name"), intent.payload.get("size"))
        if same and file.id not in known and _ours(run, intent, file.created):
            return file.id
    return None


def _ours(run: Run, intent: Intent, created: datetime | None) -> bool:
    """Made after the attempt, with an hour for clocks that disagree; a file without a time counts as ours."""
    return created is None or created >= (intent.attempted_at or intent.created_at) - timedelta(hours=1)


def _adopt_file(run: Run, c: Connection, intent: Intent, target: str) -> None:
    talk.keep_file(run, c, intent.side.other, _described(intent), target)
    _sending(run, intent).land(c, target, how="adopted")


def _described(intent: Intent) -> Attachment:
    """The file that an intent speaks of."""
    return Attachment(
        id=intent.item,
        name=str(intent.payload["name"]),
        size=int(intent.payload["size"]),
        media_type=str(intent.payload.get("media_type", "")),
    )


def _sending(run: Run, intent: Intent) -> Sending:
    order = Order(kind=intent.kind, side=intent.side, item=intent.item, visibility=intent.visibility)
    return Sending(run, order, intent)


# --- updates --------------------------------------------------------------------------------------------------------


async def _recover_update(run: Run, intent: Intent) -> None:
    """An update that may have arrived: what it made of the ticket is what both sides agreed on.

    Where it made nothing, the merge decides from the old bases. Where nobody can tell, it does so too, and what it may
    run over is kept.
    """
    for side in Side:
        if run.link.refs[side] is not None and (run.snapshot(side) is None or side is intent.side):
            await read(run, side, since=intent.revision_read or None if side is intent.side else None)
    sent, source = (record.from_json(intent.payload.get(key, {})) for key in ("fields", "source"))
    decision = _decision(run, intent, sent)
    settled, doubtful, found = list[FieldRule](), list[FieldRule](), dict[str, Value]()
    for rule in run.mapping.fields:
        name, other = rule.lenses[intent.side].field, rule.lenses[intent.side.other].field
        snapshot = run.snapshot(intent.side)
        if name in sent and snapshot is not None and await update.keep_overrun(run, decision, name, snapshot):
            continue
        made = _made(run, intent, rule) if name in sent and other in source else None
        if made is not None:
            agreed: Pair[Value] = Pair(source[other], made.value)
            run.agree(rule, agreed if intent.side is Side.ENGINEERING else agreed.swapped())
            run.shown_on_issue(intent.side, {name: made.value})
            settled.append(rule)
            found[name] = made.value
        elif name in sent and other in source and _may_be_changed_back(run, intent, rule):
            doubtful.append(rule)
        if made is None and name in sent and intent.landed_at is not None and _kept(run, intent, name):
            run.shown_on_issue(intent.side, {name: run.fields(intent.side)[name]})  # answered, and then refused

    def store(c: Connection) -> None:
        for rule in doubtful:
            clash = Clash(winner=intent.side.other, values=_stands(run, rule))
            record.keep_clash(run, c, rule.name, clash, why="an update without an answer may have been changed back")
        update.prove(run, c, settled)
        links.agree(c, run.link, run.issue_fields, run.issue_rules)
        intents.refuse(c, intent.id, "settled by reading")
        audit.append(c, _recovered(run, intent, settled, found), run.site.now())

    await run.site.store.write(store)


def _decision(run: Run, intent: Intent, sent: Fields) -> Update:
    """What was to be written, as far as it matters for what it ran over."""
    base = run.base[intent.side]
    before = record.from_json(intent.payload["before"]) if "before" in intent.payload else base.fields if base else {}
    rules = {rule.lenses[intent.side].field: rule.where for rule in run.mapping.fields}
    return Update(intent.side, sent, {name: rules[name] for name in sent if name in rules}, {}, before)


def _recovered(run: Run, intent: Intent, rules: Sequence[FieldRule], found: Fields) -> AuditEntry:
    """What was taken for our write, and in which words it stood there."""
    return AuditEntry(
        kind="update.recovered",
        link_id=run.link.id,
        run=run.id,
        side=intent.side,
        rule=", ".join(rule.where for rule in rules),
        item=intent.item,
        after=record.as_json(found),
    )


def _kept(run: Run, intent: Intent, name: str) -> bool:
    """Whether a ticket still says what it said before the update."""
    base, snapshot = run.base[intent.side], run.snapshot(intent.side)
    return base is not None and snapshot is not None and snapshot.fields.get(name) == base.fields.get(name)


def _may_be_changed_back(run: Run, intent: Intent, rule: FieldRule) -> bool:
    """Whether a field that looks as if nothing had arrived may be somebody's word over what did: the ticket moved on,

    and its vendor does not tell by what.
    """
    if Capability.HISTORY in run.connectors[intent.side].capabilities:
        return False
    snapshot = run.snapshot(intent.side)
    if snapshot is None or (snapshot.revision and snapshot.revision == intent.revision_read):
        return False
    stands = _stands(run, rule)
    try:
        apart = rule.lenses.support.get(stands.support) != rule.lenses.engineering.get(stands.engineering)
    except Unsayable:
        apart = True
    before, name = run.base[intent.side], rule.lenses[intent.side].field
    return apart and before is not None and stands[intent.side] == before.fields.get(name)


def _stands(run: Run, rule: FieldRule) -> Pair[Value]:
    return Pair(*(run.fields(side).get(rule.lenses[side].field) for side in Side))


@dataclass(frozen=True, slots=True)
class _Made:
    """What an update made of a field, in the vendor's words."""

    value: Value


def _made(run: Run, intent: Intent, rule: FieldRule) -> _Made | None:
    """What became of a field that was sent: as the vendor's history tells it, whatever people made of it since, or

    else what stands there, if it says in our words what was sent. None: it did not arrive, or nobody can tell.
    """
    snapshot, lens = run.snapshot(intent.side), rule.lenses[intent.side]
    if snapshot is None:
        return None
    ours = [edit for edit in snapshot.history if edit.field == lens.field and edit.ours]
    before = base.fields.get(lens.field) if (base := run.base[intent.side]) else None
    if ours and ours[-1].new != before:  # one that made what was agreed on is an earlier one, of the same second
        return _Made(ours[-1].new)
    shown, sent = snapshot.fields.get(lens.field), codec.from_json(intent.payload["fields"][lens.field])
    try:
        arrived = shown == sent or lens.get(shown) == lens.get(sent)
    except Unsayable:
        return None
    return _Made(shown) if arrived else None

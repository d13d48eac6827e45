"""Writing fields: one request per side, and proof of what came of it.

A guarded vendor's answer is the proof. Behind a blind write the ticket is read once more with its history: what the
vendor silently refused is parked, and a foreign edit that the write ran over is kept (reliability.md, 5.4; E7, E13).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from syncd import crash
from syncd.core.decision import Update, fingerprint
from syncd.core.lens import Fallback, Unsayable
from syncd.core.mapping import FieldRule, Owner
from syncd.core.merge import Clash
from syncd.core.model import NO_FIELDS, Edit, Fields, Pair, Person, Side, Snapshot, Value
from syncd.engine import record
from syncd.engine.run import Blind, Run
from syncd.engine.send import Order, announce, expected
from syncd.engine.sides import read
from syncd.sdk.connector import ONLY_FIELDS, Capability, Connector, Written
from syncd.sdk.errors import Locked, Rejected
from syncd.store import audit, intents, links
from syncd.store.records import IntentKind, Replaced


async def update(run: Run, decision: Update) -> None:
    """Write the fields of one side; those that the vendor refuses are parked, the others still go."""
    decision = await _with_people(run, decision)
    if not decision.fields:
        return
    try:
        await _send(run, decision)
    except Locked:
        raise
    except Rejected as error:
        await _isolate(run, decision, error)


async def check_blind_writes(run: Run) -> None:
    """Read back the sides that were written blindly, and compare; a ticket that was merged away shows nothing of it."""
    for side, blinds in list(run.unchecked.items()):
        since = blinds[0].revision if blinds else None
        await read(run, side, ONLY_FIELDS, since=since)
        snapshot = run.snapshot(side)
        if snapshot is not None and snapshot.merged_into:
            continue  # the link follows, or rests: see `let_go`
        del run.unchecked[side]
        run.still_apart = frozenset(
            where for others in run.unchecked.values() for blind in others for where in blind.decision.rules.values()
        )
        for blind in blinds:
            if snapshot is not None:
                await _judge(run, blind, snapshot)
        if blinds:
            await run.site.store.write(lambda c, proven=tuple(blinds): _prove(run, c, proven))  # type: ignore[misc]


def let_go(run: Run, c: Connection) -> None:
    """The link comes to rest, or is about another ticket from now on: what was not read back is not looked for."""
    for blinds in run.unchecked.values():
        for blind in blinds:
            intents.land(c, blind.intent, blind.target, run.site.now())


def _prove(run: Run, c: Connection, blinds: Iterable[Blind]) -> None:
    for blind in blinds:
        prove(run, c, _agreed(run, blind.decision.rules.values()))
        intents.land(c, blind.intent, blind.target, run.site.now())


def prove(run: Run, c: Connection, rules: Sequence[FieldRule]) -> None:
    """Store what this run takes for agreed of these fields, before anything else can happen to it."""
    agreed = Pair(*(_of(base.fields if (base := run.base[side]) else NO_FIELDS, side, rules) for side in Side))
    links.prove(c, run.lease, agreed, [rule.name for rule in rules if rule.name not in run.link.held])


def _of(fields: Fields, side: Side, rules: Iterable[FieldRule]) -> Fields:
    names = [rule.lenses[side].field for rule in rules]
    return {name: fields[name] for name in names if name in fields}


def _rules(run: Run, wheres: Collection[str]) -> list[FieldRule]:
    return [rule for rule in run.mapping.fields if rule.where in wheres]


def _agreed(run: Run, wheres: Collection[str]) -> list[FieldRule]:
    """Those that one write settles."""
    return [rule for rule in _rules(run, wheres) if rule.where not in run.still_apart]


# --- people ----------------------------------------------------------------------------------------------------------


async def _with_people(run: Run, decision: Update) -> Update:
    """The update with each address exchanged for the vendor's id; whom nobody knows is left or cleared."""
    fields = await resolve_people(run.connectors[decision.side], decision.fields)
    for name, value in decision.fields.items():
        if not _unknown(fields[name]):
            continue
        if run.mapping.people.fallback == Fallback.CLEAR:
            fields[name] = None
            continue
        del fields[name]
        run.settle(decision.side, {name: run.fields(decision.side).get(name)})
        address = value.email if isinstance(value, Person) else ""
        entry = record.told(run, "person.left", name, side=decision.side, outcome=f"nobody there has {address}")
        await run.site.store.write(partial(audit.append, entries=entry, now=run.site.now()))
    return replace(decision, fields=fields)


async def resolve_people(connector: Connector, fields: Fields) -> dict[str, Value]:
    """Ask the vendor for the ids of people who are known by address only; who is not found keeps an empty id."""
    resolved = dict(fields)
    for name, value in fields.items():
        if _unknown(value) and isinstance(value, Person) and Capability.PEOPLE in connector.capabilities:
            resolved[name] = await connector.person(value.email or "") or value
    return resolved


def _unknown(value: Value) -> bool:
    return isinstance(value, Person) and not value.id


# --- one request -----------------------------------------------------------------------------------------------------


async def _send(run: Run, decision: Update) -> None:
    side, connector = decision.side, run.connectors[decision.side]
    revision = expected(run, side)
    order = Order(
        kind=IntentKind.UPDATE,
        side=side,
        item=fingerprint(*(part for pair in sorted(decision.fields.items()) for part in pair)),
        rule=", ".join(sorted(set(decision.rules.values()))),
        payload={
            "fields": record.as_json(decision.fields),
            "source": record.as_json(_source(run, decision)),
            "before": record.as_json(decision.before),
        },
        before=record.as_json(decision.before),
        after=record.as_json(decision.fields),
    )
    sending = await announce(run, order, lambda c: record.keep_clashes(run, c, decision.clashes))
    replaced: list[Replaced] = []
    written = await sending.send(
        lambda key: connector.update(run.ref(side), decision.fields, expect=revision),
        land=lambda c, answer: _landed(run, c, decision, answer, replaced),
        written=lambda answer: answer,
        proves=lambda answer: _shows(answer, decision),
    )
    crash.point("H11")
    if _shows(written, decision):
        await _proven(run, decision, written)
    else:
        blind = Blind(decision, revision, sending.intent.id, written.revision or "", tuple(replaced))
        run.unchecked.setdefault(side, []).append(blind)


def _shows(answer: Written, decision: Update) -> bool:
    """Whether the vendor's answer tells what stands there now."""
    return decision.fields.keys() <= answer.fields.keys()


def _landed(run: Run, c: Connection, decision: Update, answer: Written, replaced: list[Replaced]) -> str:
    """What one ticket says on the issue is no edit by an engineer to the other tickets there, from this very moment:

    it must not reach another customer, not even after a crash. Nor is it one to this link: a ticket that is changed
    back before the next run looks as if nobody had changed it, and then the issue alone would seem edited.
    """
    side = decision.side
    if side is Side.ENGINEERING and run.shared:
        replaced[:] = links.agree(c, run.link, {**decision.fields, **answer.fields}, run.issue_rules)
    if _shows(answer, decision):
        shown = {name: answer.fields[name] for name in decision.fields}
        taken = {name: value for name, value in shown.items() if not _refused(run, decision, name, value)}
        rules = [rule for rule in _agreed(run, decision.rules.values()) if rule.lenses[side].field in taken]
        source = _of(run.fields(side.other), side.other, rules)
        agreed = Pair(source, source).put(side, _of(taken, side, rules))
        links.prove(c, run.lease, agreed, [rule.name for rule in rules])
    return answer.revision or ""


def _source(run: Run, decision: Update) -> Fields:
    """What the other side said when this was decided, so that recovery can take it as agreed."""
    side = decision.side.other
    return _of(run.fields(side), side, _agreed(run, decision.rules.values()))


async def _proven(run: Run, decision: Update, written: Written) -> None:
    """The answer shows what stands there now."""
    for name in decision.fields:
        shown = written.fields[name]
        if _refused(run, decision, name, shown):
            await _flag_refusal(run, decision, name, shown)
        else:
            await _settle(run, decision, name, shown)
    run.shown(decision.side, written.fields)


async def _isolate(run: Run, decision: Update, error: Rejected) -> None:
    """Park the field that the vendor names and write the others; if it names none, try each alone."""
    names = list(decision.fields)
    culprits = [error.field] if error.field in names else names
    if len(culprits) > 1:
        for name in names:
            await update(run, _only(decision, [name]))
        return
    name = culprits[0]
    flag = record.refused_field(
        run,
        decision.side,
        name,
        value=decision.fields[name],
        rule=decision.rules[name],
        reason=f"{run.mapping.connections[decision.side]} refuses `{name}`: {error}",
        remedy="",
    )
    await record.flag(run, flag)
    if rest := [other for other in names if other != name]:
        await update(run, _only(decision, rest))


def _only(decision: Update, names: Iterable[str]) -> Update:
    kept = set(names)
    return replace(decision, fields={name: value for name, value in decision.fields.items() if name in kept})


# --- what came of it -------------------------------------------------------------------------------------------------


async def _judge(run: Run, blind: Blind, now: Snapshot) -> None:
    """Compare what was written blindly with what the ticket shows and with its history."""
    decision = blind.decision
    for name, sent in decision.fields.items():
        edits = _since_read(now, name, decision.before.get(name))
        ours = next((place for place, edit in reversed(list(enumerate(edits))) if edit.ours), None)
        after = edits[ours + 1 :] if ours is not None else edits
        shown = now.fields.get(name)
        if await keep_overrun(run, decision, name, now):
            continue
        if any(not edit.ours for edit in after):
            await _settle(run, decision, name, edits[ours].new if ours is not None else sent)
        elif _refused(run, decision, name, shown):
            await _take_back(run, blind, name)
            await _flag_refusal(run, decision, name, shown)
        else:
            await _settle(run, decision, name, shown)


def _since_read(now: Snapshot, name: str, before: Value) -> list[Edit]:
    """The edits of a field since it was read as `before`, if not by whom it was made so: where revisions are whole

    seconds, what was read is told once more. What made it so behind our last write was somebody's answer to that.
    """
    edits = [edit for edit in now.history if edit.field == name]
    ours = max((place for place, edit in enumerate(edits) if edit.ours), default=len(edits))
    known = max((place for place, edit in enumerate(edits[: ours + 1]) if edit.new == before), default=-1)
    return edits[known + 1 :]


async def _take_back(run: Run, blind: Blind, name: str) -> None:
    """The issue kept what stood there, perhaps another customer's words: its other links know that, as before."""
    before = [one for one in blind.replaced if one.name == name]
    if before:
        await run.site.store.write(lambda c: links.disagree(c, before))


async def _settle(run: Run, decision: Update, name: str, value: Value) -> None:
    """What was written stands there, and so what hangs on it has happened."""
    if decision.rules[name] in run.still_apart:
        run.shown_on_issue(decision.side, {name: value})
    else:
        run.settle(decision.side, {name: value})
    if fact := decision.facts.get(name):
        await record.mark(run, fact)


def _refused(run: Run, decision: Update, name: str, shown: Value) -> bool:
    """Whether the vendor answered "done" and kept what stood there (a workflow, a missing right)."""
    sent, before = decision.fields[name], decision.before.get(name)
    if shown == sent or shown != before:
        return False
    rule = _rule(run, decision, name)
    return rule is None or _meaning(rule, decision.side, shown) != _meaning(rule, decision.side, sent)


def _rule(run: Run, decision: Update, name: str) -> FieldRule | None:
    return run.mapping.rule(decision.rules[name].removeprefix("fields."))


def _meaning(rule: FieldRule, side: Side, value: Value) -> object:
    try:
        return rule.lenses[side].get(value)
    except Unsayable:
        return value


async def _flag_refusal(run: Run, decision: Update, name: str, shown: Value) -> None:
    connection = run.mapping.connections[decision.side]
    flag = record.refused_field(
        run,
        decision.side,
        name,
        value=decision.fields[name],
        rule=decision.rules[name],
        reason=f"{connection} answered that it was done, but `{name}` still is {_said(shown)}, not "
        f"{_said(decision.fields[name])}",
        remedy="",
    )
    await record.flag(run, flag)


def _said(value: Value) -> str:
    match value:
        case None:
            return "empty"
        case Person():
            return f"`{value.name or value.email or value.id}`"
        case str():
            return f"`{value[:80]}`"
        case _:
            return "what it was"


async def keep_overrun(run: Run, decision: Update, name: str, now: Snapshot) -> bool:
    """Where our blind write ran over a foreign edit: keep its value. True when that side owns the field and gets it

    back, unless somebody has said something newer since. Our write may be one that arrived when it was given up.
    """
    rule = _rule(run, decision, name)
    edits = _since_read(now, name, decision.before.get(name))
    ours = max((place for place, edit in enumerate(edits) if edit.ours), default=0)
    foreign = [edit for edit in edits[:ours] if not edit.ours]
    if rule is None or not foreign:
        return False
    edit, newer = foreign[-1], any(not edit.ours for edit in edits[ours + 1 :])
    side = decision.side
    theirs = run.fields(side.other).get(rule.lenses[side.other].field)
    values: Pair[Value] = Pair(theirs, theirs).put(side, edit.new)
    winner = side.other if rule.owner is Owner.NEWEST else rule.owner.side
    await run.site.store.write(lambda c: record.keep_clash(run, c, rule.name, Clash(winner=winner, values=values)))
    if winner is not side or newer:
        return False
    await _put_back(run, decision, name, edit.new)
    return True


async def _put_back(run: Run, decision: Update, name: str, value: Value) -> None:
    """Write a foreign edit again that we ran over. The bases stay, so that the next round carries it across."""
    side = decision.side
    order = Order(
        kind=IntentKind.UPDATE,
        side=side,
        item=fingerprint("put back", name, value),
        rule=decision.rules[name],
        before=record.as_json({name: decision.fields[name]}),
        after=record.as_json({name: value}),
    )
    sending = await announce(run, order)
    await sending.send(
        lambda key: run.connectors[side].update(run.ref(side), {name: value}, expect=run.revision(side)),
        land=lambda c, answer: answer.revision or "",
        written=lambda answer: answer,
    )
    await read(run, side, ONLY_FIELDS)

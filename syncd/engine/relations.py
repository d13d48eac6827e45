"""What makes, shows, moves and ends the relation of two tickets: create, link back, follow, rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from syncd.core.decision import Create, Flag, Follow, LinkBack, Rest, Resting, Scope, Undecided
from syncd.core.mapping import FieldRule
from syncd.core.merge import Clash
from syncd.core.model import Base, Pair, Person, Side, Snapshot, Value
from syncd.engine import owners, packet, record
from syncd.engine.firstbase import TEXTS, Sent, attempts, first_base
from syncd.engine.intake import look
from syncd.engine.recover import find_created
from syncd.engine.run import FOLLOWED, Run
from syncd.engine.send import Order, Sending, announce, expected
from syncd.engine.sides import read
from syncd.engine.update import resolve_people
from syncd.sdk.connector import Backlink, Capability, Draft, Written
from syncd.sdk.errors import Locked, Rejected, Unavailable
from syncd.store import audit, intents, links
from syncd.store.records import Intent, IntentKind, IntentState, LinkState

ISSUE = "issue"
"""The item of the intent that makes a link's issue."""


async def create(run: Run, decision: Create) -> None:
    """Make the issue. A field that the tracker refuses is parked, and the issue made without it."""
    connector = run.connectors.engineering
    resolved = await resolve_people(connector, {**decision.fields, **owners.owner_field(run)})
    fields = {name: value for name, value in resolved.items() if not _nobody(value)}
    sent = Sent.now(run, fields, decision.rule.place)
    sending = await _announce(run, decision, sent)
    if sending.intent.state is IntentState.PARKED:
        return
    before = attempts(sending.intent)
    unchanged = all(one.body == sent.body for one in before)
    if (found := await find_created(run, sending.intent, unchanged=unchanged)) is not None:
        await adopt(run, sending, found, decision)
        return
    if not any(one == sent for one in before):
        payload = _payload(decision, [*reversed(before), sent])
        await run.site.store.write(lambda c: intents.say(c, sending.intent.id, payload))
    late = sending.intent.attempted_at is not None
    maker = [sent, *before] if late else [sent]
    draft = Draft(place=decision.rule.place, fields=fields, backlink=_to_support(run))
    try:
        made = await sending.send(
            lambda key: connector.create(draft, key=key),
            land=lambda c, snapshot: _store_link(run, c, snapshot, decision, maker, late=late),
            written=lambda snapshot: Written(snapshot.revision, snapshot.fields, snapshot.tokens),
        )
    except Rejected as error:
        await _create_without(run, decision, error)
        return
    begin(run, made)


async def _announce(run: Run, decision: Create, sent: Sent) -> Sending:
    order = Order(
        kind=IntentKind.CREATE,
        side=Side.ENGINEERING,
        item=ISSUE,
        rule=decision.rule.where,
        payload=_payload(decision, [sent]),
        after={**record.as_json(sent.fields), **decision.rule.place},
    )
    return await announce(run, order)


def _payload(decision: Create, sent: Sequence[Sent]) -> dict[str, Any]:
    return {"rule": decision.rule.name, "sent": [one.as_json() for one in sent]}


async def adopt(run: Run, sending: Sending, found: Snapshot, decision: Create | None) -> None:
    """An earlier attempt made the issue after all: take it as ours."""
    sent = attempts(sending.intent)

    def store(c: Connection) -> None:
        _store_link(run, c, found, decision, sent, late=True)
        sending.land(c, found.ref, how="adopted")

    await run.site.store.write(store)
    begin(run, found)


async def adopt_unasked(run: Run, intent: Intent) -> bool:
    """An issue whose create had no answer, on a ticket that no rule takes any more: it may be there all the same."""
    found = await find_created(run, intent)
    if found is None:
        if intent.state is IntentState.ATTEMPTED:
            await run.site.store.write(lambda c: intents.again(c, intent.id, "looked for and not found"))
        return False
    await read(run, Side.SUPPORT)
    order = Order(kind=IntentKind.CREATE, side=Side.ENGINEERING, item=ISSUE, rule="made without an answer")
    await adopt(run, Sending(run, order, intent), found, None)
    return True


def lacks_bases(run: Run) -> bool:
    """Whether the issue was found while the ticket could not be read (it was deleted), and now both can be."""
    both = all(run.snapshot(side) is not None for side in Side)
    return both and run.link.refs.engineering is not None and run.base.engineering is None


async def complete(run: Run, created: Intent | None) -> None:
    """Give a link that `lacks_bases` what it begins with; the others are left alone."""
    made = run.snapshot(Side.ENGINEERING)
    if not lacks_bases(run) or made is None:
        return
    sent = attempts(created) if created else ()
    await run.site.store.write(lambda c: _store_link(run, c, made, None, sent, late=True))


def begin(run: Run, made: Snapshot) -> None:
    """From here on the run is about a linked pair."""
    support = run.snapshot(Side.SUPPORT)
    run.seen = Pair(support, made)


async def _create_without(run: Run, decision: Create, error: Rejected) -> None:
    """Leave out the field that the tracker refuses; without a culprit the whole link waits for a person."""
    name = error.field
    if name is None or name not in decision.fields:
        raise error
    entry = next((rule for rule in run.mapping.fields if rule.lenses.engineering.field == name), None)
    flag = record.refused_field(
        run,
        Side.ENGINEERING,
        name,
        value=decision.fields[name],
        rule=entry.where if entry else name,
        reason=f"{run.mapping.connections.engineering} refuses `{name}`: {error}",
        remedy="",
    )
    await record.flag(run, flag)
    rest = {other: value for other, value in decision.fields.items() if other != name}
    await create(run, replace(decision, fields=rest))


def _store_link(
    run: Run, c: Connection, made: Snapshot, decision: Create | None, sent: Sequence[Sent], *, late: bool
) -> str:
    """The link is one from the moment the tracker answered: refs and both bases in the transaction of the landing."""
    support = run.snapshot(Side.SUPPORT)
    first = first_base(run, support, made, sent, late=late) if support else None
    if first is not None:
        run.base = Pair(*first.base.both())
    run.link = replace(
        run.link,
        refs=Pair(run.link.refs.support, made.ref),
        state=LinkState.LINKED,
        reason="",
        rule=decision.rule.name if decision else run.link.rule,
        base=run.base,
        mapping_digest=run.mapping.digest,
    )
    links.save(c, run.link, run.lease)
    packet.promise(run, c)
    owners.promise_approval(run, c)
    if first is not None and first.doubtful:
        look(run.site, c, run.link, token=f"{FOLLOWED}{run.link.id} {run.id}")  # and `texts_apart` with it
    elif late:
        look(run.site, c, run.link)  # people may have edited it since: a run that dies now must not forget to read it
    return made.ref


def _nobody(value: Value) -> bool:
    """An address without an id, which no vendor takes."""
    return isinstance(value, Person) and not value.id


def _to_support(run: Run) -> Backlink | None:
    ticket = run.snapshot(Side.SUPPORT)
    if ticket is None or not ticket.url:
        return None
    label = ticket.label or f"#{ticket.ref}"
    return Backlink(url=ticket.url, title=label, label=label, customer=ticket.requester)


# --- showing, moving, ending ------------------------------------------------------------------------------------------


async def link_back(run: Run, decision: LinkBack) -> None:
    """Show the other ticket. A vendor that cannot, or will not, is asked once."""
    connector, side = run.connectors[decision.side], decision.side
    able = Capability.LINK_BACK in connector.capabilities
    expect = expected(run, side) if able else ""
    order = Order(kind=IntentKind.LINK_BACK, side=side, item=decision.item, rule="link back", after=decision.label)
    sending = await announce(run, order)
    if not able:
        run.told.add(decision.item)
        await run.site.store.write(lambda c: sending.land(c, "", how="unsupported"))
        return
    backlink = Backlink(decision.url, decision.title, decision.label, customer=decision.customer)
    try:
        await sending.send(
            lambda key: connector.link_back(run.ref(side), backlink, expect=expect),
            land=lambda c, written: decision.url,
            written=lambda written: written,
        )
    except Locked:
        raise
    except Rejected as error:
        reason = f"{run.mapping.connections[side]} refuses the link to {decision.label}: {error}"
        remedy = f"check `link_field` of the connection, then `syncd retry {run.link.id}`"
        await record.flag(run, Flag(Scope.LINK, str(side), decision.item, reason, remedy, side))
    run.told.add(decision.item)


async def close(run: Run, ref: str) -> None:
    """Bring an issue that is not the link's to a final status; one that has such a status stays as it is."""
    order = Order(kind=IntentKind.UPDATE, side=Side.ENGINEERING, item=f"close:{ref}", rule="made twice")
    sending = await announce(run, order)
    await sending.send(
        lambda key: run.connectors.engineering.close(ref),
        land=lambda c, written: ref,
        written=lambda written: sending.nothing,
    )


async def rest(run: Run, decision: Rest) -> None:
    """Store that the link rests; a hint of its ticket may wake it (`intake`)."""
    reason = f"{decision.why}: {decision.detail}"

    def store(c: Connection) -> None:
        links.rest(c, run.lease, reason)
        audit.append(c, record.told(run, "link.rests", decision.why.value, outcome=decision.detail), run.site.now())

    await run.site.store.write(store)


async def follow(run: Run, decision: Follow) -> None:
    """The ticket was merged: the link goes on with the one it went into, unless that one has a link already.

    That one's texts are its own, perhaps another customer's: they count as agreed, and where they differ a person is
    told (`texts_apart`). Everything else of it counts as an edit.
    """

    def store(c: Connection) -> None:
        other = _occupied(run, c, decision)
        if other is not None:
            detail = f"{decision.side} ticket merged into {decision.ref}, which has a link of its own ({other})"
            links.rest(c, run.lease, f"{Resting.MERGED}: {detail}")
        else:
            known = links.get(c, run.link.id)  # this run may have proven something since it began
            refs, base = run.link.refs.put(decision.side, decision.ref), _without_texts(run, known.base, decision.side)
            run.link = replace(run.link, refs=refs, base=known.base.put(decision.side, base), held=known.held)
            links.save(c, run.link, run.lease)
            # nothing of the ticket that it is about now was read so far
            look(run.site, c, run.link, token=f"{FOLLOWED}{run.link.id} {run.id}")
        entry = record.told(
            run, "link.followed", decision.ref, side=decision.side, outcome=str(other) if other else "moved"
        )
        audit.append(c, entry, run.site.now())

    await run.site.store.write(store)


def _without_texts(run: Run, bases: Pair[Base | None], side: Side) -> Base | None:
    base = bases[side]
    if base is None:
        return None
    texts = {rule.lenses[side].field for rule in run.mapping.fields if rule.kind in TEXTS}
    return replace(base, fields={name: value for name, value in base.fields.items() if name not in texts})


async def texts_apart(run: Run) -> None:
    """After a merge was followed, or a late issue taken: an open conflict for each text in which the tickets differ.

    Nothing of it crosses by itself. Where several tickets hang on the issue, each keeps its own anyway.
    """
    for rule in run.mapping.fields:
        pair = _differing(run, rule)
        if pair is not None and not run.shared:
            await record.undecided(run, Undecided(rule.name, Clash(winner=None, values=pair)))


def _differing(run: Run, rule: FieldRule) -> Pair[Value] | None:
    """What both sides say in a field of text, if they say different things but for blanks."""
    names = rule.lenses.map(lambda lens: lens.field)
    if rule.kind not in TEXTS or any(names[side] not in run.fields(side) for side in Side):
        return None
    now: Pair[Value] = Pair(*(run.fields(side)[names[side]] for side in Side))
    said = Pair(*(str(rule.lenses[side].get(now[side]) or "").split() for side in Side))
    return None if said.support == said.engineering else now


def _may_have_issue(c: Connection, link_id: int) -> bool:
    """Whether a create was ever sent that made nothing so far: looked for in vain it may still come late."""
    made = intents.find(c, link_id, IntentKind.CREATE, Side.ENGINEERING, ISSUE)
    return made is not None and made.state is not IntentState.LANDED and made.epoch > 0


def _occupied(run: Run, c: Connection, decision: Follow) -> int | None:
    """Another link of this mapping on that support ticket; one that has no issue yet gives way."""
    if decision.side is Side.ENGINEERING:
        return None  # several tickets may hang on one issue
    for link in links.by_ref(c, run.link.connections.support, decision.ref):
        if link.mapping != run.link.mapping or link.id == run.link.id or link.refs.support != decision.ref:
            continue
        if link.refs.engineering is not None or _may_have_issue(c, link.id):
            return link.id
        if link.leased_until is not None and link.leased_until > run.site.now():
            raise Unavailable(f"{decision.ref} is being looked at just now", sent=False)
        links.drop(c, link.id)
    return None

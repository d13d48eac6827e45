"""What makes, shows, moves and ends the relation of two tickets: create, link back, follow, rest."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from syncd.core.decision import Create, Flag, Follow, LinkBack, Rest, Resting, Scope, Undecided, fingerprint
from syncd.core.lens import Unsayable
from syncd.core.mapping import FieldRule
from syncd.core.merge import Clash
from syncd.core.model import Base, Fields, Kind, Pair, Person, Side, Snapshot, Value
from syncd.engine import record
from syncd.engine.intake import look
from syncd.engine.recover import find_created
from syncd.engine.run import FOLLOWED, Run
from syncd.engine.send import Order, Sending, announce
from syncd.engine.sides import read
from syncd.engine.update import resolve_people
from syncd.sdk.connector import Backlink, Capability, Draft, Written
from syncd.sdk.errors import Locked, Rejected, Unavailable
from syncd.store import audit, intents, links
from syncd.store.records import Intent, IntentKind, IntentState, LinkState

TEXTS = frozenset({Kind.TEXT, Kind.RICH_TEXT})
ISSUE = "issue"
"""The item of the intent that makes a link's issue."""


async def create(run: Run, decision: Create) -> None:
    """Make the issue. A field that the tracker refuses is parked, and the issue made without it."""
    connector = run.connectors.engineering
    resolved = await resolve_people(connector, decision.fields)
    fields = {name: value for name, value in resolved.items() if not _nobody(value)}
    order = creation(decision, fields)
    sending = await announce(run, order)
    if sending.intent.state is IntentState.PARKED:
        return
    unchanged = sending.intent.payload.get("body") == order.payload["body"]
    if (found := await find_created(run, sending.intent, unchanged=unchanged)) is not None:
        await adopt(run, sending, found, decision, reworded=not unchanged)
        return
    draft = Draft(place=decision.rule.place, fields=fields, backlink=_to_support(run))
    late = sending.intent.attempted_at is not None
    try:
        made = await sending.send(
            lambda key: connector.create(draft, key=key),
            land=lambda c, snapshot: _store_link(run, c, snapshot, decision, late=late, reworded=not unchanged),
            written=lambda snapshot: Written(snapshot.revision, snapshot.fields, snapshot.tokens),
        )
    except Rejected as error:
        await _create_without(run, decision, error)
        return
    begin(run, made)


def creation(decision: Create, fields: Fields) -> Order:
    said = {**record.as_json(fields), **decision.rule.place}
    return Order(
        kind=IntentKind.CREATE,
        side=Side.ENGINEERING,
        item=ISSUE,
        rule=decision.rule.where,
        payload={"rule": decision.rule.name, "body": fingerprint(*map(str, sorted(said.items())))},
        after=said,
    )


async def adopt(
    run: Run, sending: Sending, found: Snapshot, decision: Create | None, *, reworded: bool = False
) -> None:
    """An earlier attempt made the issue after all: take it as ours; `reworded` as in `_store_link`."""

    def store(c: Connection) -> None:
        _store_link(run, c, found, decision, late=True, reworded=reworded)
        sending.land(c, found.ref, how="adopted")

    await run.site.store.write(store)
    begin(run, found)


async def adopt_unasked(run: Run, intent: Intent) -> bool:
    """An issue whose create had no answer, on a ticket that no rule takes any more: it may be there all the same.

    What the ticket says now counts as said since the issue was made; where a text differs, a person decides.
    """
    found = await find_created(run, intent)
    if found is None:
        if intent.state is IntentState.ATTEMPTED:
            await run.site.store.write(lambda c: intents.again(c, intent.id, "looked for and not found"))
        return False
    await read(run, Side.SUPPORT)
    order = Order(kind=IntentKind.CREATE, side=Side.ENGINEERING, item=ISSUE, rule="made without an answer")
    await adopt(run, Sending(run, order, intent), found, None)
    return True


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


def _store_link(run: Run, c: Connection, made: Snapshot, decision: Create | None, *, late: bool, reworded: bool) -> str:
    """The link is one from the moment the tracker answered: refs and both bases in the transaction of the landing.

    Args:
        late: an attempt whose answer we do not have may have made the issue: both tickets may have gone on since.
        reworded: the ticket did, so that a text of the issue that differs is an old one.
    """
    support = run.snapshot(Side.SUPPORT)
    # whose words a late issue says is not known where no rule asks for it (its ticket was merged), or nobody tells
    doubtful = late and (decision is None or not (reworded or _tells_who(run)))
    if support is not None:
        sent = decision.fields if decision else _would_send(run, support)
        ticket, issue = _first_bases(run, support, made, sent, late=late, texts=not doubtful).both()
        run.base = Pair(ticket, issue)
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
    if doubtful:
        look(run.site, c, run.link, token=f"{FOLLOWED}{run.link.id} {run.id}")  # and `texts_apart` with it
    return made.ref


def _tells_who(run: Run) -> bool:
    return Capability.HISTORY in run.connectors.engineering.capabilities


def _would_send(run: Run, support: Snapshot) -> Fields:
    """The ticket as the tracker would be told of it now."""
    said: dict[str, Value] = {}
    for rule in run.mapping.fields:
        try:
            meaning = rule.lenses.support.get(support.fields.get(rule.lenses.support.field))
            said[rule.lenses.engineering.field] = rule.lenses.engineering.put(meaning)
        except Unsayable:
            continue
    return said


def _as_made(made: Snapshot) -> Base:
    """The issue as it was made: what somebody changed before it was read for the first time stays a change."""
    first: dict[str, Value] = {}
    for edit in made.history:
        if not edit.ours:
            first.setdefault(edit.field, edit.old)
    base = Base.of(made)
    return replace(base, fields={name: first.get(name, value) for name, value in base.fields.items()})


def _first_bases(run: Run, support: Snapshot, made: Snapshot, sent: Fields, *, late: bool, texts: bool) -> Pair[Base]:
    """What both sides count as agreed at: the ticket as it was sent, the issue as it was made.

    A field that did not arrive with the create stays a change of the ticket, so that it is written by itself. It is
    parked until the mapping can say it, or the tracker gave the new issue another value than it was sent: a status,
    for one, has to be reached by a transition; or the ticket was edited after a `late` issue was made. Where the
    tracker does not tell who changed such an issue, what differs counts as a change of both, so that neither is lost.

    Args:
        texts: whether that holds for texts too; else they count as agreed.
    """
    issue = _as_made(made)
    parked = {item.item for item in run.parked if item.scope.value == Scope.FIELD.value}
    fields = [rule for rule in run.mapping.fields if texts or rule.kind not in TEXTS]
    apart = [rule for rule in fields if _differs(rule, issue, sent) or (late and _reworded(rule, issue, sent))]
    unsaid = [*apart, *(rule for rule in run.mapping.fields if rule.name in parked)]
    unsent = [rule for rule in fields if rule.lenses.engineering.field not in sent]
    untold = [rule for rule in (*apart, *unsent) if late and not _tells_who(run) and rule.kind not in TEXTS]
    return Pair(
        _without(Base.of(support), {rule.lenses.support.field for rule in unsaid}),
        _without(issue, {rule.lenses.engineering.field for rule in untold}),
    )


def _without(base: Base, names: set[str]) -> Base:
    return replace(base, fields={name: None if name in names else value for name, value in base.fields.items()})


def _differs(rule: FieldRule, issue: Base, sent: Fields) -> bool:
    """Whether the new issue means something else than what it was sent; a text may come back in other words."""
    name = rule.lenses.engineering.field
    if rule.kind in (Kind.TEXT, Kind.RICH_TEXT, Kind.LABELS) or name not in sent or name not in issue.fields:
        return False
    lens = rule.lenses.engineering
    try:
        return lens.get(issue.fields[name]) != lens.get(sent[name])
    except Unsayable:
        return False


def _reworded(rule: FieldRule, issue: Base, sent: Fields) -> bool:
    """Whether an issue has other labels than it would be told now, or a text that is not the beginning of that one.

    Blanks aside, for there vendors differ; and a vendor may cut a text.
    """
    name, lens = rule.lenses.engineering.field, rule.lenses.engineering
    if rule.kind not in (*TEXTS, Kind.LABELS) or name not in sent or name not in issue.fields:
        return False
    if rule.kind is Kind.LABELS:
        return lens.get(issue.fields[name]) != lens.get(sent[name])
    stands, wanted = ("".join(str(lens.get(each) or "").split()) for each in (issue.fields[name], sent[name]))
    return not wanted.startswith(stands) or not stands


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
    order = Order(kind=IntentKind.LINK_BACK, side=side, item=decision.item, rule="link back", after=decision.label)
    sending = await announce(run, order)
    run.told.add(decision.item)
    if Capability.LINK_BACK not in connector.capabilities:
        await run.site.store.write(lambda c: sending.land(c, "", how="unsupported"))
        return
    backlink = Backlink(decision.url, decision.title, decision.label, customer=decision.customer)
    try:
        await sending.send(
            lambda key: connector.link_back(run.ref(side), backlink, expect=run.revision(side)),
            land=lambda c, written: decision.url,
            written=lambda written: written,
        )
    except Locked:
        raise
    except Rejected as error:
        reason = f"{run.mapping.connections[side]} refuses the link to {decision.label}: {error}"
        remedy = f"check `link_field` of the connection, then `syncd retry {run.link.id}`"
        await record.flag(run, Flag(Scope.LINK, str(side), decision.item, reason, remedy, side))


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
            refs, base = run.link.refs.put(decision.side, decision.ref), _without_texts(run, decision.side)
            run.link = replace(run.link, refs=refs, base=run.link.base.put(decision.side, base))
            links.save(c, run.link, run.lease)
            # nothing of the ticket that it is about now was read so far
            look(run.site, c, run.link, token=f"{FOLLOWED}{run.link.id} {run.id}")
        entry = record.told(
            run, "link.followed", decision.ref, side=decision.side, outcome=str(other) if other else "moved"
        )
        audit.append(c, entry, run.site.now())

    await run.site.store.write(store)


def _without_texts(run: Run, side: Side) -> Base | None:
    base = run.link.base[side]
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
    """Whether a create was sent whose answer nobody has."""
    made = intents.find(c, link_id, IntentKind.CREATE, Side.ENGINEERING, ISSUE)
    return made is not None and made.state is IntentState.ATTEMPTED


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

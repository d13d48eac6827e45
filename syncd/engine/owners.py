"""Who owns an escalation: named by the routing, written on the issue, promised to be told, and answered for.

Whom a ticket goes to is decided in the transaction that keeps it: what everybody has in hand and what a team was given
today is counted there, so that two tickets of one second are two and not one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from syncd.core.consent import approved_note
from syncd.core.decision import Decision, Flag, Name, Note, Plan, Route, Scope, Update
from syncd.core.lens import PersonLens
from syncd.core.mapping import Mapping as Rules
from syncd.core.milestones import Milestone
from syncd.core.model import Fields, Person, Side, Snapshot, Value
from syncd.core.owners import Member, OwnersPolicy, last_named, names
from syncd.core.routing import Choice, Role, choose, fact_of, notes_of, parked_as, roles_of
from syncd.engine import record
from syncd.engine.run import Run
from syncd.engine.send import announce_in
from syncd.engine.sides import read
from syncd.engine.site import Site
from syncd.engine.update import check_blind_writes, resolve_people, update
from syncd.sdk.connector import ONLY_FIELDS, Capability
from syncd.store import audit, milestones, owners, parked
from syncd.store.records import Link, ParkScope

PLACE = "owners.internal"
"""The rule by which an owner is written."""


def _policy(rules: Rules) -> OwnersPolicy | None:
    return rules.escalation.owners if rules.escalation else None


# --- naming -----------------------------------------------------------------------------------------------------------


async def route(run: Run, decision: Route) -> None:
    """Decide who it is and keep that. Whom the tracker does not know is parked alone, and the next in line is taken."""
    policy = _policy(run.mapping)
    if policy is None:
        return
    found: dict[str, Person] = {}
    while True:
        asked = await run.site.store.write(lambda c: _settle(run, c, decision, found))
        if isinstance(asked, Milestone):
            run.milestones.append(asked)
            return
        person = await _at_tracker(run, asked)
        if person is None:
            reason = f"{run.mapping.connections.engineering} knows nobody by the address of {asked.name}"
            await _refused(run, asked.name, reason)
        else:
            found[asked.name] = person


def _settle(run: Run, c: Connection, decision: Route, found: Mapping[str, Person]) -> Milestone | Member:
    """The fact, kept with the notes that tell of it; or somebody whom the tracker must be asked about first."""
    choice = _chosen(run, c, decision)
    if choice is not None and choice.member.name not in found:
        return choice.member
    now = run.site.now()
    fact = fact_of(decision, choice, found[choice.member.name].id if choice else "", now)
    record.mark_in(run, c, fact)
    for note in notes_of(names([fact])[0]):
        _promise(run, c, note)
    return fact


def _chosen(run: Run, c: Connection, decision: Route) -> Choice | None:
    policy, now = _policy(run.mapping), run.site.now()
    if policy is None:
        return None
    owners.alone(c)
    given = {
        one.team: owners.given(c, one.team, now.astimezone(one.zone).date(), one.zone, now)
        for one in policy.budgets
        if not one.severities or decision.severity in one.severities
    }
    unknown = [name for name in policy.people if _is_parked(run, policy.people[name])]
    return choose(policy, decision, now, load=owners.in_hand(c, policy.people), given=given, unknown=unknown)


def _is_parked(run: Run, member: Member) -> bool:
    item = parked_as(member.name)
    return any(
        one.scope is ParkScope.LINK and (one.item, one.fingerprint) == (item, member.email) for one in run.parked
    )


async def _at_tracker(run: Run, member: Member) -> Person | None:
    """The person as the tracker knows them, by the mapping's `people` as everywhere."""
    policy = _policy(run.mapping)
    field = policy.internal if policy else ""
    run.touching = Side.ENGINEERING
    wanted = PersonLens(field, ids=run.mapping.people.table).put(member.email)
    person = (await resolve_people(run.connectors.engineering, {field: wanted}))[field]
    return person if isinstance(person, Person) and person.id else None


async def _refused(run: Run, who: str, reason: str) -> None:
    policy = _policy(run.mapping)
    email = policy.people[who].email if policy and who in policy.people else ""
    remedy = f"mend `people.{who}` of the escalation, or the account at the tracker; then `syncd retry {run.link.id}`"
    await record.flag(run, Flag(Scope.LINK, parked_as(who), email, reason, remedy, Side.ENGINEERING))


def _promise(run: Run, c: Connection, note: Note) -> None:
    """Announce a note with what it tells of. Where every comment is public it is not said, and the audit keeps that."""
    if Capability.INTERNAL_COMMENTS in run.connectors[note.side].capabilities:
        announce_in(run, c, record.note_order(note))
        run.notes.add(note.item)
    else:
        outcome = f"{run.mapping.connections[note.side]} has no internal comments"
        audit.append(c, record.told(run, "note.unsaid", note.item, side=note.side, outcome=outcome), run.site.now())


def promise_approval(run: Run, c: Connection) -> None:
    """Engineering hears who approved, in the transaction that stores the issue."""
    if (note := approved_note(run.milestones)) is not None:
        _promise(run, c, note)


# --- on the issue -----------------------------------------------------------------------------------------------------


def owner_field(run: Run) -> Fields:
    """Whom the issue that is made is given to."""
    policy, named = _policy(run.mapping), last_named(run.milestones)
    if policy is None or not policy.internal or named is None or not named.who:
        return {}
    member = policy.people.get(named.who)
    return {policy.internal: Person(named.id, named.who, member.email if member else None)}


async def name(run: Run, decision: Name) -> None:
    """Write who it is. Whom the tracker does not take is parked alone; the next round takes the next in line."""
    before = {decision.field: decision.before}
    rules = {decision.field: PLACE}
    await update(run, Update(decision.side, {decision.field: decision.person}, rules, {}, before))
    await check_blind_writes(run)
    if run.snapshot(decision.side) is None:
        await read(run, decision.side, ONLY_FIELDS)
    stands = run.fields(decision.side).get(decision.field)
    if not isinstance(stands, Person) or stands.id != decision.person.id:
        await _refused(run, decision.who, f"{run.mapping.connections.engineering} does not take {decision.who}")


async def read_issue(run: Run, plan: Plan) -> bool:
    """Read the issue before somebody else is named on it: a person may have done so meanwhile. True when it was."""
    names_somebody = any(isinstance(decision, Name | Route) for decision in plan.decisions)
    if not names_somebody or run.snapshot(Side.ENGINEERING) is not None or run.link.refs.engineering is None:
        return False
    await read(run, Side.ENGINEERING, ONLY_FIELDS)
    return run.snapshot(Side.ENGINEERING) is not None


def free(run: Run, c: Connection) -> None:
    """Somebody who has another address now, or is gone from the policy, waits for nobody."""
    policy = _policy(run.mapping)
    for item in run.parked:
        who = item.item.removeprefix(parked_as(""))
        member = policy.people.get(who) if policy else None
        theirs = item.scope is ParkScope.LINK and item.item == parked_as(who)
        if theirs and (member is None or member.email != item.fingerprint):
            parked.release(c, item.id)


# --- for those who ask ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is who on one link now.

    Attributes:
        internal: who works on the issue; `customer` who speaks with the customer; None for nobody.
        backups: who would be asked next, in order.
        route: names of those who may change the route.
    """

    internal: Role | None
    customer: Role | None
    backups: tuple[Role, ...]
    route: tuple[str, ...]


async def roles(site: Site, link: Link) -> Roles:
    """The roles of a link; the ticket is read where the policy names the field of the customer's owner.

    Raises:
        ConnectorError: the helpdesk did not answer.
    """
    rules = site.mappings.get(link.mapping)
    policy = _policy(rules) if rules else None
    if rules is None or policy is None:
        return Roles(None, None, (), ())
    history = await site.store.read(lambda c: milestones.of(c, link.id))
    load = await site.store.read(lambda c: owners.in_hand(c, policy.people))
    ticket = None
    if policy.customer and link.refs.support:
        ticket = await site.connectors[link.connections.support].fetch(link.refs.support, parts=ONLY_FIELDS)
    internal, backups = roles_of(policy, link.severity, history, load, site.now())
    return Roles(internal, _customer(policy, ticket), backups, policy.route)


def _customer(policy: OwnersPolicy, ticket: Snapshot | None) -> Role | None:
    stands: Value = ticket.fields.get(policy.customer) if ticket else None
    if not isinstance(stands, Person):
        return None
    return Role(stands.name or stands.email or stands.id, stands.email or "", "", "")


async def foreseen(run: Run, decision: Decision) -> Decision:
    """For a plan: a `Route` with the person to whom it would go as things stand; nothing is kept."""
    if not isinstance(decision, Route):
        return decision
    choice = await run.site.store.read(lambda c: _chosen(run, c, decision))
    if choice is None:
        return replace(decision, team="", person="nobody")
    return replace(decision, team=choice.team, person=choice.member.name)

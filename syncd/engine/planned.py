"""What a run would write, for real tickets: both sides are read, the core decides, nothing is written (I27).

A change that a person made is written by the next run anyway. Drift (sides that differ though neither changed, after a
mapping was edited) waits for `syncd apply`; it is told apart by `Change.waits`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from sqlalchemy import Connection

from syncd.core.consent import approval_for, why_waits
from syncd.core.decide import decide
from syncd.core.decision import (
    AddComment,
    AddFile,
    Create,
    Decision,
    Describe,
    EditComment,
    Flag,
    Follow,
    Grade,
    LinkBack,
    Mark,
    Name,
    Note,
    Plan,
    Rest,
    Resume,
    Route,
    SkipComment,
    SkipFile,
    Undecided,
    Update,
)
from syncd.core.handoff import PACKET, lacking, why_held
from syncd.core.mapping import Mapping
from syncd.core.merge import Maybe, Sides, drifted
from syncd.core.milestones import Milestone
from syncd.core.model import Base, Pair, Person, Side, Snapshot, Value
from syncd.core.triggers import verdicts
from syncd.core.view import Known
from syncd.engine import impact
from syncd.engine.linkviews import LinkView, link_view
from syncd.engine.owners import foreseen
from syncd.engine.readable import shown
from syncd.engine.reconcile import EXACT
from syncd.engine.run import Run, load
from syncd.engine.sides import read
from syncd.engine.signals import heard, listen
from syncd.engine.site import Site
from syncd.engine.update import resolve_people
from syncd.sdk.budget import BACKFILL, priority
from syncd.sdk.connector import ALL_PARTS
from syncd.sdk.errors import ConnectorError, RateLimited
from syncd.store import cursors, overview
from syncd.store import links as link_rows
from syncd.store.records import Lease, Link, LinkState

TOGETHER = 4  # links that are read at a time
PATIENCE = 5  # waits for a vendor's limit before a link is given up
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a run would do.

    Attributes:
        sign: "+" something new, "~" another value, "!" what cannot be done, "." what is only stored.
        what: create, field, comment, edit, file, link, note, parked, conflict, skipped, rests, moves, resumes.
        side: where it would be written; None where nothing is.
        name: the field in the vendor's words, the place of a create, the author of a comment.
        rule: what in the mapping asks for it.
        waits: only `syncd apply` writes it.
    """

    sign: str
    what: str
    side: Side | None
    name: str
    before: str = ""
    after: str = ""
    rule: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True)
class PlannedLink:
    """One link, or one ticket that has none yet (`link.id` 0), and what a run would do with it.

    Attributes:
        rule: the escalation rule that matched, for a ticket without an issue.
        verdicts: what each escalation rule said of it: (rule, whether it holds, why).
        problem: why it could not be read.
    """

    link: LinkView
    changes: tuple[Change, ...] = ()
    rule: str = ""
    verdicts: tuple[tuple[str, bool, str], ...] = ()
    problem: str = ""

    @property
    def agrees(self) -> bool:
        """Both sides were read and nothing is to be written, nothing is refused, nothing waits."""
        return not self.problem and all(change.sign == "." for change in self.changes)

    @property
    def writes(self) -> int:
        return sum(change.sign in "+~" for change in self.changes if change.what != "detail")


async def plan(
    site: Site,
    *,
    tickets: Sequence[str] = (),
    ids: Iterable[int] | None = None,
    every: bool = False,
    progress: Progress = lambda done, of: None,
) -> list[PlannedLink]:
    """What would be written.

    Args:
        tickets: refs on the support side, linked or not, as "REF" or "CONNECTION:REF".
        ids: these links; None for those that need a look: due, behind, diverged, held, or made under another mapping.
        every: every link of the store.
        progress: told how many are done, of how many.
    """
    if tickets:
        wanted = await asyncio.gather(*(_of_ticket(site, ticket) for ticket in tickets))
        runs = [run for found in wanted for run in found]
    else:
        chosen = await site.store.read(lambda c: list(ids) if ids is not None else _waiting(site, c, every=every))
        extra = [] if ids is not None else await _unpolled(site)
        runs = [_loader(site, link_id) for link_id in chosen]
        runs += [run for ticket in extra for run in await _of_ticket(site, ticket, known=set(chosen))]
    return await _each(site, runs, _planned, progress)


async def compare(
    site: Site, *, ids: Iterable[int] | None = None, progress: Progress = lambda done, of: None
) -> list[PlannedLink]:
    """Every linked pair, read fresh from both vendors and judged without regard to what is parked."""
    chosen = await site.store.read(lambda c: list(ids) if ids is not None else overview.ids(c, [LinkState.LINKED]))
    return await _each(site, [_loader(site, link_id) for link_id in chosen], _judged, progress)


# --- which links -----------------------------------------------------------------------------------------------------

Load = Callable[[], Awaitable[Run | None]]


def _waiting(site: Site, c: Connection, *, every: bool) -> list[int]:
    states = [LinkState.LINKED, LinkState.WATCHED, LinkState.HELD]
    if every:
        return overview.ids(c, states)
    digests = {mapping.name: mapping.digest for mapping in site.mappings.values()}
    return overview.needing_a_look(c, digests)


def _loader(site: Site, link_id: int) -> Load:
    async def load_it() -> Run | None:
        return await site.store.read(lambda c: load(site, c, Lease(link_id, 0, site.now())))

    return load_it


async def _of_ticket(site: Site, text: str, *, known: set[int] = frozenset()) -> list[Load]:  # type: ignore[assignment]  # read only
    """The links of a ticket under every mapping of its connection, those that do not exist yet among them."""
    connection, _, ref = text.rpartition(":")
    ref = ref.removeprefix("#")
    loads: list[Load] = []
    for mapping in site.mappings.values():
        if connection and mapping.connections.support != connection:
            continue
        found = await site.store.read(lambda c, m=mapping: _link_of(c, m, ref))  # type: ignore[misc]
        if found is None:
            loads.append(_unlinked(site, mapping, ref))
        elif found.id not in known:
            loads.append(_loader(site, found.id))
    return loads


def _link_of(c: Connection, mapping: Mapping, ref: str) -> Link | None:
    found = link_rows.by_ref(c, mapping.connections.support, ref)
    return next((link for link in found if link.mapping == mapping.name and link.refs.support == ref), None)


def _unlinked(site: Site, mapping: Mapping, ref: str) -> Load:
    async def make() -> Run:
        return fresh_run(site, mapping, ref)

    return make


def fresh_run(site: Site, mapping: Mapping, ref: str) -> Run:
    """A run about a ticket that the store does not know; it can only be looked at."""
    link = Link(0, mapping.name, mapping.digest, mapping.connections, Pair(ref, None), created_at=site.now())
    nothing: frozenset[str] = frozenset()
    return Run(
        site=site, lease=Lease(0, 0, site.now()), link=link, mapping=mapping, connectors=site.pair(mapping), hints=[],
        comment_twins=[], file_twins=[], parked=[], intents=[], told=set(), milestones=[], statements=[], siblings=(),
        shared=False, base=link.base, copies=Pair(nothing, nothing), file_copies=Pair(nothing, nothing),
    )  # fmt: skip


async def _unpolled(site: Site) -> list[str]:
    """Support tickets that changed since the last poll; what the daemon would take in next."""
    found: list[str] = []
    for name in sorted({mapping.connections.support for mapping in site.mappings.values()}):
        cursor = await site.store.read(lambda c, n=name: cursors.get(c, n))  # type: ignore[misc]
        if cursor is None:
            continue
        try:
            async for page in site.connectors[name].changes(cursor):
                found += [f"{name}:{changed.ref}" for changed in page.changed]
        except ConnectorError:
            continue  # the links themselves will say what is wrong with it
    return list(dict.fromkeys(found))


# --- one link --------------------------------------------------------------------------------------------------------


async def _each(
    site: Site, loads: Sequence[Load], look: Callable[[Run], Awaitable[PlannedLink]], progress: Progress
) -> list[PlannedLink]:
    gate, done = asyncio.Semaphore(TOGETHER), 0

    async def one(load_it: Load) -> PlannedLink | None:
        nonlocal done
        async with gate:
            priority.set(BACKFILL)  # of this task alone
            run = await load_it()
            found = await _patiently(run, look) if run is not None else None
            done += 1
            progress(done, len(loads))
            return found

    progress(0, len(loads))
    found = await asyncio.gather(*(asyncio.create_task(one(load_it)) for load_it in loads))
    return [one for one in found if one is not None]


async def _patiently(run: Run, look: Callable[[Run], Awaitable[PlannedLink]]) -> PlannedLink:
    for _ in range(PATIENCE):
        try:
            return await look(run)
        except RateLimited as error:
            await asyncio.sleep(error.retry_after)
        except ConnectorError as error:
            return PlannedLink(link_view(run.link), problem=f"{run.connection}: {error}")
    return PlannedLink(link_view(run.link), problem=f"{run.connection}: its limit is used up")


async def _planned(run: Run) -> PlannedLink:
    await _read_both(run)
    if run.link.refs.engineering is None:
        return await _escalation(run)
    now = decide(run.known, run.seen, run.mapping, now=run.site.now())
    if await impact.look(run, now):
        now = decide(run.known, run.seen, run.mapping, now=run.site.now())
    later = decide(run.known, run.seen, run.mapping, assert_owner=True, now=run.site.now())
    return PlannedLink(_named(run), tuple(await _changes(run, later, now)))


async def _judged(run: Run) -> PlannedLink:
    await _read_both(run)
    known = replace(run.known, parked={}, resting=None)
    now = decide(known, run.seen, run.mapping, now=run.site.now())
    later = decide(known, run.seen, run.mapping, assert_owner=True, now=run.site.now())
    return PlannedLink(_named(run), tuple(await _changes(run, later, now)))


async def _read_both(run: Run) -> None:
    for side in Side:
        if run.link.refs[side] is not None:
            await read(run, side, ALL_PARTS)
    await listen(run, keep=False)


def _named(run: Run) -> LinkView:
    """The link as it is called now."""
    fresh = Pair(*(_as_base(run, side) for side in Side))
    return link_view(replace(run.link, base=fresh))


def _as_base(run: Run, side: Side) -> Base | None:
    snapshot = run.snapshot(side)
    return Base.of(snapshot) if snapshot else run.base[side]


async def _escalation(run: Run) -> PlannedLink:
    """A ticket without an issue: which rule makes one, with what, and which comments follow."""
    ticket = heard(run)
    said = spoken(run.mapping, ticket, run.copies.support, run.milestones) if ticket else ()
    first = decide(run.known, run.seen, run.mapping, now=run.site.now())
    changes = [change for one in first.decisions for change in _described(run, await foreseen(run, one))]
    made = next((decision for decision in first.decisions if isinstance(decision, Create)), None)
    if made and ticket:
        changes += [change for decision in _after(run, ticket, made) for change in _described(run, decision)]
    return PlannedLink(_named(run), tuple(changes), rule=made.rule.name if made else "", verdicts=said)


def spoken(
    mapping: Mapping, ticket: Snapshot, ours: Collection[str] = (), history: Sequence[Milestone] = ()
) -> tuple[tuple[str, bool, str], ...]:
    """What each escalation rule says of a ticket; of one that it holds and that lacks something, that it is held."""
    asked = approval_for(mapping, ticket.fields)
    held = why_held(lacks) if (lacks := lacking(mapping, ticket, ours)) else ""
    held = held or (why_waits(asked, history) if asked else "")
    return tuple(
        (verdict.rule.name, False, held) if verdict.holds and held
        else (verdict.rule.name, verdict.holds, verdict.why)
        for verdict in verdicts(mapping, ticket.fields)
    )  # fmt: skip


def _after(run: Run, ticket: Snapshot, made: Create) -> Iterator[Decision]:
    """What the run does once the issue is there: its comments and files."""
    issue = Snapshot(ref="(new)", revision="", fields=made.fields)
    known = Known(base=Pair(Base.of(ticket), Base.of(issue)), owed=frozenset({PACKET}), heard=run.heard)
    plan_ = decide(known, Pair(ticket, issue), run.mapping)
    yield from (decision for decision in plan_.decisions if isinstance(decision, AddComment | AddFile | Note))


# --- decisions as changes --------------------------------------------------------------------------------------------


async def _changes(run: Run, later: Plan, now: Plan) -> list[Change]:
    """The changes of both plans; what only the later one writes waits for `syncd apply`."""
    soon = [change for decision in now.decisions for change in _described(run, await _peopled(run, decision))]
    drift = [change for decision in later.decisions for change in _described(run, await _peopled(run, decision))]
    places = {(change.what, change.side, change.name) for change in soon}
    waiting = [change for change in drift if (change.what, change.side, change.name) not in places]
    known = {change.name for change in (*soon, *drift)} | {change.rule for change in (*soon, *drift)}
    return [*soon, *(replace(change, waits=True) for change in waiting), *_unowned(run, known)]


def _unowned(run: Run, known: set[str]) -> Iterator[Change]:
    """Fields that differ, that nobody owns, and that no run will therefore ever settle."""
    for rule in run.mapping.fields:
        names = rule.lenses.map(lambda lens: lens.field)
        if rule.owner.side or rule.kind not in EXACT or known & {rule.name, rule.where}:
            continue
        if any(names[side] not in run.fields(side) for side in Side):
            continue
        now: Pair[Value] = Pair(*(run.fields(side)[names[side]] for side in Side))
        base: Pair[Maybe] = Pair(*now.both())
        if drifted(rule, Sides(base=base, now=now)):
            yield Change("!", "differs", None, rule.name, shown(now.support), shown(now.engineering))


async def _peopled(run: Run, decision: Decision) -> Decision:
    """An update without those people whom the vendor does not know and the mapping therefore leaves alone."""
    if not isinstance(decision, Update):
        return await foreseen(run, decision)
    fields = await resolve_people(run.connectors[decision.side], decision.fields)
    kept = {name: value for name, value in fields.items() if not (isinstance(value, Person) and not value.id)}
    return replace(decision, fields=kept)


def _described(run: Run, decision: Decision) -> Iterator[Change]:  # noqa: PLR0912  one branch per decision
    match decision:
        case Grade(given, before):
            yield Change(".", "severity", None, "severity", before, str(given.severity or ""), given.rule)
        case Mark(fact):
            yield Change(".", "noted", None, str(fact.what), after=fact.detail or fact.who)
        case Describe():
            pass  # what the numbers are grouped by: of no interest before it happens
        case Route():
            whom = f"{decision.person} of {decision.team}".removesuffix(" of ").removesuffix(" of -")
            yield Change("+", "owner", Side.ENGINEERING, "owner", after=whom, rule=decision.why)
        case Name():
            yield Change("~", "field", decision.side, decision.field, shown(decision.before), decision.who, "owners")
        case Create():
            yield Change("+", "create", Side.ENGINEERING, _place(run, decision), rule=decision.rule.name)
            for name, value in decision.fields.items():
                yield Change("+", "detail", Side.ENGINEERING, name, after=shown(value))
        case Update():
            for name, value in decision.fields.items():
                before, rule = shown(decision.before.get(name)), decision.rules.get(name, "")
                yield Change("~", "field", decision.side, name, before, shown(value), rule)
        case AddComment():
            who = decision.original.author.name or decision.original.author.id
            seen = f"{decision.body.visibility}, {_files(len(decision.files))}".removesuffix(", ")
            yield Change("+", "comment", decision.side, who, after=seen, rule=decision.rule)
        case EditComment():
            who = decision.original.author.name or decision.original.author.id
            yield Change("~", "edit", decision.side, who, after=str(decision.body.visibility), rule=decision.rule)
        case AddFile():
            yield Change("+", "file", decision.side, decision.original.name, rule=decision.rule)
        case LinkBack():
            yield Change("+", "link", decision.side, decision.label, after=decision.url)
        case Note():
            yield Change("+", "note", decision.side, decision.item, after=shown(decision.body.text))
        case Flag():
            yield Change("!", "parked", decision.side, f"{decision.scope} {decision.item}", after=decision.reason)
        case Undecided():
            values = decision.clash.values.map(shown)
            yield Change("!", "conflict", None, decision.rule, values.support, values.engineering)
        case SkipComment():
            yield Change(".", "skipped", None, f"comment {decision.original.id}", after=decision.why)
        case SkipFile():
            yield Change(".", "skipped", None, f"file {decision.original.name}", after=decision.why)
        case Rest():
            yield Change("!", "rests", None, str(decision.why), after=decision.detail)
        case Resume():
            yield Change("~", "resumes", None, "", after=decision.detail)
        case Follow():
            yield Change("~", "moves", decision.side, decision.ref)
        case _:
            assert_never(decision)


def _place(run: Run, decision: Create) -> str:
    """The container first: "CORE/Bug"."""
    first = run.connectors.engineering.container
    place = decision.rule.place
    return "/".join(place[key] for key in sorted(place, key=lambda key: (key != first, key)))


def _files(count: int) -> str:
    return f"{count} {'file' if count == 1 else 'files'}" if count else ""

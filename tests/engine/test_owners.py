"""Owners in a running daemon: who is named, who comes next, what a team is given a day, and what both tickets hear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncd.core.conditions import Condition, HasWords
from syncd.core.contract import Acceptance, Contract
from syncd.core.hours import ALWAYS, Hours, Span
from syncd.core.mapping import Mapping
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Internal, Person
from syncd.core.owners import Absence, Budget, Member, OwnersPolicy, Patience, RoutingRule, Team
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Severity, SeverityPolicy
from syncd.engine import clocks, owners, views
from syncd.sdk.connector import Capability
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import BLIND, HELPFUL
from syncd.sdk.testing.vendor import MemoryVendor
from syncd.store import milestones
from syncd.store import owners as hands
from tests.engine.world import World, mapping, world

MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
H = Happened


def member(name: str, hours: Hours = ALWAYS, **more: Any) -> Member:
    return Member(name, f"{name}@tracker.example", hours, **more)


def people(*members: Member) -> dict[str, Member]:
    return {one.name: one for one in members}


POLICY = OwnersPolicy(
    people=people(member("cia"), member("dan"), member("eva"), member("ben")),
    teams={
        "core": Team("core", ("cia", "dan"), fallback="all"),
        "all": Team("all", ("eva",)),
        "pool": Team("pool", ("ben",)),
    },
    internal="assignee",
    customer="assignee",
    route=("ben",),
    rules=(
        RoutingRule("shop", "all", (Condition("title", (HasWords((("shop",),)),)),), place={"container": "SHOP"}),
        RoutingRule("everything", "core"),
    ),
    transfer={Severity.SEV1: Patience(10 * MINUTE, ALWAYS)},
)


def rules(policy: OwnersPolicy = POLICY, **changes: object) -> Mapping:
    always = SeverityPolicy(default=Severity.SEV1)
    contract = Contract(acceptance=Acceptance(owner="assignee", statuses=frozenset({"doing"})))
    made = mapping(escalation=EscalationPolicy(always, contract, owners=policy), **changes)
    return replace(made, fields=tuple(rule for rule in made.fields if rule.name != "assignee"))


def staff(pair: World, *without: str) -> World:
    """The people of the policy at the tracker, and somebody who is allowed to route at the helpdesk too."""
    for who in ("cia", "dan", "eva", "ben"):
        if who not in without:
            pair.engineering.person(who, email=f"{who}@tracker.example")
    pair.support.person("ben", email="ben@tracker.example")
    return pair


@pytest.fixture
async def pair(url: str) -> AsyncIterator[World]:
    async with world(url, rules=rules()) as made:
        yield staff(made)


def use(pair: World, policy: OwnersPolicy) -> None:
    pair.site.mappings = {"desk-tracker": rules(policy)}


async def wait(pair: World, minutes: float) -> None:
    """Let time pass as the daemon lives it: what rings is looked at."""
    pair.clock.advance(minutes * 60)
    await clocks.ring(pair.site)
    await pair.sync()


async def facts(pair: World, ref: str, *whats: Happened) -> list[Milestone]:
    link = await pair.link(ref)
    found = await pair.store.read(lambda c: milestones.of(c, link.id))
    return [fact for fact in found if not whats or fact.what in whats]


async def named(pair: World, ref: str) -> list[str]:
    return [f"{fact.what} {fact.who}" for fact in await facts(pair, ref, H.ASSIGNED, H.TRANSFERRED)]


def owner(pair: World, issue: str) -> str:
    stands = pair.issue(issue, "assignee")
    return stands.id if isinstance(stands, Person) else ""


def notes(vendor: MemoryVendor, ref: str) -> list[str]:
    """What we said there ourselves, all of it internal."""
    ours = [comment for comment in vendor.ticket(ref).comments if comment.author.id == "syncd"]
    assert all(isinstance(comment.body, Internal) for comment in ours)
    return [comment.body.text for comment in ours]


def said(pair: World, ref: str, issue: str) -> list[str]:
    """What both tickets were told, the same on each."""
    told = notes(pair.support, ref)
    assert told == notes(pair.engineering, issue)
    return told


# --- when the issue is made -------------------------------------------------------------------------------------------


async def test_the_issue_is_made_with_its_owner_and_both_tickets_say_who_and_why(pair: World) -> None:
    ref, issue = await pair.linked()
    assert owner(pair, issue) == "cia"
    assert [entry.operation for entry in pair.engineering.writes].count("update") == 0, "it was made so"
    assert said(pair, ref, issue) == ["cia is named for the issue: primary of core (rule everything, has 0 in hand)."]
    assert [fact.what for fact in await facts(pair, ref)] == [H.ESCALATED, H.ASSIGNED, H.OWNED]


async def test_who_has_least_in_hand_is_next_and_a_rule_gives_another_place(pair: World) -> None:
    _, first = await pair.linked()
    _, second = await pair.linked()
    assert [owner(pair, first), owner(pair, second)] == ["cia", "dan"]
    pair.engineering.containers["SHOP"] = ("Bug",)
    ref = pair.support.open(title="The shop is slow", priority="urgent")
    await pair.sync()
    issue = (await pair.link(ref)).refs.engineering or ""
    assert (owner(pair, issue), pair.engineering.ticket(issue).container) == ("eva", "SHOP")


async def test_done_work_and_what_somebody_else_took_is_in_nobodys_hand(store_url: str) -> None:
    async with world(store_url, rules=rules()) as pair:
        staff(pair)
        _, done = await pair.linked()
        _, taken = await pair.linked()
        pair.engineering.edit(done, status="solved", by="cia")
        pair.engineering.edit(taken, assignee="ben", by="ben")
        await pair.sync()
        hand = await pair.store.read(lambda c: hands.in_hand(c, POLICY.people))
        assert hand == {}
        pair.engineering.edit(done, status="open", by="cia")
        await pair.sync()
        assert await pair.store.read(lambda c: hands.in_hand(c, POLICY.people)) == {"cia": 1}


async def test_without_owners_nobody_is_named_and_nothing_asked(url: str) -> None:
    async with world(url, rules=rules(OwnersPolicy())) as pair:
        ref, issue = await pair.linked()
        assert (owner(pair, issue), await named(pair, ref), notes(pair.support, ref)) == ("", [], [])
        assert not [entry for entry in pair.engineering.requests if entry.operation == "person"]


async def test_whom_the_tracker_does_not_know_is_parked_alone_and_the_next_is_taken(url: str) -> None:
    async with world(url, rules=rules()) as pair:
        staff(pair, "cia")
        ref, issue = await pair.linked()
        assert (owner(pair, issue), await named(pair, ref)) == ("dan", ["assigned dan"])
        [item] = await pair.parked()
        assert (item.item, item.reason) == ("owner cia", "tracker knows nobody by the address of cia")
        use(pair, replace(POLICY, people={**POLICY.people, "cia": replace(POLICY.people["cia"], email="c@x.example")}))
        pair.support.edit(ref, title="Export still fails")
        await pair.sync()
        assert await pair.parked() == [], "another address is tried anew"


async def test_two_of_the_same_second_go_to_two(pair: World) -> None:
    refs = [pair.support.open(title="Export fails", priority="urgent") for _ in range(2)]
    await pair.sync()
    issues = [(await pair.link(ref)).refs.engineering or "" for ref in refs]
    assert sorted(owner(pair, issue) for issue in issues) == ["cia", "dan"]


async def test_a_crash_after_the_choice_names_nobody_else(url: str) -> None:
    """The create's answer is lost; a new daemon over the same store goes on, with the same owner."""
    async with world(url, rules=rules()) as pair:
        staff(pair)
        pair.engineering.plan.on("create", faults.LostAfter())
        ref = pair.support.open(title="Export fails", priority="urgent")
        await pair.sync()
        assert await named(pair, ref) == ["assigned cia"]
        again = World(pair.store, rules(), pair.support, pair.engineering)
        await again.start()
        await wait(again, 3)
        await wait(again, 3)
        issue = (await again.link(ref)).refs.engineering or ""
        assert (owner(again, issue), await named(again, ref)) == ("cia", ["assigned cia"])
        assert len(said(again, ref, issue)) == 1
        assert len(pair.engineering.tickets) == 1


# --- transfer ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["/accept", "status", "/return needs steps", "another", "done"])
async def test_what_is_taken_in_time_stays(pair: World, how: str) -> None:
    ref, issue = await pair.linked()
    await wait(pair, 5)
    match how:
        case "status":
            pair.engineering.edit(issue, status="open", by="cia")
        case "another":
            pair.engineering.edit(issue, assignee="ben", by="ben")
        case "done":
            pair.engineering.edit(issue, status="solved", by="cia")
        case _:
            pair.engineering.say(issue, how, by="cia")
    pair.engineering.take_webhooks()  # nobody tells us: it is read before anybody is transferred
    for _ in range(3):
        await wait(pair, 11)
    assert await named(pair, ref) == ["assigned cia"]
    assert owner(pair, issue) == ("ben" if how == "another" else "cia")


async def test_being_transferred_accepts_nothing(pair: World) -> None:
    ref, _ = await pair.linked()
    await wait(pair, 11)
    assert [fact.who for fact in await facts(pair, ref, H.OWNED)] == ["Cia", "Dan"]
    assert await facts(pair, ref, H.ACCEPTED) == []


async def test_a_restart_in_the_middle_changes_no_time(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.clock.advance(9 * 60)
    again = World(pair.store, rules(), pair.support, pair.engineering)
    await again.start()
    await clocks.wind_up(again.site)
    await wait(again, 0)
    assert await named(again, ref) == ["assigned cia"]
    await wait(again, 1.5)
    assert (await named(again, ref), owner(again, issue)) == (["assigned cia", "transferred dan"], "dan")


async def test_an_answer_that_nobody_got_transfers_and_tells_once(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.plan.on("update", faults.LostAfter())
    pair.support.plan.on("comment*", faults.LostAfter())
    pair.engineering.plan.on("comment*", faults.LostAfter())
    for minutes in (4, 4, 4, 2, 2, 2):
        await wait(pair, minutes)
    assert (await named(pair, ref), owner(pair, issue)) == (["assigned cia", "transferred dan"], "dan")
    assert len(said(pair, ref, issue)) == 2
    assert await facts(pair, ref, H.ACCEPTED) == [], "our own write is nobody's word, whoever noticed it"


async def test_whom_a_person_named_is_never_overwritten(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.clock.advance(10 * 60 + 30)
    pair.engineering.edit(issue, assignee="ben", by="ben")
    pair.engineering.take_webhooks()
    await wait(pair, 1)
    await wait(pair, 30)
    assert (owner(pair, issue), await named(pair, ref)) == ("ben", ["assigned cia"])
    [answer] = await views.why(pair.site, ref)
    assert answer.owner is not None
    assert (answer.owner.who, answer.owner.role) == ("Ben", "named by a person")


async def test_whom_a_person_named_stays_where_that_accepts_nothing(url: str) -> None:
    careful = Contract(acceptance=Acceptance(owner="assignee", assigned=False))
    made = rules()
    assert made.escalation is not None
    async with world(url, rules=replace(made, escalation=replace(made.escalation, contract=careful))) as pair:
        staff(pair)
        ref, issue = await pair.linked()
        pair.engineering.edit(issue, assignee="ben", by="ben")
        for _ in range(3):
            await wait(pair, 11)
        assert (owner(pair, issue), await named(pair, ref)) == ("ben", ["assigned cia"])


async def test_time_counts_by_the_hours_of_the_severity(url: str) -> None:
    """Office hours of Berlin over the night in which the clocks go forward, with a holiday between."""
    day = (Span(timedelta(hours=9), timedelta(hours=17)),)
    office = Hours("office", BERLIN, (day,) * 5 + ((), ()), frozenset({date(2026, 3, 30)}))
    patient = replace(POLICY, transfer={Severity.SEV1: Patience(timedelta(hours=2), office)})
    async with world(url, rules=rules(patient)) as pair:
        staff(pair)
        friday = datetime(2026, 3, 27, 15, 30, tzinfo=UTC)  # 16:30 there: half an hour is left of the day
        pair.clock.advance((friday - pair.clock()).total_seconds())
        ref, _ = await pair.linked()
        link = await pair.link(ref)
        tuesday = datetime(2026, 3, 31, 8, 30, tzinfo=UTC)  # 10:30 there, in summer time
        assert link.rings_at is not None
        assert abs(link.rings_at - tuesday) < MINUTE
        pair.clock.advance((tuesday - pair.clock()).total_seconds() - 60)
        await wait(pair, 0)
        assert await named(pair, ref) == ["assigned cia"]
        await wait(pair, 2)
        assert await named(pair, ref) == ["assigned cia", "transferred dan"]


async def test_whom_the_tracker_refuses_is_parked_and_the_next_is_taken(url: str) -> None:
    """It knows the person but does not let them be named: it answers "done" and leaves what stood there."""
    async with world(url, rules=rules()) as pair:
        staff(pair)
        ref, issue = await pair.linked()
        write = pair.engineering.write

        def stubborn(ref: str, values: Any, *rest: Any, **more: Any) -> Any:
            refused = [name for name, value in values.items() if getattr(value, "id", "") == "dan"]
            return write(ref, {name: value for name, value in values.items() if name not in refused}, *rest, **more)

        pair.engineering.write = stubborn  # type: ignore[method-assign,assignment]
        await wait(pair, 11)
        assert (owner(pair, issue), await named(pair, ref)) == (
            "eva",
            ["assigned cia", "transferred dan", "assigned eva"],
        )
        [item] = await pair.parked()
        assert (item.item, item.reason) == ("owner dan", "tracker does not take dan")


# --- a person's word --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["desk", "tracker"])
@pytest.mark.parametrize(
    ("word", "who", "role"), [("pool", "ben", "primary of pool"), ("eva", "eva", "primary of all")]
)
async def test_who_may_changes_the_route_on_either_ticket(
    pair: World, side: str, word: str, who: str, role: str
) -> None:
    ref, issue = await pair.linked()
    pair.engineering.edit(issue, assignee="dan", by="dan")  # a person's choice, which a person's word overrules
    await pair.sync()
    vendor, where = (pair.support, ref) if side == "desk" else (pair.engineering, issue)
    vendor.say(where, f"/route {word.upper()}\n\nthey know it", by="ben")
    await pair.sync()
    assert (await named(pair, ref), owner(pair, issue)) == (["assigned cia", f"assigned {who}"], who)
    told = f"{who} is named for the issue: {role} (by ben's word, has 0 in hand)."
    assert [notes(*at).count(told) for at in ((pair.support, ref), (pair.engineering, issue))] == [1, 1]
    await wait(pair, 5)
    assert await named(pair, ref) == ["assigned cia", f"assigned {who}"]


@pytest.mark.parametrize(
    ("by", "word", "answer"),
    [
        ("ana", "eva", "that is for ben"),
        ("ben", "nobody", "no team or person is called `nobody`. There are: cia, dan, eva, ben, core, all, pool"),
        ("ben", "dan", "dan is absent today"),
    ],
)
async def test_what_nobody_follows_is_answered_once_where_it_was_said(
    url: str, by: str, word: str, answer: str
) -> None:
    away = member("dan", absent=(Absence(date(2026, 1, 1), date(2026, 1, 31)),))
    async with world(url, rules=rules(replace(POLICY, people={**POLICY.people, "dan": away}))) as pair:
        staff(pair)
        ref, issue = await pair.linked()
        pair.support.say(ref, f"/route {word}", by=by)
        for _ in range(2):
            await pair.sync()
            pair.support.edit(ref, description=f"At {pair.clock()}")
        assert notes(pair.support, ref).count(f"The route was not changed: {answer}.") == 1
        assert not any("not changed" in text for text in notes(pair.engineering, issue))
        assert (await named(pair, ref), owner(pair, issue)) == (["assigned cia"], "cia")


async def test_a_customer_routes_nothing(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.support.say(ref, "/route eva", public=True, by="ben")
    await pair.sync()
    assert (owner(pair, issue), len(notes(pair.support, ref))) == ("cia", 1)


async def test_the_line_begins_anew_where_a_person_routed_it(pair: World) -> None:
    ref, issue = await pair.linked()
    pair.engineering.say(issue, "/route pool", by="ben")
    await pair.sync()
    await wait(pair, 11)
    assert await named(pair, ref) == ["assigned cia", "assigned ben", "transferred "]


# --- budgets ----------------------------------------------------------------------------------------------------------

DAILY = Budget("specialists", "core", 1, BERLIN, "pool")


async def test_a_budget_is_exact_with_two_of_the_same_second(store_url: str) -> None:
    """Two workers of one daemon take both tickets at the same time; the store counts one after the other."""
    async with world(store_url, rules=rules(replace(POLICY, budgets=(DAILY,)))) as pair:
        staff(pair)
        refs = [pair.support.open(title="Export fails", priority="urgent") for _ in range(4)]
        await pair.sync()
        issues = [(await pair.link(ref)).refs.engineering or "" for ref in refs]
        assert sorted(owner(pair, issue) for issue in issues) == ["ben", "ben", "ben", "cia"]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["23 hours", "25 hours"])
async def test_a_budget_is_of_the_local_day_however_long_that_is(url: str, day: date) -> None:
    async with world(url, rules=rules(replace(POLICY, budgets=(DAILY,)))) as pair:
        staff(pair)
        begins = datetime(day.year, day.month, day.day, 0, 5, tzinfo=BERLIN)
        ends = datetime(day.year, day.month, day.day, 23, 50, tzinfo=BERLIN)
        given = []
        for at in (begins, ends, ends + timedelta(minutes=15)):
            pair.clock.advance((at.astimezone(UTC) - pair.clock()).total_seconds())
            ref, _ = await pair.linked()
            given.append((await named(pair, ref))[0])
        assert given == ["assigned cia", "assigned ben", "assigned dan"]


# --- what is asked ----------------------------------------------------------------------------------------------------


async def test_plan_and_why_say_whom_it_goes_to(pair: World) -> None:
    ref = pair.support.open(title="Export fails", priority="urgent", assignee="ana")
    [planned] = await views.plan(pair.site, tickets=[ref])
    [change] = [change for change in planned.changes if change.what == "owner"]
    assert (change.after, change.rule) == ("cia of core", "rule everything")
    assert pair.engineering.tickets == {}
    await pair.sync()
    [answer] = await views.why(pair.site, ref)
    assert answer.owner is not None
    assert (answer.owner.who, answer.owner.role) == ("cia", "primary of core")
    assert answer.owner.why == "rule everything, has 0 in hand"


async def test_the_roles_of_a_link(pair: World) -> None:
    ref, issue = await pair.linked(assignee="ana")
    found = await owners.roles(pair.site, await pair.link(ref))
    assert found.internal is not None
    assert (found.internal.who, found.internal.email) == ("cia", "cia@tracker.example")
    assert found.customer is not None
    assert (found.customer.who, found.customer.email) == ("Ana", "ana@desk.example")
    assert [one.who for one in found.backups] == ["dan", "eva"]
    assert found.route == ("ben",)
    pair.engineering.edit(issue, assignee=None, by="ben")
    await pair.sync()
    assert (await owners.roles(pair.site, await pair.link(ref))).internal is None


async def test_where_strangers_read_nobody_is_told_and_everything_goes_on(url: str) -> None:
    open_source = replace(BLIND, capabilities=BLIND.capabilities - {Capability.INTERNAL_COMMENTS})
    async with world(url, rules=rules(), engineering=open_source) as pair:
        staff(pair)
        ref, issue = await pair.linked()
        await wait(pair, 11)
        assert (owner(pair, issue), pair.engineering.ticket(issue).comments) == ("dan", [])
        assert len(notes(pair.support, ref)) == 2
        unsaid = [row for row in await pair.audit() if row.entry.kind == "note.unsaid"]
        assert len(unsaid) == 2, "each once"


async def test_a_guarded_tracker_is_transferred_as_well(url: str) -> None:
    async with world(url, rules=rules(), engineering=HELPFUL) as pair:
        staff(pair)
        ref, issue = await pair.linked()
        await wait(pair, 11)
        assert (owner(pair, issue), len(said(pair, ref, issue))) == ("dan", 2)

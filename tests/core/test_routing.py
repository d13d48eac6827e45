"""Laws of the routing: whom it may choose, in which order, and what it does not depend on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.contract import Acceptance, Contract
from syncd.core.decision import Route
from syncd.core.hours import ALWAYS, Hours, Span
from syncd.core.life import Course
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Base, Pair, Person, Snapshot
from syncd.core.observe import observe
from syncd.core.owners import Absence, Budget, Member, OwnersPolicy, Patience, Team, last_named, naming
from syncd.core.routing import Choice, choose, transfer_due
from syncd.core.severity import Severity
from syncd.core.view import Known, View
from tests.engine.world import mapping

NAMES = ("ana", "ben", "cia", "dan", "eva")
TEAMS = ("core", "all", "pool")
SKILLS = ("java", "sql")
ZONES = tuple(ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Tokyo"))
DAY = (Span(timedelta(hours=9), timedelta(hours=17)),)
MOMENTS = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def office(zone: ZoneInfo) -> Hours:
    return Hours("office", zone, (DAY,) * 5 + ((), ()))


@st.composite
def policies(draw: st.DrawFn) -> OwnersPolicy:
    zones, skills = st.sampled_from(ZONES), st.frozensets(st.sampled_from(SKILLS))
    away = st.builds(
        lambda first, days: Absence(first, first + timedelta(days=days)),
        st.dates(date(2026, 1, 1), date(2026, 12, 1)),
        st.integers(0, 200),
    )
    people = {
        name: Member(
            name,
            f"{name}@acme.example",
            draw(st.just(ALWAYS) | zones.map(office)),
            draw(skills),
            tuple(draw(st.lists(away, max_size=2))),
        )
        for name in NAMES
    }
    members = st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple)
    fallbacks = {"core": "all", "all": draw(st.sampled_from(("", "pool"))), "pool": ""}
    teams = {name: Team(name, draw(members), draw(skills), fallbacks[name]) for name in TEAMS}
    budget = Budget("few", "core", draw(st.integers(1, 3)), ZONES[0], "pool")
    return OwnersPolicy(people, teams, "assignee", budgets=draw(st.sampled_from(((), (budget,)))))


LOADS = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 5))
GIVEN = st.fixed_dictionaries({"core": st.integers(0, 3)})
TRIED = st.frozensets(st.sampled_from(NAMES), max_size=3)


@st.composite
def routes(draw: st.DrawFn) -> Route:
    skills = draw(st.frozensets(st.sampled_from(SKILLS)))
    what = draw(st.sampled_from((Happened.ASSIGNED, Happened.TRANSFERRED)))
    return Route(what, "core", "rule all", 1, skills=skills, tried=draw(TRIED))


def line_of(policy: OwnersPolicy, choice: Choice) -> list[str]:
    found, team = [], policy.budgets[0].over if choice.over else "core"
    while team:
        found.append(team)
        team = policy.teams[team].fallback
    return found


@given(policies(), routes(), LOADS, GIVEN, TRIED, MOMENTS)
def test_nobody_absent_tried_unknown_or_out_of_the_line_is_ever_chosen(
    policy: OwnersPolicy,
    route: Route,
    load: dict[str, int],
    spent: dict[str, int],
    unknown: frozenset[str],
    now: datetime,
) -> None:
    choice = choose(policy, route, now, load=load, given=spent, unknown=unknown)
    if choice is None:
        return
    today = now.astimezone(choice.member.hours.zone).date()
    assert not any(away.first <= today <= away.last for away in choice.member.absent)
    assert choice.member.name not in unknown | route.tried
    assert choice.team in line_of(policy, choice)
    assert choice.member.name in policy.teams[choice.team].members
    assert (choice.over is None) or (route.what is Happened.ASSIGNED and spent["core"] >= choice.over.per_day)


@given(policies(), routes(), LOADS, GIVEN, MOMENTS)
def test_of_equals_in_a_team_nobody_has_less_in_hand(
    policy: OwnersPolicy, route: Route, load: dict[str, int], spent: dict[str, int], now: datetime
) -> None:
    choice = choose(policy, route, now, load=load, given=spent)
    if choice is None:
        return
    if choice.team != line_of(policy, choice)[0]:
        return
    team = policy.teams[choice.team]

    def rank(member: Member) -> tuple[bool, bool]:
        return route.skills <= member.skills | team.skills, member.is_at_work(now)

    others = [policy.people[name] for name in team.members if name not in route.tried]
    equals = [one for one in others if not one.is_absent(now) and rank(one) == rank(choice.member)]
    least = min(load.get(one.name, 0) for one in equals)
    assert load.get(choice.member.name, 0) == least
    assert choice.member == next(one for one in equals if load.get(one.name, 0) == least), "then the order of the team"


@given(policies(), routes(), LOADS, GIVEN, MOMENTS, st.data())
def test_the_choice_is_stable(
    policy: OwnersPolicy, route: Route, load: dict[str, int], spent: dict[str, int], now: datetime, data: st.DataObject
) -> None:
    """Neither the order in which people are listed nor somebody who was not chosen makes a difference."""
    choice = choose(policy, route, now, load=load, given=spent)
    people, teams = dict(reversed(list(policy.people.items()))), dict(reversed(list(policy.teams.items())))
    turned = replace(policy, people=people, teams=teams)
    assert choose(turned, route, now, load=load, given=spent) == choice
    if choice is not None:
        rest = data.draw(st.frozensets(st.sampled_from([name for name in NAMES if name != choice.member.name])))
        assert choose(policy, route, now, load=load, given=spent, unknown=rest) == choice


@given(policies(), LOADS, MOMENTS)
def test_a_line_ends_and_asks_each_of_it_who_is_there_once(
    policy: OwnersPolicy, load: dict[str, int], now: datetime
) -> None:
    asked: list[str] = []
    route = Route(Happened.TRANSFERRED, "core", "", 1)
    while choice := choose(policy, replace(route, tried=frozenset(asked)), now, load=load, given={}):
        asked.append(choice.member.name)
    line = ["core", "all", *(["pool"] if policy.teams["all"].fallback else [])]
    there = {name for team in line for name in policy.teams[team].members if not policy.people[name].is_absent(now)}
    assert (len(asked), set(asked)) == (len(there), there)


def test_who_has_the_skill_then_who_is_at_work_then_the_team_then_the_order() -> None:
    berlin, tokyo = (office(ZoneInfo(name)) for name in ("Europe/Berlin", "Asia/Tokyo"))
    people = {
        "ana": Member("ana", "a@x", tokyo, frozenset({"java"})),
        "ben": Member("ben", "b@x", berlin),
        "cia": Member("cia", "c@x", berlin),
    }
    policy = OwnersPolicy(people, {"core": Team("core", ("ana", "ben"), fallback="all"), "all": Team("all", ("cia",))})
    noon = datetime(2026, 6, 10, 10, tzinfo=UTC)  # 12:00 in Berlin, 19:00 in Tokyo
    route = Route(Happened.ASSIGNED, "core", "rule all", 1)

    def chosen(now: datetime, **changes: object) -> str:
        found = choose(policy, replace(route, **changes), now, load={"ben": 3}, given={})  # type: ignore[arg-type]
        return found.member.name if found else ""

    assert chosen(noon) == "ben"
    assert chosen(noon, skills=frozenset({"java"})) == "cia", "a generalist at work before a specialist who sleeps"
    assert chosen(noon, skills=frozenset({"java"}), tried=frozenset({"cia"})) == "ana"
    assert chosen(noon - timedelta(hours=10)) == "ana", "09:00 in Tokyo, 02:00 in Berlin"
    assert chosen(noon + timedelta(hours=10)) == "ana", "nobody is at work, and she has less in hand"


def test_an_absence_is_of_the_days_where_the_person_lives() -> None:
    away = (Absence(date(2026, 3, 29), date(2026, 3, 29)),)  # 23 hours in Berlin
    ana = Member("ana", "a@x", replace(ALWAYS, zone=ZoneInfo("Europe/Berlin")), absent=away)
    first, last = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)
    second = timedelta(seconds=1)
    assert [ana.is_absent(at) for at in (first - second, first, last - second, last)] == [False, True, True, False]


@settings(max_examples=40)
@given(st.text("abcdefgh -", min_size=1), st.text("abc:1", min_size=1), st.text("a|; :1"), st.integers(1, 99))
def test_a_fact_of_naming_reads_again_as_it_was_written(team: str, cause: str, id_: str, number: int) -> None:
    """Whatever a vendor's id holds."""
    at = datetime(2026, 1, 5, tzinfo=UTC)
    fact = naming(
        Happened.ASSIGNED, "ana", at, id=id_, team=team, role="primary", why="rule x; y: z", number=number, cause=cause
    )
    found = last_named([fact])
    assert found is not None
    assert (found.team, found.role, found.why, found.id, found.number, found.cause) == (
        team, "primary", "rule x; y: z", id_, number, cause,
    )  # fmt: skip


def test_the_time_to_take_it_begins_when_the_name_stands_there_and_again_when_it_is_handed_over_again() -> None:
    policy = OwnersPolicy(transfer={Severity.SEV1: Patience(timedelta(minutes=10), ALWAYS)})
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)

    def at(minutes: float) -> datetime:
        return start + timedelta(minutes=minutes)

    def due(*history: Milestone) -> float | None:
        found = transfer_due(policy, Severity.SEV1, history)
        return (found - start) / timedelta(minutes=1) if found else None

    began = Milestone(Happened.ESCALATED, start)
    given_ = naming(Happened.ASSIGNED, "ana", start, id="1", team="core", role="primary", why="r", number=1, cause="")
    stands = Milestone(Happened.OWNED, at(3), "Ana", "1")
    assert due(began, given_) is None, "there is no issue so far"
    assert due(began, given_, stands) == 13
    assert due(began, given_, stands, Milestone(Happened.RETURNED, at(5))) is None
    back = (Milestone(Happened.RETURNED, at(5)), Milestone(Happened.RESUBMITTED, at(50)))
    assert due(began, given_, stands, *back) == 60
    assert due(began, given_, stands, Milestone(Happened.ACCEPTED, at(6))) is None
    assert due(began, given_, stands, Milestone(Happened.OWNED, at(6), "Ben", "2")) is None
    assert transfer_due(policy, Severity.SEV2, (began, given_, stands)) is None


def test_somebody_whom_syncd_named_has_not_taken_it_when_a_later_run_notices_the_name() -> None:
    """The write's answer was lost: what stands there is in no base, as what a person wrote is."""
    at = datetime(2026, 1, 5, tzinfo=UTC)
    to_ana, to_dan = (
        naming(what, who, at, id=who, team="core", role="primary", why="r", number=number, cause="")
        for number, (what, who) in enumerate(((Happened.ASSIGNED, "ana"), (Happened.TRANSFERRED, "dan")), 1)
    )
    history = (Milestone(Happened.ESCALATED, at), to_ana, Milestone(Happened.OWNED, at, "Ana", "ana"), to_dan)
    found = {}
    for who in ("dan", "ben"):
        issue = Snapshot("C-1", "2", {"assignee": Person(who, who.capitalize())})
        ticket = Snapshot("H-1", "1", {})
        known = Known(Pair(Base.of(ticket), replace(Base.of(issue), fields={})), milestones=history)
        view = View(known, Pair(ticket, issue), mapping(), Course())
        noticed = observe(view, Contract(acceptance=Acceptance(owner="assignee")), history, at)
        found[who] = [fact.what for fact in noticed]
    assert found == {"dan": [Happened.OWNED], "ben": [Happened.OWNED, Happened.ACCEPTED]}

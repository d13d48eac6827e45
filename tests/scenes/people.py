"""Whose an issue is: who is named, who comes next when nobody takes it, and what a person's word changes."""

from __future__ import annotations

from datetime import UTC, datetime

from syncd.core.model import Side
from tests.scenes.story import Play, shows
from tests.scenes.wanted import (
    AT_WORK,
    FALLBACK,
    GENERALIST,
    LEAST,
    LEFT,
    MAY_NOT_ROUTE,
    NOBODY,
    POOL,
    PRESENT,
    PRIMARY,
    SECOND,
    SKILLED,
    word,
)

BEGIN = """
severities: {sev2: {rules: [{name: the shop, when: {title: {words: [shop]}}}]}}
owners: {internal: {field: assignee}, route: [ben]}
"""
PEOPLE = """
people:
  cia: {email: cia@acme.example}
  dan: {email: dan@acme.example}
  eva: {email: eva@acme.example}
  ben: {email: ben@acme.example}
"""
TEAMS = """
teams:
  core: {members: [cia, dan], fallback: all}
  all: {members: [eva]}
  pool: {members: [ben]}
"""
ROUTING = "routing: [{name: everything, team: core}]\n"
POLICY = BEGIN + PEOPLE + TEAMS + ROUTING
TRANSFER = POLICY + "transfer: {sev2: 10m}\n"
BUDGET = POLICY + "budget: {daily: {team: core, per_day: 1, zone: Europe/Berlin, over: pool}}\n"
SKILLS = BEGIN + PEOPLE.replace("dan@acme.example", "dan@acme.example, skills: [java]") + TEAMS + (
    "routing: [{name: everything, team: core, skills: [java]}]\n"
)  # fmt: skip
ABSENT = POLICY.replace("cia@acme.example", "cia@acme.example, absent: [2026-01-05]")
NIGHT = POLICY.replace("cia@acme.example", "cia@acme.example, zone: Australia/Sydney, hours: office") + (
    'hours: {office: {zone: Europe/Berlin, days: {mon-fri: "09:00-17:00"}}}\n'
)
AWAY = ABSENT.replace("dan@acme.example", "dan@acme.example, absent: [2026-01-05]")
GONE = AWAY.replace("eva@acme.example", "eva@acme.example, absent: [2026-01-05]")
LINKED = "(linked to CORE-1)"


def named(who: str, role: str = "primary of core", why: str = "has 0 in hand") -> str:
    return f"{who} is named for the issue: {role} (rule everything, {why})."


@shows(PRIMARY, SECOND, FALLBACK, LEFT, policy=TRANSFER)
async def nobody_takes_it_and_it_goes_down_the_line(play: Play) -> None:
    case = await play.opens("The shop fails")
    said = named("cia")
    await case.sees(PRIMARY, agents=[LINKED, said], engineers=["(made in CORE, for Cia)", said])
    await case.passes(minutes=10)
    said = "cia did not take it within 10 min. dan is named now: secondary of core."
    await case.sees(SECOND, agents=[said], engineers=["(assignee: Dan)", said])
    await case.passes(minutes=10)
    said = "dan did not take it within 10 min. eva is named now: primary of all."
    await case.sees(FALLBACK, agents=[said], engineers=["(assignee: Eva)", said])
    await case.passes(minutes=10)
    said = (
        "eva did not take it within 10 min, and nobody is left in line. "
        "Name somebody on the issue, or write `/route` and a team or a person."
    )
    await case.sees(LEFT, agents=[said], engineers=[said])
    await case.passes(hours=10)
    await case.sees(agents=[], engineers=[])


@shows(SKILLED, policy=SKILLS)
async def it_needs_somebody_who_knows_java(play: Play) -> None:
    case = await play.opens("The shop fails")
    said = named("dan", "secondary of core")
    await case.sees(SKILLED, agents=[LINKED, said], engineers=["(made in CORE, for Dan)", said])


@shows(LEAST, policy=POLICY)
async def the_second_ticket_goes_to_who_has_less_in_hand(play: Play) -> None:
    case = await play.opens("The shop fails")
    said = named("cia")
    await case.sees(agents=[LINKED, said], engineers=["(made in CORE, for Cia)", said])
    other = await play.opens("The shop is slow")
    said = named("dan", "secondary of core")
    await other.sees(LEAST, agents=["(linked to CORE-2)", said], engineers=["(made in CORE, for Dan)", said])


@shows(AT_WORK, policy=NIGHT, start=datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
async def it_is_night_where_the_primary_lives(play: Play) -> None:
    case = await play.opens("The shop fails")
    said = named("dan", "secondary of core")
    await case.sees(AT_WORK, agents=[LINKED, said], engineers=["(made in CORE, for Dan)", said])


@shows(PRESENT, policy=ABSENT)
async def the_primary_is_absent(play: Play) -> None:
    case = await play.opens("The shop fails")
    said = named("dan", "secondary of core")
    await case.sees(PRESENT, agents=[LINKED, said], engineers=["(made in CORE, for Dan)", said])


@shows(GENERALIST, policy=AWAY)
async def the_whole_team_is_absent(play: Play) -> None:
    case = await play.opens("The shop fails")
    said = named("eva", "primary of all")
    await case.sees(GENERALIST, agents=[LINKED, said], engineers=["(made in CORE, for Eva)", said])


@shows(NOBODY, policy=GONE)
async def everybody_is_absent(play: Play) -> None:
    case = await play.opens("The shop fails")
    said = (
        "Nobody can be named (rule everything). Name somebody on the issue, or write `/route` and a team or a person."
    )
    await case.sees(NOBODY, agents=[LINKED, said], engineers=["(made in CORE)", said])


@shows(POOL, policy=BUDGET)
async def the_teams_budget_of_the_day_is_used_up(play: Play) -> None:
    case = await play.opens("The shop fails")
    said = named("cia")
    await case.sees(agents=[LINKED, said], engineers=["(made in CORE, for Cia)", said])
    other = await play.opens("The shop is slow")
    said = named("ben", "primary of pool", "has 0 in hand, core had its 1 of the day")
    await other.sees(POOL, agents=["(linked to CORE-2)", said], engineers=["(made in CORE, for Ben)", said])


@shows(MAY_NOT_ROUTE, word("route", Side.SUPPORT), word("route", Side.ENGINEERING), policy=POLICY)
async def a_lead_routes_it_by_hand_on_either_side(play: Play) -> None:
    case = await play.opens("The shop fails")
    said = named("cia")
    await case.sees(agents=[LINKED, said], engineers=["(made in CORE, for Cia)", said])
    await case.agent("/route eva", by="ana")
    await case.sees(MAY_NOT_ROUTE, agents=["The route was not changed: that is for ben."], engineers=[])
    await case.agent("/route eva", by="ben")
    said = "eva is named for the issue: primary of all (by ben's word, has 0 in hand)."
    await case.sees(word("route", Side.SUPPORT), agents=[said], engineers=["(assignee: Eva)", said])
    await case.engineer("/route pool", by="ben")
    said = "ben is named for the issue: primary of pool (by ben's word, has 0 in hand)."
    await case.sees(word("route", Side.ENGINEERING), agents=[said], engineers=["(assignee: Ben)", said])

"""Clocks: who is told before one runs out, and when it did; and when they stand still."""

from __future__ import annotations

from syncd.core.contract import ClockName
from syncd.core.milestones import Happened
from tests.scenes.story import Play, shows
from tests.scenes.wanted import STILL, clock, fact

REMINDED, BREACHED = Happened.REMINDED, Happened.BREACHED
OF_ENGINEERING = """
severities:
  sev2:
    rules: [{name: the shop, when: {title: {words: [shop]}}}]
    clocks: {owner: 20m, accept: 40m, review: 100m, fix: 200m}
acceptance: {owner: assignee}
reminders: [75%]
"""
OF_SUPPORT = OF_ENGINEERING.replace("{owner: 20m, accept: 40m, review: 100m, fix: 200m}", "{respond: 20m, update: 40m}")
PAUSED = OF_ENGINEERING.replace("{owner: 20m, accept: 40m, review: 100m, fix: 200m}", "{fix: 2h}").replace(
    "[75%]", "[1m]\npauses: [{name: waits for the customer, when: {support.status: pending}, clocks: [fix]}]"
)


@shows(
    *(
        clock(name, what)
        for name in (ClockName.OWNER, ClockName.ACCEPT, ClockName.REVIEW, ClockName.FIX)
        for what in (REMINDED, BREACHED)
    ),
    policy=OF_ENGINEERING,
)
async def engineering_is_late_with_everything(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    since = "(since 2026-01-05 09:01 UTC)"
    waits = [
        (ClockName.OWNER, 20, "5 min", "09:21", "nobody is named on the issue within 20 min"),
        (ClockName.ACCEPT, 40, "10 min", "09:41", "engineering has neither taken nor returned it within 40 min"),
        (ClockName.REVIEW, 100, "25 min", "10:41", "nobody has reviewed it within 1 h 40 min"),
        (ClockName.FIX, 200, "50 min", "12:21", "it is not done within 3 h 20 min"),
    ]
    passed = 0.0
    for name, minutes, left, until, late in waits:
        problem = late.partition(" within")[0]
        soon = f"{left} left, until 2026-01-05 {until} UTC: {problem}."
        up = f"The time is up: {late} {since}."
        await case.passes(minutes=minutes * 0.75 - passed)
        await case.sees(clock(name, REMINDED), agents=[], engineers=[soon])
        await case.passes(minutes=minutes / 4)
        await case.sees(clock(name, BREACHED), agents=[up], engineers=[up])
        passed = minutes


@shows(
    *(clock(name, what) for name in (ClockName.RESPOND, ClockName.UPDATE) for what in (REMINDED, BREACHED)),
    policy=OF_SUPPORT,
)
async def support_is_late_with_everything(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.passes(minutes=15)
    nothing = "the customer has no answer since it went to engineering"
    soon = f"5 min left, until 2026-01-05 09:21 UTC: {nothing}."
    await case.sees(clock(ClockName.RESPOND, REMINDED), agents=[soon], engineers=[])
    await case.passes(minutes=5)
    up = f"The time is up: {nothing} within 20 min (since 2026-01-05 09:01 UTC)."
    await case.sees(clock(ClockName.RESPOND, BREACHED), agents=[up], engineers=[up])
    await case.agent("We are at it.", public=True)
    await case.sees(agents=[], engineers=[])
    await case.passes(minutes=30)
    soon = "10 min left, until 2026-01-05 10:02 UTC: the customer has not heard anything new."
    await case.sees(clock(ClockName.UPDATE, REMINDED), agents=[soon], engineers=[])
    await case.passes(minutes=10)
    up = "The time is up: the customer has not heard anything new within 40 min (since 2026-01-05 09:22 UTC)."
    await case.sees(clock(ClockName.UPDATE, BREACHED), agents=[up], engineers=[up])


@shows(fact(Happened.PAUSED), STILL, policy=PAUSED)
async def a_clock_stands_still_while_the_customer_has_to_answer(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.passes(minutes=59)
    await case.edits(status="pending")
    await case.sees(fact(Happened.PAUSED), agents=[], engineers=["(status: open)"])
    await case.passes(hours=3)
    await case.edits(status="open")
    await case.sees(STILL, agents=[], engineers=[])
    await case.passes(minutes=58)
    await case.sees(agents=[], engineers=[])
    await case.passes(minutes=2)
    up = "The time is up: it is not done within 2 h (since 2026-01-05 09:01 UTC)."
    soon = "1 min left, until 2026-01-05 14:02 UTC: it is not done."
    await case.sees(agents=[up], engineers=[soon, up])

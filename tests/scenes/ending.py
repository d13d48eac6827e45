"""When the issue is done: the ticket comes back with a draft, closes after the customer was told, and what follows."""

from __future__ import annotations

from decimal import Decimal

from syncd.core.contract import ClockName
from syncd.core.deeds import Purpose
from syncd.core.handback import BY_SUPPORT, TOLD, UNTOLD
from syncd.core.milestones import Happened
from syncd.engine import operate, ratings
from tests.scenes.story import Play, shows
from tests.scenes.wanted import (
    CROWD,
    HANDED_BACK,
    IN_FIELD,
    LOW,
    TAKEN_BACK,
    THANKS,
    TOLD_SYNCD,
    clock,
    closed,
    fact,
    signed,
)

POLICY = """
severities: {sev2: {rules: [{name: the shop, when: {title: {words: [shop]}}}]}}
reminders: [75%]
feedback:
  reopened_as: doing
  causes: [{cause: defect, issue: {labels: {any: [bug]}}}]
  survey: {ask: "How did we do, from 1 to 5?", score: csat, low: 2, within: 4h}
"""
REVIEWED = POLICY + "review: {severities: [sev2]}\n"
DRAFT = (
    "The issue CORE-1 is done. Tell the customer, then this ticket is closed by itself. A draft, which nobody has sent:"
)
LOW_SCORE = (
    "The customer was not content: 1. Please call or write by 2026-01-05 13:04 UTC; a public answer here ends this."
)


@shows(
    HANDED_BACK, closed(TOLD), THANKS, fact(Happened.SURVEYED), fact(Happened.REVIEW_OPENED), fact(Happened.CLASSIFIED),
    policy=REVIEWED,
)  # fmt: skip
async def the_issue_is_done_and_the_customer_is_told(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.changes(labels=frozenset({"bug"}))
    await case.engineer("Found it.\n\nFor the customer: The shop waits no more.")
    await case.sees(agents=[], engineers=[])
    await case.changes(status="solved")
    await case.sees(
        HANDED_BACK,
        fact(Happened.REVIEW_OPENED),
        fact(Happened.CLASSIFIED),
        agents=["(status: open)", DRAFT],
        engineers=["This was sev2 and is to be reviewed. `syncd review 'HELP-1'` writes the record."],
    )
    await case.reads(agents="What was done: The shop waits no more.")
    await case.reads(agents="How did we do, from 1 to 5?")
    await case.agent("It is fixed. How did we do?", public=True)
    await case.sees(closed(TOLD), fact(Happened.SURVEYED), agents=["(status: solved)"], engineers=[])
    await case.edits(by="kim", status="open")
    await case.sees(THANKS, agents=["This ticket is open again; the issue stays done.…"], engineers=[])


@shows(TAKEN_BACK, fact(Happened.DONE), policy=POLICY)
async def the_issue_is_opened_again_before_anybody_was_told(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.changes(status="solved")
    await case.sees(fact(Happened.DONE), agents=["(status: open)", DRAFT], engineers=[])
    await case.changes(status="open")
    await case.sees(
        TAKEN_BACK, agents=["The issue was opened again. Do not send the draft: it is taken back."], engineers=[]
    )


@shows(closed(UNTOLD), policy=POLICY)
async def an_agent_solves_it_and_tells_nobody(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.changes(status="solved")
    await case.sees(agents=["(linked to CORE-1)", "(status: open)", DRAFT], engineers=["(made in CORE)"])
    await case.edits(status="solved")
    await case.sees(
        closed(UNTOLD),
        agents=["This ticket is done, but the customer has had no public answer since the issue was done.…"],
        engineers=[],
    )


@shows(closed(BY_SUPPORT), policy=POLICY)
async def an_agent_solves_it_while_engineers_work_on_it(play: Play) -> None:
    case = await play.opens("The shop fails", status="open")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.edits(status="solved")
    await case.sees(closed(BY_SUPPORT), agents=[], engineers=["(status: solved)"])


@shows(IN_FIELD, LOW, clock(ClockName.FOLLOW_UP, Happened.REMINDED), clock(ClockName.FOLLOW_UP, Happened.BREACHED),
       policy=POLICY)  # fmt: skip
async def a_customer_is_not_content_and_nobody_calls(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.changes(status="solved")
    await case.agent("It is fixed.", public=True)
    await case.sees(
        agents=["(linked to CORE-1)", "(status: open)", DRAFT, "(status: solved)"], engineers=["(made in CORE)"]
    )
    await case.edits(by="kim", csat=Decimal(1))
    await case.sees(IN_FIELD, LOW, agents=[LOW_SCORE], engineers=[])
    await case.passes(hours=3)
    nobody = "nobody has answered the customer who was not content"
    soon = f"1 h left, until 2026-01-05 13:04 UTC: {nobody}."
    await case.sees(clock(ClockName.FOLLOW_UP, Happened.REMINDED), agents=[soon], engineers=[])
    await case.passes(hours=1)
    up = f"The time is up: {nobody} within 4 h (since 2026-01-05 09:04 UTC)."
    await case.sees(clock(ClockName.FOLLOW_UP, Happened.BREACHED), agents=[up], engineers=[up])


@shows(signed(Purpose.RATE), TOLD_SYNCD, policy=POLICY)
async def a_customer_rates_by_a_signed_link_and_then_tells_an_agent(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.changes(status="solved")
    await case.agent("It is fixed.", public=True)
    await case.sees(
        agents=["(linked to CORE-1)", "(status: open)", DRAFT, "(status: solved)"], engineers=["(made in CORE)"]
    )
    await case.signs(Purpose.RATE, "5", who="Kim")
    await case.sees(signed(Purpose.RATE), agents=[], engineers=[])
    await play.passes(minutes=1)
    await ratings.rate(play.stage.site, await case.link(), Decimal(1))
    await play.stage.look()
    await case.sees(TOLD_SYNCD, agents=[LOW_SCORE.replace("13:04", "13:05")], engineers=[])


@shows(CROWD, policy=POLICY)
async def a_second_customer_waits_for_the_same_issue(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    other = await play.opens("Nothing can be bought", by="mia")
    await other.sees(agents=[], engineers=[])
    issue = (await case.link()).refs.engineering or ""
    await operate.link(play.stage.site, play.stage.rules, other.ref, issue)
    await play.stage.look()
    number = "2 customers wait for this issue now: 2 tickets, all of them in the last 30 days."
    waiting = f"{number} `syncd feedback` counts them, with their tickets."
    await other.sees(CROWD, agents=["(linked to CORE-1)"], engineers=[waiting])

"""What keeps a ticket in support: evidence that is missing, and somebody who must say yes first, in every way."""

from __future__ import annotations

from syncd.core.approval import Otherwise
from syncd.core.deeds import Purpose
from syncd.core.milestones import Happened
from syncd.core.packet import OnMissing
from syncd.engine import approval
from tests.scenes.story import Play, shows
from tests.scenes.wanted import ASKED_ONCE, NOT_ALLOWED, by_command, evidence, signed, unanswered, word

EVIDENCE = """
severities: {sev2: {rules: [{name: the shop, when: {title: {words: [shop]}}}]}}
packet:
  evidence:
    - {name: steps, ask: Which steps lead to it?, heading: Steps}
    - {name: start, ask: Since when?, heading: Since, missing: warn}
metrics: {check_minutes: 4}
"""
APPROVAL = """
severities: {sev2: {rules: [{name: the shop, when: {title: {words: [shop]}}}]}}
people:
  ben: {email: ben@acme.example}
approval:
  - {name: costly, who: [ben], within: 4h, otherwise: OTHERWISE}
"""
REFUSING, PASSING = (APPROVAL.replace("OTHERWISE", str(one)) for one in (Otherwise.REFUSE, Otherwise.PASS))
ASKED = (
    "syncd keeps this ticket in support: rule `bad` makes an issue of it, but somebody must approve it first "
    "(`costly`): ben."
)


@shows(evidence(OnMissing.HOLD), evidence(OnMissing.WARN), policy=EVIDENCE)
async def what_is_missing_is_asked_for_and_then_the_packet_says_what_is_not_known(play: Play) -> None:
    case = await play.opens("The shop fails")
    held = "syncd keeps this ticket in support: rule `bad` makes an issue of it, but engineering needs to know:"
    await case.sees(evidence(OnMissing.HOLD), agents=[held], engineers=[])
    await case.reads(agents="Which steps lead to it?")
    await case.edits(priority="high")
    await case.sees(agents=[], engineers=[])
    await case.agent("Steps: click twice")
    await case.sees(
        evidence(OnMissing.WARN), agents=["(linked to CORE-1)"], engineers=["(made in CORE)", "## Handoff from support"]
    )
    await case.reads(engineers="click twice")
    await case.reads(engineers="Since when?")


@shows(ASKED_ONCE, NOT_ALLOWED, word("approve"), policy=REFUSING)
async def somebody_approves_it_by_a_comment(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(ASKED_ONCE, agents=[ASKED], engineers=[])
    await case.agent("/approve", by="ana")
    await case.sees(NOT_ALLOWED, agents=["That is for ben to say; nothing was changed."], engineers=[])
    await case.agent("/approve go on", by="ben")
    await case.sees(
        word("approve"),
        agents=["ben approved it: go on. The issue is made.", "(linked to CORE-1)"],
        engineers=["(made in CORE)", "ben approved this issue: go on."],
    )


REFUSED = (
    "refused it: usage. The ticket stays in support. It is asked about again when its title or description changes…"
)


@shows(word("refuse"), signed(Purpose.APPROVE), policy=REFUSING)
async def somebody_refuses_it_by_a_comment_and_approves_it_by_a_signed_link(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=[ASKED], engineers=[])
    await case.agent("/refuse usage", by="ben")
    await case.sees(word("refuse"), agents=[f"ben {REFUSED}"], engineers=[])
    await case.passes(hours=5)
    await case.sees(agents=[], engineers=[])
    await case.edits(title="The shop loses orders")
    await case.sees(agents=[ASKED], engineers=[])
    await case.signs(Purpose.APPROVE, who="ben")
    await case.sees(
        signed(Purpose.APPROVE),
        agents=["ben approved it: by a signed link. The issue is made.", "(linked to CORE-1)"],
        engineers=["(made in CORE)", "ben approved this issue: by a signed link."],
    )


@shows(signed(Purpose.REFUSE), by_command(Happened.APPROVED), policy=REFUSING)
async def somebody_refuses_it_by_a_signed_link_and_approves_it_by_a_command(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=[ASKED], engineers=[])
    await case.signs(Purpose.REFUSE, "usage", who="ben")
    await case.sees(signed(Purpose.REFUSE), agents=[f"ben {REFUSED}"], engineers=[])
    await approval.answer(play.stage.site, await case.link(), who="ben")
    await play.stage.look()
    await case.sees(
        by_command(Happened.APPROVED),
        agents=["ben approved it. The issue is made.", "(linked to CORE-1)"],
        engineers=["(made in CORE)", "ben approved this issue."],
    )


@shows(by_command(Happened.REFUSED), policy=REFUSING)
async def somebody_refuses_it_by_a_command(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=[ASKED], engineers=[])
    await approval.answer(play.stage.site, await case.link(), who="ben", refuse="usage")
    await play.stage.look()
    await case.sees(by_command(Happened.REFUSED), agents=[f"ben {REFUSED}"], engineers=[])


@shows(unanswered(Otherwise.REFUSE), policy=REFUSING)
async def nobody_answers_and_it_stays_in_support(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=[ASKED], engineers=[])
    await case.passes(hours=4)
    late = "The policy refused it: nobody answered within 4 h. The ticket stays in support.…"
    await case.sees(unanswered(Otherwise.REFUSE), agents=[late], engineers=[])


@shows(unanswered(Otherwise.PASS), policy=PASSING)
async def nobody_answers_and_it_passes(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=[ASKED], engineers=[])
    await case.passes(hours=4)
    await case.sees(
        unanswered(Otherwise.PASS),
        agents=[
            "The policy approved it: nobody answered within 4 h. The issue is made.",
            "(linked to CORE-1)",
        ],
        engineers=["(made in CORE)", "The policy approved this issue: nobody answered within 4 h."],
    )

"""Engineering takes an issue or returns it, by each way to do that; and what the words of people do and do not."""

from __future__ import annotations

from syncd.core.deeds import Purpose
from syncd.core.milestones import Happened
from syncd.core.model import Side
from tests.scenes.story import Play, shows
from tests.scenes.wanted import AGAIN, CUSTOMER_COMMANDS, CUSTOMER_TOLD, STARTED, TAKEN, fact, signed, word

POLICY = """
severities: {sev2: {rules: [{name: the shop, when: {title: {words: [shop]}}}]}}
acceptance: {owner: assignee, statuses: [doing]}
"""
WITH_LINKS = POLICY.replace("[doing]", "[doing], links: true")
ADD = "Add what is missing, then write an internal comment that begins with `/handover`."
LINKS = "Accept or return this issue without writing a comment:"


@shows(
    fact(Happened.ESCALATED), word("accept"), word("reviewed", Side.ENGINEERING), word("reviewed", Side.SUPPORT),
    policy=POLICY,
)  # fmt: skip
async def an_engineer_accepts_it_by_a_comment_and_both_review_it(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(fact(Happened.ESCALATED), agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.engineer("/accept on it")
    await case.sees(word("accept"), agents=["Cia accepted the issue."], engineers=[])
    await case.engineer("/reviewed with support")
    await case.sees(word("reviewed", Side.ENGINEERING), agents=["Cia reviewed it."], engineers=[])
    await case.agent("/reviewed with engineering")
    await case.sees(word("reviewed", Side.SUPPORT), agents=[], engineers=["Ana reviewed it."])


@shows(TAKEN, fact(Happened.OWNED), fact(Happened.UNOWNED), policy=POLICY)
async def an_engineer_takes_it_by_assigning_oneself(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(fact(Happened.UNOWNED), agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.changes(assignee="cia")
    await case.sees(TAKEN, fact(Happened.OWNED), agents=["Cia accepted the issue by taking it."], engineers=[])


@shows(STARTED, policy=POLICY)
async def an_engineer_takes_it_by_beginning_to_work(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.changes(status="open")
    said = "Engineering accepted the issue by the status doing."
    await case.sees(STARTED, agents=["(status: open)", said], engineers=[])


@shows(signed(Purpose.RETURN), signed(Purpose.ACCEPT), signed(Purpose.REVIEWED), policy=WITH_LINKS)
async def an_engineer_answers_by_signed_links(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)", LINKS])
    await case.signs(Purpose.RETURN, "needs: steps", who="Cia")
    await case.sees(
        signed(Purpose.RETURN),
        agents=["Cia returned the issue: needs: steps"],
        engineers=["Cia returned the issue: needs: steps"],
    )
    await case.agent("/handover click twice")
    await case.sees(agents=[], engineers=["Ana handed the issue over again.", LINKS])
    await case.signs(Purpose.ACCEPT, who="Cia")
    await case.sees(
        signed(Purpose.ACCEPT),
        agents=["Cia accepted the issue by a signed link."],
        engineers=["Cia accepted the issue by a signed link."],
    )
    await case.signs(Purpose.REVIEWED, who="Cia")
    await case.sees(
        signed(Purpose.REVIEWED),
        agents=["Cia reviewed it by a signed link."],
        engineers=["Cia reviewed it by a signed link."],
    )


@shows(word("return_"), word("resubmit"), AGAIN, policy=POLICY)
async def an_engineer_returns_it_twice(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.engineer("/return needs: steps to reproduce")
    await case.sees(word("return_"), agents=["Cia returned the issue: needs: steps to reproduce"], engineers=[])
    await case.reads(agents=ADD)
    await case.agent("/handover Click twice, then save")
    await case.sees(word("resubmit"), agents=[], engineers=["Ana handed the issue over again."])
    await case.engineer("/return needs: a log")
    await case.sees(AGAIN, agents=["Cia returned the issue for the 2nd time: needs: a log"], engineers=[])


@shows(CUSTOMER_COMMANDS, CUSTOMER_TOLD, policy=POLICY)
async def a_customer_writes_a_word_and_is_answered(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.engineer("/return needs: steps")
    await case.sees(agents=["(linked to CORE-1)", "Cia returned the issue: needs: steps"], engineers=["(made in CORE)"])
    await case.customer("/handover please")
    await case.sees(CUSTOMER_COMMANDS, agents=[], engineers=[])
    await case.engineer("/customer We found it.")
    await case.sees(CUSTOMER_TOLD, agents=["to the customer: We found it."], engineers=[])

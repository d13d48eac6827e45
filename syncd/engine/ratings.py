"""What a customer said of it all, told to syncd by a person."""

from __future__ import annotations

from decimal import Decimal

from syncd.core.milestones import Happened, Milestone, latest
from syncd.engine import operate
from syncd.engine.operate import By, Refused
from syncd.engine.site import Site
from syncd.store import milestones
from syncd.store.records import Link


async def rate(site: Site, link: Link, score: Decimal, *, by: By = operate.NOBODY) -> None:
    """Keep a score of a ticket; its next run asks for a call where that is low.

    Raises:
        Refused: nobody is asked, or the ticket is in no escalation.
    """
    mapping = site.mappings.get(link.mapping)
    policy = mapping.feedback if mapping else None
    if policy is None or policy.survey is None:
        raise Refused("no `feedback.survey` in the escalation: nothing would come of a score")
    if latest(await site.store.read(lambda c: milestones.of(c, link.id)), Happened.ESCALATED) is None:
        raise Refused(f"link {link.id} was never escalated, so there is nothing that a score could be about")
    now = site.now()
    fact = Milestone(Happened.RATED, now, by.who, str(score), f"told:{now.isoformat()}")
    await operate.state(site, link, fact)

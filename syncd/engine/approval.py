"""A person's yes or no to an issue, stated to syncd itself: by a command, a page or a signed link."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.core.consent import ANSWERS, asked_of, standing, waits
from syncd.core.milestones import Happened, Milestone
from syncd.engine.operate import Refused, state
from syncd.engine.site import Site
from syncd.store import milestones
from syncd.store.records import Link


@dataclass(frozen=True, slots=True)
class Answered:
    """What was stated of which link; `new` is false where the very same was stated before and not noted so far."""

    link: int
    what: Happened
    who: str
    reason: str
    new: bool


async def answer(site: Site, link: Link, *, who: str, refuse: str | None = None) -> Answered:
    """Approve a ticket, or refuse it with a reason; its next run tells the ticket and makes the issue.

    Args:
        who: a name of `people` in the policy.

    Raises:
        Refused: the ticket waits for no approval, or this person may not give it.
    """
    history = await site.store.read(lambda c: milestones.of(c, link.id))
    mapping = site.mappings.get(link.mapping)
    asked = asked_of(mapping, history) if mapping and waits(history) else None
    if asked is None:
        last = standing(history)
        done = f"; it was {last.what} at {last.at:%Y-%m-%d %H:%M} UTC" if last and last.what in ANSWERS else ""
        raise Refused(f"ticket {link.refs.support} waits for no approval{done}")
    if who not in asked.who:
        raise Refused(f"`{who}` may not say that; `{asked.name}` is for {', '.join(asked.who)}")
    what = Happened.APPROVED if refuse is None else Happened.REFUSED
    number = sum(fact.what in ANSWERS for fact in history)
    fact = Milestone(what, site.now(), who, refuse or "", f"stated:{what}:{who}:{number}")
    return Answered(link.id, what, who, refuse or "", await state(site, link, fact))

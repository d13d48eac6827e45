"""Doing what a signed link is for: once, and only where the ticket still stands where that makes sense.

It is kept as a statement of whom the link was made for; the next run of the ticket tells both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from syncd.core.deeds import DEEDS, Obstacle, Purpose, obstacle
from syncd.core.milestones import Milestone, in_order
from syncd.core.observe import LONGEST
from syncd.engine import tokens
from syncd.engine.linkviews import link_view
from syncd.engine.operate import state_in
from syncd.engine.site import Site
from syncd.store import links, milestones, statements
from syncd.store import tokens as token_rows
from syncd.store.records import Link, LinkState
from syncd.store.tokens import Token

BY_LINK = "by a signed link"
SOURCE = "signed:"
"""How the source of a statement begins that came by a link; its number and digest follow.

The digest, because numbers are given again after a restore, and a note for an old one may stand on the ticket.
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a link would do now.

    Attributes:
        label: the ticket as its people call it; never its title, which is the customer's text. "" for the customer,
            who is told of neither side.
        done: when its deed was done; `obstacle` why it makes no sense now.
    """

    purpose: Purpose
    label: str
    who: str
    done: datetime | None = None
    obstacle: Obstacle | None = None


class _MovedOn(Exception):
    """Nothing is stored: the deed makes no sense any more."""


async def offer(site: Site, token: Token) -> Offer:
    return await site.store.read(lambda c: _offer(site, c, token))


async def do(site: Site, text: str, detail: str = "") -> Offer | None:
    """Do what a link is for, once; None where the link is none. The answer says what became of it.

    Args:
        detail: the reason of a return or a refusal, the number of a rating.
    """
    try:
        done = await site.store.write(lambda c: _do(site, c, text, detail.strip()[:LONGEST]))
    except _MovedOn:
        found = await tokens.check(site, text)
        return await offer(site, found) if found else None
    site.queue.wake()
    return done


def _do(site: Site, c: Connection, text: str, detail: str) -> Offer | None:
    token = tokens.checked(site, c, text)
    if token is None or token.purpose not in DEEDS:
        return None
    token_rows.hold(c, token.link_id)
    stands = _offer(site, c, token)
    if stands.done is not None or stands.obstacle is not None or not token_rows.use(c, token.id, site.now()):
        raise _MovedOn
    source = f"{SOURCE}{token.id}.{token.digest[:12]}"
    fact = Milestone(DEEDS[token.purpose], site.now(), token.who, detail or BY_LINK, source)
    state_in(site, c, links.get(c, token.link_id), fact)
    return replace(stands, done=site.now())


def _offer(site: Site, c: Connection, token: Token) -> Offer:
    link = links.get(c, token.link_id)
    shown = Offer(token.purpose, _label(link, token.purpose), token.who, token.done_at)
    if token.done_at is not None:
        return shown
    return replace(shown, obstacle=_obstacle(site, c, link, token.purpose))


def _obstacle(site: Site, c: Connection, link: Link, purpose: Purpose) -> Obstacle | None:
    if link.state is LinkState.RESTING or link.mapping not in site.mappings:
        return Obstacle.RESTS
    known = milestones.of(c, link.id)
    noted = {(fact.what, fact.source) for fact in known}
    stated = [fact for fact in statements.of(c, link.id) if (fact.what, fact.source) not in noted]
    return obstacle(purpose, in_order((*known, *stated)))


def _label(link: Link, purpose: Purpose) -> str:
    view = link_view(link)
    match purpose:
        case Purpose.ACCEPT | Purpose.RETURN | Purpose.REVIEWED:
            return view.engineering.label if view.engineering else ""
        case Purpose.APPROVE | Purpose.REFUSE:
            return view.support.label
        case Purpose.RATE | Purpose.PROGRESS:
            return ""

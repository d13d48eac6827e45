"""What an issue costs is for colleagues: no customer reads another one's worth or score, wherever customers read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from syncd.core.deeds import Purpose
from syncd.core.mapping import CommentRule, Mapping
from syncd.core.model import Comment, Internal, Public, Side, Visibility
from syncd.engine import ratings
from tests.engine.test_packet import STEPS, issue_of, rules
from tests.engine.test_related import escalated, onto, weighed
from tests.engine.world import World, world
from tests.web.served import Served
from tests.web.test_signed import URL, opened, shared

TELLTALE = ("73105", "worth", "rated", "in the last 30 days")
TELL_ALL = CommentRule("tell all", Side.ENGINEERING, None, Visibility.PUBLIC, discloses=True)


def open_hearted() -> Mapping:
    """Whatever engineers write, their customers read: the most that a mapping can give away."""
    made = weighed(rules(STEPS))
    return replace(made, comments=(TELL_ALL, *made.comments))


async def known_case(pair: World) -> str:
    """An issue of two customers, one of whom is worth 73105 and was not content; its engineers were told."""
    ref, issue = await escalated(pair, "Login loops after SSO", "Steps to reproduce: log in")
    pair.support.edit(ref, estimate=Decimal(73105))
    await ratings.rate(pair.site, await pair.link(ref), Decimal(1))
    await pair.sync()
    await onto(pair, issue, "lee")
    return issue


def drafts(pair: World) -> list[str]:
    return [one.body.text for one in every(pair) if "nobody has sent" in one.body.text]


def every(pair: World) -> Iterator[Comment]:
    return (one for ticket in pair.support.tickets.values() for one in ticket.comments)


def telling(texts: list[str]) -> list[str]:
    return [text for text in texts if any(word in text for word in TELLTALE)]


async def test_no_customer_reads_what_another_one_is_worth_or_said(url: str) -> None:
    async with world(url, rules=open_hearted()) as pair:
        pair.site.public_url = URL
        site = Served(pair)
        first = await known_case(pair)
        ref, none = await escalated(pair, "Redirect loop at the login with SSO", "It is in a loop", by="kim")
        assert none == ""
        pair.support.say(ref, "Steps to reproduce: log in", public=True, by="kim")
        await pair.sync()
        second = await issue_of(pair, ref)
        for issue in (first, second):
            pair.engineering.say(issue, "Found it, thanks to all who wait", by="ben")
            pair.engineering.edit(issue, status="solved", by="ben")
        await pair.sync()

        ours = [
            one.body for side in (pair.engineering, pair.support) for t in side.tickets.values() for one in t.comments
        ]
        known = [body for body in ours if any(word in body.text for word in TELLTALE)]
        assert len(known) == 3, "the note on the issue, the question on the ticket, the packet"
        assert all(isinstance(body, Internal) for body in known)
        public = [one.body.text for one in every(pair) if isinstance(one.body, Public)]
        assert sum("Found it" in text for text in public) == 3
        assert telling(public) == []
        assert len(drafts(pair)) >= 2
        assert telling(drafts(pair)) == []
        for one in pair.support.tickets:
            page = await opened(site, await shared(site, one, Purpose.PROGRESS))
            assert page.status_code == 200
            assert telling([page.text]) == []

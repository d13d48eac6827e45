"""What a stranger, a mail scanner, a customer and an engineer get from a signed link, over HTTP."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from syncd.core.deeds import Purpose
from syncd.core.milestones import Happened, Milestone
from syncd.engine import tokens
from syncd.store import links, milestones
from syncd.store.store import Store
from syncd.web import limit
from syncd.web.sheet import HEADERS
from tests.engine.test_contract import PLAIN, facts, rules
from tests.engine.world import World, world
from tests.web.served import Served
from tests.web.test_health import lose

URL = "https://syncd.example"
DAY = timedelta(days=1)
SECRET_TITLE = "Acme's payroll of Falcon fails"


@pytest.fixture
async def site(url: str) -> AsyncIterator[Served]:
    async with world(url, rules=rules(PLAIN)) as made:
        made.site.public_url = URL
        yield Served(made)


async def escalated(site: Served) -> str:
    ref, _ = await site.world.linked()
    site.world.support.edit(ref, title=SECRET_TITLE, by="ana")
    await site.world.sync()
    return ref


async def shared(site: Served, ref: str, purpose: Purpose, **more: object) -> str:
    """The path of a new link."""
    address = await tokens.link_for(site.world.site, await site.world.link(ref), purpose, **more)  # type: ignore[arg-type]
    return address.removeprefix(URL)


def outside(site: Served) -> httpx.AsyncClient:
    return site.client(url=URL, peer="203.0.113.7", headers={"accept-language": "en"})


async def opened(site: Served, path: str, **headers: str) -> httpx.Response:
    async with outside(site) as client:
        return await client.get(path, headers=headers)


async def pressed(site: Served, path: str, detail: str = "", **headers: str) -> httpx.Response:
    """The form of the page, as a browser sends it: `Referrer-Policy: no-referrer` makes the origin "null"."""
    said = {"sec-fetch-site": "same-origin", "origin": "null", **headers}
    form = {"token": path.rpartition("/")[2], **({"detail": detail} if detail else {})}
    async with outside(site) as client:
        return await client.post("/s/do", data=form, headers=said)


async def happened(site: Served, ref: str) -> list[Happened]:
    await site.world.sync()
    return [fact.what for fact in await facts(site.world, ref)]


# -- deeds


async def test_looking_at_a_link_does_nothing_and_pressing_does_it_once(site: Served) -> None:
    """Whatever opens every link that it sees: a scanner of mails, a preview in a chat."""
    ref = await escalated(site)
    path = await shared(site, ref, Purpose.ACCEPT, who="Ben")
    for _ in range(3):
        page = await opened(site, path)
        assert page.status_code == 200
        assert "Accept CORE-" in page.text
        assert "made for Ben" in page.text
    async with outside(site) as client:
        assert (await client.head(path)).status_code == 200
        assert (await client.post(path)).status_code == 405
    assert Happened.ACCEPTED not in await happened(site, ref)
    answer = await pressed(site, path)
    assert "You accepted CORE-" in answer.text
    assert "You accepted CORE-" in (await pressed(site, path)).text
    assert "You accepted CORE-" in (await opened(site, path)).text
    assert (await happened(site, ref)).count(Happened.ACCEPTED) == 1


async def test_two_who_press_at_the_same_moment(site: Served) -> None:
    ref = await escalated(site)
    path = await shared(site, ref, Purpose.ACCEPT, who="Ben")
    answers = await asyncio.gather(*(pressed(site, path) for _ in range(4)))
    assert all("You accepted" in answer.text for answer in answers)
    assert (await happened(site, ref)).count(Happened.ACCEPTED) == 1


async def test_the_pages_of_engineers_show_nothing_of_the_customer(site: Served) -> None:
    ref = await escalated(site)
    for purpose in (Purpose.ACCEPT, Purpose.RETURN, Purpose.REVIEWED, Purpose.APPROVE):
        page = (await opened(site, await shared(site, ref, purpose))).text
        assert "Falcon" not in page
        assert "Ana" not in page


async def test_a_return_needs_its_reason(site: Served) -> None:
    ref = await escalated(site)
    path = await shared(site, ref, Purpose.RETURN, who="Ben")
    for nothing in ("", "  \n "):
        answer = await pressed(site, path, nothing)
        assert answer.status_code == 400
        assert "Please write something here." in answer.text
    assert Happened.RETURNED not in await happened(site, ref)
    assert "You returned CORE-" in (await pressed(site, path, "the <b>steps</b>")).text
    await site.world.sync()
    [fact] = [fact for fact in await facts(site.world, ref) if fact.what is Happened.RETURNED]
    assert (fact.who, fact.detail) == ("Ben", "the <b>steps</b>")


async def test_a_case_that_moved_on_says_so(site: Served) -> None:
    ref = await escalated(site)
    first, second = [await shared(site, ref, Purpose.ACCEPT, who=who) for who in ("Ben", "Cleo")]
    await pressed(site, first)
    for page in (await opened(site, second), await pressed(site, second)):
        assert page.status_code == 200
        assert "It was accepted already." in page.text
        assert "<form" not in page.text
    assert "Nothing waits for this" in (await opened(site, await shared(site, ref, Purpose.REFUSE))).text


async def test_a_customer_rates_once_on_the_scale(site: Served) -> None:
    ref = await escalated(site)
    link, path = await site.world.link(ref), await shared(site, ref, Purpose.RATE)
    assert "does not work" in (await opened(site, path)).text
    asked = Milestone(Happened.SURVEYED, site.world.clock(), source="asked")
    await site.world.store.write(lambda c: milestones.add(c, link.id, asked, site.world.clock()))
    assert "How did we do?" in (await opened(site, path)).text
    for wrong in ("", "0", "6", "five", "5 "):
        assert (await pressed(site, path, wrong)).status_code == 400
    assert "Thank you." in (await pressed(site, path, "4")).text
    assert "Thank you." in (await pressed(site, path, "1")).text
    await site.world.sync()
    assert [fact.detail for fact in await facts(site.world, ref) if fact.what is Happened.RATED] == ["4"]


async def test_a_form_of_another_site_does_nothing(site: Served) -> None:
    ref = await escalated(site)
    path = await shared(site, ref, Purpose.ACCEPT)
    foreign = ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"})
    for headers in foreign:
        assert (await pressed(site, path, **headers)).status_code == 403
    assert Happened.ACCEPTED not in await happened(site, ref)
    assert (await pressed(site, path, origin=URL)).status_code == 200
    assert Happened.ACCEPTED in await happened(site, ref)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
async def test_only_a_form_is_read(site: Served, kind: str) -> None:
    path = await shared(site, await escalated(site), Purpose.ACCEPT)
    body = f"token={path.rpartition('/')[2]}"
    async with outside(site) as client:
        answer = await client.post("/s/do", content=body, headers={"content-type": kind})
        huge = await client.post(
            "/s/do",
            content=f"{body}&detail={'x' * 40_000}",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
    assert (answer.status_code, huge.status_code) == (404, 404)


# -- strangers


async def test_a_stranger_cannot_tell_why_a_link_does_not_work(site: Served) -> None:
    """Unknown, altered, expired, revoked, and what is none at all: one page, one status, the same headers."""
    ref = await escalated(site)
    expired = await shared(site, ref, Purpose.PROGRESS, expires=DAY)
    revoked, altered = await shared(site, ref, Purpose.RETURN), await shared(site, ref, Purpose.ACCEPT)
    await tokens.revoke(site.world.site, await site.world.link(ref), Purpose.RETURN)
    site.world.clock.advance(DAY.total_seconds())
    last = "a" if altered[-1] != "a" else "b"
    paths = [expired, revoked, altered[:-1] + last, "/s/" + "a" * 78, "/s/x", "/s/do", "/s/%00", "/s/" + "x" * 5000]
    answers = [await opened(site, path) for path in paths]
    answers += [await pressed(site, path, "steps") for path in (expired, revoked, "/s/x")]
    seen = {(answer.status_code, answer.content, tuple(answer.headers.items())) for answer in answers}
    assert len(seen) == 1
    assert answers[0].status_code == 404
    assert "This link does not work" in answers[0].text


async def test_an_answer_is_not_kept_framed_indexed_or_told_to_others(site: Served) -> None:
    ref = await escalated(site)
    path = await shared(site, ref, Purpose.ACCEPT)
    for answer in (await opened(site, path), await opened(site, "/s/none"), await pressed(site, path)):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert HEADERS["Referrer-Policy"] == "no-referrer"
        assert HEADERS["Cache-Control"] == "no-store"
        assert "noindex" in HEADERS["X-Robots-Tag"]
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert not re.search(r"(?:src|href)=|style=|onclick", answer.text)


async def test_who_asks_too_often_waits_and_nobody_else(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [0.0]
    site.app.state.limit = limit.Limit(often=3, clock=lambda: seconds[0])
    assert [(await opened(site, "/s/x")).status_code for _ in range(5)] == [404, 404, 404, 429, 429]
    assert (await pressed(site, "/s/x")).status_code == 429
    async with site.client(url=URL, peer="203.0.113.8") as other:
        assert (await other.get("/s/x")).status_code == 404
    seconds[0] = 60
    assert (await opened(site, "/s/x")).status_code == 404


def test_one_network_of_the_new_kind_counts_as_one_address() -> None:
    counted = limit.Limit(often=1, clock=lambda: 0.0)
    asked = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "::ffff:203.0.113.7", "203.0.113.7", "nobody", ""]
    assert [counted.allows(host) for host in asked] == [True, False, True, True, True, True, False]


def test_many_addresses_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "ADDRESSES", 3)
    counted = limit.Limit(often=1, clock=lambda: 0.0)
    assert [counted.allows(f"203.0.113.{number}") for number in range(6)] == [True] * 4 + [False] * 2
    assert len(counted._asked) == 4


async def test_no_log_line_says_the_link(
    site: Served, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    ref = await escalated(site)
    path = await shared(site, ref, Purpose.RETURN, who="Ben")
    await opened(site, path)
    await pressed(site, path, "steps")
    await site.world.sync()
    out, error = capsys.readouterr()
    kept = "".join(str(row.entry) for row in await site.world.audit())
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("httpx")]  # the test's own
    assert path.rpartition("/")[2][:20] not in "".join([*ours, out, error, kept])


async def test_while_the_store_is_down_the_page_asks_to_come_again(sqlite_template: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(sqlite_template, tmp_path / "syncd.db"))
    async with world(f"sqlite:///{file}", rules=rules(PLAIN)) as made:
        made.site.public_url = URL
        site = Served(made)
        path = await shared(site, await escalated(site), Purpose.ACCEPT)
        lose(site, file)
        for answer in (await opened(site, path), await pressed(site, path)):
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
            assert path.rpartition("/")[2] not in answer.text
            assert str(tmp_path) not in answer.text


async def test_when_a_link_was_opened_is_known_and_written_seldom(site: Served) -> None:
    ref = await escalated(site)
    path = await shared(site, ref, Purpose.PROGRESS)
    first = site.world.clock()
    await opened(site, path)
    site.world.clock.advance(30)
    await opened(site, path)
    [share] = await tokens.shares(site.world.site)
    assert share.opened == first
    site.world.clock.advance(31)
    await opened(site, path)
    [share] = await tokens.shares(site.world.site)
    assert share.opened == site.world.clock()


async def test_a_link_works_at_another_daemon_on_the_same_store(site: Served) -> None:
    path = await shared(site, await escalated(site), Purpose.ACCEPT)
    again = await Store.open(site.world.store.url, now=site.world.clock)
    try:
        other = World(again, rules(PLAIN), site.world.support, site.world.engineering)
        assert (await opened(Served(other), path)).status_code == 200
        assert await again.read(links.counts)
    finally:
        await again.aclose()

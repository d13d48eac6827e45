"""The weekly mail: once to each address, at its hour, with the page; and what becomes of one that cannot be sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from syncd.channels.config import EmailConfig
from syncd.channels.opened import opened
from syncd.core.facets import MetricsPolicy, Weekly
from syncd.core.mapping import Mapping
from syncd.engine import messenger, weekly
from syncd.store import parked
from syncd.store.records import ParkScope
from tests.channels.receivers import SmtpReceiver, smtp_receiver
from tests.engine.test_messenger import told
from tests.engine.world import World, world

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 23, 8, tzinfo=BERLIN)  # the clocks change on the Sunday after it
WEEK = timedelta(days=7)


def rules(*to: str) -> Mapping:
    made = told()
    assert made.escalation
    metrics = MetricsPolicy(zone=BERLIN, weekly=Weekly("mail", to or ("lead@acme.example",)))
    return replace(made, escalation=replace(made.escalation, metrics=metrics))


@pytest.fixture
def server() -> Iterator[SmtpReceiver]:
    with smtp_receiver() as made:
        yield made


@asynccontextmanager
async def daemon(url: str, server: SmtpReceiver, mapping: Mapping) -> AsyncIterator[World]:
    async with world(url, rules=mapping) as pair:
        given = {"host": "127.0.0.1", "port": server.port, "security": "none", "from": "syncd@acme.example"}
        config = EmailConfig.model_validate({**given, "timeout": timedelta(seconds=2)})
        pair.site.channels = opened({"mail": config}, secret=b"tests")
        yield pair


async def at(pair: World, moment: datetime) -> int:
    pair.clock.now = moment.astimezone(UTC)
    return await weekly.send_due(pair.site)


async def test_it_comes_once_a_week_at_its_hour_with_the_page(url: str, server: SmtpReceiver) -> None:
    async with daemon(url, server, rules()) as pair:
        assert await at(pair, MONDAY - timedelta(hours=1)) == 0
        assert await at(pair, MONDAY) == 1
        assert await at(pair, MONDAY + timedelta(days=6)) == 0
        assert await at(pair, MONDAY + WEEK - timedelta(minutes=1)) == 0, (
            "an hour before by the wall, had we added hours"
        )
        assert await at(pair, MONDAY + WEEK) == 1
    first, second = server.got
    assert first["Subject"] == "Escalations from 2026-03-16 until 2026-03-23"
    assert first["Message-ID"] != second["Message-ID"]
    body, page = first.iter_parts()
    assert "Escalations" in body.get_content()
    assert page.get_filename() == "escalations-2026-03-23.html"
    assert page.get_content().startswith("<!doctype html>")


async def test_who_is_new_gets_the_next_one(url: str, server: SmtpReceiver) -> None:
    async with daemon(url, server, rules()) as pair:
        assert await at(pair, MONDAY - WEEK + timedelta(hours=1)) == 0
        pair.site.mappings = {"desk-tracker": rules("lead@acme.example", "new@acme.example")}
        assert await at(pair, MONDAY) == 1
        assert await at(pair, MONDAY + WEEK) == 2
    assert server.recipients == [["lead@acme.example"], ["lead@acme.example"], ["new@acme.example"]]


async def test_after_a_long_stop_there_is_one_mail(url: str, server: SmtpReceiver) -> None:
    async with daemon(url, server, rules()) as pair:
        await at(pair, MONDAY - WEEK)
        assert await at(pair, MONDAY + 5 * WEEK) == 1
        assert await at(pair, MONDAY + 5 * WEEK + timedelta(hours=1)) == 0


async def test_one_that_cannot_be_sent_now_comes_later_with_the_same_id(url: str, server: SmtpReceiver) -> None:
    async with daemon(url, server, rules("lead@acme.example", "boss@acme.example")) as pair:
        await at(pair, MONDAY - WEEK)
        server.refused["boss@acme.example"] = "451 come again"
        assert await at(pair, MONDAY) == 1
        server.refused.clear()
        assert await at(pair, MONDAY + timedelta(minutes=10)) == 1
    assert server.recipients == [["lead@acme.example"], ["boss@acme.example"]]


async def test_an_address_that_is_refused_for_good_is_not_tried_all_week(url: str, server: SmtpReceiver) -> None:
    async with daemon(url, server, rules()) as pair:
        await at(pair, MONDAY - WEEK)
        server.refused["lead@acme.example"] = "550 nobody of that name"
        assert await at(pair, MONDAY) == 0
        server.refused.clear()
        assert await at(pair, MONDAY + timedelta(minutes=10)) == 0
        outcomes = [row.entry.outcome for row in await pair.audit() if row.entry.kind == "report.sent"]
        assert len(outcomes) == 1
        assert outcomes[0].startswith("refused: ")
        assert await at(pair, MONDAY + WEEK) == 1


async def test_a_channel_that_is_parked_waits_for_a_person(url: str, server: SmtpReceiver) -> None:
    async with daemon(url, server, rules()) as pair:
        await at(pair, MONDAY - WEEK)
        await messenger.hold(pair.site, pair.site.channels["mail"], "refuses the password")
        assert await at(pair, MONDAY) == 0
        held = await pair.store.read(lambda c: parked.find(c, None, ParkScope.CHANNEL, "mail"))
        assert held is not None
        await messenger.retry(pair.site, "mail")
        assert await at(pair, MONDAY + timedelta(minutes=10)) == 1


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-23T08:00+01:00", "2026-03-23T08:00+01:00"),
        ("2026-03-23T07:59+01:00", "2026-03-16T08:00+01:00"),
        ("2026-03-30T08:00+02:00", "2026-03-30T08:00+02:00"),
        ("2026-03-30T07:59+02:00", "2026-03-23T08:00+01:00"),
        ("2026-10-26T07:30+01:00", "2026-10-19T08:00+02:00"),
    ],
)
def test_when_it_was_due_last(now: str, due: str) -> None:
    found = Weekly("mail", ("a@b.example",)).last(datetime.fromisoformat(now), BERLIN)
    assert found == datetime.fromisoformat(due)

"""Looking up a tier: in a table that changes while it is used, and at another system that is slow, wrong or away."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from syncd.engine import lookups, signals, views
from syncd.engine.lookups import value_at
from syncd.sdk.errors import BadAnswer
from tests.engine.listening import reason, rules, severity, use
from tests.engine.world import World, world

TABLE = """
severities: {sev2: {rules: [{name: a big customer, when: {tier: [gold]}}]}}
default: sev4
lookups: {tier: {by: requester.domain, csv: tiers.csv, key: domain, value: tier, default: none}}
"""
ASKED = """
severities: {sev2: {rules: [{name: a big customer, when: {tier: [gold]}}]}}
default: sev4
lookups:
  tier:
    by: requester.email
    http: {url: "URL/tier?of={key}", headers: {Authorization: "Bearer ${CRM_TOKEN}"}, value: /data/tier, cache: 1h}
    default: none
"""
SAID = "This is sev2 by rule `a big customer`: tier is `gold` (`acme.example` in tiers.csv)."
TOKEN = "correct-horse-crm"


@dataclass
class Crm:
    """Another system, as a real server on this machine."""

    url: str = ""
    tiers: dict[str, object] = field(default_factory=dict)
    status: int = 200
    delay: float = 0
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.heads.append(head)
        self.asked.append(head.split()[1])
        with suppress(TimeoutError):
            await asyncio.wait_for(self.gone.wait(), self.delay)
        key = head.split()[1].rpartition("=")[2]
        body = json.dumps({"data": {"tier": self.tiers.get(key)}}).encode()
        said = f"HTTP/1.1 {self.status} X\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
        with suppress(ConnectionError):  # whoever asked did not wait
            writer.write(said + body)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def crm() -> AsyncIterator[Crm]:
    made = Crm()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        made.gone.set()
        server.close()
        await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_TOKEN", TOKEN)


@pytest.fixture
async def desk(url: str) -> AsyncIterator[World]:
    async with world(url) as made:
        made.support.person("kim", name="Kim", email="kim@Acme.example")
        made.support.person("lee", name="Lee", email="lee@other.example")
        yield made


def trust(on: World, other: Crm) -> None:
    on.site.trusted = (other.url,)
    on.site.lookups = lookups.Lookups(on.store, on.clock, on.site.trusted)


# --- tables -----------------------------------------------------------------------------------------------------------


async def test_a_table_raises_a_ticket_and_the_reason_names_it(desk: World, tmp_path: Path) -> None:
    (tmp_path / "tiers.csv").write_text("\ufeffdomain;tier\nACME.example;gold\n", encoding="utf-8")
    use(desk, rules(tmp_path, TABLE))
    big, small = desk.support.open(title="Export", by="kim"), desk.support.open(title="Export", by="lee")
    await desk.sync()
    assert await severity(desk, big) == ("sev2", "a big customer")
    assert await reason(desk, big) == "tier is `gold` (`acme.example` in tiers.csv)"
    assert await severity(desk, small) == ("sev4", "default")


async def test_a_table_that_changes_counts_at_the_next_look_without_a_restart(desk: World, tmp_path: Path) -> None:
    table = tmp_path / "tiers.csv"
    table.write_text("domain,tier\nother.example,gold\n")
    use(desk, rules(tmp_path, TABLE))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    table.write_text("domain,tier\nother.example,gold\nacme.example,gold\n")
    desk.support.edit(ref, title="Export again")
    await desk.sync()
    assert await severity(desk, ref) == ("sev2", "a big customer")


async def test_a_table_that_became_wrong_changes_nothing_and_status_names_the_line(desk: World, tmp_path: Path) -> None:
    table = tmp_path / "tiers.csv"
    table.write_text("domain,tier\nacme.example,gold\n")
    use(desk, rules(tmp_path, TABLE))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    for wrong in ("domain,tier\nacme.example,silver\nacme.example,none\n", None):
        table.write_text(wrong) if wrong else table.unlink()
        desk.support.edit(ref, title=f"Export {wrong}")
        await desk.sync()
        assert await severity(desk, ref) == ("sev2", "a big customer")
        [view] = (await views.status(desk.site)).lookups
        said = "tiers.csv, line 3: `acme.example` stands in line 2 already; delete one of them"
        assert view.problem == (said if wrong else "tiers.csv cannot be read")


async def test_a_template_may_say_what_was_looked_up(desk: World, tmp_path: Path) -> None:
    (tmp_path / "tiers.csv").write_text("domain,tier\nacme.example,gold\n")
    use(desk, rules(tmp_path, TABLE + 'packet: {template: "A customer of tier {{ fields.tier }}."}\n'))
    ref = desk.support.open(title="Export", by="kim")
    await desk.sync()
    issue = (await desk.link(ref)).refs.engineering or ""
    assert [one.body.text for one in desk.engineering.ticket(issue).comments] == ["A customer of tier gold.", SAID]


@pytest.mark.parametrize(
    ("when", "keep", "tier"),
    [
        ("tier: [gold]", "", ", tier gold"),
        ("priority: [p1]", ", keep: true", ", tier gold"),
        ("priority: [p1]", "", ""),
    ],
    ids=["a rule asks", "kept", "nobody asks"],
)
async def test_the_packet_that_ships_says_the_tier_where_it_is_known_and_looks_nothing_up_for_it(
    desk: World, tmp_path: Path, when: str, keep: str, tier: str
) -> None:
    (tmp_path / "tiers.csv").write_text("domain,tier\nacme.example,gold\n")
    text = TABLE.replace("tier: [gold]", when).replace("default: none", f"default: none{keep}")
    use(desk, rules(tmp_path, f"{text}packet: {{}}\n"))
    ref = desk.support.open(title="Export", by="kim", priority="urgent")
    await desk.sync()
    issue = (await desk.link(ref)).refs.engineering or ""
    packet = desk.engineering.ticket(issue).comments[0].body.text
    assert f"- Customer: Kim{tier}\n" in packet


# --- another system ---------------------------------------------------------------------------------------------------


async def test_another_system_is_asked_once_for_a_customer_while_its_answer_is_good(
    desk: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with crm() as other:
        other.tiers["kim%40acme.example"] = "gold"
        trust(desk, other)
        use(desk, rules(tmp_path, ASKED.replace("URL", other.url)))
        first, second = desk.support.open(title="1", by="kim"), desk.support.open(title="2", by="kim")
        await desk.sync()
        desk.support.edit(first, title="1 again")
        await desk.sync()
        assert [await severity(desk, ref) for ref in (first, second)] == [("sev2", "a big customer")] * 2
        assert set(other.asked) == {"/tier?of=kim%40acme.example"}
        assert len(other.asked) <= 2  # both tickets at once may each have asked
        assert f"Bearer {TOKEN}" in other.heads[0]
        again = World(desk.store, next(iter(desk.site.mappings.values())), desk.support, desk.engineering)
        trust(again, other)
        known = len(other.asked)
        third = desk.support.open(title="3", by="kim")
        await again.sync()
        assert (await severity(again, third), len(other.asked)) == (("sev2", "a big customer"), known)
        desk.clock.advance(timedelta(hours=2))
        desk.support.edit(third, title="3 again")
        await again.sync()
        assert len(other.asked) == known + 1
    rows = await desk.audit()
    assert TOKEN not in caplog.text + repr(rows) + repr(desk.site.mappings)


async def test_one_that_does_not_answer_stops_nothing_is_shown_and_is_asked_again(
    desk: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "PATIENCE", 0.2)
    async with crm() as other:
        other.tiers["kim%40acme.example"], other.delay = "gold", 30
        trust(desk, other)
        use(desk, rules(tmp_path, ASKED.replace("URL", other.url)))
        ref = desk.support.open(title="Export", by="kim")
        also = desk.support.open(title="Export", by="lee")
        await asyncio.wait_for(desk.sync(), 5)
        assert await severity(desk, ref) == await severity(desk, also) == ("sev4", "default")
        [view] = (await views.status(desk.site)).lookups
        assert (view.name, view.problem) == ("tier", "lookup tier: no answer within 0.2 s")
        assert view.next_try is not None
        other.delay = 0
        monkeypatch.setattr(lookups, "PATIENCE", 5.0)
        assert await signals.ask_again(desk.site) == 0  # too early
        desk.clock.advance(timedelta(minutes=2))
        assert await signals.ask_again(desk.site) == 2
        await desk.sync()
        assert await severity(desk, ref) == ("sev2", "a big customer")
        assert await severity(desk, also) == ("sev4", "default")
        assert (await views.status(desk.site)).lookups == ()
        assert await signals.ask_again(desk.site) == 0


async def test_the_last_answer_counts_while_none_comes(desk: World, tmp_path: Path) -> None:
    async with crm() as other:
        other.tiers["kim%40acme.example"] = "gold"
        trust(desk, other)
        use(desk, rules(tmp_path, ASKED.replace("URL", other.url)))
        ref = desk.support.open(title="Export", by="kim")
        await desk.sync()
        other.status = 503
        desk.clock.advance(timedelta(hours=2))
        desk.support.edit(ref, title="Export again")
        await desk.sync()
        assert await severity(desk, ref) == ("sev2", "a big customer")
        [view] = (await views.status(desk.site)).lookups
        assert view.problem == "lookup tier: GET answered 503"


async def test_nobody_waits_twice_for_one_that_did_not_answer(
    desk: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookups, "PATIENCE", 0.2)
    async with crm() as other:
        other.delay = 30
        trust(desk, other)
        use(desk, rules(tmp_path, ASKED.replace("URL", other.url)))
        desk.support.open(title="Export", by="kim")
        await desk.sync()
        asked = len(other.asked)
        desk.support.open(title="Export", by="lee")
        await desk.sync()
        assert len(other.asked) == asked


async def test_a_private_address_is_not_asked_unless_it_is_trusted(desk: World, tmp_path: Path) -> None:
    async with crm() as other:
        use(desk, rules(tmp_path, ASKED.replace("URL", other.url)))
        ref = desk.support.open(title="Export", by="kim")
        await desk.sync()
        assert other.asked == []
        assert await severity(desk, ref) == ("sev4", "default")
        [view] = (await views.status(desk.site)).lookups
        assert "must come by https" in view.problem


@pytest.mark.parametrize(("keep", "asked"), [("", 0), ("    keep: true\n", 1)])
async def test_nobody_is_asked_where_no_rule_needs_it_unless_the_numbers_do(
    desk: World, tmp_path: Path, keep: str, asked: int
) -> None:
    async with crm() as other:
        trust(desk, other)
        text = ASKED.replace("URL", other.url).replace("tier: [gold]", "title: [Outage]") + keep
        use(desk, rules(tmp_path, text))
        desk.support.open(title="Export", by="kim")
        await desk.sync()
        assert len(other.asked) == asked


async def test_plan_asks_and_stores_nothing(desk: World, tmp_path: Path) -> None:
    async with crm() as other:
        other.tiers["kim%40acme.example"] = "gold"
        trust(desk, other)
        use(desk, rules(tmp_path, ASKED.replace("URL", other.url)))
        ref = desk.support.open(title="Export", by="kim")
        for times in (1, 2):
            [planned] = await views.plan(desk.site, tickets=[ref])
            assert [change.rule for change in planned.changes if change.what == "severity"] == ["a big customer"]
            assert len(other.asked) == times


@pytest.mark.parametrize(
    ("answer", "pointer", "value"),
    [
        ({"a": [{"b/c": " gold "}]}, "/a/0/b~1c", "gold"),
        ({"a": True}, "/a", "true"),
        ({"a": 3}, "/a", "3"),
        ({"a": None}, "/a", ""),
        ({"a": []}, "/a/0", ""),
        ("gold", "/a", ""),
        ({"~": "x"}, "/~0", "x"),
    ],
)
def test_a_pointer_finds_one_word(answer: object, pointer: str, value: str) -> None:
    assert value_at(answer, pointer, "tier") == value


def test_a_table_is_no_word() -> None:
    with pytest.raises(BadAnswer, match="a list or a table"):
        value_at({"a": {"b": 1}}, "/a", "tier")

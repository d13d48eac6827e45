"""The daemon starts without its vendors, keeps what it was told, and stops so that nothing is half done."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncd import log as logs
from syncd.core.model import Side
from syncd.engine import operate, restored, views
from syncd.engine.operate import Refused
from syncd.errors import StoreError, SyncdError
from syncd.sdk.testing import faults
from syncd.settings import load
from syncd.store import backup as copies
from syncd.store import hooknotes, meta
from syncd.store.records import PauseScope
from tests.running import Installation, installation


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    with installation(tmp_path, monkeypatch) as made:
        yield made
    logs.forget()


async def test_an_urgent_ticket_becomes_an_issue(place: Installation) -> None:
    ref, issue = await place.linked()
    assert place.tracker.ticket(issue).fields["title"] == "Export fails"
    async with place.daemon(acting=False) as looking:
        (link,) = await views.links(looking.site)
        assert (link.support.ref, link.engineering and link.engineering.ref) == (ref, issue)


async def test_all_connections_write_into_one_ledger(place: Installation) -> None:
    async with place.daemon(acting=False) as looking:
        ledgers = [connector.ledger for connector in looking.site.connectors.values()]
    assert len(ledgers) > 1
    assert {id(ledger) for ledger in ledgers if ledger is not None} == {id(ledgers[0])}
    assert None not in ledgers


async def test_the_daemon_runs_until_it_is_stopped_and_says_in_the_store_how_it_is(place: Installation) -> None:
    async with place.daemon() as daemon:
        running = asyncio.create_task(daemon.run())
        await asyncio.wait_for(daemon.ready.wait(), 10)
        async with place.daemon(acting=False) as looking:
            status = await views.status(looking.site)
            assert status.running
            assert status.works, status.sentence
        daemon.stop()
        await asyncio.wait_for(running, 10)
    async with place.daemon(acting=False) as looking:
        status = await views.status(looking.site)
        assert not status.running
        assert "syncd run" in status.sentence


async def test_a_vendor_that_is_away_at_the_start_does_not_keep_the_daemon_from_starting(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncd.daemon.FIRST_RETRY", 0.01)
    place.tracker.plan.on("check*", faults.Unreachable(), times=3)
    async with place.daemon() as daemon:
        running = asyncio.create_task(daemon.run())
        await asyncio.wait_for(daemon.ready.wait(), 10)
        async with asyncio.timeout(10):
            while set(daemon.accounts) != {"desk", "tracker"}:
                await asyncio.sleep(0.01)
        assert not daemon.pulse().problems
        daemon.stop()
        await asyncio.wait_for(running, 10)


async def test_a_refused_credential_pauses_its_connection_alone_until_a_person_lets_it_go_on(
    place: Installation,
) -> None:
    place.tracker.plan.on("check*", faults.Status(401))
    async with place.daemon() as daemon:
        await daemon.once()
        assert set(daemon.accounts) == {"desk"}
        status = await views.status(daemon.site, pulse=daemon.pulse())
        (pause,) = status.pauses
        assert (pause.name, pause.remedy) == ("tracker", "syncd retry --connection tracker")
        assert "tracker is paused" in status.sentence
        assert "renew `connections.tracker`, and restart" in pause.reason
        await daemon.once()
        assert set(daemon.accounts) == {"desk"}
        assert await operate.resume(daemon.site, PauseScope.CONNECTION, "tracker")
        await daemon.once()
        assert set(daemon.accounts) == {"desk", "tracker"}


@pytest.mark.parametrize("refused", ["changes*", "update *"], ids=["poll", "write"])
async def test_a_credential_that_is_refused_later_is_asked_for_once(place: Installation, refused: str) -> None:
    """By whom it is found out makes no difference: one sentence, and no further request."""
    ref, _ = await place.linked()
    async with place.daemon() as daemon:
        await daemon.reach("desk")
        await daemon.reach("tracker")
        place.tracker.plan.on(refused, faults.Status(401), times=faults.ALWAYS)
        before = len(place.tracker.requests)
        place.desk.edit(ref, title="Export fails again")
        for _ in range(3):
            for poller in daemon.pollers.values():
                await poller._turn()
            await daemon.work()
        status = await views.status(daemon.site, pulse=daemon.pulse())
        (pause,) = status.pauses
        assert "renew `connections.tracker`, and restart" in pause.reason
        assert [call.operation for call in place.tracker.requests[before:]].count(refused.rstrip(" *")) == 1


async def test_another_account_than_before_is_asked_about_and_then_is_ours_too(place: Installation) -> None:
    await place.once()
    text = place.config.read_text()
    place.config.write_text(
        text.replace('url: "https://tracker.example"', 'url: "https://tracker.example", account: ben')
    )
    async with place.daemon() as daemon:
        await daemon.once()
        (pause,) = (await views.status(daemon.site)).pauses
        assert "acts as Ben" in pause.reason
        await operate.resume(daemon.site, PauseScope.CONNECTION, "tracker")
        await daemon.once()
        assert daemon.accounts["tracker"].id == "ben"
        assert await daemon.store.read(lambda c: meta.own_accounts(c, "tracker")) == {"syncd", "ben"}


async def test_a_mapping_that_is_refused_leaves_the_old_one_at_work(place: Installation) -> None:
    async with place.daemon() as daemon:
        before = daemon.site.mappings["desk-tracker"]
        place.edit("priority: p1", "priority: p9")
        assert not await daemon.reload()
        assert daemon.site.mappings["desk-tracker"] is before
        place.edit("priority: p9", "priority: p2")
        assert await daemon.reload()
        assert daemon.site.mappings["desk-tracker"].digest != before.digest


async def test_what_a_stop_interrupts_is_done_by_the_next_start(place: Installation) -> None:
    await place.once()
    for number in range(5):
        place.desk.open(title=f"Ticket {number}", priority="urgent")
    async with place.daemon() as daemon:
        running = asyncio.create_task(daemon.run())
        async with asyncio.timeout(20):
            while not place.tracker.writes:
                await asyncio.sleep(0)
        daemon.stop()
        await asyncio.wait_for(running, 30)
    await place.once()
    titles = sorted(str(ticket.fields["title"]) for ticket in place.tracker.tickets.values())
    assert titles == [f"Ticket {number}" for number in range(5)]


async def test_two_daemons_do_not_share_a_store(place: Installation) -> None:
    async with place.daemon():
        with pytest.raises(StoreError, match="held by another syncd"):
            async with place.daemon():
                pass


async def test_an_address_in_use_is_a_sentence(place: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        place.config.write_text(place.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}"))
        async with place.daemon() as daemon:
            with pytest.raises(SyncdError, match=f"cannot listen on 127.0.0.1:{port}"):
                await daemon.run()


# --- webhooks


async def test_a_running_daemon_says_that_nobody_calls_it(place: Installation) -> None:
    place.config.write_text(f"{place.config.read_text()}public_url: https://syncd.example\n")
    async with place.daemon() as daemon:
        await daemon.reach("desk")
        running = asyncio.create_task(daemon.run())
        async with asyncio.timeout(10):
            while "desk" not in daemon.pulse().hooks:
                await asyncio.sleep(0.01)
        assert "not called" in daemon.pulse().hooks["desk"].problem
        status = await views.status(daemon.site, pulse=daemon.pulse())
        assert (status.works, status.needs_person) == (True, True)
        daemon.stop()
        await asyncio.wait_for(running, 10)


@pytest.mark.parametrize("lost", [', webhook_secret: "${HOOK}"', "public_url: https://syncd.example\n"])
async def test_without_an_address_or_a_secret_no_vendor_is_asked(place: Installation, lost: str) -> None:
    text = f"{place.config.read_text()}public_url: https://syncd.example\n"
    place.config.write_text(text.replace(lost, ""))
    async with place.daemon() as daemon:
        await daemon.reach("desk")
        await daemon.hooks.turn(daemon.accounts)
        assert not daemon.hooks.told()
    assert not [entry for entry in place.desk.requests if entry.operation == "hooks"]


async def test_a_restored_store_registers_nothing(place: Installation) -> None:
    place.config.write_text(f"{place.config.read_text()}public_url: https://syncd.example\n")
    await place.once()
    async with place.daemon() as daemon:
        await daemon.store.write(lambda c: meta.set_restored(c, "it was put back"))
        note = hooknotes.HookNote("https://syncd.example/hooks/desk", daemon.site.now())
        await daemon.store.write(lambda c: hooknotes.put(c, "desk", note))
    async with place.daemon() as daemon:
        assert daemon.restored
        await daemon.reach("desk")
        running = asyncio.create_task(daemon.run())
        await asyncio.wait_for(daemon.ready.wait(), 10)
        await asyncio.sleep(0.05)
        daemon.stop()
        await asyncio.wait_for(running, 10)
    assert not place.desk.hooks


# --- the secret of the marks


async def test_the_secret_is_made_once_and_only_its_owner_can_read_it(place: Installation) -> None:
    await place.once()
    file = place.folder / "var" / "syncd.db.secret"
    assert file.stat().st_mode & 0o777 == 0o600
    first = file.read_text()
    await place.once()
    assert file.read_text() == first


async def test_a_store_refuses_a_secret_that_is_gone_or_another(place: Installation) -> None:
    await place.once()
    file = place.folder / "var" / "syncd.db.secret"
    kept = file.read_text()
    file.unlink()
    with pytest.raises(StoreError, match="is gone"):
        await place.once()
    file.write_text("another")
    file.chmod(0o600)
    with pytest.raises(StoreError, match="another secret"):
        await place.once()
    file.write_text(kept)
    await place.once()


# --- a store that was put back


async def test_a_restored_store_makes_nothing_twice_and_reverts_nothing(place: Installation) -> None:
    ref, issue = await place.linked()
    backup = place.folder / "monday.db"
    settings, _ = load(place.config)
    url = settings.store.get_secret_value()
    copies.backup(url, backup)
    place.desk.say(ref, "copied after the backup", public=True, files={"after.log": b"12"})
    place.desk.file(ref, "loose.txt", b"123")
    place.desk.edit(ref, priority="high")
    second = place.desk.open(title="Made after the backup", priority="urgent")
    await place.once()
    place.tracker.edit(issue, status="solved")
    place.desk.edit(ref, status="open")
    copies.restore(url, backup)
    with pytest.raises(SyncdError, match="nothing is written"):
        await place.once()
    async with place.daemon() as daemon:
        await daemon.reach("desk")
        await daemon.reach("tracker")
        with pytest.raises(Refused, match="come again at"):  # a search lags behind
            await restored.accept(daemon.site)
    place.tracker.clock.advance(timedelta(days=1))
    async with place.daemon(now=lambda: datetime.now(UTC) + timedelta(days=1)) as daemon:
        await daemon.reach("desk")
        await daemon.reach("tracker")
        adopted = await restored.accept(daemon.site)
        assert (adopted.pairs, adopted.conflicts) == (1, 1)
    await place.once()
    texts = [comment.body.text for comment in place.tracker.ticket(issue).comments]
    assert sum("copied after the backup" in text for text in texts) == 1
    assert sorted(file.name for file in place.tracker.ticket(issue).files) == ["after.log", "loose.txt"]
    titles = [ticket.fields["title"] for ticket in place.tracker.tickets.values()]
    assert titles.count("Made after the backup") == 1
    assert place.desk.ticket(second).fields["title"] == "Made after the backup"
    assert (place.desk.ticket(ref).fields["status"], place.tracker.ticket(issue).fields["status"]) == ("open", "solved")
    async with place.daemon(acting=False) as daemon:
        (clash,) = await views.conflicts(daemon.site)
        await operate.resolve(daemon.site, clash.id, Side.ENGINEERING)
    await place.once()
    assert place.desk.ticket(ref).fields["status"] == "solved"


async def test_a_sign_in_that_ends_is_counted_down_and_warned_about_once_a_day(place: Installation) -> None:
    now = [datetime(2026, 1, 5, 9, tzinfo=UTC)]
    place.desk.credential_ends = now[0] + timedelta(days=15)
    async with place.daemon(now=lambda: now[0]) as daemon:
        assert await daemon.count_down() == [], "nothing is known before the vendor was reached"
        await daemon.reach("desk")
        assert await daemon.count_down() == [], "there are more than two weeks left"
        now[0] += timedelta(days=1)
        assert await daemon.count_down() == [
            "the sign-in of desk ends on 2026-01-20, in 14 days; renew `connections.desk`"
        ]
        assert await daemon.count_down() == []
        now[0] += timedelta(days=1)
        assert len(await daemon.count_down()) == 1
        await daemon._beat()
        now[0] += timedelta(days=14)
        assert "ended on 2026-01-20" in (await daemon.count_down())[0]
    async with place.daemon(acting=False, now=lambda: now[0]) as looking:
        status = await views.status(looking.site)
        desk = next(one for one in status.connections if one.name == "desk")
        assert (desk.expires, "ended on" in desk.ending) == (place.desk.credential_ends, True)

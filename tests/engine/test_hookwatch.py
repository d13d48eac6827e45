"""The daemon looks at its webhooks: it renews and restores its own, tells the rest once, and never cries wolf."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog

from syncd.core.model import Side
from syncd.engine import hookdeeds
from syncd.engine.hearing import ENOUGH, GRACE
from syncd.engine.hookwatch import AGAIN, EVERY, HookWatch
from syncd.engine.poll import poll_once
from syncd.engine.receive import receive
from syncd.sdk.budget import BACKFILL, priority
from syncd.sdk.connector import Capability, Hook, Webhook
from syncd.sdk.testing.character import HELPFUL, TRACKER
from syncd.sdk.testing.faults import Status, Unreachable
from syncd.store import audit, hooknotes, pauses
from syncd.store.records import PauseScope
from tests.engine.world import World, world

OURS = "https://syncd.example/hooks/desk"
MONTH = timedelta(days=30)


class Watched:
    """A pair whose desk is to call us, and the daemon's watch over that."""

    def __init__(self, pair: World) -> None:
        self.pair = pair
        self.desk = pair.support
        self.watch = HookWatch(pair.site, {"desk": OURS})

    async def look(self, after: timedelta = EVERY) -> str:
        """Let time pass, then one turn; what people are told."""
        self.pair.clock.advance(after)
        await self.watch.turn({"desk"})
        return self.problem

    @property
    def problem(self) -> str:
        told = self.watch.told().get("desk")
        return told.problem if told else ""

    @property
    def remedy(self) -> str:
        return self.watch.told()["desk"].remedy

    async def register(self) -> Hook:
        """As `syncd webhooks desk --register` does."""
        return await hookdeeds.register(self.pair.site, self.pair.connectors["desk"], OURS)

    def asked(self, operation: str) -> int:
        return sum(entry.operation == operation for entry in self.desk.requests)

    async def changes(self, number: int = ENOUGH, *, delivered: bool = False) -> None:
        """So many tickets are changed; a regular poll finds each, and before it a webhook may come."""
        await poll_once(self.pair.site, self.pair.connectors["desk"])
        for _ in range(number):
            self.desk.open(title="Something new", priority="urgent")
            self.pair.clock.advance(30)
            if delivered:
                await self.pair.deliver()
            self.desk.take_webhooks()
            await poll_once(self.pair.site, self.pair.connectors["desk"])


@pytest.fixture
async def at(url: str) -> AsyncIterator[Watched]:
    async with world(url) as pair:
        yield Watched(pair)


# --- what is seen


async def test_a_hook_that_stands_is_well_and_costs_one_request_an_hour(at: Watched) -> None:
    at.desk.call(OURS)
    for _ in range(180):
        assert await at.look(timedelta(minutes=1)) == ""
    assert "desk" in at.watch.told()
    assert at.asked("hooks") == 3


@pytest.mark.parametrize(
    ("hooks", "said", "remedy"),
    [
        ([], "our address is not called", "--register"),
        ([Hook("1", OURS, active=False)], "it is switched off", "--register"),
        ([Hook("1", OURS), Hook("2", OURS)], "called 2 times, by 1, 2; what comes twice is taken once", "--remove 1"),
        ([Hook("1", "https://old.example/hooks/desk")], "1 calls https://old.example/hooks/desk instead", "--register"),
        ([Hook("1", OURS, lacks=("comment_created",))], "it does not bring comment_created", "--register"),
    ],
)
async def test_what_is_wrong_is_told_with_its_remedy_and_not_touched(
    at: Watched, hooks: list[Hook], said: str, remedy: str
) -> None:
    at.desk.hooks.update({hook.id: hook for hook in hooks})
    assert said in await at.look()
    assert ("nothing is lost" in at.problem) == ("2 times" not in said)
    assert at.remedy == f"syncd webhooks desk {remedy}"
    assert list(at.desk.hooks.values()) == hooks


async def test_what_is_wrong_is_logged_once_and_once_when_it_is_right(at: Watched) -> None:
    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            await at.look()
        at.desk.call(OURS)
        for _ in range(3):
            await at.look()
    assert [line["event"] for line in lines if line["event"].startswith("hook.")] == ["hook.wrong", "hook.right"]


async def test_a_look_that_fails_is_no_fault_of_the_connection(at: Watched) -> None:
    await at.look()
    was = at.problem
    at.desk.plan.on("hooks*", Unreachable())
    at.desk.plan.on("hooks*", Status(401))
    with structlog.testing.capture_logs() as lines:
        assert await at.look() == was
        assert await at.look() == was
    assert [line["log_level"] for line in lines] == ["info", "info"]
    assert not await at.pair.store.read(pauses.list_pauses)


async def test_an_account_that_may_not_see_webhooks_is_told_nothing(at: Watched) -> None:
    at.desk.plan.on("hooks*", Status(403))
    assert await at.look() == ""
    assert "desk" not in at.watch.told()


async def test_nobody_is_asked_who_is_paused_or_not_reached_yet(at: Watched) -> None:
    await at.watch.turn(set())
    assert at.asked("hooks") == 0
    now = at.pair.clock()
    await at.pair.store.write(lambda c: pauses.pause(c, PauseScope.CONNECTION, "desk", "no token", now=now))
    await at.look()
    assert at.asked("hooks") == 0


async def test_a_look_goes_behind_all_other_work(at: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, seen = at.pair.connectors["desk"], list[int]()
    hooks = desk.hooks

    async def noted() -> object:
        seen.append(priority.get())
        return await hooks()

    monkeypatch.setattr(desk, "hooks", noted)
    usual = priority.get()
    await at.look()
    assert (seen, priority.get()) == ([BACKFILL], usual)


# --- what is mended


async def test_one_that_ends_is_renewed_a_week_before(url: str) -> None:
    async with world(url, support=replace(HELPFUL, hook_life=MONTH)) as pair:
        at = Watched(pair)
        hook = await at.register()
        for _ in range(23):
            assert await at.look(timedelta(days=1)) == ""
        assert at.desk.hooks[hook.id].expires == hook.expires
        for _ in range(60):
            assert await at.look(timedelta(days=1)) == ""
        assert at.asked("register hook") == 4
        assert [row.entry.kind for row in await pair.store.read(audit.page)][-1] == "hook.renewed"


async def test_one_that_lives_shortly_is_renewed_at_half_of_its_life(url: str) -> None:
    async with world(url, support=replace(HELPFUL, hook_life=timedelta(days=2))) as pair:
        at = Watched(pair)
        await at.register()
        for _ in range(96):
            assert await at.look() == ""
        assert at.asked("register hook") == 4


async def test_one_that_cannot_be_renewed_is_told_before_it_ends(url: str) -> None:
    async with world(url, support=replace(HELPFUL, hook_life=MONTH)) as pair:
        at = Watched(pair)
        await at.register()
        at.desk.plan.on("register hook*", Status(403), times=99)
        assert "it ends on" in await at.look(timedelta(days=24))
        assert "after that changes arrive by polling" in at.problem
        assert "not called" in await at.look(timedelta(days=7))
        assert "nothing is lost" in at.problem


async def test_one_that_a_person_switched_off_is_not_renewed(url: str) -> None:
    async with world(url, support=replace(HELPFUL, hook_life=MONTH)) as pair:
        at = Watched(pair)
        hook = await at.register()
        at.desk.switch_off(OURS)
        assert "switched off" in await at.look(timedelta(days=25))
        assert not at.desk.hooks[hook.id].active


async def test_one_that_syncd_registered_is_made_again_once_a_day_at_most(at: Watched) -> None:
    await at.register()
    at.desk.hooks.clear()
    assert await at.look() == ""
    assert [hook.url for hook in at.desk.hooks.values()] == [OURS]
    at.desk.hooks.clear()
    assert "not called" in await at.look()
    assert not at.desk.hooks
    assert await at.look(AGAIN) == ""
    assert at.desk.hooks


async def test_one_that_a_person_made_or_removed_is_not_made_again(at: Watched) -> None:
    at.desk.call(OURS)
    await at.look()
    at.desk.hooks.clear()
    assert "not called" in await at.look()
    hook = await at.register()
    await hookdeeds.remove(at.pair.site, at.pair.connectors["desk"], hook.id, ours=True)
    assert "not called" in await at.look(AGAIN)
    assert not at.desk.hooks


@pytest.mark.parametrize("note", [{"chosen": True}, {"url": "https://old.example/hooks/desk"}])
async def test_one_with_another_secret_or_address_is_left_to_a_person(at: Watched, note: dict[str, object]) -> None:
    known = replace(hooknotes.HookNote(OURS, at.pair.clock()), **note)  # type: ignore[arg-type]
    await at.pair.store.write(lambda c: hooknotes.put(c, "desk", known))
    assert "not called" in await at.look()
    assert not at.desk.hooks


# --- what stands and is silent


async def test_changes_that_only_polls_find_are_told_after_a_while(at: Watched) -> None:
    at.desk.call(OURS)
    await at.look()
    await at.changes()
    assert await at.look(timedelta(0)) == ""
    assert "polls found 5 changes before any webhook" in await at.look(GRACE)
    assert "nothing is lost" in at.problem
    assert "firewall" in at.remedy


async def test_one_webhook_is_enough_to_say_nothing_for_a_day(at: Watched) -> None:
    at.desk.call(OURS)
    await at.look()
    await at.changes(delivered=True)
    await at.changes(20)
    assert await at.look(GRACE) == ""
    assert await at.look(timedelta(hours=25)) != ""
    await at.changes(1, delivered=True)
    assert await at.look(timedelta(0)) == ""
    assert await at.look(timedelta(days=2)) == ""


@pytest.mark.parametrize("changes", [0, ENOUGH - 1])
async def test_a_quiet_connection_says_nothing(at: Watched, changes: int) -> None:
    at.desk.call(OURS)
    await at.look()
    await at.changes(changes)
    assert await at.look(timedelta(days=3)) == ""


async def test_a_hook_that_was_just_made_says_nothing_of_what_was_before(at: Watched) -> None:
    await at.look()
    await at.changes(20)
    at.desk.call(OURS)
    assert await at.look(EVERY) == ""
    assert await at.look(EVERY) == ""


async def test_what_a_poll_finds_after_a_gap_is_no_sign(at: Watched) -> None:
    at.desk.call(OURS)
    await at.look()
    for _ in range(20):
        at.desk.open(title="While syncd was away", priority="urgent")
    at.desk.take_webhooks()
    at.pair.clock.advance(timedelta(hours=2))
    await poll_once(at.pair.site, at.pair.connectors["desk"])
    assert await at.look(GRACE) == ""


async def test_our_own_writes_and_known_changes_are_no_sign(at: Watched) -> None:
    at.desk.call(OURS)
    await at.look()
    ref, issue = await at.pair.linked()
    for number in range(ENOUGH):
        at.pair.engineering.edit(issue, title=f"Title {number}")
        await at.pair.sync(hooks=False)
    assert at.pair.site.hearing.of("desk").polled == []
    assert (await at.pair.link(ref)).refs[Side.ENGINEERING] == issue


async def test_webhooks_that_are_refused_are_told_as_such(at: Watched) -> None:
    at.desk.call(OURS)
    await at.look()
    forged = Webhook({}, b"{}", at.pair.clock())
    await receive(at.pair.site, "desk", forged)
    await at.changes()
    assert "not signed with `webhook_secret`" in await at.look(GRACE)
    assert at.remedy == "syncd webhooks desk --register --again"


async def test_where_a_vendor_lists_nothing_only_what_came_before_is_missed(store_url: str) -> None:
    bare = replace(TRACKER, capabilities=HELPFUL.capabilities - {Capability.MANAGE_WEBHOOKS}, lag=timedelta(0))
    async with world(store_url, support=bare) as pair:
        at = Watched(pair)
        await at.changes()
        assert await at.look(GRACE) == ""
        await at.changes(1, delivered=True)
        pair.clock.advance(timedelta(days=2))
        await poll_once(pair.site, pair.connectors["desk"])
        await at.changes()
        assert "polls found 5 changes" in await at.look(GRACE)
        assert at.asked("hooks") == 0

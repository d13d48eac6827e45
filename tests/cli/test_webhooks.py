"""`syncd webhooks` says whether the vendors call us, asks before it writes, and keeps secrets to itself."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.engine import callers
from syncd.engine.pulse import beat, here
from syncd.sdk.connector import Capability, Hook
from syncd.sdk.testing.faults import Status, Unreachable
from syncd.store import hooknotes
from syncd.store.hooknotes import HookNote
from tests.cli.test_operating import Terminal, place, syncd
from tests.running import Installation

__all__ = ["place", "syncd"]

OURS = "https://syncd.example/hooks/desk"
CHOSEN = "a-secret-that-the-vendor-chose"
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _reachable(place: Installation) -> None:
    place.config.write_text(f"{place.config.read_text()}public_url: https://syncd.example/\n")


def calls(place: Installation, **more: object) -> Hook:
    """The desk calls our address."""
    hook = replace(Hook("hook-1", OURS), **more)  # type: ignore[arg-type]
    place.desk.hooks[hook.id] = hook
    return hook


# --- looking


def test_an_address_that_is_called_is_right(place: Installation, syncd: Terminal) -> None:
    calls(place)
    assert f"  it calls {OURS}" in syncd("webhooks").splitlines()
    desk, tracker = syncd.json("webhooks")
    assert (desk["connection"], desk["standing"], desk["findings"]) == ("desk", "called", [])
    assert (tracker["connection"], tracker["standing"]) == ("tracker", "cannot be seen")


def test_an_address_that_is_not_called_needs_somebody(place: Installation, syncd: Terminal) -> None:
    place.desk.hooks["other"] = Hook("other", "https://hooks.example/services/T0/B0/secret-path?token=secret-query")
    out = syncd("webhooks", "desk", exit=5)
    assert "our address is not called" in out
    assert "try: syncd webhooks desk --register" in out
    assert "https://hooks.example/***" in out
    assert "secret-" not in out + syncd("webhooks", "--json", exit=5)


@pytest.mark.parametrize(
    ("ours", "finding"),
    [
        ([Hook("1", OURS, active=False)], "switched off"),
        ([Hook("1", OURS, lacks=("comment_created",))], "does not bring comment_created"),
        ([Hook("1", OURS), Hook("2", OURS)], "called 2 times, by 1, 2"),
        ([Hook("1", OURS, expires=NOW + timedelta(days=6))], "ends on 2026-01-11"),
        ([Hook("1", OURS, expires=NOW)], "has ended"),
        ([], "not called"),
        ([Hook("9", "https://old.example/hooks/desk")], "webhook 9 calls https://old.example/hooks/desk instead"),
        ([Hook("1", OURS), Hook("9", "https://old.example/hooks/desk")], ""),
        ([Hook("1", OURS), Hook("2", OURS, active=False)], ""),
        ([Hook("1", OURS), Hook("2", OURS, apart=True)], ""),
        ([Hook("1", OURS, active=False, lacks=("comment_created",))], "switched off"),
        ([Hook("1", OURS, expires=NOW + timedelta(days=8))], ""),
    ],
)
def test_what_is_wrong_is_said(ours: list[Hook], finding: str) -> None:
    found = list(callers.judged([callers.view(hook, OURS) for hook in ours], now=NOW))
    assert len(found) == bool(finding)
    assert finding in "; ".join(found)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:hidden@other.example/hidden", "https://other.example/***"),
        ("https://syncd.example/hooks/old?secret=hidden", "https://syncd.example/hooks/old?***"),
        ("https://syncd.example/hooks/old", "https://syncd.example/hooks/old"),
        ("https://old.example/hooks/desk?secret=hidden", "https://old.example/hooks/desk?***"),
        ("hidden", "***"),
        ("https://[hidden", "***"),
        ("", "***"),
    ],
)
def test_of_another_address_no_credential_is_shown(url: str, shown: str) -> None:
    assert callers.view(Hook("1", url), OURS).url == shown


def test_a_vendor_that_does_not_answer_is_named_and_the_others_are_shown(place: Installation, syncd: Terminal) -> None:
    place.desk.plan.on("check*", Unreachable())
    out = syncd("webhooks", exit=3)
    assert out.index("desk") < out.index("tracker")
    assert syncd.json("webhooks", "tracker")[0]["standing"] == "cannot be seen"


def test_a_vendor_without_webhooks_needs_nobody(
    place: Installation, syncd: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = sys.modules["memory_vendors"].Tracker
    character = place.tracker.character
    place.tracker.character = replace(character, capabilities=character.capabilities - {Capability.WEBHOOKS})
    monkeypatch.setattr(tracker, "hook_steps", lambda self, url: ("Nothing: polling serves.",))
    assert "Nothing: polling serves." in syncd("webhooks", "tracker")
    syncd("webhooks", "tracker", "--register")
    assert syncd.json("webhooks", "tracker")[0]["standing"] == "none"


def test_without_an_address_of_ours_nobody_can_call_it(place: Installation, syncd: Terminal) -> None:
    place.config.write_text(place.config.read_text().replace("public_url: https://syncd.example/\n", ""))
    assert "`public_url` is not set" in syncd("webhooks", "desk", exit=5)
    syncd("webhooks", "desk", "--register", "--yes", exit=2)
    assert "public_url" in syncd.error
    assert not place.desk.hooks


def test_what_the_daemon_found_is_a_line_of_status_with_its_remedy(place: Installation, syncd: Terminal) -> None:
    found = callers.Told("it is switched off; so much", "syncd webhooks desk --register")

    async def say() -> None:
        async with place.daemon() as daemon:
            said = here(daemon.started, daemon.site.now(), hooks={"desk": found})
            await daemon.store.write(lambda c: beat(c, said))

    asyncio.run(say())
    out = syncd("status", exit=5)
    assert "desk: it is switched off; so much  (try: syncd webhooks desk --register)" in out
    assert "the webhooks of desk need a look" in out


# --- registering


def test_a_registration_asks_first_and_then_the_vendor_calls_us(place: Installation, syncd: Terminal) -> None:
    syncd("webhooks", "desk", "--register", exit=2)
    assert "--yes" in syncd.error
    assert not place.desk.hooks
    assert f"would register {OURS} at desk" in syncd("webhooks", "desk", "--register", "--dry-run")
    assert not place.desk.hooks
    assert f"desk calls {OURS}, by webhook hook-1" in syncd("webhooks", "desk", "--register", "--yes")
    assert [hook.url for hook in place.desk.hooks.values()] == [OURS]
    assert "already" in syncd("webhooks", "desk", "--register")
    assert syncd.json("webhooks", "desk")[0]["standing"] == "called"


def test_one_that_sleeps_is_repaired(place: Installation, syncd: Terminal) -> None:
    calls(place, active=False)
    assert "would repair" in syncd("webhooks", "desk", "--register", "--dry-run")
    assert syncd.json("webhooks", "desk", "--register", "--yes")["id"] == "hook-1"
    assert place.desk.hooks["hook-1"].active


def test_a_secret_that_the_vendor_chose_is_shown_only_when_asked_for(place: Installation, syncd: Terminal) -> None:
    calls(place, active=False, secret=CHOSEN)
    out = syncd("webhooks", "desk", "--register", "--yes", exit=5)
    assert "its secret is not the one in `webhook_secret` of desk" in out
    said = syncd("webhooks", "desk", "--register", "--yes", "--json")
    listed = syncd("webhooks") + syncd("webhooks", "--json")
    assert CHOSEN not in out + said + listed + syncd.error
    assert f"secret: {CHOSEN}" in syncd("webhooks", "desk", "--register", "--show-secret", exit=5).splitlines()
    assert syncd.json("webhooks", "desk", "--register", "--show-secret", exit=5)["secret"] == CHOSEN


def test_a_secret_that_the_config_has_already_needs_nobody(
    place: Installation, syncd: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", CHOSEN)
    calls(place, active=False, secret=CHOSEN)
    assert "its secret is the one in `webhook_secret`" in syncd("webhooks", "desk", "--register", "--yes")


def test_what_still_lacks_after_a_registration_needs_somebody(place: Installation, syncd: Terminal) -> None:
    calls(place, lacks=("comment_created",))
    assert "comment_created" in syncd("webhooks", "desk", "--register", "--yes", exit=5)


def test_where_nothing_can_be_registered_the_steps_are_printed(
    place: Installation, syncd: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = sys.modules["memory_vendors"].Tracker
    monkeypatch.setattr(tracker, "hook_steps", lambda self, url: ("Open it.", f"Enter {url}."))
    out = syncd("webhooks", "tracker", "--register", "--yes", exit=5)
    assert "syncd cannot register a webhook at tracker" in out
    assert out.splitlines()[1:] == ["  1. Open it.", "  2. Enter https://syncd.example/hooks/tracker."]
    assert "  2. Enter https://syncd.example/hooks/tracker." in syncd("webhooks", "tracker").splitlines()
    assert not place.tracker.hooks


def test_a_refusal_is_the_vendors(place: Installation, syncd: Terminal) -> None:
    place.desk.plan.on("register hook*", Status(403))
    syncd("webhooks", "desk", "--register", "--yes", exit=3)
    assert not place.desk.hooks


def test_of_a_doubled_one_the_lesser_is_to_be_removed_first(place: Installation, syncd: Terminal) -> None:
    calls(place, id="whole")
    calls(place, id="lesser", lacks=("comment_created",))
    assert "try: syncd webhooks desk --remove lesser" in syncd("webhooks", "desk", exit=5)
    assert "first: syncd webhooks desk --remove lesser" in syncd("webhooks", "desk", "--register", "--yes", exit=5)
    syncd("webhooks", "desk", "--remove", "lesser", "--yes")
    assert "already" in syncd("webhooks", "desk", "--register", "--show-secret", "--dry-run")


def noted(place: Installation) -> HookNote | None:
    """What the store knows of the desk's webhook."""

    async def read() -> HookNote | None:
        async with place.daemon(acting=False) as daemon:
            return await daemon.store.read(lambda c: hooknotes.get(c, "desk"))

    return asyncio.run(read())


def test_a_registration_is_noted_until_it_is_removed(place: Installation, syncd: Terminal) -> None:
    syncd("webhooks", "desk", "--register", "--yes")
    note = noted(place)
    assert note is not None
    assert (note.url, note.chosen, note.again) == (OURS, False, None)
    place.desk.hooks["other"] = Hook("other", "https://other.example/x")
    syncd("webhooks", "desk", "--remove", "other", "--yes")
    assert noted(place) == note
    syncd("webhooks", "desk", "--remove", "hook-1", "--yes")
    assert noted(place) is None
    kinds = [row["kind"] for row in syncd.json("audit", "--log")]
    assert sorted(kinds) == ["hook.registered", "hook.removed", "hook.removed"]


def test_that_the_vendor_chose_the_secret_is_noted_and_the_secret_is_not(place: Installation, syncd: Terminal) -> None:
    calls(place, active=False, secret=CHOSEN)
    syncd("webhooks", "desk", "--register", "--yes", exit=5)
    note = noted(place)
    assert note is not None
    assert note.chosen
    for file in (place.folder / "var").iterdir():
        assert CHOSEN.encode() not in file.read_bytes()


def test_one_that_is_right_is_written_anew_only_when_asked_for(place: Installation, syncd: Terminal) -> None:
    calls(place)
    assert "--register --again" in syncd("webhooks", "desk", "--register", "--yes")
    syncd("webhooks", "desk", "--register", "--again", exit=2)
    assert not place.desk.writes
    syncd("webhooks", "desk", "--register", "--again", "--yes")
    assert [entry.operation for entry in place.desk.requests if entry.write] == ["register hook"]


def test_again_alone_is_wrong_use(syncd: Terminal) -> None:
    syncd("webhooks", "desk", "--again", exit=2)
    assert "--register" in syncd.error


# --- removing


def test_a_removal_asks_first(place: Installation, syncd: Terminal) -> None:
    calls(place)
    syncd("webhooks", "desk", "--remove", "hook-1", exit=2)
    assert f"would remove the webhook hook-1 to {OURS}" in syncd("webhooks", "desk", "--remove", "hook-1", "--dry-run")
    assert place.desk.hooks
    syncd("webhooks", "desk", "--remove", "hook-1", "--yes")
    assert not place.desk.hooks
    assert "nothing to do" in syncd("webhooks", "desk", "--remove", "hook-1", "--yes")


def test_somebody_elses_is_named_as_such(place: Installation, syncd: Terminal) -> None:
    place.desk.hooks["other"] = Hook("other", "https://other.example/x")
    assert "which is not ours" in syncd("webhooks", "desk", "--remove", "other", "--dry-run")


# --- wrong use


@pytest.mark.parametrize(
    "words",
    [("--register",), ("--remove", "hook-1"), ("desk", "--register", "--remove", "hook-1"), ("dsek",)],
)
def test_wrong_use_is_said(syncd: Terminal, words: tuple[str, ...]) -> None:
    syncd("webhooks", *words, exit=2)
    assert "desk" in syncd.error or "both" in syncd.error

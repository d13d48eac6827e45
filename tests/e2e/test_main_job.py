"""The whole main job between a real Request Tracker, which calls the webhook, and a real Redmine, which is polled."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.daemon import Daemon, until
from tests.e2e.people import Desk, Tracker
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

POLL = 10  # seconds, as in the config
PATIENCE = 60  # seconds; the servers are slow and the machine is shared
BINARY = random.Random(7).randbytes(40_000)


@pytest.fixture(scope="module")
def daemon(rt: Server, redmine: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    made = Daemon(tmp_path_factory.mktemp("daemon"), rt.env, redmine.env)
    made.start()
    rt.run("webhook", made.hook, made.secret)
    yield made
    if made.process:
        assert made.stop() == 0


@pytest.fixture(scope="module")
def pair(daemon: Daemon, desk: Desk, tracker: Tracker) -> tuple[int, int]:
    """A ticket that was escalated, and its issue; the time it took is printed and bounded."""
    ticket = desk.create("Export fails", CustomFields={"Severity": "High"})
    until(lambda: daemon.rows("SELECT 1 FROM link"), seconds=PATIENCE, what="the ticket is watched")
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    desk.edit(ticket, Priority=100)
    hooked = time.monotonic()
    issue = until(lambda: tracker.find("Export fails"), seconds=PATIENCE, what="the issue is there", every=0.05)
    took = time.monotonic() - hooked
    print(f"issue {took:.2f} s after the webhook")
    assert took < 2
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    return ticket, issue


def test_the_issue_has_the_tickets_fields_in_redmines_words(
    pair: tuple[int, int], desk: Desk, tracker: Tracker
) -> None:
    ticket, issue = pair
    made = tracker.read(issue)
    assert made["priority"]["name"] == "High"
    assert made["status"]["name"] == "In Progress"
    assert "It fails since noon." in made["description"]
    assert tracker.custom(issue, "Severity") == "S2"
    assert f"id={ticket}" in tracker.custom(issue, "Support ticket URL")
    assert f"/issues/{issue}" in desk.custom(ticket, "Engineering issue")[0]


def test_fields_of_the_ticket_reach_the_issue(pair: tuple[int, int], desk: Desk, tracker: Tracker) -> None:
    ticket, issue = pair
    desk.edit(ticket, Subject="Export fails on Mondays", Status="stalled", Owner="anna")
    desk.edit(ticket, CustomFields={"Severity": "Critical"})
    until(lambda: tracker.custom(issue, "Severity") == "S1", seconds=PATIENCE, what="the custom field crossed")
    made = until(lambda: _when(tracker.read(issue), "assigned_to"), seconds=PATIENCE, what="the owner crossed")
    assert made["subject"] == "Export fails on Mondays"
    assert made["status"]["name"] == "Feedback"
    assert made["assigned_to"]["id"] == tracker.user("MANAGER")


def test_fields_of_the_issue_reach_the_ticket(
    pair: tuple[int, int], desk: Desk, tracker: Tracker, daemon: Daemon
) -> None:
    ticket, issue = pair
    desk.edit(ticket, Owner="Nobody")  # the bot may give a free ticket to somebody, but take none away
    until(lambda: not tracker.read(issue).get("assigned_to"), seconds=PATIENCE, what="nobody owns the issue")
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    tracker.edit(
        issue,
        subject="Export fails, index missing",
        priority_id=tracker.priority("Normal"),
        status_id=tracker.status("In Progress"),
        description="The nightly index is missing.",
        assigned_to_id=tracker.user("MANAGER"),
    )
    tracker.set_custom(issue, "Severity", "S3")
    until(lambda: desk.read(ticket)["Subject"] == "Export fails, index missing", seconds=PATIENCE, what="subject")
    until(lambda: desk.custom(ticket, "Severity") == ["Medium"], seconds=PATIENCE, what="the custom field")
    read = desk.read(ticket)
    assert (read["Priority"], read["Status"], read["Owner"]["id"]) == ("50", "open", "anna")
    told = [text for kind, _, text in desk.history(ticket) if kind == "Comment"]
    assert any("The nightly index is missing." in text for text in told)  # RT's first message cannot be rewritten


def test_comments_of_both_kinds_cross_both_ways_and_keep_their_visibility(
    pair: tuple[int, int], desk: Desk, tracker: Tracker
) -> None:
    ticket, issue = pair
    desk.reply(ticket, "Dear Carol, we are looking into it.")
    desk.comment(ticket, "PRIVATE-CANARY-1 the customer pays a lot")
    tracker.note(issue, "The index job crashed.")
    tracker.note(issue, "PRIVATE-CANARY-2 our fault", private=True)
    tracker.note(issue, "/customer It is fixed in 2.4.")
    until(lambda: len(_containing(desk, ticket, "fixed in 2.4", "CANARY-2")) == 2, seconds=PATIENCE, what="notes")
    until(lambda: any("CANARY-1" in text for text, _ in tracker.notes(issue)), seconds=PATIENCE, what="comments")
    notes = dict(tracker.notes(issue))
    assert not next(private for text, private in notes.items() if "looking into it" in text)
    assert next(private for text, private in notes.items() if "CANARY-1" in text)
    kinds = {
        word: kind for kind, _, text in desk.history(ticket) for word in ("crashed", "CANARY-2", "2.4") if word in text
    }
    assert kinds == {"crashed": "Comment", "CANARY-2": "Comment", "2.4": "Correspond"}


def test_files_cross_byte_for_byte(pair: tuple[int, int], desk: Desk, tracker: Tracker) -> None:
    ticket, issue = pair
    desk.comment(ticket, "the log", files={"log.txt": "zwölf Zeilen\n".encode(), "dump.bin": BINARY})
    tracker.note(issue, "a patch", files={"fix.txt": b"--- a\n+++ b\n", "build.bin": BINARY[::-1]})
    until(lambda: {"log.txt", "dump.bin"} <= tracker.files(issue).keys(), seconds=PATIENCE, what="files of the ticket")
    until(lambda: {"fix.txt", "build.bin"} <= desk.files(ticket).keys(), seconds=PATIENCE, what="files of the issue")
    there, here = tracker.files(issue), desk.files(ticket)
    assert (there["log.txt"], there["dump.bin"]) == ("zwölf Zeilen\n".encode(), BINARY)
    assert (here["fix.txt"], here["build.bin"]) == (b"--- a\n+++ b\n", BINARY[::-1])


def test_edits_of_different_fields_in_one_interval_both_survive(
    pair: tuple[int, int], desk: Desk, tracker: Tracker
) -> None:
    ticket, issue = pair
    tracker.edit(issue, status_id=tracker.status("Feedback"))
    desk.edit(ticket, Priority=0)
    until(lambda: desk.read(ticket)["Status"] == "stalled", seconds=PATIENCE, what="the status crossed")
    until(lambda: tracker.read(issue)["priority"]["name"] == "Low", seconds=PATIENCE, what="the priority crossed")
    assert tracker.read(issue)["status"]["name"] == "Feedback"


def test_of_one_field_the_owner_wins_and_the_loser_is_in_the_audit(
    pair: tuple[int, int], desk: Desk, tracker: Tracker, daemon: Daemon
) -> None:
    ticket, issue = pair
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    tracker.edit(issue, subject="as the engineer says")
    desk.edit(ticket, Subject="as the agent says")
    until(lambda: tracker.read(issue)["subject"] == "as the agent says", seconds=PATIENCE, what="the owner won")
    time.sleep(POLL + 2)
    assert desk.read(ticket)["Subject"] == "as the agent says"
    kept = daemon.rows("SELECT after FROM audit WHERE kind = 'field.conflict'")
    assert any("as the engineer says" in str(row[0]) for row in kept)


def test_a_merge_in_rt_is_followed(daemon: Daemon, desk: Desk, tracker: Tracker) -> None:
    ticket = desk.create("Merge me", Priority=100)
    issue = until(lambda: tracker.find("Merge me"), seconds=PATIENCE, what="the issue is there")
    into = desk.create("The older one", Priority=0)
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    desk.merge(ticket, into=into)
    followed = "SELECT 1 FROM link WHERE support_ref = ? AND engineering_ref = ?"
    until(lambda: daemon.rows(followed, str(into), str(issue)), seconds=PATIENCE, what="the link followed the merge")
    until(daemon.quiet, seconds=PATIENCE, what="that ticket was read; what it said before is its own")
    desk.edit(into, Subject="Both of them")
    until(lambda: tracker.read(issue)["subject"] == "Both of them", seconds=PATIENCE, what="changes go on")


def test_a_status_that_the_workflow_refuses_is_parked_and_shown(
    rt: Server, redmine: Server, desk: Desk, tracker: Tracker, daemon: Daemon, tmp_path: Path
) -> None:
    """As Bob's account, whose role may not reject an issue; the main daemon rests meanwhile."""
    daemon.stop()
    bobs = Daemon(tmp_path, rt.env, redmine.env, bot="DEVELOPER")
    bobs.start()
    rt.run("webhook", bobs.hook, bobs.secret)
    try:
        ticket = desk.create("Not for Bob", Priority=100)
        issue = until(lambda: tracker.find("Not for Bob"), seconds=PATIENCE, what="the issue is there")
        until(bobs.quiet, seconds=PATIENCE, what="the daemon is quiet")
        before = tracker.read(issue)["status"]["name"]
        desk.edit(ticket, Status="rejected", Subject="Not for Bob at all")
        parked = "SELECT item, reason FROM parked WHERE scope = 'field'"
        rows = until(lambda: bobs.rows(parked), seconds=PATIENCE, what="the status is parked")
        assert [row[0] for row in rows] == ["status"]
        until(lambda: tracker.find("Not for Bob at all"), seconds=PATIENCE, what="the rest went on")
        assert tracker.read(issue)["status"]["name"] == before
        assert "status" in bobs.command("parked")
        told = [text for kind, _, text in desk.history(ticket) if kind == "Comment"]
        assert any("status" in text for text in told)
        desk.edit(ticket, Priority=0)  # no business of the main daemon, which has a store of its own
    finally:
        bobs.stop()
        rt.run("webhook", daemon.hook, daemon.secret)
        daemon.start()


def test_two_hundred_tickets_that_changed_meanwhile_arrive_in_one_run_each(
    daemon: Daemon, desk: Desk, tracker: Tracker
) -> None:
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    daemon.stop()
    before = tracker.count()
    seen = daemon.rows("SELECT coalesce(max(id), 0) FROM audit")[0][0]
    with ThreadPoolExecutor(4) as people:
        tickets = list(people.map(lambda n: desk.create(f"While you slept {n}"), range(200)))
        list(people.map(lambda ticket: desk.edit(ticket, CustomFields={"Severity": "Low"}), tickets))
        list(people.map(lambda ticket: desk.edit(ticket, Priority=100), tickets))
    daemon.start()
    until(lambda: tracker.count() >= before + 200, seconds=420, what="200 issues are there", every=2)
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    time.sleep(POLL + 5)
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    assert tracker.count() == before + 200
    runs = daemon.rows(
        "SELECT link_id, count(DISTINCT run) FROM audit WHERE id > ? AND kind LIKE '%.done' GROUP BY link_id", seen
    )
    assert len(runs) == 200
    assert {count for _, count in runs} == {1}


def test_sixty_idle_seconds_cause_no_write(daemon: Daemon, desk: Desk, admin: Tracker) -> None:
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    time.sleep(POLL + 2)
    before = _standing(daemon, desk, admin)
    time.sleep(60)
    assert _standing(daemon, desk, admin) == before


def _standing(daemon: Daemon, desk: Desk, admin: Tracker) -> tuple[object, ...]:
    query = {"status_id": "*", "sort": "updated_on:desc", "limit": "1"}
    newest = admin.http.get("/issues.json", params=query).json()["issues"][0]["updated_on"]
    return desk.last_transaction(), newest, daemon.rows("SELECT max(id) FROM audit")


def _when(made: dict[str, Any], name: str) -> dict[str, Any] | None:
    return made if made.get(name) else None


def _containing(desk: Desk, ticket: int, *words: str) -> list[str]:
    return [text for _, _, text in desk.history(ticket) if any(word in text for word in words)]

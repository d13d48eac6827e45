"""The commands of an operator, on a real store between two vendors in memory: what they print, and leave alone."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from syncd import cli
from syncd import log as logs
from syncd.cli import run
from syncd.sdk.testing.faults import ALWAYS, Status
from tests.running import INSTALLED, Installation, installation

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    monkeypatch.delenv("COLUMNS", raising=False)
    with installation(tmp_path, monkeypatch) as made:
        yield made
    logs.forget()
    structlog.reset_defaults()  # the commands log to this test's standard error, which is gone with it


class Typed(io.StringIO):
    """A keyboard."""

    def isatty(self) -> bool:
        return True


class Terminal:
    """Runs a command as `syncd` does, in this process, so that it meets the vendors of the test."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.error = ""

    def __call__(self, *words: str, exit: int = 0, answers: str | None = None) -> str:
        """`answers` are what a person types, who sits there only if there are any."""
        self._monkeypatch.setattr(sys, "argv", ["syncd", *words])
        self._monkeypatch.setattr(sys, "stdin", io.StringIO() if answers is None else Typed(answers))
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, self.error = self._capsys.readouterr()
        assert int(ended.value.code or 0) == exit, (out, self.error)
        assert "Traceback" not in out + self.error
        return out

    def json(self, *words: str, exit: int = 0) -> Any:
        return json.loads(self(*words, "--json", exit=exit))


@pytest.fixture
def syncd(place: Installation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)


@pytest.fixture
def linked(place: Installation) -> tuple[str, str]:
    return asyncio.run(place.linked())


# --- looking


def test_a_plan_reads_as_what_will_happen(place: Installation, syncd: Terminal) -> None:
    syncd("once")
    ref = place.desk.open(title="Export fails", priority="urgent")
    out = syncd("plan", ref)
    assert "  + create CORE from HELP-1 by rule outage" in out
    assert "      title: Export fails" in out
    assert out.endswith("Plan: 1 issue to create. 0 links agree.\n")
    assert not place.tracker.tickets
    syncd("once")
    place.desk.edit(ref, priority="high")
    assert "  ~ priority: urgent -> high  (fields.priority)  on engineering" in syncd("plan", ref)
    assert syncd.json("plan", ref)["links"][0]["changes"][0]["after"] == "high"


def test_a_plan_needs_no_store(place: Installation, syncd: Terminal) -> None:
    place.before_the_first_start()
    place.desk.open(title="Export fails", priority="urgent")
    assert "create CORE" in syncd("plan", "desk-1")
    assert not (place.folder / "var").exists()


def test_status_says_in_one_sentence_whether_it_works(syncd: Terminal, linked: tuple[str, str]) -> None:
    out = syncd("status", exit=5)
    assert out.splitlines()[0] == "No daemon runs (none has run on this store); `syncd run` starts one."
    assert "delay" not in out, "what was written in the last hour is known to a running daemon alone"
    assert syncd.json("status", exit=5)["counts"]["converged"] == 1


def test_status_names_the_key_of_a_sign_in_that_ends(place: Installation, syncd: Terminal) -> None:
    place.desk.credential_ends = datetime.now(UTC) + timedelta(days=3, minutes=1)

    async def beat() -> None:
        async with place.daemon() as daemon:
            await daemon.reach("desk")
            await daemon._beat()

    asyncio.run(beat())
    out = syncd("status")
    assert "in 3 days; renew `connections.desk`" in out
    assert "ends in 3 d" in out
    assert "no writes since it started" in out


def test_links_parked_and_why_name_tickets_as_people_do(
    place: Installation, syncd: Terminal, linked: tuple[str, str]
) -> None:
    ref, _ = linked
    assert "HELP-1" in syncd("links")
    assert syncd("parked") == "nothing is parked\n"
    place.tracker.plan.on("update *", Status(422), times=ALWAYS)
    place.desk.edit(ref, title="Refused")
    syncd("once", exit=5)
    out = syncd("parked")
    assert "HELP-1 - CORE-1" in out
    assert "tracker refuses `title`" in out
    assert "tracker refuses `title`" in syncd("why", "CORE-1", "title")
    assert syncd.json("parked")[0]["remedy"]


def test_a_word_that_names_nothing_is_answered_with_candidates(syncd: Terminal, linked: tuple[str, str]) -> None:
    syncd("why", "CORE-11", exit=2)
    assert syncd.error == "syncd: no link and no ticket is called `CORE-11`; did you mean CORE-1?\n"
    syncd("links", "broken", exit=2)
    assert "converged" in syncd.error
    syncd("links", "--mapping", "desk-trackr", exit=2)
    assert "desk-tracker" in syncd.error


def test_an_error_is_an_object_where_json_was_asked_for(syncd: Terminal, linked: tuple[str, str]) -> None:
    said = syncd.json("unlink", "CORE-11", exit=2)
    assert said["exit"] == 2
    assert "CORE-11" in said["error"]
    assert "CORE-11" in syncd.error


def test_what_a_ticket_says_cannot_move_the_cursor(place: Installation, syncd: Terminal) -> None:
    syncd("once")
    place.desk.open(title="\x1b[2Jgone\u202eneg", priority="urgent")
    assert "\x1b" not in syncd("plan", "desk-1") + syncd("once") + syncd("why", "1")


# --- acting


def test_once_says_when_a_person_is_needed_and_when_a_vendor_refuses(
    place: Installation, syncd: Terminal, linked: tuple[str, str]
) -> None:
    assert syncd("once").endswith("writes\n")
    place.tracker.plan.on("check*", Status(401))
    syncd("once", exit=3)
    assert "tracker" in syncd.error
    assert "syncd retry --connection tracker" in syncd("status", exit=5)
    assert syncd("retry", "--connection", "tracker") == "connection tracker goes on\n"
    syncd("once")


def test_an_edited_mapping_waits_for_apply(place: Installation, syncd: Terminal, linked: tuple[str, str]) -> None:
    _, issue = linked
    place.edit(
        "urgent: p1, high: p2, normal: p3, low: p4}}\n    eng", "urgent: p2, high: p1, normal: p3, low: p4}}\n    eng"
    )
    syncd("once")
    assert place.tracker.ticket(issue).fields["priority"] == "urgent"
    assert "waits for `syncd apply`" in syncd("plan")
    syncd("apply", exit=2)
    assert "--yes" in syncd.error
    assert "Plan: 1 field to write" in syncd("apply", "--dry-run")
    assert place.tracker.ticket(issue).fields["priority"] == "urgent"
    assert "applied to 1 link" in syncd("apply", "--yes")
    assert place.tracker.ticket(issue).fields["priority"] == "high"
    assert "nothing to write" in syncd("apply")


def test_a_ticket_from_before_is_escalated_by_apply(place: Installation, syncd: Terminal) -> None:
    old = place.desk.open(title="From last year", priority="urgent")
    syncd("once")
    assert not place.tracker.tickets
    syncd("apply", old, "--yes")
    assert [ticket.fields["title"] for ticket in place.tracker.tickets.values()] == ["From last year"]


def test_link_unlink_and_backfill(place: Installation, syncd: Terminal) -> None:
    syncd("once")
    ticket = place.desk.open(title="Ours", description="see https://tracker.example/tracker-1.")
    other = place.desk.open(title="Unrelated")
    issue = place.tracker.open(title="Theirs")
    assert syncd("link", ticket, issue, "--dry-run") == "would link HELP-1 and HELP-1 by desk-tracker\n"
    assert "no links" in syncd("links")
    out = syncd("backfill", "--field", "description", ticket, other, exit=5)
    assert "1 of 2 tickets linked" in out
    syncd("once")
    assert place.tracker.ticket(issue).fields["title"] == "Theirs"
    syncd("unlink", ticket, exit=2)
    assert syncd("unlink", ticket, "--yes", "--reason", "a mistake").startswith("ended link")
    assert "a mistake" in syncd("links", "resting")
    syncd("link", ticket, issue)
    assert syncd("links", "resting") == "no links\n"


def test_a_conflict_is_listed_and_resolved(place: Installation, syncd: Terminal, linked: tuple[str, str]) -> None:
    ref, issue = linked
    place.desk.edit(ref, status="open")
    place.tracker.edit(issue, status="solved")
    syncd("once", exit=5)
    (row,) = syncd.json("conflicts")
    assert row["now"] == {"support": "open", "engineering": "solved"}
    syncd("resolve", str(row["id"]), "nobody", exit=2)
    assert "would write status on support: open -> solved" in syncd(
        "resolve", str(row["id"]), "engineering", "--dry-run"
    )
    syncd("resolve", str(row["id"]), "engineering")
    syncd("once")
    assert place.desk.ticket(ref).fields["status"] == "solved"
    assert syncd("conflicts") == "no conflicts\n"
    syncd("resolve", str(row["id"]), "engineering", exit=2)


def test_a_retry_says_what_it_put_back(place: Installation, syncd: Terminal, linked: tuple[str, str]) -> None:
    ref, issue = linked
    assert syncd("retry", "--all") == "nothing to retry\n"
    place.tracker.plan.on("update *", Status(422))
    place.desk.edit(ref, title="Refused once")
    syncd("once", exit=5)
    syncd("retry", "--all", "--dry-run")
    syncd("once", exit=5)
    assert syncd("retry", "CORE-1") == "1 item of 1 link back to work\n"
    syncd("once")
    assert place.tracker.ticket(issue).fields["title"] == "Refused once"
    syncd("retry", exit=2)


def test_the_audit_compares_lists_and_proves(place: Installation, syncd: Terminal, linked: tuple[str, str]) -> None:
    ref, _ = linked
    assert syncd("audit") == "Compared: nothing to write. 1 link agrees.\n"
    place.desk.edit(ref, title="Changed")
    assert syncd.json("audit", exit=5)["differ"][0]["changes"][0]["after"] == "Changed"
    assert "create.done" in syncd("audit", "CORE-1", "--log")
    assert "the chain holds" in syncd("audit", "--verify")
    syncd("audit", "--verify", "--log", exit=2)


# --- the store


def test_a_backup_is_put_back_only_after_a_word(place: Installation, syncd: Terminal, linked: tuple[str, str]) -> None:
    file = str(place.folder / "monday.db")
    syncd("db", "backup", file)
    syncd("db", "backup", file, exit=4)
    syncd("db", "restore", file, exit=2)
    syncd("db", "restore", str(place.config), "--yes", exit=4)
    syncd("db", "restore", file, "--yes")
    assert "db accept" in syncd("status", exit=5).splitlines()[0]
    syncd("once", exit=2)
    assert syncd("db", "accept", "--dry-run").startswith("would adopt 1 pair")


def test_commands_work_beside_a_running_daemon(place: Installation, syncd: Terminal, linked: tuple[str, str]) -> None:
    """The daemon is another process; its vendors are its own, so only what needs none is asked."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(INSTALLED), str(ROOT)])}
    daemon = subprocess.Popen(
        [sys.executable, "-m", "syncd", "run"], env=environment, stderr=subprocess.PIPE, text=True, cwd=place.folder
    )
    try:
        assert daemon.stderr is not None
        while "daemon.started" not in (line := daemon.stderr.readline()):
            assert line, "it ended"
        status = syncd.json("status")
        assert status["running"]
        assert status["daemon"]["pid"] == daemon.pid
        assert "HELP-1" in syncd("links")
        syncd("once", exit=4)
        assert f"pid {daemon.pid}" in syncd.error
        syncd("unlink", "CORE-1", "--yes")
        daemon.terminate()
        assert daemon.wait(30) == 0
    finally:
        daemon.kill()
        daemon.communicate()
    assert not syncd.json("status", exit=5)["running"]


def test_run_apply_marks_what_waits_before_it_begins(
    place: Installation, syncd: Terminal, linked: tuple[str, str]
) -> None:
    async def begin() -> None:
        async with place.daemon() as daemon:
            await run.settle_waiting(daemon)
            await daemon.once()

    _, issue = linked
    table = "{urgent: p1, high: p2, normal: p3, low: p4}}\n    engineering"
    place.edit(table, table.replace("p1", "p0").replace("p2", "p1").replace("p0", "p2"))
    asyncio.run(begin())
    assert place.tracker.ticket(issue).fields["priority"] == "high"


def test_a_backfill_with_history_copies_what_was_said(place: Installation, syncd: Terminal) -> None:
    syncd("once")
    ticket = place.desk.open(title="Ours", description="see https://tracker.example/tracker-1")
    place.desk.say(ticket, "an old story", public=True)
    issue = place.tracker.open(title="Theirs")
    syncd("once")
    assert "1 of 1 ticket linked" in syncd("backfill", "--field", "description", "--all", "--history")
    assert "is linked already" in syncd("backfill", "--field", "description", ticket)
    syncd("once")
    assert sum("an old story" in comment.body.text for comment in place.tracker.ticket(issue).comments) == 1


# --- the way back


def test_issues_are_listed_by_customers_and_a_score_is_kept(place: Installation, syncd: Terminal) -> None:
    (place.folder / "config" / "escalation.yaml").write_text(
        "severities: {sev1: {rules: [{name: urgent, when: {priority: p1}}]}}\n"
        "feedback:\n  reopened_as: doing\n  survey: {ask: How did we do?, low: 2}\n",
        encoding="utf-8",
    )
    ref, issue = asyncio.run(place.linked())
    assert syncd("feedback", "--since", "30d").splitlines()[-1].split() == ["CORE-1", "1", "HELP-1", "1", "-", "-", "-"]
    [listed] = syncd.json("feedback")
    assert (listed["tickets"], listed["customers"], listed["recent"]) == (["HELP-1"], 1, 1)
    assert listed["value"] is listed["rating"] is None
    assert (listed["issue"]["label"], listed["causes"]) == ("CORE-1", {})
    syncd("feedback", "--since", "soon", exit=2)
    assert syncd("rate", issue, "2") == "kept the score 2 of HELP-1\n"
    syncd("once")
    assert any("was not content: 2" in one.body.text for one in place.desk.ticket(ref).comments)
    assert syncd.json("feedback")[0]["rating"] == "2"
    assert syncd("feedback").splitlines()[-1].split()[-1] == "2"
    syncd("rate", issue, "good", exit=2)


def test_a_review_is_written_as_text_as_a_page_and_for_programs(
    place: Installation, syncd: Terminal, tmp_path: Path
) -> None:
    (place.folder / "config" / "escalation.yaml").write_text(
        "severities: {sev1: {rules: [{name: urgent, when: {priority: p1}}]}}\n"
        "review:\n  fill_in: '### What did we learn?'\n",
        encoding="utf-8",
    )
    _, issue = asyncio.run(place.linked())
    assert syncd("review", issue).startswith("# Review of HELP\\-1\n")
    assert "### What did we learn?" in syncd("review", issue)
    page = tmp_path / "review.html"
    assert syncd("review", issue, "--format", "html", "--output", str(page)) == ""
    assert "<h1>Review of HELP-1</h1>" in page.read_text(encoding="utf-8")
    assert syncd.json("review", issue)["severity"] == "sev1"
    syncd("review", issue, "--output", str(tmp_path / "nowhere" / "review.md"), exit=2)
    syncd("review", "CORE-99", exit=2)

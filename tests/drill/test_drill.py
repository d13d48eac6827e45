"""A drill is the real engine on the admin's own rules: what it does, what it finds, and that nobody notices.

A drill takes more than a second, so few are played, and several tests look at each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from syncd.core.contract import ClockName
from syncd.core.drill import Ran, Report, Sort, Weight
from syncd.core.model import Side
from syncd.drill import play
from syncd.engine.drilling import page, plain
from tests.channels.receivers import HttpReceiver, SmtpReceiver, http_receiver, smtp_receiver
from tests.drill.site import NIGHT, Site, said

SECRET = "AKIA" + "IOSFODNN7EXAMPLE"
EVIDENCE = {"name": "steps", "ask": "Which?", "heading": "Steps", "missing": "hold"}
APPROVAL = {"name": "costly", "severities": ["sev1"], "who": ["Ana Alves"], "within": "1h"}


def facts(report: Report) -> list[str]:
    return [event.text for event in report.events if event.sort is Sort.FACT]


def ran(report: Report, clock: ClockName) -> Ran:
    return next(one for one in report.clocks if one.clock is clock)


# --- a day as the demo has it -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Report:
    home = tmp_path_factory.mktemp("day")
    site = Site(home)
    site.write()
    before = sorted(home.rglob("*"))
    report = asyncio.run(site.drill())
    assert sorted(home.rglob("*")) == before  # neither a store nor anything else
    return report


def test_a_sev1_goes_its_whole_way(day: Report) -> None:
    late = {(one.clock, one.breached is not None) for one in day.clocks}
    assert {(ClockName.ACCEPT, True), (ClockName.UPDATE, True), (ClockName.RESPOND, False)} <= late
    assert [told.rule for told in day.messages] == ["a sev1 begins or ends", "late", "late", "a sev1 begins or ends"]
    assert [stage.stage for stage in day.stages] == ["waiting", "work", "untold"]
    told = " ".join(facts(day))
    for part in ("it went to engineering", "nobody took it in time", "engineering accepted it", "the issue is done"):
        assert part in told
    ticket, issue = day.tickets
    assert (ticket.label, ("status", "solved") in ticket.fields) == ("Support-1", True)
    assert (issue.label, ("status", "Done") in issue.fields) == ("CORE-1", True)


def test_its_clocks_run_by_the_drills_own_time(day: Report) -> None:
    accept = ran(day, ClockName.ACCEPT)
    assert accept.breached is not None
    assert accept.ended is not None
    assert accept.breached - accept.started == timedelta(minutes=30)
    assert accept.reminded == (accept.started + timedelta(minutes=22, seconds=30),)
    assert timedelta(minutes=35) <= accept.ended - accept.started < timedelta(minutes=36)
    assert {event.at.utcoffset() for event in day.events} == {timedelta(hours=1)}


def test_what_the_customer_reads_was_written_by_people(day: Report) -> None:
    public = [one for one in day.written if one.side is Side.SUPPORT and one.public]
    assert {one.who for one in public} == {"Ana Agent", "Carol Customer"}
    assert any(one.who == "syncd" and not one.public for one in day.written)


def test_it_says_what_an_agent_had_to_put_right(day: Report) -> None:
    assert "The severity alone makes no issue: an agent had to set `priority` first" in said(day)
    assert day.graded == "rule `outage` gave sev1 by what the ticket says"
    assert "outside of their hours" not in said(day)
    assert not day.failed


def test_both_forms_of_the_report_say_it_all(day: Report) -> None:
    text, html = plain.text(day), page.page(day)
    for finding in day.findings:
        assert finding.text.split("`")[0].split(":")[0] in text
        assert finding.text.split("`")[0].split(":")[0] in html
    for told in day.messages:
        assert told.subject in text
        assert told.subject in html
    assert html.count("<li><time>") == len(day.events)
    assert "<script" not in html
    assert text.index("FINDINGS") < text.index("TIMELINE")
    assert html.index("What to mend") < html.index("Timeline")


# --- a night with all that keeps a ticket waiting ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Report:
    site = Site(tmp_path_factory.mktemp("night"))
    site.policy |= {"packet": {"evidence": [EVIDENCE]}, "metrics": {}, "approval": [APPROVAL]}
    site.policy["tell"][1]["quiet"] = "office"
    site.mapping["escalate"] = [{"name": "bad", "when": {"severity": ["sev1"]}, "create": {"project": "PAY"}}]
    return asyncio.run(site.drill(start=NIGHT))


def test_nights_without_anybody_are_found(night: Report) -> None:
    assert "Ana Alves is named on Monday 22:15, outside of their hours (`office`, Europe/Berlin)" in said(night)


def test_messages_that_wait_for_the_morning_are_found(night: Report) -> None:
    assert "`late` tells oncall-mail of it (breached) 10 h 15 min late: it waits for hours" in said(night)
    assert [told.sent for told in night.messages if told.rule == "late"] == [None, None]
    assert not night.failed


def test_evidence_is_missing_first_and_somebody_must_approve(night: Report) -> None:
    words = ["waits in support until evidence", "waits for approval", "escalation was approved", "went to engineering"]
    places = [next(at for at, text in enumerate(facts(night)) if word in text) for word in words]
    assert places == sorted(places)
    [approved] = [event for event in night.events if "its escalation was approved" in event.text]
    assert approved.who == "Ana Alves"
    assert "## Handoff from support" in next(one.text for one in night.written if one.side is Side.ENGINEERING)


def test_an_admins_own_project_is_taken_as_it_is(night: Report) -> None:
    """No simulator that ships has this project; and the severity alone makes the issue here."""
    assert night.tickets[1].label == "PAY-1"
    assert "an agent had to" not in said(night)


# --- nothing leaves ---------------------------------------------------------------------------------------------------


@pytest.fixture
def receivers() -> Iterator[tuple[HttpReceiver, SmtpReceiver, asyncio.Runner]]:
    with asyncio.Runner() as runner, smtp_receiver() as mail:
        receiver = http_receiver()
        web = runner.run(receiver.__aenter__())
        yield web, mail, runner
        runner.run(receiver.__aexit__(None, None, None))


def test_not_one_byte_leaves_this_process(
    tmp_path: Path,
    receivers: tuple[HttpReceiver, SmtpReceiver, asyncio.Runner],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every address of the config is a server of this test, which listens all the while; a drill asks none of them."""
    web, mail, runner = receivers
    site = Site(tmp_path)
    told = plugged_in(site, web.url, mail.port, monkeypatch)
    report = runner.run(site.drill())
    assert (web.got, mail.got) == ([], [])
    assert {message.channel for message in report.messages if message.sent} == set(told)
    assert report.graded.startswith("rule `gold` gave sev1")
    assert "The lookup `tier` asks another system, which a drill does not" in said(report)
    written = "\n".join(one.text for one in report.written)
    assert "https://drill.invalid/" in written
    assert web.url not in written
    unheard(report)


def plugged_in(site: Site, url: str, port: int, environment: pytest.MonkeyPatch) -> dict[str, Any]:
    """Have every part of the config lead to these servers; the channels."""
    environment.setenv("DRILL_HOOK", f"{url}/hook")
    environment.setenv("DRILL_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    told = {
        "oncall-mail": {**site.config["channels"]["oncall-mail"], "port": port},
        "chat": {"kind": "slack", "url": "${DRILL_HOOK}"},
        "room": {"kind": "teams", "url": "${DRILL_HOOK}"},
        "pager": {"kind": "webhook", "url": f"{url}/pager", "secret": "${DRILL_SECRET}"},
    }
    site.config |= {"channels": told, "trusted": [url], "public_url": url}
    for connection in site.config["connections"].values():
        connection["url"] = url
    rule = {"name": "all", "happened": ["escalated", "breached"], "clocks": ["accept"], "to": list(told)}
    site.policy["tell"] = [rule]
    site.policy["acceptance"]["links"] = True
    tier = {"by": "requester.email", "http": {"url": f"{url}/{{key}}", "value": "/tier"}, "default": "gold"}
    site.policy["lookups"] = {"tier": tier}
    site.policy["severities"]["sev1"]["rules"] = [{"name": "gold", "when": {"tier": "gold"}}]
    for person in site.policy["people"].values():
        person["absent"] = ["2026-11-20..2026-11-30"]
    return told


def unheard(report: Report) -> None:
    """Nobody is told of an owner who is missing and of an update, and nobody is there."""
    assert report.failed
    owner, update = [finding.text for finding in report.findings if finding.weight is Weight.MEND]
    assert owner.startswith("Nobody is told that the clock `owner` ran out at 2026-11-23 09:17 UTC")
    assert update.startswith("Nobody is told that the clock `update` ran out at 2026-11-23 ")
    assert report.findings[0].text == owner
    assert "Nobody could be named at 2026-11-23 09:02 UTC (rule outages)" in said(report)


# --- scenarios and time -----------------------------------------------------------------------------------------------


STEPS = """
  - {who: agent, after: 30m, says: hello}
  - {who: agent, sets: {tags: 'b, a'}}
  - {who: customer, after: 30d, says: <script>}
"""


def test_a_scenario_is_played_at_the_speed_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half an hour at 3600 times takes half a second; of each longer silence only the first hour is lived through."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(play, "asyncio", SimpleNamespace(sleep=sleep))
    file = tmp_path / "drill.yaml"
    ticket = f"{{title: 'outage, key {SECRET}', fields: {{priority: p1}}}}"
    file.write_text(f"name: <b>a leak</b>\nticket: {ticket}\nsteps:{STEPS}")
    report = asyncio.run(Site(tmp_path).bare().drill(file=file, speed=3600))
    assert report.ended - report.started > timedelta(days=30)
    at_first = next(event.at for event in report.events if "hello" in event.text) - report.started
    assert at_first - timedelta(minutes=30) < timedelta(minutes=1)
    assert max(slept) == 1
    assert 1.6 <= sum(slept) < (report.ended - report.started).total_seconds() / 3600
    assert "sets on the ticket: tags to a, b" in [event.text for event in report.events]
    assert SECRET in str(report.tickets)
    assert report.messages
    assert SECRET not in str(report.messages)
    html = page.page(report)
    assert "<script" not in html
    assert "&lt;b&gt;a leak" in html


def test_where_no_rule_can_be_satisfied_an_agent_says_how_bad_it_is(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.policy["severities"]["sev3"] = {"rules": [{"name": "often", "when": {"repeated": {"at_least": 4}}}]}
    site.mapping["escalate"] = [{"name": "bad", "when": {"severity": ["sev1"]}, "create": {"project": "PAY"}}]
    report = asyncio.run(site.drill("sev3"))
    assert report.graded == "an agent set `tags`: their own word gave sev3"
    assert "No rule gives sev3 by what a ticket can say" in said(report)
    assert "No issue is made of a sev3" in said(report)
    assert "No clock runs for a sev3" in said(report)
    assert [ticket.side for ticket in report.tickets] == [Side.SUPPORT]
    assert report.clocks == ()

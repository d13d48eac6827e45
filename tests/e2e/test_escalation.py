"""An escalation's whole way between a real Request Tracker and a real Redmine: found by a word, handed over with its
packet, returned, completed, accepted, late, done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.daemon import MAPPING, Daemon, until
from tests.e2e.people import Desk, Tracker
from tests.e2e.servers import Server

pytestmark = pytest.mark.e2e

PATIENCE = 60  # seconds; the servers are slow and the machine is shared
CLOCK = 60  # seconds until somebody is late

RULE = """
  - name: high priority
    when: {priority: high}
"""
FIELD = """
  severity:
    support: {field: Severity, values: {Critical: s1, High: s2, Medium: s3, Low: s4}}
    engineering: {field: Severity, values: {S1: s1, S2: s2, S3: s3, S4: s4}}
"""
ASSIGNEE = "  assignee: {owner: engineering, support: owner, engineering: assignee}\n"
BY_SEVERITY = (
    MAPPING.replace(RULE, "\n  - name: outage\n    when: {severity: sev1}\n").replace(FIELD, "\n").replace(ASSIGNEE, "")
)

ESCALATION = """
severities:
  sev1:
    rules:
      - name: outage
        when: {title: {words: [outage, is down]}}
    clocks: {accept: 1h, update: 1m}
reminders: []
people: {alice: {email: anna@support.test}}
teams: {on-duty: {members: [alice]}}
owners: {internal: {field: assignee}}
routing: [{name: everything, team: on-duty}]
feedback: {reopened_as: doing}
packet:
  evidence:
    - name: business impact
      ask: Who cannot work?
      heading: Impact
    - name: environment
      ask: Which version?
      heading: Environment
      missing: warn
  redact: {email: true}
"""


@pytest.fixture(scope="module")
def daemon(rt: Server, redmine: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    home = tmp_path_factory.mktemp("escalation")
    made = Daemon(home, rt.env, redmine.env, mapping=BY_SEVERITY, escalation=ESCALATION)
    made.start()
    rt.run("webhook", made.hook, made.secret)
    yield made
    if made.process:
        assert made.stop() == 0


@pytest.fixture(scope="module")
def developer(redmine: Server) -> Iterator[Tracker]:
    made = Tracker(redmine.env, "DEVELOPER")
    yield made
    made.close()


def told(desk: Desk, ticket: int) -> str:
    """What agents alone read on the ticket."""
    return "\n\n".join(text for kind, _, text in desk.history(ticket) if kind == "Comment")


def test_a_sev1_goes_its_whole_way(daemon: Daemon, desk: Desk, tracker: Tracker, developer: Tracker) -> None:
    text = "Nobody can log in. Write to carol@customer.test"
    ticket = desk.create("The shop is down", text=text)
    until(lambda: "Who cannot work?" in told(desk, ticket), seconds=PATIENCE, what="the evidence is asked for")
    assert tracker.find("The shop is down") is None

    desk.comment(ticket, "Impact: four hundred shops")
    issue = until(lambda: tracker.find("The shop is down"), seconds=PATIENCE, what="the issue is there")
    packet, private = until(lambda: tracker.notes(issue), seconds=PATIENCE, what="its packet is there")[0]
    assert private
    assert "four hundred shops" in packet
    assert "environment" in packet
    assert "sev1" in packet
    assert "carol@customer.test" not in packet
    until(lambda: "alice is named for the issue" in told(desk, ticket), seconds=PATIENCE, what="its owner is told")
    assert tracker.read(issue)["assigned_to"]["id"] == tracker.user("MANAGER")

    developer.note(issue, "/return needs: steps to reproduce")
    until(lambda: "needs: steps to reproduce" in told(desk, ticket), seconds=PATIENCE, what="it is returned")
    desk.comment(ticket, "/handover Open the shop, then log in")
    handed = "SELECT 1 FROM milestone WHERE what = 'resubmitted'"
    until(lambda: daemon.rows(handed), seconds=PATIENCE, what="it is handed over again")
    until(
        lambda: any("Open the shop, then log in" in text for text, _ in tracker.notes(issue)),
        seconds=PATIENCE,
        what="engineering reads what was missing",
    )

    developer.note(issue, "/accept on it")
    until(lambda: "accepted the issue" in told(desk, ticket), seconds=PATIENCE, what="it is accepted")

    late = "the customer has not heard anything new"
    until(lambda: late in told(desk, ticket), seconds=CLOCK + PATIENCE, what="support hears that time is up")
    until(
        lambda: [private for text, private in tracker.notes(issue) if late in text] == [True],
        seconds=PATIENCE,
        what="engineering hears it too, and nobody else",
    )
    noted = "SELECT 1 FROM milestone WHERE what = 'breached'"
    until(lambda: daemon.rows(noted), seconds=PATIENCE, what="the breach is noted, after everybody was told")

    tracker.edit(issue, status_id=tracker.status("Resolved"), notes="For the customer: log in again, it works.")
    until(lambda: "it works" in told(desk, ticket), seconds=PATIENCE, what="its owner has a draft for the customer")
    until(daemon.quiet, seconds=PATIENCE, what="the daemon is quiet")
    assert desk.read(ticket)["Status"] == "open"
    said = [who for kind, who, _ in desk.history(ticket) if kind == "Correspond"]
    assert [who for who in said if who != "anna"] == [], "nobody but a person answers the customer"

    desk.reply(ticket, "Dear Carol, please log in again.")
    until(lambda: desk.read(ticket)["Status"] == "resolved", seconds=PATIENCE, what="it closes: the customer was told")
    assert tracker.read(issue)["status"]["name"] == "Resolved"

"""Telling people with the commands of an operator, from the config to a real mail server and back to what is parked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.receivers import SmtpReceiver, smtp_receiver
from tests.cli.test_operating import Terminal, place, syncd
from tests.running import Installation

__all__ = ["place", "syncd"]

ESCALATION = """severities: {sev1: {rules: [{name: urgent, when: {priority: p1}}], clocks: {accept: 30m}}}
tell:
  - {name: all of it, happened: [escalated], to: [mail]}
"""


@pytest.fixture
def server(place: Installation) -> Iterator[SmtpReceiver]:
    """The installation tells by mail."""
    with smtp_receiver() as made:
        channel = (
            f"{{kind: email, host: 127.0.0.1, port: {made.port}, security: none, from: s@a.example, to: [o@a.example]}}"
        )
        place.config.write_text(f"{place.config.read_text()}channels:\n  mail: {channel}\n")
        (place.folder / "config" / "escalation.yaml").write_text(ESCALATION)
        yield made


def test_what_happens_is_told_by_once_and_only_once(place: Installation, syncd: Terminal, server: SmtpReceiver) -> None:
    syncd("once")
    place.desk.open(title="Export fails", priority="urgent")
    syncd("once")
    syncd("once")
    [mail] = server.got
    assert mail["Subject"] == "SEV1 HELP-1: it went to engineering"
    assert mail["To"] == "o@a.example"
    assert "nothing waits to be told" in syncd("tell")


def test_what_is_refused_is_parked_shown_and_sent_again_when_asked(
    place: Installation, syncd: Terminal, server: SmtpReceiver
) -> None:
    syncd("once")
    server.data = "554 not today"
    place.desk.open(title="Export fails", priority="urgent")
    syncd("once", exit=5)
    shown = syncd("parked")
    assert "mail: the mail server answered 554: SEV1 HELP-1: it went to engineering" in shown
    assert "`syncd retry --channel mail` sends it again" in shown
    assert "1 message" in syncd("status", exit=5)
    assert [view["state"] for view in syncd.json("tell")] == ["parked"]
    assert "would let mail go on" in syncd("retry", "--channel", "mail", "--dry-run")
    server.data = "250 taken"
    syncd("once", exit=5)
    assert server.got == []
    assert "mail goes on, with 1 parked message" in syncd("retry", "--all")
    syncd("once")
    assert len(server.got) == 1
    assert "nothing is parked" in syncd("parked")


def test_what_nobody_needs_any_more_is_dropped(place: Installation, syncd: Terminal, server: SmtpReceiver) -> None:
    syncd("once")
    server.data = "554 not today"
    place.desk.open(title="Export fails", priority="urgent")
    syncd("once", exit=5)
    assert "would drop 1 message for mail" in syncd("tell", "--forget", "mail", "--dry-run")
    assert "1 message for mail dropped" in syncd("tell", "--forget", "mail")
    server.data = "250 taken"
    syncd("once")
    assert server.got == []


def test_a_test_message_is_printed_or_sent(syncd: Terminal, server: SmtpReceiver) -> None:
    assert "Subject: A test of syncd" in syncd("tell", "--test", "mail", "--dry-run")
    assert server.got == []
    assert "sent through mail as test-" in syncd("tell", "--test", "mail", "--to", "me@a.example")
    assert [mail["To"] for mail in server.got] == ["me@a.example"]
    syncd("tell", "--test", "mial", exit=2)
    assert "no channel is called `mial`; the config has mail" in syncd.error
    server.data = "554 not today"
    syncd("tell", "--test", "mail", exit=3)
    assert "the mail server answered 554" in syncd.error
    syncd("tell", "--test", "mail", "--forget", "mail", exit=2)


def test_a_mail_server_is_asked_and_what_cannot_be_asked_is_said(
    place: Installation, syncd: Terminal, server: SmtpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK", "http://127.0.0.1:9/hush")
    place.config.write_text(f"{place.config.read_text()}  ops: {{kind: slack, url: '${{SLACK}}'}}\n")
    found = {one["key"]: one for one in syncd.json("check", "--online")["complaints"]}
    assert found["channels.ops"]["problem"] == "`ops` cannot be tried without sending something"
    assert found["channels.ops"]["notice"] is True
    assert "channels.mail" not in found
    place.config.write_text(place.config.read_text().replace("security: none", "security: starttls"))
    found = {one["key"]: one for one in syncd.json("check", "--online", exit=2)["complaints"]}
    assert found["channels.mail"]["notice"] is False
    assert server.got == []

"""From `escalation.yaml` to both tickets: `syncd approve`, and what `plan` and `why` print of owners."""

from __future__ import annotations

from tests.cli.test_operating import Terminal, place, syncd
from tests.running import Installation

__all__ = ["place", "syncd"]

ESCALATION = """severities:
  sev2:
    rules: [{name: urgent, when: {priority: p1}}]
people:
  ana: {email: ana@tracker.example, absent: [2020-01-01..2099-12-31]}
  ben: {email: ben@tracker.example}
teams:
  core: {members: [ana, ben]}
owners: {internal: {field: assignee}}
routing:
  - {name: everything, team: core}
approval:
  - {name: urgent ones, severities: [sev2], who: [core]}
"""


def test_a_ticket_is_approved_on_the_command_line_and_goes_to_who_is_there(
    place: Installation, syncd: Terminal
) -> None:
    (place.folder / "config" / "escalation.yaml").write_text(ESCALATION)
    syncd("once")
    ref = place.desk.open(title="Export fails", priority="urgent")
    assert "waits for approval by ana, ben (`urgent ones`), who are asked then" in syncd("plan", ref)
    syncd("once")
    assert not place.tracker.tickets
    assert "rule outage: waits for approval by ana, ben (`urgent ones`), asked" in syncd("why", ref)
    syncd("approve", ref, "--as", "cia", exit=2)
    assert "`cia` may not say that; `urgent ones` is for ana, ben" in syncd.error
    assert syncd.json("approve", ref, "--as", "ben", "--refuse", "usage")["what"] == "refused"
    syncd("once")
    assert syncd("approve", ref, "--as", "ben") == "ben approved link 1\n"
    assert "`syncd run` or `syncd once` does it" in syncd.error
    syncd("once")
    [issue] = place.tracker.tickets.values()
    assert getattr(issue.fields["assignee"], "id", "") == "ben"
    assert "  owner ben: secondary of core (rule everything, has 0 in hand)" in syncd("why", ref)
    syncd("approve", ref, "--as", "ben", exit=2)
    assert "waits for no approval; it was approved at" in syncd.error

"""`syncd playbook` on a real store between two vendors in memory, from the first day on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from syncd import log as logs
from tests.cli.test_operating import Terminal
from tests.running import MAPPING, Installation, installation

POLICY = """severities:
  sev1: {rules: [{name: urgent, when: {priority: p1}}], clocks: {accept: 30m, respond: 1h, fix: 8h}}
default: sev4
feedback: {reopened_as: doing, draft: "It works again, {{ customer.name }}."}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    monkeypatch.delenv("COLUMNS", raising=False)
    with installation(tmp_path, monkeypatch) as made:
        made.edit("owner: ask", "owner: engineering")
        (made.config.parent / "escalation.yaml").write_text(POLICY)
        yield made
    logs.forget()
    structlog.reset_defaults()


@pytest.fixture
def syncd(place: Installation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)


def test_it_shows_promise_and_path_in_each_format_and_asks_no_vendor(place: Installation, syncd: Terminal) -> None:
    _, issue = asyncio.run(place.linked())
    place.tracker.say(issue, "/return needs: steps", by="ben")
    syncd("once")
    asked = len(place.desk.journal), len(place.tracker.journal)
    said = " ".join(syncd("playbook").split())
    assert "sev1 at any time What makes it so: urgent: priority is p1" in said
    assert "Returned to support: 1 of 1 that are over or came back (100%); 1 is there now." in said
    assert "| It works again, {{ customer.name }}." in said
    assert "| Severity | What makes it so |" in syncd("playbook", "--format", "markdown")
    assert syncd("playbook", "--format", "html", "--output", "playbook.html") == ""
    assert "written: playbook.html" in syncd.error
    assert "<svg" in Path("playbook.html").read_text(encoding="utf-8")
    assert (len(place.desk.journal), len(place.tracker.journal)) == asked, "a playbook asks no vendor"


def test_its_numbers_are_those_of_the_report(place: Installation, syncd: Terminal) -> None:
    _, issue = asyncio.run(place.linked())
    place.tracker.say(issue, "/accept", by="ben")
    syncd("once")
    steps = {one["step"]: one for one in syncd.json("playbook")["parts"][0]["path"]["steps"]}
    values = syncd.json("report")["total"]["values"]
    assert steps["accepted"]["taken"] == values["time_to_accept"]
    assert steps["accepted"]["taken"]["count"] == 1
    assert steps["accepted"]["inside"] == values["inside_accept"]
    assert (steps["accepted"]["now"], steps["fixed"]["now"], steps["answered"]["now"]) == (0, 1, 1)


def test_a_case_from_before_the_window_that_is_open_still_waits(place: Installation, syncd: Terminal) -> None:
    asyncio.run(place.linked())
    wanted = {"cases": 0, "earlier": 1}

    async def later() -> dict[str, object]:
        from syncd.engine.playbook import playbook

        async with place.daemon(acting=False) as daemon:
            began = daemon.site.now()
            daemon.site.now = lambda: began + timedelta(days=50)
            found = (await playbook(daemon.site, span=timedelta(days=30))).parts[0].path
            assert found is not None
            return {"cases": found.cases, "earlier": found.earlier}

    assert asyncio.run(later()) == wanted


def test_each_mapping_counts_its_own_cases(place: Installation, syncd: Terminal) -> None:
    asyncio.run(place.linked())
    other = MAPPING.replace("name: desk-tracker", "name: other").replace("owner: ask", "owner: engineering")
    second = '  tracker: {connector: memtracker, url: "https://tracker.example"}\n'
    config = place.config.read_text().replace(
        second, second + second.replace("tracker:", "second:").replace("er.", "er2.")
    )
    place.config.write_text(config)
    place.vendors["tracker2.example"] = place.tracker
    (place.folder / "mappings" / "other.yaml").write_text(other.replace("engineering: tracker", "engineering: second"))
    found = {part["mapping"]: part["path"]["cases"] for part in syncd.json("playbook")["parts"]}
    assert found == {"desk-tracker": 1, "other": 0}
    assert [part["mapping"] for part in syncd.json("playbook", "--mapping", "other")["parts"]] == ["other"]


def test_without_a_store_the_promises_stand(place: Installation, syncd: Terminal) -> None:
    place.before_the_first_start()
    said = syncd("playbook")
    assert "Accept: 30 min" in said
    assert "Nothing was escalated yet" in said
    assert not (place.folder / "var").exists(), "looking makes no store"


def test_without_a_policy_it_says_so(place: Installation, syncd: Terminal) -> None:
    (place.config.parent / "escalation.yaml").unlink()
    assert "nothing is promised" in syncd("playbook")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "soon"), "--since: "),
        (("--json", "--format", "html"), "exclude each other"),
        (("--mapping", "nowhere"), "no mapping is called `nowhere`; there are desk-tracker"),
        (("--output", "nowhere/playbook.html"), "nowhere/playbook.html cannot be written"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    place: Installation, syncd: Terminal, words: tuple[str, ...], said: str
) -> None:
    syncd("playbook", *words, exit=2)
    assert said in syncd.error


def test_hostile_names_come_through_as_text(place: Installation, syncd: Terminal) -> None:
    policy = POLICY.replace("name: urgent", 'name: "urgent \\e[2J | <b>"')
    (place.config.parent / "escalation.yaml").write_text(policy)
    assert r"urgent \x1b[2J | <b>: priority is p1" in syncd("playbook")
    assert r"\| &lt;b&gt;**: priority is p1" in syncd("playbook", "--format", "markdown")
    assert "| &lt;b&gt;</b>: priority is p1" in syncd("playbook", "--format", "html")
    rules = syncd.json("playbook")["parts"][0]["configured"]["rows"][0]["rules"]
    assert rules[0]["name"] == "urgent \x1b[2J | <b>"

"""The command: its forms, its exit codes, and what it says to whom asks for something else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.run import ROOT, syncd
from tests.drill.site import Site

QUICK = ("sev1", "--exit", "--start", "2026-11-23T10:00+01:00")
SHORT = "name: short\nsteps: [{who: agent, after: 45m, says: x}]\n"


def scenario(folder: Path, text: str = SHORT) -> str:
    (folder / "short.yaml").write_text(text)
    return str(folder / "short.yaml")


def test_it_runs_from_the_demos_config_with_one_command_and_prints_what_its_page_shows(tmp_path: Path) -> None:
    """Every line of the block in docs/drill.md comes, in that order; `…` stands for others."""
    page = (ROOT / "docs" / "drill.md").read_text(encoding="utf-8")
    block = page.partition("```text\n")[2].partition("```")[0]
    done = syncd("drill", "sev1", "--demo", "--exit", "--start", "2026-11-23T22:00+01:00", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    printed = iter(done.stdout.splitlines())
    for line in block.splitlines():
        assert line in ("", "…") or line in printed, line
    assert list(tmp_path.iterdir()) == []


def test_a_breach_that_nobody_hears_of_ends_with_5_and_the_page_is_written(tmp_path: Path) -> None:
    site = Site(tmp_path).bare()
    site.policy["tell"] = []
    page = tmp_path / "drill.html"
    words = (*QUICK, "--config", str(site.write()), "--scenario", scenario(tmp_path), "--format", "html")
    done = syncd("drill", *words, "--output", str(page))
    assert done.returncode == 5, done.stderr
    assert done.stdout == ""
    assert f"written: {page}" in done.stderr
    assert "Nobody is told that the clock" in page.read_text(encoding="utf-8")


def test_json_is_one_document_and_the_timeline_beside_it(tmp_path: Path) -> None:
    words = ("sev4", "--exit", "--demo", "--json", "--scenario", scenario(tmp_path, SHORT.replace("45m", "1m")))
    done = syncd("drill", *words)
    found = json.loads(done.stdout)
    assert (found["severity"], found["failed"], found["incident"]) == ("sev4", False, "short")
    assert {"findings", "events", "clocks", "messages", "tickets", "written", "stages"} <= set(found)
    assert "Carol Customer: writes" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sev1", "--demo", "--mapping", "nobody"), "no mapping is called nobody; the config has: zendesk-jira"),
        (("sev1", "--demo", "--start", "noon"), "--start: `noon` is no time"),
        (("sev1", "--demo", "--config", "x.yaml"), "--demo brings its own config"),
        (("sev1", "--json", "--format", "html"), "only one format can be had"),
        (("sev5", "--demo"), "sev5"),
        (("sev1", "--demo", "--speed", "-1"), "greater than or equal to 0"),
        (("sev1", "--demo", "--exit", "--scenario", "none.yaml"), "cannot read none.yaml"),
    ],
)
def test_what_cannot_be_done_is_said_with_2(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = syncd("drill", *words, folder=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


def test_without_a_policy_there_is_nothing_to_rehearse(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write()
    site.files["policy"].unlink()
    done = syncd("drill", *QUICK, "--config", str(site.path))
    assert done.returncode == 2
    assert "there is no escalation.yaml" in done.stderr

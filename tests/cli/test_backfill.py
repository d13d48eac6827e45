"""`syncd backfill` as a person uses it: by a text, by title with a word for each pair, and with an estimate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from syncd import log as logs
from syncd.cli import pairs as pairs_file
from syncd.errors import ConfigError, SyncdError
from tests.cli.test_operating import Terminal
from tests.running import Installation, installation

URL = "https://tracker.example/"
ROW = "- {{ticket: '1', issue: '{}', link: yes}}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    monkeypatch.delenv("COLUMNS", raising=False)
    with installation(tmp_path, monkeypatch) as made:
        yield made
    logs.forget()
    structlog.reset_defaults()


@pytest.fixture
def syncd(place: Installation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    made = Terminal(capsys, monkeypatch)
    made("once")
    return made


def pairs(place: Installation, *titles: str) -> list[tuple[str, str]]:
    """Tickets and issues of these titles, long enough ago for every list to show them."""
    made = [(place.desk.open(title=title), place.tracker.open(title=title)) for title in titles]
    for vendor in (place.desk, place.tracker):
        vendor.clock.advance(60)
    return made


def issues_of(syncd: Terminal, *tickets: str) -> list[str | None]:
    """The issue of each ticket, by ref."""
    rows = {row["support"]["ref"]: row["engineering"] for row in syncd.json("links")}
    found = [rows.get(ticket) for ticket in tickets]
    return [issue["ref"] if issue else None for issue in found]


def test_a_note_with_an_address_links(place: Installation, syncd: Terminal) -> None:
    ticket, issue = place.desk.open(title="Ours"), place.tracker.open(title="Theirs")
    place.desk.say(ticket, f"they have it: {URL}{issue}")
    assert "1 of 1 ticket linked" in syncd("backfill", "--text", ticket)
    assert issues_of(syncd, ticket) == [issue]


def test_a_dry_run_says_what_it_costs_and_what_is_copied(place: Installation, syncd: Terminal) -> None:
    ticket, issue = place.desk.open(title="Ours"), place.tracker.open(title="Theirs")
    place.desk.say(ticket, f"they have it: {URL}{issue}")
    out = syncd("backfill", "--text", "--history", "--dry-run", ticket)
    # the ticket with its thread and the issue, then both again with their threads: seven requests of these vendors
    assert "1 ticket, 7 calls each as measured, about 1 s at the pace so far" in out
    assert "then the daemon copies 1 comment or file, behind all other work" in out
    assert "customers" not in out
    assert syncd("links") == "no links\n"


def test_the_ways_exclude_each_other(syncd: Terminal) -> None:
    for words in (
        ["--text", "--field", "x", "1"],
        ["1"],
        ["--text", "--plan", "x", "1"],
        ["--from", "x", "1"],
        ["--text", "--yes", "1"],
    ):
        syncd("backfill", *words, exit=2)
    assert "unit" in syncd("backfill", "--title", "--within", "2", "--dry-run", "1", exit=2) + syncd.error


def test_a_dry_run_warns_of_old_words_that_would_reach_customers(place: Installation, syncd: Terminal) -> None:
    rule = "engineering: {to: support, visibility: internal}"
    more = 'engineering_for_customer: {when: {starts_with: "/told"}, to: support, visibility: public}'
    place.edit(rule, f"{rule}\n  {more}")
    ticket, issue = place.desk.open(title="Ours"), place.tracker.open(title="Theirs")
    place.tracker.say(issue, "/told we had said so")
    place.desk.say(ticket, f"{URL}{issue}")
    out = syncd("backfill", "--text", "--history", "--dry-run", ticket)
    assert "1 of them becomes a public reply that customers read" in out


# --- by title


def test_each_pair_is_asked_for_and_linked_at_once(place: Installation, syncd: Terminal) -> None:
    (one, first), (two, _), (three, _) = pairs(place, "Export fails", "Import fails", "Login fails")
    out = syncd("backfill", "--title", one, two, three, answers="y\nn\nquit\n")
    assert "1 of 1 ticket linked" in out
    assert "Export fails" in syncd.error
    assert issues_of(syncd, one, two, three) == [first, None, None]


def test_an_interruption_keeps_the_answers_before_it(place: Installation, syncd: Terminal) -> None:
    (one, first), (two, _) = pairs(place, "Export fails", "Import fails")
    assert "1 of 1 ticket linked" in syncd("backfill", "--title", one, two, answers="y\n")
    assert issues_of(syncd, one, two) == [first, None]


def test_all_takes_no_title_that_matches_several(place: Installation, syncd: Terminal) -> None:
    (one, first), (two, second), (three, _) = pairs(place, "Export fails", "Import fails", "Login fails")
    other = place.tracker.open(title="Login fails")
    place.tracker.clock.advance(60)
    syncd("backfill", "--title", one, two, three, answers="all\nn\ny\n")
    assert "matches several" in syncd.error
    assert issues_of(syncd, one, two, three) == [first, second, other]


def test_without_a_person_nothing_is_linked(place: Installation, syncd: Terminal) -> None:
    ((ticket, _),) = pairs(place, "Export fails")
    syncd("backfill", "--title", ticket, exit=2)
    assert "--plan" in syncd.error
    assert "1 pair to be asked for" in syncd("backfill", "--title", "--dry-run", ticket)
    assert syncd("links") == "no links\n"


def test_a_file_is_edited_and_links_what_has_a_yes(place: Installation, syncd: Terminal) -> None:
    (one, first), (two, second), (three, _) = pairs(place, "Export fails", "Import\n- ticket: 'x'", "Login fails")
    place.tracker.open(title="Login fails")
    place.tracker.clock.advance(60)
    plan = place.folder / "pairs.yaml"
    syncd("backfill", "--title", "--plan", str(plan), one, two, three)
    assert syncd("links") == "no links\n"
    text = plan.read_text()
    assert text.count("link: no\n") == 2, "both pairs of the title that matches several"
    plan.write_text(text.replace(f'issue: "{first}"', f'issue: "{first}"\n  link: yes'))
    out = syncd("backfill", "--from", str(plan), exit=5)
    assert "1 of 1 ticket linked" in out
    assert "1 pair without a word" in out
    assert issues_of(syncd, one, two, three) == [first, None, None]
    assert "2 of 2 tickets linked" in syncd("backfill", "--from", str(plan), "--yes")
    assert issues_of(syncd, one, two, three) == [first, second, None]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    plan = tmp_path / "pairs.yaml"
    plan.write_text("mine")
    with pytest.raises(SyncdError, match="may hold decisions"):
        pairs_file.write(plan, "desk-tracker", [])
    assert plan.read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("mapping: desk-tracker\npairs:\n- ticket: '1'\n  isue: '2'\n", 4, "issue"),
        ("mapping: desk-tracker\npairs:\n- ticket: '1'\n  issue: '2'\n  link: perhaps\n", 5, "true"),
        (f"mapping: desk-tracker\npairs:\n{ROW.format(2)}{ROW.format(3)}", 4, "two issues"),
    ],
)
def test_a_file_with_a_mistake_is_refused_at_its_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    plan = tmp_path / "pairs.yaml"
    plan.write_text(text)
    with pytest.raises(ConfigError) as refused:
        pairs_file.read(plan, undecided=False)
    assert {(complaint.line, word in str(complaint)) for complaint in refused.value.complaints} == {(line, True)}

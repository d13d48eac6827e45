"""GitLab's Markdown and ours say the same; files, marks and hidden comments stand beside the words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.markdown import parse
from syncd.sdk.text.tree import Document
from syncd_gitlab import text
from syncd_gitlab.source import Upload, link_to, marked, taken_apart
from tests import pace
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import PLAIN_MAILS, SAMPLES
from tests.sdk.text.documents import documents

GITLAB = Format(read=text.read, write=text.write, target=text.TARGET)
SECRET = "66dbcd21ec5d24ed6ea225176098d52b"

OWN = {
    "a task list as words": "- \\[ \\] write it\n- \\[x\\] read it",
    "code that looks like a file": f"`[log](/uploads/{SECRET}/log.txt)`",
    "code that looks hidden": "`<!-- syncd key ABC -->` and\n\n```html\n<!-- not hidden -->\n```",
    "words that look hidden": "a \\<!-- b --> c",
    "a block of code in an item": "- run\n\n  ```sh\n  # <!-- kept -->\n  ls\n  ```",
    "a path at the start": "/etc/app/app.conf is missing",
    "prices and home folders": "costs $5 at 100% sure, a&b, v1.2!",
    "an empty text": "",
}
PICKED = {**SAMPLES, **OWN}


def test_there_are_thirty_picked_documents() -> None:
    assert len(PICKED) >= 30


@pytest.mark.parametrize("name", PICKED)
def test_a_real_text_comes_back(name: str) -> None:
    comes_back(GITLAB, PICKED[name])


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(GITLAB, document)


@given(documents(), st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
@settings(deadline=None, max_examples=50)
def test_a_mark_is_found_behind_any_text_and_changes_none_of_it(document: Document, key: str) -> None:
    source = text.write(GITLAB.inert(document)).source
    found = taken_apart(marked(source, key=key), project=14)
    assert found.key == key
    assert text.read(marked(source, key=key)).markdown == text.read(source).markdown
    assert "syncd" not in found.words or "syncd" in source


@pytest.mark.histories
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=60))
@settings(deadline=None, max_examples=200)
def test_a_file_keeps_its_name_and_size(name: str) -> None:
    upload = Upload(SECRET, "file.txt", " ".join(name.split()) or "x", 42)
    found = taken_apart(marked("see below", key="key-1", files=[link_to(upload)]), project=14)
    assert (found.words, found.key, found.uploads) == ("see below", "key-1", (upload,))


@pytest.mark.parametrize("mail", PLAIN_MAILS)
def test_any_text_is_read_and_written_again_without_change(mail: str) -> None:
    once = text.read(PLAIN_MAILS[mail]).markdown
    assert text.read(text.write(once).source).markdown == GITLAB.inert(parse(once))


def test_a_comment_that_is_never_closed_hides_the_rest_only_where_it_begins_a_line() -> None:
    assert text.read("if a <!-- b then").markdown == "if a \\<!-- b then"
    assert text.read("seen\n\n<!-- a <!-- b -->\n\ntoo").markdown == "seen\n\ntoo"


def test_what_people_cannot_see_is_no_text_of_theirs() -> None:
    read = text.read(
        "<!-- How to write\na good report -->\nIt **fails**.<!-- secret -->\n\n<!-- never closed\nand so on"
    )
    assert read.markdown == "It **fails**."
    assert read.lost == ("hidden comment",)


def test_a_file_on_a_line_of_its_own_is_no_word_and_one_within_a_sentence_leaves_its_name() -> None:
    line = f"[error log](/uploads/{SECRET}/error.log)"
    image = f"![shot](/uploads/{SECRET[::-1]}/shot.png){{width=300 height=200}}"
    found = taken_apart(f"See {line} and\n\n{image}\n{line} {image}\n\nThanks", project=14)
    assert found.words == "See error log and\n\nThanks"
    assert [(each.secret, each.name, each.size) for each in found.uploads] == [
        (SECRET, "error.log", None),
        (SECRET[::-1], "shot.png", None),
    ]


def test_a_file_of_another_project_is_none_of_this_one() -> None:
    """Who writes a comment could otherwise let our account fetch what he may not read."""
    found = taken_apart(f"[plan](/-/project/99/uploads/{SECRET}/plan.pdf)", project=14)
    assert (found.uploads, found.lost) == ((), ("file of another project",))
    assert len(taken_apart(f"[plan](/-/project/14/uploads/{SECRET}/plan.pdf)", project=14).uploads) == 1


@pytest.mark.parametrize("command", ["/close", "/label ~secret", "/CLOSE", "  /close", "/assign @ana"])
def test_no_line_is_a_quick_action(command: str) -> None:
    for markdown in (command, f"before\n\n{command}", f"before\\\n{command}", f"````\n```\n{command.strip()}\n````"):
        lines = text.write(markdown).source.split("\n")
        assert not [line for line in lines if line.startswith(("/close", "/label", "/CLOSE", "/assign"))]


def test_code_is_left_alone_where_gitlab_leaves_it_alone() -> None:
    assert text.write("```\n/close\n```").source == "```\n/close\n```"
    changed = text.write("````\n```\n/close\n````")
    assert changed.source == "````\n```\n／close\n````"
    assert changed.lost == ("slash at the start of a line of code",)


def test_a_long_text_is_cut_with_a_link() -> None:
    link = "https://example.com/tickets/1"
    written = text.write("word " * 250_000, limit_link=link)
    assert len(written.source) <= text.LIMIT
    assert written.source.endswith(f"\\[… [the whole text]({link})\\]")
    assert "too long" in written.lost[-1]


@pytest.mark.parametrize(
    "hostile",
    ["`" * 20_000, "[" * 50_000, "<!--" * 20_000, "~~~\n" * 20_000, "![a](" * 20_000, "x<!--" * 20_000, "` " * 20_000],
)
def test_a_hostile_text_takes_no_time(hostile: str) -> None:
    assert pace.within(5, lambda: taken_apart(hostile, project=14))

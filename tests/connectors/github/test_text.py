"""GitHub's Markdown, as issues show it, and the neutral form say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.tree import Document
from syncd_github import text
from tests import pace
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import SAMPLES
from tests.sdk.text.documents import documents

GFM = Format(read=text.read, write=text.write, target=text.TARGET)
OWN_SAMPLES = {
    "a task list": "- \\[ \\] write the test\n- \\[x\\] break the code",
    "an e-mail's signature": "Regards\\\nAna\\\nAcme",
    "a fence in a list": "1. run\n\n   ```sh\n   make test\n   ```\n\n2. read",
    "a fence in a quote": "> ```\n> a\n> b\n> ```",
    "a fence within a longer one": "````\n```\ninner\n```\n````",
    "HTML in code": "`<!-- kept -->` and\n\n```html\n<!-- kept too -->\n<img src=\"x\">\n```",
    "a heading after a list": "- one\n- two\n\n## Next",
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_text_comes_back(name: str) -> None:
    comes_back(GFM, SAMPLES[name])


@pytest.mark.parametrize("name", OWN_SAMPLES)
def test_what_people_write_on_github_comes_back(name: str) -> None:
    comes_back(GFM, OWN_SAMPLES[name])


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(GFM, document)


def test_there_are_thirty_picked_texts() -> None:
    assert len(SAMPLES) + len(OWN_SAMPLES) >= 30


def test_a_line_end_is_a_line_end_unlike_in_a_readme() -> None:
    assert text.read("Hi,\nit broke.\n\nAna\r\nAcme").markdown == "Hi,\\\nit broke.\n\nAna\\\nAcme"


def test_line_ends_of_tables_lists_headings_and_code_stay_what_they_are() -> None:
    for source in ("| a | b |\n| --- | --- |\n| 1 | 2 |", "- one\n- two", "# head\n\ntext", "```\na\nb\n```"):
        assert text.read(source).markdown == source
    assert text.read("    indented\n    code").markdown == "```\nindented\ncode\n```"


def test_hidden_comments_of_a_template_stay_hidden_and_are_named() -> None:
    source = "<!-- Thank you for your report!\n\nPlease fill in: -->\n### Steps\n\n1. open\n<!-- one line --> 2"
    read = text.read(source)
    assert "Thank you" not in read.markdown
    assert "one line" not in read.markdown
    assert read.markdown.startswith("### Steps")
    assert read.lost == ("hidden comment",)
    assert read.source == source


def test_a_pasted_picture_is_an_image() -> None:
    tag = '<img width="664" alt="Screen of [Ana]" src="https://github.com/user-attachments/assets/1-2" />'
    assert text.read(tag).markdown == "![Screen of \\[Ana\\]](https://github.com/user-attachments/assets/1-2)"
    assert "![" not in text.read('<img src="javascript:x">').markdown


def test_an_image_becomes_a_link_on_the_way_there() -> None:
    written = text.write("![chart](https://example.com/c.png)")
    assert written.source == "[chart](https://example.com/c.png)"
    assert written.lost == ("image chart, shown as a link",)


@pytest.mark.parametrize("attempt", ["@octocat", "#12", "GH-12", "fixes #12", "acme/core#12", "@acme/team"])
def test_nobody_is_called_and_no_issue_is_referred_to(attempt: str) -> None:
    written = text.write(f"see {attempt} please").source
    assert attempt not in written
    assert text.write(f"`{attempt}`").source == f"`{attempt}`"  # GitHub looks for neither in code


def test_a_title_is_one_line_of_256_characters() -> None:
    assert text.title("a\nb") == "a b"
    assert len(text.title("é" * 300)) == 256


@pytest.mark.histories
@given(st.text(max_size=5), st.sampled_from(["x", "é", "👨‍👩‍👧", "<&>", "日本 "]))
@settings(deadline=None, max_examples=10)
def test_a_long_text_is_cut_with_a_link(start: str, filling: str) -> None:
    link = "https://example.com/tickets/1"
    written = text.write(f"a{start}" + filling * 70_000, limit_link=link)
    assert len(written.source) <= text.LIMIT
    assert written.source.endswith(f"\\[… [the whole text]({link})\\]")
    assert "too long" in written.lost[-1]


@pytest.mark.parametrize("filling", ["`a` ", "<!-- ", "> - ```\n", "<img src=", "    x\n", "\\\n"])
def test_hostile_64_kilobytes_take_no_time(filling: str) -> None:
    assert pace.within(10, lambda: text.read((filling * 60_000)[:60_000]))

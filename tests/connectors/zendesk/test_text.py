"""Zendesk's HTML and Markdown say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.tree import Document
from syncd_zendesk import text
from tests import pace
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import SAMPLES
from tests.sdk.text.documents import documents

HTML = Format(read=text.read, write=text.write, target=text.TARGET)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_text_comes_back(name: str) -> None:
    comes_back(HTML, SAMPLES[name])


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(HTML, document)


def test_blanks_that_zendesk_wraps_and_collapses_mean_nothing() -> None:
    wrapped = '<div class="zd-comment" dir="auto"><p dir="auto">one\n  two</p>\n\n<p dir="auto">three</p></div>'
    assert text.read(wrapped).markdown == "one two\n\nthree"


def test_what_html_says_and_markdown_cannot_is_named() -> None:
    read = text.read('<p><span style="color: red">a</span> <u>b</u> x<sub>2</sub></p><iframe src="https://e"></iframe>')
    assert read.markdown == "a b x2"
    assert read.lost == ("text colour", "underline", "subscript", "<iframe>")


def test_lines_of_a_mail_stay_lines() -> None:
    mail = "<div>Hi,</div><div><br></div><div>it broke.</div><div>Ana<br>Acme</div>"
    assert text.read(mail).markdown == "Hi,\n\nit broke.\\\nAna\\\nAcme"


def test_an_image_becomes_a_link() -> None:
    written = text.write("![chart](https://example.com/c.png)")
    assert written.source == '<p><a href="https://example.com/c.png">chart</a></p>'
    assert written.lost == ("image chart, shown as a link",)


def test_code_keeps_its_words_but_no_placeholder() -> None:
    assert text.write("`{{ticket.id}}`").source == "<p><code>｛｛ticket.id}}</code></p>"


def test_the_source_is_what_zendesk_said() -> None:
    assert text.read("<p>a\r\nb\x00\ud800</p>").source == "<p>a\nb</p>"


@given(st.text(max_size=5), st.sampled_from(["x", "é", "👨‍👩‍👧", "<&>", "日本 "]))
@settings(deadline=None, max_examples=10)
def test_a_long_text_is_cut_with_a_link(start: str, filling: str) -> None:
    link = "https://example.com/tickets/1"
    written = text.write(f"a{start}" + filling * 70_000, limit_link=link)
    assert len(written.source.encode()) <= text.LIMIT
    assert written.source.endswith(f'<p>[… <a href="{link}">the whole text</a>]</p>')
    assert "too long" in written.lost[-1]


def test_a_comment_of_64_kilobytes_takes_no_time() -> None:
    long = ("Some *text* with `code` and [link](https://example.com/).\n\n- item\n- item\n\n" * 900)[:60_000]
    assert pace.within(10, lambda: text.read(text.write(long).source))

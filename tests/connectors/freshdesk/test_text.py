"""Freshdesk's HTML and Markdown say the same, with the mark of our comments and without."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from syncd.core.model import RichText
from syncd.sdk.text.mark import marked
from syncd.sdk.text.tree import Document, Rendered
from syncd_freshdesk import text
from tests import pace
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import PLAIN_MAILS, SAMPLES
from tests.sdk.text.documents import documents

HTML = Format(read=text.read, write=text.write, target=text.TARGET)
KEY = "sy2k7qzlmn4pabcdefgh23"


def wrapped(markdown: str) -> Rendered[str]:
    """As a comment goes out and comes back: marked, and in Freshdesk's own box."""
    written = text.write(markdown)
    return Rendered(f"<div>{marked(written.source, KEY)}</div>", written.lost)


MARKED = Format(read=text.read, write=wrapped, target=text.TARGET)


@pytest.mark.parametrize("format", [HTML, MARKED], ids=["bare", "marked"])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_text_comes_back(name: str, format: Format) -> None:
    comes_back(format, SAMPLES[name])


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(HTML, document)
    comes_back_or_is_named_as_lost(MARKED, document)


@pytest.mark.parametrize("name", PLAIN_MAILS)
def test_a_mail_that_looks_like_markup_keeps_its_words(name: str) -> None:
    lines = PLAIN_MAILS[name].replace("\r\n", "\n").split("\n")
    source = "".join(f"<div>{line.replace('&', '&amp;').replace('<', '&lt;')}</div>" for line in lines)
    first = text.read(source)
    again = text.read(text.write(first.markdown).source)
    assert again.markdown == first.markdown
    assert again.lost == ()


# --- what is lost ----------------------------------------------------------------------------------------------------


def test_what_html_says_and_markdown_cannot_is_named() -> None:
    read = text.read('<p><span style="color: red">a</span> <u>b</u> x<sub>2</sub></p><iframe src="https://e"></iframe>')
    assert read.markdown == "a b x2"
    assert read.lost == ("text colour", "underline", "subscript", "<iframe>")


def test_an_image_becomes_a_link() -> None:
    written = text.write("![chart](https://example.com/c.png)")
    assert written.source == '<p><a href="https://example.com/c.png">chart</a></p>'
    assert written.lost == ("image chart, shown as a link",)


def test_a_placeholder_of_freshdesks_is_not_filled_in() -> None:
    assert text.write("`{{ticket.id}}` and {{ticket.requester.email}}").source == (
        "<p><code>｛｛ticket.id}}</code> and ｛｛ticket.requester.email}}</p>"
    )


def test_the_source_is_what_freshdesk_said_without_our_mark() -> None:
    assert text.read("<p>a\r\nb\x00\ud800</p>") == RichText(markdown="a b", source="<p>a\nb</p>")
    assert text.read(marked("<p>a</p>", KEY)).source == "<p>a</p>"


def test_a_long_text_is_cut_with_a_link() -> None:
    link = "https://acme.freshdesk.com/a/tickets/1"
    written = text.write("日本 " * 200_000, limit_link=link)
    assert len(written.source.encode()) <= text.LIMIT
    assert written.source.endswith(f'<p>[… <a href="{link}">the whole text</a>]</p>')
    assert "too long" in written.lost[-1]


def test_a_comment_of_64_kilobytes_takes_no_time() -> None:
    long = ("Some *text* with `code` and [link](https://example.com/).\n\n- item\n- item\n\n" * 900)[:60_000]
    assert pace.within(10, lambda: text.read(wrapped(long).source))

"""Intercom's HTML and Markdown say the same, with the mark of our comments and without; a description is bare words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from syncd.core.model import RichText
from syncd.sdk.text.mark import marked
from syncd.sdk.text.tree import Document, Rendered
from syncd_intercom import text
from syncd_intercom.simulator.state import cleaned
from tests import pace
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import PLAIN_MAILS, SAMPLES
from tests.sdk.text.documents import documents

HTML = Format(read=text.read, write=text.write, target=text.TARGET)
PLAIN = Format(read=text.read_plain, write=text.write_plain, target=text.TARGET)
KEY = "sy2k7qzlmn4pabcdefgh23"


def kept(markdown: str) -> Rendered[str]:
    """As a comment goes out and comes back: marked, and without what Intercom's example of a reply cleans away."""
    written = text.write(markdown)
    return Rendered(marked(written.source, KEY), written.lost)


MARKED = Format(read=text.read, write=kept, target=text.TARGET)
BARE = frozenset(
    {
        "words",
        "two paragraphs",
        "lines",
        "snake case and paths",
        "bare link",
        "names in many scripts",
        "right to left",
        "emoji",
        "combining characters",
        "no-break space",
    }
)
"""The samples that have no formatting: plain text says all of them."""


@pytest.mark.parametrize("format", [HTML, MARKED], ids=["bare", "marked"])
@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_text_comes_back(name: str, format: Format) -> None:
    comes_back(format, SAMPLES[name])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_text_comes_back_as_the_simulator_keeps_it(name: str) -> None:
    """But for the language of code, which is an attribute of a tag."""
    markdown = SAMPLES[name]
    again = text.read(cleaned(marked(text.write(markdown).source, KEY))).markdown
    assert again == markdown.replace("```java", "```").replace("```json", "```")


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(HTML, document)
    comes_back_or_is_named_as_lost(MARKED, document)


@pytest.mark.parametrize("name", PLAIN_MAILS)
def test_a_mail_that_looks_like_markup_keeps_its_words(name: str) -> None:
    lines = PLAIN_MAILS[name].replace("\r\n", "\n").split("\n")
    source = "".join(f"<p>{line.replace('&', '&amp;').replace('<', '&lt;')}</p>" for line in lines)
    first = text.read(source)
    again = text.read(text.write(first.markdown).source)
    assert again.markdown == first.markdown
    assert again.lost == ()


# --- a description ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_a_description_comes_back_or_says_that_formatting_is_lost(name: str) -> None:
    written = text.write_plain(SAMPLES[name])
    assert written.lost == (() if name in BARE else ("formatting",))
    if name in BARE - {"bare link"}:  # an address in bare words is a link to nobody
        assert text.read_plain(written.source).markdown == SAMPLES[name]


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_a_description_that_was_written_is_read_the_same_again(document: Document) -> None:
    """What plain text cannot say is lost once, and named; from then on nothing changes."""
    first = text.read_plain(text.write_plain(PLAIN.inert(document)).source)
    again = text.read_plain(text.write_plain(first.markdown).source)
    assert text.write_plain(again.markdown).source == text.write_plain(first.markdown).source


@pytest.mark.parametrize("name", PLAIN_MAILS)
def test_what_people_typed_into_a_description_is_no_markup(name: str) -> None:
    read = text.read_plain(PLAIN_MAILS[name])
    assert text.read_plain(text.write_plain(read.markdown).source).markdown == read.markdown


# --- what is lost ----------------------------------------------------------------------------------------------------


def test_what_html_says_and_markdown_cannot_is_named() -> None:
    read = text.read('<p><span style="color: red">a</span> <u>b</u> x<sub>2</sub></p><iframe src="https://e"></iframe>')
    assert read.markdown == "a b x2"
    assert read.lost == ("text colour", "underline", "subscript", "<iframe>")


def test_an_image_becomes_a_link() -> None:
    written = text.write("![chart](https://example.com/c.png)")
    assert written.source == '<p><a href="https://example.com/c.png">chart</a></p>'
    assert written.lost == ("image chart, shown as a link",)


def test_a_placeholder_of_intercoms_is_not_filled_in() -> None:
    assert text.write("`{{first_name}}` and {{contact.email}}").source == (
        "<p><code>｛｛first_name}}</code> and ｛｛contact.email}}</p>"
    )


def test_the_source_is_what_intercom_said_without_our_mark() -> None:
    assert text.read("<p>a\r\nb\x00\ud800</p>") == RichText(markdown="a b", source="<p>a\nb</p>")
    assert text.read(marked("<p>a</p>", KEY)).source == "<p>a</p>"


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ('<img src="https://d.example/a.png?expires=1&amp;signature=2">', '<img src="https://d.example/a.png">'),
        (
            '<img alt="x" src="https://d.example/a.png?req=9&amp;signature=2">',
            '<img alt="x" src="https://d.example/a.png">',
        ),
        ('<img src="https://d.example/a?size=2">', '<img src="https://d.example/a?size=2">'),
        ('<a href="https://d.example/a?expires=1">x</a>', '<a href="https://d.example/a?expires=1">x</a>'),
    ],
)
def test_only_the_signature_of_an_image_is_left_out(given: str, same: str) -> None:
    assert text.read(given).source == same


def test_a_long_text_is_cut_with_a_link() -> None:
    link = "https://app.intercom.com/a/inbox/acme/inbox/conversation/1"
    written = text.write("日本 " * 200_000, limit_link=link)
    assert len(written.source.encode()) <= text.LIMIT
    assert written.source.endswith(f'<p>[… <a href="{link}">the whole text</a>]</p>')
    assert "too long" in written.lost[-1]


def test_a_comment_of_64_kilobytes_takes_no_time() -> None:
    long = ("Some *text* with `code` and [link](https://example.com/).\n\n- item\n- item\n\n" * 900)[:60_000]
    assert pace.within(10, lambda: text.read(kept(long).source))

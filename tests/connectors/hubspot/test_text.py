"""HubSpot's HTML and Markdown say the same; its plain text says all that plain text can, and the rest is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from syncd.core.model import RichText
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.plain import is_plain
from syncd.sdk.text.tree import Document
from syncd_hubspot import text
from tests import pace
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import PLAIN_MAILS, SAMPLES
from tests.sdk.text.documents import documents

HTML = Format(read=text.read, write=text.write, target=text.TARGET)
PLAIN = Format(read=text.read_plain, write=text.write_plain, target=text.TARGET)
PLAIN_SAMPLES = sorted(name for name in SAMPLES if is_plain(parse(SAMPLES[name])))


# --- notes and mails -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_text_comes_back(name: str) -> None:
    comes_back(HTML, SAMPLES[name])


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(HTML, document)


@pytest.mark.parametrize("name", PLAIN_MAILS)
def test_a_mail_that_looks_like_markup_keeps_its_words(name: str) -> None:
    lines = PLAIN_MAILS[name].replace("\r\n", "\n").split("\n")
    source = "".join(f"<div>{line.replace('&', '&amp;').replace('<', '&lt;')}</div>" for line in lines)
    first = text.read(source)
    again = text.read(text.write(first.markdown).source)
    assert again.markdown == first.markdown
    assert again.lost == ()


def test_what_html_says_and_markdown_cannot_is_named() -> None:
    read = text.read('<p><span style="color: red">a</span> <u>b</u> x<sub>2</sub></p><iframe src="https://e"></iframe>')
    assert read.markdown == "a b x2"
    assert read.lost == ("text colour", "underline", "subscript", "<iframe>")


def test_an_image_becomes_a_link() -> None:
    written = text.write("![chart](https://example.com/c.png)")
    assert written.source == '<p><a href="https://example.com/c.png">chart</a></p>'
    assert written.lost == ("image chart, shown as a link",)


def test_the_source_is_what_hubspot_said() -> None:
    assert text.read("<p>a\r\nb\x00\ud800</p>") == RichText(markdown="a b", source="<p>a\nb</p>")


def test_a_long_text_is_cut_with_a_link() -> None:
    link = "https://app.hubspot.com/contacts/1/ticket/2"
    written = text.write("𝔘𝔫𝔦 " * 20_000, limit_link=link)
    assert text.units(written.source) <= text.LIMIT < text.units("𝔘𝔫𝔦 " * 20_000)
    assert written.source.endswith(f'<p>[… <a href="{link}">the whole text</a>]</p>')
    assert "too long" in written.lost[-1]


def test_a_comment_of_64_kilobytes_takes_no_time() -> None:
    long = ("Some *text* with `code` and [link](https://example.com/).\n\n- item\n- item\n\n" * 900)[:60_000]
    assert pace.within(10, lambda: text.read(text.write(long).source))


# --- a ticket's description ------------------------------------------------------------------------------------------


def test_there_are_plain_samples() -> None:
    assert len(PLAIN_SAMPLES) >= 8


@pytest.mark.parametrize("name", PLAIN_SAMPLES)
def test_a_real_plain_text_comes_back(name: str) -> None:
    comes_back(PLAIN, SAMPLES[name])


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - set(PLAIN_SAMPLES)))
def test_formatting_is_named_as_lost_and_its_words_stay(name: str) -> None:
    written = text.write_plain(SAMPLES[name])
    assert text.FORMATTING in written.lost
    words = "".join(letter if letter.isalnum() else " " for letter in SAMPLES[name]).split()
    gone = {word for word in words if word not in written.source}
    assert gone <= {"java", "json"}, "the language of a block of code alone has no place"


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_plain_text_says_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(PLAIN, document)


@pytest.mark.parametrize("name", PLAIN_MAILS)
def test_a_description_is_read_literally(name: str) -> None:
    """Twice: what is read, written and read again is the same."""
    first = text.read_plain(PLAIN_MAILS[name])
    assert render(parse(first.markdown)) == first.markdown
    assert text.read_plain(text.write_plain(first.markdown).source).markdown == first.markdown

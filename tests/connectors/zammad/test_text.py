"""Zammad's HTML, plain text and Markdown say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document
from syncd_zammad import text
from syncd_zammad.simulator.sanitizer import clean
from tests import pace
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import PLAIN_MAILS, SAMPLES
from tests.sdk.text.documents import documents

HTML = Format(read=lambda source: text.read(source, text.HTML), write=text.write, target=text.TARGET)
KEPT = Format(read=lambda source: text.read(clean(source).html, text.HTML), write=text.write, target=text.TARGET)
"""With what Zammad makes of the HTML on its arrival."""

MORE = {
    "a signature of an agent": "Hi David,\n\nnice, we will ship it.\n\n\\--\\\nGreetings,\\\nEmma Taylor",
    "a number that is no list": "1\\. January 2026 was a Thursday",
    "a heading with code": "## `export` fails",
    "nested quotes": "> > Is it down?\n>\n> Yes.\n\nThank you.",
    "what looks like a placeholder": "the trigger says \\#{ticket.title}",
}


@pytest.mark.parametrize("format", [HTML, KEPT], ids=["as written", "as Zammad keeps it"])
@pytest.mark.parametrize("name", [*SAMPLES, *MORE])
def test_a_real_text_comes_back(name: str, format: Format) -> None:
    comes_back(format, render(parse({**SAMPLES, **MORE}[name])))


def test_there_are_thirty_hand_picked_texts() -> None:
    assert len({**SAMPLES, **MORE}) >= 30


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(HTML, document)


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_zammad_keeps_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(KEPT, document)


@pytest.mark.parametrize("name", PLAIN_MAILS)
def test_plain_text_comes_through_literally(name: str) -> None:
    """What a customer typed is no markup, whatever it looks like."""
    mail = PLAIN_MAILS[name]
    read = text.read(mail, "text/plain")
    assert read.lost == ()
    shown = text.read(text.write(read.markdown).source, text.HTML)
    assert shown.markdown == read.markdown
    assert read.source == mail.replace("\r\n", "\n")


@pytest.mark.parametrize("type", ["text/html", "TEXT/HTML; charset=utf-8"])
def test_a_content_type_is_html_whatever_its_case(type: str) -> None:
    assert text.read("<b>a</b>", type).markdown == "**a**"


def test_a_mail_as_the_pages_show_it_is_read() -> None:
    body = (
        'Hi,<br>\n<br>\n<u>please send me:</u><br>\n1 x Café<br>\n<span class="js-signatureMarker"></span>\n<br>\nDavid'
    )
    read = text.read(body, text.HTML)
    assert read.markdown == "Hi,\n\nplease send me:\\\n1 x Café\n\nDavid"
    assert read.lost == ("underline",)


def test_what_html_says_and_markdown_cannot_is_named() -> None:
    html = '<p><span style="color: red">a</span> x<sub>2</sub> <img src="cid:1@x"></p><iframe src="https://e"></iframe>'
    assert text.read(html, text.HTML).lost == ("text colour", "subscript", "link with cid:", "<iframe>")


IMAGE = '<p>a <img src="/api/v1/ticket_attachment/5/37/19?view=inline" style="max-width:100%;"> b</p>'


def test_an_image_at_zammad_becomes_the_name_of_its_file() -> None:
    read = text.read(IMAGE, text.HTML, {19: "image1.png"})
    assert read.markdown == "a \\[image1.png\\] b"
    assert read.lost == ("place of the image image1.png, which is a file beside the text",)
    assert text.read(IMAGE, text.HTML).markdown == "a \\[image 19\\] b"
    assert text.inline_images(IMAGE + IMAGE, text.HTML) == [(5, 37, 19)]
    assert text.inline_images(IMAGE, "text/plain") == []


def test_the_name_of_a_file_is_no_markup() -> None:
    read = text.read(IMAGE, text.HTML, {19: "<b>**x**</b>"})
    assert text.write(read.markdown).source == "<p>a [&lt;b&gt;**x**&lt;/b&gt;] b</p>"


def test_an_image_becomes_a_link() -> None:
    written = text.write("![chart](https://example.com/c.png)")
    assert written.source == '<p><a href="https://example.com/c.png">chart</a></p>'
    assert written.lost == ("image chart, shown as a link",)


def test_the_source_is_what_zammad_said() -> None:
    assert text.read("<p>a\r\nb\x00\ud800</p>", text.HTML).source == "<p>a\nb</p>"
    assert text.read(IMAGE, text.HTML, {19: "x"}).source == IMAGE, "a better name is no edit"


@pytest.mark.histories
@given(st.text(max_size=5), st.sampled_from(["x", "é", "👨‍👩‍👧", "<&>", "日本 "]))
@settings(deadline=None, max_examples=5)
def test_a_long_text_is_cut_with_a_link(start: str, filling: str) -> None:
    link = "https://helpdesk.acme.example/#ticket/zoom/1"
    written = text.write(f"a{start}" + filling * 1_100_000, limit_link=link)
    assert len(written.source) <= text.LIMIT
    assert written.source.endswith(f'<p>[… <a href="{link}">the whole text</a>]</p>')
    assert "too long" in written.lost[-1]


def test_a_long_thread_takes_no_time() -> None:
    long = ("Some *text* with `code` and [link](https://example.com/).\n\n- item\n- item\n\n" * 900)[:60_000]
    assert pace.within(10, lambda: text.read(text.write(long).source, text.HTML))

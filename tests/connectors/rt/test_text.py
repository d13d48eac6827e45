"""Request Tracker's plain text and HTML, and Markdown, say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.markdown import parse
from syncd.sdk.text.plain import to_plain
from syncd.sdk.text.tree import Document
from syncd_rt import text
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import PLAIN_MAILS, SAMPLES
from tests.sdk.text.documents import documents, texts

MESSAGE = Format(
    read=lambda content: text.read(content.content, content.content_type), write=text.rendered, target=text.TARGET
)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_text_comes_back(name: str) -> None:
    comes_back(MESSAGE, SAMPLES[name])


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(MESSAGE, document)


@pytest.mark.parametrize("name", PLAIN_MAILS)
def test_a_mail_comes_through_literally(name: str) -> None:
    mail = PLAIN_MAILS[name]
    markdown = text.read(mail, "text/plain").markdown
    shown = to_plain(parse(markdown)).split("\n")
    assert [line for line in shown if line] == [line.rstrip() for line in mail.splitlines() if line.strip()]


@given(st.lists(texts, max_size=5).map("\n".join))
@settings(deadline=None)
def test_nothing_that_a_customer_typed_is_markup(mail: str) -> None:
    content, content_type = text.write(text.read(mail, "text/plain").markdown)
    assert content_type == "text/plain"
    assert text.read(content, content_type).lost == ()


def test_formatting_is_sent_as_html_and_words_as_text() -> None:
    assert text.write("hello\n\nworld") == ("hello\n\nworld", "text/plain")
    assert text.write("see <https://example.com/>") == ("see https://example.com/", "text/plain")
    assert text.write("hello **world**") == ("<p>hello <strong>world</strong></p>", "text/html")


def test_html_is_read_whatever_follows_its_type() -> None:
    assert text.read("<p><b>x</b></p>", "text/html; charset=utf-8").markdown == "**x**"
    assert text.read("<b>x</b>", "text/plain").markdown == "\\<b>x\\</b>"


def test_the_same_address_on_two_lines_is_two_addresses() -> None:
    mail = "https://example.com/a_b?c=d&e=(f)\nhttps://example.com/a_b?c=d&e=(f)"
    assert text.write(text.read(mail, "text/plain").markdown) == (mail, "text/plain")

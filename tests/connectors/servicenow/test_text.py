"""ServiceNow's journal entries, plain columns and Markdown say the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.html import to_html
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.plain import to_plain
from syncd.sdk.text.tree import Document
from syncd_servicenow import text
from tests.connectors.servicenow.part import LIMIT, acting
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import PLAIN_MAILS, SAMPLES
from tests.sdk.text import hostile
from tests.sdk.text.documents import documents, texts

ENTRY = Format(read=text.read, write=lambda markdown: text.write(markdown, rich=True, limit=LIMIT), target=text.TARGET)
PLAIN = Format(
    read=lambda source: text.read(source, rich=False),
    write=lambda markdown: text.write(markdown, rich=False, limit=LIMIT),
    target=text.PLAIN_TARGET,
)
COLUMN = Format(
    read=text.read_column, write=lambda markdown: text.write_column(markdown, limit=LIMIT), target=text.PLAIN_TARGET
)

MORE = {
    "a code tag that somebody typed": "write \\[code\\]\\<b>\\[/code\\] to see it",
    "a code tag in code": "```\n[code]<script>x()</script>[/code]\n```",
    "a code tag in a link": "[\\[/code\\] away](https://example.com/a)",
    "a code tag in capitals": "\\[CODE\\]x\\[/Code\\]",
    "brackets that are no tag": "\\[codes\\] and \\[/ code\\]",
}


@pytest.mark.parametrize("name", [*SAMPLES, *MORE])
def test_a_real_text_comes_back(name: str) -> None:
    comes_back(ENTRY, render(parse({**SAMPLES, **MORE}[name])))


def test_there_are_thirty_hand_picked_texts() -> None:
    assert len({**SAMPLES, **MORE}) >= 30


@pytest.mark.histories
@given(documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(document: Document) -> None:
    comes_back_or_is_named_as_lost(ENTRY, document)


@pytest.mark.parametrize("format", [PLAIN, COLUMN], ids=["a plain entry", "a column"])
@pytest.mark.histories
@given(document=documents())
@settings(deadline=None, max_examples=200)
def test_what_plain_text_keeps_comes_back(format: Format, document: Document) -> None:
    """Formatting is named as lost; the words are all there."""
    written = format.write(format.inert(document))
    if not written.lost:
        read = format.read(written.source).markdown
        assert to_plain(parse(read)).split() == written.source.split()


@pytest.mark.parametrize("name", PLAIN_MAILS)
@pytest.mark.parametrize("read", [text.read, text.read_column], ids=["an entry", "a column"])
def test_plain_text_comes_through_literally(name: str, read: object) -> None:
    """What a customer typed is no markup, whatever it looks like."""
    mail = PLAIN_MAILS[name]
    found = text.read(mail) if read is text.read else text.read_column(mail)
    assert found.lost == ()
    assert found.source == mail.replace("\r\n", "\n")
    shown = to_plain(parse(found.markdown)).split("\n")
    assert [line for line in shown if line] == [line.rstrip() for line in mail.splitlines() if line.strip()]


@given(st.lists(texts, max_size=5).map("\n".join))
@settings(deadline=None)
def test_nothing_that_a_customer_typed_needs_html(mail: str) -> None:
    written = text.write(text.read(mail).markdown, rich=True, limit=LIMIT).source
    assert not written.startswith("[code]")


def test_formatting_is_sent_as_html_in_a_tag_and_words_as_they_are() -> None:
    def sent(markdown: str) -> str:
        return text.write(markdown, rich=True, limit=LIMIT).source

    assert sent("hello\n\nworld") == "hello\n\nworld"
    assert sent("see <https://example.com/>") == "see https://example.com/"
    assert sent("hello **world**") == "[code]<p>hello <strong>world</strong></p>[/code]"


def test_several_tags_among_words_are_read_in_their_order() -> None:
    read = text.read("one *\n[CODE]<i>two</i>[/CODE] three [code]<b>four</b>[/code]")
    assert read.markdown == "one \\*\n\n_two_\n\nthree\n\n**four**"
    assert read.lost == ()


def test_a_tag_without_its_end_is_words() -> None:
    assert text.read("[code]<b>x</b>").markdown == "\\[code\\]\\<b>x\\</b>"


def test_a_tag_is_words_where_the_instance_shows_it_so() -> None:
    assert text.read("[code]<b>x</b>[/code]", rich=False).markdown == "\\[code\\]\\<b>x\\</b>\\[/code\\]"


def test_what_html_says_and_markdown_cannot_is_named() -> None:
    read = text.read('[code]<p><span style="color: red">a</span> x<sub>2</sub></p>[/code]')
    assert read.lost == ("text colour", "subscript")


def test_what_plain_text_cannot_say_is_named() -> None:
    assert text.write("**bold**", rich=False, limit=LIMIT).lost == (text.FORMATTING,)
    assert text.write("bold", rich=False, limit=LIMIT).lost == ()


@pytest.mark.parametrize("rich", [True, False], ids=["as HTML", "as words"])
def test_no_attempt_acting(rich: bool) -> None:
    """The two hundred attempts of tests/sdk/text/hostile.py, and all of them in a tag."""
    found = {}
    for attempt in (*hostile.HOSTILE, *(f"[code]{each}[/code]" for each in hostile.HOSTILE)):
        for markdown in (attempt, text.read_column(attempt).markdown):
            if acts := acting(text.write(markdown, rich=rich, limit=LIMIT).source):
                found[attempt] = acts
    assert found == {}


def test_the_checker_sees_what_acting() -> None:
    for raw in ("[code]<script>x()</script>[/code]", "@team", "[code]<img src=x onerror=y>[/code]"):
        assert acting(raw)
    assert not acting(f"[code]{to_html(parse('**bold**'))}[/code]")


@pytest.mark.histories
@given(st.text(max_size=5), st.sampled_from(["x", "é", "👨‍👩‍👧", "<&>", "日本 ", "**b** "]))
@settings(deadline=None, max_examples=10)
def test_a_long_text_is_cut_with_a_link(start: str, filling: str) -> None:
    link = "https://acme.service-now.example/incident.do?sys_id=1"
    for rich in (True, False):
        written = text.write(f"a{start}" + filling * 6000, rich=rich, limit=4000, limit_link=link)
        assert len(written.source) <= 4000
        assert link in written.source[-120:]
        assert any("too long" in word for word in written.lost)

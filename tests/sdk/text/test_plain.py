"""Plain text is shown as it is, and a document in plain text can be read."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.plain import from_plain, to_plain
from tests.sdk.text.documents import texts

mails = st.lists(st.one_of(texts, st.just("")), max_size=6).map("\n".join)


@given(mails)
@settings(deadline=None)
def test_plain_text_survives_markdown(mail: str) -> None:
    document = from_plain(mail)
    assert to_plain(parse(render(document))) == to_plain(from_plain(to_plain(document)))


def test_indents_and_columns_stay() -> None:
    text = "name    size\n  a.log   12\n\tb.log  345"
    assert to_plain(parse(render(from_plain(text)))) == "name    size\n  a.log   12\n    b.log  345"


def test_a_document_in_words() -> None:
    markdown = (
        "# Title\n\n**bold** [docs](https://example.com/) <https://example.com/a>\n\n- a\n  1. b\n\n> said\n\n"
        "| x | y |\n| --- | --- |\n| 1 | 2 |\n\n```\ncode  here\n```\n\n___"
    )
    assert to_plain(parse(markdown)) == (
        "Title\n\nbold docs <https://example.com/> https://example.com/a\n\n- a\n  1. b\n\n> said\n\n"
        "x | y\n1 | 2\n\ncode  here\n\n--------------------"
    )

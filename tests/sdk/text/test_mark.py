"""The mark of our comments is text that nobody sees, in any HTML."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.defuse import Target, defuse
from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.mark import marked, split
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document
from tests.sdk.text.documents import documents

KEY = "sy2k7qzlmn4pabcdefgh23"


@given(documents(), st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567-", min_size=1, max_size=40))
@settings(deadline=None, max_examples=50)
def test_a_key_comes_back_from_any_text_and_leaves_it_as_it_was(document: Document, key: str) -> None:
    html = to_html(defuse(document, Target()).document)
    bare, found = split(marked(html, key))
    assert (bare, found) == (html, key)


def test_the_mark_is_only_characters_of_no_width() -> None:
    added = marked("<p>Hello</p>", KEY).removeprefix("<p>Hello").removesuffix("</p>")
    assert added
    assert set(added) <= set("\u200b\u200c\u200d\u2060")


@pytest.mark.parametrize(
    "markdown", ["```\nmake test\n```", "run\n\n`make`", "- one\n- two", "| a | b |\n| --- | --- |\n| 1 | 2 |"]
)
def test_code_that_people_copy_holds_no_mark(markdown: str) -> None:
    html = marked(to_html(parse(markdown)), KEY)
    for inside in re.findall(r"<(?:code|pre|li|td)[^>]*>(.*?)</", html, re.DOTALL):
        assert "\u200b" not in inside
    assert split(html)[1] == KEY


def test_the_first_mark_counts_and_a_quoted_one_below_it_does_not() -> None:
    quoted = marked("<p>before</p>", "older")
    bare, key = split(f"<div>{marked('<p>now</p>', 'newer')}</div><blockquote>{quoted}</blockquote>")
    assert key == "newer"
    assert render(from_html(bare).document) == "now\n\n> before"


@pytest.mark.parametrize("words", ["می‌خواهم", "👩🏽‍🚀", "a\u200bb", "नरेन्‍द्र"])
def test_joiners_that_people_write_are_no_mark(words: str) -> None:
    assert split(f"<p>{words}</p>") == (f"<p>{words}</p>", None)


def test_a_mark_that_was_cut_off_is_no_error() -> None:
    html = marked("<p>x</p>", "é")
    assert split(html[:-5] + "</p>")[1] is not None
    assert split(html[:-20])[1] is None

"""A key behind a Markdown text: it comes back whole, and the text is as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.sdk.text.hidden import encoded, marked, split

KEYS = st.text(min_size=1)


@given(st.text(), KEYS.filter(lambda key: not any("\ud800" <= char <= "\udfff" for char in key)))
def test_a_text_and_its_key_come_back(text: str, key: str) -> None:
    words = text.strip()
    assert split(marked(words, key)) == (words, key)


@pytest.mark.parametrize("text", ["", "no mark", "<!-- a template -->", "<!-- syncd:key --> and words behind it"])
def test_what_is_no_mark_stays(text: str) -> None:
    assert split(text) == (text, None)


def test_no_key_ends_the_comment_that_it_is_in() -> None:
    assert "--" not in encoded("a--b")
    assert ">" not in encoded("a>b")

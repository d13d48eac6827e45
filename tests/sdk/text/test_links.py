"""Which addresses may be followed, and where they stand in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.sdk.text import links
from tests.sdk.text.documents import texts


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "java\u200bscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:x",
    ],
)
def test_what_runs_or_reads_a_file_is_no_address(url: str) -> None:
    assert links.clean(url) == ""


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("https://example.com/a_b?c=d&e=(f)#g", "https://example.com/a_b?c=d&e=(f)#g"),
        ("HTTP://example.com/", "HTTP://example.com/"),
        ("mailto:a@example.com", "mailto:a@example.com"),
        ("https://例え.jp/パス", "https://例え.jp/パス"),
        ('https://example.com/"><b>', "https://example.com/%22%3E%3Cb%3E"),
        ("https://example.com/a b", "https://example.com/a%20b"),
        ("/relative path", "/relative%20path"),
    ],
)
def test_an_address_stays_as_it_is_but_for_what_no_address_has(url: str, cleaned: str) -> None:
    assert links.clean(url) == cleaned


@given(st.one_of(texts, texts.map("https://example.com/".__add__)))
def test_cleaning_twice_is_cleaning_once(url: str) -> None:
    assert links.clean(links.clean(url)) == links.clean(url)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://example.com/a.", ["https://example.com/a"]),
        ("(https://example.com/a_(b))", ["https://example.com/a_(b)"]),
        ("见https://example.com。下一句", []),
        ("见 https://example.com。下一句", ["https://example.com"]),
        ("http:// and xhttps://a", []),
    ],
)
def test_the_sentence_around_is_no_part_of_an_address(text: str, found: list[str]) -> None:
    assert [text[start:stop] for start, stop in links.bare_links(text)] == found

"""A text that is too long is cut where no character and no tag is harmed."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.characters import clip
from syncd.sdk.text.limit import shorten, utf16_length
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.normal import normalise
from syncd.sdk.text.tree import Document
from tests.sdk.text.documents import documents, texts

LINK = "https://example.com/t/1"


def size(document: Document) -> int:
    return len(render(document))


@given(st.lists(documents(), min_size=1, max_size=4), st.integers(80, 400))
@settings(deadline=None)
def test_what_is_too_long_fits_afterwards(parts: list[Document], limit: int) -> None:
    document = normalise(Document(tuple(block for part in parts for block in part.blocks)))
    found = shorten(document, size=size, limit=limit, link=LINK)
    if size(document) <= limit:
        assert found.document == document
        assert found.lost == ()
    else:
        assert size(found.document) <= limit
        assert render(found.document).endswith(f"\\[… [the whole text]({LINK})\\]")
        assert len(found.lost) == 1


def test_most_of_the_limit_is_used() -> None:
    document = parse("word " * 10_000)
    assert size(shorten(document, size=size, limit=5_000, link=LINK).document) > 4_500


def test_without_a_link_it_says_so() -> None:
    assert render(shorten(parse("x" * 200), size=size, limit=100).document).endswith("the text is too long here\\]")


def test_lists_tables_and_code_are_closed() -> None:
    markdown = "- a\n  - bbbbbbbbbb\n\n```\n" + "code\n" * 50 + "```\n\n| a | b |\n| --- | --- |\n| 1 | 2 |"
    cut = render(shorten(parse(markdown), size=size, limit=150, link=LINK).document)
    assert cut.startswith("- a\n  - bbbbbbbbbb\n\n```\ncode")
    assert cut.count("```") == 2


@given(texts, st.integers(0, 20))
def test_a_cut_is_never_inside_a_character(text: str, length: int) -> None:
    kept = clip(text, length)
    assert text.startswith(kept)
    assert len(kept) <= length
    rest = text[len(kept) :]
    assert not rest or not kept or unicodedata.category(rest[0])[0] != "M"


def test_emoji_and_flags_stay_whole() -> None:
    family, flags, name = "👨‍👩‍👧", "🇩🇪🇫🇷", "e\u0301"
    assert [clip(family, length) for length in (1, 2, 4, 5)] == ["", "", "", family]
    assert [clip(flags, length) for length in (1, 2, 3, 4)] == ["", "🇩🇪", "🇩🇪", flags]
    assert clip("x" + name, 2) == "x"


def test_java_counts_an_emoji_twice() -> None:
    assert utf16_length("a😀é") == 4

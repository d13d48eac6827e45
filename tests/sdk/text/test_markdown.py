"""Markdown says a document exactly, and always in the same words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings

from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.normal import normalise
from syncd.sdk.text.tree import Document
from tests.sdk.text.documents import documents, markdowns


@given(documents())
@settings(max_examples=200, deadline=None)
def test_reading_what_was_written_gives_the_same_document(document: Document) -> None:
    assert parse(render(document)) == normalise(document)


@given(documents())
def test_the_canonical_form_is_canonical(document: Document) -> None:
    assert normalise(normalise(document)) == normalise(document)


@given(markdowns)
@settings(max_examples=200, deadline=None)
def test_rendering_twice_is_rendering_once(markdown: str) -> None:
    once = render(parse(markdown))
    assert render(parse(once)) == once


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("*a* __b__", "_a_ **b**"),
        ("a\nb", "a b"),
        ("a  \nb", "a\\\nb"),
        ("Title\n=====", "# Title"),
        ("* a\n* b", "- a\n- b"),
        ("1) a\n2) b", "1. a\n2. b"),
        ("    code", "```\ncode\n```"),
        ("~~~py\nx\n~~~", "```py\nx\n```"),
        ("a|b\n-|-\n1|2", "| a | b |\n| --- | --- |\n| 1 | 2 |"),
        ("[a]\n\n[a]: https://example.com/", "[a](https://example.com/)"),
        ("see https://example.com/a_b.", "see <https://example.com/a_b>."),
        ("<div>raw</div>", "\\<div>raw\\</div>"),
        ("a<br>b", "a\\\nb"),
        ("***both***", "**_both_**"),
        ("***", "___"),
        ("snake_case", "snake_case"),
        ("x **y** z", "x **y** z"),
        ("请**立即**重启", "请**立即**重启"),
    ],
)
def test_one_way_to_write_each_thing(written: str, canonical: str) -> None:
    assert render(parse(written)) == canonical


@pytest.mark.parametrize(
    "piece", ["> ", "- ", "[", "![", "*", "_", "`", "<", "&", "**a ", "|a\n|-\n", "[a](", "1. ", "~~a"]
)
def test_depth_and_size_are_bounded(piece: str) -> None:
    start = time.perf_counter()
    markdown = render(parse(piece * (50_000 // len(piece)) + "end"))
    assert "end" in markdown
    assert time.perf_counter() - start < 30


def test_images_within_images_are_read_as_words() -> None:
    assert "end" in render(parse("![" * 3_000 + "end" + "](a)" * 3_000))


def test_a_line_end_is_a_blank_unless_lines_are_kept() -> None:
    text = "Ana Souza\nAcme *Ltd\nand* sons\n\n```\na\nb\n```"
    assert render(parse(text)) == "Ana Souza Acme _Ltd and_ sons\n\n```\na\nb\n```"
    assert render(parse(text, keep_lines=True)) == "Ana Souza\\\nAcme _Ltd\\\nand_ sons\n\n```\na\nb\n```"

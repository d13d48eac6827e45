"""Markdown says a document exactly, and always in the same words."""

from __future__ import annotations

from hypothesis import given, settings

from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.normal import normalise
from syncd.sdk.text.tree import Document
from tests.sdk.text.documents import documents, markdowns


@given(documents())
@settings(max_examples=500, deadline=None)
def test_reading_what_was_written_gives_the_same_document(document: Document) -> None:
    assert parse(render(document)) == normalise(document)


@given(documents())
def test_the_canonical_form_is_canonical(document: Document) -> None:
    assert normalise(normalise(document)) == normalise(document)


@given(markdowns)
@settings(max_examples=500, deadline=None)
def test_rendering_twice_is_rendering_once(markdown: str) -> None:
    once = render(parse(markdown))
    assert render(parse(once)) == once

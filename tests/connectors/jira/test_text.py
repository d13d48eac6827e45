"""Jira's documents and wiki text, and Markdown, say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.tree import Document
from syncd_jira import text
from tests.connectors.jira.adf_schema import complaints
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import SAMPLES
from tests.sdk.text.documents import documents, markdowns

FORMATS = {
    "adf": Format(read=text.read_adf, write=text.adf, target=text.TARGET),
    "wiki": Format(read=text.read_wiki, write=text.wiki, target=text.TARGET),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_real_text_comes_back(kind: str, name: str) -> None:
    comes_back(FORMATS[kind], SAMPLES[name])


@pytest.mark.histories
@pytest.mark.parametrize("kind", FORMATS)
@given(document=documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(kind: str, document: Document) -> None:
    comes_back_or_is_named_as_lost(FORMATS[kind], document)


@given(markdowns)
@settings(deadline=None)
def test_every_document_is_valid(markdown: str) -> None:
    assert complaints(text.adf(markdown).source) == []


@given(documents())
@settings(deadline=None)
def test_every_document_from_a_tree_is_valid(document: Document) -> None:
    assert complaints(text.adf(FORMATS["adf"].inert(document)).source) == []


def _doc(*content: Any) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def _paragraph(*content: Any) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(content)}


def _text(words: str, *marks: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, "marks": list(marks)}


def test_what_a_document_says_and_markdown_cannot_is_named() -> None:
    read = text.read_adf(
        _doc(
            _paragraph(
                _text("red", {"type": "textColor", "attrs": {"color": "#f00"}}),
                {"type": "mention", "attrs": {"id": "5b10", "text": "@Ana"}},
                {"type": "emoji", "attrs": {"shortName": ":smile:", "text": "😄"}},
                {"type": "date", "attrs": {"timestamp": "1760000000000"}},
                {"type": "status", "attrs": {"text": "DONE", "color": "green"}},
            ),
            {"type": "panel", "attrs": {"panelType": "warning"}, "content": [_paragraph(_text("careful"))]},
            {"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": "file", "id": "m1"}}]},
            {
                "type": "taskList",
                "content": [{"type": "taskItem", "attrs": {"state": "DONE"}, "content": [_text("did")]}],
            },
            {"type": "fancyNew", "content": [_paragraph(_text("kept"))]},
            {"type": "extension", "attrs": {"extensionKey": "toc"}},
        )
    )
    assert read.markdown == "red@Ana😄2025-10-09\\[DONE\\]\n\n> careful\n\n- \\[x\\] did\n\nkept"
    assert read.lost == (
        "text colour", "mention of Ana", "status lozenge", "warning panel", "attached file m1", "check box", "fancyNew",
        "macro {toc}",
    )  # fmt: skip


def test_the_source_of_a_document_does_not_depend_on_the_order_of_its_keys() -> None:
    document = _doc(_paragraph(_text("a")))
    assert text.read_adf(dict(reversed(document.items()))) == text.read_adf(document)
    assert json.loads(text.read_adf(document).source) == document


def test_an_empty_field_is_an_empty_text() -> None:
    assert text.read_adf(None).markdown == text.read_adf(None).source == text.read_wiki(None).markdown == ""


def test_wiki_text_as_people_write_it() -> None:
    wiki = (
        "h3. Steps\r\n\r\n# open *the* page\r\n#* with {{curl}}\r\n# see [the log|https://example.com/l]\r\n\r\n"
        "{code:title=a.py|python}\r\nx = {1: 2}\r\n{code}\r\n{quote}said\r\nso{quote}\r\n"
        "||a||b||\r\n|1|2|\r\n----\r\n{color:red}red{color} and {*}b{*}old"
    )
    read = text.read_wiki(wiki)
    assert read.markdown == (
        "### Steps\n\n1. open **the** page\n   - with `curl`\n2. see [the log](https://example.com/l)\n\n"
        "```python\nx = {1: 2}\n```\n\n> said\\\n> so\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n___\n\nred and **b**old"
    )
    assert read.lost == ("text colour",)


def test_what_wiki_text_says_and_markdown_cannot_is_named() -> None:
    read = text.read_wiki("[~ana] +see+ !screen.png|width=10! [^log.txt] {toc}\n{panel:title=x}\ny\n{panel}")
    assert read.lost == (
        "mention of ana", "underline", "attached file screen.png", "attached file log.txt", "macro {toc}", "panel"
    )  # fmt: skip


@given(st.sampled_from(["x", "é", "👨‍👩‍👧", "\\*", "日本 "]))
@settings(deadline=None, max_examples=10)
def test_a_long_text_is_cut_with_a_link(filling: str) -> None:
    link = "https://example.com/tickets/1"
    for written in (text.adf(filling * 40_000, limit_link=link), text.wiki(filling * 40_000, limit_link=link)):
        sent = written.source if isinstance(written.source, str) else json.dumps(written.source, ensure_ascii=False)
        assert len(sent.encode("utf-16-le")) // 2 <= 33_500
        assert link in sent[-400:]
        assert "too long" in written.lost[-1]

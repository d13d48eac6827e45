"""HTML is read whatever it is, and written so that it only shows."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.sdk.text.html import from_html, to_html
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.tree import Document
from tests.sdk.text.documents import documents
from tests.sdk.text.hostile import HOSTILE, acting_html

TAGS = "<p> </p> <b> </b> <i> <ul> <li> </li> </ul> <table> <tr> <td> </td> </table> <br> <pre> </pre> <a> </a> <div>"
soups = st.lists(st.one_of(st.sampled_from(TAGS.split()), st.text("ab <>&;\n\xa0é", max_size=4)), max_size=25).map(
    "".join
)


@given(soups)
@settings(deadline=None)
def test_any_html_is_read_and_what_was_read_can_be_written(html: str) -> None:
    document = from_html(html).document
    assert from_html(to_html(document)).document == document


@given(documents())
@settings(deadline=None)
def test_what_is_written_never_acts(document: Document) -> None:
    # words act by who reads them and are the neutraliser's task; here it is the HTML
    acting = [found for found in acting_html(to_html(document)) if found.startswith("<")]
    assert acting == []


@pytest.mark.parametrize("attempt", [text for text in HOSTILE if "<" in text])
def test_hostile_html_comes_out_harmless(attempt: str) -> None:
    found = acting_html(to_html(from_html(attempt).document))
    assert [acting for acting in found if acting.startswith("<") or "script" in acting] == []


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p>a<p>b", "a\n\nb"),
        ("<b>bold <i>both</i></b> <i>italic</i>", "**bold _both_** _italic_"),
        ("<div>one</div><div>two</div>", "one\\\ntwo"),
        ("a<br><br>b", "a\n\nb"),
        ("<table><tr><td><p>layout</p><ul><li>x</li></ul></td></tr></table>", "layout\n\n- x"),
        ("<table><tr><td>1</td><td>2</td></tr></table>", "|  |  |\n| --- | --- |\n| 1 | 2 |"),
        ("<ul><li>a</li><ul><li>b</li></ul></ul>", "- a\n  - b"),
        ("<ol start=3><li>c</ol>", "3. c"),
        ("<pre class='language-sh'>ls\n  -l</pre>", "```sh\nls\n  -l\n```"),
        ("<blockquote>said<blockquote>before</blockquote></blockquote>", "> said\n>\n> > before"),
        ("1 &lt; 2 &amp;&amp; 3 > 2 <3", "1 \\< 2 && 3 > 2 \\<3"),
        ("<a href=' https://example.com/ '><img alt='logo' src='https://example.com/l.png'></a>", "[![logo](https://example.com/l.png)](https://example.com/)"),
        ("<h2>A<br>B</h2><hr>", "## A B\n\n___"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_as_programs_write_it(html: str, markdown: str) -> None:
    assert render(from_html(html).document) == markdown


@pytest.mark.parametrize(
    "html",
    ["<div>", "<b>", "<ul><li>", "<blockquote>", "<table><tr><td>", "<a href=x>", "<p>", "<!--", "<", "&#", "<pre>"],
)
def test_depth_and_size_are_bounded(html: str) -> None:
    start = time.perf_counter()
    converted = from_html("start " + html * (60_000 // len(html)) + "end")
    assert "start" in render(converted.document)
    assert time.perf_counter() - start < 20


def test_words_deeper_than_the_limit_are_kept() -> None:
    for depth in (40, 100, 1_000, 10_000):
        converted = from_html("<blockquote>" * depth + "deep words")
        assert "deep words" in render(converted.document)
        assert converted.lost == ("nesting deeper than 32 levels",)


def test_markdown_and_html_agree_on_code_that_looks_like_html() -> None:
    markdown = "`<b>&amp;</b>`\n\n```\n<script>x</script> &lt;\n```"
    assert render(from_html(to_html(parse(markdown))).document) == markdown

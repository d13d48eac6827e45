"""Redmine's CommonMark and Textile, and Markdown, say the same."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings

from syncd.sdk.text.tree import Document
from syncd_redmine import text
from tests.connectors.text_laws import Format, comes_back, comes_back_or_is_named_as_lost
from tests.connectors.text_samples import SAMPLES
from tests.sdk.text.documents import documents

FORMATS = {
    "common_mark": Format(
        read=partial(text.read, formatting="common_mark"),
        write=partial(text.write, formatting="common_mark"),
        target=text.TARGET,
    ),
    "textile": Format(
        read=partial(text.read, formatting="textile"),
        write=partial(text.write, formatting="textile"),
        target=text.TARGET,
    ),
}
BEYOND_TEXTILE = {"CJK with bold": ("strong inside a word",)}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("formatting", FORMATS)
def test_a_real_text_comes_back(formatting: str, name: str) -> None:
    if formatting == "textile" and name in BEYOND_TEXTILE:
        assert FORMATS[formatting].write(SAMPLES[name]).lost == BEYOND_TEXTILE[name]
    else:
        comes_back(FORMATS[formatting], SAMPLES[name])


@pytest.mark.histories
@pytest.mark.parametrize("formatting", FORMATS)
@given(document=documents())
@settings(deadline=None, max_examples=200)
def test_what_is_kept_comes_back(formatting: str, document: Document) -> None:
    comes_back_or_is_named_as_lost(FORMATS[formatting], document)


@pytest.mark.parametrize("sign", "()[{=<>#*")
def test_what_is_bold_is_no_item_of_a_list_whatever_it_begins_with(sign: str) -> None:
    comes_back(FORMATS["textile"], f"**{chr(92) if sign in '[<*' else ''}{sign} 1**")


def test_line_ends_of_windows_are_no_edit() -> None:
    for formatting in ("common_mark", "textile"):
        read = FORMATS[formatting].read
        assert read("a\r\nb\r\n\r\nc") == read("a\nb\n\nc")


def test_textile_as_people_write_it() -> None:
    textile = (
        'h2. Steps\n\n* _open_ "the page":https://example.com/ .\n## then *save*\n\nbq. it said @no@\n\n'
        '|_. a |_. b |\n| 1 | -2- |\n\n<pre><code class="ruby">\nputs 1\n</code></pre>\n\n> as quoted'
    )
    assert text.read(textile, formatting="textile").markdown == (
        "## Steps\n\n- _open_ [the page](https://example.com/) .\n  1. then **save**\n\n> it said `no`\n\n"
        "| a | b |\n| --- | --- |\n| 1 | ~~2~~ |\n\n```ruby\nputs 1\n```\n\n> as quoted"
    )


def test_what_textile_says_and_markdown_cannot_is_named() -> None:
    read = text.read("p(note). +a+ %{color:red}b%\n\n{{toc}}\n\n!screen.png!", formatting="textile")
    assert read.lost == ("style", "underline", "macro {{toc}}", "attached file screen.png")


def test_what_markdown_says_and_textile_cannot_is_named() -> None:
    written = text.write("3. three\n\n   ```\n   x\n   ```", formatting="textile")
    assert written.source == "# three\n\n<pre>x</pre>"
    assert written.lost == ("first number of a list", "codeblock in a list item, now below it")
    written = text.write("- - inner\n\n  words", formatting="textile")
    assert written.source == "* words\n** inner"
    assert written.lost == ("paragraph below a list in its item, now above it",)


def test_nobody_is_mentioned_from_code_where_redmine_looks_at_the_source() -> None:
    assert text.write("`@alice`", formatting="common_mark").source == "`＠alice`"
    assert (
        text.write("<https://example.com/@alice>", formatting="common_mark").source == "<https://example.com/%40alice>"
    )
    assert text.write("```java\n@Override\n```", formatting="common_mark").source == "```java\n@Override\n```"

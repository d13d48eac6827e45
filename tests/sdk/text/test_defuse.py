"""A defused document shows everything and does nothing."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syncd.sdk.text.defuse import Target, defuse, defuse_line
from syncd.sdk.text.markdown import parse, render
from syncd.sdk.text.normal import normalise
from syncd.sdk.text.tree import Document
from tests.sdk.text.documents import documents, markdowns
from tests.sdk.text.hostile import HOSTILE, acting_words, invisible

ANY = Target()
TARGETS = st.builds(Target, st.booleans(), st.booleans(), st.booleans())


def defused(markdown: str, target: Target = ANY) -> str:
    return render(defuse(parse(markdown), target).document)


@given(documents(), TARGETS)
@settings(deadline=None)
def test_defusing_twice_is_defusing_once(document: Document, target: Target) -> None:
    once = defuse(document, target)
    again = defuse(once.document, target)
    assert again.document == once.document
    assert again.lost == ()


@given(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE), TARGETS)
@settings(deadline=None)
def test_defusing_what_is_hostile_twice_is_defusing_once(one: str, other: str, target: Target) -> None:
    once = defused(one + other, target)
    assert defused(once, target) == once


@given(markdowns)
@settings(deadline=None)
def test_what_has_nothing_active_is_unchanged(markdown: str) -> None:
    document = parse(markdown)
    text = render(document)
    assume(not any(char in text for char in "@#/{![\u200c\u200d") and not list(invisible(text)))
    assert defuse(document, ANY).document == normalise(document)


@pytest.mark.parametrize(
    ("active", "inert"),
    [
        ("ask @team", "ask ＠team"),
        ("@**alice**", "＠**alice**"),
        ("mail ops@example.com", "mail ops@example.com"),
        ("at 5 @ noon", "at 5 @ noon"),
        ("fixes #12", "fixes ＃12"),
        ("fixes acme/app#12", "fixes acme/app＃12"),
        ("closes GH-7", "closes GH\u20117"),
        ("C# and # alone", "C# and # alone"),
        ("/close", "／close"),
        ("see\\\n/close now", "see\\\n／close now"),
        ("/etc/passwd is a path, and/or a word", "/etc/passwd is a path, and/or a word"),
        ("{{ticket.id}} {% if x %}", "｛｛ticket.id}} ｛% if x %}"),
        ("{**{x}}**", "｛**｛x}}**"),
        ("a { b } {c}", "a { b } {c}"),
        ("`@team {{x}}`", "`@team {{x}}`"),
        ("![chart](https://example.com/c.png)", "[chart](https://example.com/c.png)"),
        ("[![a](https://t.example/p.png)](https://example.com/)", "[a](https://example.com/)"),
        ("[x](javascript:alert(1))", "\\[x\\](javascript:alert(1))"),
        ("[docs](/help)", "docs (/help)"),
        ("<b>x</b>", "\\<b>x\\</b>"),
        ("<https://example.com/@a/#1>", "<https://example.com/@a/#1>"),
    ],
)
def test_only_what_acts_is_broken(active: str, inert: str) -> None:
    assert defused(active) == inert


def test_code_is_broken_only_where_the_target_acts_on_it() -> None:
    code = "`{{x}} @team`\n\n```\n{{x}}\n@Override\n```"
    assert defused(code, Target(placeholders_in_code=True)) == "`｛｛x}} @team`\n\n```\n｛｛x}}\n@Override\n```"
    assert defused(code, Target(mentions_in_source=True)) == "`{{x}} ＠team`\n\n```\n{{x}}\n@Override\n```"


def test_code_that_hides_a_fence_hides_no_mention() -> None:
    """Redmine ends a code block at the first fence it sees, also at one inside the code."""
    inert = defused("~~~\n```\n@team\n~~~", Target(mentions_in_source=True))
    assert "＠team" in inert


def test_invisible_characters_go_and_are_named() -> None:
    found = defuse(parse("pay\u200bpal \u202egnp.exe"), ANY)
    assert render(found.document) == "paypal gnp.exe"
    assert found.lost == ("invisible characters",)


@pytest.mark.parametrize("text", ["می‌خواهم", "क्‍ष", "👨‍👩‍👧", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "שלום\u200f!", "❤️", "한글", "é"])
def test_what_a_script_needs_stays(text: str) -> None:
    assert defused(text) == text


def test_a_line_of_plain_words_is_defused_too() -> None:
    assert defuse_line("/close fixes #1 @team \u202e", ANY) == "／close fixes ＃1 ＠team "


@given(st.sampled_from(HOSTILE))
@settings(deadline=None)
def test_a_hostile_line_does_nothing(text: str) -> None:
    line = defuse_line(text.replace("\n", " "), ANY)
    assert list(acting_words(line)) == []

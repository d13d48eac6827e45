"""Redaction by laws: what is planted never survives, what holds nothing stays verbatim, twice changes nothing more."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.redact import MARKS, Finding, Redaction, Sort, counts, redact
from syncd.core.skeleton import skeleton
from tests import pace
from tests.core.planted import ANNOUNCED, CARDS, EMAILS, GROUPED, HARMLESS, KEY_BLOCK, PHONES, PLANTED, SECRETS

ALL = Redaction(phone=True)
HIDERS = (
    "**",
    "*",
    "~~",
    r"\*\*",
    r"\`",
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\ufe0f",
    "<b>",
    "<!-- -->",
    "`",
)
QUIET = settings(max_examples=80, deadline=None)

ALIKE = re.compile(r"[0-9A-Za-z._-]")
around = st.one_of(
    st.just(""),
    st.text(
        st.characters(codec="utf-8", categories=("Zs", "Sc", "Lo", "Po"), exclude_characters="%&\\@'/.<"), max_size=12
    ),
    st.sampled_from(
        [
            "12 ",
            "see: ",
            "(",
            "> ",
            "- [ ] ",
            "| ",
            "\n\n",
            "```\n",
            "**bold** ",
            "[link](",
            "order 99 ",
            "**99**",
            "`a`",
            "**4",
        ]
    ),
)


def bare(text: str) -> str:
    """Only what a reader could put together again, whatever stands between."""
    return re.sub(r"\W", "", skeleton(text).text).casefold()


def spaced(left: str, planted: str, right: str) -> str:
    """As people write: a blank or a sign beside it where the neighbour is a letter."""
    before = " " if left and ALIKE.match(left[-1]) else ""
    after = " " if right and ALIKE.match(right[0]) else ""
    return f"{left}{before}{planted}{after}{right}"


@given(left=around, planted=st.sampled_from(PLANTED), right=around)
@QUIET
def test_what_is_planted_never_survives_and_is_counted_as_what_it_is(
    left: str, planted: tuple[str, Sort], right: str
) -> None:
    text, sort = planted
    done = redact(spaced(left, text, right), ALL)
    assert bare(text) not in bare(done.text)
    assert counts(done.findings)[sort] == 1


@given(planted=st.sampled_from([*SECRETS, *CARDS, *GROUPED, *EMAILS[:2], "123-45-6789"]), data=st.data())
@QUIET
def test_nor_split_by_markdown_or_by_what_nobody_sees(planted: str, data: st.DataObject) -> None:
    hider = data.draw(st.sampled_from(HIDERS))
    places = data.draw(st.sets(st.integers(1, len(planted) - 1), min_size=1, max_size=6))
    text = "".join((hider if at in places else "") + char for at, char in enumerate(planted))
    assert bare(planted) not in bare(redact(f"Here: {text} and on", ALL).text)


@pytest.mark.parametrize("zero", ["０", "٠", "०", "𝟎"])
@pytest.mark.parametrize("number", [*CARDS, *GROUPED, *PHONES, "123-45-6789"])
def test_nor_in_the_digits_of_another_script(number: str, zero: str) -> None:
    text = "".join(chr(ord(zero) + int(char)) if char.isdigit() else char for char in number)
    assert bare(number) not in bare(redact(f"No. {text} is it", ALL).text)


@pytest.mark.parametrize("card", CARDS)
def test_nor_as_entities_percent_codes_or_escapes(card: str) -> None:
    for text in ("".join(f"&#{ord(c)};" for c in card), "".join(f"%{ord(c):x}" for c in card)):
        assert redact(f"Card {text} end", ALL).text == f"Card {MARKS[Sort.CARD]} end"


def test_nor_with_escaped_signs_between() -> None:
    assert redact("Card 5555\\-5555\\-5555\\-4444 end", ALL).text == f"Card {MARKS[Sort.CARD]} end"


@pytest.mark.parametrize(("before", "secret"), ANNOUNCED)
@pytest.mark.parametrize("form", ["{}", "{}, please", "> {}", "`{}`", "```\n{}\n```", "Hello\n{}\nBye"])
def test_a_secret_that_a_word_announces_does_not_survive(before: str, secret: str, form: str) -> None:
    done = redact(form.format(before + secret), ALL)
    assert bare(secret) not in bare(done.text)
    assert done.text.startswith(form.partition("{}")[0] + before.partition("://")[0][:4])


@pytest.mark.parametrize("prefix", ["", "> ", "    "])
@pytest.mark.parametrize("ends", [True, False])
def test_a_private_key_goes_as_a_whole_also_quoted_or_cut_off(prefix: str, ends: bool) -> None:
    lines = KEY_BLOCK.split("\n")[: None if ends else 3]
    done = redact("Key:\n" + "\n".join(prefix + line for line in lines) + "\n\nThanks, Ana", ALL)
    assert done.text == f"Key:\n{prefix}{MARKS[Sort.SECRET]}\n\nThanks, Ana"


@given(
    st.lists(
        st.one_of(st.sampled_from([text for text, _ in PLANTED]), st.sampled_from(HARMLESS), st.text(max_size=20)),
        max_size=5,
    )
)
@QUIET
def test_redacting_again_removes_nothing_more(parts: list[str]) -> None:
    once = redact(" ".join(parts), ALL)
    assert redact(once.text, ALL) == type(once)(once.text)


def test_what_a_removal_uncovers_is_removed_too() -> None:
    text = "Ref 123-45-6789-4111111111111111 end"
    assert redact(text, ALL).text == f"Ref {MARKS[Sort.ID]}-{MARKS[Sort.CARD]} end"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_holds_nothing_stays_verbatim(text: str) -> None:
    done = redact(text, ALL)
    assert (done.text, done.findings) == (text, ())


@given(st.text(alphabet="ab *_`~\\()[]<>#&;%\n\u200b日", max_size=60))
@QUIET
def test_any_text_of_signs_stays_verbatim(text: str) -> None:
    assert redact(text, ALL).text == text


def test_formatting_and_links_around_stay_whole() -> None:
    mark = MARKS[Sort.CARD]
    assert redact("a **4111 1111** 1111 1111 b", ALL).text == f"a **{mark}** b"
    assert redact("a 4111 1111 **1111 1111** b", ALL).text == f"a **{mark}** b"
    assert redact("a **4111 1111 1111 1111** b", ALL).text == f"a **{mark}** b"
    assert redact("a 4111**1111**11111111 b", ALL).text == f"a {mark} b"
    assert redact("[mail](mailto:ana@customer.example)", ALL).text == f"[mail](mailto:{MARKS[Sort.EMAIL]})"
    secret = MARKS[Sort.SECRET]
    assert (
        redact("[x](https://a.example/?token=abc1234&b=2)", ALL).text == f"[x](https://a.example/?token={secret}&b=2)"
    )


def test_what_is_allowed_stays_and_what_is_named_goes() -> None:
    rules = Redaction(allow=frozenset({"acme.example", "ana@customer.example"}), words=("Project Falcon",))
    text = "bob@acme.example eve@mail.acme.example ana@customer.example bob@customer.example, project **falcon**s"
    assert redact(text, rules).text == text.replace("bob@customer.example", MARKS[Sort.EMAIL])
    assert redact("About project **falcon**.", rules).text == f"About **{MARKS[Sort.WORD]}**."


@pytest.mark.parametrize("sort", list(Sort)[:5])
def test_each_sort_can_be_left_alone(sort: Sort) -> None:
    text = next(text for text, found in PLANTED if found is sort)
    off = replace(ALL, **{str(sort): False})  # type: ignore[arg-type]  # its words are the names of the switches
    assert redact(f"a {text} b", off).text == f"a {text} b"


def test_one_that_stands_in_two_places_counts_once_and_shows_in_no_log() -> None:
    done = redact("4111 1111 1111 1111, 4111-1111-1111-1111 and 5555555555554444; ana@x.example ANA@x.example", ALL)
    assert counts(done.findings) == {Sort.CARD: 2, Sort.EMAIL: 1}
    assert "4111" not in repr(done.findings)
    assert repr(Finding(Sort.CARD, "4111")) == f"Finding(sort={Sort.CARD!r})"


@pytest.mark.parametrize(
    "text",
    [
        "1 " * 20_000,
        "a@" * 20_000,
        "password" * 5_000,
        "-----BEGIN PRIVATE KEY-----\n" * 800,
        "0 1-" * 9_000,
        "a@b.example " * 4_000,
    ],
)
def test_a_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    assert pace.within(2, lambda: redact(text, ALL))

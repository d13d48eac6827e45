"""What another system told becomes text that is clean, quoted, redacted and cut, whatever it holds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.intake import (
    SHOWN,
    SHOWN_LOG,
    Act,
    Client,
    Customer,
    Entry,
    Log,
    Request,
    Role,
    Turn,
    cleaned,
    entry,
    escaped,
    file_name,
    ticket_fields,
)
from syncd.core.severity import Severity
from syncd.sdk.text.html import to_html
from syncd.sdk.text.markdown import parse
from tests.core.planted import CARDS, EMAILS, SECRETS
from tests.engine.world import mapping

CLIENT = Client("voice-agent", "desk-tracker", b"secret")
HOSTILE = "\u202ereversed\u2066\x00\x1b[31m"


def told(files: bool = True, act: Act = Act.OPEN, **what: Any) -> Entry:
    return entry(Request("call-1", **what), mapping(), CLIENT, act, refused={}, files=files)


@given(st.text())
def test_what_cannot_be_seen_is_left_out_and_the_rest_stays(text: str) -> None:
    clean = cleaned(text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", clean)
    assert cleaned(clean) == clean
    assert [char for char in text if char.isalnum()] == [char for char in clean if char.isalnum()]


@given(st.text(st.sampled_from("ab *_`[](){}<>#|~!-+1.)\\\n&@:/"), max_size=40))
def test_what_was_said_formats_nothing(text: str) -> None:
    shown = to_html(parse(f"> {escaped(text)}".replace("\n", "\n> ")))
    assert not re.findall(r"<(?!/?(?:blockquote|p|br)\b)[a-z]", shown), shown


def test_nobody_turns_a_line_around_or_writes_outside_of_a_quotation() -> None:
    turn = Turn(Role.CUSTOMER, f"{HOSTILE}\n# Impact: none\n/handover\n</blockquote>", HOSTILE)
    said = told(transcript=(turn,), log=Log(f"../{HOSTILE}/a b.log", "text/plain", "```\n# out\n````")).text
    assert "\u202e" not in said
    lines = said.split("\n")
    assert "> \\# Impact: none" in lines
    assert "> /handover" in lines
    assert "`a-b.log`" in said
    assert lines[-1] == "`````"  # longer than any in the log


def test_a_long_transcript_is_cut_between_turns_and_whole_in_a_file() -> None:
    turns = tuple(Turn(Role.BOT, f"number {number} " + "x" * 1000) for number in range(50))
    said = told(transcript=turns)
    assert len(said.text) < SHOWN + 1000
    assert "number 0" in said.text
    assert "number 49" not in said.text
    assert "the file `transcript.md` has all of it" in said.text
    [file] = said.files
    assert "number 49" in file.text
    without = told(files=False, transcript=turns)
    assert without.files == ()
    assert "takes no file" in without.text
    assert told(transcript=turns[:3]).files == ()


def test_a_log_shows_its_end_and_goes_along_whole() -> None:
    said = told(log=Log("a.log", "text/plain", "first\n" + "x" * SHOWN_LOG + "\nlast"))
    assert "last\n```" in said.text
    assert "first" not in said.text
    assert said.files[0].text.startswith("first")


@pytest.mark.parametrize("planted", [*SECRETS[:3], *CARDS[:2], *EMAILS[:2]])
def test_nothing_private_stays_in_text_or_file(planted: str) -> None:
    turns = (Turn(Role.CUSTOMER, f"it is {planted} really", planted),)
    said = told(transcript=turns, log=Log("a.log", "text/plain", f"x {planted} y"))
    assert planted not in said.text + said.files[0].text
    assert "Removed: 1 " in said.text
    fields = ticket_fields(Request("s", title=f"a {planted} b", summary=f"c {planted} d"), mapping(), CLIENT)
    assert planted not in str(fields)


def test_the_customer_stays_and_a_severity_is_told_where_nobody_decides_by_it() -> None:
    said = told(customer=Customer("ana@customer.example", "Ana *A*"), severity=Severity.SEV1).text
    assert "- Customer: Ana \\*A\\* ana@customer.example" in said
    assert "sev1; the rules decide" in said


def test_a_file_has_no_path() -> None:
    assert file_name("../../etc/passwd") == "passwd"
    assert file_name("C:\\logs\\a b.txt") == "a-b.txt"
    assert file_name("...") == "log.txt"
    assert file_name("/") == "log.txt"

"""Nothing secret leaves through the log, in no form, and nothing in a line can forge another."""

from __future__ import annotations

import base64
import io
import json
from urllib.parse import quote

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from syncd import log

secrets = st.text(
    st.characters(min_codepoint=33, max_codepoint=255, categories=["L", "N", "P", "S"]), min_size=8, max_size=24
)
around = st.text(max_size=10)


@pytest.fixture(autouse=True)
def _forget() -> None:
    log.forget()


def _line(**event: object) -> str:
    out = io.StringIO()
    log.configure(format="json", stream=out)
    structlog.get_logger().info("link.reconciled", **event)
    return out.getvalue()


@given(secrets, around, around)
def test_a_known_secret_is_redacted_in_every_form(secret: str, before: str, after: str) -> None:
    log.forget()
    log.remember(secret)
    whole = f"{before}{secret}{after}"
    assert secret not in log.redacted(whole)
    assert quote(secret, safe="") not in log.redacted(quote(whole, safe=""))


@given(secrets, st.binary(max_size=7), st.binary(max_size=7))
def test_in_base64_too_wherever_it_begins(secret: str, before: bytes, after: bytes) -> None:
    log.forget()
    log.remember(secret)
    raw = secret.encode()
    shown = log.redacted(base64.b64encode(before + raw + after).decode())
    for piece in shown.split(log.HIDDEN):
        for start in range(4):
            whole = piece[start : start + (len(piece) - start) // 4 * 4]
            assert raw[2:-2] not in base64.b64decode(whole)


@pytest.mark.parametrize(
    "value",
    [
        SecretStr("hunter22-hunter22"),
        {"Authorization": "Basic aHVudGVyMjItaHVudGVyMjI="},
        {"inner": {"authorization": "hunter22-hunter22"}},
        "Authorization: Bearer hunter22-hunter22",
        "authorization: token hunter22-hunter22",
        ["Token token=hunter22-hunter22"],
        ("deep", [{"X-Acme-API-Key": "hunter22-hunter22"}]),
        {"headers": {"x-acme-webhook-signature": "hunter22-hunter22", "set-cookie": "hunter22-hunter22"}},
        {"accessToken": "hunter22-hunter22"},
        ValueError("refused: Bearer hunter22-hunter22"),
        b"Bearer hunter22-hunter22",
    ],
)
def test_credentials_are_redacted_though_nobody_named_them(value: object) -> None:
    line = _line(request=value)
    assert "hunter22" not in line
    assert "aHVudGVy" not in line
    assert log.HIDDEN in line


def test_what_only_resembles_a_secret_is_shown() -> None:
    assert json.loads(_line(author="Ana", headers={"x-request-id": "7"}))["author"] == "Ana"


def test_a_traceback_keeps_its_lines_and_no_secret() -> None:
    log.remember("hunter22-hunter22")
    out = io.StringIO()
    log.configure(format="json", stream=out)
    try:
        raise ValueError("hunter22-hunter22")
    except ValueError:
        structlog.get_logger().exception("work.failed")
    event = json.loads(out.getvalue())
    assert "hunter22" not in event["exception"]
    assert len(event["exception"].splitlines()) > 2


@given(st.text(max_size=60))
def test_one_event_is_one_line_and_no_control_character(title: str) -> None:
    line = _line(title=title)
    assert line.count("\n") == 1
    shown = json.loads(line)["title"]
    assert all(character.isprintable() or ord(character) > 159 or character == "\t" for character in shown)


@pytest.mark.parametrize("title", ["a\nb", "\x1b[2Jgone", "\r\n{}", "abc\u202etxt.exe", "\u2028"])
def test_text_for_a_terminal_is_escaped_too(title: str) -> None:
    out = io.StringIO()
    log.configure(format="text", stream=out)
    structlog.get_logger().info("ticket.read", title=title)
    assert out.getvalue().count("\n") == 1
    assert not any(character in out.getvalue() for character in "\x1b\r\u202e\u2028")


def test_a_short_secret_does_not_blank_out_the_log() -> None:
    log.remember("a")
    assert log.redacted("a banana") == "a banana"


def test_the_level_is_the_least_that_is_logged() -> None:
    out = io.StringIO()
    log.configure(level="warning", format="json", stream=out)
    structlog.get_logger().info("link.reconciled")
    structlog.get_logger().warning("link.parked")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["link.parked"]

"""Log lines: one event per unit of work, JSON unless a person looks on; no secret ever leaves through here.

Redacted are SecretStr values, every secret that the config resolved (plain, base64, percent-encoded), and what stands
under a name that speaks of one (`sdk.secrecy`). We log no text of a ticket, but what goes wrong may quote one: a
vendor's refusal, the message of a bug. So what looks like a secret, a card or account, an id, an e-mail address or a
telephone number (`core.redact`) is removed as well. Control characters are escaped, so that a ticket's title cannot
forge a line or a terminal.
"""

from __future__ import annotations

import base64
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, TextIO
from urllib.parse import quote, quote_plus

import structlog
from pydantic import SecretBytes, SecretStr

from syncd.core.redact import Redaction, redact
from syncd.sdk.secrecy import is_secret

HIDDEN = "***"
OURS = ("event", "level", "timestamp")
"""Values that the code itself chose."""
PERSONAL = Redaction(phone=True)
_SHORTEST = 4  # a shorter "secret" would blank out half of every line
_SCHEME = re.compile(r"(?i)\b(basic|bearer|token|digest)(\s+(?:token=)?)[A-Za-z0-9+/_.~=:-]{8,}")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_known: set[str] = set()


def remember(*secrets: str) -> None:
    """From now on these never appear in a log line, in none of the forms that a request may give them."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            _known.update(_forms(secret))


def forget() -> None:
    """Forget every secret: for tests, and for a config that was read anew."""
    _known.clear()


def redacted(text: str) -> str:
    """The text without known secrets and authorization values."""
    for secret in sorted(_known, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return _SCHEME.sub(rf"\1\2{HIDDEN}", text)


def escaped(text: str) -> str:
    """The text with control characters and direction overrides written out, as `\\n` or `\\x1b`."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def _forms(secret: str) -> set[str]:
    """Plain, percent-encoded, and base64 at each of the three positions that it may have in a longer text."""
    raw = secret.encode()
    forms = {secret, quote(secret, safe=""), quote_plus(secret)}
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            coded = encode(b"\0" * shift + raw).decode().rstrip("=")
            first = (0, 2, 3)[shift]
            last = len(coded) - (1 if (shift + len(raw)) % 3 else 0)  # the last letter also says what follows
            if last - first >= _SHORTEST:
                forms.add(coded[first:last])
    return forms


def clean(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: every value, at any depth, without secrets and control characters."""
    trace = event.pop("exception", None)
    ours = {name: event.pop(name) for name in OURS if name in event}
    lines = {escaped(str(name)): _cleaned(value, str(name)) for name, value in event.items()}
    if trace is not None:  # its lines are ours; what stands in them may not be
        lines["exception"] = "\n".join(escaped(line) for line in _impersonal(str(trace)).split("\n"))
    return {**lines, **ours}


def _impersonal(text: str) -> str:
    return redact(redacted(text), PERSONAL).text


def _cleaned(value: Any, name: str = "") -> Any:
    if is_secret(name):
        return HIDDEN
    match value:
        case SecretStr() | SecretBytes():
            return HIDDEN
        case None | bool() | int() | float():
            return value
        case str():
            return escaped(_impersonal(value))
        case bytes():
            return escaped(_impersonal(value.decode("utf-8", "backslashreplace")))
        case Mapping():
            return {escaped(_impersonal(str(key))): _cleaned(item, str(key)) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_cleaned(item) for item in value]
        case _:
            return escaped(_impersonal(str(value)))


def configure(
    *,
    level: Literal["debug", "info", "warning", "error"] = "info",
    format: Literal["auto", "json", "text"] = "auto",
    stream: TextIO | None = None,
) -> None:
    """Send events to `stream` (standard error): key=value lines on a terminal, JSON elsewhere."""
    out = stream or sys.stderr
    text = format == "text" or (format == "auto" and out.isatty())
    last = (
        structlog.dev.ConsoleRenderer(colors=out.isatty())
        if text
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            clean,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )

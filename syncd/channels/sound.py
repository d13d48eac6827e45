"""What can be wrong with a channel's settings beside their shape."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Protocol

from pydantic import SecretStr

from syncd import addresses
from syncd.channels.config import ChannelConfig, EmailConfig
from syncd.mapping.nodes import Path
from syncd.mapping.words import Wrong


class Complain(Protocol):
    def __call__(self, path: Path, problem: str, **more: Any) -> None: ...


def check(config: ChannelConfig, path: Path, *, trusted: Collection[str], complain: Complain) -> None:
    """Complain of an address that should not be called, and of a password that everybody on the way could read."""
    if isinstance(config, EmailConfig):
        _check_mail(config, path, complain)
        return
    url = getattr(config, "url", None)
    plain = url.get_secret_value() if isinstance(url, SecretStr) else str(url)
    try:
        addresses.check(addresses.origin(plain), trusted=trusted)  # the rest of it may be the secret
    except Wrong as wrong:
        complain((*path, "url"), wrong.problem, expected=wrong.expected, remedy=wrong.remedy)


def _check_mail(config: EmailConfig, path: Path, complain: Complain) -> None:
    if (config.user is None) != (config.password is None):
        there, missing = ("password", "user") if config.user is None else ("user", "password")
        problem = f"`{there}` is of no use without `{missing}`"
        complain((*path, there), problem, expected="both, or neither", remedy=f"add `{missing}`", key=True)
    if config.security == "none" and not addresses.is_loopback(f"smtp://{config.host}"):
        problem = "everybody on the way to the mail server could read the mail"
        complain((*path, "security"), problem, expected="`starttls` or `tls`", remedy="delete the line")

"""What every channel takes and promises."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request to a channel.

    Attributes:
        id: the same when it is sent again.
        at: when it was first due, for a receiver that orders by time.
        subject: one line; `text` is plain, without markup.
        links: what may be opened: its label and its address.
        to: an address, for a channel that has addresses; "" for the channel's own readers.
        kind: "escalation.breached" for a program; `events` are the facts, as JSON has them.
        page: an HTML file that goes with it where the channel can carry one; "" for none. `page_name` is its name.
    """

    id: str
    at: datetime
    subject: str
    text: str
    links: tuple[tuple[str, str], ...] = ()
    to: str = ""
    kind: str = "test"
    events: tuple[Mapping[str, object], ...] = field(default=())
    page: str = ""
    page_name: str = "page.html"


class Channel(abc.ABC):
    """One way out. Errors are those of `sdk.errors`, by what to do: `Unavailable` and `RateLimited` come again later,
    `Unauthorized`, `Forbidden` and `NotFound` are about the channel, anything else is about this message.

    Attributes:
        knows_repeats: whether the receiver can tell by the id that it had a message already. Where it cannot, a message
            that may have arrived is not sent again by itself.
        fingerprint: names the settings without telling them, so that a channel that was mended is tried by itself.
    """

    knows_repeats: ClassVar[bool]

    def __init__(self, name: str, *, fingerprint: str) -> None:
        self.name = name
        self.fingerprint = fingerprint

    @abc.abstractmethod
    async def send(self, message: Outgoing) -> str:
        """Send it; what the receiver said of it that is worth keeping, or ""."""

    @abc.abstractmethod
    def shown(self, message: Outgoing) -> str:
        """What would be sent, for a person who looks at a dry run; no secret is in it."""

    async def check(self) -> bool:
        """Try it without sending anything; False where there is no such way."""
        return False

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Close what is open."""

"""A channel that keeps what it is given instead of sending it: it opens nothing and knows no address of the config."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from syncd.channels.config import ChannelConfig, EmailConfig
from syncd.channels.port import Channel, Outgoing


@dataclass(frozen=True, slots=True)
class Kept:
    """One request that would have been made."""

    at: datetime
    channel: str
    message: Outgoing


class Listening(Channel):
    """In the place of a channel of the config."""

    knows_repeats = True

    def __init__(self, name: str, *, now: Callable[[], datetime], kept: list[Kept]) -> None:
        super().__init__(name, fingerprint="")
        self._now = now
        self._kept = kept

    async def send(self, message: Outgoing) -> str:
        self._kept.append(Kept(self._now(), self.name, message))
        return "kept by a drill"

    def shown(self, message: Outgoing) -> str:
        return message.text

    async def aclose(self) -> None:
        return


def readers(config: ChannelConfig) -> str:
    """Who reads a channel, in words; never its address where that is a secret."""
    return ", ".join(config.to) if isinstance(config, EmailConfig) else f"whoever reads it in {config.kind}"

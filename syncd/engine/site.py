"""What the engine works with: the store, the queue, the connectors, the mappings and a clock, built once."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from datetime import UTC, datetime

from syncd.channels.port import Channel
from syncd.core.intake import Client
from syncd.core.mapping import Mapping
from syncd.core.model import Pair, Side
from syncd.engine.hearing import Hearing
from syncd.engine.lookups import Lookups
from syncd.engine.queue.port import Queue
from syncd.sdk.connector import Connector, account_of
from syncd.store.store import Store


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Site:
    """Everything one daemon has.

    Attributes:
        secret: signs the keys that writes carry; lives with the credentials, not in the store, so that a lost store
            can be rebuilt from what stands at the vendors.
        public_url: how people and vendors reach this daemon, without a slash at its end; "" where the config says none.
        hearing: whether webhooks come at all.
        clients: the systems that may open and enrich escalations, by name.
        channels: by name, the ways to tell people outside of the two tickets.
        trusted: origins that a lookup may ask though they are plain http or in a private network.
    """

    store: Store
    queue: Queue
    connectors: MappingOf[str, Connector]
    mappings: MappingOf[str, Mapping]
    secret: bytes = field(repr=False)
    now: Callable[[], datetime] = utc_now
    public_url: str = ""
    hearing: Hearing = field(default_factory=Hearing)
    clients: MappingOf[str, Client] = field(default_factory=dict)
    channels: MappingOf[str, Channel] = field(default_factory=dict)
    trusted: tuple[str, ...] = ()
    lookups: Lookups = field(init=False, repr=False)
    _beside: MappingOf[str, tuple[str, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.lookups = Lookups(self.store, lambda: self.now(), self.trusted)  # noqa: PLW0108  a test may set another clock
        self._beside = {name: self._others(name) for name in self.connectors}

    def beside(self, connection: str) -> tuple[str, ...]:
        """The connections that keep to other parts of the same account: a ticket may be moved from one to the other."""
        return self._beside.get(connection, ())

    def _others(self, name: str) -> tuple[str, ...]:
        own = self.connectors[name].config
        others = ((other, each.config) for other, each in self.connectors.items() if other != name)
        return tuple(
            other for other, config in others if own.part and config.part and account_of(config) == account_of(own)
        )

    def pair(self, mapping: Mapping) -> Pair[Connector]:
        return mapping.connections.map(lambda name: self.connectors[name])

    def of_connection(self, connection: str) -> list[tuple[Mapping, Side]]:
        """The mappings in which a connection takes part, with its side in each."""
        return [
            (mapping, side)
            for mapping in self.mappings.values()
            for side in Side
            if mapping.connections[side] == connection
        ]

    def key(self, *parts: str) -> str:
        """The key of a write: the same for the same thing to be made, unguessable, 100 bits, safe in any text.

        It is made of what the write is *for* (mapping, ticket, comment), so that a store that was rolled back asks for
        the very same key and finds what it made before.
        """
        text = "\0".join((self.store.id, *parts))
        tag = hmac.new(self.secret, text.encode(), hashlib.sha256).digest()
        return "sy" + b32encode(tag)[:20].decode().lower()

"""Reads a config file: references, addresses, and connection blocks whose shape their connector says."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, SecretStr

from syncd import addresses, registry
from syncd.channels.config import KINDS, ChannelConfig, EmailConfig
from syncd.channels.sound import check as check_channel
from syncd.mapping.annotations import keys
from syncd.mapping.draft import KnownChannel
from syncd.mapping.nodes import Document, Items, Node, Path, Scalar, Table
from syncd.mapping.shape import CONVERTERS, Reader
from syncd.mapping.vendor import Vendor
from syncd.mapping.words import Wrong, listed, meant
from syncd.references import Resolver, StoreAddress
from syncd.registry import ConnectorMissing, Registry
from syncd.sdk.connector import ConnectionConfig
from syncd.sdk.oauth import OAuthConfig

SHORTEST_POLL = timedelta(seconds=10)  # of a vendor elsewhere; one on this machine may be asked as often as one likes
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class ConfigReader(Reader):
    """`vendors` grows with each connection, `channels` with each channel.

    A connection that is refused still has a name and perhaps a vendor, so that mappings which use it can be checked.
    """

    def __init__(self, document: Document, resolver: Resolver, connectors: Registry) -> None:
        converters = {**CONVERTERS, str: resolver.text, SecretStr: resolver.secret, StoreAddress: resolver.store}
        super().__init__(document, converters)
        self.vendors: dict[str, Vendor] = {}
        self.channels: dict[str, KnownChannel] = {}
        self._connectors = connectors
        self._refreshing: dict[str, str] = {}  # refresh token -> the first connection with it
        self._resolver = resolver
        self._trusted = _trusted(document)

    def read(self, annotation: Any, node: Node, path: Path) -> Any:
        value = super().read(annotation, node, path)
        for notice in self._resolver.notices:
            self.complain(path, notice, remedy="write the file without it (`printf %s`)", notice=True)
        self._resolver.notices.clear()
        if path == ("public_url",) and isinstance(value, str):
            return self._checked_address(value, path)
        if path == ("connections",) and value == {} and path not in self.broken and not self.vendors:
            self.complain(path, "no connection stands here", expected="two accounts", remedy="`syncd init` writes them")
        return value

    def model(self, model: type[BaseModel], table: Table, path: Path = ()) -> Any:
        if model is ChannelConfig:
            return self._channel(table, path)
        if model is not ConnectionConfig:
            return super().model(model, table, path)
        name = str(path[-1])
        self.vendors[name] = Vendor(connector=name)
        self._check_name(name, path)
        entry = table.get("connector")
        if entry is None:
            self._missing(path, "connector", keys(model))
            return self._bad(path)
        if not isinstance(entry.value, Scalar):
            return self.read(str, entry.value, (*path, "connector"))
        try:
            connector = self._connectors.get(entry.value.text)
        except ConnectorMissing as missing:
            self.complain((*path, "connector"), missing.problem, expected=missing.expected, remedy=missing.remedy)
            return self._bad(path)
        self.vendors[name] = registry.vendor(connector, ConnectionConfig(connector=connector.name, url=""))
        config = super().model(connector.Config, table, path)
        if isinstance(config, ConnectionConfig):
            self.vendors[name] = registry.vendor(connector, config)
            self._check_connection(config, path)
        return config

    def _check_name(self, name: str, path: Path) -> None:
        if not _NAME.fullmatch(name):
            remedy = f"write `{re.sub(r'[^A-Za-z0-9_-]+', '-', name).strip('-') or 'acme'}`"
            self.complain(path, f"`{name}` is no name", expected="letters, digits, - and _", remedy=remedy, key=True)

    def _channel(self, table: Table, path: Path) -> Any:
        """A channel, whose `kind` says what else stands there."""
        name = str(path[-1])
        self.channels[name] = KnownChannel()
        self._check_name(name, path)
        entry = table.get("kind")
        if entry is None:
            self._missing(path, "kind", keys(ChannelConfig))
            return self._bad(path)
        kind = entry.value.text if isinstance(entry.value, Scalar) else ""
        if kind not in KINDS:
            problem, known = f"`{kind}` is no kind of channel", listed(KINDS)
            remedy = meant(kind, KINDS) or "write `slack`"
            self.complain((*path, "kind"), problem, expected=f"one of {known}", remedy=remedy)
            return self._bad(path)
        self.channels[name] = KnownChannel(kind)
        config = super().model(KINDS[kind], table, path)
        if isinstance(config, ChannelConfig):
            self.channels[name] = KnownChannel(kind, has_readers=not isinstance(config, EmailConfig) or bool(config.to))
            check_channel(config, path, trusted=self._trusted, complain=self.complain)
        return config

    def _check_connection(self, config: ConnectionConfig, path: Path) -> None:
        self._checked_address(config.url, (*path, "url"))
        oauth = getattr(config, "oauth", None)
        if isinstance(oauth, OAuthConfig) and oauth.token_url is not None:  # it gets the application's secret
            self._checked_address(oauth.token_url, (*path, "oauth", "token_url"))
        if isinstance(oauth, OAuthConfig) and oauth.refresh_token is not None:
            self._check_shared(oauth.refresh_token, path)
        if config.poll < SHORTEST_POLL and not addresses.is_loopback(config.url):
            seconds = f"{config.poll.total_seconds():g}s"
            problem = f"asking every {seconds} is more than a vendor bears"
            self.complain((*path, "poll"), problem, expected="at least `10s`", remedy="write `30s`")

    def _check_shared(self, token: SecretStr, path: Path) -> None:
        """Of two connections with one token the second one fails, where the vendor gives another one at each use."""
        first = self._refreshing.setdefault(token.get_secret_value(), str(path[-1]))
        if first != path[-1]:
            problem = f"`{first}` signs in with this refresh token too, and it may be good once"
            remedy = "let the application in once more, for a token of its own"
            self.complain((*path, "oauth", "refresh_token"), problem, remedy=remedy, notice=True)

    def _checked_address(self, url: str, path: Path) -> Any:
        try:
            addresses.check(url, trusted=self._trusted)
        except Wrong as wrong:
            return self._wrong(path, wrong)
        return url


def _trusted(document: Document) -> frozenset[str]:
    node = document.node(("trusted",))
    items = node.items if isinstance(node, Items) else ()
    return frozenset(item.text for item in items if isinstance(item, Scalar))

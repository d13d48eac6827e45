"""`config/syncd.yaml` -> `Settings`, and with it every mapping it names; all complaints of all files at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, WithJsonSchema

from syncd import clients, log, registry
from syncd.channels.config import ChannelConfig
from syncd.clients import Intake
from syncd.config_reader import ConfigReader
from syncd.core.mapping import Mapping
from syncd.errors import Complaint, ConfigError
from syncd.mapping import load as mapping_files
from syncd.mapping.annotations import Convert
from syncd.mapping.lookups import secrets
from syncd.mapping.nodes import Path as KeyPath
from syncd.mapping.nodes import Scalar
from syncd.mapping.parse import Refused
from syncd.mapping.shape import BAD
from syncd.mapping.vendor import Vendor
from syncd.mapping.words import Wrong
from syncd.references import Resolver, StoreAddress
from syncd.registry import Registry
from syncd.sdk.connector import ConnectionConfig

VERSION = 1
_LISTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[^:\s]+):(?P<port>\d{1,5})")


def _version(word: Scalar) -> int:
    if word.text == str(VERSION):
        return VERSION
    newer = word.text.isdigit() and int(word.text) > VERSION
    problem = f"the file is of version {word.text}, this syncd reads version {VERSION}"
    remedy = "install a newer syncd, or use the file it came with" if newer else f"write `version: {VERSION}`"
    raise Wrong(problem, expected=f"`{VERSION}`", remedy=remedy)


def _listen(word: Scalar) -> str:
    found = _LISTEN.fullmatch(word.text)
    if not found or int(found["port"]) > 65535:
        expected = "host:port, such as `127.0.0.1:8080`"
        raise Wrong(f"`{word.text}` is nowhere to listen", expected=expected, remedy="write `127.0.0.1:8080`")
    return word.text


class Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Retention(Block):
    """How long what grows is kept. What failed or waits for a person is kept until it is done."""

    deliveries: timedelta = Field(default=timedelta(days=30), description="Received webhooks, as they came.")
    audit: timedelta = Field(default=timedelta(days=400), description="Decisions and writes.")
    seen: timedelta = Field(default=timedelta(days=14), description="Names of deliveries, to know a repeated one.")


class Log(Block):
    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least that is logged.")
    format: Literal["auto", "json", "text"] = Field(
        default="auto", description="auto: text on a terminal, JSON elsewhere."
    )


class Settings(Block):
    """Everything that the daemon is built from. Its repr shows no secret."""

    version: Annotated[int, Convert(_version), WithJsonSchema({"const": VERSION})] = Field(
        description="The version of this file's format.", examples=["1"]
    )
    store: StoreAddress = Field(
        default=StoreAddress("sqlite:///var/syncd.db"),
        description="Where state is kept: sqlite:///path or postgresql+psycopg://user:${DB_PASSWORD}@host/name.",
    )
    secret: SecretStr | None = Field(
        default=None,
        description="Signs the marks that writes leave at the vendors. A SQLite store makes its own beside itself.",
    )
    listen: Annotated[str, Convert(_listen)] = Field(
        default="127.0.0.1:8080", description="Where webhooks and the page are served."
    )
    password: SecretStr | None = Field(
        default=None, description="Asked for by the page; without one it is shown to this machine only."
    )
    public_url: str | None = Field(default=None, description="How the vendors reach `listen`, for their webhooks.")
    trusted: tuple[str, ...] = Field(
        default=(), description="Origins that may be plain http or in a private network, such as http://rt.intranet."
    )
    connections: dict[str, ConnectionConfig] = Field(
        description="The accounts, by a name of your choice.", examples=["{acme-zendesk: {connector: zendesk, ...}}"]
    )
    mappings: str | tuple[str, ...] = Field(default="mappings", description="A folder of mapping files, or a list.")
    escalation: str | None = Field(
        default=None,
        description="The file that gives each ticket a severity; `escalation.yaml` beside this one, where it is there.",
    )
    intake: Intake = Field(default=Intake(), description="Other systems that may open and enrich escalations.")
    channels: dict[str, ChannelConfig] = Field(
        default={},
        description="How people are told outside of the two tickets, by a name of your choice.",
        examples=["{eng-slack: {kind: slack, url: ...}}"],
    )
    retention: Retention = Field(default=Retention(), description="How long what grows is kept.")
    workers: int = Field(default=8, ge=1, le=64, description="How many links are reconciled at a time.")
    log: Log = Field(default=Log(), description="What is logged, and how.")

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    def hook_address(self, connection: str) -> str:
        """Where a vendor reaches this connection with its webhooks; empty without `public_url`."""
        return f"{self.public_url.rstrip('/')}/hooks/{connection}" if self.public_url else ""


@dataclass(frozen=True, slots=True)
class Examined:
    """What became of a config and its mappings. `settings` is None when the config itself is refused."""

    settings: Settings | None
    mappings: tuple[Mapping, ...]
    complaints: tuple[Complaint, ...]
    vendors: MappingOf[str, Vendor]
    files: tuple[Path, ...] = ()  # of the mappings

    @property
    def refused(self) -> bool:
        return any(not complaint.notice for complaint in self.complaints)


def config_path(given: Path | None = None) -> Path:
    """The config file: as given, else SYNCD_CONFIG, else config/syncd.yaml."""
    return given or Path(os.environ.get("SYNCD_CONFIG") or "config/syncd.yaml")


def home(config: Path) -> Path:
    """What paths in the config are relative to: its folder, or the one above a folder called `config`."""
    folder = config.absolute().parent
    return folder.parent if folder.name == "config" else folder


def load(path: Path | None = None, *, connectors: Registry | None = None) -> tuple[Settings, list[Mapping]]:
    """Settings and mappings, when nothing is wrong with either.

    Raises:
        ConfigError: with every complaint of every file.
    """
    examined = examine(config_path(path), connectors=connectors)
    if examined.settings is None or examined.refused:
        raise ConfigError(examined.complaints)
    return examined.settings, list(examined.mappings)


def examine(
    path: Path,
    *,
    connectors: Registry | None = None,
    environ: MappingOf[str, str] | None = None,
    mappings: list[Path] | None = None,
) -> Examined:
    """Read a config and its mappings, and collect what is wrong. Contacts nobody.

    Args:
        mappings: these files instead of those that the config names.
    """
    try:
        document = mapping_files.read(path)
    except Refused as refused:
        return Examined(None, (), refused.complaints, {})
    resolver = Resolver(os.environ if environ is None else environ, home(path))
    connectors = connectors or registry.installed()
    reader = ConfigReader(document, resolver, connectors)
    parts = reader.parts(Settings, document.root)
    required = {"version", "connections"} <= parts.keys()
    settings = reader.build(Settings, parts, ()) if required else BAD
    log.remember(*resolver.found)
    files = mappings or []
    if mappings is None and ("mappings",) not in reader.broken:
        files = _mapping_files(parts.get("mappings", "mappings"), home(path), reader)
    vendors = None if ("connections",) in reader.broken else reader.vendors
    channels = None if ("channels",) in reader.broken else reader.channels
    loaded = mapping_files.load(files, vendors, _escalation_file(parts.get("escalation"), path, reader), channels)
    if settings is not BAD:
        clients.check(settings.intake, settings.connections, loaded.mappings, reader, connectors)
    _check_links(loaded.mappings, parts, reader)
    log.remember(*(secret for rules in loaded.mappings for secret in secrets(rules)))
    return Examined(
        settings=None if settings is BAD else settings,
        mappings=loaded.mappings,
        complaints=tuple(sorted([*reader.complaints, *loaded.complaints])),
        vendors=reader.vendors,
        files=tuple(files),
    )


def _check_links(found: Sequence[Mapping], parts: MappingOf[str, object], reader: ConfigReader) -> None:
    """Complain where notes are to have links that nobody could open."""
    asked = any(rules.contract is not None and rules.contract.acceptance.links for rules in found)
    if asked and "public_url" not in parts and ("public_url",) not in reader.broken:
        problem = "the escalation asks for links (`acceptance: {links: true}`), and nobody knows where they lead"
        remedy = "write `public_url: https://syncd.example`"
        reader.complain(("public_url",), problem, expected="how people reach `listen`", remedy=remedy)


def _escalation_file(given: str | None, config: Path, reader: ConfigReader) -> Path | None:
    """The file that `escalation` names, or the one that stands beside the config; complains of what is not there."""
    if given is None:
        beside = config.absolute().parent / "escalation.yaml"
        return beside if beside.exists() else None
    place = home(config) / given
    if place.is_file():
        return place
    expected, remedy = "a file, relative to the installation", f"create {mapping_files.shown_path(place)}"
    reader.complain(("escalation",), f"`{given}` is no file", expected=expected, remedy=remedy)
    return None


def _mapping_files(given: str | tuple[str, ...], folder: Path, reader: ConfigReader) -> list[Path]:
    """The files that `mappings` names; complains of what is not there."""
    files: list[Path] = []
    names = (given,) if isinstance(given, str) else given
    for at, name in enumerate(names):
        where: KeyPath = ("mappings",) if isinstance(given, str) else ("mappings", at)
        place = folder / name
        if not place.exists():
            expected = "a folder or a file, relative to the installation"
            reader.complain(
                where, f"`{name}` is not there", expected=expected, remedy=f"create {mapping_files.shown_path(place)}"
            )
            continue
        found = mapping_files.expand([place])
        if not found:
            reader.complain(where, f"no mapping is in `{name}`", expected="`*.yaml`", remedy="`syncd init` writes one")
        files.extend(found)
    return files

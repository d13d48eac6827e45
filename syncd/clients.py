"""The `intake` block of the config: which systems may open and enrich escalations, and what is wrong with that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, WithJsonSchema

from syncd.config_reader import ConfigReader
from syncd.core.intake import Act, Client, Hint, Rate, title_rule
from syncd.core.mapping import Mapping
from syncd.mapping.annotations import Convert
from syncd.mapping.nodes import Path, Scalar
from syncd.mapping.words import Wrong, listed, meant
from syncd.registry import ConnectorMissing, Registry
from syncd.sdk.connector import Capability, ConnectionConfig, Connector

SHORTEST = 24
"""Characters of a secret; Standard Webhooks asks for 24 bytes and more."""
MOST = 10_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_RATE = re.compile(r"([1-9]\d{0,5})/(second|minute|hour)")
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
NEEDED = {
    Capability.FIND: "after a crash it could not be found, and would be made twice",
    Capability.INTERNAL_COMMENTS: "everything that is told would be public",
}


def _rate(word: Scalar) -> str:
    if not (found := _RATE.fullmatch(word.text)) or int(found[1]) > MOST:
        expected = f"a number up to {MOST}, `/` and second, minute or hour"
        raise Wrong(f"`{word.text}` is no limit of requests", expected=expected, remedy="write `60/minute`")
    return word.text


class Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class IntakeClient(Block):
    """One system."""

    secret: SecretStr = Field(
        description="What it shows as bearer, or signs with by Standard Webhooks; at least 24 characters.",
        examples=["${VOICE_AGENT_SECRET}"],
    )
    mapping: str = Field(description="The mapping whose helpdesk gets its tickets.", examples=["zendesk-jira"])
    create: dict[str, str] = Field(
        default_factory=dict, description="Where its tickets are made, as under `create` of a mapping, in the helpdesk."
    )
    may: tuple[Literal["open", "enrich"], ...] = Field(default=("open", "enrich"), description="What it may do.")
    limit: Annotated[str, Convert(_rate), WithJsonSchema({"type": "string", "pattern": f"^{_RATE.pattern}$"})] = Field(
        default="60/minute", description="How often it may ask."
    )
    fields: tuple[str, ...] = Field(default=(), description="Entries of the mapping's `fields` that it may set.")
    severity: Literal["override", "note"] = Field(
        default="override",
        description="Where a severity that it suggests goes: into the policy's `override` field, or the note.",
    )


class Intake(Block):
    """The systems by a name of your choice; none: nothing is served."""

    clients: dict[str, IntakeClient] = Field(default_factory=dict, description="The systems, by a name of your choice.")


def values(intake: Intake) -> dict[str, Client]:
    """The clients as the engine knows them."""
    return {name: _value(name, block) for name, block in intake.clients.items()}


def _value(name: str, block: IntakeClient) -> Client:
    count, _, unit = block.limit.partition("/")
    return Client(
        name=name,
        mapping=block.mapping,
        secret=block.secret.get_secret_value().encode(),
        may=frozenset(Act(act) for act in block.may),
        limit=Rate(int(count), _SECONDS[unit]),
        place=dict(block.create),
        fields=block.fields,
        hint=Hint(block.severity),
    )


# --- what is wrong ----------------------------------------------------------------------------------------------------


def check(
    intake: Intake,
    connections: MappingOf[str, ConnectionConfig],
    mappings: Sequence[Mapping],
    reader: ConfigReader,
    connectors: Registry,
) -> None:
    """Complain of every client that could not do what it is for."""
    secrets: dict[str, str] = {}
    for name, block in intake.clients.items():
        path: Path = ("intake", "clients", name)
        _check_itself(name, block, path, reader)
        first = secrets.setdefault(block.secret.get_secret_value(), name)
        if first != name:
            remedy = "give each its own"
            reader.complain((*path, "secret"), f"`{first}` has the same secret", expected="another", remedy=remedy)
        rules = next((rules for rules in mappings if rules.name == block.mapping), None)
        if rules is None:
            _no_mapping(block, path, [rules.name for rules in mappings], reader)
            continue
        _check_fields(block, path, rules, reader)
        config = connections.get(rules.connections.support)
        if config is not None and Act.OPEN.value in block.may:
            _check_helpdesk(block, path, rules, reader, (config, connectors))


def _check_itself(name: str, block: IntakeClient, path: Path, reader: ConfigReader) -> None:
    if not _NAME.fullmatch(name):
        expected = "up to 64 letters, digits, - and _"
        reader.complain(path, f"`{name}` is no name of a client", expected=expected, remedy="rename it", key=True)
    if len(block.secret.get_secret_value()) < SHORTEST:
        problem = f"the secret is shorter than {SHORTEST} characters (***)"
        remedy = "make one: `openssl rand -base64 32`"
        reader.complain((*path, "secret"), problem, expected="one that nobody guesses", remedy=remedy)
    broken = any(each[: len(path) + 1] == (*path, "may") for each in reader.broken)
    if not block.may and not broken:
        remedy = "write `may: [open, enrich]`, or delete the client"
        reader.complain((*path, "may"), "this client may do nothing", expected="`open`, `enrich`", remedy=remedy)


def _no_mapping(block: IntakeClient, path: Path, known: Sequence[str], reader: ConfigReader) -> None:
    if not known:  # the mappings have complaints of their own
        return
    problem = f"there is no mapping `{block.mapping}` for this client"
    remedy = meant(block.mapping, known) or f"write `{known[0]}`"
    reader.complain((*path, "mapping"), problem, expected=f"one of {listed(known)}", remedy=remedy)


def _check_fields(block: IntakeClient, path: Path, rules: Mapping, reader: ConfigReader) -> None:
    known = [rule.name for rule in rules.fields]
    for at, name in enumerate(block.fields):
        if name not in known:
            problem = f"mapping {rules.name} has no field `{name}` that a client could set"
            remedy = meant(name, known) or "delete it"
            reader.complain((*path, "fields", at), problem, expected=f"one of {listed(known)}", remedy=remedy)


def _check_helpdesk(
    block: IntakeClient, path: Path, rules: Mapping, reader: ConfigReader, made: tuple[ConnectionConfig, Registry]
) -> None:
    """Whether the helpdesk can make a ticket, once and privately, and is told where."""
    config, connectors = made
    try:
        connector = connectors.get(config.connector)
    except ConnectorMissing:
        return
    for problem, remedy in _unable(connector, config, rules):
        expected = "a helpdesk that can make, find and keep it private"
        reader.complain((*path, "mapping"), problem, expected=expected, remedy=remedy)
    for key in block.create:
        if connector.place_keys and key not in connector.place_keys:
            problem = f"{connector.name} makes no ticket by `{key}`"
            remedy = meant(key, connector.place_keys) or "delete it"
            expected = f"one of {listed(sorted(connector.place_keys))}"
            reader.complain((*path, "create", key), problem, expected=expected, remedy=remedy, key=True)
    needed = connector.container
    misspelt = any(meant(key, [needed]) for key in block.create if key not in connector.place_keys)
    if needed in connector.place_keys and needed not in block.create and not misspelt:
        problem = f"nothing says in which {needed} of {connector.name} this client's tickets are made"
        remedy = f"write\n  create:\n    {needed}: ..."
        reader.complain(path, problem, expected=f"`{needed}` under `create`", remedy=remedy)


def _unable(connector: type[Connector], config: ConnectionConfig, rules: Mapping) -> Iterator[tuple[str, str]]:
    """What keeps tickets of this mapping from being made, each with a remedy."""
    able = connector.capabilities_of(config)
    for capability, why in NEEDED.items():
        if capability not in able:
            yield f"{connector.name} makes no tickets for a client: {why}", "take a mapping of another helpdesk"
    if title_rule(rules) is None:
        remedy = "add `title: {support: ..., engineering: ...}` to its `fields`"
        yield f"mapping {rules.name} does not say which field is a ticket's title", remedy

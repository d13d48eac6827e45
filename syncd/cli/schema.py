"""`syncd schema`: JSON Schema of config and mappings, for editors that complete and check them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from syncd.registry import Registry

_HELP = """Print the JSON Schema of the config, of a mapping, or of the escalation.

\b
An editor with the YAML language server completes and checks a file that begins with
  # yaml-language-server: $schema=mapping.schema.json

\b
Examples:
  syncd schema mapping > mapping.schema.json
  syncd schema config > config.schema.json
  syncd schema escalation > escalation.schema.json
"""
DRAFT = "https://json-schema.org/draft/2020-12/schema"
_DURATION = {"type": "string", "pattern": r"^\d+(\.\d+)?(s|m|h|d)$", "examples": ["30s", "5m", "2h", "30d"]}


class Which(enum.StrEnum):
    CONFIG = "config"
    MAPPING = "mapping"
    ESCALATION = "escalation"


def register(app: typer.Typer) -> None:
    app.command("schema", help=_HELP)(schema)


def schema(
    which: Annotated[
        Which, typer.Argument(help="Of which file.", metavar="[config|mapping|escalation]")
    ] = Which.MAPPING,
) -> None:
    from syncd.cli.complaints import print_json
    from syncd.registry import installed

    match which:
        case Which.CONFIG:
            print_json(config_schema(installed()))
        case Which.MAPPING:
            print_json(mapping_schema())
        case Which.ESCALATION:
            print_json(escalation_schema())


def mapping_schema() -> dict[str, Any]:
    from syncd.mapping.schema import MappingFile

    return {"$schema": DRAFT, **_as_written(MappingFile.model_json_schema(by_alias=True))}


def escalation_schema() -> dict[str, Any]:
    from syncd.mapping.schema import EscalationFile

    return {"$schema": DRAFT, **_as_written(EscalationFile.model_json_schema(by_alias=True))}


def config_schema(registry: Registry) -> dict[str, Any]:
    """With one shape of connection for each installed connector, told apart by `connector`; of channel, by `kind`."""
    from syncd.channels.config import KINDS
    from syncd.settings import Settings

    whole = Settings.model_json_schema(by_alias=True)
    definitions = whole.setdefault("$defs", {})
    definitions.pop("ConnectionConfig", None)
    shapes = []
    for name, connector in sorted(registry.connectors.items()):
        shape = connector.Config.model_json_schema(by_alias=True, ref_template=f"#/$defs/{name}.{{model}}")
        definitions.update({f"{name}.{inner}": value for inner, value in shape.pop("$defs", {}).items()})
        shape["properties"]["connector"] = {"const": name}
        definitions[name] = shape
        shapes.append({"$ref": f"#/$defs/{name}"})
    whole["properties"]["connections"]["additionalProperties"] = {"oneOf": shapes} if shapes else {}
    definitions.pop("ChannelConfig", None)
    kinds = {kind: config.model_json_schema(by_alias=True) for kind, config in KINDS.items()}
    definitions.update(
        {f"channel.{kind}": {**shape, "required": [*shape["required"], "kind"]} for kind, shape in kinds.items()}
    )
    whole["properties"]["channels"]["additionalProperties"] = {
        "oneOf": [{"$ref": f"#/$defs/channel.{kind}"} for kind in kinds]
    }
    return {"$schema": DRAFT, **_as_written(whole)}


def _as_written(value: Any) -> Any:
    """Durations as the file has them (`30s`), and no defaults in another form than the file's."""
    match value:
        case {"format": "duration"}:
            kept = {key: item for key, item in value.items() if key not in ("type", "format", "default")}
            return {**kept, **_DURATION}
        case Mapping():
            return {key: _as_written(item) for key, item in value.items() if not _strange_default(key, item)}
        case list():
            return [_as_written(item) for item in value]
        case _:
            return value


def _strange_default(key: str, item: Any) -> bool:
    """A default that an editor should not insert: a whole block, a number of bytes, a hidden secret."""
    return key == "default" and (isinstance(item, dict | list | int) or item == "**********")

"""Fields in our form -> the JSON that Redmine takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from syncd.core.model import Fields, Person, RichText, Value
from syncd.sdk.errors import Rejected
from syncd.sdk.text.characters import storable
from syncd_redmine import marker, text
from syncd_redmine.api import Api
from syncd_redmine.config import ATTRIBUTES, OWN, SUBJECT_LIMIT, RedmineConfig, vendor_name
from syncd_redmine.names import EVERYWHERE, IN_PROJECT, Names, custom_number


async def payload(
    fields: Fields,
    *,
    api: Api,
    names: Names,
    project: str,
    config: RedmineConfig,
    keep: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One body for all fields; words become numbers, and a word that Redmine does not have is refused here.

    Args:
        project: number or identifier, for categories and versions.
        keep: custom fields by name that are written beside the fields.
    """
    body: dict[str, Any] = {}
    custom: list[dict[str, Any]] = []
    for name, value in fields.items():
        if name in ATTRIBUTES:
            body[ATTRIBUTES[name]] = await _value(name, value, names, project, config)
        elif name in OWN:
            raise Rejected(f"{name} is set by Redmine itself", field=name)
        else:
            custom.append({"id": await custom_number(api, vendor_name(name)), "value": _custom(value)})
    for name, written in (keep or {}).items():
        custom.append({"id": await custom_number(api, name), "value": written})
    return {**body, "custom_fields": custom} if custom else body


async def _value(name: str, value: Value, names: Names, project: str, config: RedmineConfig) -> str:
    if value is None:
        return ""
    match value:
        case str() if name in EVERYWHERE or name in IN_PROJECT:
            return await names.number(name, value, project=project)
        case str() if name == "subject":
            return _short(storable(value))
        case RichText(markdown=markdown):
            return text.write(markdown, formatting=config.formatting).source
        case Person(id=identity):
            return identity
        case datetime():
            return value.astimezone(UTC).date().isoformat()
        case _:
            return str(value)


def _short(subject: str) -> str:
    """A title that Redmine takes; one that is too long would otherwise keep the whole issue from being made."""
    return subject if len(subject) <= SUBJECT_LIMIT else subject[: SUBJECT_LIMIT - 1] + "…"


def _custom(value: Value) -> str | list[str]:
    match value:
        case None:
            return ""
        case frozenset():
            return sorted(value)
        case RichText():
            return value.markdown
        case Person():
            return value.id
        case bool():
            return "1" if value else "0"
        case _:
            return storable(str(value))


def described(fields: Fields, key: str, *, config: RedmineConfig) -> str:
    """The description of a new issue, with our marker behind it."""
    given = fields.get("description")
    words = text.write(given.markdown, formatting=config.formatting).source if isinstance(given, RichText) else ""
    return marker.marked(words, key)

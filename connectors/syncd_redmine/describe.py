"""What an account sees of a Redmine: projects with their trackers, and fields with their words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from syncd.core.model import Kind
from syncd.sdk.connector import Description, FieldInfo
from syncd.sdk.errors import Forbidden
from syncd_redmine.api import Api
from syncd_redmine.config import FIELDS, custom_name
from syncd_redmine.names import EVERYWHERE, IN_PROJECT, Names
from syncd_redmine.snapshot import edited_field
from syncd_redmine.wire import Journal

CHOICE = "list"
"""The format of custom field whose values are words; every other one is read and written as the text that it is."""


async def describe(api: Api, names: Names) -> Description:
    options = {field: tuple(await names.words(field)) for field in EVERYWHERE}
    own = [replace(field, options=options.get(field.name, ())) for field in FIELDS]
    projects = await api.listed("/projects.json", "projects", include="trackers")
    containers = {
        str(row["identifier"]): tuple(str(one["name"]) for one in row.get("trackers", ())) for row in projects
    }
    strangers = frozenset(str(row["identifier"]) for row in projects if row.get("is_public"))
    return Description((*own, *await _custom(api)), containers=containers, public_containers=strangers)


async def _custom(api: Api) -> list[FieldInfo]:
    """In full for an administrator; else the names that the newest issues show, as text."""
    try:
        rows = await api.listed("/custom_fields.json", "custom_fields")
    except Forbidden:
        await api.issues({"sort": "id:desc"})
        return [FieldInfo(custom_name(name), Kind.TEXT) for name in sorted(api.custom)]
    return [_field(row) for row in rows if row["customized_type"] == "issue"]


def _field(row: dict[str, Any]) -> FieldInfo:
    single = Kind.CHOICE if row["field_format"] == CHOICE else Kind.TEXT
    kind = Kind.MULTI_CHOICE if row.get("multiple") else single
    words = tuple(str(one["value"]) for one in row.get("possible_values", ()))
    return FieldInfo(custom_name(str(row["name"])), kind, options=words, required=bool(row.get("is_required")))


async def words_of(journals: Iterable[Journal], names: Names, *, project: str) -> dict[tuple[str, str], str]:
    """The words of the ids in these journals: (field, id) -> word."""
    found: dict[tuple[str, str], str] = {}
    for journal in journals:
        for detail in journal.details:
            field = edited_field(detail, {})
            if field in EVERYWHERE or field in IN_PROJECT:
                for identity in {str(value) for value in (detail.old_value, detail.new_value) if value}:
                    found[field, identity] = await names.word(field, identity, project=project)
    return found

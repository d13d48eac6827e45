"""A third party's description of ServiceNow's Table API, made strict: each table of its own, each column by its name.

The description takes any table and any JSON. So its operations, with their parameters, are put once more under the
path of each table that the connector uses, with that table's columns; the paths for any table are emptied. Columns of
tickets are those of the answer that the vendor shows (c_TableAPI.md, PATCH); what no page shows is named as such.
"""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

from syncd.sdk.testing.openapi import Correction, Description
from syncd_servicenow.simulator.state import CUSTOM
from tests.specs import spec

ANY = "the description takes any table and any column: a misspelt one would pass"
RECORD = "the description says `object`; c_TableAPI.md shows a record, with text or {link, value} in each column"
PLATFORM = "a table of the platform that no page of the API describes: columns as its form in an instance shows them"
CUSTOMS = "connectors.md: custom fields are columns u_…, which an account adds"
FILES = "connectors.md names the addresses; parameters and metadata are those of c_AttachmentAPI.md"
REFUSAL = "connectors.md and c_AttachmentAPI.md (PATCH): a refusal is {error: {message, detail}, status}"

GENERIC, GENERIC_ONE = "/api/now/table/{tableName}", "/api/now/table/{tableName}/{sys_id}"
SYSTEM = ("sys_id", "sys_created_on", "sys_created_by", "sys_updated_on", "sys_updated_by", "sys_mod_count")
TICKETS = ("incident", "sn_customerservice_case")

_TEXT = {"type": "string"}
_LINK = {"type": "object", "properties": {"link": _TEXT, "value": _TEXT}, "required": ["link", "value"]}
_REFERENCE = {"anyOf": [_TEXT, _LINK]}
_STAMP = {"type": "string", "pattern": r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)?$"}
_ID = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_COUNT = {"type": "string", "pattern": r"^\d+$"}
_ERROR = {
    "type": "object",
    "properties": {
        "error": {"type": "object", "properties": {"message": _TEXT, "detail": {**_TEXT, "nullable": True}}},
        "status": {"type": "string", "enum": ["failure"]},
    },
    "required": ["error", "status"],
}

SHOWN: dict[str, Any] = {
    "sys_id": _ID,
    "sys_mod_count": _COUNT,
    **dict.fromkeys(("sys_created_on", "sys_updated_on", "due_date", "opened_at", "resolved_at", "closed_at"), _STAMP),
    **dict.fromkeys(
        ("sys_created_by", "sys_updated_by", "number", "active", "short_description", "description"), _TEXT
    ),
    **dict.fromkeys(("state", "impact", "urgency", "priority", "category", "subcategory", "close_code"), _TEXT),
    **dict.fromkeys(("close_notes", "correlation_id", "correlation_display", "comments", "work_notes"), _TEXT),
    **dict.fromkeys(("assigned_to", "assignment_group", "caller_id", "opened_by"), _REFERENCE),
}
"""Columns of the record that c_TableAPI.md shows, as far as the connector speaks of them."""

UNSHOWN: dict[str, Any] = {"hold_reason": _TEXT, "contact": _REFERENCE}
"""Not in that record: `hold_reason` is newer than the example, `contact` is the customer of a case."""

_SYSTEM_COLUMNS: dict[str, Any] = {
    "sys_id": _ID,
    "sys_mod_count": _COUNT,
    **dict.fromkeys(("sys_created_on", "sys_updated_on"), _STAMP),
    **dict.fromkeys(("sys_created_by", "sys_updated_by"), _TEXT),
}
OTHERS: dict[str, dict[str, Any]] = {
    "sys_user": dict.fromkeys(("user_name", "name", "email", "active", "time_zone"), _TEXT),
    "sys_user_group": dict.fromkeys(("name", "active"), _TEXT),
    "sys_journal_field": {
        **dict.fromkeys(("name", "element", "value", "sys_created_by"), _TEXT),
        "element_id": _ID,
        "sys_created_on": _STAMP,
    },
    "sys_audit": {
        **dict.fromkeys(("tablename", "documentkey", "fieldname", "oldvalue", "newvalue", "user"), _TEXT),
        "record_checkpoint": _COUNT,
        "sys_created_on": _STAMP,
    },
    "sys_audit_delete": dict.fromkeys(("tablename", "documentkey"), _TEXT),
    "sys_choice": dict.fromkeys(
        ("name", "element", "value", "label", "language", "inactive", "sequence"),
        _TEXT,
    ),
    "sys_dictionary": {
        **dict.fromkeys(("name", "element", "choice"), _TEXT),
        **dict.fromkeys(("internal_type", "reference"), _REFERENCE),
    },
}
FILE: dict[str, Any] = {
    **dict.fromkeys(("table_sys_id", "table_name", "file_name", "content_type", "download_link"), _TEXT),
    **dict.fromkeys(("sys_created_by", "sys_updated_by", "sys_tags", "compressed", "size_compressed"), _TEXT),
    **dict.fromkeys(("image_height", "image_width", "average_image_color"), _TEXT),
    "sys_id": _ID,
    **dict.fromkeys(("size_bytes", "sys_mod_count"), _COUNT),
    **dict.fromkeys(("sys_created_on", "sys_updated_on"), _STAMP),
}
"""The example of c_AttachmentAPI.md, name by name."""


def _custom() -> dict[str, Any]:
    return {name: _REFERENCE if kind == "sys_user" else _TEXT for name, kind in CUSTOM.items()}


def _fields(columns: Iterable[str]) -> dict[str, Any]:
    """`sysparm_fields`: names with commas, of which an instance ignores those that it does not know."""
    return {"type": "array", "items": {"type": "string", "enum": [*columns, *SYSTEM]}}


def _asking(columns: Iterable[str]) -> dict[str, Any]:
    """`sysparm_query`: conditions and orders, of which an instance ignores those that it does not understand."""
    name = f"(?:{'|'.join(sorted({*columns, *SYSTEM}))})"
    condition = rf"(?:OR)?{name}(?:>=|<=|!=|=|>|<|IN|STARTSWITH)[^\^]*|ORDERBY(?:DESC)?{name}"
    return {"type": "string", "pattern": rf"^(?:{condition})(?:\^(?:{condition}))*$"}


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _object(properties: dict[str, Any], *, required: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def _answers(status: str, schema: dict[str, Any]) -> dict[str, Any]:
    refusals = {code: {"description": "", **_json(_ERROR)} for code in ("400", "401", "403", "404")}
    done = {"description": "", **(_json(_object({"result": schema}, required=("result",))) if schema else {})}
    return {status: done, **refusals}


def _operation(
    of: dict[str, Any], columns: Iterable[str], status: str, answer: dict[str, Any], *, body: Any = None
) -> dict[str, Any]:
    """An operation of the description with its own parameters, those of its path aside, and the table's columns."""
    checks = {"sysparm_fields": _fields(columns), "sysparm_query": _asking(columns)}
    named = [
        {**each, "schema": checks.get(each["name"], each["schema"])}
        for each in of["parameters"]
        if each["name"] not in ("tableName", "name-value pairs")
    ]
    made = {"parameters": named, "responses": _answers(status, answer)}
    return made if body is None else {**made, "requestBody": {"required": True, **_json(body)}}


def _tickets(document: dict[str, Any], table: str) -> list[Correction]:
    several, one = document["paths"][GENERIC], document["paths"][GENERIC_ONE]
    shown = {**SHOWN, **UNSHOWN, **_custom()}
    row = _object(shown, required=("sys_id",))
    sent = _object({name: _TEXT for name in shown if not name.startswith("sys_") and name != "number"})
    path = f"/paths/~1api~1now~1table~1{table}"
    listed = {
        "get": _operation(several["get"], shown, "200", {"type": "array", "items": row}),
        "post": _operation(several["post"], shown, "201", row, body=sent),
    }
    single = {
        "get": _operation(one["get"], shown, "200", row),
        "patch": _operation(one["patch"], shown, "200", row, body=sent),
        "delete": _operation(one["delete"], shown, "204", {}),
    }
    return [Correction(path, listed, f"{RECORD}; {CUSTOMS}"), Correction(f"{path}~1{{sys_id}}", single, RECORD)]


def _others(document: dict[str, Any]) -> list[Correction]:
    get = document["paths"][GENERIC]["get"]
    return [
        Correction(
            f"/paths/~1api~1now~1table~1{table}",
            {
                "get": _operation(
                    get, columns, "200", {"type": "array", "items": _object({**_SYSTEM_COLUMNS, **columns})}
                )
            },
            PLATFORM,
        )
        for table, columns in OTHERS.items()
    ]


def _query(*names: str, required: bool = False) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "required": required, "schema": _TEXT} for name in names]


def _files() -> list[Correction]:
    row = _object(FILE, required=tuple(FILE))
    listed = {
        "parameters": [
            *_query("sysparm_limit", "sysparm_offset"),
            {"name": "sysparm_query", "in": "query", "schema": _asking(FILE)},
        ],
        "responses": _answers("200", {"type": "array", "items": row}),
    }
    upload = {
        "parameters": _query("table_name", "table_sys_id", "file_name", required=True),
        "requestBody": {"required": True, "content": {"*/*": {}}},
        "responses": _answers("201", row),
    }
    bytes_ = {"responses": {"200": {"description": "", "content": {"*/*": {}}}, "404": _answers("200", row)["404"]}}
    found = {
        "attachment": {"get": listed},
        "attachment/file": {"post": upload},
        "attachment/{sys_id}": {"delete": {"responses": _answers("204", {})}},
        "attachment/{sys_id}/file": {"get": bytes_},
    }
    return [Correction(f"/paths/~1api~1now~1{path.replace('/', '~1')}", put, FILES) for path, put in found.items()]


def corrections(document: dict[str, Any]) -> list[Correction]:
    made = [correction for table in TICKETS for correction in _tickets(document, table)]
    made += [*_others(document), *_files()]
    escaped = [path.replace("/", "~1") for path in (GENERIC, GENERIC_ONE)]
    return [*made, *(Correction(f"/paths/{path}", {}, ANY) for path in escaped)]


@cache
def description() -> Description:
    document = json.loads(spec("servicenow/table-api.unofficial.openapi.json").read_text(encoding="utf-8"))
    return Description(document, corrections=corrections(document))

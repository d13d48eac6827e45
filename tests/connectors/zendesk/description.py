"""Zendesk's own description of its API, with its known defects put right, each for a reason.

The description leaves out what Zendesk's prose describes: side-loading, cursor paging, bodies of uploads and tags,
refusals, and that an empty field is null.
"""

import json
from functools import cache
from typing import Any

from syncd.sdk.testing.openapi import Correction, Description
from tests.specs import spec

NULL = "Zendesk says null where a field is empty; connectors.md says so of priority, its examples of the others"
SIDELOAD = "side-loading (`include=users`) adds the users to an answer; the description has it in prose only"
PAGING = "cursor pagination is recommended in the prose of this operation and not declared"
ENDS = "there is no address before the first page and none behind the last; the third party declares text always"
REFUSAL = "a refusal with a reason is not declared at all"
AUDIT = "the answer to an update shows whole audit events, as the audits of the same description do"

_JSON = {"description": "a refusal", "content": {"application/json": {"schema": {"type": "object"}}}}
_ANY_OBJECT = {"type": "object", "additionalProperties": True}
_USERS = {"type": "array", "items": {"$ref": "#/components/schemas/UserObject"}}
_VALUE = {"nullable": True, "oneOf": [{"type": kind} for kind in ("string", "boolean", "number")] + [{"type": "array"}]}
_PAIR = {"type": "object", "properties": {"id": {"type": "integer"}, "value": _VALUE}, "required": ["id", "value"]}


def _query(name: str, kind: str = "string") -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": kind}}


_META = {
    "type": "object",
    "properties": {
        "has_more": {"type": "boolean"},
        "after_cursor": {"type": "string", "nullable": True},
        "before_cursor": {"type": "string", "nullable": True},
    },
}
_TICKET_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "ticket_id": {"type": "integer"},
        "timestamp": {"type": "integer"},
        "created_at": {"type": "string", "format": "date-time"},
        "updater_id": {"type": "integer"},
        "via": {"type": "string"},
        "system": _ANY_OBJECT,
        "metadata": _ANY_OBJECT,
        "event_type": {"type": "string"},
        "child_events": {"type": "array", "items": _ANY_OBJECT},
    },
}


def _at(path: str, rest: str) -> str:
    return f"/paths/{path.replace('/', '~1')}/{rest}"


def _paged(path: str, schema: str, *more: str) -> list[Correction]:
    names = ("page[size]", "page[after]")
    parameters = [_query(name, "integer" if name == "page[size]" else "string") for name in names]
    parameters += [_query(name) for name in more]
    properties = f"/components/schemas/{schema}/properties"
    return [
        Correction(_at(path, "get/parameters"), parameters, PAGING),
        Correction(f"{properties}/meta", _META, PAGING),
        Correction(f"{properties}/links", _ANY_OBJECT, PAGING),
    ]


def _refusals(path: str, method: str, *statuses: int) -> list[Correction]:
    return [Correction(_at(path, f"{method}/responses/{status}"), _JSON, REFUSAL) for status in statuses]


def _body(path: str, method: str, content: dict[str, Any], why: str) -> Correction:
    return Correction(_at(path, f"{method}/requestBody"), {"content": content}, why)


_ENDS = ("prev", "next")
_TICKET = "/api/v2/tickets/{ticket_id}"
_NULLABLE = ("assignee_id", "priority", "type", "external_id", "organization_id", "group_id")

CORRECTIONS = (
    *[Correction(f"/components/schemas/TicketObject/properties/{name}/nullable", True, NULL) for name in _NULLABLE],
    *[
        Correction(f"/components/schemas/TicketUpdateInput/properties/{name}/nullable", True, NULL)
        for name in ("assignee_id", "priority", "type")
    ],
    Correction(
        "/components/schemas/TicketObject/properties/custom_fields/items",
        _PAIR,
        "a value is null, a list (multiselect) or a boolean (checkbox) as well; the README calls it untyped",
    ),
    Correction(
        "/components/schemas/TicketUpdateInput/properties/custom_fields/items",
        _PAIR,
        "it refers to the definition of a field (key, type, title) where the prose and all examples have id and value",
    ),
    Correction(
        "/components/schemas/TicketUpdateInput/properties/metadata",
        _ANY_OBJECT,
        "`metadata.custom` is in the prose, and in the description as a write-only property of a ticket",
    ),
    Correction("/components/schemas/AuditObject/properties/events/items", _ANY_OBJECT, AUDIT),
    Correction("/components/schemas/AuditObject/properties/metadata", _ANY_OBJECT, AUDIT),
    Correction(
        "/components/schemas/ExportIncrementalTicketEventsResponse/properties/ticket_events/items",
        _TICKET_EVENT,
        "it refers to metric events, which are something else; the prose of the operation shows child_events",
    ),
    Correction(
        _at("/api/v2/incremental/ticket_events", "get/parameters"),
        [_query("include")],
        "the `comment_events` side-load is described in the operation's prose",
    ),
    Correction(
        "/components/parameters/IncrementalUnixTime/required",
        False,
        "an export by cursor is continued without a start time, as the prose says",
    ),
    Correction(
        _at(_TICKET, "get/parameters"), [{"$ref": "#/components/parameters/TicketId"}, _query("include")], SIDELOAD
    ),
    Correction("/components/schemas/TicketResponse/properties/users", _USERS, SIDELOAD),
    Correction("/components/schemas/TicketCommentsResponse/properties/users", _USERS, SIDELOAD),
    *_paged(f"{_TICKET}/comments", "TicketCommentsResponse", "include", "include_inline_images"),
    *_paged(f"{_TICKET}/audits", "TicketAuditsResponseNoneCursor"),
    *_paged("/api/v2/groups", "GroupsResponse", "exclude_deleted"),
    *_refusals(_TICKET, "put", 409, 422),
    *_refusals("/api/v2/tickets", "post", 400, 422),
    *_refusals(f"{_TICKET}/tags", "put", 409, 422),
    *_refusals("/api/v2/incremental/ticket_events", "get", 400),
    *_refusals("/api/v2/uploads", "post", 413),
    Correction(
        _at("/api/v2/uploads", "post/parameters"),
        [{**_query("filename"), "required": True}, _query("token")],
        "the prose requires `filename`; a token adds to an earlier upload",
    ),
    _body("/api/v2/uploads", "post", {"*/*": {}}, "the body is the file; the README lists it among the missing ones"),
    _body(
        f"{_TICKET}/tags",
        "put",
        {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "tags": {"type": "array", "items": {"type": "string"}},
                        "updated_stamp": {"type": "string"},
                        "safe_update": {"type": "boolean"},
                    },
                    "required": ["tags"],
                }
            }
        },
        "the body is shown in the prose; the README lists it among the missing ones",
    ),
    _body(
        f"{_TICKET}/comments/{{ticket_comment_id}}/redact",
        "put",
        {"application/json": {"schema": {"type": "object", "properties": {"text": {"type": "string"}}}}},
        "the older redaction takes the words to black out",
    ),
    *[Correction(f"/components/schemas/PaginationLinks/properties/{name}/nullable", True, ENDS) for name in _ENDS],
    Correction(
        "/components/schemas/UserForAdmin/properties/id/nullable",
        True,
        "the anonymous user of users/me has no id (recorded, see connectors.md)",
    ),
)

BESIDE = {
    "/attachments/": "files lie at addresses of their own",
    "/agent/": "the simulator's page",
}


@cache
def description() -> Description:
    return Description(_merged(), corrections=CORRECTIONS)


def _merged() -> dict[str, Any]:
    """Zendesk's own description, with the one of its webhooks, which a third party wrote; they share no name."""
    whole: dict[str, Any] = json.loads(spec("zendesk/support.openapi.json").read_text(encoding="utf-8"))
    more = json.loads(spec("zendesk/webhooks.unofficial.openapi.json").read_text(encoding="utf-8"))
    for path, operations in more["paths"].items():
        whole["paths"][f"/api/v2{path}"] = operations
    schemas = whole["components"]["schemas"]
    assert not schemas.keys() & more["components"]["schemas"].keys()
    schemas.update(more["components"]["schemas"])
    return whole

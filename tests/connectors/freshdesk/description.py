"""A third party's description of Freshdesk's API, with its defects put right, each for a reason.

The README of the specs says: third-party work; where it and connectors.md differ, trust the latter. What neither says
and the connector needs is named as such.
"""

from functools import cache
from typing import Any

from syncd.sdk.testing.openapi import Correction, Description
from tests.specs import spec

NULL = "connectors.md: blank fields come as null; the description has it for some fields only"
EMPTIED = "connectors.md says null of a blank field in answers; it is taken to be how one is emptied, too"
NOT_KEPT = "connectors.md: a refusal is 400 with {description, errors}; the description leaves it out here"
MULTIPART = "connectors.md: files come as multipart `attachments[]`, and then every field is a form field"
PAGED = "connectors.md: a search has 10 pages of 30; the description declares no page"

_TEXT, _OBJECT = {"type": "string"}, {"type": "object", "additionalProperties": True}
_ID = {"type": "integer", "format": "int64", "nullable": True}
_FLAG = {"type": "boolean"}
_SCHEMAS = "/components/schemas"
_TICKET = "/tickets/{ticket_id}"


def _at(path: str, rest: str) -> str:
    return f"/paths/{path.replace('/', '~1')}/{rest}"


def _property(schema: str, name: str, put: Any, why: str) -> Correction:
    return Correction(f"{_SCHEMAS}/{schema}/properties/{name}", put, why)


def _form(path: str, *names: str) -> Correction:
    parts: dict[str, Any] = dict.fromkeys(names, _TEXT) | {"attachments[]": {"type": "string", "format": "binary"}}
    schema = {"type": "object", "required": ["body"], "properties": parts}
    return Correction(_at(path, "post/requestBody/content/multipart~1form-data"), {"schema": schema}, MULTIPART)


def _read(schema: Any, *parameters: Any) -> dict[str, Any]:
    """An operation that the description leaves out."""
    content = {"application/json": {"schema": schema}}
    return {"get": {"parameters": list(parameters), "responses": {"200": {"description": "", "content": content}}}}


CORRECTIONS = (
    Correction(
        "/paths/~1agents~1me",
        _read({"$ref": f"#{_SCHEMAS}/Agent"}),
        "neither connectors.md nor the description has it; Freshdesk's public clients read their own agent there",
    ),
    Correction(
        "/paths/~1tickets~1archived~1{ticket_id}",
        _read({"$ref": f"#{_SCHEMAS}/Ticket"}, {"$ref": "#/components/parameters/ticketId"}),
        "connectors.md: a ticket closed for 120 days is archived and read under /tickets/archived/{id}",
    ),
    _property("Ticket", "deleted", _FLAG, "connectors.md: deleted tickets answer with `deleted: true`"),
    _property(
        "Ticket",
        "attachments",
        {"type": "array", "items": {"$ref": f"#{_SCHEMAS}/Attachment"}},
        "connectors.md speaks of the attachments of a ticket; the description has those of conversations only",
    ),
    *[
        _property("Ticket", name, {**_TEXT, "nullable": True}, NULL)
        for name in ("subject", "description", "description_text", "type")
    ],
    _property("Ticket", "due_by", {**_TEXT, "format": "date-time", "nullable": True}, NULL),
    *[_property("TicketUpdate", name, _ID, EMPTIED) for name in ("responder_id", "group_id")],
    _property("TicketUpdate", "type", {**_TEXT, "nullable": True}, EMPTIED),
    _property(
        "Field",
        "choices",
        {},
        "connectors.md: the labels of the numbered statuses are there; a list of words, as described, has no numbers",
    ),
    _property(
        "Field",
        "displayed_to_customers",
        _FLAG,
        "neither document has it; public clients read it in the answer. Without it the connector refuses to create",
    ),
    _form(f"{_TICKET}/reply", "body"),
    _form(f"{_TICKET}/notes", "body", "private"),
    Correction(
        _at("/search/tickets", "get/parameters/-"),
        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 10}},
        PAGED,
    ),
    *[
        Correction(_at(path, f"{method}/responses/400"), {"$ref": "#/components/responses/BadRequest"}, NOT_KEPT)
        for path, method in [
            ("/conversations/{conversation_id}", "put"),
            ("/search/tickets", "get"),
            ("/tickets", "get"),
        ]
    ],
)

BESIDE = {
    "/data/": "files lie at addresses of their own",
    "/a/": "the simulator's page",
}


@cache
def description() -> Description:
    return Description.load(spec("freshdesk/v2.unofficial.openapi.json"), corrections=CORRECTIONS)

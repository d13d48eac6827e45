"""A description of Zammad's API made of the examples on its own pages, with what they leave out put right.

Zammad publishes none. Each schema is what the examples of an operation have in common: a name that none of them shows
is wrong, and in an answer a name that all of them show is required. What the pages do not say at all is a correction,
with the file of zammad/zammad that says it.
"""

from functools import cache
from typing import Any

from syncd.sdk.testing.openapi import Correction, Description
from syncd_zammad.simulator.state import ATTRIBUTES
from tests.connectors.zammad import pages

OBJECTS = "intro.rst: more fields come with the objects that an account adds, at the top level of a ticket"
EMPTY = "the examples show an account without this; their other versions of the same field are null"
BY_ID = "intro.rst: relations are given by id as well as by name; the example of a request shows names only"
PREFERENCES = (
    "tickets and articles show `preferences`, no example sends some; tickets_controller.rb and "
    "creates_ticket_articles.rb keep each column that is sent, this one included"
)
SOURCE = "not on the vendor's pages; as in app/controllers/tickets_controller.rb and app/models/history.rb"
ADMIN = "not on the vendor's pages; as in app/models/webhook.rb and trigger.rb with renders_models.rb"
CONDITION = "intro.rst, Condition Based Search: the condition is the body of a POST, the rest as in the GET"
SORTING = "intro.rst, Sorting Search Results and Pagination, in prose"
TAGS = "not on the vendor's pages; tickets_controller.rb splits `tags` of a new ticket at its commas"
DELETING = "not on the vendor's pages; as in ticket_articles_controller.rb (`destroy`)"
REFUSAL = "no page shows a refusal; its body is as in application_controller/handles_errors.rb"

_FREE = {"type": "object"}
_ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "error_human": {"type": "string"}},
    "required": ["error"],
}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _answers(status: str, schema: dict[str, Any]) -> dict[str, Any]:
    refusal = {"description": REFUSAL, **_json(_ERROR)}
    codes = ("400", "401", "403", "404", "422", "500")
    return {status: {"description": "as on the page", **_json(schema)}, **dict.fromkeys(codes, refusal)}


def _query(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]


def _operation(
    answer: dict[str, Any], *query: str, body: dict[str, Any] | None = None, status: str = "200"
) -> dict[str, Any]:
    made: dict[str, Any] = {"parameters": _query(*query), "responses": _answers(status, answer)}
    return made if body is None else {**made, "requestBody": {"required": True, **_json(body)}}


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _row(page: str, operation: str) -> dict[str, Any]:
    return pages.schema(pages.answers(page, operation))


def _sent(page: str, *operations: str) -> dict[str, Any]:
    return pages.schema([each for name in operations for each in pages.requests(page, name)], strict=False)


def document() -> dict[str, Any]:
    """What the pages say, without a correction."""
    article = "POST /api/v1/ticket_articles"
    shown = ("GET /api/v1/ticket_articles/by_ticket/{ticket id}", "GET /api/v1/ticket_articles/{article id}", article)
    articles = [row for name in shown for row in pages.answers("ticket-articles", name)]
    ticket = {**_sent("ticket-index", "POST /api/v1/tickets", "PUT /api/v1/tickets/{ticket id}")}
    ticket["properties"]["article"] = _ref("NewArticle")
    schemas = {
        "Ticket": pages.schema(pages.expanded("article_ids", "group", "state")),
        "User": pages.schema(pages.expanded("roles", "login")),
        "Article": pages.schema(articles),
        "State": _row("ticket-states", "GET /api/v1/ticket_states"),
        "Priority": _row("ticket-priorities", "GET /api/v1/ticket_priorities"),
        "Attribute": _row("object", "GET /api/v1/object_manager_attributes"),
        "NewTicket": ticket,
        "NewArticle": _sent("ticket-articles", article),
    }
    tag = _sent("ticket-tags", "POST /api/v1/tags/add")
    done = {"type": "boolean"}
    paths = {
        "/api/v1/users/me": {"get": _operation(_ref("User"), "expand")},
        "/api/v1/users/search": {"get": _operation(_list("User"), "query", "expand", "page", "per_page")},
        "/api/v1/users/{id}": {"get": _operation(_ref("User"), "expand")},
        "/api/v1/ticket_states": {"get": _operation(_list("State"))},
        "/api/v1/ticket_priorities": {"get": _operation(_list("Priority"))},
        "/api/v1/object_manager_attributes": {"get": _operation(_list("Attribute"))},
        "/api/v1/tickets": {"post": _operation(_ref("Ticket"), "expand", body=_ref("NewTicket"), status="201")},
        "/api/v1/tickets/{id}": {
            "get": _operation(_ref("Ticket"), "expand"),
            "put": _operation(_ref("Ticket"), "expand", body=_ref("NewTicket")),
        },
        "/api/v1/ticket_articles/by_ticket/{id}": {"get": _operation(_list("Article"), "expand")},
        "/api/v1/ticket_articles": {
            "post": _operation(_ref("Article"), "expand", body=_ref("NewArticle"), status="201")
        },
        "/api/v1/tags": {
            "get": _operation(_row("ticket-tags", "GET /api/v1/tags?object=Ticket&o_id={ticket id}"), "object", "o_id")
        },
        "/api/v1/tags/add": {"post": _operation(done, body=tag, status="201")},
        "/api/v1/tags/remove": {"delete": _operation(done, body=tag, status="201")},
        "/api/v1/links": {
            "get": _operation(_row("ticket-links", "GET /api/v1/links"), "link_object", "link_object_value")
        },
    }
    return {"openapi": "3.0.3", "paths": paths, "components": {"schemas": schemas}}


def _at(*steps: str) -> str:
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)


def _property(name: str, property: str, schema: dict[str, Any], why: str) -> Correction:
    return Correction(_at("components", "schemas", name, "properties", property), schema, why)


def _nullable(name: str, property: str, kind: str, why: str = EMPTY) -> Correction:
    return _property(name, property, {"type": kind, "nullable": True}, why)


_CUSTOM = {"input": "string", "select": "string", "date": "string", "datetime": "string", "integer": "integer"} | {
    "boolean": "boolean"
}


def _custom(each: Any) -> dict[str, Any]:
    if each.type == "multiselect":
        return {"type": "array", "items": {"type": "string"}, "nullable": True}
    return {"type": _CUSTOM[each.type], "nullable": True}


_SEARCH = ("expand", "sort_by", "order_by", "page", "per_page")
_ROW = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        **{name: {"type": "string"} for name in ("name", "created_at", "updated_at", "endpoint", "activator")},
        **{name: {"type": "string", "nullable": True} for name in ("note", "custom_payload")},
        **{name: {"type": "boolean"} for name in ("active", "ssl_verify", "customized_payload")},
        **{name: {"type": "integer"} for name in ("created_by_id", "updated_by_id")},
        **dict.fromkeys(("condition", "perform"), _FREE),
        "execution_condition_mode": {"type": "string", "enum": ["selective", "always"]},
    },
    "required": ["id", "name", "active"],
}
_HISTORY = {
    "type": "object",
    "properties": {
        "assets": _FREE,
        "history": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    **{name: {"type": "integer"} for name in ("id", "o_id", "created_by_id")},
                    **{name: {"type": "string"} for name in ("object", "type", "created_at", "attribute")},
                    **{name: {"type": "string"} for name in ("value_from", "value_to")},
                    **{name: {"type": "integer"} for name in ("id_from", "id_to")},
                },
                "required": ["id", "o_id", "object", "type", "created_by_id", "created_at"],
            },
        },
    },
    "required": ["history", "assets"],
}


def _kept(kind: str, *names: str) -> list[Correction]:
    """An object that an administrator keeps: listed, made, changed and removed as every other."""
    sent = {"type": "object", "properties": {name: _ROW["properties"][name] for name in names}}  # type: ignore[index]
    if kind == "webhooks":
        sent["properties"]["signature_token"] = {"type": "string"}  # type: ignore[index]
    every = {
        "get": _operation({"type": "array", "items": _ROW}, "page", "per_page"),
        "post": _operation(_ROW, body=sent, status="201"),
    }
    one = {"put": _operation(_ROW, body=sent), "delete": _operation(_FREE)}
    return [
        Correction(_at("paths", f"/api/v1/{kind}"), every, ADMIN),
        Correction(_at("paths", f"/api/v1/{kind}/{{id}}"), one, ADMIN),
    ]


CORRECTIONS = (
    *(_property(name, each.name, _custom(each), OBJECTS) for each in ATTRIBUTES for name in ("Ticket", "NewTicket")),
    *(_nullable("Ticket", name, "string") for name in ("organization", "pending_time", "last_contact_at")),
    *(_nullable("Ticket", name, "string") for name in ("last_contact_agent_at", "last_contact_customer_at")),
    _nullable("Ticket", "organization_id", "integer"),
    *(_nullable("User", name, "string") for name in ("last_login", "image", "organization")),
    _nullable("User", "organization_id", "integer"),
    *(_nullable("Article", name, "string") for name in ("to", "subject", "cc")),
    _nullable(
        "Article", "origin_by_id", "integer", "null in every example, and an id where somebody writes for another"
    ),
    _property(
        "Article",
        "time_unit",
        {"nullable": True},
        "shown for two of five articles, always null; it belongs to time accounting",
    ),
    *(_property("NewTicket", name, {"type": "integer"}, BY_ID) for name in ("owner_id", "customer_id")),
    _nullable("NewTicket", "pending_time", "string", "object.rst lists `pending_time` among a ticket's attributes"),
    *(_property(name, "preferences", _FREE, PREFERENCES) for name in ("NewTicket", "NewArticle")),
    _property("NewTicket", "tags", {"type": "string"}, TAGS),
    Correction(
        _at("components", "schemas", "Attribute", "required"),
        ["id", "name", "object", "data_type", "data_option", "editable", "active", "display"],
        "the examples tell why an attribute cannot be deleted where that is so; the rest is always there",
    ),
    Correction(
        _at("paths", "/api/v1/tickets/search"),
        {"post": _operation(_list("Ticket"), *_SEARCH, body={"type": "object", "properties": {"condition": _FREE}})},
        f"{CONDITION}; {SORTING}",
    ),
    Correction(_at("paths", "/api/v1/ticket_history/{id}"), {"get": _operation(_HISTORY)}, SOURCE),
    Correction(_at("paths", "/api/v1/ticket_articles/{id}"), {"delete": _operation(_FREE)}, DELETING),
    *_kept("webhooks", "name", "endpoint", "active", "ssl_verify", "customized_payload", "note"),
    *_kept("triggers", "name", "condition", "perform", "active", "activator", "execution_condition_mode", "note"),
)

BESIDE = {"/api/v1/ticket_attachment/": "the bytes of a file (ticket-articles.rst shows a picture)"}


@cache
def description() -> Description:
    return Description(document(), corrections=CORRECTIONS)

"""The vendor's own description of version 2.15, with its defects put right, each for a reason."""

from functools import cache
from typing import Any

from syncd.sdk.testing.openapi import Correction, Description
from tests.specs import spec

EXAMPLES = "the examples of the same file show it: the schemas leave it out, or say it otherwise"
NULLS = "the examples of the same file show null there; the schema does not allow it"

_SCHEMAS = "/components/schemas"
_TEXT, _FLAG, _OBJECT = {"type": "string"}, {"type": "boolean"}, {"type": "object", "additionalProperties": True}


def _property(schema: str, name: str, put: Any, why: str) -> Correction:
    return Correction(f"{_SCHEMAS}/{schema}/properties/{name}", put, why)


def _or_null(schema: str) -> dict[str, Any]:
    return {"allOf": [{"$ref": f"#{_SCHEMAS}/{schema}"}], "nullable": True}


CORRECTIONS = (
    _property("app", "secure", _FLAG, EXAMPLES),
    _property("ticket_type", "is_internal", _FLAG, EXAMPLES),
    _property("ticket_reply", "app_package_code", _TEXT, EXAMPLES),
    _property("ticket_type_attribute", "input_options", {**_OBJECT, "nullable": True}, NULLS),
    _property(
        "ticket_type_attribute_list",
        "data",
        {"type": "array", "items": {"$ref": f"#{_SCHEMAS}/ticket_type_attribute"}},
        EXAMPLES,
    ),
    *[
        _property(schema, name, put, why)
        for schema in ("conversation", "conversation_list_item")
        for name, put, why in (
            ("topics", _OBJECT, EXAMPLES),
            ("ticket", _or_null("ticket"), EXAMPLES),
            ("ai_agent", _or_null("ai_agent"), NULLS),
        )
    ],
    _property("conversation_part", "assigned_to", _or_null("reference"), NULLS),
    _property("conversation_part", "email_message_metadata", _or_null("email_message_metadata"), NULLS),
)

BESIDE = {
    "/i/o/": "files lie at signed addresses of their own",
    "/page": "the simulator's page",
}


@cache
def description() -> Description:
    return Description.load(spec("intercom/api-2.15.openapi.json"), corrections=CORRECTIONS)

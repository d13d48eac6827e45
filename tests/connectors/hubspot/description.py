"""The description that was generated from HubSpot's own client, with its defects put right, each for a reason.

The README of the specs says: types come from a TypeScript client, so formats and maxima are missing. What the
connector needs beyond it is named as such.
"""

from functools import cache
from typing import Any

from syncd.sdk.testing.openapi import Correction, Description
from tests.specs import spec

OBJECTS = "/crm/v3/objects"
LEFT_OUT = (
    "the description was cut; the same client has this call, with the schemas of its own object, in "
    "codegen/crm/objects/emails/apis/BatchApi.ts"
)
FILE_OF = "the description leaves the shape of a file open; these are the names that the reference page of the call has"
POLICY = "connectors.md: a 429 has `policyName`; the description's error does not"
STATUS = "an answer recorded in HubSpot/hubspot-api-nodejs#545 begins with `status: error`; the description's does not"

_PARTS = (
    *("crm_tickets", "crm_contacts", "crm_objects_notes", "crm_objects_emails"),
    *("crm_owners", "crm_pipelines", "crm_properties", "crm_associations_v4", "files"),
)
_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
_MOMENT = {**_TEXT, "format": "date-time"}
_FILE = {
    "type": "object",
    "required": ["id", "access", "archived", "createdAt", "updatedAt"],
    "properties": {
        **dict.fromkeys(("id", "name", "extension", "path", "type", "url", "parentFolderId", "encoding"), _TEXT),
        **dict.fromkeys(("createdAt", "updatedAt"), _MOMENT),
        "access": {**_TEXT, "enum": ["PRIVATE", "PUBLIC_INDEXABLE", "PUBLIC_NOT_INDEXABLE"]},
        "archived": {"type": "boolean"},
        "size": _NUMBER,
    },
}


def _at(path: str, rest: str) -> str:
    return f"/paths/{path.replace('/', '~1')}/{rest}"


def _body(schema: str) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/crm_objects_{schema}"}}}}


def _batch_read() -> dict[str, Any]:
    """As that of notes; the objects of both have one shape."""
    return {
        "post": {
            "requestBody": {**_body("notes.BatchReadInputSimplePublicObjectId"), "required": True},
            "responses": {
                "200": {"description": "", **_body("notes.BatchResponseSimplePublicObject")},
                "207": {"description": "", **_body("notes.BatchResponseSimplePublicObjectWithErrors")},
                "default": {"description": "", **_body("notes.ModelError")},
            },
        }
    }


def _file(path: str, method: str, status: str) -> Correction:
    return Correction(_at(path, f"{method}/responses/{status}/content/application~1json/schema"), _FILE, FILE_OF)


CORRECTIONS = (
    Correction(_at(f"{OBJECTS}/emails/batch/read", "").rstrip("/"), _batch_read(), LEFT_OUT),
    *[Correction(f"/components/schemas/{each}.ModelError/properties/policyName", _TEXT, POLICY) for each in _PARTS],
    *[Correction(f"/components/schemas/{each}.ModelError/properties/status", _TEXT, STATUS) for each in _PARTS],
    _file("/files/v3/files", "post", "201"),
    _file("/files/v3/files/{fileId}", "get", "200"),
)

BESIDE = {
    "/signed/": "files lie at addresses of their own",
    "/contacts": "the simulator's page",
}


@cache
def description() -> Description:
    return Description.load(spec("hubspot/crm.from-client.openapi.json"), corrections=CORRECTIONS)

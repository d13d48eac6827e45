"""The vendor's descriptions as one, with their defects corrected, and a way to the simulator that they check."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import httpx

from syncd.sdk.testing.openapi import CheckedTransport, Correction, Description
from tests.specs import SHARED, spec

PARTS = ("wit", "service-hooks", "identities")
WIT = "/{organization}/{project}/_apis/wit"

ANYTHING = "typed object, but any JSON value stands there (http-examples: texts, numbers and people as field values)"
COUNTED = "lists are answered as {count, value} (http-examples/workItemTypeStates, workItemsBatch; specs/README.md)"
WITHOUT_PROJECT = "http-examples call it below the organisation; the vendor's pages call the project optional"
REFUSED = "a refusal is not declared; connectors.md: a failed test of /rev is 400, 409 or 412, a rule's refusal 400"

_ERROR = {"description": "refused"}


def _step(text: str) -> str:
    return text.replace("~", "~0").replace("/", "~1")


def _at(path: str, rest: str) -> str:
    return f"/paths/{_step(path)}/{rest}"


def _listed(path: str, method: str, items: Mapping[str, Any]) -> Correction:
    schema = {
        "type": "object",
        "required": ["count", "value"],
        "properties": {"count": {"type": "integer"}, "value": {"type": "array", "items": items}},
    }
    return Correction(_at(path, f"{method}/responses/200/schema"), schema, COUNTED)


def _defined(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def _any(where: str) -> Correction:
    return Correction(f"/definitions/{where}", {}, ANYTHING)


VALUES = (
    _any("WorkItem/properties/fields/additionalProperties"),
    _any("Link/properties/attributes/additionalProperties"),
    _any("JsonPatchOperation/properties/value"),
    _any("WorkItemTypeFieldWithReferences/properties/allowedValues/items"),
    Correction(
        "/definitions/StreamedBatch/properties/values/items",
        _defined("WorkItem"),
        "described as texts; http-examples/workItemRevisions: work items with id, rev and fields",
    ),
    Correction(
        "/definitions/JsonPatchDocument",
        {"type": "array", "items": _defined("JsonPatchOperation")},
        "typed object and, within allOf, array: nothing is both; every example is an array",
    ),
    Correction(
        "/definitions/ReferenceLinks",
        {"type": "object", "additionalProperties": {"type": "object"}},
        "described with a member `links`; every example has the links themselves",
    ),
    Correction(
        "/definitions/PropertiesCollection",
        {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"$type": {"type": "string"}, "$value": {"type": "string"}},
            },
        },
        "described as its class; on the wire it is a map of {$type, $value} (recorded by public projects)",
    ),
)

LISTS = (
    _listed(f"{WIT}/fields", "get", _defined("WorkItemField2")),
    _listed(f"{WIT}/workitemtypes", "get", _defined("WorkItemType")),
    _listed(f"{WIT}/workitemtypes/{{type}}/fields", "get", _defined("WorkItemTypeFieldWithReferences")),
    _listed("/{organization}/_apis/hooks/subscriptions", "get", _defined("Subscription")),
    _listed("/{organization}/_apis/identities", "get", _defined("Identity")),
)

_COMMENTS = f"{WIT}/workItems/{{workItemId}}/comments"
OPERATIONS = (
    Correction(
        _at(_COMMENTS, "get/parameters/3"),
        {"name": "ids", "in": "query", "required": False, "type": "string"},
        "two operations on one path collapsed: the plain list needs no ids (specs/README.md, http-examples/comments)",
    ),
    *[
        Correction(
            _at(_COMMENTS, "get/parameters/-"),
            {"name": name, "in": "query", "type": "string"},
            "of the plain list, which collapsed: $top by the example, the token by CommentList's own description",
        )
        for name in ("$top", "continuationToken")
    ],
    Correction(
        _at(f"{WIT}/attachments", "post/responses/201"),
        {"description": "made", "schema": _defined("AttachmentReference")},
        "http-examples/attachments: 201",
    ),
    Correction(_at(f"{WIT}/attachments", "post/responses/400"), _ERROR, REFUSED),
    Correction(_at(f"{WIT}/workitems/${{type}}", "post/responses/400"), _ERROR, REFUSED),
    Correction(_at("/{organization}/_apis/hooks/subscriptions", "post/responses/400"), _ERROR, REFUSED),
)

ORGANISATION = {
    "workitems/{id}": ("get", "patch"),
    "workitemsbatch": ("post",),
    "recyclebin/{id}": ("get",),
    "reporting/workitemrevisions": ("get",),
    "attachments/{id}": ("get",),
    "wiql": ("post",),
}
"""Operations that are called without a project."""

SUPPLEMENT: dict[str, Any] = {
    "/{organization}/_apis/connectionData": {
        "get": {
            "parameters": [{"name": "api-version", "in": "query", "required": True, "type": "string"}],
            "produces": ["application/json"],
            "responses": {
                "200": {
                    "description": "who is signed in",
                    "schema": {
                        "type": "object",
                        "required": ["authenticatedUser"],
                        "properties": {
                            "authenticatedUser": {"$ref": "#/definitions/Identity"},
                            "instanceId": {"type": "string", "format": "uuid"},
                        },
                    },
                }
            },
        }
    },
    "/{organization}/_apis/projects/{projectId}": {
        "get": {
            "parameters": [{"name": "api-version", "in": "query", "required": True, "type": "string"}],
            "produces": ["application/json"],
            "responses": {
                "200": {
                    "description": "a project",
                    "schema": {
                        "type": "object",
                        "required": ["id", "name", "visibility"],
                        "properties": {
                            "id": {"type": "string", "format": "uuid"},
                            "name": {"type": "string"},
                            "url": {"type": "string"},
                            "state": {"type": "string"},
                            "revision": {"type": "integer"},
                            "visibility": {"enum": ["private", "public"]},
                        },
                    },
                }
            },
        }
    },
}
"""What is not in the descriptions here: by the vendor's pages core/projects/get, and connectionData as recorded."""


def organisation_wide(paths: Mapping[str, Any]) -> Iterator[Correction]:
    for name, methods in ORGANISATION.items():
        source = paths["/{organization}/{project}/{team}/_apis/wit/wiql" if name == "wiql" else f"{WIT}/{name}"]
        made = {method: _without_project(source[method]) for method in methods}
        if name == "workitems/{id}":
            made["patch"]["responses"] |= dict.fromkeys(("400", "409", "412"), _ERROR)
        if name == "wiql":
            made["post"]["responses"]["400"] = _ERROR
        if name == "workitemsbatch":
            row = {"anyOf": [_defined("WorkItem"), {"type": "null"}]}
            made["post"]["responses"]["200"]["schema"] = _listed("", "post", row).put
        yield Correction(
            f"/paths/{_step(f'/{{organization}}/_apis/wit/{name}')}", made, f"{WITHOUT_PROJECT}; {REFUSED}"
        )


def _without_project(operation: Mapping[str, Any]) -> dict[str, Any]:
    made = copy.deepcopy(dict(operation))
    made["parameters"] = [each for each in made["parameters"] if each.get("name") not in ("project", "team")]
    return made


@cache
def document() -> dict[str, Any]:
    """All parts in one: they share names of definitions that say the same."""
    parts = [json.loads(spec(f"azure-devops/{name}-7.1.swagger2.json").read_text(encoding="utf-8")) for name in PARTS]
    joined: dict[str, Any] = {"swagger": "2.0", "basePath": "/"}
    for key in ("paths", "definitions", "parameters"):
        joined[key] = {name: value for part in reversed(parts) for name, value in part.get(key, {}).items()}
    joined["paths"] |= SUPPLEMENT
    return joined


def corrections() -> tuple[Correction, ...]:
    return (*VALUES, *LISTS, *OPERATIONS, *organisation_wide(document()["paths"]))


@cache
def description() -> Description:
    return Description(document(), corrections=corrections())


def checked(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """Where the descriptions are absent the tests run unchecked, and test_description is skipped with the reason."""
    return CheckedTransport(inner, description()) if (SHARED / "specs").exists() else inner

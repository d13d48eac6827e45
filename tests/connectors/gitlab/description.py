"""GitLab's generated description and the handwritten one of what that leaves out, as one, with known defects mended."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import httpx

from syncd.sdk.testing.openapi import CheckedTransport, Correction, Description
from syncd.sdk.testing.operations import Operation
from tests.specs import SHARED, spec

ARRAY = "declared as one object, answered as a list (specs/README.md, known defects)"
NULL = "GitLab says null where there is nothing; the examples of doc/api/issues.md and notes.md show it"
UNTYPED = "a property that GitLab's code gives no type is described as a string; doc/api shows what it is"
SECOND = "the handwritten description leaves a parameter or property out that GitLab's pages show"

_ISSUE = "/definitions/API_Entities_Issue/properties"
_NUMBERS = ("user_notes_count", "weight", "moved_to_id")
_EMPTY = ("description", "closed_at", "due_date", "milestone", "assignee", "weight", "moved_to_id")


def _at(path: str, rest: str) -> str:
    return f"/paths/{path.replace('/', '~1')}/{rest}"


def _listed(path: str, schema: str) -> Correction:
    rows = {"type": "array", "items": {"$ref": f"#/definitions/{schema}"}}
    return Correction(_at(path, "get/responses/200/schema"), rows, ARRAY)


def _or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"allOf": [dict(schema)], "nullable": True} if "$ref" in schema else {**schema, "nullable": True}


def _issue() -> Iterable[Correction]:
    known: dict[str, dict[str, Any]] = {
        "description": {"type": "string"},
        "closed_at": {"type": "string", "format": "date-time"},
        "due_date": {"type": "string", "format": "date"},
        "milestone": {"$ref": "#/definitions/API_Entities_Milestone"},
        "assignee": {"$ref": "#/definitions/API_Entities_UserBasic"},
        **{name: {"type": "integer"} for name in _NUMBERS},
    }
    for name, schema in known.items():
        put = _or_null(schema) if name in _EMPTY else schema
        yield Correction(f"{_ISSUE}/{name}", put, UNTYPED if name in _NUMBERS else NULL)
    people = {"type": "array", "items": {"$ref": "#/definitions/API_Entities_UserBasic"}}
    yield Correction(f"{_ISSUE}/assignees", people, ARRAY)


GENERATED = (
    *_issue(),
    _listed("/api/v4/projects/{id}/issues", "API_Entities_Issue"),
    _listed("/api/v4/groups/{id}/issues", "API_Entities_Issue"),
    *[
        Correction(f"/definitions/API_Entities_Milestone/properties/{name}", {"type": "integer"}, UNTYPED)
        for name in ("id", "project_id")
    ],
    *[
        Correction(f"/definitions/API_Entities_ProjectHook/properties/{name}", {"type": "integer"}, UNTYPED)
        for name in ("id", "project_id")
    ],
    Correction(
        "/definitions/API_Entities_ProjectHook/properties/disabled_until",
        {"type": "string", "format": "date-time", "nullable": True},
        NULL,
    ),
    Correction("/definitions/API_Entities_ProjectUpload/properties/id", {"type": "integer"}, UNTYPED),
    Correction("/definitions/API_Entities_UserBasic/properties/avatar_url", {"type": "string", "nullable": True}, NULL),
    *[
        Correction(f"/definitions/API_Entities_ProjectAccess/properties/{name}", {"type": "integer"}, UNTYPED)
        for name in ("access_level", "notification_level")
    ],
    *[
        Correction(
            f"/definitions/API_Entities_ProjectWithAccess/properties/permissions/properties/{name}",
            _or_null({"$ref": f"#/definitions/API_Entities_{entity}"}),
            "null for who is no member of the project, or of its group (doc/api/projects.md)",
        )
        for name, entity in (("project_access", "ProjectAccess"), ("group_access", "GroupAccess"))
    ],
    Correction(
        _at("/api/v4/projects/{id}/uploads", "post/consumes"),
        ["multipart/form-data"],
        "the page doc/api/project_markdown_uploads.md: a form with a file, not JSON",
    ),
    Correction(
        _at("/api/v4/projects/{id}/uploads", "post/responses/413"),
        {"description": "too large"},
        "a file over the limit is refused before GitLab itself sees it",
    ),
    Correction(
        _at("/api/v4/projects/{id}/uploads/{secret}/{filename}", "get/produces"),
        ["application/octet-stream"],
        "the answer is the file; described as a string of bytes, without its type",
    ),
    *[
        Correction(_at(path, f"{method}/responses/400"), {"description": "refused"}, "a refusal is not declared")
        for path, method in (
            ("/api/v4/projects/{id}/issues", "post"),
            ("/api/v4/projects/{id}/issues/{issue_iid}", "put"),
        )
    ],
    Correction(
        _at("/api/v4/projects/{id}/hooks/{hook_id}", "delete/responses/404"),
        {"description": "gone"},
        "declared for the reads and writes of the same path",
    ),
)

_TOKEN = {
    "get": {
        "responses": {
            "200": {
                "description": "the token that asks",
                "schema": {
                    "type": "object",
                    "required": ["id", "active", "expires_at"],
                    "properties": {
                        **{name: {"type": "integer"} for name in ("id", "user_id")},
                        **{name: {"type": "boolean"} for name in ("revoked", "active")},
                        "name": {"type": "string"},
                        "scopes": {"type": "array", "items": {"type": "string"}},
                        "expires_at": {"type": "string", "format": "date", "nullable": True},
                    },
                },
            }
        },
        "produces": ["application/json"],
    }
}
GENERATED = (
    *GENERATED,
    Correction(
        "/paths/~1api~1v4~1personal_access_tokens~1self",
        _TOKEN,
        "left out of this description; after GitLab's page doc/api/personal_access_tokens.md",
    ),
)

_NOTES = "/projects/{id}/issues/{issue_iid}/notes"
HANDWRITTEN = (
    Correction(
        _at(_NOTES, "post/responses/400"), {"description": "refused"}, "a blank or too long note is refused by 400"
    ),
    Correction(
        _at(f"{_NOTES}/{{note_id}}", "put/responses/400"), {"description": "refused"}, "as for the note's creation"
    ),
)

LEFT_OUT = {"description": "in the prose of GitLab's own pages only"}


class Together(Description):
    """Several descriptions of one API; an operation belongs to the first that has it."""

    def __init__(self, *parts: Description) -> None:
        self._parts = parts

    def _of(self, method: str, url: str) -> Description:
        return next((part for part in self._parts if part.operation(method, url)), self._parts[0])

    def operation(self, method: str, url: str) -> Operation | None:
        found = (part.operation(method, url) for part in self._parts)
        return next((operation for operation in found if operation), None)

    def check_request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> list[str]:
        return self._of(method, url).check_request(method, url, headers, body)

    def check_response(self, method: str, url: str, status: int, headers: Mapping[str, str], body: bytes) -> list[str]:
        return self._of(method, url).check_response(method, url, status, headers, body)


@cache
def description() -> Description:
    return Together(
        Description.load(spec("gitlab/rest-v4.swagger2.json"), corrections=GENERATED),
        Description.load(spec("gitlab/supplement.handwritten.openapi.json"), corrections=HANDWRITTEN),
    )


def checked(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """Where the descriptions are absent the tests run unchecked, and test_description is skipped with the reason."""
    return CheckedTransport(inner, description()) if (SHARED / "specs").exists() else inner

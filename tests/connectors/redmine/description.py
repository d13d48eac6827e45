"""The unofficial description of Redmine's API, with its defects mended: the measured answers of a real 5.0.4 are right.

Where it and connectors.md differ, the latter holds (specs/README.md, known defects).
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import httpx

from syncd.sdk.testing.openapi import CheckedTransport, Correction, Description
from tests.specs import SHARED, spec

SHOWN = "a real 5.0.4 shows it, and its view has it (app/views/**/*.api.rsb)"
CLEARED = "an empty text takes a value away; a real Redmine ignores null for an assignee (issue.rb, safe_attributes=)"
NUMBER = "a number or a text of one: Rails casts by the column"
REFUSED = "a refusal in sentences, as app/controllers/application_controller.rb renders it"
PAGED = "every list reads it, and those that come whole ignore it (application_controller.rb, api_offset_and_limit)"
_ERRORS = {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/errors"}}}}
_ANY_NUMBER = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[0-9.:]*$"}]}
_ANY_TEXT = {"type": "string"}
_NUMBERS = ("tracker_id", "status_id", "priority_id", "done_ratio", "category_id", "fixed_version_id", "assigned_to_id")
_VALUE = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}], "nullable": True}
_ID_NAME = {"$ref": "#/components/schemas/id_name"}


def _at(path: str, rest: str) -> str:
    return f"/paths/{path.replace('/', '~1')}/{rest}"


def _body(path: str, method: str, name: str) -> str:
    schema = "requestBody/content/application~1json/schema/properties/issue/properties"
    return _at(path, f"{method}/{schema}/{name}")


def _issue_bodies() -> Iterable[Correction]:
    issues, issue = "/issues.{format}", "/issues/{issue_id}.{format}"
    for path, method in ((issues, "post"), (issue, "put")):
        for name in (*_NUMBERS, "estimated_hours"):
            yield Correction(_body(path, method, name), _ANY_NUMBER, NUMBER)
        for name in ("start_date", "due_date"):
            yield Correction(_body(path, method, name), {"type": "string", "nullable": True}, CLEARED)
        project = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
        yield Correction(_body(path, method, "project_id"), project, "a number or an identifier (issue.rb)")
        yield Correction(_at(path, f"{method}/responses/422"), _ERRORS, REFUSED)
    why = "a switch: connectors.md has `private_notes: true`, and 5.0.4 takes it"
    yield Correction(_body(issue, "put", "private_notes"), {"type": "boolean"}, why)
    for name, schema in (("custom_fields", _WRITTEN_FIELDS), ("uploads", _UPLOADS)):
        yield Correction(f"/components/schemas/{name}", schema, "left open, so that a misspelt name would pass")


_WRITTEN_FIELDS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "value"],
        "properties": {
            "id": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[0-9]+$"}]},
            "value": _VALUE,
        },
    },
}
_UPLOADS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["token"],
        "properties": dict.fromkeys(("token", "filename", "content_type", "description"), _ANY_TEXT),
    },
}


def _issue_answers() -> Iterable[Correction]:
    for name in ("issue", "issue.simple"):
        own = f"/components/schemas/{name}/properties"
        yield Correction(f"{own}/fixed_version", _ID_NAME, SHOWN)
        yield Correction(f"{own}/custom_fields/items", {"$ref": "#/components/schemas/custom_field_shown"}, SHOWN)
    shown = {"id": {"type": "integer"}, "name": _ANY_TEXT, "multiple": {"type": "boolean"}, "value": _VALUE}
    open_value = "the value is left open, so that a misspelt name would pass"
    closed = {"type": "object", "required": ["id", "name", "value"], "properties": shown}
    yield Correction("/components/schemas/custom_field_shown", closed, open_value)
    notes = "/components/schemas/issue/properties/journals/items/properties/notes"
    why = "null in the journal that Redmine splits off a private note (journal.rb, split_private_notes)"
    yield Correction(notes, {"type": "string", "nullable": True}, why)


def _others() -> Iterable[Correction]:
    for path, again in (("/issues.{format}", "1"), ("/issues.{format}", "2")):
        parameter = {"name": f"cf_{again}", "in": "query", "schema": _ANY_TEXT}
        why = "described as an object `cf_x`; each custom field has a parameter of its own (wiki/Rest_Issues)"
        yield Correction(_at(path, "get/parameters/-"), parameter, why)
    yield Correction(_at("/issues.{format}", "get/responses/422"), _ERRORS, REFUSED)
    limit = {"$ref": "#/components/parameters/limit"}
    for path in ("/projects/{project_id}/versions", "/issue_statuses", "/trackers", "/enumerations/issue_priorities"):
        yield Correction(_at(f"{path}.{{format}}", "get/parameters/-"), limit, PAGED)
    yield Correction(_at("/custom_fields.{format}", "get/parameters/-"), limit, PAGED)
    yield Correction(_at("/uploads.{format}", "post/responses/422"), _ERRORS, REFUSED)
    identifier = {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    why = "a project is found by its identifier, too (wiki/Rest_Projects)"
    yield Correction("/components/parameters/project_id/schema", identifier, why)
    for name in ("user", "user.simple"):
        hidden = ["id", "login", "firstname", "lastname", "created_on", "updated_on", "last_login_on"]
        why = "the rest is shown to administrators, or of oneself (app/views/users/show.api.rsb)"
        yield Correction(f"/components/schemas/{name}/required", [*hidden, "passwd_changed_on"], why)
    yield Correction("/components/schemas/custom_field/properties/regexp", {"type": "string", "nullable": True}, SHOWN)
    yield from _missing_paths()


def _missing_paths() -> Iterable[Correction]:
    misspelt = "`issues_visibility` is required under a misspelt name (app/views/roles/show.api.rsb)"
    known = ["id", "name", "assignable", "issues_visibility", "time_entries_visibility", "users_visibility"]
    yield Correction("/components/schemas/role/required", [*known, "permissions"], misspelt)
    role = {"type": "object", "required": ["role"], "properties": {"role": {"$ref": "#/components/schemas/role"}}}
    answers = {"200": {"description": "", "content": {"application/json": {"schema": role}}}}
    number = {"name": "role_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    get = {"parameters": [{"$ref": "#/components/parameters/format"}, number], "responses": answers}
    why = "left out of the description; wiki/Rest_Roles has it, since 2.2"
    yield Correction("/paths/~1roles~1{role_id}.{format}", {"get": get}, why)
    file = {"name": "attachment_id", "in": "path", "required": True, "schema": {"type": "integer"}}
    content = {"200": {"description": "", "content": {"*/*": {}}}}
    why = "a file comes without its name as well (config/routes.rb, attachments/download/:id)"
    yield Correction(
        "/paths/~1attachments~1download~1{attachment_id}", {"get": {"parameters": [file], "responses": content}}, why
    )


CORRECTIONS = (*_issue_bodies(), *_issue_answers(), *_others())


@cache
def description() -> Description:
    return Description.load(spec("redmine/redmine-5.0.unofficial.openapi.json"), corrections=CORRECTIONS)


def checked(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """Where the description is absent the tests run unchecked, and test_description is skipped with the reason."""
    return CheckedTransport(inner, description()) if (SHARED / "specs").exists() else inner

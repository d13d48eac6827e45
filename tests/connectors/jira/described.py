"""Atlassian's own descriptions, with their known defects put right; all traffic of these tests is checked."""

from functools import cache
from typing import Any

import httpx

from syncd.sdk.testing.openapi import CheckedTransport, Correction, Description
from syncd_jira.simulator import scheme
from tests.specs import SHARED, spec

FIELD_IDS = [*scheme.BY_ID, "archiveddate"]
BESIDE = {
    "/media/": "where Cloud redirects a download to",
    "/secure/attachment/": "where Data Center's `content` of an attachment points to",
}


def fields(**known: Any) -> dict[str, Any]:
    """Jira's free map of fields: only ids that exist, the well-known ones with their schema."""
    return {"type": "object", "propertyNames": {"enum": FIELD_IDS}, "properties": known, "additionalProperties": {}}


def listed(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def ref(name: str, *, empty: bool = False) -> dict[str, Any]:
    found = {"$ref": f"#/components/schemas/{name}"}
    return {"allOf": [found], "nullable": True} if empty else found


def answer(path: str, method: str, status: int = 200) -> str:
    escaped = path.replace("/", "~1")
    return f"/paths/{escaped}/{method}/responses/{status}/content/application~1json/schema"


def names_of_operations(bean: str) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"enum": FIELD_IDS},
        "additionalProperties": {"type": "array", "items": ref(bean)},
    }


CUSTOM = "the account's own fields: the description leaves any name free"
SHAPES = "the well-known fields have the schema that other operations give the same thing"
CLOUD: tuple[Correction, ...] = (
    Correction("/components/schemas/IssueUpdateDetails/properties/fields", fields(), CUSTOM),
    Correction(
        "/components/schemas/IssueUpdateDetails/properties/update", names_of_operations("FieldUpdateOperation"), CUSTOM
    ),
    Correction(
        "/components/schemas/IssueBean/properties/fields",
        fields(
            comment=ref("PageOfComments"),
            attachment=listed("Attachment"),
            status=ref("StatusDetails"),
            project=ref("ProjectDetails"),
            issuetype=ref("IssueTypeDetails"),
            priority=ref("Priority", empty=True),
            assignee=ref("UserDetails", empty=True),
            reporter=ref("UserDetails", empty=True),
            creator=ref("UserDetails"),
            summary={"type": "string"},
            labels={"type": "array", "items": {"type": "string"}},
            created={"type": "string", "format": "date-time"},
            updated={"type": "string", "format": "date-time"},
            duedate={"type": "string", "format": "date", "nullable": True},
        ),
        SHAPES,
    ),
    Correction(
        "/paths/~1rest~1api~13~1attachment~1content~1{id}/get/responses/200/content",
        {"*/*": {}},
        "the answer is the file, of which the description says nothing",
    ),
)

ARRAY = "declared as one object, answered as a list (specs/README.md, known defects)"
PAGE = "declared as one entry, answered as a page of them (specs/README.md, known defects)"


def page_of(name: str) -> dict[str, Any]:
    numbers: dict[str, Any] = {name: {"type": "integer"} for name in ("startAt", "maxResults", "total")}
    return {"type": "object", "properties": {**numbers, "isLast": {"type": "boolean"}, "values": listed(name)}}


TYPES = "/api/2/issue/createmeta/{projectIdOrKey}/issuetypes"
EXPAND = {"name": "expand", "in": "query", "schema": {"type": "string"}}
OPERATION = {"type": "object", "properties": {name: {} for name in ("add", "set", "remove", "edit", "copy")}}
DATA_CENTER: tuple[Correction, ...] = (
    Correction(answer("/api/2/field", "get"), listed("FieldBean"), ARRAY),
    Correction(answer("/api/2/priority", "get"), listed("PriorityJsonBean"), ARRAY),
    Correction(answer("/api/2/status", "get"), listed("StatusJsonBean"), ARRAY),
    Correction(answer("/api/2/user/search", "get"), listed("UserBean"), ARRAY),
    Correction(answer("/api/2/issue/{issueIdOrKey}/attachments", "post"), listed("AttachmentJsonBean"), ARRAY),
    Correction(answer(TYPES, "get"), page_of("CreateMetaIssueTypeBean"), PAGE),
    Correction(answer(TYPES + "/{issueTypeId}", "get"), page_of("FieldMetaBean"), PAGE),
    Correction(
        "/components/schemas/EntityPropertyBean/properties/value",
        {},
        "any JSON, not a string alone (connectors.md, D4)",
    ),
    Correction(
        "/components/schemas/FieldOperation",
        OPERATION,
        "the bean's inside; on the wire it is {add: ...}, as in the Cloud description",
    ),
    Correction("/components/schemas/IssueUpdateBean/properties/fields", fields(), CUSTOM),
    Correction("/components/schemas/IssueUpdateBean/properties/update", names_of_operations("FieldOperation"), CUSTOM),
    Correction(
        "/components/schemas/IssueBean/properties/fields",
        fields(
            comment=ref("CommentsWithPaginationJsonBean"),
            attachment=listed("AttachmentJsonBean"),
            status=ref("StatusJsonBean"),
            project=ref("ProjectBean"),
            issuetype=ref("IssueTypeJsonBean"),
            priority=ref("PriorityJsonBean", empty=True),
            assignee=ref("UserJsonBean", empty=True),
            reporter=ref("UserJsonBean", empty=True),
            creator=ref("UserJsonBean"),
            summary={"type": "string"},
        ),
        "values are declared as objects but can be anything (specs/README.md)",
    ),
    Correction(
        "/components/schemas/ProjectBean/properties/issueTypes",
        listed("IssueTypeJsonBean"),
        "left out of this description; Cloud's, of the same operation, has it",
    ),
    Correction(
        "/paths/~1api~12~1issue~1{issueIdOrKey}~1transitions/get/parameters/-",
        EXPAND,
        "`expand=transitions.fields` is left out of this description; Cloud's, of the same operation, has it",
    ),
)


WEBHOOKS = (
    "left out of this description; written here after public clients (n8n for both, jira.js since 10), not after "
    "Atlassian's own words, so it proves that both sides agree and not that Jira does"
)
_TEXT, _FLAG, _TIME = {"type": "string"}, {"type": "boolean"}, {"type": "integer"}
_ASKED = {
    "type": "object",
    "required": ["name", "url", "events"],
    "properties": {
        "name": _TEXT,
        "url": _TEXT,
        "events": {"type": "array", "items": _TEXT},
        "filters": {"type": "object", "properties": {"issue-related-events-section": _TEXT}},
        "excludeBody": _FLAG,
    },
}
_NAMED = {name: _ASKED["properties"][name] for name in ("name", "url", "events")}  # type: ignore[index]
_SINCE_10 = {
    **_NAMED,
    "id": _TIME,
    "active": _FLAG,
    "configuration": {"type": "object"},
    "createdDate": _TIME,
    "updatedDate": _TIME,
    "scopeType": _TEXT,
    "sslVerificationRequired": _FLAG,
}
_BEFORE_10 = {
    **_NAMED,
    "self": _TEXT,
    "enabled": _FLAG,
    "excludeBody": _FLAG,
    "filters": {"type": "object", "additionalProperties": {}},
    "lastUpdatedUser": _TEXT,
    "lastUpdated": _TIME,
}


def _resource(path: str, shown: dict[str, Any]) -> list[Correction]:
    one = {"type": "object", "required": ["name", "url", "events"], "properties": shown}
    id = {"name": "id", "in": "path", "required": True, "schema": _TEXT}

    def says(schema: Any) -> dict[str, Any]:
        return {"description": "", "content": {"application/json": {"schema": schema}}}

    collection = {
        "get": {"responses": {"200": says({"type": "array", "items": one})}},
        "post": {
            "requestBody": {"required": True, "content": {"application/json": {"schema": _ASKED}}},
            "responses": {"201": says(one), "400": says({"type": "object", "additionalProperties": {}})},
        },
    }
    deleted = {"delete": {"parameters": [id], "responses": {"204": {"description": ""}}}}
    escaped = path.replace("/", "~1")
    return [
        Correction(f"/paths/{escaped}", collection, WEBHOOKS),
        Correction(f"/paths/{escaped}~1{{id}}", deleted, WEBHOOKS),
    ]


RIGHTS = (
    "left out of this description; Cloud's, of the same operation, has it. Data Center names no permissions to ask for "
    "and answers with all (atlassian-python-api, jira.js)"
)
_HELD = {
    "type": "object",
    "properties": {"havePermission": _FLAG, **dict.fromkeys(("id", "key", "name", "type"), _TEXT)},
}
_RIGHTS = {
    "get": {
        "parameters": [{"name": "projectKey", "in": "query", "schema": _TEXT}],
        "responses": {
            "200": {
                "description": "",
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["permissions"],
                            "properties": {"permissions": {"type": "object", "additionalProperties": _HELD}},
                        }
                    }
                },
            }
        },
    }
}

DESKS = (
    "the Service Desk API has a description of its own, which is not here; written after public clients (jira.js), so "
    "it proves that both sides agree and not that Jira does"
)
_DESK = {
    "type": "object",
    "required": ["id", "projectId", "projectName", "projectKey"],
    "properties": {
        **dict.fromkeys(("id", "projectId", "projectName", "projectKey"), _TEXT),
        "_links": {"type": "object", "properties": {"self": _TEXT}},
    },
}
_DESK_PAGE = {
    "type": "object",
    "required": ["size", "start", "limit", "isLastPage", "values"],
    "properties": {
        **dict.fromkeys(("size", "start", "limit"), _TIME),
        "isLastPage": _FLAG,
        "values": {"type": "array", "items": _DESK},
    },
}
_DESK_LIST = {
    "get": {
        "parameters": [{"name": name, "in": "query", "schema": _TIME} for name in ("start", "limit")],
        "responses": {
            "200": {"description": "", "content": {"application/json": {"schema": _DESK_PAGE}}},
            "404": {"description": ""},
        },
    }
}

CLOUD = (*CLOUD, Correction("/paths/~1rest~1servicedeskapi~1servicedesk", _DESK_LIST, DESKS))
DATA_CENTER = (
    *DATA_CENTER,
    Correction("/paths/~1servicedeskapi~1servicedesk", _DESK_LIST, DESKS),
    Correction("/paths/~1api~12~1mypermissions", _RIGHTS, RIGHTS),
    *_resource("/jira-webhook/1.0/webhooks", _SINCE_10),
    *_resource("/webhooks/1.0/webhook", _BEFORE_10),
)


@cache
def cloud() -> Description:
    return Description.load(spec("jira/cloud-platform-v3.openapi.json"), corrections=CLOUD)


@cache
def data_center() -> Description:
    return Description.load(spec("jira/data-center-10.3-v2.openapi.json"), corrections=DATA_CENTER)


def checked(inner: httpx.AsyncBaseTransport, *, deployment: str) -> httpx.AsyncBaseTransport:
    """Where the descriptions are absent the tests run unchecked, and test_described is skipped with the reason."""
    if not (SHARED / "specs").exists():
        return inner
    description = cloud() if deployment == "cloud" else data_center()
    return CheckedTransport(inner, description, beside=BESIDE)

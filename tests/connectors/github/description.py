"""GitHub's own description of its API, with its known defects put right, each for a reason."""

from functools import cache
from typing import Any

import httpx

from syncd.sdk.testing.openapi import CheckedTransport, Correction, Description
from tests.specs import SHARED, spec

_ISSUE = "/repos/{owner}/{repo}/issues/{issue_number}"


def _at(path: str, rest: str) -> str:
    return f"/paths/{path.replace('/', '~1')}/{rest}"


def _by_number(path: str, operation: dict[str, Any], names: tuple[str, ...]) -> Correction:
    parameters = [{"name": name, "in": "path", "required": True, "schema": {"type": "integer"}} for name in names]
    why = "where a redirect leads that the description declares (301) without saying where: docs, follow redirects"
    return Correction(f"/paths/{path.replace('/', '~1')}", {"get": {**operation, "parameters": parameters}}, why)


def _answer(schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    gone = {"$ref": "#/components/responses/gone"}
    return {"responses": {"200": {"description": "found", "content": content}, "410": gone}}


_LIMITED = {"$ref": "#/components/responses/forbidden"}
CORRECTIONS = (
    _by_number("/repositories/{repository_id}", _answer("full-repository"), ("repository_id",)),
    _by_number(
        "/repositories/{repository_id}/issues/{issue_number}", _answer("issue"), ("repository_id", "issue_number")
    ),
    *[
        Correction(
            _at(path, "get/responses/304"),
            {"description": "Not modified"},
            "conditional requests are described in prose for every GET (best practices), declared for some",
        )
        for path in ("/repos/{owner}/{repo}", "/repos/{owner}/{repo}/issues")
    ],
    *[
        Correction(
            f"/components/schemas/{name}/properties/performed_via_github_app",
            {"$ref": "#/components/schemas/nullable-integration"},
            "null where no App did it, as in every other event of the same list",
        )
        for name in ("assigned-issue-event", "unassigned-issue-event")
    ],
    Correction(
        "/components/schemas/issue-event-for-issue/anyOf/-",
        {"$ref": "#/components/schemas/state-change-issue-event"},
        "`closed` and `reopened` are events of an issue, as the timeline of the same description has them",
    ),
    Correction(
        _at(_ISSUE + "/comments", "post/responses/403"),
        _LIMITED,
        "a secondary rate limit answers 403 to whatever makes content (rate limits, in prose)",
    ),
    Correction(
        _at("/repos/{owner}/{repo}/issues/comments/{comment_id}", "patch/responses/404"),
        {"$ref": "#/components/responses/not_found"},
        "a comment that is gone: the GET of the same path declares it",
    ),
)


@cache
def description() -> Description:
    return Description.load(spec("github/rest.openapi.json"), corrections=CORRECTIONS)


def checked(inner: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """Where the description is absent the tests run unchecked, and test_description is skipped with the reason."""
    return CheckedTransport(inner, description()) if (SHARED / "specs").exists() else inner

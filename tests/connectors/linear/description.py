"""Linear's own schema, and a transport that holds every request and every answer against it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from syncd.sdk.testing.openapi import Violation
from tests.specs import spec

CORRECTIONS: dict[str, str] = {}
"""Type.field of the schema -> what is wrong with it. Nothing was found wrong so far."""

BESIDE = {
    "/files/": "the host for files, which is no part of the API: linear.app/developers/file-storage-authentication",
    "/oauth/token": "where tokens are given (RFC 6749): linear.app/developers/oauth-2-0-authentication",
    "/bucket/": "a storage host; its addresses are signed: linear.app/developers/how-to-upload-a-file-to-linear",
}


@lru_cache(maxsize=1)
def schema() -> GraphQLSchema:
    return build_schema(spec("linear/schema.graphql").read_text(encoding="utf-8"), assume_valid=True)


@lru_cache(maxsize=256)
def document(text: str) -> tuple[DocumentNode, tuple[str, ...]]:
    """A document, and what the schema has against it."""
    try:
        parsed = parse(text)
    except GraphQLError as error:
        return DocumentNode(definitions=()), (error.message,)
    return parsed, tuple(error.message for error in validate(schema(), parsed))


def request_errors(body: Any) -> list[str]:
    parsed, errors = document(body["query"])
    if errors:
        return list(errors)
    [operation] = [each for each in parsed.definitions if isinstance(each, OperationDefinitionNode)]
    declared = {each.variable.name.value for each in operation.variable_definitions or ()}
    unknown = sorted(body.get("variables", {}).keys() - declared)
    coerced = get_variable_values(schema(), operation.variable_definitions or (), body.get("variables", {}))
    wrong = [each.message for each in coerced] if isinstance(coerced, list) else []
    return [*wrong, *(f"variable `{name}` is not declared" for name in unknown)]


def answer_errors(body: Any, answer: Any) -> list[str]:
    """The answer is completed once more by the schema: what is missing, null or of another type is an error there.

    What comes out must be what went in: so nothing may be in the answer that was not asked for.
    """
    data = answer.get("data")
    if data is None:
        return [] if answer.get("errors") else ["an answer without data and without errors"]
    parsed, _ = document(body["query"])
    completed = execute_sync(
        schema(), parsed, root_value=data, variable_values=body.get("variables"), field_resolver=_given
    )
    if completed.errors:
        return [f"{error.message} at {error.path}" for error in completed.errors]
    if completed.data == data:
        return []
    return [f"more than was asked for, or another type: {_difference(completed, data)}"]


def _given(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    """What the answer has under the name that the document asked for."""
    if info.path.key not in source:
        raise GraphQLError(f"`{info.path.key}` is missing")
    return source[info.path.key]


def _difference(completed: Any, data: Any) -> str:
    before, after = json.dumps(completed.data, sort_keys=True), json.dumps(data, sort_keys=True)
    at = next((place for place, (one, two) in enumerate(zip(before, after, strict=False)) if one != two), len(before))
    return after[max(at - 60, 0) : at + 60]


@dataclass
class SchemaTransport(httpx.AsyncBaseTransport):
    """Passes requests on to `inner` and raises `Violation` when one, or its answer, breaks the schema.

    Attributes:
        seen: how often each operation was sent, by its name in the document.
        violations: all of them; for tests in which something between swallows the exception.
    """

    inner: httpx.AsyncBaseTransport
    seen: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith(tuple(BESIDE)):
            return await self.inner.handle_async_request(request)
        body = json.loads(await request.aread())
        if (request.method, request.url.path) != ("POST", "/graphql"):
            self._complain([f"{request.method} {request.url.path}: there is one address alone"])
        self._complain(request_errors(body))
        parsed, _ = document(body["query"])
        [operation] = [each for each in parsed.definitions if isinstance(each, OperationDefinitionNode)]
        self.seen[operation.name.value if operation.name else ""] += 1
        answer = await self.inner.handle_async_request(request)
        content = await answer.aread()
        self._complain(answer_errors(body, json.loads(content)))
        headers = [(name, value) for name, value in answer.headers.multi_items() if name != "content-length"]
        return httpx.Response(answer.status_code, headers=headers, content=content)

    def _complain(self, found: list[str]) -> None:
        self.violations += found
        if found:
            raise Violation("\n".join(found))

    async def aclose(self) -> None:
        await self.inner.aclose()

"""Checks traffic against a vendor's description: operations, parameters, bodies, answers; strictly, see `schemas`.

For tests only: it needs jsonschema, which comes with `syncd[dev]`. How a description is read is in `operations`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx

from syncd.sdk.testing.operations import Content, Correction, Operation, Parameter, Reader
from syncd.sdk.testing.schemas import Schema, Way

__all__ = ["CheckedTransport", "Correction", "Description", "Violation"]

ALWAYS_POSSIBLE = frozenset({401, 403, 404, 408, 429, 500, 502, 503, 504})
"""Statuses that a gateway in front of any operation may answer, declared or not."""


class Violation(AssertionError):
    """Traffic that the description does not allow; each line names operation, place and what was expected."""


class Description:
    """A vendor's description, ready to check requests and responses."""

    def __init__(self, document: Mapping[str, Any], *, corrections: Iterable[Correction] = ()) -> None:
        reader = Reader(document, corrections=corrections)
        self._schemas = reader.schemas
        self._prefix = reader.prefix()
        self._operations: dict[str, list[Operation]] = {}
        for method, operation in reader.operations():
            self._operations.setdefault(method, []).append(operation)
        for found in self._operations.values():
            found.sort(key=lambda operation: operation.path.count("{"))  # /issue/bulk before /issue/{id}

    @classmethod
    def load(cls, path: Path | str, *, corrections: Iterable[Correction] = ()) -> Description:
        """Read a description from a JSON file."""
        return cls(json.loads(Path(path).read_text(encoding="utf-8")), corrections=corrections)

    def operation(self, method: str, url: str) -> Operation | None:
        path = self._path(url)
        return next((op for op in self._operations.get(method.upper(), ()) if op.pattern.fullmatch(path)), None)

    def check_request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> list[str]:
        """What is wrong with a request; empty when nothing is."""
        operation = self.operation(method, url)
        if operation is None:
            return [f"{method} {urlsplit(url).path}: the description has no such operation"]
        found = [*self._parameter_errors(operation, url, headers), *self._body_errors(operation, headers, body)]
        return [f"{operation.name}: request {error}" for error in found]

    def check_response(self, method: str, url: str, status: int, headers: Mapping[str, str], body: bytes) -> list[str]:
        """What is wrong with an answer to this request; empty when nothing is."""
        operation = self.operation(method, url)
        if operation is None:
            return [f"{method} {urlsplit(url).path}: the description has no such operation"]
        declared = _declared(operation.answers, status)
        if declared is None:
            if status in ALWAYS_POSSIBLE:
                return []
            return [f"{operation.name}: status {status} is not declared, only {', '.join(operation.answers)}"]
        if (not body and (status >= 300 or status == 204)) or (not declared and status >= 400):
            return []  # such an answer may come without a body, and descriptions seldom say what an error holds
        found = self._content_errors("response", declared, headers, body)
        return [f"{operation.name}: response {status} {error}" for error in found]

    # -- inside

    def _path(self, url: str) -> str:
        """The path below the server's; one that is not below it matches nothing."""
        path = urlsplit(url).path
        return path[len(self._prefix) :] if path.startswith(f"{self._prefix}/") else ""

    def _parameter_errors(self, operation: Operation, url: str, headers: Mapping[str, str]) -> Iterator[str]:
        given = _given(operation, path=self._path(url), query=urlsplit(url).query, headers=headers)
        queries = {parameter.name for parameter in operation.parameters if parameter.place == "query"}
        for place, name in sorted(given):
            if place == "query" and name not in queries:
                yield f"query parameter `{name}` is not declared, only {', '.join(sorted(queries)) or 'none'}"
        for parameter in operation.parameters:
            values = given.get((parameter.place, parameter.name))
            if values is None and parameter.required and parameter.place != "formData":
                yield f"{parameter.place} parameter `{parameter.name}` is required"
            for error in self._value_errors(parameter, values or []):
                yield f"{parameter.place} parameter `{parameter.name}` {error}"

    def _value_errors(self, parameter: Parameter, values: list[str]) -> Iterator[str]:
        """A parameter is text; it passes when any reading of the text does (a word, a number, a list with commas)."""
        errors: list[str] = []
        for reading in _readings(values):
            errors = list(self._schemas["request"].errors(parameter.schema, reading))
            if not errors:
                return
        yield from errors[:1]

    def _body_errors(self, operation: Operation, headers: Mapping[str, str], body: bytes) -> Iterator[str]:
        if body:
            yield from self._content_errors("request", operation.bodies, headers, body)
        elif operation.body_required:
            yield "has no body, but one is required"

    def _content_errors(self, way: Way, declared: Content, headers: Mapping[str, str], body: bytes) -> Iterator[str]:
        if not declared:
            if body:
                yield f"has a body of {len(body)} bytes, but none is declared"
            return
        given = next((headers[key] for key in headers if key.lower() == "content-type"), "")
        media = given.partition(";")[0].strip().lower()
        name = _by_media(declared, media)
        schema = declared[name] if name else None
        if name is None:
            yield f"content type `{media}` is not declared, only {', '.join(declared)}"
        elif media == "multipart/form-data":
            yield from _multipart_errors(schema, given, body)
        elif media.endswith("json") and schema is not None:
            try:
                yield from self._schemas[way].errors(schema, json.loads(body))
            except ValueError as error:
                yield f"is no JSON: {error}"


@dataclass
class CheckedTransport(httpx.AsyncBaseTransport):
    """Passes requests on to `inner` and raises `Violation` when one, or its answer, breaks the description.

    Attributes:
        beside: beginnings of paths that are no part of the described API (a host for files), each with its reason.
        seen: how often each operation was called, by its name "GET /path/{id}".
        violations: all of them; for tests in which something between swallows the exception.
    """

    inner: httpx.AsyncBaseTransport
    description: Description
    beside: Mapping[str, str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith(tuple(self.beside)):
            return await self.inner.handle_async_request(request)
        body, method, url = await request.aread(), request.method, str(request.url)
        self._complain(self.description.check_request(method, url, request.headers, body))
        operation = self.description.operation(method, url)
        self.seen[operation.name if operation else url] += 1
        answer = await self.inner.handle_async_request(request)
        content = await answer.aread()
        self._complain(self.description.check_response(method, url, answer.status_code, answer.headers, content))
        headers = [(k, v) for k, v in answer.headers.multi_items() if k not in _CODING]
        return httpx.Response(answer.status_code, headers=headers, content=content)

    def _complain(self, found: list[str]) -> None:
        self.violations += found
        if found:
            raise Violation("\n".join(found))

    async def aclose(self) -> None:
        await self.inner.aclose()


_CODING = frozenset({"content-encoding", "content-length", "transfer-encoding"})  # the content is decoded already


def _given(
    operation: Operation, *, path: str, query: str, headers: Mapping[str, str]
) -> dict[tuple[str, str], list[str]]:
    """(place, name) -> what a request says there."""
    given: dict[tuple[str, str], list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        given.setdefault(("query", name), []).append(value)
    if match := operation.pattern.fullmatch(path):
        for name, value in zip(re.findall(r"\{([^}]+)\}", operation.path), match.groups(), strict=True):
            given["path", name] = [unquote(value)]
    lower = {key.lower(): headers[key] for key in headers}
    for parameter in operation.parameters:
        if parameter.place == "header" and parameter.name.lower() in lower:
            given["header", parameter.name] = [lower[parameter.name.lower()]]
    return given


def _declared(answers: Mapping[str, Content], status: int) -> Content | None:
    for name in (str(status), f"{status // 100}XX", "default"):
        if name in answers:
            return answers[name]
    return None


def _by_media(declared: Content, media: str) -> str | None:
    for wanted in (media, f"{media.partition('/')[0]}/*", "*/*"):
        for name in declared:
            if name.partition(";")[0] == wanted:
                return name
    return None


def _readings(values: list[str]) -> Iterator[Any]:
    """What the text of a parameter may mean: itself, a number, a boolean, a list of words or of numbers."""
    lists = [values]
    if len(values) == 1:
        yield from _words(values[0])
        lists.append(values[0].split(","))
    for texts in lists if values else ():
        yield list(texts)
        yield [_words(text)[-1] for text in texts]


def _words(text: str) -> list[Any]:
    found: list[Any] = [text]
    if text in ("true", "false"):
        return [text, text == "true"]
    for kind in (float, int):
        try:
            found.append(kind(text))
        except ValueError:
            continue
    return found


def _multipart_errors(schema: Schema | None, content_type: str, body: bytes) -> Iterator[str]:
    """Part names against the declared properties; files themselves are bytes."""
    if "boundary=" not in content_type:
        yield "is multipart without a boundary"
        return
    names = {name.decode() for name in re.findall(rb'Content-Disposition: form-data; name="([^"]*)"', body, re.I)}
    if not names:
        yield "is multipart without a named part"
    declared: Mapping[str, Any] = (schema or {}).get("properties", {})
    for name in sorted(names - set(declared)) if declared else ():
        yield f"part `{name}` is not declared, only {', '.join(declared)}"

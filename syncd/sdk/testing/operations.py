"""A vendor's OpenAPI 3 or Swagger 2 description, read into operations; the checks are in `openapi`."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from syncd.sdk.testing.schemas import Schema, Schemas, Way

METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})


@dataclass(frozen=True, slots=True)
class Correction:
    """A known defect of a description, put right. `where` is a JSON pointer into it (RFC 6901).

    The value there is exchanged, or added where its parent exists; a pointer that leads nowhere is an error, so that
    a correction cannot outlive its defect unseen.
    """

    where: str
    put: Any
    why: str


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    place: str  # path, query, header, formData
    required: bool
    schema: Schema  # compiled


Content = Mapping[str, Schema | None]
"""Media type -> compiled schema; None where the media type alone is declared."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, with its schemas compiled."""

    name: str
    path: str
    pattern: re.Pattern[str]
    parameters: tuple[Parameter, ...]
    bodies: Content
    body_required: bool
    answers: Mapping[str, Content]


class Reader:
    """Reads a description, with its defects corrected."""

    def __init__(self, document: Mapping[str, Any], *, corrections: Iterable[Correction]) -> None:
        self.document: dict[str, Any] = copy.deepcopy(dict(document))
        for correction in corrections:
            _correct(self.document, correction)
        named = self.document.get("definitions") or self.document.get("components", {}).get("schemas", {})
        self.schemas: Mapping[Way, Schemas] = {
            "request": Schemas(named, way="request"),
            "response": Schemas(named, way="response"),
        }

    def prefix(self) -> str:
        """The path of the first server, which stands before each path of an operation."""
        if servers := self.document.get("servers"):
            return urlsplit(re.sub(r"\{[^}]*\}", "x", servers[0]["url"])).path.rstrip("/")
        return str(self.document.get("basePath", "")).rstrip("/")

    def operations(self) -> Iterator[tuple[str, Operation]]:
        """Method in capitals, and the operation."""
        for path, item in self.document["paths"].items():
            for method, raw in item.items():
                if method in METHODS:
                    yield method.upper(), self._operation(path, method, raw, item.get("parameters", []))

    def _operation(self, path: str, method: str, raw: dict[str, Any], shared: list[Any]) -> Operation:
        merged: dict[tuple[str, str], dict[str, Any]] = {}
        for entry in (*shared, *raw.get("parameters", [])):
            parameter = self._resolved(entry)
            merged[parameter["in"], parameter["name"]] = parameter
        bodies, required = self._request_bodies(raw, list(merged.values()))
        return Operation(
            name=f"{method.upper()} {path}",
            path=path,
            pattern=re.compile(_as_pattern(path)),
            parameters=tuple(self._parameter(entry) for entry in merged.values() if entry["in"] != "body"),
            bodies=bodies,
            body_required=required,
            answers={str(status): self._answer(raw, entry) for status, entry in raw["responses"].items()},
        )

    def _parameter(self, raw: dict[str, Any]) -> Parameter:
        own = {key: raw[key] for key in ("type", "items", "enum", "format") if key in raw}  # Swagger 2
        compiled = self.schemas["request"].compile(raw.get("schema", own))
        return Parameter(raw["name"], raw["in"], bool(raw.get("required")), compiled)

    def _request_bodies(self, raw: dict[str, Any], parameters: list[dict[str, Any]]) -> tuple[Content, bool]:
        if body := self._resolved(raw.get("requestBody", {})):
            return self._content("request", body.get("content", {})), bool(body.get("required"))
        consumes = raw.get("consumes") or self.document.get("consumes") or ["application/json"]
        for entry in parameters:
            if entry["in"] == "body":
                schema = self.schemas["request"].compile(entry.get("schema"))
                return dict.fromkeys(consumes, schema), bool(entry.get("required"))
        form: Schema = {"properties": {entry["name"]: {} for entry in parameters if entry["in"] == "formData"}}
        return (dict.fromkeys(consumes, form) if form["properties"] else {}), False

    def _answer(self, raw: dict[str, Any], entry: dict[str, Any]) -> Content:
        entry = self._resolved(entry)
        if "schema" in entry:  # Swagger 2
            produces = raw.get("produces") or self.document.get("produces") or ["application/json"]
            return dict.fromkeys(produces, self.schemas["response"].compile(entry["schema"]))
        return self._content("response", entry.get("content", {}))

    def _content(self, way: Way, content: Mapping[str, Any]) -> Content:
        return {
            media.lower(): self.schemas[way].compile(entry["schema"]) if "schema" in entry else None
            for media, entry in content.items()
        }

    def _resolved(self, entry: dict[str, Any]) -> dict[str, Any]:
        found: Any = entry
        while isinstance(found, dict) and "$ref" in found:
            found = _at(self.document, found["$ref"].lstrip("#"))
        return dict(found)


def _at(document: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def _correct(document: dict[str, Any], correction: Correction) -> None:
    parent, _, last = correction.where.rpartition("/")
    put = copy.deepcopy(correction.put)
    try:
        place = _at(document, parent)
        if isinstance(place, list):
            at = len(place) if last == "-" else int(last)  # "-" is behind the last (RFC 6902)
            place[at : at + 1] = [put]
        else:
            place[last.replace("~1", "/").replace("~0", "~")] = put
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise LookupError(f"a correction speaks of {correction.where}, which the description has not") from error


def _as_pattern(path: str) -> str:
    """A path template as a regular expression; a parameter is anything but a slash."""
    return "".join("([^/]+)" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^}]*\})", path))

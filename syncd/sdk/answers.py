"""A vendor's answer checked where it comes in: it is as its model says, or BadAnswer tells where it is not.

How strict that is says the model. What is told names the connection, the answer and the place in it; never a value,
for that may be a customer's words. Refusals are `errors`, how an answer came is `http`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from syncd.sdk.errors import BadAnswer

M = TypeVar("M", bound=BaseModel)
_MOST = 3  # places that a message names
_OURS = frozenset({"value_error", "assertion_error"})
"""Errors whose text comes from a model's own code, which may quote the value."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers that one connection gets. `at` names one of them: its path, or what it is about."""

    connection: str

    def decoded(self, content: bytes, *, at: str) -> Any:
        """The JSON of an answer."""
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            pass
        raise self._bad(at, "no JSON")

    def dated(self, headers: Mapping[str, str]) -> datetime:
        """The vendor's clock when it answered, by its `Date`, in whole seconds: what a cursor is made of."""
        try:
            return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
        except (ValueError, TypeError):
            raise BadAnswer(f"{self.connection}: the answer has no Date, by which polls go on") from None

    def read(self, model: type[M], answer: object, name: str = "", *, at: str) -> M:
        """The object that an answer is, or has under `name`, as a value of ours."""
        found = self.member(answer, name, at=at) if name else answer
        try:
            return model.model_validate(found)
        except ValidationError as error:
            wrong = error.errors(include_input=False, include_url=False, include_context=False)
        # outside of `except`: the error that pydantic raised holds what was answered
        told = "; ".join(_told(each["type"], each["loc"], each["msg"]) for each in wrong[:_MOST])
        raise self._bad(at, f"{name}: {told}" if name else told)

    def read_rows(self, model: type[M], answer: object, name: str = "", *, at: str) -> list[M]:
        """A list of objects, as `rows` finds it."""
        rows = self.rows(answer, name, at=at)
        inside = f"{at}: {name}" if name else at
        return [self.read(model, row, at=f"{inside}[{number}]") for number, row in enumerate(rows)]

    def rows(self, answer: object, name: str = "", *, at: str) -> list[Any]:
        """The list that an answer is, or has under `name`."""
        found = self.member(answer, name, at=at) if name else answer
        if not isinstance(found, list):
            raise self._bad(at, f"{name}: a list was expected" if name else "a list was expected")
        return found

    def record(self, answer: object, name: str = "", *, at: str) -> dict[str, Any]:
        """The object that an answer is, or has under `name`."""
        found = self.member(answer, name, at=at) if name else answer
        if not isinstance(found, dict):
            raise self._bad(at, f"{name}: an object was expected" if name else "an object was expected")
        return found

    def member(self, answer: object, name: str, *, at: str) -> Any:
        """What an answer has under `name`, whatever it is."""
        if not isinstance(answer, dict) or name not in answer:
            raise self._bad(at, f"an object with `{name}` was expected")
        return answer[name]

    def _bad(self, at: str, what: str) -> BadAnswer:
        return BadAnswer(f"{self.connection}: {at}: {what}")


def _told(kind: str, place: tuple[int | str, ...], said: str) -> str:
    where = ".".join(map(str, place)) or "the whole"
    return f"{where}: {'not as described' if kind in _OURS else said}"

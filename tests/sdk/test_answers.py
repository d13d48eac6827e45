"""An answer that is not as described is refused by name of connection and place, and nothing of it is repeated."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict

from syncd.sdk.answers import Answers
from syncd.sdk.errors import BadAnswer

SECRET = "what the customer wrote"
answers = Answers("acme-desk")


def _quoting(value: object) -> object:
    if value == SECRET:
        raise ValueError(f"{value!r} is no size")
    return value


class Thing(BaseModel):
    id: int
    size: Annotated[int, BeforeValidator(_quoting)] = 0
    tags: list[str] = []


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: int


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(BadAnswer) as caught:
        call()
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    return str(caught.value)


# --- what is right comes through -------------------------------------------------------------------------------------


def test_an_answer_as_described_is_a_value() -> None:
    assert answers.read(Thing, {"id": 7, "new": 1}, at="/things/7") == Thing(id=7)
    assert answers.read(Thing, {"thing": {"id": 7}}, "thing", at="/things/7") == Thing(id=7)
    assert answers.read_rows(Thing, [{"id": 7}], at="/things") == [Thing(id=7)]
    assert answers.read_rows(Thing, {"things": [{"id": 7}]}, "things", at="/things") == [Thing(id=7)]
    assert answers.record({"thing": {"id": 7}}, "thing", at="/things/7") == {"id": 7}
    assert answers.member({"value": None}, "value", at="/things/7") is None
    assert answers.decoded(b'{"id": 7}', at="/things/7") == {"id": 7}


def test_how_strict_it_is_says_the_model() -> None:
    assert answers.read(Thing, {"id": "7"}, at="/things/7").id == 7
    assert refusal(lambda: answers.read(Strict, {"id": "7"}, at="/things/7")).endswith("should be a valid integer")
    assert "new: " in refusal(lambda: answers.read(Strict, {"id": 7, "new": 1}, at="/things/7"))


# --- what is wrong is named ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ({"id": SECRET}, "id"),
        ({"id": 7, "tags": ["a", {"b": SECRET}]}, "tags.1"),
        ({"id": 7, "size": SECRET}, "size: not as described"),
        ({"size": 3}, "id: Field required"),
        (SECRET, "the whole"),
        (None, "the whole"),
    ],
)
def test_connection_answer_and_place_are_named(answer: object, place: str) -> None:
    assert refusal(lambda: answers.read(Thing, answer, at="/things/7")).startswith(f"acme-desk: /things/7: {place}")


def test_a_row_is_named_by_its_number() -> None:
    said = refusal(lambda: answers.read_rows(Thing, {"things": [{"id": 1}, {"id": SECRET}]}, "things", at="/things"))
    assert said.startswith("acme-desk: /things: things[1]: id: ")


@pytest.mark.parametrize("answer", [None, SECRET, 7, {}, {"things": SECRET}, {"things": None}, {SECRET: []}])
def test_what_is_no_list_is_refused(answer: object) -> None:
    assert "things" in refusal(lambda: answers.rows(answer, "things", at="/"))
    assert refusal(lambda: answers.rows(answer, at="/things")) == "acme-desk: /things: a list was expected"


@pytest.mark.parametrize("answer", [None, SECRET, [], {"thing": SECRET}, {"thing": [SECRET]}])
def test_what_is_no_object_is_refused(answer: object) -> None:
    assert "thing" in refusal(lambda: answers.record(answer, "thing", at="/"))
    assert "thing" in refusal(lambda: answers.read(Thing, answer, "thing", at="/"))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", SECRET.encode(), b"[" * 100_000])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    assert refusal(lambda: answers.decoded(content, at="/things")) == "acme-desk: /things: no JSON"


def test_many_wrong_places_make_a_short_message() -> None:
    assert len(refusal(lambda: answers.read(Thing, {"id": 1, "tags": [1] * 1000}, at="/things/1"))) < 200


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "yesterday"}])
def test_an_answer_without_its_date_is_no_place_to_go_on_from(headers: dict[str, str]) -> None:
    with pytest.raises(BadAnswer, match="acme-desk: the answer has no Date"):
        answers.dated(headers)


def test_the_date_of_an_answer_is_told_in_utc() -> None:
    assert str(answers.dated({"date": "Mon, 05 Jan 2026 10:00:00 +0100"})) == "2026-01-05 09:00:00+00:00"

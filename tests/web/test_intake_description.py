"""docs/intake.openapi.yaml says what is so: every address, body and answer of the intake API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import yaml
from openapi_core import OpenAPI
from pydantic import BaseModel

from syncd.engine import opening
from syncd.engine.incoming import CustomerBody, EntryBody, LogBody, OpeningBody, TurnBody
from syncd.web import intake
from syncd.web.intake import PATH
from tests.web.served import Served
from tests.web.test_intake import CASE, api, ask

__all__ = ["api"]

FILE = Path(__file__).parents[2] / "docs" / "intake.openapi.yaml"
SAID: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def test_it_is_a_description_and_names_every_address() -> None:
    OpenAPI.from_dict(SAID)
    served = {(route.path, method) for route in intake.routes() for method in route.methods or () if method != "HEAD"}
    assert served == {
        (path, way.upper()) for path, ways in SAID["paths"].items() for way in ways if way != "parameters"
    }


@pytest.mark.parametrize("model", [OpeningBody, EntryBody, CustomerBody, TurnBody, LogBody])
def test_a_body_is_described_as_it_is_read(model: type[BaseModel]) -> None:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    assert SAID["components"]["schemas"][model.__name__] == schema


def fits(answer: httpx.Response, path: str, method: str) -> None:
    described = SAID["paths"][path][method]["responses"]
    assert str(answer.status_code) in described, answer.text
    [(kind, content)] = described[str(answer.status_code)]["content"].items()
    assert answer.headers["content-type"] == kind
    schema = {**content["schema"], "components": SAID["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.json())


async def test_every_answer_is_as_described(api: Served) -> None:
    entries, case = f"{PATH}/{{id}}/entries", f"{PATH}/{{id}}"
    first = await ask(api)
    address = first.json()["href"]
    fits(first, PATH, "post")
    for body, more in (
        (CASE, {"idempotency-key": ""}),
        (CASE, {"secret": "x"}),
        (CASE, {"idempotency-key": "k2"}),
        ({}, {"idempotency-key": "k2"}),
        ({**CASE, "title": "Else"}, {}),
        (b" " * 1_100_000, {}),
        (CASE, {"content-type": "text/html"}),
    ):
        answer = await ask(api, body, **more)
        assert answer.status_code >= 400
        fits(answer, PATH, "post")
    fits(await ask(api, secret="another-secret-of-the-bot"), PATH, "post")
    entry = {"source_id": "e", "summary": "more"}
    fits(await ask(api, entry, path=f"{address}/entries", **{"idempotency-key": "e"}), entries, "post")
    fits(await ask(api, entry, path=f"{PATH}/none/entries", **{"idempotency-key": "f"}), entries, "post")
    fits(await ask(api, path=address, method="GET"), case, "get")
    await opening.work(api.world.site)
    await api.world.sync()
    fits(await ask(api, path=address, method="GET"), case, "get")
    bot = {"path": f"{PATH}/none", "method": "GET", "secret": "another-secret-of-the-bot"}
    answers = [await ask(api, **bot) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 429, 429]  # one was counted above
    for answer in answers:
        fits(answer, case, "get")

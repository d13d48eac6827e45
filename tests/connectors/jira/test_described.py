"""The check of all this traffic bites: a misspelt name fails on both deployments, wherever it stands."""

import json
from typing import Any

import pytest

from syncd.sdk.testing.openapi import Description
from tests.connectors.jira.described import cloud, data_center

JSON = {"content-type": "application/json"}
GOOD: dict[str, Any] = {
    "fields": {"summary": "x", "customfield_10050": {"value": "S1"}},
    "update": {"labels": [{"add": "a"}]},
    "properties": [{"key": "syncd", "value": {"key": "k"}}],
}


@pytest.fixture(params=["cloud", "data_center"])
def site(request: pytest.FixtureRequest) -> tuple[Description, str]:
    return (cloud(), "/rest/api/3") if request.param == "cloud" else (data_center(), "/rest/api/2")


def sent(site: tuple[Description, str], method: str, path: str, body: Any = None) -> list[str]:
    description, base = site
    return description.check_request(
        method, f"http://site{base}{path}", JSON, json.dumps(body).encode() if body else b""
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"feilds": {"summary": "x"}},
        {"fields": {"sumary": "x"}},
        {"fields": {"customfield_1005": "S1"}},
        {"update": {"label": [{"add": "a"}]}},
        {"update": {"labels": [{"ad": "a"}]}},
        {"properties": [{"key": "syncd", "vale": {}}]},
    ],
)
def test_a_misspelt_field_of_a_write_fails(site: tuple[Description, str], bad: dict[str, Any]) -> None:
    assert sent(site, "PUT", "/issue/1", GOOD) == []
    assert sent(site, "PUT", "/issue/1", bad)


def test_a_misspelt_parameter_fails(site: tuple[Description, str]) -> None:
    assert sent(site, "GET", "/issue/1?fields=*all&expand=changelog") == []
    assert sent(site, "GET", "/issue/1?fields=*all&expands=changelog")


@pytest.mark.parametrize("bad", [{"kee": "A-1"}, {"fields": {"sumary": "x"}}, {"fields": {"status": {"nam": "Done"}}}])
def test_a_misspelt_field_of_an_answer_fails(site: tuple[Description, str], bad: dict[str, Any]) -> None:
    description, base = site
    url, good = f"http://site{base}/issue/1", {"key": "A-1", "fields": {"summary": "x", "status": {"name": "Done"}}}
    assert description.check_response("GET", url, 200, JSON, json.dumps(good).encode()) == []
    assert description.check_response("GET", url, 200, JSON, json.dumps(bad).encode())

"""Traffic is checked against vendors' descriptions, and a misspelt name never passes."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from syncd.sdk.testing.openapi import CheckedTransport, Correction, Description, Violation
from tests.specs import spec

JSON = {"content-type": "application/json"}
ISSUE = "https://site.example/rest/api/3/issue"


@pytest.fixture(scope="module")
def jira() -> Description:
    return Description.load(spec("jira/cloud-platform-v3.openapi.json"))


def body(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def described(schema: Mapping[str, Any], **schemas: Any) -> Description:
    """A description of one operation, POST /thing, that takes and gives `schema`."""
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": content, "responses": {"200": content}}
    return Description(
        {"openapi": "3.0.1", "paths": {"/thing": {"post": operation}}, "components": {"schemas": schemas}}
    )


def sent(description: Description, **fields: Any) -> list[str]:
    return description.check_request("POST", "https://a.example/thing", JSON, body(**fields))


def answered(description: Description, **fields: Any) -> list[str]:
    return description.check_response("POST", "https://a.example/thing", 200, JSON, body(**fields))


# --- misspelt names in a vendor's own description ---------------------------------------------------------------------


def test_a_misspelt_request_field_fails(jira: Description) -> None:
    good = {"fields": {"summary": "x"}, "properties": [{"key": "syncd", "value": {"key": "k"}}]}
    assert jira.check_request("POST", ISSUE, JSON, body(**good)) == []
    bad = {"fields": {"summary": "x"}, "propertys": []}
    (error,) = jira.check_request("POST", ISSUE, JSON, body(**bad))
    assert "POST /rest/api/3/issue: request $" in error
    assert "propertys" in error


def test_a_misspelt_nested_request_field_fails_at_its_place(jira: Description) -> None:
    (error,) = jira.check_request("POST", ISSUE, JSON, body(fields={}, properties=[{"key": "a", "valu": 1}]))
    assert "$.properties[0]" in error
    assert "valu" in error


def test_a_misspelt_query_parameter_fails(jira: Description) -> None:
    assert jira.check_request("GET", f"{ISSUE}/1?fields=a,b&expand=changelog", {}, b"") == []
    (error,) = jira.check_request("GET", f"{ISSUE}/1?fielts=a", {}, b"")
    assert "`fielts` is not declared" in error


def test_a_misspelt_response_field_fails(jira: Description) -> None:
    good = {"id": "1", "key": "A-1", "changelog": {"histories": [{"id": "1", "author": {"accountId": "a"}}]}}
    assert jira.check_response("GET", f"{ISSUE}/1", 200, JSON, body(**good)) == []
    bad = {"id": "1", "changelog": {"histories": [{"id": "1", "author": {"acountId": "a"}}]}}
    (error,) = jira.check_response("GET", f"{ISSUE}/1", 200, JSON, body(**bad))
    assert "$.changelog.histories[0].author" in error


def test_an_operation_that_nobody_declared_fails(jira: Description) -> None:
    (error,) = jira.check_request("GET", "https://site.example/rest/api/3/isue/1", {}, b"")
    assert "no such operation" in error


def test_a_status_that_nobody_declared_fails_but_a_gateway_may_refuse(jira: Description) -> None:
    comment = f"{ISSUE}/1/comment"
    assert "status 200" in jira.check_response("POST", comment, 200, JSON, b"{}")[0]
    assert jira.check_response("POST", comment, 429, {}, b"") == []


def test_an_upload_may_be_multipart_and_nothing_else(jira: Description) -> None:
    url, kind = f"{ISSUE}/1/attachments", "multipart/form-data; boundary=x"
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n--x--'
    assert jira.check_request("POST", url, {"Content-Type": kind}, part) == []
    assert "without a named part" in jira.check_request("POST", url, {"Content-Type": kind}, b"--x--")[0]
    assert "content type" in jira.check_request("POST", url, JSON, b"{}")[0]


# --- how schemas are read -----------------------------------------------------------------------------------------


def test_properties_are_closed_even_where_the_description_leaves_them_open() -> None:
    thing = described({"type": "object", "additionalProperties": True, "properties": {"a": {"type": "string"}}})
    assert sent(thing, a="x") == []
    assert sent(thing, b="x")
    assert answered(thing, b="x")


def test_a_free_map_takes_any_name() -> None:
    assert (
        sent(described({"type": "object", "properties": {"fields": {"additionalProperties": {}}}}), fields={"z": 1})
        == []
    )
    assert sent(described({"type": "object"}), z=1) == []


def test_parts_of_allof_count_together() -> None:
    parts = {"A": {"properties": {"a": {}}}, "B": {"additionalProperties": False, "properties": {"b": {}}}}
    both = {"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"c": {}}}]}
    thing = described(both, **parts)
    assert sent(thing, a=1, c=2) == []
    assert sent(thing, a=1, d=2)


def test_alternatives_each_keep_their_names() -> None:
    thing = described(
        {"oneOf": [{"properties": {"a": {"type": "integer"}}}, {"properties": {"b": {"type": "string"}}}]}
    )
    assert sent(thing, a=1) == []
    assert sent(thing, b="x") == []
    assert sent(thing, a=1, b="x")
    assert sent(thing, c=1)


def test_what_only_the_vendor_sets_may_be_answered_but_not_sent() -> None:
    thing = described(
        {"required": ["id"], "properties": {"id": {"readOnly": True, "type": "integer"}, "secret": {"writeOnly": True}}}
    )
    assert sent(thing, secret="s") == []
    assert sent(thing, id=1)
    assert answered(thing, id=1) == []
    assert answered(thing, id=1, secret="s")
    assert answered(thing)  # the required id is missing


def test_null_only_where_it_is_declared() -> None:
    thing = described(
        {"properties": {"a": {"type": "string", "nullable": True, "enum": ["x"]}, "b": {"type": "string"}}}
    )
    assert sent(thing, a=None) == []
    assert sent(thing, b=None)


@pytest.mark.parametrize(
    ("format_", "good", "bad"),
    [
        ("date-time", "2025-08-12T09:05:06.887+0200", "2025-08-12T09:05:06"),
        ("date", "2025-08-12", "12.8.2025"),
        ("int32", 1, 2**31),
        ("int64", 2**40, 2**63),
        ("uuid", "12345678-1234-5678-1234-567812345678", "1234"),
    ],
)
def test_formats_are_checked(format_: str, good: Any, bad: Any) -> None:
    thing = described({"properties": {"a": {"format": format_}}})
    assert sent(thing, a=good) == []
    assert sent(thing, a=bad)


def test_a_swagger_2_description_is_read_too() -> None:
    project = "https://gitlab.example/api/v4/projects/1/issues"
    gitlab = Description.load(spec("gitlab/rest-v4.swagger2.json"))
    assert gitlab.check_request("POST", project, JSON, body(title="x")) == []
    assert "titel" in gitlab.check_request("POST", project, JSON, body(title="x", titel="y"))[0]
    assert "`sinc`" in gitlab.check_request("GET", f"{project}?sinc=1", {}, b"")[0]


def test_a_correction_mends_the_description_and_must_hit_something(jira: Description) -> None:
    names = {"type": "object", "additionalProperties": {}, "propertyNames": {"enum": ["summary"]}}
    where = "/components/schemas/IssueUpdateDetails/properties/fields"
    path = spec("jira/cloud-platform-v3.openapi.json")
    mended = Description.load(path, corrections=[Correction(where, names, "the account's own fields")])
    assert jira.check_request("POST", ISSUE, JSON, body(fields={"sumary": "x"})) == []
    assert "sumary" in mended.check_request("POST", ISSUE, JSON, body(fields={"sumary": "x"}))[0]
    with pytest.raises(LookupError, match="nowhere"):
        Description.load(path, corrections=[Correction("/components/nowhere/at/all", {}, "")])


# --- the transport --------------------------------------------------------------------------------------------------


def transport(answer: httpx.Response, description: Description) -> CheckedTransport:
    return CheckedTransport(httpx.MockTransport(lambda request: answer), description, beside={"/files/": "storage"})


async def test_the_transport_passes_what_is_right_and_counts_it(jira: Description) -> None:
    checked = transport(httpx.Response(200, json={"id": "1"}), jira)
    async with httpx.AsyncClient(transport=checked) as client:
        assert (await client.get(f"{ISSUE}/1")).json() == {"id": "1"}
        await client.get("https://site.example/files/1")
    assert checked.seen == {"GET /rest/api/3/issue/{issueIdOrKey}": 1}


async def test_the_transport_stops_what_is_wrong_in_either_direction(jira: Description) -> None:
    checked = transport(httpx.Response(200, json={"kye": "A-1"}), jira)
    async with httpx.AsyncClient(transport=checked) as client:
        with pytest.raises(Violation, match="kye"):
            await client.get(f"{ISSUE}/1")
        with pytest.raises(Violation, match="fielts"):
            await client.get(f"{ISSUE}/1", params={"fielts": "a"})
    assert len(checked.violations) == 2

"""The page is for this machine or for whoever knows the password; nobody else learns that it is there."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syncd.store import meta, overview
from syncd.web import page
from tests.web.served import LOCAL, Served, served

PAGES = ("/", "/static/page.css", "/static/page.js", "/static/icon.svg", "/api/status", "/metrics")
PASSWORD = "pässword: long"


def basic(password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"anna:{password}".encode()).decode()}


@pytest.fixture
async def locked(store_url: str) -> AsyncIterator[Served]:
    async with served(store_url, password=PASSWORD) as made:
        yield made


@pytest.mark.parametrize("url", [LOCAL, "http://localhost:8080", "http://LOCALHOST", "http://[::1]:8080"])
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "127.8.8.8"])
async def test_a_browser_on_this_machine_sees_everything(site: Served, url: str, peer: str) -> None:
    async with site.client(url=url, peer=peer) as client:
        assert {(await client.get(path)).status_code for path in PAGES} == {200}


@pytest.mark.parametrize(
    "host",
    ["syncd.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.5", "0.0.0.0", "[::1", "",
     "@127.0.0.1", "evil@127.0.0.1", "127.0.0.1/evil", "127.0.0.1:80:80", "\xff", "[::1]evil", "2130706433"],
)  # fmt: skip
async def test_asked_for_by_another_name_there_is_no_page(site: Served, host: str) -> None:
    async with site.client() as client:
        for path in PAGES:
            answer = await client.get(path, headers={b"host": host.encode("latin-1")})
            assert (answer.status_code, answer.json()) == (404, {"error": "not found"})


@pytest.mark.parametrize("peer", ["203.0.113.7", "10.0.0.5", "::2", "::ffff:10.0.0.5", ""])
async def test_from_another_machine_there_is_no_page(site: Served, peer: str) -> None:
    async with site.client(peer=peer) as client:
        assert {(await client.get(path)).status_code for path in PAGES} == {404}


@pytest.mark.parametrize("mark", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "CF-Connecting-IP"])
async def test_through_a_proxy_there_is_no_page(site: Served, mark: str) -> None:
    assert {(await site.get(path, headers={mark: "127.0.0.1"})).status_code for path in PAGES} == {404}


async def test_with_a_password_it_is_asked_for_on_this_machine_too(locked: Served) -> None:
    for path in PAGES:
        answer = await locked.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert (await locked.get(path, headers=basic(PASSWORD))).status_code == 200


async def test_with_a_password_it_is_shown_elsewhere(locked: Served) -> None:
    async with locked.client(url="https://syncd.example", peer="203.0.113.7") as client:
        assert (await client.get("/", headers=basic(PASSWORD))).status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(b"Basic \xe4\xf6")  # neither base64 nor ASCII
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda said: b"Basic " + base64.b64encode(said)))
async def test_nothing_else_opens_it(locked: Served, said: bytes) -> None:
    async with locked.client() as client:
        answer = await client.get("/api/status", headers={b"authorization": said})
        assert answer.status_code == 401


@pytest.mark.parametrize("wrong", [PASSWORD[:-1], PASSWORD + " ", PASSWORD.upper(), ""])
async def test_nearly_right_is_wrong(locked: Served, wrong: str) -> None:
    assert (await locked.get("/", headers=basic(wrong))).status_code == 401


async def test_a_page_runs_nothing_but_its_own_files(site: Served) -> None:
    for path in PAGES:
        headers = (await site.get(path)).headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers
    front = (await site.get("/")).text
    assert "style=" not in front
    assert "<script>" not in front
    assert "onload=" not in front


async def test_every_file_of_the_page_is_served_and_no_other(site: Served) -> None:
    for name, kind in page.TYPES.items():
        answer = await site.get(f"/static/{name}")
        assert answer.headers["content-type"].startswith(kind)
    for name in ("page.py", "../page.py", "..%2fpage.py", "%2e%2e/page.py", "page.html%00", ""):
        assert (await site.get(f"/static/{name}")).status_code == 404


async def test_looking_changes_nothing(site: Served) -> None:
    await site.world.linked()
    store = site.world.store
    before = await store.read(lambda c: (overview.waiting(c, site.world.clock()), meta.count(c, meta.GENERATION)))
    wrote = len(site.world.support.writes) + len(site.world.engineering.writes)
    for path in (*PAGES, "/healthz", "/readyz"):
        assert (await site.get(path)).status_code == 200
        async with site.client() as client:
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                assert (await client.request(method, path)).status_code == 405
    assert before == await store.read(
        lambda c: (overview.waiting(c, site.world.clock()), meta.count(c, meta.GENERATION))
    )
    assert wrote == len(site.world.support.writes) + len(site.world.engineering.writes)


async def test_a_wrong_path_is_never_followed_elsewhere(site: Served) -> None:
    for path in (
        "/api/status/",
        "/metrics/",
        f"{LOCAL}//evil.example/",
        "/api/%00",
        "/%ff",
        "/hooks/..%2f",
        "/healthz/",
    ):
        answer = await site.get(path)
        assert answer.status_code == 404, path
        assert "location" not in answer.headers

"""The simulated Zammad behaves as the vendor's pages and source say, so that it can prove the connector wrong."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from syncd.sdk.testing.simulator import Limit
from syncd_zammad import ZammadConfig
from syncd_zammad.simulator import ANA, CAROL, ZammadSimulator
from syncd_zammad.simulator.sanitizer import clean
from tests.connectors.zammad.world import ZammadWorld


@pytest.fixture
async def browser(world: ZammadWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Past the check: a person's page, and requests that the connector never sends."""
    transport, url = world.simulator.transport(), world.simulator.url
    async with httpx.AsyncClient(transport=transport, base_url=url, follow_redirects=True) as client:
        client.headers["authorization"] = "Token token=zammad-token"
        yield client


# --- the page --------------------------------------------------------------------------------------------------------


async def test_a_person_opens_reads_answers_and_changes_a_ticket(
    browser: httpx.AsyncClient, world: ZammadWorld
) -> None:
    files = {"files": ("log.txt", b"first log", "text/plain")}
    page = await browser.post("/zammad", data={"title": "Export fails", "text": "Help & hurry"}, files=files)
    [ticket] = world.simulator.desk.tickets.values()
    assert "Export fails" in page.text
    assert "Help &amp; hurry" in page.text
    assert (ticket.author, ticket.values["customer_id"]) == (int(ANA.id), int(CAROL.id))
    data = {"text": "for us", "public": "no"}
    await browser.post(f"/zammad/{ticket.id}/answers", data=data, files={"files": ("two.txt", b"two", "text/plain")})
    assert [article.internal for article in ticket.articles] == [False, True]
    shown = ticket.articles[1].files[0]
    assert (await browser.get(f"/zammad/{ticket.id}/files/{shown.id}")).content == b"two"
    assert (await browser.get(f"/zammad/{ticket.id}/files/0")).status_code == 404
    fields = {"state_id": "4", "priority_id": "3", "tags": "a, b", "title": "Export fails again"}
    await browser.post(f"/zammad/{ticket.id}/fields", data=fields)
    await browser.post(f"/zammad/{ticket.id}/fields", data={"tags": "b"})
    assert (ticket.values["state_id"], ticket.values["priority_id"], ticket.tags) == (4, 3, ["b"])
    listed = (await browser.get("/")).text
    assert "Export fails again" in listed
    assert "closed" in listed


async def test_a_refusal_is_shown_to_the_person(browser: httpx.AsyncClient, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    page = await browser.post(f"/zammad/{ref}/fields", data={"state_id": "3"})
    assert "pending_time" in page.text
    assert world.ticket(ref).values["state_id"] == 1
    assert (await browser.get("/zammad/999")).status_code == 404


async def test_a_merged_ticket_cannot_be_changed_on_its_page(world: ZammadWorld) -> None:
    one, two = world.simulator.make("one"), world.simulator.make("two")
    with world.simulator.acting(ANA):
        world.simulator.desk.merge(world.ticket(one), world.ticket(two))
    sheet = world.simulator.sheet(one)
    assert sheet
    assert sheet.locked


# --- the vendor's ways -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("credential", "status"), [(None, 403), ("Token token=wrong", 401), ("Bearer zammad-token", 200)]
)
async def test_who_calls_is_known_by_a_token(browser: httpx.AsyncClient, credential: str | None, status: int) -> None:
    headers = {"authorization": credential} if credential else {}
    if credential is None:
        del browser.headers["authorization"]
    answer = await browser.get("/api/v1/users/me", headers=headers)
    assert answer.status_code == status
    assert status == 200 or answer.json()["error"]


async def test_a_customer_sees_no_internal_article(browser: httpx.AsyncClient, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails", "words")
    world.simulator.write(ref, "for us", public=False)
    browser.headers["authorization"] = f"Token token={CAROL.token}"
    shown = (await browser.get(f"/api/v1/ticket_articles/by_ticket/{ref}")).json()
    assert [article["body"] for article in shown] == ["words"]


@pytest.mark.parametrize(("elasticsearch", "found"), [(True, []), (False, ["Export fails"])])
async def test_words_are_searched_in_an_index_that_lags_or_by_like(elasticsearch: bool, found: list[str]) -> None:
    world = ZammadWorld(elasticsearch=elasticsearch)
    world.simulator.lag = timedelta(seconds=5)
    world.simulator.make("Export fails")
    async with httpx.AsyncClient(transport=world.simulator.transport(), base_url=world.simulator.url) as client:
        client.headers["authorization"] = "Token token=zammad-token"

        async def search(words: str) -> list[str]:
            rows = (await client.get("/api/v1/tickets/search", params={"query": words, "expand": "true"})).json()
            return [row["title"] for row in rows]

        assert await search("export") == found
        assert await search("updated_at:>2026-01-01") == [], "a query by time finds nothing where words are looked for"
        world.clock.advance(6)
        assert await search("export") == ["Export fails"]


async def test_conditions_are_anded_and_unknown_ones_refused(browser: httpx.AsyncClient, world: ZammadWorld) -> None:
    world.simulator.make("Export fails")
    world.simulator.make("Export is slow", by=ANA)

    async def search(**conditions: Any) -> Any:
        condition = {f"ticket.{name}": each for name, each in conditions.items()}
        return await browser.post("/api/v1/tickets/search", json={"condition": condition})

    title = {"operator": "contains", "value": "Export"}
    both = await search(title=title, created_by_id={"operator": "is", "value": [ANA.id]})
    assert [row["title"] for row in both.json()] == ["Export is slow"]
    past = await search(created_at={"operator": "before (absolute)", "value": "2020-01-01T00:00:00.000Z"})
    assert past.json() == []
    for wrong in (await search(title={"operator": "is like"}), await search(kestrel=title)):
        assert wrong.status_code == 500
    assert (await browser.get("/api/v1/tickets/search", params={"sort_by": "kestrel"})).status_code == 500


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Need at least article"),
        ({"body": "x" * 1_500_001}, "too large"),
        ({"body": "x", "type": "kestrel"}, "No lookup value"),
        ({"body": "x", "attachments": [{"filename": "a", "data": "eA=="}]}, "mime-type"),
        ({"body": "x", "attachments": [{"filename": "a", "data": "e", "mime-type": "b"}]}, "Invalid base64"),
    ],
    ids=["no body", "long", "type", "no mime-type", "no base64"],
)
async def test_a_bad_article_is_refused_with_a_reason(
    browser: httpx.AsyncClient, world: ZammadWorld, body: dict[str, Any], said: str
) -> None:
    ref = world.simulator.make("Export fails")
    answer = await browser.post("/api/v1/ticket_articles", json={"ticket_id": int(ref), **body})
    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert len(world.ticket(ref).articles) == 1


async def test_only_the_visibility_of_an_article_can_be_changed(browser: httpx.AsyncClient, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    id = world.simulator.write(ref, "words", public=True)
    before = world.ticket(ref).updated
    await browser.put(f"/api/v1/ticket_articles/{id}", json={"internal": True, "body": "other words"})
    article = world.ticket(ref).articles[-1]
    assert (article.internal, article.body) == (True, "words")
    assert world.ticket(ref).updated == before


async def test_a_merge_by_the_api_needs_a_number_and_a_target_that_is_not_merged(
    browser: httpx.AsyncClient, world: ZammadWorld
) -> None:
    one, two, three = (world.simulator.make(title) for title in ("one", "two", "three"))
    number = world.ticket(two).number
    assert (await browser.put(f"/api/v1/ticket_merge/{one}/{two}9")).json()["result"] == "failed"
    assert (await browser.put(f"/api/v1/ticket_merge/{one}/{number}")).json()["result"] == "success"
    answer = await browser.put(f"/api/v1/ticket_merge/{three}/{world.ticket(one).number}")
    assert answer.status_code == 422
    assert [article.body for article in world.ticket(one).articles] == ["merged"]


async def test_only_an_administrator_deletes_a_ticket(browser: httpx.AsyncClient, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    headers = {"authorization": f"Token token={ANA.token}"}
    assert (await browser.delete(f"/api/v1/tickets/{ref}", headers=headers)).status_code == 403
    assert (await browser.delete(f"/api/v1/tickets/{ref}")).status_code == 200
    assert (await browser.get(f"/api/v1/tickets/{ref}")).status_code == 404


async def test_a_limit_is_the_proxys_and_not_in_json(browser: httpx.AsyncClient, world: ZammadWorld) -> None:
    world.simulator.limit = Limit(1)
    assert (await browser.get("/api/v1/users/me")).status_code == 200
    answer = await browser.get("/api/v1/users/me")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert answer.headers["content-type"].startswith("text/plain")


def test_its_connection_is_one_that_the_connector_takes() -> None:
    assert ZammadConfig(**ZammadSimulator().connection()).link_field == "engineering_issue"


# --- what it makes of HTML -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("a<br/>b", "a<br>b"),
        ("<p onclick='x()' class='c' id='i'>a</p>", '<p class="c">a</p>'),
        ("<script>alert(1)</script><style>p{}</style>a", "a"),
        ("<blink>a</blink>", "a"),
        ('<a href="javascript:x">a</a>', "<a>a</a>"),
        ("a &amp; b &lt; c", "a &amp; b &lt; c"),
    ],
)
def test_html_is_kept_by_allow_list(html: str, kept: str) -> None:
    assert clean(html).html == kept

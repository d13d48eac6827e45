"""The account, what each deed costs, and what a refusal means; the traffic is checked against the vendor's pages."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from syncd.core.model import Fields, Person
from syncd.sdk.connector import ONLY_FIELDS, Draft
from syncd.sdk.errors import BadAnswer, Forbidden, NotFound, RateLimited, Rejected, Unauthorized, Unavailable
from syncd.sdk.testing.faults import LostAfter, Status
from syncd_zammad import Zammad, ZammadConfig
from syncd_zammad.simulator import ACCOUNT, ANA, BEN, CAROL, LINK_FIELD
from syncd_zammad.simulator.desk import refused
from tests.connectors.zammad.steps import CORE_7, file, internal, poll
from tests.connectors.zammad.world import ZammadWorld

FIVE: Fields = {
    "priority": "3 high",
    "status": "open",
    "title": "Export fails for all",
    "severity": "sev1",
    "group": "Service Desk",
}

# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.shows("several fields in one request")
async def test_what_each_deed_costs(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.clock.advance(300)
    cost: dict[str, int] = {}

    async def count(name: str, deed: Any) -> Any:
        before = world.requests
        made = await deed
        cost[name] = world.requests - before
        return made

    seen = await count("read for the first time", zammad.fetch(ref))
    await count("read fields", zammad.fetch(ref, parts=ONLY_FIELDS))
    await count("read with thread", zammad.fetch(ref))
    await count("write five fields", zammad.update(ref, FIVE, expect=seen.revision))
    await count("check what was written", zammad.fetch(ref, parts=ONLY_FIELDS, since=seen.revision))
    await count("write one tag", zammad.update(ref, {"tags": frozenset({"export"})}, expect=seen.revision))
    await count("comment with a file", zammad.comment(ref, internal("x", file("a", b"a")), key="key-1", expect=""))
    await count("link back", zammad.link_back(ref, CORE_7))
    await count("close", zammad.close(ref))
    await count("create", zammad.create(Draft({"group": "Sales"}, {"title": "Made"}), key="key-2"))
    await count("find", zammad.find("key-3"))
    world.clock.advance(300)
    _, cursor = await poll(zammad, None)
    await count("idle poll", poll(zammad, cursor))
    assert cost == {
        "read for the first time": 3,
        "read fields": 2,
        "read with thread": 3,
        "write five fields": 1,
        "check what was written": 3,
        "write one tag": 3,
        "comment with a file": 1,
        "link back": 1,
        "close": 2,
        "create": 2,
        "find": 1,
        "idle poll": 1,
    }


# --- the account -----------------------------------------------------------------------------------------------------


async def test_a_wrong_token_is_refused(world: ZammadWorld) -> None:
    connector = world.connector(token="wrong")
    with pytest.raises(Unauthorized):
        await connector.check()
    await connector.aclose()


async def test_an_oauth_token_signs_in_too(world: ZammadWorld) -> None:
    connector = world.connector(token=None, oauth_token=ACCOUNT.token)
    assert (await connector.check()).lacks == ()
    await connector.aclose()


@pytest.mark.parametrize("given", [{}, {"token": "t", "oauth_token": "o"}], ids=["none", "both"])
def test_one_credential_is_needed_and_no_secret_is_shown(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        ZammadConfig.model_validate({"connector": "zammad", "url": "https://helpdesk.acme.example", **given})
    assert "oauth_token" in str(caught.value)
    assert "input_value" not in str(caught.value)


async def test_an_agent_without_admin_object_is_told_so_and_may_declare_the_attributes(world: ZammadWorld) -> None:
    plain, declared = world.connector(token=ANA.token), world.connector(token=ANA.token, attributes=DECLARED)
    assert any("admin.object" in lack for lack in (await plain.check()).lacks)
    assert (await declared.check()).lacks == ()
    ref = world.simulator.make("Export fails", outage_began="2026-03-29")
    assert "outage_began" not in (await plain.fetch(ref)).fields
    assert (await declared.fetch(ref)).fields["outage_began"] == date(2026, 3, 29)
    await plain.aclose()
    await declared.aclose()


DECLARED = {"outage_began": "date"}


@pytest.mark.shows("missing rights told")
async def test_a_group_that_may_only_be_read_and_a_missing_state_are_named(world: ZammadWorld) -> None:
    world.simulator.desk.users[int(ACCOUNT.id)].groups[1] = ["read"]
    connector = world.connector(closed_state="done")
    lacks = " ".join((await connector.check()).lacks)
    assert "Sales" in lacks
    assert "`done`" in lacks
    with pytest.raises(Rejected) as refused:
        await connector.close(world.simulator.make("Export fails"))
    assert refused.value.field == "status"
    await connector.aclose()


async def test_a_customers_token_lacks_everything(world: ZammadWorld) -> None:
    connector = world.connector(token=CAROL.token)
    assert "an agent's access to a group" in (await connector.check()).lacks
    await connector.aclose()


@pytest.mark.parametrize("elasticsearch", [True, False])
async def test_only_an_agent_is_found_whichever_search_there_is(elasticsearch: bool) -> None:
    world = ZammadWorld(elasticsearch=elasticsearch)
    zammad = world.connector()
    assert await zammad.person("BEN@acme.example") == Person(BEN.id)
    assert await zammad.person(CAROL.email) is None, "customers are not assigned"
    assert await zammad.person("acme.example") is None
    assert await zammad.person('x" OR role:admin@x') is None
    world.simulator.desk.users[int(BEN.id)].active = False
    assert await zammad.person(BEN.email) is None
    await zammad.aclose()


async def test_the_description_knows_groups_words_and_attributes(zammad: Zammad) -> None:
    described = await zammad.describe()
    fields = {info.name: info for info in described.fields}
    assert fields["severity"].options == ("sev1", "sev2", "sev3")
    assert fields["regression"].options == ("true", "false")
    assert fields["status"].options == ("new", "open", "pending reminder", "closed", "pending close")
    assert LINK_FIELD not in fields, "the attribute that shows the issue is ours"
    assert set(described.containers) == {"Sales", "2nd Level", "Service Desk"}
    assert described.public_containers == frozenset()


# --- what a refusal means --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "error"),
    [
        ("Maintenance mode enabled!", Unavailable),
        ("API token access disabled!", Unauthorized),
        ("Not authorized", Forbidden),
    ],
)
async def test_a_403_may_be_maintenance_or_the_token(
    zammad: Zammad, world: ZammadWorld, monkeypatch: pytest.MonkeyPatch, sentence: str, error: type[Exception]
) -> None:
    ref = world.simulator.make("Export fails")

    def refuse(*given: Any) -> None:
        raise refused(403, sentence)

    monkeypatch.setattr(world.simulator.desk, "update", refuse)
    with pytest.raises(error):
        await zammad.update(ref, {"title": "x"}, expect="")


@pytest.mark.parametrize(
    ("name", "value"), [("status", "dreaming"), ("priority", "9 wild"), ("group", "kestrel 1"), ("severity", "kestrel")]
)
async def test_a_refusal_names_the_field_and_never_the_value(
    zammad: Zammad, world: ZammadWorld, name: str, value: str
) -> None:
    ref = world.simulator.make("Export fails")
    with pytest.raises(Rejected) as caught:
        await zammad.update(ref, {name: value}, expect="")
    assert caught.value.field == name
    assert "kestrel" not in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "x"},
        {"number": "1"},
        {"customer": Person("6")},
        {"title": "  "},
        {"owner": Person("")},
        {"owner": Person("../1")},
        {"status": "merged"},
        {"status": "removed"},
        {"tags": frozenset({"a,b"})},
        {"tags": frozenset({" a"})},
        {"affected_users": Decimal("1.5")},
        {"nothing like it": "x"},
    ],
    ids=str,
)
async def test_what_cannot_be_written_is_refused_before_anything_is_sent(
    zammad: Zammad, world: ZammadWorld, fields: Any
) -> None:
    ref, before = world.simulator.make("Export fails"), world.requests
    with pytest.raises(Rejected) as caught:
        await zammad.update(ref, fields, expect="")
    assert [caught.value.field] == list(fields)
    assert world.requests == before


async def test_a_ticket_of_a_group_that_is_closed_to_us_is_forbidden(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails", group="Sales")
    del world.simulator.desk.users[int(ACCOUNT.id)].groups[1]
    with pytest.raises(Forbidden):
        await zammad.fetch(ref)


@pytest.mark.shows("limit obeyed when it is hit")
async def test_a_limit_of_the_proxy_is_obeyed(zammad: Zammad, world: ZammadWorld) -> None:
    """Zammad itself has none. What stands before it answers in no JSON."""
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("PUT *", Status(429, retry_after=93))
    with pytest.raises(RateLimited) as caught:
        await zammad.update(ref, {"title": "x"}, expect="")
    assert caught.value.retry_after == 93
    with pytest.raises(RateLimited):
        await zammad.fetch(ref)
    assert zammad.quotas() == ()


async def test_a_write_without_an_answer_may_have_happened(zammad: Zammad, world: ZammadWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("PUT *", LostAfter())
    with pytest.raises(Unavailable) as caught:
        await zammad.update(ref, {"title": "written"}, expect="")
    assert caught.value.sent
    assert world.ticket(ref).values["title"] == "written"


async def test_after_the_first_part_no_error_says_that_nothing_happened(zammad: Zammad, world: ZammadWorld) -> None:
    """Fields go in one request and each tag in another."""
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("POST */tags/add", Status(429, retry_after=0))
    with pytest.raises(Unavailable) as caught:
        await zammad.update(ref, {"title": "written", "tags": frozenset({"a"})}, expect="")
    assert caught.value.sent
    world.simulator.faults.on("POST */tags/add", Status(429, retry_after=0))
    with pytest.raises(RateLimited):
        await zammad.update(ref, {"tags": frozenset({"a"})}, expect="")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("updated_at", "2026-01-05T09:00:00Z"), ("updated_at", None), ("owner_id", "kestrel"), ("article_ids", 7)],
)
async def test_an_answer_that_is_not_as_described_names_the_path_and_no_value(
    zammad: Zammad, world: ZammadWorld, monkeypatch: pytest.MonkeyPatch, name: str, wrong: object
) -> None:
    ref = world.simulator.make("Export fails")
    shapes = world.simulator.desk.shapes
    right = shapes.ticket(world.ticket(ref))
    monkeypatch.setattr(shapes, "ticket", lambda ticket: {**right, name: wrong})
    monkeypatch.setattr(world.transport, "_complain", lambda found: None)  # the check would see it first
    with pytest.raises(BadAnswer, match=f"ticket: {name}") as caught:
        await zammad.fetch(ref)
    assert "kestrel" not in str(caught.value)
    with pytest.raises(Unavailable) as unknown:
        await zammad.update(ref, {"title": "written"}, expect="")
    assert unknown.value.sent, "after a write it is unknown whether it happened"


async def test_an_id_that_is_none_never_stands_in_an_address(zammad: Zammad, world: ZammadWorld) -> None:
    before = world.requests
    for ref in ("1/../2", "0", "-1", "1?x", "９", ""):
        with pytest.raises(Rejected):
            await zammad.fetch(ref)
        with pytest.raises(Rejected):
            await zammad.delete_comment("1", ref)
    assert world.requests == before


async def test_a_deleted_ticket_is_merely_not_found(zammad: Zammad, world: ZammadWorld) -> None:
    """DELETE is for good, and nothing remembers it (ticket-index.rst)."""
    ref = world.simulator.make("Export fails")
    with world.simulator.acting(ACCOUNT):
        world.simulator.desk.delete(world.ticket(ref))
    for deed in (
        zammad.fetch(ref),
        zammad.update(ref, {"tags": frozenset({"a"})}, expect=""),
        zammad.comment(ref, internal("x"), key="key-1", expect=""),
        zammad.link_back(ref, CORE_7),
        zammad.close(ref),
    ):
        with pytest.raises(NotFound):
            await deed

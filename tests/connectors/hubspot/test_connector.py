"""What only HubSpot does with a ticket: keys, stages, properties, histories, ends, and what each deed costs."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from syncd.core.model import Internal, Life, Person, RichText, Value
from syncd.sdk.connector import ONLY_FIELDS, Capability, Draft
from syncd.sdk.errors import BadAnswer, Forbidden, NotFound, Rejected, Unauthorized, Unavailable
from syncd.sdk.testing.faults import LostAfter, LostBefore, Status
from syncd_hubspot import Hubspot, HubspotConfig
from syncd_hubspot.simulator import ANA, BEN, CAROL, KEY, LINK
from syncd_hubspot.simulator.account import BILLING, WAITING
from syncd_hubspot.simulator.state import Pipeline, Stage
from tests.connectors.hubspot.steps import CORE_7, DRAFT, NOTES, TICKETS, bodies, comments, file, said
from tests.connectors.hubspot.world import HubspotWorld

# -- the account


@pytest.mark.shows("missing rights told")
async def test_what_the_account_lacks_is_named(world: HubspotWorld) -> None:
    crm = world.simulator.crm
    crm.properties["notes"].pop(KEY)
    del crm.properties["tickets"][LINK]
    world.simulator.may_read_owners = False
    connector = world.connector(key_property="severity")
    account = await connector.check()
    assert account.id == "98765"
    assert account.lacks == (
        "read owners (crm.objects.owners.read), which names people",
        "unique values for the property `severity` of tickets",
        "to have the property `severity` of tickets hidden",
        "a property `severity` on notes, to carry syncd's key",
        f"a property `{LINK}` on tickets, to show the engineering issue",
    )


async def test_properties_of_notes_that_we_may_not_ask_for_are_lacking(world: HubspotWorld) -> None:
    world.simulator.faults.on("GET /crm/v3/properties/notes", Status(403))
    assert (await world.connector().check()).lacks == (f"a property `{KEY}` on notes, to carry syncd's key",)


async def test_a_wrong_token_is_said_at_once(world: HubspotWorld) -> None:
    with pytest.raises(Unauthorized):
        await world.connector(token="wrong").check()


async def test_a_description_has_the_accounts_words_and_neither_key_nor_link(hubspot: Hubspot) -> None:
    described = await hubspot.describe()
    fields = {info.name: info for info in described.fields}
    assert fields["status"].options == (
        *("New", "Waiting on contact", "Waiting on us", "Closed"),
        *("In review", "Refunded"),
    )
    assert fields["severity"].options == ("sev1", "sev2", "sev3")
    assert fields["vip"].options == ("true", "false")
    assert not fields["score"].writable
    assert "property.status" in fields
    assert {KEY, LINK}.isdisjoint(fields)
    assert (set(described.containers), described.public_containers) == ({"Support Pipeline", "Billing"}, frozenset())


async def test_stages_of_one_name_in_a_pipeline_are_told_apart(world: HubspotWorld) -> None:
    world.simulator.crm.pipelines.append(Pipeline("5", "Twins", (Stage("51", "Open"), Stage("52", "Open"))))
    hubspot = world.connector()
    ref = world.simulator.make("x", hs_pipeline="5", hs_pipeline_stage="51")
    assert (await hubspot.fetch(ref)).fields["status"] == "Open (51)"
    await hubspot.update(ref, {"status": "Open (52)"}, expect="")
    assert (await hubspot.fetch(ref)).fields["status"] == "Open (52)"


async def test_only_users_who_are_still_there_can_be_assigned(world: HubspotWorld, hubspot: Hubspot) -> None:
    assert await hubspot.person(BEN.email) == Person("77002")
    assert await hubspot.person(CAROL.email) is None
    assert await hubspot.person("no address") is None
    world.simulator.left.add("77002")
    assert await hubspot.person(BEN.email) is None


def test_the_capabilities_say_what_cannot_be() -> None:
    """No guard, no public text, no webhooks by API for a private app, no file without a note."""
    missing = set(Capability) - Hubspot.capabilities
    assert missing == {Capability.GUARDED, Capability.MANAGE_WEBHOOKS, Capability.TICKET_FILES}


# -- making


async def test_a_ticket_is_made_with_its_key_in_a_hidden_property(hubspot: Hubspot, world: HubspotWorld) -> None:
    made = await hubspot.create(Draft(DRAFT.place, {**DRAFT.fields, "priority": "HIGH"}, CORE_7), key="key-1")
    [sent] = bodies(world, f"POST {TICKETS}")
    assert sent == {
        "properties": {
            "hs_pipeline": "0",
            "hs_pipeline_stage": "1",
            "subject": "Export fails",
            "hs_ticket_priority": "HIGH",
            LINK: CORE_7.url,
            KEY: "key-1",
        }
    }
    assert (made.container, made.fields["status"], made.life) == ("Support Pipeline", "New", Life.ACTIVE)
    assert made.url == f"https://app.hubspot.com/contacts/12345678/ticket/{made.ref}"


async def test_a_create_says_which_pipeline_and_nothing_else(hubspot: Hubspot, world: HubspotWorld) -> None:
    before = world.requests
    for place in ({}, {"pipeline": "Nowhere"}, {"pipeline": "Billing", "queue": "x"}):
        with pytest.raises(Rejected) as refused:
            await hubspot.create(Draft(place, DRAFT.fields), key="key-1")
        assert refused.value.field == "pipeline"
    with pytest.raises(Rejected):
        await hubspot.create(Draft({"pipeline": "Billing"}, {"subject": "x", "status": "Closed"}), key="key-1")
    assert world.requests == before


async def test_a_create_whose_answer_was_lost_makes_no_second_ticket(hubspot: Hubspot, world: HubspotWorld) -> None:
    world.simulator.faults.on(f"POST {TICKETS}", LostAfter())
    with pytest.raises(Unavailable) as lost:
        await hubspot.create(DRAFT, key="key-1")
    assert lost.value.sent
    world.simulator.edit(str(max(world.simulator.crm.records["tickets"])), subject="By a person")
    made = await hubspot.create(DRAFT, key="key-1")
    assert len(world.simulator.crm.records["tickets"]) == 1
    assert made.fields["subject"] == "By a person"
    assert [(edit.field, edit.new) for edit in made.history if not edit.ours] == [("subject", "By a person")]


async def test_a_create_that_cannot_be_read_back_may_have_happened(hubspot: Hubspot, world: HubspotWorld) -> None:
    world.simulator.faults.on(f"GET {TICKETS}/*", Status(500), times=9)
    with pytest.raises(Unavailable) as lost:
        await hubspot.create(DRAFT, key="key-1")
    assert lost.value.sent


async def test_a_refused_create_is_refused_by_name(hubspot: Hubspot, world: HubspotWorld) -> None:
    with pytest.raises(Rejected) as refused:
        await hubspot.create(Draft(DRAFT.place, {**DRAFT.fields, "severity": "sev9 of a customer"}), key="key-1")
    assert refused.value.field == "severity"
    assert "sev9" not in str(refused.value)
    assert await hubspot.find("key-1") == []


async def test_a_key_is_found_though_the_index_lags_and_in_the_bin(hubspot: Hubspot, world: HubspotWorld) -> None:
    world.simulator.lag = timedelta(hours=1)
    made = await hubspot.create(DRAFT, key="key-1")
    assert [found.ref for found in await hubspot.find("key-1")] == [made.ref]
    await world.delete(made.ref)
    assert [(found.ref, found.life) for found in await hubspot.find("key-1")] == [(made.ref, Life.DELETED)]


async def test_a_key_that_leaves_its_place_in_an_address_is_refused(hubspot: Hubspot, world: HubspotWorld) -> None:
    before = world.requests
    for key in ("../contacts/1", "a?b", "", "a b"):
        with pytest.raises(Rejected):
            await hubspot.find(key)
    assert world.requests == before


# -- fields


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("severity", "sev2"),
        ("products", frozenset({"app", "api"})),
        ("affected", Decimal("12.5")),
        ("began", date(2026, 3, 29)),
        ("promised", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("vip", "true"),
        ("property.status", "ours"),
        ("hs_ticket_category", frozenset({"BUG"})),
        ("priority", "URGENT"),
        ("assignee", Person("77002")),
    ],
)
@pytest.mark.shows("custom fields")
async def test_a_property_is_written_read_and_emptied(
    hubspot: Hubspot, world: HubspotWorld, name: str, value: Value
) -> None:
    ref = world.simulator.make("x")
    written = await hubspot.update(ref, {name: value}, expect="")
    assert written.fields == {name: value}
    assert (await hubspot.fetch(ref)).fields[name] == value
    await hubspot.update(ref, {name: None}, expect="")
    assert (await hubspot.fetch(ref)).fields[name] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("products", frozenset({"a;b"})),
        ("affected", "twelve"),
        ("began", "tomorrow"),
        ("priority", "Highest"),
        ("subject", "  "),
        ("subject", None),
        ("status", None),
        ("pipeline", "Billing"),
        ("requester", Person("1")),
        ("assignee", Person("../1")),
        ("nothing", "x"),
    ],
)
async def test_what_cannot_be_written_is_refused_unsent(
    hubspot: Hubspot, world: HubspotWorld, name: str, value: Value
) -> None:
    ref = world.simulator.make("x")
    with pytest.raises(Rejected) as refused:
        await hubspot.update(ref, {name: value}, expect="")
    assert refused.value.field == name
    assert bodies(world, f"PATCH {TICKETS}/{ref}") == []


async def test_times_come_as_milliseconds_too_and_nonsense_as_it_is(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x", began="1774742400000", promised="1774742400000")
    fields = (await hubspot.fetch(ref)).fields
    assert fields["began"] == date(2026, 3, 29)
    assert fields["promised"] == datetime(2026, 3, 29, tzinfo=UTC)
    world.simulator.crm.properties["tickets"].pop("affected")
    connector = world.connector()
    await connector.check()
    assert "affected" not in (await connector.fetch(ref)).fields


@pytest.mark.shows("description written")
async def test_a_description_is_plain_text(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x", "*not bold*\n\n1 < 2")
    value = (await hubspot.fetch(ref)).fields["description"]
    assert isinstance(value, RichText)
    assert value.markdown == "\\*not bold\\*\n\n1 \\< 2"
    await hubspot.update(ref, {"description": RichText.of("a **b**\n\n- c")}, expect="")
    assert world.simulator.crm.record("tickets", ref).get("content") == "a b\n\n- c"


async def test_a_stage_is_looked_for_in_the_tickets_own_pipeline(hubspot: Hubspot, world: HubspotWorld) -> None:
    """Both pipelines have a "New"."""
    ref = world.simulator.make("x", hs_pipeline=BILLING, hs_pipeline_stage="902")
    await hubspot.update(ref, {"status": "New"}, expect="")
    assert world.simulator.crm.record("tickets", ref).get("hs_pipeline_stage") == "901"
    with pytest.raises(Rejected) as refused:
        await hubspot.update(ref, {"status": "Waiting on us"}, expect="")
    assert refused.value.field == "status"


async def test_closing_takes_the_pipelines_own_last_stage(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x", hs_pipeline=BILLING, hs_pipeline_stage="902")
    assert (await hubspot.close(ref)).fields == {"status": "Refunded"}
    assert (await hubspot.fetch(ref)).fields["status"] == "Refunded"


async def test_a_pipeline_without_a_last_stage_cannot_close(world: HubspotWorld) -> None:
    world.simulator.crm.pipelines.append(Pipeline("5", "Endless", (Stage("51", "Open"),)))
    ref = world.simulator.make("x", hs_pipeline="5", hs_pipeline_stage="51")
    with pytest.raises(Rejected, match="closed") as refused:
        await world.connector().close(ref)
    assert refused.value.field == "status"


async def test_a_write_that_runs_over_a_persons_is_seen_afterwards(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x", hs_ticket_priority="LOW")
    seen = await hubspot.fetch(ref)
    world.simulator.edit(ref, hs_ticket_priority="HIGH", hs_pipeline_stage=WAITING)
    await hubspot.update(ref, {"priority": "URGENT"}, expect=seen.revision)
    edits = [
        (each.field, each.old, each.new, each.ours) for each in (await hubspot.fetch(ref, since=seen.revision)).history
    ]
    assert edits == [
        ("status", "New", "Waiting on us", False),
        ("priority", "LOW", "HIGH", False),
        ("priority", "HIGH", "URGENT", True),
    ]


async def test_another_apps_change_is_not_ours(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    seen = await hubspot.fetch(ref)
    other = type(ANA)("55555", "Other app", scopes=frozenset({"app"}))
    world.simulator.edit(ref, subject="By another app", by=other)
    assert [edit.ours for edit in (await hubspot.fetch(ref, since=seen.revision)).history] == [False]


async def test_the_issue_is_shown_in_the_configured_property(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    await hubspot.link_back(ref, CORE_7)
    assert world.simulator.crm.record("tickets", ref).get(LINK) == CORE_7.url
    with pytest.raises(Rejected, match="link_property"):
        await world.connector(link_property=None).link_back(ref, CORE_7)


# -- ends


async def test_the_bin_is_deletion_and_takes_no_writes(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    await world.delete(ref)
    gone = await hubspot.fetch(ref)
    assert (gone.life, gone.thread) == (Life.DELETED, None)
    for write in (hubspot.update(ref, {"subject": "y"}, expect=""), hubspot.link_back(ref, CORE_7), hubspot.close(ref)):
        with pytest.raises(NotFound):
            await write


async def test_a_merged_tickets_id_leads_to_the_one_that_stays(hubspot: Hubspot, world: HubspotWorld) -> None:
    loser, winner = world.simulator.make("loser"), world.simulator.make("winner")
    await world.merge(loser, winner)
    found = await hubspot.fetch(loser)
    assert (found.ref, found.merged_into) == (loser, winner)


async def test_where_a_merged_id_leads_nowhere_the_ticket_is_gone(hubspot: Hubspot, world: HubspotWorld) -> None:
    world.simulator.merged_ids_resolve = False
    loser, winner = world.simulator.make("loser"), world.simulator.make("winner")
    await world.merge(loser, winner)
    found = await hubspot.fetch(loser)
    assert (found.life, found.merged_into) == (Life.DELETED, None)


async def test_a_write_to_a_merged_ticket_is_not_said_to_be_done(hubspot: Hubspot, world: HubspotWorld) -> None:
    loser, winner = world.simulator.make("loser"), world.simulator.make("winner")
    await world.merge(loser, winner)
    with pytest.raises(Unavailable, match="merged") as lost:
        await hubspot.update(loser, {"subject": "y"}, expect="")
    assert lost.value.sent


# -- errors


@pytest.mark.parametrize("ref", ["0", "../1", "1/2", "", "12a", "1" * 20])
async def test_an_id_that_is_none_is_never_sent(hubspot: Hubspot, world: HubspotWorld, ref: str) -> None:
    before = world.requests
    for call in (
        hubspot.fetch(ref),
        hubspot.update(ref, {}, expect=""),
        hubspot.close(ref),
        hubspot.delete_comment(ref, "note:1"),
    ):
        with pytest.raises(Rejected):
            await call
    assert world.requests == before


async def test_a_broken_answer_is_told_by_its_place_and_without_a_value(
    hubspot: Hubspot, world: HubspotWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("the customer's words")
    monkeypatch.setattr(world.transport, "_complain", lambda found: None)
    monkeypatch.setattr(
        "syncd_hubspot.simulator.routes.as_json", lambda *given: {"id": ref, "properties": "the customer's"}
    )
    with pytest.raises(BadAnswer, match="properties") as bad:
        await hubspot.fetch(ref)
    assert "customer" not in str(bad.value)
    with pytest.raises(Unavailable) as lost:
        await hubspot.update(ref, {"subject": "y"}, expect="")
    assert lost.value.sent


async def test_a_missing_right_is_forbidden(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.faults.on(f"PATCH {TICKETS}/{ref}", Status(403))
    with pytest.raises(Forbidden):
        await hubspot.update(ref, {"subject": "y"}, expect="")


async def test_a_lost_write_may_have_happened(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    world.simulator.faults.on(f"PATCH {TICKETS}/{ref}", LostBefore())
    with pytest.raises(Unavailable) as lost:
        await hubspot.update(ref, {"subject": "y"}, expect="")
    assert lost.value.sent


def test_a_config_that_cannot_be_right_is_refused() -> None:
    good: dict[str, Any] = {"connector": "hubspot", "token": "t", "app_id": "1", "portal_id": "2"}
    assert HubspotConfig(**good).url == "https://api.hubapi.com"
    bad = [
        {"app_id": "app"},
        {"portal_id": "0"},
        {"webhook_url": "https://a.example/%2Fhooks"},
        {"key_property": "a b"},
    ]
    for wrong in (*bad, {"webhook_url": "http://a.example/"}, {"folder": "no slash"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            HubspotConfig(**{**good, **wrong})


# -- costs


@pytest.mark.shows("several fields in one request")
async def test_what_each_deed_costs(hubspot: Hubspot, world: HubspotWorld) -> None:
    ref = world.simulator.make("x")
    await hubspot.fetch(ref, parts=ONLY_FIELDS)  # the contact is known from here on
    world.simulator.note(ref, "note")
    world.simulator.mail(ref, "mail", by=CAROL)
    key = f"GET {TICKETS}/{ref}"
    patch = f"PATCH {TICKETS}/{ref}"

    async def cost(deed: Any) -> list[str]:
        before = world.requests
        await deed
        return world.calls(before)

    assert await cost(hubspot.fetch(ref, parts=ONLY_FIELDS)) == [key]
    assert await cost(hubspot.fetch(ref, parts=ONLY_FIELDS, since="")) == [key]
    batches = [f"POST /crm/v3/objects/{kind}/batch/read" for kind in ("contacts", "notes", "emails")]
    assert await cost(hubspot.fetch(ref)) == [key, *batches]
    assert await cost(hubspot.update(ref, {"subject": "y", "priority": "HIGH", "severity": "sev1"}, expect="")) == [
        patch
    ]
    assert await cost(hubspot.update(ref, {"status": "Waiting on us"}, expect="")) == [key, patch]
    assert await cost(hubspot.close(ref)) == [key, patch]
    assert await cost(hubspot.close(ref)) == [key]
    assert await cost(hubspot.link_back(ref, CORE_7)) == [key, patch]
    assert await cost(hubspot.link_back(ref, CORE_7)) == [key]
    note = len(await cost(said(hubspot, ref, "one")))
    with_file = len(await cost(said(hubspot, ref, "two", file("a.txt", b"x"), key="key-2")))
    assert (note, with_file) == (2, 3)
    mine = (await comments(hubspot, ref))[-1]
    assert len(await cost(hubspot.edit_comment(ref, mine, Internal("three"), key="key-3"))) == 2
    assert len(await cost(hubspot.download(mine.attachments[0]).__anext__())) == 2
    assert len(await cost(hubspot.delete_comment(ref, mine.id))) == 2
    made = await cost(hubspot.create(DRAFT, key="key-4"))
    assert made == [f"POST {TICKETS}", f"GET {TICKETS}/{max(world.simulator.crm.records['tickets'])}"]
    assert len(await cost(hubspot.find("key-4"))) == 2
    assert len(await cost(hubspot.find("key-5"))) == 2
    assert NOTES in "".join(world.calls())


async def test_with_one_pipeline_a_status_needs_no_look(world: HubspotWorld) -> None:
    del world.simulator.crm.pipelines[1:]
    hubspot = world.connector()
    await hubspot.check()
    ref = world.simulator.make("x")
    before = world.requests
    await hubspot.update(ref, {"status": "Waiting on us"}, expect="")
    assert world.calls(before) == [f"PATCH {TICKETS}/{ref}"]

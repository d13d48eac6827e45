"""How far a write is guarded, what is found and closed, what is gone, and what a refusal means."""

from datetime import timedelta

import pytest

from syncd.core.model import Life
from syncd.sdk.connector import ONLY_FIELDS, Draft
from syncd.sdk.errors import (
    BadAnswer,
    Forbidden,
    Locked,
    NotFound,
    RateLimited,
    Rejected,
    Stale,
    Unavailable,
)
from syncd.sdk.testing.faults import LostAfter, Meanwhile, Status
from syncd.sdk.testing.simulator import Limit
from syncd_servicenow import ServiceNow
from syncd_servicenow.simulator import ADMIN, ANA
from syncd_servicenow.simulator.instance import refused
from syncd_servicenow.simulator.state import Row
from tests.connectors.servicenow.spoiled import Permissive, answer_with, ignoring
from tests.connectors.servicenow.steps import CORE_7, file, internal, poll, public
from tests.connectors.servicenow.world import ServiceNowWorld

MISSING = "0" * 32

# --- how far a write is guarded --------------------------------------------------------------------------------------


@pytest.mark.shows("edit beneath a write noticed")
async def test_an_edit_between_the_comparison_and_the_write_is_not_lost(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    """ServiceNow has no condition for a write. The answer's version tells that there was one more change than ours."""
    ref = world.simulator.make("Export fails")
    seen = await now.fetch(ref)
    between = Meanwhile(lambda: world.simulator.edit(ref, short_description="By a person"))
    world.simulator.faults.on("PATCH *", between)
    written = await now.update(ref, {"short_description": "By syncd"}, expect=seen.revision)
    assert (written.revision, dict(written.fields), written.tokens) == (None, {}, frozenset())
    history = (await now.fetch(ref, since=seen.revision)).history
    assert [(edit.field, edit.old, edit.new, edit.ours) for edit in history] == [
        ("short_description", "Export fails", "By a person", False),
        ("short_description", "By a person", "By syncd", True),
    ]


async def test_an_edit_in_place_of_ours_is_not_taken_for_ours(now: ServiceNow, world: ServiceNowWorld) -> None:
    """A person's edit moved the version by one, and a rule dropped ours without a word."""
    ref = world.simulator.make("Export fails")
    seen = await now.fetch(ref)

    def happens() -> None:
        world.simulator.edit(ref, short_description="By a person")
        world.simulator.instance.rules.append(lambda before, after: after.update(before))

    world.simulator.faults.on("PATCH *", Meanwhile(happens))
    written = await now.update(ref, {"short_description": "By syncd"}, expect=seen.revision)
    assert (written.revision, dict(written.fields), written.tokens) == (None, {}, frozenset())


async def test_a_rule_that_drops_a_write_without_a_word_is_seen_through(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    ref = world.simulator.make("Export fails")
    seen = await now.fetch(ref)
    world.simulator.instance.rules.append(lambda before, after: after.update(category=before["category"]))
    written = await now.update(ref, {"category": "Network"}, expect=seen.revision)
    assert (written.revision, dict(written.fields), written.tokens) == (seen.revision, {"category": None}, frozenset())


async def test_a_column_that_may_not_be_written_is_dropped_and_seen(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails", category="software")
    world.simulator.instance.hidden_columns.add("category")
    seen = await now.fetch(ref)
    assert "category" not in seen.fields, "what an ACL hides is missing, not empty"
    written = await now.update(ref, {"category": "Network"}, expect=seen.revision)
    assert dict(written.fields) == {}
    assert world.ticket(ref)["category"] == "software"


async def test_what_a_rule_changes_beside_our_write_comes_back_as_news(now: ServiceNow, world: ServiceNowWorld) -> None:
    """`priority` follows from `urgency` in the same update, and so under the same version."""
    ref = world.simulator.make("Export fails")
    _, cursor = await poll(now, None)
    written = await now.update(ref, {"urgency": "1 - High"}, expect="0")
    assert (written.revision, dict(written.fields), written.tokens) == ("1", {"urgency": "1 - High"}, frozenset())
    title = await now.update(ref, {"short_description": "x"}, expect="1")
    assert title.tokens == {f"{ref}@2"}
    assert [hint.token for hint in (await poll(now, cursor))[0]] == [f"{ref}@2"]


async def test_our_comment_is_foretold_where_it_changed_nothing_else(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    seen = await now.fetch(ref)
    first = (await now.comment(ref, internal("one"), key="key-1", expect=seen.revision)).written
    assert (first.revision, first.tokens) == ("1", frozenset({f"{ref}@1"}))
    second = (await now.comment(ref, internal("two"), key="key-2", expect="1")).written
    assert (second.revision, second.tokens) == ("2", frozenset({f"{ref}@2"}))
    world.simulator.instance.rules.append(lambda before, after: after.update(state="2"))
    third = (await now.comment(ref, internal("three"), key="key-3", expect="2")).written
    assert (third.revision, third.tokens) == ("3", frozenset()), "the rule's new state is to be read"
    world.simulator.edit(ref, short_description="By a person")
    fourth = (await now.comment(ref, internal("four"), key="key-4", expect="3")).written
    assert (fourth.revision, fourth.tokens) == (None, frozenset())


async def test_a_stale_backlink_is_refused(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.edit(ref, short_description="x")
    with pytest.raises(Stale):
        await now.link_back(ref, CORE_7, expect="0")
    assert (await now.link_back(ref, CORE_7, expect="1")).revision == "2"
    assert world.ticket(ref)["correlation_display"] == CORE_7.url


async def test_a_column_that_somebody_else_uses_is_left_alone(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails", correlation_display="SolarWinds")
    with pytest.raises(Rejected) as caught:
        await now.link_back(ref, CORE_7)
    assert caught.value.field == "correlation_display"
    other = world.connector(link_field="u_issue")
    await other.link_back(ref, CORE_7)
    assert (world.ticket(ref)["correlation_display"], world.ticket(ref)["u_issue"]) == ("SolarWinds", CORE_7.url)
    assert "u_issue" not in {info.name for info in (await other.describe()).fields}, "the column is ours"
    missing = world.connector(link_field="u_nowhere")
    world.transport.description = Permissive()  # type: ignore[assignment]  # which column is missing, it would see
    with pytest.raises(Rejected, match="u_nowhere"):
        await missing.link_back(ref, CORE_7)
    await other.aclose()
    await missing.aclose()


# --- finding and closing ---------------------------------------------------------------------------------------------


async def test_only_what_our_own_account_made_is_found(now: ServiceNow, world: ServiceNowWorld) -> None:
    """Anybody may type a correlation_id, and monitoring tools do."""
    made = await now.create(Draft({}, {"short_description": "ours"}), key="sykey")
    world.simulator.make("theirs", by=ANA, correlation_id="sykey")
    assert [found.ref for found in await now.find("sykey")] == [made.ref]
    assert not [name for name, value in made.fields.items() if value == "sykey"]


@pytest.mark.parametrize("key", ["x^ORactive=true", "javascript:gs.getUserID()", "x\ny", ""])
async def test_a_key_never_becomes_a_condition(now: ServiceNow, world: ServiceNowWorld, key: str) -> None:
    before = world.requests
    with pytest.raises(Rejected):
        await now.find(key)
    assert world.requests == before


async def test_a_query_that_is_ignored_in_part_finds_no_strangers(
    now: ServiceNow, world: ServiceNowWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.simulator.make("theirs", by=ANA)
    ignoring(monkeypatch, "correlation_id", "sys_created_by")
    with pytest.raises(BadAnswer, match="not asked for"):
        await now.find("sykey")


@pytest.mark.shows("locked or archived left alone")
async def test_a_closed_ticket_says_that_it_takes_no_more(now: ServiceNow, world: ServiceNowWorld) -> None:
    """The instance answers as to any refused write; whether the ticket is active tells them apart."""
    ref = world.simulator.make("Export fails")
    await now.close(ref)
    assert world.ticket(ref)["state"] == "7"
    with pytest.raises(Locked):
        await now.update(ref, {"short_description": "x"}, expect="")
    with pytest.raises(Locked):
        await now.comment(ref, public("x"), key="key-1", expect="")
    with pytest.raises(Locked):
        await now.link_back(ref, CORE_7)


async def test_a_cancelled_ticket_stays_as_it_is_when_closed(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails", state="8")
    before = world.requests
    assert (await now.close(ref)).revision is None
    assert (world.requests - before, world.ticket(ref)["state"]) == (1, "8")


async def test_a_status_brings_what_the_instance_wants_with_it_but_changes_no_words_of_a_person(
    world: ServiceNowWorld,
) -> None:
    bare, able = world.connector(with_status={}), world.connector()
    ref = world.simulator.make("Export fails", close_notes="Ana's words")
    with pytest.raises(Rejected) as caught:
        await bare.update(ref, {"status": "Resolved", "short_description": "x"}, expect="")
    assert caught.value.field == "status"
    assert "Resolution code" in str(caught.value)
    written = await able.update(ref, {"status": "Resolved"}, expect="")
    assert dict(written.fields) == {"status": "Resolved"}
    assert (world.ticket(ref)["close_code"], world.ticket(ref)["close_notes"]) == ("Solution provided", "Ana's words")
    await bare.aclose()
    await able.aclose()


# --- gone ------------------------------------------------------------------------------------------------------------


async def test_a_deleted_ticket_is_known_to_be_deleted_where_the_list_may_be_read(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    ref = world.simulator.make("Export fails")
    with world.simulator.acting(ADMIN):
        world.simulator.instance.delete(ref)
    assert (await now.fetch(ref)).life is Life.DELETED
    world.simulator.instance.hidden_tables.add("sys_audit_delete")
    with pytest.raises(NotFound):
        await now.fetch(ref)
    for deed in (
        now.update(ref, {"urgency": "1 - High"}, expect=""),
        now.comment(ref, internal("x"), key="key-1", expect=""),
        now.comment(ref, public("x", file("a", b"a")), key="key-1", expect=""),
        now.link_back(ref, CORE_7),
        now.close(ref),
    ):
        with pytest.raises(NotFound):
            await deed


async def test_a_list_of_deleted_records_that_ignores_the_question_proves_nothing(
    now: ServiceNow, world: ServiceNowWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.simulator.acting(ADMIN):
        world.simulator.instance.delete(world.simulator.make("Another"))
    ignoring(monkeypatch, "tablename", "documentkey")
    with pytest.raises(NotFound):
        await now.fetch(MISSING)


async def test_what_is_no_sys_id_never_stands_in_an_address(now: ServiceNow, world: ServiceNowWorld) -> None:
    before = world.requests
    for ref in ("", "1", "../sys_user", "0" * 31, "A" * 32, f"{MISSING}?x", f"{MISSING}\n"):
        with pytest.raises(NotFound):
            await now.fetch(ref)
        with pytest.raises(NotFound):
            await now.update(ref, {"urgency": "1 - High"}, expect="")
        with pytest.raises(NotFound):
            await now.comment(ref, public("x"), key="key-1", expect="")
        with pytest.raises(Rejected):
            [chunk async for chunk in now._reader.download(ref)]
    assert world.requests == before


# --- what a refusal means --------------------------------------------------------------------------------------------


async def test_a_write_that_a_rule_aborts_is_this_tickets_business_and_quotes_nothing(
    now: ServiceNow, world: ServiceNowWorld
) -> None:
    ref = world.simulator.make("Export fails")

    def abort(before: Row, after: Row) -> None:
        raise refused(403, "Operation Failed", f"Rejected by rule: {after['short_description']}")

    world.simulator.instance.rules.append(abort)
    for deed in (
        now.update(ref, {"short_description": "kestrel"}, expect=""),
        now.comment(ref, internal("kestrel"), key="key-1", expect=""),
    ):
        with pytest.raises(Rejected) as caught:
            await deed
        assert not isinstance(caught.value, Locked)
        assert (caught.value.field, "kestrel" in str(caught.value)) == (None, False)


async def test_a_table_that_is_closed_to_us_is_forbidden(world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    connector = world.connector()
    await connector.check()
    world.simulator.faults.on("GET */table/incident/*", Status(403))
    with pytest.raises(Forbidden):
        await connector.fetch(ref)
    await connector.aclose()


@pytest.mark.shows("limit obeyed when it is hit")
async def test_the_limit_of_the_hour_is_obeyed(now: ServiceNow, world: ServiceNowWorld) -> None:
    """The answer tells the limit and its end and not what is left, so that nothing is known before the 429."""
    ref = world.simulator.make("Export fails")
    await now.fetch(ref)
    world.simulator.limit = Limit(1, window=timedelta(hours=1))
    await now.fetch(ref, parts=ONLY_FIELDS)
    with pytest.raises(RateLimited) as caught:
        await now.fetch(ref)
    assert caught.value.retry_after == 3600
    before = world.requests
    with pytest.raises(RateLimited):
        await now.update(ref, {"urgency": "1 - High"}, expect="")
    assert (world.requests, now.quotas()) == (before, ())


async def test_a_write_without_an_answer_may_have_happened(now: ServiceNow, world: ServiceNowWorld) -> None:
    ref = world.simulator.make("Export fails")
    world.simulator.faults.on("PATCH *", LostAfter())
    with pytest.raises(Unavailable) as caught:
        await now.update(ref, {"short_description": "written"}, expect="")
    assert caught.value.sent
    assert world.ticket(ref)["short_description"] == "written"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("sys_updated_on", "2026-01-05T09:00:00Z"),
        ("sys_mod_count", "kestrel"),
        ("sys_mod_count", ""),
        ("urgency", 7),
        ("assigned_to", {"kestrel": "x"}),
        ("number", ""),
    ],
)
async def test_an_answer_that_is_not_as_described_names_the_path_and_no_value(
    now: ServiceNow, world: ServiceNowWorld, monkeypatch: pytest.MonkeyPatch, name: str, wrong: object
) -> None:
    ref = world.simulator.make("Export fails")
    world.transport.description = Permissive()  # type: ignore[assignment]  # the check would see it first
    answer_with(monkeypatch, {name: wrong})
    with pytest.raises(BadAnswer, match=rf"/api/now/table/incident/{ref}: result: {name}") as caught:
        await now.fetch(ref)
    assert "kestrel" not in str(caught.value)
    with pytest.raises(Unavailable) as unknown:
        await now._writer.create(Draft({}, {"short_description": "x"}), key="key-1")
    assert unknown.value.sent, "after a write it is unknown whether it happened"


async def test_another_record_than_the_one_that_was_asked_for_is_not_believed(
    now: ServiceNow, world: ServiceNowWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = world.simulator.make("Export fails")
    answer_with(monkeypatch, {"sys_id": MISSING})
    with pytest.raises(BadAnswer, match="not asked for"):
        await now.fetch(ref)

"""Status goes by transitions: the right one, its screen's fields with it, several steps where it must."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.model import Person
from syncd.sdk.errors import Rejected, Unavailable
from syncd.sdk.testing.faults import Status
from syncd_jira import Jira
from syncd_jira.simulator import ANA
from syncd_jira.workflow import MAX_STEPS, StatusIn, TransitionIn, Workflow, choose
from tests.connectors.jira.steps import by_person, draft, issue, opened, stands, update
from tests.connectors.jira.world import JiraWorld


async def in_status(world: JiraWorld, *steps: str) -> str:
    """An issue that a person took through these statuses."""
    ref = await opened(world)
    for status in steps:
        with by_person(world):
            world.simulator.set_fields(ref, {"status": status})
    return ref


async def test_the_status_is_chosen_not_the_name_of_the_transition(jira: Jira, world: JiraWorld) -> None:
    ref = await in_status(world, "In Progress")
    fields = await update(jira, ref, status="In Review")
    assert fields["status"] == "In Review"
    with pytest.raises(Rejected):
        await update(jira, ref, status="Approve")


@pytest.mark.shows("status with the fields that it requires")
async def test_what_a_screen_requires_is_filled_from_the_configuration(jira: Jira, world: JiraWorld) -> None:
    ref = await in_status(world, "In Progress")
    fields = await update(jira, ref, status="Done")
    assert (fields["status"], fields["resolution"]) == ("Done", "Done")


async def test_what_is_written_goes_before_what_is_configured(jira: Jira, world: JiraWorld) -> None:
    ref = await in_status(world, "In Progress")
    assert (await update(jira, ref, status="Done", resolution="Duplicate"))["resolution"] == "Duplicate"


async def test_a_screen_that_nobody_fills_is_named_with_its_remedy(world: JiraWorld) -> None:
    bare = world.connector(transition_defaults={})
    await bare.check()
    ref = await in_status(world, "In Progress")
    with pytest.raises(Rejected, match="transition_defaults") as refused:
        await update(bare, ref, status="Done")
    assert refused.value.field == "status"
    assert "resolution" in str(refused.value)
    await bare.aclose()


async def test_fields_on_the_screen_go_with_the_transition_and_the_others_by_put(jira: Jira, world: JiraWorld) -> None:
    ref = await in_status(world, "In Progress")
    seen = await jira.fetch(ref)
    before = world.requests
    await jira.update(ref, {"status": "Done", "priority": "Highest"}, expect=seen.revision)
    assert [call.split()[0] for call in world.simulator.calls(since=before)] == ["GET", "POST"]
    assert stands(world, ref)["priority"] == "Highest"
    before = world.requests
    fields = {"status": "In Progress", "summary": "Again"}
    await jira.update(ref, fields, expect=(await jira.fetch(ref)).revision)
    assert [call.split()[0] for call in world.simulator.calls(since=before)] == ["GET", "GET", "PUT", "POST"]
    assert (stands(world, ref)["status"], stands(world, ref)["summary"]) == ("In Progress", "Again")


@pytest.mark.shows("steps through a workflow")
async def test_a_status_two_steps_away_is_reached_by_what_other_issues_show(jira: Jira, world: JiraWorld) -> None:
    other = await in_status(world, "In Progress")
    ref = await opened(world)
    await world.settle()
    touched = issue(world, other).updated
    fields = await update(jira, ref, status="Done", summary="Fixed", resolution="Duplicate")
    assert (fields["status"], fields["summary"], fields["resolution"]) == ("Done", "Fixed", "Duplicate")
    assert issue(world, other).updated == touched, "the other issue was only looked at"


async def test_a_way_that_was_seen_is_not_looked_for_again(jira: Jira, world: JiraWorld) -> None:
    await in_status(world, "In Progress")
    first, second = await opened(world), await opened(world)
    await world.settle()
    await update(jira, first, status="Done")
    seen = await jira.fetch(second)
    before = world.requests
    await jira.update(second, {"status": "Done"}, expect=seen.revision)
    methods = [call.split()[0] for call in world.simulator.calls(since=before)]
    assert methods == ["GET", "POST", "GET", "POST"], "one look and one transition for each step"


async def test_a_way_can_be_configured(world: JiraWorld) -> None:
    told = world.connector(workflow={"To Do": ("In Progress",), "In Progress": ("In Review", "Done")})
    await told.check()
    assert (await update(told, await opened(world), status="Done"))["status"] == "Done"
    await told.aclose()


async def test_without_a_way_nothing_is_written_and_the_reachable_is_named(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    for wanted in ("Done", "On Hold", "no such status"):
        with pytest.raises(Rejected, match="`In Progress`") as refused:
            await update(jira, ref, status=wanted, summary="not written")
        assert refused.value.field == "status"
    assert stands(world, ref)["summary"] == "Export fails"


async def test_a_refusal_after_a_first_write_says_that_something_was_written(jira: Jira, world: JiraWorld) -> None:
    ref = await opened(world)
    seen = await jira.fetch(ref)
    world.simulator.faults.on(f"POST {world.dialect.api}/issue/{ref}/transitions", Status(400))
    with pytest.raises(Unavailable) as failed:
        await jira.update(ref, {"status": "In Progress", "summary": "Written"}, expect=seen.revision)
    assert failed.value.sent
    assert stands(world, ref)["summary"] == "Written"


async def test_reopening_empties_the_resolution(jira: Jira, world: JiraWorld) -> None:
    ref = await in_status(world, "In Progress", "Done")
    assert (await update(jira, ref, status="In Progress"))["resolution"] is None


async def test_an_issue_is_created_in_its_first_status_and_the_rest_is_for_an_update(
    jira: Jira, world: JiraWorld
) -> None:
    made = await jira.create(draft({"status": "Done", "assignee": Person(ANA.id)}), key="key-1")
    assert (made.fields["status"], made.fields["assignee"]) == ("To Do", Person(ANA.id))


# --- the graph alone ------------------------------------------------------------------------------------------------

names = st.sampled_from("abcdef")
graphs = st.dictionaries(names, st.frozensets(names, max_size=3), max_size=6)


def step(id: str, to: str, **required: bool) -> TransitionIn:
    screen = {name: {"required": need} for name, need in required.items()}
    return TransitionIn.model_validate({"id": id, "to": StatusIn(id=to, name=to), "fields": screen})


@given(graphs, names, names)
def test_every_step_of_a_way_leads_nearer(graph: dict[str, frozenset[str]], start: str, goal: str) -> None:
    workflow, here = Workflow(dict(graph)), start
    for _ in range(MAX_STEPS):
        following = workflow.first_step(here, goal)
        if following is None or here == goal:
            break
        assert following in graph[here]
        here = following
    assert here == goal or workflow.first_step(start, goal) is None


@given(graphs, names)
def test_only_what_can_be_reached_is_worth_a_look(graph: dict[str, frozenset[str]], start: str) -> None:
    workflow = Workflow(dict(graph))
    for unknown in workflow.unknown(start):
        assert unknown not in graph
        assert unknown == start or workflow.first_step(start, unknown) is not None


def test_of_two_transitions_the_one_that_asks_for_less_is_taken() -> None:
    steps = [step("1", "Done", resolution=True), step("2", "Done"), step("3", "Other")]
    assert (choose(steps, "done", ()) or steps[0]).id == "2"
    assert choose(steps, "nowhere", ()) is None
    assert (choose(steps[:1], "Done", ()) or steps[1]).lacks(()) == ("resolution",)

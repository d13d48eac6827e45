"""The simulated organisation bites where a real one does, and its page works."""

from typing import Any

import httpx
import pytest

from syncd.sdk.testing.page import Answer, Upload
from syncd.sdk.testing.simulator import Refused
from syncd_azuredevops import AzureDevOps
from syncd_azuredevops.simulator import ANA, BEN, SYNCD
from syncd_azuredevops.simulator.values import cleaned
from tests.connectors.azuredevops.steps import commented, to, wrote
from tests.connectors.azuredevops.world import AzureDevOpsWorld

TAGS = "System.Tags"


def refused(world: AzureDevOpsWorld, ref: str, *patch: dict[str, Any]) -> int:
    with pytest.raises(Refused) as error:
        world.change(ref, *patch)
    return error.value.response.status_code


def test_a_patch_is_taken_whole_or_not_at_all(world: AzureDevOpsWorld) -> None:
    item = world.made()
    good, bad = to("System.Title", "new"), to("System.State", "Verified")
    assert refused(world, item.ref, to("System.History", "said"), good, bad) == 400
    assert (item.fields["System.Title"], item.rev, item.shown) == ("Export fails", 1, [])


def test_adding_tags_only_adds_and_replacing_replaces(world: AzureDevOpsWorld) -> None:
    item = world.made(to(TAGS, "b; a; B"))
    assert item.fields[TAGS] == "a; b"
    world.change(item.ref, to(TAGS, "c"))
    assert item.fields[TAGS] == "a; b; c"
    world.change(item.ref, to(TAGS, "d", "replace"))
    assert item.fields[TAGS] == "d"


@pytest.mark.parametrize(
    "step",
    [
        {"op": "remove", "path": f"/fields/{TAGS}"},
        to("System.Title", " "),
        to("System.Title", "x" * 256),
        to("System.CreatedBy", "ana@engineering.example"),
        to("System.AssignedTo", "nobody@engineering.example"),
        to("Microsoft.VSTS.Common.Priority", "1"),
        to("Microsoft.VSTS.Scheduling.StoryPoints", 3),
        to("Microsoft.VSTS.Scheduling.DueDate", "tomorrow"),
        {"op": "move", "path": "/relations/0"},
        {"op": "add", "path": "/relations/-", "value": {"rel": "Child", "url": "x"}},
        {"op": "add", "path": "/relations/-", "value": {"rel": "AttachedFile", "url": "https://x/y?z"}},
    ],
)
def test_what_the_process_does_not_take_is_refused(world: AzureDevOpsWorld, step: dict[str, Any]) -> None:
    assert refused(world, world.made().ref, step) == 400


def test_an_empty_patch_is_refused(world: AzureDevOpsWorld) -> None:
    assert refused(world, world.made().ref) == 400


def test_html_comes_back_without_what_acts() -> None:
    dirty = '<p data-syncd="k">x</p><!-- k --><script>y</script><a href="https://e" onclick=\'z\'>l</a>'
    assert cleaned(dirty, "html") == '<p>x</p><a href="https://e">l</a>'
    assert cleaned("<!-- k -->", "markdown") == "<!-- k -->"


async def test_a_mark_outlives_the_cleaner(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    said = await commented(boards, world.made().ref, "x")
    assert said.key == "key-1"


async def test_without_a_version_nothing_is_answered(world: AzureDevOpsWorld) -> None:
    async with httpx.AsyncClient(transport=world.simulator.transport(), base_url="https://dev.azure.com") as client:
        answer = await client.get("/fabrikam/_apis/connectionData", auth=("", SYNCD.token))
        assert answer.status_code == 400


async def test_a_patch_needs_its_media_type(world: AzureDevOpsWorld) -> None:
    async with httpx.AsyncClient(transport=world.simulator.transport(), base_url="https://dev.azure.com") as client:
        path = f"/fabrikam/_apis/wit/workitems/{world.made().ref}?api-version=7.1"
        answer = await client.patch(path, json=[to(TAGS, "x")], auth=("", SYNCD.token))
        assert answer.status_code == 415


# --- the page --------------------------------------------------------------------------------------------------------


async def test_a_person_opens_sets_says_and_attaches_on_the_page(boards: AzureDevOps, world: AzureDevOpsWorld) -> None:
    desk = world.simulator
    with desk.acting(ANA):
        ref = desk.open("Import fails", Answer("It **stops**.", public=True))
        desk.say(ref, Answer("see", public=True, files=(Upload("a.txt", "text/plain", b"hello"),)))
        desk.set_fields(ref, {"System.State": "Active", "Microsoft.VSTS.Common.Priority": "1", TAGS: "a"})
        with pytest.raises(ValueError, match="refuses"):
            desk.set_fields(ref, {"System.State": "Verified"})
    await wrote(boards, ref, assignee=await boards.person(BEN.email))
    sheet = desk.sheet(ref)
    assert sheet is not None
    assert (sheet.row.title, [badge.text for badge in sheet.row.badges]) == ("Import fails", ["Active", "P1"])
    assert [said.html for said in sheet.said] == ["<p>It <strong>stops</strong>.</p>", "<p>see</p>"]
    assert {each.name: each.value for each in sheet.inputs}["System.AssignedTo"] == BEN.email
    [file] = sheet.files
    found = desk.file(ref, file.id)
    assert found is not None
    assert found.content == b"hello"
    assert [row.ref for row in desk.rows()] == [ref]
    assert (desk.sheet("1"), desk.file("1", file.id)) == (None, None)


async def test_the_page_is_served(world: AzureDevOpsWorld) -> None:
    ref = world.made().ref
    async with httpx.AsyncClient(transport=world.simulator.transport(), base_url="http://simulator") as client:
        assert "Export fails" in (await client.get("/page")).text
        assert "Export fails" in (await client.get(f"/page/{ref}")).text
        await client.post(f"/page/{ref}/fields", data={"System.Title": "By hand", "was:System.Title": "Export fails"})
    assert world.item(ref).fields["System.Title"] == "By hand"

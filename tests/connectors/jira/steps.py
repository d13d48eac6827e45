"""Steps that the tests of Jira share."""

from typing import Any

from syncd.core.model import Comment, Fields, Value
from syncd.sdk.connector import Changed, Draft
from syncd_jira import Jira
from syncd_jira.simulator import ANA
from syncd_jira.simulator.site import Issue
from tests.connectors.jira.world import JiraWorld


async def opened(world: JiraWorld, **fields: Value) -> str:
    """An issue that a person made."""
    return await world.open({"summary": "Export fails", **fields})


def draft(fields: Fields | None = None, *, project: str = "CORE", issue_type: str = "Bug") -> Draft:
    return Draft({"project": project, "issue_type": issue_type}, {"summary": "Export fails", **(fields or {})})


async def drain(jira: Jira, cursor: str | None) -> tuple[list[Changed], str]:
    """All hints since the cursor, and where to go on."""
    hints: list[Changed] = []
    last = cursor or ""
    async for page in jira.changes(cursor):
        hints += page.changed
        last = page.cursor
    return hints, last


async def update(jira: Jira, ref: str, **fields: Value) -> Fields:
    """Write on what was just read, and read again."""
    await jira.update(ref, fields, expect=(await jira.fetch(ref)).revision)
    return (await jira.fetch(ref)).fields


async def comments(jira: Jira, ref: str) -> tuple[Comment, ...]:
    thread = (await jira.fetch(ref)).thread
    assert thread is not None
    return thread.comments


def stands(world: JiraWorld, ref: str) -> dict[str, Any]:
    """An issue's values as the site keeps them."""
    return issue(world, ref).values


def issue(world: JiraWorld, ref: str) -> Issue:
    return world.simulator.site.issue(ref)


def by_person(world: JiraWorld) -> Any:
    """What is done inside is done by Ana, a little later than what went before."""
    world.clock.advance(0.001)
    return world.simulator.acting(ANA)

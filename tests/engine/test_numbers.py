"""The numbers of product.md that are exact: requests per change, per echo, per idle poll; counted and printed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from syncd.core.model import Base
from syncd.store import codec
from syncd.store.schema import link as link_table
from tests.engine.vendors import Vendors, vendors


@pytest.fixture(params=["cloud", "data_center"])
async def pair(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> AsyncIterator[Vendors]:
    async with vendors(url, tmp_path, deployment=request.param) as made:
        yield made


async def test_a_change_of_the_ticket_costs_three_requests_at_most(pair: Vendors) -> None:
    """Read the ticket, write the issue blindly, read its history: Jira guards no write."""
    ref, issue = await pair.linked()
    await pair.zendesk.edit(ref, {"priority": "high"})
    cost = await pair.react()
    print(f"priority, Zendesk -> Jira: {dict(cost)}")
    assert pair.jira.simulator.site.issue(issue).values["priority"] == "High"
    assert cost.total() <= 3


async def test_a_change_of_the_issue_costs_two_requests_at_most(pair: Vendors) -> None:
    """Read the issue, write the ticket under Zendesk's guard."""
    ref, issue = await pair.linked()
    await pair.jira.edit(issue, {"priority": "Low"})
    cost = await pair.react()
    print(f"priority, Jira -> Zendesk: {dict(cost)}")
    assert pair.zendesk.simulator.desk.ticket(ref).values["priority"] == "low"
    assert cost.total() <= 2


async def test_a_status_costs_one_request_more_for_its_transition(pair: Vendors) -> None:
    ref, issue = await pair.linked()
    await pair.zendesk.edit(ref, {"status": "open"})
    cost = await pair.react()
    print(f"status, Zendesk -> Jira: {dict(cost)}")
    assert pair.jira.simulator.site.issue(issue).status.name == "In Progress"
    assert cost.total() <= 4


async def test_all_fields_that_changed_go_in_one_write(pair: Vendors) -> None:
    ref, _ = await pair.linked()
    await pair.zendesk.edit(ref, {"priority": "low", "subject": "Export is slow"})
    cost = await pair.react()
    print(f"two fields, Zendesk -> Jira: {dict(cost)}")
    assert cost.total() <= 3


async def test_echoes_doubled_deliveries_and_changes_that_change_nothing_cost_nothing(pair: Vendors) -> None:
    ref, issue = await pair.linked()
    await pair.zendesk.edit(ref, {"priority": "high"})
    await pair.react()
    before = pair.requests
    await pair.settle()  # echoes by webhook, then everything once more by the polls
    print(f"echoes, by webhook and by poll: {dict(pair.requests - before)}")
    await pair.deliver(twice=True)
    await pair.zendesk.edit(ref, {"priority": "high"})  # saved without a change
    await pair.jira.edit(issue, {"priority": "High"})
    await pair.react()
    await pair.settle()
    print(f"with doubled deliveries and saves that change nothing: {dict(pair.requests - before)}")
    assert pair.requests == before


async def test_a_doubled_delivery_of_a_real_change_costs_as_much_as_one(pair: Vendors) -> None:
    ref, _ = await pair.linked()
    await pair.zendesk.edit(ref, {"priority": "high"})
    before = pair.requests
    await pair.deliver(twice=True)
    await pair.react()
    await pair.settle()
    print(f"priority with every webhook twice and a poll after: {dict(pair.requests - before)}")
    assert (pair.requests - before).total() <= 3


async def test_an_idle_poll_is_one_request_a_side_with_ten_thousand_links(pair: Vendors) -> None:
    base = codec.dump_base(Base(ref="1", revision="1", fields={"priority": "high"}, thread_revision="1"))
    rows = [
        {
            "mapping": "zendesk-jira",
            "mapping_digest": pair.site.mappings["zendesk-jira"].digest,
            "support_connection": "acme-zendesk",
            "engineering_connection": "acme-jira",
            "support_ref": str(500_000 + number),
            "engineering_ref": str(900_000 + number),
            "state": "linked",
            "support_base": base,
            "engineering_base": base,
            "created_at": pair.clock(),
        }
        for number in range(10_000)
    ]
    await pair.store.write(lambda c: c.execute(link_table.insert(), rows))
    requests, polls = pair.requests, pair.polls
    pair.clock.advance(300)
    await pair.poll()
    runs = await pair.workers.once()
    print(f"an idle poll with 10,000 links: {dict(pair.polls - polls)}")
    assert pair.polls - polls == {"zendesk": 1, "jira": 1}
    assert pair.requests == requests
    assert runs == 0

"""Strangers read public repositories: nothing internal gets there, and nothing is read as more public than it is."""

from datetime import timedelta

import pytest

from syncd.core.model import Internal, Person, Public, RichText, Value
from syncd.sdk.connector import Backlink, Capability, Draft, Message
from syncd.sdk.errors import Rejected
from tests.connectors.github.world import GitHubWorld

TITLE = {"title": "Export fails"}
SECRET = "kestrel-4711"
BACKLINK = Backlink(
    "https://acme.zendesk.example/agent/tickets/7", f"ZD-7 {SECRET}", "ZD-7", customer=Person("1", SECRET)
)


@pytest.mark.parametrize("known", ["as public", "as private, until a moment ago"])
async def test_an_internal_text_is_refused_before_anything_is_sent(public: GitHubWorld, known: str) -> None:
    """Also where the connector knew the repository as a private one: it looks before it writes."""
    public.repository.visibility = "public" if known == "as public" else "private"
    connector = public.connector(visibility_age=timedelta(days=1))
    await connector.check()
    ref = await public.open(TITLE)
    await public.say(ref, "hello", public=True)
    ours = await connector.comment(ref, Message(Public("by syncd")), key="k", expect="")
    public.repository.visibility = "public"
    before = public.requests
    with pytest.raises(Rejected, match="everybody can read"):
        await connector.comment(ref, Message(Internal(SECRET)), key="l", expect="")
    with pytest.raises(Rejected, match="everybody can read"):
        await connector.edit_comment(ref, ours.comment, Internal(SECRET), key="m")
    assert set(public.calls(before)) == {"GET /repos/acme/open"}
    assert not any(SECRET in text for text in (await public.look(ref)).public)


async def test_a_tickets_words_are_not_published_unless_somebody_said_so(public: GitHubWorld) -> None:
    connector = public.connector(allow_public=False)
    await connector.check()
    ref = await public.open(TITLE)
    before = public.requests
    words: dict[str, Value] = {"title": SECRET, "description": RichText.of(SECRET)}
    for field, value in words.items():
        with pytest.raises(Rejected, match="allow_public") as refused:
            await connector.update(ref, {field: value}, expect="")
        assert refused.value.field == field
    with pytest.raises(Rejected, match="allow_public"):
        await connector.create(Draft(public.words.place, {"title": SECRET}), key="k")
    with pytest.raises(Rejected, match="allow_public"):
        await connector.link_back(ref, BACKLINK)
    assert all(call.startswith("GET ") for call in public.calls(before))
    await connector.update(ref, {"status": "completed", "priority": "high"}, expect="")  # says nothing of a ticket


async def test_strangers_see_a_tickets_number_and_not_its_title(public: GitHubWorld) -> None:
    connector = public.connector()
    await connector.check()
    made = await connector.create(Draft(public.words.place, TITLE, BACKLINK), key="k")
    other = await public.open(TITLE)
    await connector.link_back(other, BACKLINK)
    for ref in (made.ref, other):
        shown = await public.look(ref)
        assert shown.backlinks == (BACKLINK.url,)
        assert not any(SECRET in text for text in shown.public)


async def test_a_create_without_leave_shows_no_ticket_either(world: GitHubWorld) -> None:
    connector = world.connector()
    await connector.check()
    made = await connector.create(Draft(world.words.place, TITLE, BACKLINK), key="k")
    assert (await world.look(made.ref)).backlinks == (BACKLINK.url,)
    assert SECRET in (world.issue(made.ref).body or "")  # among colleagues the title helps


@pytest.mark.parametrize(("visibility", "public"), [("public", True), ("private", False), ("internal", False)])
async def test_only_what_github_calls_public_is_public(world: GitHubWorld, visibility: str, public: bool) -> None:
    ref = await world.open(TITLE)
    await world.say(ref, "hello", public=True)
    world.repository.visibility = visibility
    connector = world.connector()
    await connector.check()
    thread = (await connector.fetch(ref)).thread
    assert thread
    assert isinstance(thread.comments[0].body, Public) is public
    described = await connector.describe()
    assert described.public_containers == (frozenset({"acme/core"}) if public else frozenset())
    assert (Capability.INTERNAL_COMMENTS in connector.capabilities) is not public


async def test_a_repository_that_was_closed_is_no_longer_read_as_public(public: GitHubWorld) -> None:
    connector = public.connector(visibility_age=timedelta(0))
    await connector.check()
    ref = await public.open(TITLE)
    public.repository.visibility = "private"
    await public.say(ref, SECRET, public=False)
    thread = (await connector.fetch(ref)).thread
    assert thread
    assert thread.comments[0].body == Internal(SECRET)


@pytest.mark.shows("public comments")
async def test_a_customers_words_may_go_where_everybody_may_read_them(public: GitHubWorld) -> None:
    connector = public.connector(allow_public=False)
    await connector.check()
    ref = await public.open(TITLE)
    await connector.comment(ref, Message(Public("answered")), key="k", expect="")
    assert any("answered" in text for text in (await public.look(ref)).public)


@pytest.mark.shows("public places noticed")
async def test_two_repositories_are_as_visible_as_each_is(public: GitHubWorld) -> None:
    names = (public.simulator.home.name, public.simulator.open_source.name)
    connector = public.connector(repositories=names)
    await connector.check()
    assert Capability.INTERNAL_COMMENTS in connector.capabilities
    inside = await connector.create(Draft({"repository": names[0]}, TITLE), key="k")
    await connector.comment(inside.ref, Message(Internal(SECRET)), key="l", expect="")
    outside = await connector.create(Draft({"repository": names[1]}, TITLE), key="m")
    with pytest.raises(Rejected):
        await connector.comment(outside.ref, Message(Internal(SECRET)), key="n", expect="")
    described = await connector.describe()
    assert (set(described.containers), described.public_containers) == (set(names), frozenset({names[1]}))

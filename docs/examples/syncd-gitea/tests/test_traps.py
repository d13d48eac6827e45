"""What only Gitea does: strangers who read, pages that move, statuses that mean something else."""

import httpx
import pytest

from syncd.core.model import Internal, Public, RichText
from syncd.sdk.connector import Draft, Message
from syncd.sdk.errors import Locked, Rejected, Unavailable
from syncd.sdk.testing.faults import LostAfter, Meanwhile, Status
from syncd_gitea import Gitea
from syncd_gitea.world import GiteaWorld

DRAFT = Draft({"repository": "acme/app"}, {"title": "Export fails", "description": RichText.of("Since *Monday*.")})


@pytest.fixture
def world() -> GiteaWorld:
    return GiteaWorld()


@pytest.fixture
def gitea(world: GiteaWorld) -> Gitea:
    return world.connector()


async def test_nothing_is_written_where_strangers_read(gitea: Gitea, world: GiteaWorld) -> None:
    ref = await world.open({"title": "Export fails"})
    world.simulator.private = False
    assert (await gitea.check()).lacks
    with pytest.raises(Rejected, match="more than its members"):
        await gitea.create(DRAFT, key="key-1")
    with pytest.raises(Rejected, match="more than its members"):
        await gitea.update(ref, {"title": "secret"}, expect="")
    for body in (Internal("secret"), Public("secret")):
        with pytest.raises(Rejected, match="more than its members"):
            await gitea.comment(ref, Message(body), key="key-1", expect="")
    assert (await world.look(ref)).public == ("Export fails", "")


async def test_an_issue_that_goes_while_a_list_is_read_hides_no_other(gitea: Gitea, world: GiteaWorld) -> None:
    [cursor] = [page.cursor async for page in gitea.changes(None)]
    refs = [await world.open({"title": f"issue {number}"}) for number in range(3)]
    world.simulator.most = 2
    first_page = "GET /api/v1/repos/acme/app/issues"
    world.simulator.faults.on(first_page, Meanwhile(lambda: world.simulator.issues.pop(int(refs[1]))), skip=1)
    told = {hint.ref async for page in gitea.changes(cursor) for hint in page.changed}
    assert told == set(refs)


async def test_a_description_keeps_the_key_by_which_its_issue_is_found(gitea: Gitea) -> None:
    made = await gitea.create(DRAFT, key="key-1")
    await gitea.update(made.ref, {"description": RichText.of("Other words")}, expect=made.revision)
    assert [found.ref for found in await gitea.find("key-1")] == [made.ref]


async def test_a_search_for_a_key_reads_what_it_knows_once(gitea: Gitea, world: GiteaWorld) -> None:
    world.simulator.most = 2
    refs = [(await gitea.create(DRAFT, key=f"key-{number}")).ref for number in range(5)]
    await world.settle()
    assert await gitea.find("key-9") == []
    before = world.requests
    assert await gitea.find("key-9") == []
    assert world.requests - before == 1
    await world.delete(refs[0])
    assert await gitea.find("key-0") == []
    assert [found.ref for found in await gitea.find("key-1")] == [refs[1]]


async def test_a_person_who_quotes_a_mark_has_no_key(gitea: Gitea, world: GiteaWorld) -> None:
    ref = await world.open({"title": "Export fails"})
    await gitea.comment(ref, Message(Internal("ours")), key="key-1", expect="")
    await world.say(ref, world.issue(ref).comments[0].body, public=True)
    thread = (await gitea.fetch(ref)).thread
    assert thread is not None
    assert [comment.key for comment in thread.comments] == ["key-1", None]


async def test_an_open_dependency_refuses_the_status_and_is_not_read_again(gitea: Gitea, world: GiteaWorld) -> None:
    ref = await world.open({"title": "Export fails"})
    world.issue(ref).blocked = True
    with pytest.raises(Rejected) as refused:
        await gitea.close(ref)
    assert refused.value.field == "status"


async def test_an_archived_repository_is_locked(gitea: Gitea, world: GiteaWorld) -> None:
    ref = await world.open({"title": "Export fails"})
    world.simulator.archived = True
    with pytest.raises(Locked):
        await gitea.update(ref, {"title": "Import fails"}, expect="")


@pytest.mark.parametrize("then", [None, Status(503), Status(401)], ids=["it answers", "it is down", "it refuses us"])
async def test_a_comment_without_an_answer_may_have_been_written(
    gitea: Gitea, world: GiteaWorld, then: Status | None
) -> None:
    await gitea.check()
    ref = await world.open({"title": "Export fails"})
    world.simulator.faults.on("POST *comments", LostAfter())
    if then is not None:
        world.simulator.faults.on(f"GET */issues/{ref}", then, times=3)
    with pytest.raises(Unavailable) as unsure:
        await gitea.comment(ref, Message(Internal("once")), key="key-1", expect="")
    assert unsure.value.sent
    assert len(world.issue(ref).comments) == 1


class Garbling(httpx.AsyncBaseTransport):
    """A proxy that spoils the answer to each write."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        return answer if request.method == "GET" else httpx.Response(answer.status_code, json={"id": "spoilt"})


async def test_a_write_whose_answer_cannot_be_read_may_have_happened(world: GiteaWorld) -> None:
    plain = world.connector()
    gitea = Gitea(plain.config, transport=Garbling(world.simulator.transport()))
    with pytest.raises(Unavailable, match="after a write") as unsure:
        await gitea.create(DRAFT, key="key-1")
    assert unsure.value.sent
    assert [found.ref for found in await gitea.find("key-1")] == ["1"]


async def test_a_title_is_cut_to_bytes_and_says_so(gitea: Gitea, world: GiteaWorld) -> None:
    ref = await world.open({"title": "Export fails"})
    await gitea.update(ref, {"title": "語" * 300}, expect="")
    assert world.issue(ref).title == "語" * 84 + "…"


async def test_what_people_did_is_told_apart_within_a_second(gitea: Gitea, world: GiteaWorld) -> None:
    ref = await world.open({"title": "one"})
    seen = [await gitea.fetch(ref)]
    await world.edit(ref, {"title": "two"})
    seen.append(await gitea.fetch(ref))
    await world.say(ref, "three", public=True)
    seen.append(await gitea.fetch(ref))
    assert len({snapshot.updated for snapshot in seen}) == 1
    assert len({snapshot.revision for snapshot in seen}) == 3


async def test_a_change_that_is_seen_some_seconds_after_its_stamp_is_told(gitea: Gitea, world: GiteaWorld) -> None:
    ref = await world.open({"title": "Export fails"})
    await world.settle()
    [cursor] = [page.cursor async for page in gitea.changes(None)]
    world.issue(ref).updated = int(world.clock().timestamp()) - 5
    assert [hint.ref async for page in gitea.changes(cursor) for hint in page.changed] == [ref]

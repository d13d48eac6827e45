"""Files: in two steps to another host, back by a signed address, and our credential on neither way."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from syncd.core.model import Attachment, Internal
from syncd.sdk.connector import Message
from syncd.sdk.errors import NotFound, Rejected, Unavailable
from syncd.sdk.testing.faults import LostBefore, Status
from syncd.sdk.testing.promises.base import file
from syncd_linear import Linear
from syncd_linear.simulator import SYNCD
from tests.connectors.linear.world import LinearWorld

DATA = bytes(range(256)) * 40


async def attached(connector: Linear, ref: str) -> list[Attachment]:
    thread = (await connector.fetch(ref)).thread
    assert thread is not None
    return [each for comment in thread.comments for each in comment.attachments] + list(thread.attachments)


async def loaded(connector: Linear, found: Attachment) -> bytes:
    return b"".join([piece async for piece in connector.download(found)])


async def test_the_credential_goes_to_the_api_alone(
    linear: Linear, world: LinearWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, str, Mapping[str, str]]] = []
    right = world.transport.inner.handle_async_request

    async def noted(request):  # type: ignore[no-untyped-def]
        seen.append((request.method, request.url.host, dict(request.headers)))
        return await right(request)

    monkeypatch.setattr(world.transport.inner, "handle_async_request", noted)
    ref = world.simulator.make("x")
    await linear.comment(ref, Message(Internal("see"), (file("a.log", DATA, "text/plain"),)), key="key-1", expect="")
    [found] = await attached(linear, ref)
    assert await loaded(linear, found) == DATA
    elsewhere = [(method, headers) for method, host, headers in seen if host != "api.linear.example"]
    assert [method for method, _ in elsewhere] == ["PUT", "GET"]
    assert not any(SYNCD.token in str(headers) for _, headers in elsewhere)
    assert all(headers["authorization"] == SYNCD.token for _, host, headers in seen if host == "api.linear.example")


async def test_signed_addresses_are_asked_for_at_a_download_alone(linear: Linear, world: LinearWorld) -> None:
    """A text that was read with them would look edited at every read."""
    ref = world.simulator.make("x")
    await linear.comment(ref, Message(Internal("see"), (file("a.log", DATA),)), key="key-1", expect="")
    before = await linear.fetch(ref)
    [found] = await attached(linear, ref)
    await loaded(linear, found)
    assert await linear.fetch(ref) == before
    assert before.thread is not None
    assert "signature" not in before.thread.comments[0].source


async def test_the_text_of_a_comment_with_files_is_the_text(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    files = (file("a.log", DATA), file("Bericht [1].txt", b"hello"))
    posted = await linear.comment(ref, Message(Internal("Two files."), files), key="key-1", expect="")
    assert posted.comment.body == Internal("Two files.")
    assert [(each.name, each.size) for each in posted.comment.attachments] == [("a.log", 10240), ("Bericht [1].txt", 5)]
    assert "[a.log](https://uploads.linear.example/files/" in world.issue(ref).comments[0].body


async def test_linear_tells_no_sizes_so_a_new_process_knows_none(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.comment(ref, Message(Internal("see"), (file("a.png", DATA),)), key="key-1", expect="")
    other = world.connector()
    [found] = await attached(other, ref)
    assert (found.size, found.media_type) == (0, "image/png")
    assert await loaded(other, found) == DATA


@pytest.mark.shows("inline images")
async def test_a_file_of_the_description_hangs_on_the_issue(linear: Linear, world: LinearWorld) -> None:
    with world.simulator.do():
        stored = world.space.place_file("plan.png", "image/png", 4)
    stored.content = b"plan"
    ref = world.simulator.make("x", description=f"See\n\n![plan.png]({world.simulator.files_url}/{stored.path})")
    thread = (await linear.fetch(ref)).thread
    assert thread is not None
    [found] = thread.attachments
    assert (found.name, found.id) == ("plan.png", stored.path)
    assert await loaded(linear, found) == b"plan"
    world.simulator.edit(ref, description="See")
    with pytest.raises(NotFound):
        await loaded(linear, found)


async def test_a_file_that_is_too_large_is_refused_before_anything_is_sent(linear: Linear, world: LinearWorld) -> None:
    ref = world.simulator.make("x")
    await linear.fetch(ref)
    before = len(world.simulator.requests)
    large = replace(file("a.log", b""), size=51 * 1024 * 1024)
    with pytest.raises(Rejected) as refused:
        await linear.comment(ref, Message(Internal("see"), (large,)), key="key-1", expect="")
    assert (refused.value.field, len(world.simulator.requests) - before) == ("attachments", 0)


@pytest.mark.parametrize("fault", [LostBefore(), Status(503), Status(403)])
async def test_without_its_file_a_comment_is_not_written(
    linear: Linear, world: LinearWorld, fault: LostBefore | Status
) -> None:
    ref = world.simulator.make("x")
    await linear.fetch(ref)
    world.simulator.faults.on("PUT *", fault)
    with pytest.raises(Unavailable) as failed:
        await linear.comment(ref, Message(Internal("see"), (file("a.log", DATA),)), key="key-1", expect="")
    assert not failed.value.sent
    assert world.issue(ref).comments == []
    posted = await linear.comment(ref, Message(Internal("see"), (file("a.log", DATA),)), key="key-1", expect="")
    assert await loaded(linear, posted.comment.attachments[0]) == DATA

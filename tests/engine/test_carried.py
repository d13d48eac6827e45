"""A vendor moves an issue by making another one with copies of all that was said: nobody is told any of it again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.engine.world import World, world


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[World]:
    async with world(store_url) as made:
        yield made


def move(pair: World, issue: str) -> str:
    """As GitHub and GitLab do: a new issue has each comment and file under another id; the old one leads there."""
    tracker = pair.engineering
    old, new = tracker.ticket(issue), tracker.open(title="-", by="joe", container="CORE")
    made = tracker.ticket(new)
    made.fields = dict(old.fields)
    made.comments = [replace(each, id=f"{each.id}-moved") for each in old.comments]
    made.files = [replace(each, id=f"{each.id}-moved") for each in old.files]
    tracker.bytes.update({f"{each.id}-moved": tracker.bytes[each.id] for each in old.files})
    tracker.merge(issue, into=new)
    return new


async def test_what_was_said_on_a_moved_issue_is_not_said_again(pair: World) -> None:
    """The customer had the engineer's answer twice."""
    ref, issue = await pair.linked()
    pair.engineering.say(issue, "/customer It is fixed", by="joe")
    pair.engineering.say(issue, "for us", by="joe")
    pair.engineering.file(issue, "trace.log", b"trace", by="joe")
    pair.support.say(ref, "thank you", public=True)
    await pair.sync()
    before = list(pair.support.ticket(ref).comments)
    new = move(pair, issue)
    await pair.sync()
    assert (await pair.link(ref)).refs.engineering == new
    assert pair.support.ticket(ref).comments == before
    assert len(pair.engineering.ticket(new).comments) == 3
    assert [file.name for file in pair.engineering.ticket(new).files] == ["trace.log"]


async def test_what_was_said_just_before_the_move_is_told_all_the_same(pair: World) -> None:
    """The same words as an earlier comment, but another one."""
    ref, issue = await pair.linked()
    pair.engineering.say(issue, "still failing", by="joe")
    await pair.sync()
    pair.clock.advance(60)
    pair.engineering.say(issue, "still failing", by="joe")
    move(pair, issue)
    await pair.sync()
    told = [comment for comment in pair.support.ticket(ref).comments if "still failing" in comment.body.text]
    assert len(told) == 2


async def test_an_edit_finds_the_copy_on_the_moved_issue(pair: World) -> None:
    """It was sent to a comment that was gone, until the link was parked."""
    ref, issue = await pair.linked()
    comment = pair.support.say(ref, "frist", public=True)
    await pair.sync()
    new = move(pair, issue)
    await pair.sync()
    pair.support.edit_comment(ref, comment, "first")
    await pair.sync()
    assert [each.body.text for each in pair.engineering.ticket(new).comments] == ["first"]
    assert await pair.parked() == []

"""What Redmine's connector makes of answers that no recording holds: a limit of a proxy, pictures in texts."""

from __future__ import annotations

import httpx
import pytest

from syncd.core.model import Thread
from syncd.sdk.errors import RateLimited
from syncd_redmine import Redmine
from syncd_redmine.config import RedmineConfig
from syncd_redmine.marker import marked
from syncd_redmine.snapshot import thread
from syncd_redmine.wire import Issue

CONFIG = RedmineConfig(connector="redmine", url="http://127.0.0.1:1", api_key="k")  # type: ignore[arg-type]
ALICE, SYNCD = {"id": 5, "name": "Alice"}, {"id": 2, "name": "syncd"}
NOW = "2026-01-05T09:00:00Z"


@pytest.mark.shows("limit obeyed when it is hit")
async def test_a_limit_of_a_proxy_is_obeyed() -> None:
    """Redmine itself has none."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(429, headers={"retry-after": "93"})

    redmine = Redmine(CONFIG, transport=httpx.MockTransport(answer))
    with pytest.raises(RateLimited) as limited:
        await redmine.update("1", {"subject": "x"}, expect="")
    assert limited.value.retry_after == 93
    with pytest.raises(RateLimited):
        await redmine.update("1", {"subject": "x"}, expect="")
    assert len(asked) == 1, "nothing is asked until then"
    await redmine.aclose()


@pytest.mark.shows("public places noticed")
async def test_projects_that_strangers_can_read_are_noticed() -> None:
    projects = [{"identifier": "eng", "is_public": False}, {"identifier": "open", "is_public": True}]

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2].removesuffix(".json")
        return httpx.Response(200, json={name: projects if name == "projects" else []})

    redmine = Redmine(CONFIG, transport=httpx.MockTransport(answer))
    assert (await redmine.describe()).public_containers == {"open"}
    await redmine.aclose()


@pytest.mark.shows("unanswered comment found")
def test_our_own_note_is_known_by_the_mark_in_it_and_nobody_elses() -> None:
    words = marked("words", "key-1")
    notes = [{"id": id, "user": user, "notes": words, "created_on": NOW} for id, user in ((3, SYNCD), (4, ALICE))]
    ours, theirs = read(journals=notes).comments
    assert (ours.key, ours.body.text.strip()) == ("key-1", "words")
    assert theirs.key is None


@pytest.mark.shows("inline images")
def test_a_picture_in_a_note_is_a_file_of_that_note() -> None:
    came = {"property": "attachment", "name": "7", "new_value": "plan.png"}
    note = {"id": 3, "user": ALICE, "notes": "see !plan.png!", "created_on": NOW, "details": [came]}
    [comment] = read(journals=[note], attachments=[{"id": 7, "filename": "plan.png", "filesize": 3}]).comments
    assert [(file.name, file.size) for file in comment.attachments] == [("plan.png", 3)]
    assert "plan.png" in comment.body.text


def read(**more: object) -> Thread:
    named = {name: {"id": 1, "name": name} for name in ("project", "tracker", "status", "priority", "author")}
    issue = Issue.model_validate({"id": 1, **named, "created_on": NOW, "updated_on": NOW, **more})
    return thread(issue, own="2", config=CONFIG)

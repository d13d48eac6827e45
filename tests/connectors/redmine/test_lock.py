"""What Redmine refuses: one of two saves in one moment, without a word; a file, and a value, in words."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from syncd.sdk.connector import File
from syncd.sdk.errors import Rejected, Stale
from syncd_redmine import Redmine
from syncd_redmine.config import RedmineConfig


def refusing(*sentences: str) -> Redmine:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(422, json={"errors": list(sentences)})

    config = RedmineConfig(connector="redmine", url="http://127.0.0.1:1", api_key="k")  # type: ignore[arg-type]
    return Redmine(config, transport=httpx.MockTransport(answer))


async def test_a_refusal_without_a_word_is_somebody_elses_save_and_no_refusal_of_ours() -> None:
    redmine = refusing()
    with pytest.raises(Stale):
        await redmine.api.client.request("PUT", "/issues/1.json", json={})
    await redmine.aclose()


async def test_a_file_that_redmine_refuses_is_named_as_such() -> None:
    async def read() -> AsyncIterator[bytes]:
        yield b"x"

    redmine = refusing("This file cannot be uploaded because it exceeds the maximum allowed file size (5242880)")
    with pytest.raises(Rejected, match="maximum allowed file size") as caught:
        await redmine.api.upload(File("a.bin", "application/octet-stream", 1, read))
    assert caught.value.field == "files"
    await redmine.aclose()


async def test_a_refusal_in_words_is_final() -> None:
    redmine = refusing("Subject cannot be blank")
    with pytest.raises(Rejected, match="cannot be blank") as caught:
        await redmine.api.client.request("PUT", "/issues/1.json", json={})
    assert caught.value.field == "subject"
    await redmine.aclose()

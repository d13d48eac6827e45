"""A JSON body with files says its length before its first byte, and holds what the files held."""

import base64
import json
from collections.abc import AsyncIterator

import pytest

from syncd.sdk.connector import File
from syncd.sdk.errors import Rejected
from syncd.sdk.json_files import FileNames, JsonFiles

NAMES = FileNames(files="the files", name="called", media_type="kind", data="held")


def file(name: str, data: bytes, *, size: int | None = None) -> File:
    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 5):
            yield data[start : start + 5]

    return File(name, "text/plain", len(data) if size is None else size, read)


async def sent(body: JsonFiles) -> bytes:
    return b"".join([piece async for piece in body.body()])


@pytest.mark.parametrize("said", [{}, {"body": "ü", "id": 1}], ids=str)
@pytest.mark.parametrize("sizes", [[], [0], [1], [2], [3], [7, 0, 100]], ids=str)
async def test_the_length_is_known_before_the_first_byte(said: dict[str, object], sizes: list[int]) -> None:
    files = [file(f"файл {number}", bytes(range(size))) for number, size in enumerate(sizes)]
    body = JsonFiles(said, files, NAMES)
    whole = await sent(body)
    assert body.headers["content-length"] == str(len(whole))
    shown = json.loads(whole)
    assert {name: shown[name] for name in said} == said
    held = [(each["called"], each["kind"], base64.b64decode(each["held"])) for each in shown.get("the files", [])]
    assert held == [(f"файл {number}", "text/plain", bytes(range(size))) for number, size in enumerate(sizes)]


@pytest.mark.parametrize("size", [2, 4])
async def test_a_file_of_another_length_breaks_the_body_off(size: int) -> None:
    with pytest.raises(Rejected) as caught:
        await sent(JsonFiles({}, [file("a", b"abc", size=size)], NAMES))
    assert caught.value.field == "attachments"

"""A form is what its headers announce, reads as what was put into it, and holds no name that breaks out of a header."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from starlette.datastructures import UploadFile
from starlette.requests import Request

from syncd.sdk.connector import File
from syncd.sdk.multipart import Form


def sent(name: str, data: bytes, media_type: str = "text/plain") -> File:
    async def read() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 100):
            yield data[start : start + 100]

    return File(name, media_type, len(data), read)


async def parsed(form: Form) -> list[tuple[str, object]]:
    """The parts as a server reads them; a file as (name, type, bytes)."""
    body = b"".join([chunk async for chunk in form.body()])
    assert form.headers["content-length"] == str(len(body))

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(name.encode(), value.encode()) for name, value in form.headers.items()]
    found: list[tuple[str, object]] = []
    async with Request({"type": "http", "method": "POST", "headers": headers}, receive).form() as given:
        for name, value in given.multi_items():
            if isinstance(value, UploadFile):
                found.append((name, (value.filename, value.content_type, await value.read())))
            else:
                found.append((name, value))
    return found


async def test_values_and_files_arrive_as_they_were_put_in() -> None:
    data = bytes(range(256)) * 3
    form = Form(
        {"body": "Größe\r\n日本", "private": True}, [("file", sent("Köln.bin", data)), ("file", sent("b", b""))]
    )
    assert await parsed(form) == [
        ("body", "Größe\r\n日本"),
        ("private", "true"),
        ("file", ("Köln.bin", "text/plain", data)),
        ("file", ("b", "text/plain", b"")),
    ]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\log.txt", "log.txt"),
        ('a"; name="b', "a%22; name=%22b"),
        ("a\r\nX-Evil: 1", "aX-Evil: 1"),
        ("..", "file"),
    ],
)
async def test_a_name_stays_in_its_place(name: str, kept: str) -> None:
    [(part, file)] = await parsed(Form({}, [("file", sent(name, b"x"))]))
    assert (part, file) == ("file", (kept, "text/plain", b"x"))


async def test_a_media_type_that_is_none_is_bytes() -> None:
    [(_, file)] = await parsed(Form({}, [("file", sent("a", b"x", "text/plain\r\nX-Evil: 1"))]))
    assert file == ("a", "application/octet-stream", b"x")

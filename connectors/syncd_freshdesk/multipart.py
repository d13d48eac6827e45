"""A conversation with files as multipart/form-data, whose bytes are streamed.

"Arrays and nested fields must then also be form fields": a flag is the word `true` or `false`, a file is a part named
`attachments[]` (developers.freshdesk.com/api, "Create a Ticket With Attachment").
"""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence

from syncd.sdk.connector import File
from syncd.sdk.errors import Rejected

LARGEST = 20_000_000
"""Bytes of all files of a conversation together. The documents say "20 MB"; this is the smaller reading of it."""

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


def check(files: Sequence[File]) -> None:
    """Refuse what Freshdesk would refuse, before a byte is sent."""
    size = sum(file.size for file in files)
    if size > LARGEST:
        raise Rejected(f"freshdesk: files of {size} bytes are over the limit of 20 MB", field="attachments")


class Form:
    """The body of one request and its headers."""

    def __init__(self, values: Mapping[str, str | bool], files: Sequence[File]) -> None:
        self._boundary = f"syncd-{secrets.token_hex(16)}"
        self._values = [(self._part(name), _word(value)) for name, value in values.items()]
        self._files = [(self._part("attachments[]", file), file) for file in files]
        self._end = f"--{self._boundary}--\r\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        values = sum(len(head) + len(value) + 2 for head, value in self._values)
        files = sum(len(head) + file.size + 2 for head, file in self._files)
        return {
            "content-type": f"multipart/form-data; boundary={self._boundary}",
            "content-length": str(values + files + len(self._end)),
        }

    async def body(self) -> AsyncIterator[bytes]:
        for head, value in self._values:
            yield head + value + b"\r\n"
        for head, file in self._files:
            yield head
            async for chunk in file.read():
                yield chunk
            yield b"\r\n"
        yield self._end

    def _part(self, name: str, file: File | None = None) -> bytes:
        lines = [f"--{self._boundary}", f'Content-Disposition: form-data; name="{name}"']
        if file is not None:
            lines[1] += f'; filename="{_quoted(file.name)}"'
            lines.append(f"Content-Type: {_media_type(file.media_type)}")
        return "\r\n".join([*lines, "", ""]).encode()


def _word(value: str | bool) -> bytes:
    return (str(value).lower() if isinstance(value, bool) else value).encode()


def _quoted(name: str) -> str:
    """The last part of a file name as it may stand in a header (WHATWG, "multipart/form-data encoding algorithm")."""
    last = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1]).strip(" .") or "file"
    return last.replace('"', "%22")


def _media_type(given: str) -> str:
    plain = given.partition(";")[0].strip()
    return plain if _MEDIA_TYPE.fullmatch(plain) else "application/octet-stream"

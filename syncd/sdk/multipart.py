"""Values and files as multipart/form-data (RFC 7578), whose bytes are streamed: no file is ever whole in memory."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence

from syncd.sdk.connector import File

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)


class Form:
    """The body of one request and its headers.

    Args:
        values: a flag is sent as the word `true` or `false`.
        files: each with the name of its part.
    """

    def __init__(self, values: Mapping[str, str | bool], files: Sequence[tuple[str, File]]) -> None:
        self._boundary = f"syncd-{secrets.token_hex(16)}"
        self._values = [(self._part(name), _word(value)) for name, value in values.items()]
        self._files = [(self._part(name, file), file) for name, file in files]
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

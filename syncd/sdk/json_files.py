"""A JSON body with files in base64, written while the files are read, never whole in memory.

For vendors that take files in no other way.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncd.sdk.connector import File
from syncd.sdk.errors import Rejected

_END, _CLOSE, _TAIL = b"}", b"]", b'"}'


@dataclass(frozen=True, slots=True)
class FileNames:
    """What a vendor calls the list of files in a body, and what it says of each."""

    files: str
    name: str
    media_type: str
    data: str


@dataclass(frozen=True, slots=True)
class JsonFiles:
    """The body of a request. `said` is what stands in it beside the files."""

    said: Mapping[str, Any]
    files: Sequence[File]
    names: FileNames

    @property
    def headers(self) -> dict[str, str]:
        """What goes with it, its length among them: no vendor has to take it in pieces of unknown number."""
        return {"content-type": "application/json", "content-length": str(self.length())}

    def length(self) -> int:
        """How many bytes `body` gives, if each file is as long as it says."""
        texts = len(self._start()) + len(_END)
        if not self.files:
            return texts
        each = [
            len(self._head(file, first=not at)) + (file.size + 2) // 3 * 4 + len(_TAIL)
            for at, file in enumerate(self.files)
        ]
        return texts + len(self._open()) + sum(each) + len(_CLOSE)

    async def body(self) -> AsyncIterator[bytes]:
        """The JSON. A file of another length than it says is refused before the last byte, so nothing is written."""
        yield self._start()
        if self.files:
            yield self._open()
            for at, file in enumerate(self.files):
                yield self._head(file, first=not at)
                async for piece in _encoded(file):
                    yield piece
                yield _TAIL
            yield _CLOSE
        yield _END

    def _start(self) -> bytes:
        return json.dumps(self.said, ensure_ascii=False).encode()[:-1]

    def _open(self) -> bytes:
        return f"{', ' if self.said else ''}{json.dumps(self.names.files)}: [".encode()

    def _head(self, file: File, *, first: bool) -> bytes:
        described = {self.names.name: file.name, self.names.media_type: file.media_type}
        shown = json.dumps(described, ensure_ascii=False)[:-1]
        return f'{"" if first else ", "}{shown}, {json.dumps(self.names.data)}: "'.encode()


async def _encoded(file: File) -> AsyncIterator[bytes]:
    """Whole groups of three bytes at a time: only the last one may be padded."""
    held, size = b"", 0
    async for piece in file.read():
        size += len(piece)
        held += piece
        whole = len(held) // 3 * 3
        if size > file.size:
            break
        yield base64.b64encode(held[:whole])
        held = held[whole:]
    if size != file.size:
        raise Rejected("a file is not as long as it was said to be", field="attachments")
    yield base64.b64encode(held)

"""The body of an article with files: JSON with base64 in it, written while the files are read, never whole in memory.

Zammad takes files in no other way (ticket-articles.rst, "Article with attached files").
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from syncd.sdk.connector import File
from syncd.sdk.errors import Rejected

_END = b"}"


def length(article: Mapping[str, Any], files: Sequence[File]) -> int:
    """How many bytes `body` gives, if each file is as long as it says."""
    texts = len(_start(article)) + len(_END)
    if not files:
        return texts
    each = sum(len(_head(file, first=not at)) + (file.size + 2) // 3 * 4 + len(_TAIL) for at, file in enumerate(files))
    return texts + len(_OPEN) + each + len(_CLOSE)


async def body(article: Mapping[str, Any], files: Sequence[File]) -> AsyncIterator[bytes]:
    """The JSON. A file of another length than it says is refused before the last byte, so nothing is written."""
    yield _start(article)
    if files:
        yield _OPEN
        for at, file in enumerate(files):
            yield _head(file, first=not at)
            async for piece in _encoded(file):
                yield piece
            yield _TAIL
        yield _CLOSE
    yield _END


_OPEN, _CLOSE, _TAIL = b', "attachments": [', b"]", b'"}'


def _start(article: Mapping[str, Any]) -> bytes:
    return json.dumps(article, ensure_ascii=False).encode()[:-1]


def _head(file: File, *, first: bool) -> bytes:
    described = json.dumps({"filename": file.name, "mime-type": file.media_type}, ensure_ascii=False)[:-1]
    return f'{"" if first else ", "}{described}, "data": "'.encode()


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
        raise Rejected("zammad: a file is not as long as it was said to be", field="attachments")
    yield base64.b64encode(held)

"""Files on their way to RT: base64 within the JSON of a message, so they arrive with it or not at all."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from syncd.sdk.connector import File
from syncd.sdk.errors import Rejected

BYTES = "application/octet-stream"
LARGEST = 20 * 1024 * 1024  # bytes of one message's files; they are held in memory and a third larger on the wire


async def encoded(files: Sequence[File]) -> list[dict[str, str]]:
    if sum(file.size for file in files) > LARGEST:
        raise Rejected(f"files of one message may be {LARGEST // 1024 // 1024} MiB together at RT", field="files")
    return [await _encoded(file) for file in files]


async def _encoded(file: File) -> dict[str, str]:
    content = b"".join([chunk async for chunk in file.read()])
    if not content:
        raise Rejected("Request Tracker takes no empty file", field="files")
    return {
        # RT takes the characters of a name for its bytes
        "FileName": " ".join(file.name.split()).encode().decode("latin-1") or "file",
        "FileType": _type(file.media_type, content),
        "FileContent": base64.b64encode(content).decode(),
    }


def _type(media_type: str, content: bytes) -> str:
    """A type under which RT keeps the bytes: it rewrites texts in another encoding, and opens mails."""
    plain = media_type.partition(";")[0].strip().lower()
    if plain.startswith(("message/", "multipart/")) or "/" not in plain:
        return BYTES
    if not plain.startswith("text/"):
        return plain
    try:
        content.decode()
    except UnicodeDecodeError:
        return BYTES
    return f"{plain}; charset=utf-8"

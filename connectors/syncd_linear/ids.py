"""Ids that we choose: Linear takes a UUID v4 of ours for what is created, so that a repeated create is the same one.

`IssueCreateInput.id` and `CommentCreateInput.id` are "in UUID v4 format" (schema). A comment's id is also our mark,
which people do not see: its last four bytes are a digest of the others.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

_MARKED = 12  # bytes before those that mark an id as ours


def issue_id(key: str) -> str:
    return str(UUID(bytes=_as_version_4(_digest("issue", key.encode()))))


def comment_id(key: str) -> str:
    head = _as_version_4(_digest("comment", key.encode()))[:_MARKED]
    return str(UUID(bytes=head + _tail(head)))


def is_marked(id: str) -> bool:
    """Whether a comment's id is one that `comment_id` gives; of others one in four thousand million is."""
    try:
        given = UUID(id).bytes
    except ValueError:
        return False
    return given[_MARKED:] == _tail(given[:_MARKED])


def _tail(head: bytes) -> bytes:
    return _digest("mark", head)[: 16 - _MARKED]


def _digest(what: str, content: bytes) -> bytes:
    return hashlib.sha256(b"syncd linear " + what.encode() + b"\0" + content).digest()[:16]


def _as_version_4(content: bytes) -> bytes:
    made = bytearray(content)
    made[6] = made[6] & 0x0F | 0x40
    made[8] = made[8] & 0x3F | 0x80
    return bytes(made)

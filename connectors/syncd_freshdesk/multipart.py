"""A conversation with files as multipart/form-data.

"Arrays and nested fields must then also be form fields": a flag is the word `true` or `false`, a file is a part named
`attachments[]` (developers.freshdesk.com/api, "Create a Ticket With Attachment").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncd.sdk.connector import File
from syncd.sdk.errors import Rejected
from syncd.sdk.multipart import Form

__all__ = ["Form", "check", "conversation"]

LARGEST = 20_000_000
"""Bytes of all files of a conversation together. The documents say "20 MB"; this is the smaller reading of it."""


def check(files: Sequence[File]) -> None:
    """Refuse what Freshdesk would refuse, before a byte is sent."""
    size = sum(file.size for file in files)
    if size > LARGEST:
        raise Rejected(f"freshdesk: files of {size} bytes are over the limit of 20 MB", field="attachments")


def conversation(values: Mapping[str, str | bool], files: Sequence[File]) -> Form:
    return Form(values, [("attachments[]", file) for file in files])

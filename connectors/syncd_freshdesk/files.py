"""How much Freshdesk takes of files."""

from __future__ import annotations

from collections.abc import Sequence

from syncd.sdk.connector import File
from syncd.sdk.errors import Rejected

LARGEST = 20_000_000
"""Bytes of all files of a conversation together. The documents say "20 MB"; this is the smaller reading of it."""


def check(files: Sequence[File]) -> None:
    """Refuse what Freshdesk would refuse, before a byte is sent."""
    size = sum(file.size for file in files)
    if size > LARGEST:
        raise Rejected(f"freshdesk: files of {size} bytes are over the limit of 20 MB", field="attachments")

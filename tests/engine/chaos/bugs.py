"""Errors that should not exist: the daemon logs them as `bug` and goes on, and a test must not."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog


@contextmanager
def noticed() -> Iterator[list[str]]:
    """Within the block nothing is logged, and each `bug` is kept with its traceback."""
    found: list[str] = []

    def keep(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if event.get("event") == "bug":
            error = event.get("exc_info")
            lines = traceback.format_exception(error) if isinstance(error, BaseException) else [traceback.format_exc()]
            found.append("".join(lines))
        raise structlog.DropEvent

    before = structlog.get_config()["processors"]
    structlog.configure(processors=[keep])
    try:
        yield found
    finally:
        structlog.configure(processors=before)

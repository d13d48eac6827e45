"""Named crash points (reliability.md, 5.9), so that a test can kill the process exactly there.

`SYNCD_CRASH_AT=H6:2` kills at the second time that H6 is passed. Without the variable a point looks at an empty list.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

POINTS = ("H1", "H2", "H3", "H4", "H5", "H6", "H9", "H10", "H11", "H12", "H13", "H14")
"""Those inside a daemon. H7 and H8 lie at the vendor, H15 in `syncd db restore`, B1 to B3 in `syncd backfill`."""

Strike = Callable[[str], object]


def point(name: str) -> None:
    """Die here, as by power loss, if a test asked for it."""
    for strike in _watching:
        strike(name)


@contextmanager
def watched(strike: Strike) -> Iterator[None]:
    """Within the block, tell `strike` of every point that is passed; it may count, raise or kill."""
    _watching.append(strike)
    try:
        yield
    finally:
        _watching.remove(strike)


def killer(wanted: str) -> Strike:
    """Kills the process when the point "NAME:N" is passed for the Nth time; "NAME" is "NAME:1"."""
    name, _, nth = wanted.partition(":")
    left = int(nth or "1")

    def strike(passed: str) -> None:
        nonlocal left
        left -= passed == name
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return strike


_watching: list[Strike] = [killer(os.environ["SYNCD_CRASH_AT"])] if os.environ.get("SYNCD_CRASH_AT") else []

"""Named crash points (reliability.md, 5.9), so that a test can kill the process exactly there.

`SYNCD_CRASH_AT=H6:2` kills at the second time that H6 is passed. Without the variable a point costs one comparison.
"""

from __future__ import annotations

import os
import signal

_WANTED, _, _NTH = os.environ.get("SYNCD_CRASH_AT", "").partition(":")
_passed = 0

POINTS = ("H1", "H2", "H3", "H4", "H5", "H6", "H9", "H10", "H11", "H12", "H14")
"""Those inside this process. H7 and H8 lie at the vendor; H13 and H15 belong to parts with tests of their own."""


def point(name: str) -> None:
    """Die here, as by power loss, if a test asked for it."""
    global _passed
    if name != _WANTED:
        return
    _passed += 1
    if _passed == int(_NTH or "1"):
        os.kill(os.getpid(), signal.SIGKILL)

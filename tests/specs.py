"""Where the vendors' own API descriptions are, for tests that check against them."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("SYNCD_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def spec(name: str) -> Path:
    """The path of a description below `specs/`; skips the test, with the reason, where it is absent."""
    path = SHARED / "specs" / name
    if not path.exists():
        pytest.skip(f"the vendor's description {name} is not here (looked in {path.parent}; set SYNCD_SHARED)")
    return path

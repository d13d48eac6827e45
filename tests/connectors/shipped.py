"""The connectors that ship with syncd, and what each says of itself: `part.py` in its test folder.

Who ships is what the entry points say; nothing else lists connectors.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import distribution
from importlib.util import find_spec

from syncd.registry import GROUP
from tests.connectors.parts import Part, Sent, SignIn
from tests.pairs.pair import Make

FOLDER = "tests.connectors"
SHIPPED = tuple(sorted(point.name for point in distribution("syncd").entry_points.select(group=GROUP)))
"""By syncd's own table of entry points, as it was installed; other people's connectors are not ours to test."""


def part(name: str) -> Part:
    """The part of a connector.

    Raises:
        LookupError: it says none; with what to write where.
    """
    place = f"{FOLDER}.{name}"
    if find_spec(place) is None or find_spec(f"{place}.part") is None:
        file = f"{place.replace('.', '/')}/part.py"
        raise LookupError(
            f"the connector `{name}` says no part in the tests of all connectors: write {file} with "
            f"`PART = Part(helpdesks={{{name!r}: ItsWorld}}, texts=...)`, or `trackers=`, and an empty __init__.py "
            "beside it; connectors/README.md says what goes into it"
        )
    found: Part = import_module(f"{place}.part").PART
    return found


def _parts() -> dict[str, Part]:
    """Of all that say theirs; `test_shipped` fails for the others."""
    found = {}
    for name in SHIPPED:
        try:
            found[name] = part(name)
        except LookupError:
            continue
    return found


PARTS = _parts()
HELPDESKS: dict[str, Make] = dict(sorted(each for part in PARTS.values() for each in part.helpdesks.items()))
TRACKERS: dict[str, Make] = dict(sorted(each for part in PARTS.values() for each in part.trackers.items()))
TEXTS: dict[str, Sent] = {form: sent for part in PARTS.values() for form, sent in part.texts.items()}
SIGN_INS: dict[str, SignIn] = {name: part.sign_in for name, part in PARTS.items() if part.sign_in}

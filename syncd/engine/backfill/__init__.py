"""Link what already belongs together, and copy what was said before: by a field, by an address in a text, by title."""

from syncd.engine.backfill.find import Finder, in_field, in_texts
from syncd.engine.backfill.run import Filled, How, backfill, watched
from syncd.engine.backfill.titles import WITHIN, Alike, Half, alike, given

__all__ = [
    "WITHIN",
    "Alike",
    "Filled",
    "Finder",
    "Half",
    "How",
    "alike",
    "backfill",
    "given",
    "in_field",
    "in_texts",
    "watched",
]

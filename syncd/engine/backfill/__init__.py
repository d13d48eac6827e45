"""Link what already belongs together, and copy what was said before: by a field, by an address in a text, by title."""

from syncd.engine.backfill.find import Finder, in_field, in_texts
from syncd.engine.backfill.run import Filled, How, backfill

__all__ = ["Filled", "Finder", "How", "backfill", "in_field", "in_texts"]

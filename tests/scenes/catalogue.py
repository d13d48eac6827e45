"""All scenes, in the order of their modules."""

from __future__ import annotations

from tests.scenes import acceptance, calendar, ending, gates, people, triggers, waiting
from tests.scenes.story import Scene

MODULES = (triggers, gates, acceptance, waiting, people, ending, calendar)
SCENES: tuple[Scene, ...] = tuple(
    value for module in MODULES for value in vars(module).values() if isinstance(value, Scene)
)

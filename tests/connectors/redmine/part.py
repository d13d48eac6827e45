"""Redmine's part in the tests of all connectors."""

from __future__ import annotations

from syncd_redmine import text
from tests.connectors.parts import Part, Sent
from tests.connectors.redmine.world import SimulatedWorld
from tests.sdk.text import hostile

PART = Part(
    trackers={"redmine": SimulatedWorld},
    texts={
        "redmine common_mark": Sent(
            lambda markdown: text.write(markdown, formatting="common_mark").source, hostile.acting_common_mark
        ),
        "redmine textile": Sent(
            lambda markdown: text.write(markdown, formatting="textile").source, hostile.acting_textile
        ),
    },
)

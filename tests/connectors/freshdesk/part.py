"""Freshdesk's part in the tests of all connectors."""

from __future__ import annotations

from syncd_freshdesk import text
from tests.connectors.freshdesk.world import FreshdeskWorld
from tests.connectors.parts import Part, Sent
from tests.sdk.text import hostile

PART = Part(
    helpdesks={"freshdesk": FreshdeskWorld},
    texts={"freshdesk": Sent(lambda markdown: text.write(markdown).source, hostile.acting_zendesk)},
)

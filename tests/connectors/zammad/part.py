"""Zammad's part in the tests of all connectors."""

from __future__ import annotations

from syncd_zammad import text
from tests.connectors.parts import Part, Sent
from tests.connectors.zammad.world import ZammadWorld
from tests.sdk.text import hostile

PART = Part(
    helpdesks={"zammad": ZammadWorld},
    texts={"zammad": Sent(lambda markdown: text.write(markdown).source, hostile.acting_html)},
)

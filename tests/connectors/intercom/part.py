"""Intercom's part in the tests of all connectors."""

from __future__ import annotations

from syncd_intercom import text
from tests.connectors.intercom.world import IntercomWorld
from tests.connectors.parts import Part, Sent
from tests.sdk.text import hostile

PART = Part(
    helpdesks={"intercom": IntercomWorld},
    texts={"intercom": Sent(lambda markdown: text.write(markdown).source, hostile.acting_zendesk)},
)

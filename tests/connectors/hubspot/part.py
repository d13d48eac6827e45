"""HubSpot's part in the tests of all connectors."""

from __future__ import annotations

from syncd_hubspot import text
from tests.connectors.hubspot.world import HubspotWorld
from tests.connectors.parts import Part, Sent, SignIn
from tests.sdk.text import hostile

PART = Part(
    helpdesks={"hubspot": HubspotWorld},
    texts={"hubspot": Sent(lambda markdown: text.write(markdown).source, hostile.acting_html)},
    sign_in=SignIn(("token",), "/oauth/v1/token", refresh="hubspot-refresh", itself=False, rotates=False),
)

"""Zendesk's part in the tests of all connectors."""

from __future__ import annotations

from syncd_zendesk import text
from tests.connectors.parts import Part, Sent, SignIn
from tests.connectors.zendesk.world import ZendeskWorld
from tests.sdk.text import hostile

PART = Part(
    helpdesks={"zendesk": ZendeskWorld},
    texts={"zendesk": Sent(lambda markdown: text.write(markdown).source, hostile.acting_zendesk)},
    sign_in=SignIn(("email", "token"), "/oauth/tokens", refresh="zendesk-refresh"),
)

"""Linear's part in the tests of all connectors."""

from __future__ import annotations

from syncd_linear import text
from tests.connectors.linear.world import LinearWorld
from tests.connectors.parts import Part, Sent, SignIn
from tests.sdk.text import hostile

PART = Part(
    trackers={"linear": LinearWorld},
    texts={"linear": Sent(lambda markdown: text.write(markdown).source, hostile.acting_gfm)},
    sign_in=SignIn(("api_key",), "/oauth/token", refresh="linear-refresh"),
)

"""Request Tracker's part in the tests of all connectors."""

from __future__ import annotations

from syncd_rt import text
from tests.connectors.parts import Part, Sent
from tests.connectors.rt.simulated import SimulatedWorld
from tests.sdk.text import hostile


def acting(sent: tuple[str, str]) -> list[str]:
    """A content and its type."""
    content, content_type = sent
    return hostile.acting_html(content) if content_type == "text/html" else hostile.acting_plain(content)


PART = Part(
    helpdesks={"rt": SimulatedWorld},
    texts={"rt": Sent(text.write, acting, raw=lambda words: (words, "text/plain"))},
)

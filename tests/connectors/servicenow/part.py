"""ServiceNow's part in the tests of all connectors."""

from __future__ import annotations

from syncd_servicenow import text
from tests.connectors.parts import Part, Sent, SignIn
from tests.connectors.servicenow.world import ServiceNowWorld
from tests.sdk.text import hostile

LIMIT = 1_000_000


def acting(entry: str) -> list[str]:
    """What an instance shows of an entry: HTML in the tags, words around them."""
    found = []
    for at, piece in enumerate(text._TAGGED.split(entry)):
        found += hostile.acting_html(piece) if at % 2 else hostile.acting_plain(piece)
    return found


PART = Part(
    helpdesks={"servicenow": ServiceNowWorld},
    texts={
        "servicenow as HTML": Sent(lambda markdown: text.write(markdown, rich=True, limit=LIMIT).source, acting),
        "servicenow as words": Sent(lambda markdown: text.write(markdown, rich=False, limit=LIMIT).source, acting),
    },
    sign_in=SignIn(("user", "password"), "/oauth_token.do", refresh="servicenow-refresh", rotates=False),
)

"""GitLab's part in the tests of all connectors."""

from __future__ import annotations

from syncd_gitlab import text
from tests.connectors.gitlab.world import GitlabWorld
from tests.connectors.parts import Part, Sent, SignIn
from tests.sdk.text import hostile

PART = Part(
    trackers={"gitlab": lambda: GitlabWorld(elsewhere=True)},
    texts={"gitlab": Sent(lambda markdown: text.write(markdown).source, hostile.acting_gitlab)},
    sign_in=SignIn(("token",), "/oauth/token", refresh="gitlab-refresh", itself=False),
)

"""GitHub's part in the tests of all connectors."""

from __future__ import annotations

from syncd_github import text
from tests.connectors.github.world import GitHubWorld
from tests.connectors.parts import Part, Sent
from tests.sdk.text import hostile

PART = Part(
    trackers={"github": lambda: GitHubWorld(elsewhere=True)},
    texts={"github": Sent(lambda markdown: text.write(markdown).source, hostile.acting_gfm)},
)

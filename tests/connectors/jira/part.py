"""Jira's part in the tests of all connectors: Service Management is a helpdesk, Jira itself a tracker."""

from __future__ import annotations

from syncd_jira import text
from syncd_jira.simulator import CLOUD_ID
from tests.connectors.jira.desk import DeskWorld
from tests.connectors.jira.world import STEPS, JiraWorld
from tests.connectors.parts import Part, Sent, SignIn
from tests.sdk.text import hostile

PART = Part(
    helpdesks={"jira service management": DeskWorld},
    trackers={
        "jira cloud": lambda: JiraWorld(workflow=STEPS),
        "jira data center": lambda: JiraWorld("data_center", workflow=STEPS),
    },
    texts={
        "jira cloud": Sent(
            lambda markdown: text.adf(markdown).source,
            hostile.acting_adf,
            raw=lambda words: {"type": "paragraph", "content": [{"type": "text", "text": words}]},
        ),
        "jira data center": Sent(lambda markdown: text.wiki(markdown).source, hostile.acting_wiki),
    },
    sign_in=SignIn(("email", "token"), "/oauth/token", beside={"cloud_id": CLOUD_ID}, refresh="jira-refresh"),
)

"""Azure DevOps's part in the tests of all connectors."""

from __future__ import annotations

from syncd_azuredevops import text
from tests.connectors.azuredevops.world import AzureDevOpsWorld
from tests.connectors.parts import Part, Sent, SignIn
from tests.sdk.text import hostile

PART = Part(
    trackers={"azuredevops": AzureDevOpsWorld},
    texts={"azuredevops": Sent(lambda markdown: text.write(markdown).source, hostile.acting_html)},
    sign_in=SignIn(("token",), "/acme/oauth2/v2.0/token", more={"tenant": "acme"}),
)

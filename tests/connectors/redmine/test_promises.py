"""The promises of every connector, kept on a real Redmine."""

import pytest

from syncd.sdk.testing.conformance import ConnectorTests

pytestmark = pytest.mark.e2e


class TestRedmine(ConnectorTests):
    """The fixtures are the real server's: see `conftest`."""

"""The promises of every connector, kept on a real Redmine."""

from __future__ import annotations

import pytest

from tests.connectors.redmine.promises import RedmineTests

pytestmark = pytest.mark.e2e


class TestRedmine(RedmineTests):
    """With the fixtures of the real server."""

"""The promises of a connector, by subject; `conformance.ConnectorTests` has them all."""

import pytest

# before the modules below are imported, so that a broken promise shows both values
SUBJECTS = ("tickets", "threads", "hints", "life", "people")
pytest.register_assert_rewrite(*(f"{__name__}.{subject}" for subject in SUBJECTS))

"""The steps of a pair stand in modules of their own; pytest explains their assertions too."""

import pytest

pytest.register_assert_rewrite("tests.pairs.fields", "tests.pairs.threads", "tests.pairs.lives")

"""Whatever people do, whatever gets lost and wherever the daemon dies: in the end every pair is equal or flagged.

After the last fault both sides mean the same in every field or somebody is told, each comment and file stands on the
other side once and in order, nothing private was sent where strangers read, no edit was lost, and a further look at
everything writes nothing. Nine pairs of characters share the histories: a few in `make test`, 2,025 by
`make histories`, which CI runs, and 10,125 longer ones by `make soak`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from syncd.sdk.testing.character import BLIND, HELPFUL, TRACKER
from tests.engine.chaos.machine import Histories

Record = Callable[[str, Any], None]

FEW = 45
HISTORIES = 2_025
MANY = 10_125
STEPS = 4  # turns in one history, each with something that people do, bad luck on the way, and a run of the daemon
CHARACTERS = {"helpful": HELPFUL, "tracker": TRACKER, "blind": BLIND}
PAIRS = list(product(CHARACTERS, CHARACTERS))
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.mark.parametrize(("support", "engineering"), PAIRS)
def test_a_few_histories_end_well(support: str, engineering: str, record_property: Record) -> None:
    chosen = settings(max_examples=FEW // len(PAIRS), stateful_step_count=STEPS)
    run(support, engineering, chosen, record_property)


@pytest.mark.histories
@pytest.mark.parametrize(("support", "engineering"), PAIRS)
def test_every_history_ends_well(support: str, engineering: str, record_property: Record) -> None:
    chosen = settings(max_examples=HISTORIES // len(PAIRS), stateful_step_count=STEPS)
    run(support, engineering, chosen, record_property)


@pytest.mark.soak
@pytest.mark.parametrize(("support", "engineering"), PAIRS)
def test_many_more_and_longer_histories_end_well(support: str, engineering: str, record_property: Record) -> None:
    most = MANY // len(PAIRS)
    # no database: it knows the nine pairs by one name, and would hand what one of them found to all that come after it
    chosen = settings(settings.get_profile("soak"), database=None, max_examples=most, stateful_step_count=STEPS * 3)
    run(support, engineering, chosen, record_property)


def run(support: str, engineering: str, chosen: settings, record_property: Record) -> None:
    class These(Histories):
        pass

    These.support, These.engineering = CHARACTERS[support], CHARACTERS[engineering]
    try:
        run_state_machine_as_test(These, settings=settings(chosen, suppress_health_check=SLOW))
    finally:
        record_property("histories", These.run)

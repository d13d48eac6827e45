"""What a piece of work costs, told so that a bound in seconds holds on a slow or a busy machine, too."""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable

ROUNDS = 1_200_000
"""So many take a tenth of a second on a processor that has nothing else to do."""

TRIES = 5


def within(bound: float, work: Callable[[], object]) -> bool:
    """Whether the work needs less than `bound` seconds of an idle processor.

    The least of several tries counts, with the garbage of the other tests left where it is, as in `timeit`: neighbours
    add to a figure and never take from it. One that is too long is weighed by a fixed piece of work after it.
    """
    tried = []
    for _ in range(TRIES):
        spent = _timed(work)
        if spent < bound:
            return True
        tried.append(spent / max(1.0, _timed(_known) / 0.1))
        if tried[-1] < bound:
            return True
    print(f"seconds of an idle processor: {', '.join(f'{cost:.2f}' for cost in tried)}")
    return False


def _known() -> None:
    for number in range(ROUNDS):
        str(number)


def _timed(work: Callable[[], object]) -> float:
    return timeit.timeit(work, number=1, timer=time.process_time)

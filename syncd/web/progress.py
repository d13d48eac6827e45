"""The page that shows a customer how far their ticket is: the value of `core.progress` in the words of the policy."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from syncd.core.progress import Progress, Stand
from syncd.core.wording import ProgressPolicy
from syncd.web.sheet import sheet


def page(found: Progress, policy: ProgressPolicy, wanted: Sequence[str]) -> Response:
    language, words = policy.spoken(wanted)
    said = {Stand.DONE: words.done, Stand.NEXT: words.next, Stand.LATER: words.later}
    steps = [
        {"stand": str(view.stand), "called": words.steps[view.step], "said": said[view.stand], "at": view.at}
        for view in found.steps
    ]
    return sheet(
        "progress.html",
        language,
        words=words,
        steps=steps,
        due=found.update_due,
        late=found.late,
        finished=found.finished,
        answers=found.answers,
        at=found.at,
    )

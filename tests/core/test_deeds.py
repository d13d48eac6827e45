"""Whether a deed still makes sense, by what happened before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.deeds import DEEDS, Obstacle, Purpose, obstacle
from syncd.core.milestones import Happened, Milestone

H, P, O = Happened, Purpose, Obstacle  # noqa: E741  short, for the table below
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("purpose", "way", "expected"),
    [
        (P.ACCEPT, [], O.NOT_ASKED),
        (P.ACCEPT, [H.ESCALATED], None),
        (P.ACCEPT, [H.ESCALATED, H.ACCEPTED], O.ACCEPTED),
        (P.ACCEPT, [H.ESCALATED, H.RETURNED], O.RETURNED),
        (P.ACCEPT, [H.ESCALATED, H.RETURNED, H.RESUBMITTED], None),
        (P.ACCEPT, [H.ESCALATED, H.DONE], O.DONE),
        (P.ACCEPT, [H.ESCALATED, H.DONE, H.REOPENED], None),
        (P.RETURN, [H.ESCALATED, H.ACCEPTED], None),
        (P.RETURN, [H.ESCALATED, H.RETURNED], O.RETURNED),
        (P.REVIEWED, [H.ESCALATED, H.ACCEPTED, H.REVIEWED], None),
        (P.REVIEWED, [H.ESCALATED, H.DONE], O.DONE),
        (P.APPROVE, [], O.NOT_ASKED),
        (P.APPROVE, [H.APPROVAL_ASKED], None),
        (P.APPROVE, [H.APPROVAL_ASKED, H.REFUSED], O.ANSWERED),
        (P.REFUSE, [H.APPROVAL_ASKED, H.APPROVED], O.ANSWERED),
        (P.REFUSE, [H.APPROVAL_ASKED, H.REFUSED, H.APPROVAL_ASKED], None),
        (P.RATE, [H.ESCALATED, H.DONE], O.NOT_ASKED),
        (P.RATE, [H.SURVEYED], None),
        (P.RATE, [H.SURVEYED, H.RATED], O.ANSWERED),
        (P.PROGRESS, [], None),
    ],
)
def test_what_stands_in_the_way(purpose: Purpose, way: list[Happened], expected: Obstacle | None) -> None:
    history = [Milestone(what, NOW + at * timedelta(minutes=1)) for at, what in enumerate(way)]
    assert obstacle(purpose, history) is expected


def test_every_purpose_but_to_look_has_a_deed_of_its_own() -> None:
    assert {*DEEDS} == {*Purpose} - {Purpose.PROGRESS}
    assert len({*DEEDS.values()}) == len(DEEDS)

"""A scene that says what is not so is refused: what these prove is what the others rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncd.core.contract import ClockName
from syncd.core.milestones import Happened
from syncd.core.model import Public
from tests.scenes.acceptance import POLICY
from tests.scenes.stage import rules
from tests.scenes.story import Play, Scene, Story, played, shows
from tests.scenes.wanted import clock, fact, word

LINKED, MADE = ["(linked to CORE-1)"], ["(made in CORE)"]
ACCEPTED = ["Cia accepted the issue."]


@shows(word("accept"), policy=POLICY)
async def honest(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=LINKED, engineers=MADE)
    await case.engineer("/accept")
    await case.sees(word("accept"), agents=ACCEPTED, engineers=[])


async def expects_words_of_a_silent_issue(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=LINKED, engineers=MADE)
    await case.engineer("/accept")
    await case.sees(word("accept"), agents=ACCEPTED, engineers=ACCEPTED)


async def expects_silence_where_something_is_said(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(agents=LINKED, engineers=MADE)
    await case.engineer("/accept")
    await case.sees(word("accept"), agents=[], engineers=[])


async def does_not_look_at_everything(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.engineer("/accept")
    await case.sees(word("accept"), agents=[*LINKED, *ACCEPTED], engineers=MADE)
    await case.engineer("/return steps")


async def shows_less_than_it_says(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.engineer("/accept")
    await case.sees(agents=[*LINKED, *ACCEPTED], engineers=MADE)


async def shows_more_than_it_says(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.sees(fact(Happened.ESCALATED), agents=LINKED, engineers=MADE)
    await case.engineer("/accept")
    await case.sees(word("accept"), agents=ACCEPTED, engineers=[])


async def shows_what_did_not_happen(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.engineer("/accept")
    shown = word("accept"), clock(ClockName.FIX, Happened.BREACHED)
    await case.sees(*shown, agents=[*LINKED, *ACCEPTED], engineers=MADE)


async def tells_a_customer_what_no_engineer_said_to_them(play: Play) -> None:
    case = await play.opens("The shop fails")
    await case.engineer("/accept")
    play.stage.desk.post(case.ref, Public("Cia thinks it is hopeless"), "syncd")
    await case.sees(word("accept"), agents=[*LINKED, *ACCEPTED], engineers=MADE)


async def needs_a_daemon_that_remembers(play: Play) -> None:
    """Another policy that was never written to a file: it ends with the daemon."""
    play.stage.site.mappings = {"desk-tracker": rules(play.stage.folder, POLICY.replace("shop", "office"))}
    case = await play.opens("The office fails")
    await case.sees(agents=LINKED, engineers=MADE)
    await case.engineer("/accept")
    await case.sees(word("accept"), agents=ACCEPTED, engineers=[])


def scene_of(story: Story) -> Scene:
    return shows(word("accept"), policy=POLICY)(story)


@pytest.mark.parametrize("restarts", [False, True])
async def test_an_honest_scene_passes(url: str, tmp_path: Path, restarts: bool) -> None:
    assert set((await played(honest, url, tmp_path, restarts=restarts)).shown) == {word("accept")}


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (expects_words_of_a_silent_issue, "Cia accepted the issue"),
        (expects_silence_where_something_is_said, "Cia accepted the issue"),
        (does_not_look_at_everything, "nobody looked at this"),
        (shows_less_than_it_says, "other things than it says"),
        (shows_more_than_it_says, "other things than it says"),
        (shows_what_did_not_happen, "nothing here proves `Clocks: the clock `fix` has run out`"),
        (tells_a_customer_what_no_engineer_said_to_them, "hopeless"),
    ],
)
async def test_a_scene_that_says_what_is_not_so_is_refused(url: str, tmp_path: Path, story: Story, why: str) -> None:
    with pytest.raises(AssertionError, match=why):
        await played(scene_of(story), url, tmp_path, restarts=False)


async def test_what_a_daemon_knew_without_the_store_is_missed(url: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="linked to CORE-1"):
        await played(scene_of(needs_a_daemon_that_remembers), url, tmp_path, restarts=True)


async def test_what_a_daemon_knew_is_enough_where_it_goes_on(url: str, tmp_path: Path) -> None:
    assert (await played(scene_of(needs_a_daemon_that_remembers), url, tmp_path, restarts=False)).shown

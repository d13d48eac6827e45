"""What people say and attach: each crosses once, as visible as the mapping says and never more."""

from __future__ import annotations

from syncd.core.model import Side, Visibility
from syncd.sdk.connector import Capability
from syncd.sdk.testing.world import Deed
from tests.pairs.pair import ENGINEERING, SUPPORT, Between
from tests.pairs.words import FOR_CUSTOMER

SECRET_WORD = "kite-4711"
BYTES = bytes(range(256)) * 40
INTERNAL, PUBLIC = Visibility.INTERNAL, Visibility.PUBLIC


async def comments(pair: Between) -> None:
    """Each kind of comment; none comes back, and the customer reads what is for them."""
    said: list[tuple[Side, str, bool]] = [
        (SUPPORT, "for the customer", True),
        (SUPPORT, f"internal {SECRET_WORD}", False),
        (ENGINEERING, f"from the tracker {SECRET_WORD}", False),
    ]
    for side, text, public in said:
        pair.plays(f"a comment by {side}, {'public' if public else 'internal'}")
        await pair.say(side, text, public=public)
        await pair.sync()
        assert await pair.heard(side.other, text) == [INTERNAL], text
        assert len(await pair.heard(side, text)) == 1, "it does not come back"
    await answer(pair)
    for side in Side:
        await edited(pair, side)
        await deleted(pair, side)
    await leaks_nothing(pair)


async def answer(pair: Between) -> None:
    """What an engineer says to the customer by the word of the rule, which the customer does not see."""
    mute = pair.able(SUPPORT, Capability.ONLY_INTERNAL_COMMENTS)
    if not pair.plays("an engineer's answer to the customer", public_comments=not mute):
        return
    await pair.say(ENGINEERING, f"{FOR_CUSTOMER} It is fixed in 2.3", public=False)
    await pair.sync()
    assert await pair.heard(SUPPORT, "It is fixed in 2.3") == [PUBLIC]
    assert len(await pair.heard(ENGINEERING, "It is fixed in 2.3")) == 1
    shown = await pair.shown()
    assert "It is fixed in 2.3" in shown
    assert f"{FOR_CUSTOMER[1:]} It is" not in shown, "the word is for us, in whatever dress it comes"


async def edited(pair: Between, side: Side) -> None:
    """In place where the other side can, else as one more comment that says so; the old words are not sent again."""
    if not pair.plays(f"a comment of {side}, edited", edit=pair.people(side, Deed.REWORD)):
        return
    await pair.say(side, f"frist by {side}", public=False)
    await pair.sync()
    await pair.worlds[side].reword(pair.refs[side], f"frist by {side}", f"first by {side}")
    await pair.sync()
    assert await pair.heard(side.other, f"first by {side}") == [INTERNAL]
    in_place = pair.able(side.other, Capability.EDIT_COMMENTS)
    assert await pair.heard(side.other, f"frist by {side}") == ([] if in_place else [INTERNAL])


async def deleted(pair: Between, side: Side) -> None:
    """The copy stays: absence is never taken for a wish."""
    if not pair.plays(f"a comment of {side}, deleted", delete=pair.people(side, Deed.UNSAY)):
        return
    await pair.say(side, f"a slip of {side}", public=False)
    await pair.sync()
    await pair.worlds[side].unsay(pair.refs[side], f"a slip of {side}")
    await pair.sync()
    assert await pair.heard(side.other, f"a slip of {side}") == [INTERNAL]


async def files(pair: Between) -> None:
    """A public and an internal one of the helpdesk, and one of the tracker: byte for byte, once, for no customer."""
    shown = not pair.words.engineering.internal_files
    for side, public in ((SUPPORT, True), (SUPPORT, False), (ENGINEERING, shown)):
        word = "public" if public else "internal"
        attach = pair.people(side, Deed.ATTACH)
        carried = all(pair.able(each, Capability.FILES, Capability.TICKET_FILES) for each in Side)
        hidden = pair.words[side.other].internal_files and (public or pair.words[side].internal_files)
        if pair.plays(f"a file of {side}, {word}", attach=attach, files_on_both_sides=carried, internal_files=hidden):
            secret = side is ENGINEERING or not public
            await file(pair, side, f"{word}-{side}-{SECRET_WORD if secret else 'log'}.bin", public=public)
    await leaks_nothing(pair)


async def file(pair: Between, side: Side, name: str, *, public: bool) -> None:
    content = BYTES + name.encode()
    await pair.worlds[side].attach(pair.refs[side], name, content, public=public)
    await pair.sync()
    [(copy, got)] = await pair.files(side.other, name)
    assert got == content
    assert copy.visibility is INTERNAL, "no rule makes a file public"
    assert len(await pair.files(side, name)) == 1, "it does not come back"


async def leaks_nothing(pair: Between) -> None:
    assert SECRET_WORD not in await pair.shown()
    assert await pair.problems() == []

"""Tickets and issues moved, merged, deleted, restored; several tickets on one issue; and the end, which is silent."""

from __future__ import annotations

from collections import Counter

from syncd.core.model import Fields, Life, Pair, Side, Visibility
from syncd.engine import operate
from syncd.sdk.testing.world import Deed
from syncd.store.records import LinkState
from tests.pairs.pair import ENGINEERING, SUPPORT, Between
from tests.pairs.threads import SECRET_WORD, leaks_nothing


async def several(pair: Between) -> None:
    """Two customers' tickets on one issue: what one says reaches the issue, and never the other."""
    pair.plays("a second ticket on the issue: nothing is overwritten")
    first, before = pair.refs, await everything(pair)
    second = first.put(SUPPORT, await pair.open("Ana cannot log in", urgent=False))
    await pair.join(second.support)
    await pair.sync()
    assert await everything(pair) == before
    pair.plays("what a second customer says reaches the issue alone")
    pair.refs = second
    await pair.edit(SUPPORT, "title", "Ana can not log in")
    await pair.say(SUPPORT, "words of Ana", public=True)
    await pair.sync()
    assert await pair.value(ENGINEERING, "title") == "Ana can not log in"
    assert len(await pair.heard(ENGINEERING, "words of Ana")) == 1
    pair.refs = first
    assert await pair.value(SUPPORT, "title") == before[SUPPORT]["title"]
    assert await pair.heard(SUPPORT, "words of Ana") == []
    pair.plays("what an engineer says reaches every ticket")
    await pair.say(ENGINEERING, "seen on both", public=False)
    await pair.sync()
    assert [await heard_on(pair, refs, "seen on both") for refs in (first, second)] == [[Visibility.INTERNAL]] * 2
    await part(pair, first, second)


async def heard_on(pair: Between, refs: Pair[str], word: str) -> list[Visibility]:
    here, pair.refs = pair.refs, refs
    found = await pair.heard(SUPPORT, word)
    pair.refs = here
    return found


async def part(pair: Between, first: Pair[str], second: Pair[str]) -> None:
    """The second ticket goes its own way; the first and the issue agree again."""
    pair.plays("a ticket that was unlinked stays as it is")
    await operate.unlink(pair.site, await pair.link(second.support))
    pair.refs = first
    await pair.edit(SUPPORT, "title", "Of the first alone")
    await pair.sync()
    assert await pair.value(ENGINEERING, "title") == "Of the first alone"
    pair.refs = second
    assert await pair.value(SUPPORT, "title") == "Ana can not log in"
    pair.refs = first
    assert await pair.problems() == []


async def everything(pair: Between) -> dict[Side, dict[str, object]]:
    """What both sides say, in the mapping's words."""
    return {side: await pair.says(side) for side in Side}


# --- moved, merged ---------------------------------------------------------------------------------------------------


async def moves(pair: Between) -> None:
    """To another project or group: the link follows, nothing else changes, and both go on."""
    for side in Side:
        if pair.plays(f"the {side} ticket moves", move=pair.people(side, Deed.MOVE)):
            place, said = (await pair.read(side)).container, await everything(pair)
            spoken = {each: await words(pair, each) for each in Side}
            await pair.worlds[side].move(pair.refs[side])
            await pair.sync()
            pair.refs = (await followed(pair, side)) or pair.refs
            assert (await pair.read(side)).container != place
            assert await everything(pair) == said
            assert {each: await words(pair, each) for each in Side} == spoken, "nothing is said twice"
            await goes_on(pair, f"after the move of {side}")


async def followed(pair: Between, side: Side) -> Pair[str] | None:
    """Where the link is now, if a move made another ticket of it."""
    if side is SUPPORT:
        return None
    link = await pair.link()
    assert link.state is LinkState.LINKED
    return pair.refs.put(ENGINEERING, link.refs.engineering or "")


async def words(pair: Between, side: Side) -> Counter[str]:
    """How often each comment is said."""
    return Counter(comment.body.text for comment in await pair.thread(side))


async def merges(pair: Between) -> None:
    """Into a ticket of the same customer: the link follows; each keeps its words until a person decides."""
    if not pair.plays("the ticket is merged into another", merge=pair.people(SUPPORT, Deed.MERGE)):
        return
    into = await pair.open("The older ticket", urgent=False)
    await pair.sync()
    issue = await pair.value(ENGINEERING, "title")
    await pair.worlds.support.merge(pair.refs.support, into)
    await pair.sync()
    link = await pair.link(into)
    assert (link.state, link.refs) == (LinkState.LINKED, pair.refs.put(SUPPORT, into))
    pair.refs = pair.refs.put(SUPPORT, into)
    assert [await pair.value(side, "title") for side in Side] == ["The older ticket", issue]
    assert "title" in await pair.decide(ENGINEERING)
    await pair.sync()
    assert await pair.value(SUPPORT, "title") == issue
    await goes_on(pair, "after the merge")


async def goes_on(pair: Between, title: str) -> None:
    """Both ways, and nothing leaks."""
    await pair.edit(SUPPORT, "title", f"{title}, by support")
    await pair.sync()
    assert await pair.value(ENGINEERING, "title") == f"{title}, by support"
    await pair.say(ENGINEERING, f"{title}: {SECRET_WORD}", public=False)
    await pair.sync()
    assert await pair.heard(SUPPORT, f"{title}: {SECRET_WORD}") == [Visibility.INTERNAL]
    await leaks_nothing(pair)


# --- deleted, restored -----------------------------------------------------------------------------------------------


async def deletions(pair: Between) -> None:
    """A pair of its own for each side: the other side is told, and keeps all that it has."""
    home = pair.refs
    for side in Side:
        if pair.plays(f"the {side} ticket is deleted", delete=pair.people(side, Deed.DELETE)):
            pair.refs = await pair.escalated("Export fails")
            before = await kept(pair, side.other)
            await pair.worlds[side].delete(pair.refs[side])
            await pair.sync()
            await pair.say(side.other, "anybody there?", public=False)  # the latest that a deletion is noticed
            await pair.sync()
            link = await pair.link()
            assert (link.state, link.reason.partition(":")[0]) == (LinkState.RESTING, "deleted")
            assert await kept(pair, side.other) == before, "nothing is destroyed"
            assert await pair.heard(side.other, "was deleted") == [Visibility.INTERNAL]
            if pair.plays(f"the {side} ticket is restored", restore=pair.people(side, Deed.RESTORE)):
                await restored(pair, side)
    pair.refs = home
    assert await pair.problems() == []


async def kept(pair: Between, side: Side) -> Fields:
    found = await pair.read(side)
    assert found.life is Life.ACTIVE
    return {rule.lenses[side].field: found.fields.get(rule.lenses[side].field) for rule in pair.rules.fields}


async def restored(pair: Between, side: Side) -> None:
    """The link goes on where it rested; what was said meanwhile crosses."""
    await pair.edit(side.other, "title", f"changed while {side} was away")
    await pair.sync()
    await pair.worlds[side].restore(pair.refs[side])
    await pair.sync()
    assert (await pair.link()).state is LinkState.LINKED
    assert await pair.value(side, "title") == f"changed while {side} was away"


# --- the end ---------------------------------------------------------------------------------------------------------


async def silence(pair: Between) -> None:
    """A day later nobody has written anything more, and every comment stands there once."""
    pair.plays("a day of silence")
    before, revisions = await pair.writes(), [(await pair.read(side)).revision for side in Side]
    for _ in range(3):
        pair.clock.advance(8 * 3600)
        await pair.sync()
    assert await pair.writes() == before
    assert [(await pair.read(side)).revision for side in Side] == revisions
    for side in Side:
        keys = Counter(comment.key for comment in await pair.thread(side) if comment.key)
        assert [key for key, times in keys.items() if times > 1] == [], "no comment is there twice"
    await leaks_nothing(pair)

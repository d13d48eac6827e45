"""The rules of a history: what people, the network and the operating system may do, in any order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from syncd import crash
from syncd.core.model import Life, Person, Side, Value
from syncd.sdk.testing import faults
from syncd.sdk.testing.character import PRIORITIES, STATUSES, Character
from tests.engine.chaos.history import History

SIDES = st.sampled_from(list(Side))
MOST = 3  # tickets
PLACES = st.integers(0, 2)  # which ticket; taken modulo those that there are
TITLES = st.sampled_from(["Export fails", "Import  fails", " Login ", "Long " * 16, "Crash"])
BODIES = st.sampled_from(["It breaks", "Two\nlines", "a  b", "**bold**\n\n- one\n- two"])
EDITS: st.SearchStrategy[dict[str, Value]] = st.one_of(
    st.fixed_dictionaries({"title": TITLES}),
    st.fixed_dictionaries({"description": BODIES}),
    st.fixed_dictionaries({"priority": st.sampled_from(PRIORITIES)}),
    st.fixed_dictionaries({"status": st.sampled_from(STATUSES)}),
    st.fixed_dictionaries({"labels": st.frozensets(st.sampled_from("abc"), min_size=1)}),
    st.fixed_dictionaries({"estimate": st.sampled_from([None, Decimal(1), Decimal(5)])}),
    st.fixed_dictionaries({"assignee": st.sampled_from([Person("eve"), Person("joe")])}),
    st.fixed_dictionaries({"title": TITLES, "priority": st.sampled_from(PRIORITIES)}),
)
WAITS = st.sampled_from([0.0, 0.7, 20.0, 90.0, 700.0, 90000.0])
REQUESTS = st.sampled_from(
    ["*", "create*", "update*", "transition*", "comment*", "attach*", "link back*", "fetch*", "thread*"]
)
BAD_LUCK = st.sampled_from(
    [
        faults.LostBefore(),
        faults.LostAfter(),
        faults.Late(timedelta(seconds=40)),
        faults.Unreachable(),
        faults.Status(503),
        faults.Status(429, 30.0),
        faults.Garbled(),
    ]
)
HOOK_LUCK = st.sampled_from([faults.LostBefore(), faults.Twice(), faults.Late(timedelta(minutes=3)), faults.Reorder()])
POINTS = st.sampled_from(crash.POINTS)


@dataclass(frozen=True, slots=True)
class Then:
    """What follows what people did: bad luck on the way, time, and a turn of the daemon, which may die in it."""

    luck: tuple[Side, str, faults.Fault, int] | None = None
    hook_luck: tuple[Side, faults.Fault] | None = None
    wait: float = 0.7
    daemon: bool = True
    hooks: bool = True
    polls: bool = True
    at_once: bool = False
    dies: tuple[str, int] | None = None


TOO_LATE = (Side.ENGINEERING, "create*", faults.Late(timedelta(minutes=5)), 0)
"""A create that arrives when nobody believes in it any more: an issue is made twice."""

THENS = st.builds(
    Then,
    luck=st.none() | st.tuples(SIDES, REQUESTS, BAD_LUCK, st.integers(0, 2)) | st.just(TOO_LATE),
    hook_luck=st.none() | st.tuples(SIDES, HOOK_LUCK),
    wait=WAITS,
    daemon=st.sampled_from([True, True, True, False]),
    hooks=st.booleans(),
    polls=st.sampled_from([True, True, False]),
    at_once=st.booleans(),
    dies=st.none() | st.tuples(POINTS, st.integers(1, 3)),
)


class Histories(RuleBasedStateMachine):
    """One history; its end is judged in `teardown`. A subclass says how the two vendors behave."""

    support: Character
    engineering: Character
    run = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).run += 1
        self.history = History(self.support, self.engineering)

    @initialize(title=TITLES, then=THENS, calm=st.booleans())
    def an_urgent_ticket(self, title: str, then: Then, calm: bool) -> None:
        self.history.vendors[Side.SUPPORT].open(title=title, priority="urgent", description=f"See {title}")
        self._then(Then() if calm else then)

    # -- people

    @rule(title=TITLES, priority=st.sampled_from(PRIORITIES), then=THENS)
    def open(self, title: str, priority: str, then: Then) -> None:
        if len(self.history.refs(Side.SUPPORT)) < MOST:
            self.history.vendors[Side.SUPPORT].open(title=title, priority=priority)
        self._then(then)

    @rule(side=SIDES, place=PLACES, fields=EDITS, then=THENS)
    def edit(self, side: Side, place: int, fields: dict[str, Value], then: Then) -> None:
        self._edit(side, place, fields)
        self._then(then)

    @rule(place=PLACES, mine=EDITS, theirs=EDITS, then=THENS)
    def edit_both(self, place: int, mine: dict[str, Value], theirs: dict[str, Value], then: Then) -> None:
        self._edit(Side.SUPPORT, place, mine)
        self._edit(Side.ENGINEERING, place, theirs)
        self._then(then)

    @rule(side=SIDES, place=PLACES, public=st.booleans(), told=st.booleans(), file=st.booleans(), then=THENS)
    def say(self, side: Side, place: int, public: bool, told: bool, file: bool, then: Then) -> None:
        if ref := self._active(side, place):
            word = self.history.word()
            text = f"/customer note {word}" if told and side is Side.ENGINEERING else f"note {word}"
            files = {f"{word}.txt": word.encode()} if file else None
            self.history.vendors[side].say(ref, text, public=public, files=files)
        self._then(then)

    @rule(side=SIDES, place=PLACES, which=PLACES, then=THENS)
    def edit_comment(self, side: Side, place: int, which: int, then: Then) -> None:
        ref, vendor = self._active(side, place), self.history.vendors[side]
        own = [comment for comment in vendor.ticket(ref).comments if comment.author.id != "syncd"] if ref else []
        if ref and own:
            comment = own[which % len(own)]
            vendor.edit_comment(ref, comment.id, f"{comment.body.text} again")
        self._then(then)

    @rule(side=SIDES, place=PLACES, then=THENS)
    def hang_a_file(self, side: Side, place: int, then: Then) -> None:
        if ref := self._active(side, place):
            word = self.history.word()
            self.history.vendors[side].file(ref, f"{word}.log", word.encode())
        self._then(then)

    @rule(side=SIDES, place=PLACES, kind=st.sampled_from(["delete", "restore", "lock", "move"]), then=THENS)
    def life(self, side: Side, place: int, kind: str, then: Then) -> None:
        vendor, refs = self.history.vendors[side], self.history.refs(side)
        ref = refs[place % len(refs)] if refs else None
        match kind:
            case "restore" if ref and vendor.ticket(ref).merged_into is None:
                vendor.restore(ref)
            case "delete" if ref and self._leaves_one(side, ref):
                vendor.delete(ref)
            case "lock" if ref and self._is_active(side, ref):
                vendor.lock(ref)
            case "move" if ref and self._is_active(side, ref):
                vendor.move(ref, "CORE" if vendor.ticket(ref).container == "HELP" else "HELP")
        self._then(then)

    @rule(side=SIDES, place=PLACES, then=THENS)
    def merge(self, side: Side, place: int, then: Then) -> None:
        refs = [ref for ref in self.history.refs(side) if self._is_active(side, ref)]
        if len(refs) > 1:
            self.history.merge(side, refs[place % len(refs)], into=refs[(place + 1) % len(refs)])
        self._then(then)

    @rule(place=PLACES, then=THENS)
    def a_second_ticket(self, place: int, then: Then) -> None:
        issue = self._active(Side.ENGINEERING, place)
        if issue and len(self.history.refs(Side.SUPPORT)) <= MOST:
            self.history.join(issue)
        self._then(then)

    @rule(then=THENS)
    def nobody_does_anything(self, then: Then) -> None:
        self._then(then)

    # -- the end

    def teardown(self) -> None:
        try:
            findings = self.history.verdict()
            assert not findings, "\n".join(findings)
        finally:
            self.history.close()

    # -- inside

    def _then(self, then: Then) -> None:
        history = self.history
        if then.luck:
            side, requests, fault, skip = then.luck
            history.vendors[side].plan.on(requests, fault, skip=skip)
        if then.hook_luck:
            side, fault = then.hook_luck
            history.vendors[side].plan.on("webhook*", fault, times=2)
        history.clock.advance(then.wait)
        if then.daemon:
            history.at = then.dies
            history.live(hooks=then.hooks, polls=then.polls, at_once=then.at_once)

    def _leaves_one(self, side: Side, ref: str) -> bool:
        """A vendor that shows no known ticket at all may have taken our rights: that is waited for, without an end."""
        others = [other for other in self.history.refs(side) if other != ref]
        return not others or any(self.history.vendors[side].ticket(other).life is not Life.DELETED for other in others)

    def _edit(self, side: Side, place: int, fields: dict[str, Value]) -> None:
        if ref := self._active(side, place):
            self.history.vendors[side].edit(ref, fields)

    def _active(self, side: Side, place: int) -> str | None:
        refs = self.history.refs(side)
        ref = refs[place % len(refs)] if refs else None
        return ref if ref and self._is_active(side, ref) else None

    def _is_active(self, side: Side, ref: str) -> bool:
        return self.history.vendors[side].ticket(ref).life is Life.ACTIVE

"""The laws of a run's plan: total, the same for the same values, done once carried out, and never more visible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.comments import CommentTwin, digest
from syncd.core.conditions import AnyOf, Condition
from syncd.core.decide import decide
from syncd.core.decision import (
    AddComment,
    AddFile,
    Create,
    EditComment,
    Flag,
    LinkBack,
    Note,
    Plan,
    Rest,
    SkipComment,
    SkipFile,
    Update,
)
from syncd.core.lens import ChoiceLens, Lens, PlainLens, WordsLens
from syncd.core.life import Away, Gone, Seen
from syncd.core.mapping import CommentRule, EscalationRule, FieldRule, Mapping, Owner
from syncd.core.model import (
    Attachment,
    Base,
    Body,
    Comment,
    Fields,
    Internal,
    Kind,
    Life,
    Pair,
    Person,
    Public,
    Side,
    Snapshot,
    Thread,
    Value,
    Visibility,
)
from syncd.core.view import Known

ANA = Person("ana", "Ana")
THEN = datetime(2026, 1, 5, 9, tzinfo=UTC)
DESK = {"urgent": "p1", "high": "p1", "low": "p3"}
CORE = {"Highest": "p1", "Low": "p3"}
CONDITION = Condition("priority", (AnyOf(frozenset({"p1"})),))


def rule(name: str, kind: Kind, support: Lens, engineering: Lens, owner: Owner) -> FieldRule:
    return FieldRule(name, kind, Pair(support, engineering), owner=owner)


OWNERS = st.sampled_from(Owner)
MAYBE = st.booleans()
VISIBILITIES = st.sampled_from(Visibility)


@st.composite
def mappings(draw: st.DrawFn) -> Mapping:
    owner = OWNERS
    comments = [
        CommentRule("customer", Side.ENGINEERING, None, Visibility.PUBLIC, "/customer", discloses=draw(MAYBE)),
        CommentRule("public", Side.SUPPORT, Visibility.PUBLIC, draw(VISIBILITIES)),
        CommentRule("internal", Side.SUPPORT, Visibility.INTERNAL, draw(VISIBILITIES)),
        CommentRule("engineering", Side.ENGINEERING, None, draw(VISIBILITIES)),
    ]
    return Mapping(
        name="desk-core",
        connections=Pair("desk", "core"),
        fields=(
            rule("title", Kind.TEXT, PlainLens("subject", Kind.TEXT), PlainLens("summary", Kind.TEXT), draw(owner)),
            rule("priority", Kind.CHOICE, ChoiceLens("priority", DESK), ChoiceLens("priority", CORE), draw(owner)),
            rule("labels", Kind.LABELS, WordsLens("tags"), WordsLens("labels"), draw(owner)),
        ),
        escalate=(EscalationRule("urgent", (CONDITION,), {"project": "CORE"}),),
        comments=tuple(comment for comment in comments if draw(MAYBE)),
    )


MAPPINGS = mappings()


def fields_of(side: Side) -> st.SearchStrategy[Fields]:
    words = ["urgent", "high", "low"] if side is Side.SUPPORT else ["Highest", "Low"]
    names = ("subject", "priority", "tags") if side is Side.SUPPORT else ("summary", "priority", "labels")
    values: tuple[st.SearchStrategy[Value], ...] = (
        st.none() | st.sampled_from(["Export", "Import"]),
        st.none() | st.sampled_from([*words, "no such word"]),
        st.none() | st.frozensets(st.sampled_from("ab")),
    )
    return st.fixed_dictionaries(dict(zip(names, values, strict=True)))


FIELDS = {side: fields_of(side) for side in Side}
TEXTS = st.sampled_from(["hello", "/customer fixed", "secret"])
KEYS = st.sampled_from([None, None, None, "ours"])
FEW = st.integers(0, 2)
SOME = st.integers(0, 4)


@st.composite
def comments_of(draw: st.DrawFn, side: Side) -> tuple[Comment, ...]:
    def one(number: int) -> Comment:
        text, key = draw(TEXTS), draw(KEYS)
        body: Body = Public(text) if draw(MAYBE) else Internal(text)
        files = tuple(
            Attachment(f"{side}-f{number}-{n}", f"log{n}.txt", 10, "text/plain", body.visibility)
            for n in range(draw(FEW))
        )
        return Comment(f"{side}-{number}", body, ANA, THEN, files, source=text, key=key)

    return tuple(one(number) for number in range(draw(SOME)))


COMMENTS = {side: comments_of(side) for side in Side}
LIVES = st.sampled_from([Life.ACTIVE, Life.ACTIVE, Life.ACTIVE, Life.LOCKED, Life.DELETED])
PLACES = st.sampled_from(["here", "there"])
MERGES = st.sampled_from([None, None, None, "other"])


@st.composite
def snapshots(draw: st.DrawFn, side: Side) -> Snapshot:
    thread = Thread(draw(COMMENTS[side])) if draw(MAYBE) else None
    return Snapshot(
        ref=f"{side}-1",
        revision="2",
        fields=draw(FIELDS[side]),
        label=f"{side}-1",
        url=f"https://{side}.example/1",
        container=draw(PLACES),
        life=draw(LIVES),
        merged_into=draw(MERGES),
        thread=thread,
    )


@dataclass(frozen=True)
class State:
    """What one run looks at."""

    known: Known
    seen: Pair[Seen]
    mapping: Mapping

    def plan(self) -> Plan:
        return decide(self.known, self.seen, self.mapping)


SEEN: Pair[st.SearchStrategy[Seen]] = Pair(
    snapshots(Side.SUPPORT) | st.sampled_from([Gone("twice not found"), Away("CORE-9"), None]),
    snapshots(Side.ENGINEERING) | st.sampled_from([Away("HELP-9"), None]),
)
LINKED = st.just(True)


@st.composite
def states(draw: st.DrawFn, *, linked: st.SearchStrategy[bool] = MAYBE) -> State:
    seen: Pair[Seen] = Pair(draw(SEEN.support), draw(SEEN.engineering))
    has_issue = draw(linked)
    base = Pair(
        Base("support-1", "1", draw(FIELDS[Side.SUPPORT]), container="here", label="support-1"),
        Base("engineering-1", "1", draw(FIELDS[Side.ENGINEERING]), container="here", label="engineering-1")
        if has_issue
        else None,
    )
    if not has_issue:
        seen = seen.put(Side.ENGINEERING, None)
    twins = {}
    for side in Side:
        ticket = seen[side]
        for comment in ticket.thread.comments if isinstance(ticket, Snapshot) and ticket.thread else ():
            if draw(MAYBE):
                mark = digest(comment) if draw(MAYBE) else "edited since"
                twins[side, comment.id] = CommentTwin(side, comment.id, f"copy-{comment.id}", mark, draw(VISIBILITIES))
    return State(Known(Pair(base.support, base.engineering), twins=twins), seen, draw(MAPPINGS))


def carried_out(state: State, plan: Plan) -> State:
    """The state after everything in the plan worked."""
    known, seen = state.known, state.seen
    twins, files, parked, told = dict(known.twins), set(known.files), dict(known.parked), set(known.told)
    base: Pair[Base | None] = Pair(*(Base.of(now) if isinstance(now, Snapshot) else known.base[side]
                                     for side, now in ((side, seen[side]) for side in Side)))  # fmt: skip
    for decision in plan.decisions:
        match decision:
            case Update(side=side, fields=fields):
                base = base.put(side, written(base[side], fields))
            case AddComment(side=side, original=comment, body=body):
                twin = CommentTwin(side.other, comment.id, f"copy-{comment.id}", digest(comment), body.visibility)
                twins[side.other, comment.id] = twin
            case EditComment(side=side, original=comment):
                twins[side.other, comment.id] = replace(twins[side.other, comment.id], digest=digest(comment))
            case SkipComment(original=comment, origin=side):
                twins[side, comment.id] = CommentTwin(side, comment.id, "", digest(comment))
            case AddFile(side=side, original=file):
                files.add((side.other, file.id))
            case SkipFile(original=file, origin=side):
                files.add((side, file.id))
            case LinkBack(item=item) | Note(item=item):
                told.add(item)
            case Flag(scope=scope, item=item, fingerprint=mark):
                parked[f"{scope}:{item}"] = mark
            case Rest(why=why):
                known = replace(known, resting=why)
            case _:
                pass
    after: Pair[Seen] = Pair(*(shown(seen[side], base[side]) for side in Side))
    known = replace(known, base=hold(known.base, base, state.mapping, plan.held), twins=twins, files=frozenset(files),
                    parked=parked, told=frozenset(told))  # fmt: skip
    return State(known, after, state.mapping)


def written(base: Base | None, fields: Fields) -> Base | None:
    return replace(base, fields={**base.fields, **fields}) if base else None


def shown(now: Seen, base: Base | None) -> Seen:
    return replace(now, fields=base.fields) if isinstance(now, Snapshot) and base else now


def hold(old: Pair[Base | None], new: Pair[Base | None], mapping: Mapping, held: frozenset[str]) -> Pair[Base | None]:
    """The bases of held fields stay."""

    def kept(side: Side) -> Base | None:
        was, is_now = old[side], new[side]
        if was is None or is_now is None:
            return is_now
        names = {rule.lenses[side].field for rule in mapping.fields if rule.name in held}
        stay = {name: was.fields[name] for name in names if name in was.fields}
        return replace(is_now, fields={**is_now.fields, **stay})

    return Pair(kept(Side.SUPPORT), kept(Side.ENGINEERING))


@given(states())
def test_every_state_has_a_plan_and_always_the_same(state: State) -> None:
    assert repr(state.plan()) == repr(state.plan())


@given(states(linked=LINKED))
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(state: State) -> None:
    after = carried_out(state, state.plan())
    assert after.plan().writes == ()


@given(states())
def test_what_is_internal_becomes_public_only_by_a_rule_that_discloses(state: State) -> None:
    discloses = {rule.where for rule in state.mapping.comments if rule.discloses}
    for decision in state.plan().decisions:
        match decision:
            case AddComment(original=original, body=Public(), rule=by):
                assert original.visibility is Visibility.PUBLIC or by in discloses
            case AddFile(original=file, body=Public()):
                assert file.visibility is Visibility.PUBLIC
            case EditComment(original=original, body=Public(), rule=by):
                assert original.visibility is Visibility.PUBLIC or by in discloses
            case _:
                pass


@given(states())
def test_a_public_copy_is_never_overwritten_with_internal_text(state: State) -> None:
    for decision in state.plan().decisions:
        if isinstance(decision, EditComment):
            twin = state.known.twins[decision.side.other, decision.original.id]
            assert decision.body.visibility is twin.visibility or twin.visibility is Visibility.INTERNAL


@given(states())
def test_comments_cross_in_the_order_of_their_thread_and_each_once(state: State) -> None:
    for side in Side:
        now = state.seen[side]
        order = [comment.id for comment in now.thread.comments] if isinstance(now, Snapshot) and now.thread else []
        added = [d.original.id for d in state.plan().decisions if isinstance(d, AddComment) and d.side is side.other]
        assert added == [comment for comment in order if comment in added]
        assert not any((side, comment) in state.known.twins for comment in added)


@given(states())
def test_our_own_comments_are_never_copied_back(state: State) -> None:
    for decision in state.plan().decisions:
        if isinstance(decision, AddComment):
            assert decision.original.key is None


@given(states())
def test_a_ticket_with_an_issue_gets_no_other_and_one_without_only_by_a_rule(state: State) -> None:
    creates = [decision for decision in state.plan().decisions if isinstance(decision, Create)]
    ticket = state.seen.support
    urgent = isinstance(ticket, Snapshot) and ticket.fields.get("priority") in ("urgent", "high")
    open_ = isinstance(ticket, Snapshot) and ticket.life is Life.ACTIVE and ticket.merged_into is None
    assert len(creates) == int(state.known.base.engineering is None and urgent and open_)


@given(states())
def test_nothing_is_written_to_a_ticket_that_takes_no_changes(state: State) -> None:
    for decision in state.plan().decisions:
        if isinstance(decision, Update | AddComment | EditComment | AddFile | LinkBack):
            now = state.seen[decision.side]
            assert not isinstance(now, Gone | Away)
            assert not (isinstance(now, Snapshot) and (now.life is not Life.ACTIVE or now.merged_into))


@given(states(linked=LINKED))
def test_one_update_a_side_with_only_what_differs(state: State) -> None:
    updates = [decision for decision in state.plan().decisions if isinstance(decision, Update)]
    assert len({update.side for update in updates}) == len(updates)
    for update in updates:
        now = state.seen[update.side]
        base = state.known.base[update.side]
        stands = now.fields if isinstance(now, Snapshot) else base.fields if base else {}
        assert all(stands.get(name) != value for name, value in update.fields.items())
        assert update.rules.keys() == update.fields.keys()

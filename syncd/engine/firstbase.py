"""What both sides of a new link count as agreed at: the ticket as it was sent, the issue as it was made.

An issue whose create had no answer may be found much later, when people have gone on with both tickets. What was sent
stands in the intent, so that each side is compared with what it was and nobody's edit is overwritten or lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncd.core.decision import Scope, fingerprint
from syncd.core.lens import Meaning, Unsayable, WordsLens
from syncd.core.mapping import FieldRule
from syncd.core.model import NO_FIELDS, Base, Fields, Kind, Pair, Side, Snapshot, Value
from syncd.engine import record
from syncd.engine.run import Run
from syncd.sdk.connector import Capability
from syncd.store import codec
from syncd.store.records import Intent

TEXTS = frozenset({Kind.TEXT, Kind.RICH_TEXT})


@dataclass(frozen=True, slots=True)
class Sent:
    """One create as it was announced.

    Attributes:
        ref: the ticket that it was about.
        fields: the issue's, in the tracker's words.
        source: what the ticket said of the mapped fields when they were decided, in the helpdesk's words.
        body: tells two creates apart; also says in which place the issue was to be made.
    """

    ref: str
    fields: Fields
    source: Fields
    body: str

    @classmethod
    def now(cls, run: Run, fields: Fields, place: Mapping[str, str]) -> Sent:
        """What is about to be sent."""
        said, names = run.fields(Side.SUPPORT), {rule.lenses.support.field for rule in run.mapping.fields}
        return cls(
            ref=run.ref(Side.SUPPORT),
            fields=fields,
            source={name: value for name, value in said.items() if name in names},
            body=fingerprint(*map(str, sorted({**record.as_json(fields), **place}.items()))),
        )

    def as_json(self) -> dict[str, Any]:
        fields, source = record.as_json(self.fields), record.as_json(self.source)
        return {"ref": self.ref, "body": self.body, "fields": fields, "source": source}


def attempts(intent: Intent) -> Sequence[Sent]:
    """All that may have been sent for this create, the last first: a ticket that was edited is sent in other words."""
    return [_read(said) for said in reversed(intent.payload.get("sent", ()))]


def _read(said: Mapping[str, Any]) -> Sent:
    fields, source = (
        {name: codec.from_json(value) for name, value in said[key].items()} for key in ("fields", "source")
    )
    return Sent(said["ref"], fields, source, said["body"])


@dataclass(frozen=True, slots=True)
class FirstBase:
    """The bases of a new link; `doubtful` where a text of the issue is nobody's that we know of: a person decides."""

    base: Pair[Base]
    doubtful: bool = False


def first_base(run: Run, ticket: Snapshot, made: Snapshot, sent: Sequence[Sent], *, late: bool) -> FirstBase:
    """Both bases of a link whose issue has just become known.

    A field that did not arrive with the create stays a change of the ticket, so that it is written by itself. It is
    parked until the mapping can say it, or the tracker gave the new issue another value than it was sent: a status,
    for one, has to be reached by a transition. Where the issue is a `late` one and its tracker does not tell who
    changed it, a choice that differs counts as a change of both, and a text that differs waits for a person.

    A link that followed a merge is about another ticket than the one that was sent: the texts are that one's own, and
    perhaps another customer's (see `relations.follow`).

    Args:
        sent: what may have made it, the likeliest first.
        late: the answer to the create is not known, so that people may have gone on with the issue since it was made.
    """
    issue = _as_made(made)
    compared = _Compared(
        issue=issue.fields,
        sent=sent,
        untold=late and Capability.HISTORY not in run.connectors.engineering.capabilities,
        late=late,
        ref=ticket.ref,
        parked=frozenset(item.item for item in run.parked if item.scope.value == Scope.FIELD.value),
    )
    fields: Pair[dict[str, Value]] = Pair(dict(ticket.fields), dict(issue.fields))
    doubtful = False
    for rule in run.mapping.fields:
        names = rule.lenses.map(lambda lens: lens.field)
        if names.support not in ticket.fields or names.engineering not in issue.fields:
            continue
        if (agreed := compared.agreed(rule)) is None:
            doubtful, agreed = True, Pair(ticket.fields[names.support], made.fields[names.engineering])
        for side in Side:
            fields[side][names[side]] = agreed[side]
    bases = Pair(Base.of(ticket), issue)
    return FirstBase(
        Pair(replace(bases.support, fields=fields.support), replace(bases.engineering, fields=fields.engineering)),
        doubtful,
    )


def _as_made(made: Snapshot) -> Base:
    """The issue as it was made: what somebody changed before it was read for the first time stays a change."""
    first: dict[str, Value] = {}
    for edit in made.history:
        if not edit.ours:
            first.setdefault(edit.field, edit.old)
    base = Base.of(made)
    return replace(base, fields={name: first.get(name, value) for name, value in base.fields.items()})


@dataclass(frozen=True, slots=True)
class _Compared:
    """An issue, without what its history tells of others, beside what was sent.

    Attributes:
        untold: the issue may have been edited, and nobody tells.
        ref: the ticket that the link is about now.
    """

    issue: Fields
    sent: Sequence[Sent]
    untold: bool
    late: bool
    ref: str
    parked: frozenset[str]

    def agreed(self, rule: FieldRule) -> Pair[Value] | None:
        """What both sides agreed on in one field; None where that is in doubt and what stands there now is kept."""
        names = rule.lenses.map(lambda lens: lens.field)
        shown = self.issue[names.engineering]
        said = self._said(rule, shown)
        last = said or next(iter(self.sent), Sent("", NO_FIELDS, NO_FIELDS, ""))
        then = last.source.get(names.support)
        if rule.name in self.parked:
            return Pair(None, shown)
        if rule.kind in TEXTS:
            return None if self._foreign(said) or (said is None and self.untold) else Pair(then, shown)
        if said is not None:
            return Pair(then, shown)
        if names.engineering not in last.fields:
            return Pair(then, None if self.untold else shown)
        if self.late and isinstance(rule.lenses.engineering, WordsLens):
            return self._words(rule, last)
        if rule.kind is Kind.LABELS:
            return Pair(then, shown)
        return Pair(None, None if self.untold else shown)

    def _said(self, rule: FieldRule, shown: Value) -> Sent | None:
        """The attempt whose words the issue shows; one that it shows in full before one that it may show cut."""
        for says in (_says, _says_cut):
            for one in self.sent:
                if says(rule, shown, one.fields.get(rule.lenses.engineering.field)):
                    return one
        return None

    def _foreign(self, said: Sent | None) -> bool:
        """Whether the issue says, or may say, what another ticket said."""
        return any(one.ref != self.ref for one in ([said] if said else self.sent))

    def _words(self, rule: FieldRule, last: Sent) -> Pair[Value]:
        """Of a set, word by word: what did not arrive is the ticket's to give, what was not sent is another's."""
        support, engineering = rule.lenses.both()
        shown, then = self.issue[engineering.field], last.source.get(support.field)
        arrived, sent = (_set(engineering.get(value)) for value in (shown, last.fields[engineering.field]))
        given = support.put(_set(support.get(then)) - (sent - arrived), then)
        return Pair(given, engineering.put(arrived & sent, shown) if self.untold else shown)


def _set(meaning: Meaning) -> frozenset[str]:
    return meaning if isinstance(meaning, frozenset) else frozenset()


def _says(rule: FieldRule, shown: Value, sent: Value) -> bool:
    """Whether an issue says what it was sent; in a text blanks aside, for there vendors differ."""
    lens = rule.lenses.engineering
    try:
        if rule.kind in TEXTS:
            return _squeezed(lens.get(shown)) == _squeezed(lens.get(sent))
        return lens.get(shown) == lens.get(sent)
    except Unsayable:
        return True


def _says_cut(rule: FieldRule, shown: Value, sent: Value) -> bool:
    """Whether an issue shows the beginning of a text that it was sent: a vendor may cut it."""
    lens = rule.lenses.engineering
    stands = _squeezed(lens.get(shown)) if rule.kind in TEXTS else ""
    return bool(stands) and _squeezed(lens.get(sent)).startswith(stands)


def _squeezed(text: Meaning) -> str:
    return "".join(str(text or "").split())

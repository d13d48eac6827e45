"""The oracle: the invariants of a synchroniser that can be checked from outside, each as a function of the evidence.

It reads journals, final states and what the store lists, and shares no code with the decisions of syncd (after Hughes,
Pierce, Arts, Norell, "Mysteries of Dropbox", ICST 2016). A finding is a sentence; no finding is a pass.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from syncd.core.model import Side
from syncd.sdk.testing.evidence import Evidence, FieldTable, Linked, Record, Said, VendorSeen, canaries, plain
from syncd.sdk.testing.journal import Entry

FIELD_WRITES = frozenset({"update", "transition"})
THREAD_CHANGES = frozenset({"comment", "edit comment", "delete comment", "attach"})
UNKNOWN = frozenset({"no answer", "Unavailable"})  # outcomes after which a writer cannot know


def convergence(seen: Evidence) -> list[str]:
    """I1: for each link and field both sides mean the same, up to the declared loss, or somebody can see why not."""
    found: list[str] = []
    tickets = Counter(link.engineering for link in seen.links)
    for link in seen.links:
        both = {side: seen.vendor(side).records.get(link.ref(side)) for side in Side}
        if link.resting or not all(record and record.open for record in both.values()):
            continue
        for table in seen.fields:
            if seen.is_listed((link.support, link.engineering), table.name):
                continue
            values = {side: record.fields.get(table.at(side)) for side, record in both.items() if record}
            meanings = {side: table.means(side, value) for side, value in values.items()}
            if (table.aggregated and tickets[link.engineering] > 1) or meanings[Side.SUPPORT] == meanings[
                Side.ENGINEERING
            ]:
                continue
            found.append(
                f"I1: `{table.name}` of {link.support} is {values[Side.SUPPORT]!r}, "
                f"of {link.engineering} it is {values[Side.ENGINEERING]!r}, and nobody is told"
            )
    return found


def newest(seen: Evidence, table: FieldTable, links: Iterable[Linked] | None = None) -> list[str]:
    """I1 for several tickets on one issue where the last word counts: it is a ticket's, or was an engineer's.

    Args:
        links: those to judge, all by default. The last word may be that of any.
    """
    found: list[str] = []
    for ref, number in Counter(link.engineering for link in (seen.links if links is None else links)).items():
        issue = seen.engineering.records.get(ref)
        if number < 2 or issue is None or not issue.open or seen.is_listed([ref], table.name):
            continue
        tickets = [seen.support.records.get(link.support) for link in seen.links if link.engineering == ref]
        said = [table.means(Side.SUPPORT, ticket.fields.get(table.support)) for ticket in tickets if ticket]
        said += [
            table.means(Side.ENGINEERING, entry.after[table.engineering])
            for entry in seen.engineering.foreign_changes
            if entry.ref == ref and table.engineering in entry.after
        ]
        stands = table.means(Side.ENGINEERING, issue.fields.get(table.engineering))
        if stands not in said:
            found.append(f"I1: `{table.name}` of {ref} means {stands!r}, which nobody said")
    return found


def customers_apart(seen: Evidence, texts: Collection[str]) -> list[str]:
    """I8: what one ticket says reaches no other by way of their issue: they may be two customers'.

    Args:
        texts: names in the mapping of fields in which people write freely.
    """
    return [
        f"I8: {entry.body[table.support]!r} was written on {entry.ref}, and no engineer said it"
        for entry in seen.support.own_writes
        for table in seen.fields
        if entry.operation in FIELD_WRITES and table.name in texts and table.support in entry.body
        if not _has_origin(seen, table, entry)
    ]


def _has_origin(seen: Evidence, table: FieldTable, write: Entry) -> bool:
    """Whether an engineer wrote on an issue what we wrote on a ticket, or a person did so on that very ticket."""
    meaning = table.means(Side.SUPPORT, write.body[table.support])
    return any(
        table.at(side) in entry.after and table.means(side, entry.after[table.at(side)]) == meaning
        for side in Side
        for entry in seen.vendor(side).foreign_changes
        if side is Side.ENGINEERING or entry.ref == write.ref
    )


def aggregates(seen: Evidence, table: FieldTable, among: Callable[[list[object]], object]) -> list[str]:
    """I1 for several tickets on one issue: the issue means what `among` makes of the meanings of its tickets."""
    by_issue: dict[str, list[object]] = defaultdict(list)
    for link in seen.links:
        ticket = seen.support.records.get(link.support)
        if ticket and ticket.open and not link.resting:
            by_issue[link.engineering].append(table.means(Side.SUPPORT, ticket.fields.get(table.support)))
    found: list[str] = []
    for ref, meanings in by_issue.items():
        issue = seen.engineering.records.get(ref)
        if issue is None or not issue.open or seen.is_listed([ref], table.name):
            continue
        stands = table.means(Side.ENGINEERING, issue.fields.get(table.engineering))
        if stands != among(meanings):
            found.append(f"I1: `{table.name}` of {ref} means {stands!r}, its tickets mean {meanings!r}")
    return found


def quiet(entries: Iterable[Entry]) -> list[str]:
    """I2, I27: nothing in this stretch of a journal is a write by a request."""
    return [
        f"I2: {entry.operation} {entry.ref} was written although nothing was left to do"
        for entry in entries
        if entry.request and entry.write
    ]


def write_bound(seen: Evidence) -> list[str]:
    """I2: no more field writes than foreign edits, conflicts and crashes; more is a quarrel with somebody."""
    vendors = (seen.support, seen.engineering)
    foreign = sum(entry.operation not in THREAD_CHANGES for vendor in vendors for entry in vendor.foreign_changes)
    # what arrives late or twice was written once
    own = sum(
        entry.operation in FIELD_WRITES and entry.cause is None for vendor in vendors for entry in vendor.own_writes
    )
    # a foreign edit may have to be told to every ticket that hangs on the issue
    fan = max(Counter(link.engineering for link in seen.links).values(), default=1)
    allowed = foreign * fan + len(seen.kept) + seen.crashes
    return [f"I2: {own} field writes for {foreign} foreign changes"] if own > allowed else []


def no_echo(seen: Evidence) -> list[str]:
    """I3: no field write of ours says what stands there already, unless an answer to the same was lost before."""
    found: list[str] = []
    for vendor in (seen.support, seen.engineering):
        stands: dict[tuple[str, str], object] = {}
        unanswered: set[tuple[str, str]] = set()
        for entry in vendor.journal:
            if vendor.is_own(entry) and entry.operation in FIELD_WRITES and entry.cause is None:
                told = (entry.ref, repr(sorted(entry.body.items())))
                same = all(stands.get((entry.ref, name)) == plain(value) for name, value in entry.body.items())
                if entry.applied and same and told not in unanswered:
                    found.append(f"I3: {entry.operation} {entry.ref} {dict(entry.body)} changed nothing")
                if entry.outcome in UNKNOWN:
                    unanswered.add(told)
            stands |= {(entry.ref, name): plain(value) for name, value in entry.after.items()}
    return found


def one_twin(
    seen: Evidence, closed: Callable[[Record], bool] = lambda record: False, *, joined: Collection[str] = ()
) -> list[str]:
    """I4, I6: each key names one open issue, each ticket has one link, and nothing is made on the support side.

    Args:
        closed: whether an issue that no link of ours knows was put away as a duplicate.
        joined: tickets that a person linked. What hangs on them alone is that person's choice, and nobody's duplicate.

    So is an issue that a person merged another one into: the tickets of that one hang on it now.
    """
    chosen = {entry.body.get("into") for entry in seen.engineering.foreign_changes if entry.operation == "merge"}
    linked = {link.engineering for link in seen.links}
    ours = {link.engineering for link in seen.links if link.support not in joined}
    made = [
        record
        for record in seen.engineering.records.values()
        if record.key and record.open and record.ref not in chosen
        if record.ref in ours or (record.ref not in linked and not closed(record))
    ]
    keys = Counter(record.key for record in made)
    tickets = Counter(link.support for link in seen.links if not link.resting)
    strays = [record.ref for record in made if record.ref not in linked and not seen.is_listed([record.ref])]
    backwards = [record.ref for record in seen.support.records.values() if record.key]
    return [
        *(f"I4: {number} issues carry the key {key}" for key, number in keys.items() if number > 1),
        *(f"I4: {ref} was made by us and no link knows it" for ref in strays),
        *(f"I4: {ref} was made by us on the support side" for ref in backwards),
        *(f"I6: {ref} is linked {number} times" for ref, number in tickets.items() if number > 1),
    ]


def at_least_one(seen: Evidence, in_scope: Collection[str]) -> list[str]:
    """I5: each ticket that a rule takes is linked, or somebody can see that it waits."""
    linked = {link.support for link in seen.links}
    return [
        f"I5: {ref} is in scope, and neither linked nor listed"
        for ref in in_scope
        if ref not in linked and not seen.is_listed([ref])
    ]


def comments_once_in_order(
    seen: Evidence, crosses: Callable[[Side, Said], bool], *, stub: Callable[[Said], str | None] = lambda said: None
) -> list[str]:
    """I7: the copies on the other side are the comments that cross, once each and in their order.

    Each person's comment of the test holds one canary. `stub` reads the canary that a stub stands for.
    """
    found: list[str] = []
    for link in seen.links:
        for side in Side:
            source = seen.vendor(side).records.get(link.ref(side))
            target = seen.vendor(side.other).records.get(link.ref(side.other))
            if source and target and source.open and target.open and not link.resting:
                found += _thread(seen, link, side, source, target, crosses=crosses, stub=stub)
    return found


def _thread(
    seen: Evidence,
    link: Linked,
    side: Side,
    source: Record,
    target: Record,
    *,
    crosses: Callable[[Side, Said], bool],
    stub: Callable[[Said], str | None],
) -> Iterator[str]:
    wanted = [
        (word, said.id)
        for said in source.comments
        if not said.ours and crosses(side, said)
        for word in canaries(said.text)
    ]
    here = {word for said in source.comments for word in canaries(said.text)}
    copied = [
        word for said in target.comments if said.ours for word in [*canaries(said.text), *filter(None, [stub(said)])]
    ]
    copied = [word for word in copied if word in here]  # other words are of other tickets, or of what is gone
    for word, number in Counter(copied).items():
        if number > 1:
            yield f"I7: {word} of {source.ref} stands {number} times on {target.ref}"
    for word, comment_id in wanted:
        if word not in copied and not seen.is_listed((link.support, link.engineering), comment_id):
            yield f"I7: {word} of {source.ref} is missing on {target.ref}"
    order = [word for word, _ in wanted]
    places = [order.index(word) for word in dict.fromkeys(copied) if word in order]
    if any(later < earlier for earlier, later in pairwise(places)):
        yield f"I7: the comments of {source.ref} stand in another order on {target.ref}"


def leaks(seen: Evidence, private: Collection[str]) -> list[str]:
    """I8: no private word reaches a surface of lower visibility, not even for a moment.

    Args:
        private: canaries of what is private and no rule discloses.
    """
    found: list[str] = []
    for side in Side:
        vendor = seen.vendor(side)
        surfaces = seen.customer_fields.get(side, frozenset())
        for entry in vendor.journal:
            if vendor.is_own(entry) and entry.write:
                sent = shown_by(entry.body, surfaces)
                where = f"{vendor.name} by {entry.operation} {entry.ref}"
                found += [f"I8: {word} was sent to {where}" for word in private if word in sent]
        for record in vendor.records.values():
            stands = standing(record, surfaces)
            found += [f"I8: {word} can be read on {record.ref}" for word in private if word in stands]
    return found


def standing(record: Record, surfaces: Collection[str]) -> str:
    """Everything on a ticket that strangers can read and that we wrote, or may have written."""
    texts = [str(plain(record.fields.get(name))) for name in surfaces]
    for said in record.comments:
        if said.public and said.ours:
            texts += [said.text, *said.files]
    return " ".join(texts)


def shown_by(body: Mapping[str, object], surfaces: Collection[str]) -> str:
    """Everything in a request that strangers could read: a public comment with its files' names, and their fields."""
    texts = [str(plain(value)) for name, value in body.items() if name in surfaces]
    if body.get("visibility") == "public":
        texts += [str(body.get("text")), str(body.get("files"))]
    return " ".join(texts)


def no_lost_update(seen: Evidence, links: Iterable[Linked] | None = None) -> list[str]:
    """I10: we overwrite a person's value only if it had reached the other side before, or a conflict row keeps it.

    What was changed and changed back before the other side heard of it is no change: state is read, not its history.

    Args:
        links: those to judge, all by default. How many tickets hang on an issue is counted among all.
    """
    found: list[str] = []
    tickets = Counter(link.engineering for link in seen.links)
    for link in seen.links if links is None else links:
        for table in seen.fields:
            if not table.aggregated or tickets[link.engineering] == 1:
                for side in Side:
                    found += _overwrites(seen, link, table, side)
    return found


def _overwrites(seen: Evidence, link: Linked, table: FieldTable, side: Side) -> Iterator[str]:
    vendor, ref, name = seen.vendor(side), link.ref(side), table.at(side)
    foreign: list[Entry] = []  # people's edits since our last write; the last one stands there
    for entry in vendor.journal:
        if entry.ref != ref or name not in entry.after:
            continue
        if not vendor.is_own(entry):
            foreign.append(entry)
            continue
        if foreign:
            value = foreign[-1].after[name]
            meaning = table.means(side, value)
            told = _reached(seen, link, table, side.other, meaning, after=foreign[-1], before=entry)
            kept = any(row.ref == ref and row.field == name and plain(row.value) == plain(value) for row in seen.kept)
            same = meaning == table.means(side, entry.after[name])
            back = meaning in _heard_before(seen, link, table, side, foreign)
            if not (told or kept or same or back) and _was_there(seen, link, side.other, entry):
                who = foreign[-1].actor
                yield f"I10: {who} set {name} of {ref} to {value!r}; it was overwritten and nobody keeps it"
        foreign = []


def _heard_before(
    seen: Evidence, link: Linked, table: FieldTable, side: Side, foreign: Sequence[Entry]
) -> list[object]:
    """What a side may have meant when the other one last heard of it, before the edit that stands there now.

    Heard: we wrote it there. Where a person had set the same there by himself, and we read both, nobody can tell from
    outside whether we took that for agreed: a run that reads may die before its end. So that counts as either.
    """
    name, may = table.at(side), list[object]()
    for earlier, later in reversed(tuple(pairwise(foreign))):
        meaning = table.means(side, earlier.after[name])
        shown = _showing(seen, link, table, side.other, meaning, after=earlier, before=later)
        if any(seen.vendor(side.other).is_own(entry) for entry in shown):
            return [*may, meaning]
        if _sent_late(seen, link, table, side.other, meaning, after=earlier, before=later):
            return [*may, meaning]
        if _reached(seen, link, table, side.other, meaning, after=earlier, before=later) and all(
            _was_read(seen, link, each, after=earlier, before=later) for each in Side
        ):
            may.append(meaning)
    return [*may, table.means(side, foreign[0].before.get(name))]


def _was_read(seen: Evidence, link: Linked, side: Side, *, after: Entry, before: Entry) -> bool:
    vendor = seen.vendor(side)
    refs = _once(vendor, link.ref(side))
    return any(
        entry.operation == "fetch" and not entry.outcome and after.at <= entry.at <= before.at
        for entry in vendor.journal
        if entry.ref in refs and vendor.is_own(entry)
    )


def _reached(
    seen: Evidence, link: Linked, table: FieldTable, side: Side, meaning: object, *, after: Entry, before: Entry
) -> bool:
    """Whether the other side showed this meaning at some time between two entries, on a ticket that was the link's."""
    if any(_showing(seen, link, table, side, meaning, after=after, before=before)):
        return True
    name, refs = table.at(side), _once(seen.vendor(side), link.ref(side))
    stood: dict[str, object] = {}  # what each of these tickets said when the first entry was made
    for entry in seen.vendor(side).journal:
        if entry.ref in refs and name in entry.after and entry.at <= after.at:
            stood[entry.ref] = table.means(side, entry.after[name])
    return meaning in stood.values()


def _showing(
    seen: Evidence, link: Linked, table: FieldTable, side: Side, meaning: object, *, after: Entry, before: Entry
) -> Iterator[Entry]:
    """What brought this meaning to a ticket that was the link's, between two entries of the other side."""
    name, refs = table.at(side), _once(seen.vendor(side), link.ref(side))
    for entry in seen.vendor(side).journal:
        meanwhile = entry.ref in refs and after.at <= entry.at <= before.at
        if meanwhile and name in entry.after and table.means(side, entry.after[name]) == meaning:
            yield entry


def _sent_late(
    seen: Evidence, link: Linked, table: FieldTable, side: Side, meaning: object, *, after: Entry, before: Entry
) -> bool:
    """Whether we sent this meaning between two entries of the other side, and it was carried out at some later time."""
    vendor, name = seen.vendor(side), table.at(side)
    sent = {entry.id: entry.at for entry in vendor.journal}
    refs = _once(vendor, link.ref(side))
    return any(
        after.at <= sent[entry.cause] <= before.at
        for entry in vendor.journal
        if entry.cause is not None and entry.ref in refs and vendor.is_own(entry)
        if name in entry.after and table.means(side, entry.after[name]) == meaning
    )


def _was_there(seen: Evidence, link: Linked, side: Side, entry: Entry) -> bool:
    """Whether the link had a ticket on this side by then: one that joined an issue later could not be told before."""
    refs = _once(seen.vendor(side), link.ref(side))
    born = [each.at for each in seen.vendor(side).journal if each.operation == "create" and each.ref in refs]
    return not born or min(born) <= entry.at


def _once(vendor: VendorSeen, ref: str) -> frozenset[str]:
    """A ticket and those that were merged into it: the link may have come along from there."""
    merges = [(entry.ref, entry.body.get("into")) for entry in vendor.journal if entry.operation == "merge"]
    refs: frozenset[str] = frozenset()
    found = {ref}
    while found:
        refs |= found
        found = {old for old, into in merges if into in refs} - refs
    return refs


def audit_joins(seen: Evidence) -> list[str]:
    """I12: each write that was sent has an audit row that was announced before it, and each row has an outcome."""
    found: list[str] = []
    for vendor in (seen.support, seen.engineering):
        sent: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in vendor.journal:
            if vendor.is_own(entry) and entry.write and entry.cause is None:
                sent[_place(entry.operation, entry.ref)].append(entry)
        for (operation, ref), entries in sent.items():
            rows = sorted(
                row.announced
                for row in seen.audited
                if row.vendor == vendor.name and _place(row.operation, row.ref) == (operation, ref)
            )
            late = [entry for entry, announced in zip(entries, rows, strict=False) if announced > entry.at]
            if late or len(rows) < len(entries):
                counts = f"{len(entries)} sent, {len(rows)} announced, {len(late)} of them late"
                found.append(f"I12: {operation} {ref} at {vendor.name}: {counts}")
    silent = [row for row in seen.audited if not row.outcome]
    return found + [f"I12: {row.operation} {row.ref} at {row.vendor} has no outcome" for row in silent]


def _place(operation: str, ref: str) -> tuple[str, str]:
    """What a write is filed under; a create has no ref when it is announced."""
    return operation, "" if operation == "create" else ref


def harmless_repeats(once: Evidence, repeated: Evidence) -> list[str]:
    """I15: with every delivery and page several times, the end and the number of writes are those of once."""
    found: list[str] = []
    for side in Side:
        one, many = once.vendor(side), repeated.vendor(side)
        if one.records != many.records:
            found.append(f"I15: {one.name} ends otherwise when everything comes several times")
        if len(one.own_writes) != len(many.own_writes):
            found.append(f"I15: {len(many.own_writes)} writes at {one.name} instead of {len(one.own_writes)}")
    return found


def within_budget(seen: Evidence, *, per_link: int, window: timedelta = timedelta(hours=1)) -> list[str]:
    """I19: no stretch of time in which one ticket was written more often than its budget allows."""
    found: list[str] = []
    for vendor in (seen.support, seen.engineering):
        times: dict[str, list[Entry]] = defaultdict(list)
        for entry in vendor.own_writes:
            times[entry.ref].append(entry)
        for ref, entries in times.items():
            crowded = [
                late for early, late in zip(entries, entries[per_link:], strict=False) if late.at - early.at < window
            ]
            found += [f"I19: {ref} was written more than {per_link} times within {window}"] if crowded else []
    return found


def nothing_destroyed(seen: Evidence) -> list[str]:
    """I18: no request of ours deletes a ticket or a comment that a person wrote."""
    return [
        f"I18: {entry.operation} {entry.ref} by syncd"
        for vendor in (seen.support, seen.engineering)
        for entry in vendor.own_writes
        if entry.operation == "delete" or (entry.operation == "delete comment" and not entry.before.get("key"))
    ]

"""What is wrong only with several mappings together: one name twice, one pair twice, a ring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncd.core.model import Side
from syncd.errors import Complaint
from syncd.mapping.build import Draft
from syncd.mapping.vendor import Vendor


def check(drafts: Sequence[Draft], vendors: Mapping[str, Vendor] | None) -> list[Complaint]:
    """Complaints about later files, naming the earlier one."""
    return [*_same_name(drafts), *_pairs_and_rings(drafts, vendors or {})]


def _same_name(drafts: Sequence[Draft]) -> list[Complaint]:
    complaints = []
    first: dict[str, Draft] = {}
    for draft in drafts:
        earlier = first.setdefault(draft.name, draft)
        if draft.name and earlier is not draft:
            complaints.append(
                draft.document.complaint(
                    ("name",),
                    f"{_place(earlier)} is called `{draft.name}` already",
                    expected="a name of its own",
                    remedy="rename one of them",
                )
            )
    return complaints


def _pairs_and_rings(drafts: Sequence[Draft], vendors: Mapping[str, Vendor]) -> list[Complaint]:
    """Mappings are edges between accounts: a second edge claims its pair again, one that closes a cycle is a ring."""
    complaints: list[Complaint] = []
    edges: dict[frozenset[str], Draft] = {}
    neighbours: dict[str, list[str]] = {}
    for draft in drafts:
        support, engineering = (_account(draft.connections[side], vendors) for side in Side)
        if not support or not engineering or support == engineering:
            continue
        pair = frozenset({support, engineering})
        if pair in edges:
            complaints.append(_claimed(draft, edges[pair]))
            continue
        way = _way(neighbours, engineering, support)
        if way:
            complaints.append(_ring(draft, way, drafts, vendors))
        edges[pair] = draft
        neighbours.setdefault(support, []).append(engineering)
        neighbours.setdefault(engineering, []).append(support)
    return complaints


def _account(connection: str, vendors: Mapping[str, Vendor]) -> str:
    vendor = vendors.get(connection)
    return (vendor.account if vendor else "") or connection


def _way(neighbours: Mapping[str, Sequence[str]], start: str, end: str) -> list[str]:
    """Accounts from start to end along mappings read so far, breadth first; empty when there is none."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        if way[-1] == end:
            return way
        for account in neighbours.get(way[-1], ()):
            if account not in seen:
                seen.add(account)
                ways.append([*way, account])
    return []


def _claimed(draft: Draft, earlier: Draft) -> Complaint:
    pair = f"`{draft.connections.support}` and `{draft.connections.engineering}`"
    return draft.document.complaint(
        ("engineering",),
        f"{pair} are kept equal by {_place(earlier)} already",
        expected="one mapping for each pair of accounts",
        remedy="move these rules into that file",
    )


def _ring(draft: Draft, way: Sequence[str], drafts: Sequence[Draft], vendors: Mapping[str, Vendor]) -> Complaint:
    names: dict[str, str] = {}
    for other in drafts:
        for side in Side:
            names.setdefault(_account(other.connections[side], vendors), other.connections[side])
    ring = " -> ".join(names[account] for account in [way[-1], *way])
    return draft.document.complaint(
        ("engineering",),
        f"the mappings form a ring: {ring}",
        expected="pairs that do not come back to where they began",
        remedy="delete one of these mappings",
    )


def _place(draft: Draft) -> str:
    return f"{draft.document.file}:{draft.document.mark(('name',), key=True).line}"

"""What is wrong only with several mappings together: one name twice, one pair twice, a ring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from syncd.core.model import Pair, Side
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
    """Mappings are edges between connections: a second one claims its pair again, one that closes a cycle is a ring."""
    complaints: list[Complaint] = []
    edges: list[Draft] = []
    for draft in drafts:
        support, engineering = draft.connections.both()
        if not support or not engineering or _meet(support, engineering, vendors):
            continue
        if (claimed := next((edge for edge in edges if _same_pair(draft, edge, vendors)), None)) is not None:
            complaints.append(_claimed(draft, claimed))
            continue
        if way := _way([edge.connections for edge in edges], engineering, support, vendors):
            complaints.append(_ring(draft, way))
        edges.append(draft)
    return complaints


def _meet(one: str, other: str, vendors: Mapping[str, Vendor]) -> bool:
    """Whether two connections may look at one ticket."""
    return one == other or (one in vendors and other in vendors and vendors[one].meets(vendors[other]))


def _same_pair(one: Draft, other: Draft, vendors: Mapping[str, Vendor]) -> bool:
    ways = (other.connections, other.connections.swapped())
    return any(all(_meet(one.connections[side], way[side], vendors) for side in Side) for way in ways)


def _way(edges: Sequence[Pair[str]], start: str, end: str, vendors: Mapping[str, Vendor]) -> list[str]:
    """Connections from start to end along mappings read so far, breadth first; empty when there is none."""
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        if _meet(way[-1], end, vendors):
            return [*way[:-1], end]
        for there in (edge[side.other] for edge in edges for side in Side if _meet(edge[side], way[-1], vendors)):
            if there not in seen:
                seen.add(there)
                ways.append([*way, there])
    return []


def _claimed(draft: Draft, earlier: Draft) -> Complaint:
    pair = f"`{draft.connections.support}` and `{draft.connections.engineering}`"
    return draft.document.complaint(
        ("engineering",),
        f"{pair} are kept equal by {_place(earlier)} already",
        expected="one mapping for each pair of accounts",
        remedy="move these rules into that file",
    )


def _ring(draft: Draft, way: Sequence[str]) -> Complaint:
    ring = " -> ".join([way[-1], *way])
    return draft.document.complaint(
        ("engineering",),
        f"the mappings form a ring: {ring}",
        expected="pairs that do not come back to where they began",
        remedy="delete one of these mappings",
    )


def _place(draft: Draft) -> str:
    return f"{draft.document.file}:{draft.document.mark(('name',), key=True).line}"

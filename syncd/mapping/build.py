"""One parsed file -> one `Mapping`, with everything that is wrong with it. Several files together are in `across`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from typing import Any

from syncd.core.mapping import (
    AttachmentRule,
    Brake,
    FieldRule,
    Lifecycle,
    Mapping,
    People,
)
from syncd.core.model import Pair, Side
from syncd.errors import Complaint
from syncd.mapping import signals
from syncd.mapping.comments import comment_rules
from syncd.mapping.context import Context
from syncd.mapping.digest import digest
from syncd.mapping.draft import PolicyDraft
from syncd.mapping.escalate import escalation_rules
from syncd.mapping.fields import field_rules
from syncd.mapping.kinds import sides
from syncd.mapping.nodes import Document
from syncd.mapping.policy import policy
from syncd.mapping.schema import (
    AttachmentBlock,
    BrakeBlock,
    FieldBlock,
    LifecycleBlock,
    MappingFile,
    PeopleBlock,
)
from syncd.mapping.shape import Reader
from syncd.mapping.vendor import Vendor
from syncd.mapping.words import listed, meant

_MEDIA_TYPE = re.compile(r"(\*|[\w.+-]+)/(\*|[\w.+-]+)")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """What became of one file: a mapping where nothing is wrong with it; name and connections as far as read."""

    document: Document
    mapping: Mapping | None
    complaints: tuple[Complaint, ...]
    name: str
    connections: Pair[str]


def build(
    document: Document,
    vendors: MappingOf[str, Vendor] | None,
    escalation: PolicyDraft | None = None,
    *,
    graded: bool = False,
) -> Draft:
    """Read and check one mapping.

    Args:
        vendors: what is known of each connection of the config; None when there is no config to ask.
        escalation: the policy that holds for its tickets.
        graded: there is one, though it could perhaps not be read.
    """
    reader = Reader(document)
    parts = reader.parts(MappingFile, document.root)
    connections = Pair(parts.get("support", ""), parts.get("engineering", ""))
    different = connections.support != connections.engineering
    context = Context(
        document=document,
        vendors=connections.map(lambda name: vendors.get(name) if vendors and different else None),
        broken=frozenset(reader.broken),
        complaints=reader.complaints,
        graded=graded,
        signals=signals.names(escalation) if escalation else {},
    )
    if vendors is not None:
        _check_connections(connections, vendors, context)
    mapping = _mapping(parts, connections, context)
    if escalation is not None:
        found = policy(escalation, parts.get("name", ""), parts.get("fields", {}), context, done=mapping.lifecycle.done)
        mapping = signals.listening(dataclasses.replace(mapping, escalation=found))
    refused = any(not complaint.notice for complaint in context.complaints)
    return Draft(
        document=document,
        mapping=None if refused else dataclasses.replace(mapping, digest=digest(mapping)),
        complaints=tuple(context.complaints),
        name=parts.get("name", ""),
        connections=connections,
    )


def _mapping(parts: MappingOf[str, Any], connections: Pair[str], context: Context) -> Mapping:
    """The value, with the parts that could be read; whole only when nothing was complained about."""
    blocks: MappingOf[str, FieldBlock] = parts.get("fields", {})
    people = _people(parts.get("people", PeopleBlock()), context)
    fields = field_rules(blocks, people, context)
    rules = parts.get("escalate", ())
    escalate = list(zip(context.positions(("escalate",), len(rules)), rules, strict=True))
    if escalate:
        _check_required(blocks, context)
    if not blocks and not context.is_broken(("fields",)):
        remedy = "add `title: {support: subject, engineering: summary}`"
        context.complain(("fields",), "no field is kept equal", expected="at least one entry", remedy=remedy)
    return Mapping(
        name=parts.get("name", ""),
        connections=connections,
        fields=fields,
        escalate=escalation_rules(escalate, blocks, context),
        comments=comment_rules(parts.get("comments", {}), context),
        attachments=_attachments(parts.get("attachments", AttachmentBlock()), context),
        people=people,
        lifecycle=_lifecycle(parts.get("lifecycle", LifecycleBlock()), fields, context),
        brake=Brake(**parts.get("brake", BrakeBlock()).model_dump()),
    )


def _check_connections(connections: Pair[str], vendors: MappingOf[str, Vendor], context: Context) -> None:
    for side in Side:
        name = connections[side]
        if name and name not in vendors:
            context.complain(
                (side.value,),
                f"no connection is called `{name}`",
                expected=f"one of {listed(sorted(vendors))}" if vendors else "a connection of the config",
                remedy=meant(name, vendors) or f"add `{name}` to `connections` in the config",
            )
    support, engineering = (vendors.get(connections[side]) for side in Side)
    if connections.support and connections.support == connections.engineering:
        problem = f"both sides are the connection `{connections.support}`"
        context.complain(("engineering",), problem, expected="two connections", remedy="name the other one")
    elif support and engineering and support.meets(engineering):
        _complain_of_one_account(connections, Pair(support, engineering), context)


def _complain_of_one_account(connections: Pair[str], vendors: Pair[Vendor], context: Context) -> None:
    """Both sides may look at one ticket; two parts of an account may be kept equal, where its connector can part it."""
    key = vendors.support.part_key
    both = f"`{connections.support}` and `{connections.engineering}` are the same account ({vendors.support.account})"
    whole = [connections[side] for side in Side if not vendors[side].part]
    if not key:
        problem, expected, remedy = both, "two accounts", "name a connection to another system"
    elif whole:
        problem = f"{both}, and {listed(whole)} {'looks' if len(whole) == 1 else 'look'} at all of it"
        expected, remedy = f"`{key}` of its own for each", f"add `{key}: [...]` to `{whole[0]}` in the config"
    else:
        shared = listed(vendors.support.shares(vendors.engineering))
        problem = f"{both}, and both look at {shared}"
        expected, remedy = f"nothing in both `{key}`", f"take {shared} out of `{key}` of one of them in the config"
    context.complain(("engineering",), problem, expected=expected, remedy=remedy)


def _check_required(blocks: MappingOf[str, FieldBlock], context: Context) -> None:
    """What the tracker refuses to make an issue without must be in `fields` or in `create`."""
    vendor = context.vendors.engineering
    if vendor is None or context.is_broken(("fields",)):
        return
    written = {sides(block).engineering.field for block in blocks.values()}
    placed = {key.replace("_", "") for key in vendor.place_keys}
    for field in vendor.fields:
        if field.required and field.name not in written and field.name.replace("_", "").lower() not in placed:
            context.complain(
                ("fields",),
                f"{vendor.connector} makes no issue without `{field.name}`, and no entry says it",
                expected=f"an entry whose engineering field is `{field.name}`",
                remedy=f"write\n  title:\n    {{support: ..., engineering: {field.name}}}",
            )


def _people(block: PeopleBlock, context: Context) -> People:
    table: dict[str, str] = {}
    owners: dict[str, str] = {}
    for address, theirs in block.table.items():
        path = ("people", "table", address)
        if not _ADDRESS.fullmatch(address):
            problem = f"`{address}` is no e-mail address"
            remedy = "write the address that this person has at support"
            context.complain(path, problem, expected="address at support: id at engineering", remedy=remedy, key=True)
        if address.lower() in table:
            problem = f"`{address}` is named twice, in other letters"
            context.complain(path, problem, expected="each address once", remedy="delete one of them", key=True)
        first = owners.setdefault(theirs.lower(), address)
        if first != address:
            problem = f"`{theirs}` is `{first}` already"
            remedy = "one of the two is somebody else"
            context.complain(path, problem, expected="each person once", remedy=remedy)
        table[address.lower()] = theirs
    return People(table=table, fallback=block.fallback)


def _attachments(block: AttachmentBlock, context: Context) -> AttachmentRule:
    for at, pattern in enumerate(block.types):
        if not _MEDIA_TYPE.fullmatch(pattern):
            context.complain(
                ("attachments", "types", at),
                f"`{pattern}` is no media type",
                expected="type/subtype, with `*` for any",
                remedy=f"write `*/*` for all, or such as `image/{pattern.lstrip('.*') or 'png'}`",
            )
    return AttachmentRule(max_size=block.max_size, types=tuple(block.types), per_comment=block.per_comment)


def _lifecycle(block: LifecycleBlock, fields: tuple[FieldRule, ...], context: Context) -> Lifecycle:
    status = next((rule for rule in fields if rule.name == "status"), None)
    given = context.document.node(("lifecycle", "done")) is not None
    can_mean = status.order if status else ()
    for at, meaning in enumerate(block.done):
        if not can_mean or meaning in can_mean:  # without `values`, every word may be said
            continue
        problem = f"`status` never means `{meaning}`" if given else "no meaning of `status` is known to be done"
        path = ("lifecycle", "done", at) if given else ("fields", "status")
        remedy = meant(meaning, can_mean) if given else "add `lifecycle: {done: [...]}`"
        context.complain(
            path,
            problem,
            expected=f"one of {listed(can_mean)}",
            remedy=remedy or "write the meaning that counts as done",
        )
    values = {part.name: getattr(block, part.name) for part in dataclasses.fields(Lifecycle)}
    return Lifecycle(**{**values, "done": frozenset(block.done)})

"""The entries under `comments` -> `CommentRule`s, the most specific first; nothing internal becomes public unnamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from syncd.core.mapping import CommentRule
from syncd.core.model import Side, Visibility
from syncd.mapping.context import Context
from syncd.mapping.nodes import Path
from syncd.mapping.schema import CommentBlock
from syncd.mapping.words import listed, meant


@dataclass(frozen=True, slots=True)
class _Speaks:
    """Which comments a name speaks of by itself; `source` None where the name does not say."""

    side: Side
    source: Visibility | None = None


FOR_CUSTOMER = "engineering_for_customer"
NAMES: Mapping[str, _Speaks] = {
    "support_public": _Speaks(Side.SUPPORT, Visibility.PUBLIC),
    "support_internal": _Speaks(Side.SUPPORT, Visibility.INTERNAL),
    "engineering": _Speaks(Side.ENGINEERING),
    "engineering_internal": _Speaks(Side.ENGINEERING, Visibility.INTERNAL),
    FOR_CUSTOMER: _Speaks(Side.ENGINEERING),
}


def comment_rules(blocks: Mapping[str, CommentBlock], context: Context) -> tuple[CommentRule, ...]:
    """The rules in the order in which they are tried."""
    rules = [rule for name, block in blocks.items() if (rule := _rule(name, block, blocks, context))]
    _check_doubled(rules, context)
    return tuple(sorted(rules, key=lambda rule: (-len(rule.starts_with), rule.source is None, rule.name)))


def _rule(name: str, block: CommentBlock, blocks: Mapping[str, CommentBlock], context: Context) -> CommentRule | None:
    path = ("comments", name)
    side = _side(name, block, path, context)
    if side is None:
        return None
    if block.to is side:
        problem = f"`{name}` speaks of comments of {side} and cannot go to {side}"
        context.complain((*path, "to"), problem, expected=f"`{side.other}`", remedy=f"write `to: {side.other}`")
    if name == FOR_CUSTOMER and block.when is None and not context.is_broken((*path, "when")):
        context.complain(
            path,
            "every comment of engineering would go to the customer",
            expected="a word that an engineer types to address the customer",
            remedy='add `when: {starts_with: "/customer"}`',
        )
        return None
    visibility, source = _visibility(name, block, side, blocks, context)
    discloses = _discloses(name, block, visibility=visibility, source=source, context=context)
    return CommentRule(
        name=name,
        side=side,
        source=source,
        visibility=visibility,
        starts_with=block.when.starts_with if block.when else "",
        discloses=discloses,
    )


def _side(name: str, block: CommentBlock, path: Path, context: Context) -> Side | None:
    speaks = NAMES.get(name)
    if speaks is None and block.from_ is None:
        if context.is_broken((*path, "from")):
            return None
        context.complain(
            path,
            f"nothing says which comments `{name}` speaks of",
            expected=f"`from`, or one of the names {listed(NAMES)}",
            remedy=meant(name, NAMES) or "add `from: support` or `from: engineering`",
        )
        return None
    if speaks and block.from_ and block.from_ is not speaks.side:
        problem = f"`{name}` speaks of comments of {speaks.side}"
        context.complain((*path, "from"), problem, expected=f"`{speaks.side}`", remedy="delete `from`, or rename it")
    if speaks and speaks.source and block.source not in (None, speaks.source):
        problem = f"`{name}` speaks of {speaks.source} comments"
        context.complain((*path, "source"), problem, expected=f"`{speaks.source}`", remedy="delete it, or rename it")
    return speaks.side if speaks else block.from_


def _visibility(
    name: str, block: CommentBlock, side: Side, blocks: Mapping[str, CommentBlock], context: Context
) -> tuple[Visibility, Visibility | None]:
    """How visible there, and of which visibility here."""
    speaks = NAMES.get(name)
    source = (speaks.source if speaks else None) or block.source
    if name == FOR_CUSTOMER:
        if block.visibility is None:
            _notice_internal(name, context)
        return block.visibility or Visibility.INTERNAL, source
    if block.visibility is None and side is Side.ENGINEERING:
        _notice_internal(name, context)
    same = source if side is Side.SUPPORT else None
    visibility = block.visibility or same or Visibility.INTERNAL
    if name == "engineering" and source is None:
        covers_internal = "engineering_internal" not in blocks and visibility is Visibility.INTERNAL
        source = None if covers_internal or block.allow_private_to_public else Visibility.PUBLIC
    return visibility, source


def _notice_internal(name: str, context: Context) -> None:
    context.notice(
        ("comments", name),
        "no `visibility`: taken as internal, no customer sees it",
        remedy="add `visibility: internal` to say so",
    )


def _discloses(
    name: str,
    block: CommentBlock,
    *,
    visibility: Visibility,
    source: Visibility | None,
    context: Context,
) -> bool:
    """Whether internal text may become public by this rule; complains when it would without being named (Y25)."""
    path = ("comments", name)
    crosses = visibility is Visibility.PUBLIC and source is not Visibility.PUBLIC
    reason = block.allow_private_to_public
    if reason is not None and not (crosses and reason.strip()):
        problem = "nothing internal becomes public by this rule" if not crosses else "no reason stands here"
        remedy = "delete `allow_private_to_public`" if not crosses else 'write why: "agreed with ... on ..."'
        context.complain(
            (*path, "allow_private_to_public"), problem, expected="a reason where it counts", remedy=remedy
        )
    if not crosses:
        return False
    if name == FOR_CUSTOMER:  # the engineer says so in each comment, by the word that it begins with
        return True
    if reason is None:
        who = "internal comments" if source is Visibility.INTERNAL else "comments of any visibility, internal ones too,"
        context.complain(
            (*path, "visibility") if block.visibility else path,
            f"{who} would become public by `{name}`",
            expected="`visibility: internal`",
            remedy='if that is meant, add `allow_private_to_public: "why"`',
        )
    return reason is not None


def _check_doubled(rules: list[CommentRule], context: Context) -> None:
    seen: dict[tuple[Side, Visibility | None, str], str] = {}
    for rule in rules:
        first = seen.setdefault((rule.side, rule.source, rule.starts_with), rule.name)
        if first != rule.name:
            line = context.document.mark(("comments", first), key=True).line
            context.complain(
                ("comments", rule.name),
                f"`{first}` (line {line}) takes the very same comments, so `{rule.name}` gets none",
                expected="rules that differ in `from`, `source` or `when`",
                remedy="delete one of them",
            )

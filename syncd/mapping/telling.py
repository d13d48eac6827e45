"""The table `tell` of `escalation.yaml` -> who is told of what, in the words of one mapping."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from syncd.core.conditions import Condition
from syncd.core.model import Pair
from syncd.core.telling import ALARMS, Addressed, Audience, InRole, Recipient, RoleName, Telling, TellRule, Through
from syncd.errors import Complaint
from syncd.mapping.context import Context
from syncd.mapping.draft import KnownChannel, PolicyDraft
from syncd.mapping.hours import all_hours
from syncd.mapping.nodes import Path
from syncd.mapping.owners import owners_block
from syncd.mapping.schema import FieldBlock, TellBlock, ToBlock
from syncd.mapping.template import Compiled
from syncd.mapping.templates import given, shipped
from syncd.mapping.values import OF_TEMPLATES
from syncd.mapping.when import conditions
from syncd.mapping.words import listed, meant

EMAIL = "email"
"""The kind of channel that takes addresses."""


def check(draft: PolicyDraft, context: Context) -> None:
    """Complain of what is wrong whatever the mapping."""
    blocks = _blocks(draft, context)
    context.named_once([(path, block.name) for path, block in blocks], "a rule of `tell`")
    hours = all_hours(draft.parts.get("hours", {}), _silent(draft))
    for path, block in blocks:
        _check_facts(path, block, context)
        _check_quiet(path, block, hours, context)
        _check_clocks_run(path, block, draft, context)
        for at, to in enumerate(block.to):
            _check_recipient((*path, "to", at), to, draft, context)
        context.complaints.extend(_template(path, block, draft)[1])


def telling(draft: PolicyDraft, mapping: str, fields: Mapping[str, FieldBlock], context: Context) -> Telling | None:
    """The rules for one mapping; None without any. What the whole file has wrong is told by `check`."""
    hours = all_hours(draft.parts.get("hours", {}), _silent(draft))
    rules = tuple(
        TellRule(
            name=block.name,
            happened=frozenset(block.happened),
            to=tuple(found for to in block.to if (found := _recipient(to, draft.channels))),
            audience=block.audience,
            template=_template(path, block, draft)[0] or _standard(block.audience),
            standard=_standard(block.audience),
            clocks=frozenset(block.clocks),
            severities=frozenset(block.severities),
            when=_when(path, block, fields, context),
            quiet=hours.get(block.quiet) if block.quiet else None,
            even_at_night=frozenset(block.even_at_night),
        )
        for path, block in _blocks(draft, context)
        if not block.mappings or mapping in block.mappings
    )
    return Telling(rules) if rules else None


def check_mappings(draft: PolicyDraft, names: Sequence[str]) -> Iterator[Complaint]:
    """Complain of rules for mappings that are not there."""
    for path, block in _blocks(draft, _silent(draft)):
        for at, name in enumerate(block.mappings):
            if name not in names:
                yield draft.document.complaint(
                    (*path, "mappings", at),
                    f"`tell` names a mapping `{name}`, which is not there",
                    expected=f"one of {listed(names)}" if names else "the name of a mapping",
                    remedy=meant(name, names) or "delete it, and the rule holds for all",
                )


def _blocks(draft: PolicyDraft, context: Context) -> list[tuple[Path, TellBlock]]:
    found: Sequence[TellBlock] = draft.parts.get("tell", ())
    return [(("tell", at), one) for at, one in zip(context.positions(("tell",), len(found)), found, strict=True)]


def _silent(draft: PolicyDraft) -> Context:
    return Context(document=draft.document, vendors=Pair(None, None), broken=draft.broken)


# --- what and when ----------------------------------------------------------------------------------------------------


def _when(path: Path, block: TellBlock, fields: Mapping[str, FieldBlock], context: Context) -> tuple[Condition, ...]:
    if block.when is None:
        return ()
    graded = replace(context, graded=True)
    return conditions(block.when, (*path, "when"), fields, graded, all_of_them="it would be told of every ticket")


def _check_facts(path: Path, block: TellBlock, context: Context) -> None:
    lists = {"happened": block.happened, "to": block.to}
    for key, found in lists.items():
        if not found and not context.is_broken((*path, key)):
            problem = f"rule `{block.name}` tells {'of nothing' if key == 'happened' else 'nobody'}"
            remedy = "write `[escalated, breached]`" if key == "happened" else "name a channel of the config"
            context.complain((*path, key), problem, expected="at least one", remedy=remedy)
    alarms = sorted(str(what) for what in ALARMS)
    if block.clocks and block.happened and not ALARMS & set(block.happened):
        problem, remedy = "no fact of this rule is about a clock", f"add {listed(alarms)} to `happened`, or delete it"
        context.complain((*path, "clocks"), problem, expected="reminders or breaches", remedy=remedy, key=True)


def _check_clocks_run(path: Path, block: TellBlock, draft: PolicyDraft, context: Context) -> None:
    """A clock that no severity has never rings."""
    if context.is_broken(("severities",)):
        return
    running = {name for _, of in draft.severities() for name, within in of.clocks if within is not None}
    for at, clock in enumerate(block.clocks):
        if clock.value not in running:
            problem, remedy = f"no severity has a clock `{clock}`", "give a severity that clock, or delete the word"
            expected = f"one of {listed(sorted(running))}" if running else "a clock that runs"
            context.complain((*path, "clocks", at), problem, expected=expected, remedy=remedy)


def _check_quiet(path: Path, block: TellBlock, hours: Collection[str], context: Context) -> None:
    if block.quiet is not None and block.quiet not in hours and not context.is_broken(("hours",)):
        context.complain(
            (*path, "quiet"),
            f"`quiet` names the hours `{block.quiet}`, which are not there",
            expected=f"one of {listed(hours)}",
            remedy=meant(block.quiet, hours) or f"write\nhours:\n  {block.quiet}: {{zone: ..., days: ...}}",
        )
    if block.even_at_night and block.quiet is None and not context.is_broken((*path, "quiet")):
        problem, remedy = "nothing is quiet in this rule, so `even_at_night` says nothing", "add `quiet`, or delete it"
        context.complain((*path, "even_at_night"), problem, expected="`quiet` beside it", remedy=remedy, key=True)


# --- to whom ----------------------------------------------------------------------------------------------------------


def _recipient(to: str | ToBlock, channels: Mapping[str, KnownChannel] | None) -> Recipient | InRole | None:
    """None where an address has no channel that takes it, which is complained about."""
    if isinstance(to, str) and "@" not in to:
        return Through(to)
    one = to if isinstance(to, ToBlock) else ToBlock(address=to)
    mail = [one.channel] if one.channel else mail_channels(channels)
    if len(mail) != 1:
        return None
    if one.role is not None:
        return InRole(mail[0], one.role)
    return Addressed(mail[0], one.address) if one.address else None


def mail_channels(channels: Mapping[str, KnownChannel] | None) -> list[str]:
    return [name for name, one in (channels or {}).items() if one.kind == EMAIL]


def _check_recipient(path: Path, to: str | ToBlock, draft: PolicyDraft, context: Context) -> None:
    channels = draft.channels
    if isinstance(to, ToBlock):
        _check_one(path, to, context)
        if to.role is not None:
            _check_role((*path, "role"), to.role, draft, context)
        if to.address is not None:
            check_address((*path, "address"), to.address, context)
    if channels is None:
        return
    if isinstance(to, ToBlock) and to.channel is not None:
        check_channel((*path, "channel"), to.channel, channels, context, takes_addresses=True)
    elif isinstance(to, ToBlock):
        key, word = ("role", str(to.role)) if to.role is not None else ("address", to.address or "")
        check_one_mail(path, key, word, channels, context)
    elif "@" in to:
        check_address(path, to, context)
        check_one_mail(path, "address", to, channels, context)
    else:
        check_channel(path, to, channels, context)


def _check_one(path: Path, to: ToBlock, context: Context) -> None:
    if (to.address is None) == (to.role is None) and not any(
        context.is_broken((*path, key)) for key in ("address", "role")
    ):
        if to.role is not None:
            problem, remedy = "a recipient is both an `address` and a `role`", "write one entry for each"
        else:
            problem, remedy = "a recipient is neither an `address` nor a `role`", "write `role: owner`"
        context.complain(path, problem, expected="one of them", remedy=remedy)


def _check_role(path: Path, role: RoleName, draft: PolicyDraft, context: Context) -> None:
    """A role that nobody can have."""
    if context.is_broken(("owners",)):
        return
    owners = owners_block(draft)
    if owners is None:
        problem, remedy = f"nobody is ever `{role}`, for there is no table `owners`", "add `owners`, or name an address"
        context.complain(path, problem, expected="a table `owners`", remedy=remedy)
    elif role is RoleName.CUSTOMER_OWNER and owners.customer is None:
        problem = "nobody is ever `customer_owner`, for `owners` names no field of the helpdesk"
        remedy = "add `customer: {field: assignee}` to `owners`"
        context.complain(path, problem, expected="`owners.customer`", remedy=remedy)


def check_channel(
    path: Path, name: str, channels: Mapping[str, KnownChannel], context: Context, *, takes_addresses: bool = False
) -> None:
    if name not in channels:
        context.complain(
            path,
            f"no channel is called `{name}`",
            expected=f"one of {listed(channels)}" if channels else "a channel of the config",
            remedy=meant(name, channels) or _example(name, takes_addresses=takes_addresses),
        )
    elif takes_addresses and channels[name].kind not in (EMAIL, ""):
        mail = mail_channels(channels)
        problem = f"`{name}` is a channel of the kind {channels[name].kind}, which takes no addresses"
        remedy = f"write `{mail[0]}`" if mail else "write the channel's name alone"
        context.complain(path, problem, expected="a channel of e-mail", remedy=remedy)
    elif not takes_addresses and not channels[name].has_readers:
        problem = f"nobody gets what is sent to `{name}`: the channel has no `to`"
        remedy = f"add `to` to the channel in the config, or write `{{channel: {name}, address: ...}}`"
        context.complain(path, problem, expected="a channel with readers, or an address", remedy=remedy)


def _example(name: str, *, takes_addresses: bool) -> str:
    keys = "kind: email, host: ..., from: ..." if takes_addresses else "kind: slack, url: ..."
    return f"write `channels: {{{name}: {{{keys}}}}}` in the config"


def check_address(path: Path, address: str, context: Context) -> None:
    local, _, domain = address.rpartition("@")
    if not local or "." not in domain.strip(".") or any(char.isspace() or char in ",;<>" for char in address):
        problem, remedy = f"`{address}` is no address of e-mail", "write such as `lead@acme.example`"
        context.complain(path, problem, expected="one address, without a name", remedy=remedy)


def check_one_mail(path: Path, key: str, word: str, channels: Mapping[str, KnownChannel], context: Context) -> None:
    """`key` and `word` are how the recipient is named: an address, or a role."""
    mail = mail_channels(channels)
    if not mail and not any(one.kind == "" for one in channels.values()):
        problem, remedy = f"no channel sends e-mail to `{word}`", "add one of `kind: email` to the config"
        context.complain(path, problem, expected="a channel of e-mail in the config", remedy=remedy)
    elif len(mail) > 1:
        problem = f"`{word}` could be told by {listed(mail)}"
        remedy = f"write `{{channel: {mail[0]}, {key}: {word}}}`"
        context.complain(path, problem, expected="one of them", remedy=remedy)


# --- how it is said ---------------------------------------------------------------------------------------------------


def _standard(audience: Audience) -> Compiled:
    return shipped(f"tell_{audience}")


def _template(path: Path, block: TellBlock, draft: PolicyDraft) -> tuple[Compiled | None, list[Complaint]]:
    if block.template is None:
        return _standard(block.audience), []
    return given(block.template, (*path, "template"), draft.document, OF_TEMPLATES[f"tell_{block.audience}"])

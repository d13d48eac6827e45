"""`syncd check --online`: ask both vendors whether what the files name is there; complaints stand on their lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncd.channels.opened import opened
from syncd.cli.reached import reached
from syncd.core.mapping import EscalationRule
from syncd.core.mapping import Mapping as Rules
from syncd.core.model import Side
from syncd.engine.callers import shown
from syncd.errors import Complaint
from syncd.mapping import load as mapping_files
from syncd.mapping.nodes import Document, Scalar
from syncd.mapping.vendor import Vendor, VendorField
from syncd.mapping.words import listed, meant
from syncd.sdk.connector import Account, Capability, Connector, Description, Hook
from syncd.sdk.errors import ConnectorError, Forbidden, NotFound, Unauthorized
from syncd.settings import Settings, examine

SOON = timedelta(days=30)
NOTHING = Description(())


@dataclass(frozen=True, slots=True)
class Answered:
    """What one vendor said of its account and of what is there; `problem` where it said nothing."""

    account: Account | None
    description: Description = NOTHING
    hooks: tuple[Hook, ...] = ()
    problem: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Online:
    """All complaints, who we act as at each connection, and whether a vendor could not be asked."""

    complaints: tuple[Complaint, ...]
    accounts: Mapping[str, str]
    unasked: bool


async def ask(path: Path, mappings: list[Path] | None = None) -> Online:
    """Ask every vendor that a mapping speaks of, and every channel. Config and mappings must be right by themselves."""
    examined = examine(path, mappings=mappings)
    settings = examined.settings
    if settings is None:
        return Online((), {}, unasked=False)
    used = {name for rules in examined.mappings for name in rules.connections.both()}
    answers = {name: await _ask(settings, name) for name in settings.connections if name in used}
    config = mapping_files.read(path)
    complaints = [*_of_connections(config, settings, answers), *await _of_channels(config, settings)]
    vendors = {name: _enriched(vendor, answers.get(name)) for name, vendor in examined.vendors.items()}
    rules = {found.name: found for found in examined.mappings}
    for file in examined.files:
        complaints += _of_mapping(mapping_files.read(file), rules, vendors, answers)
    loaded = mapping_files.load(examined.files, vendors)
    complaints += [_softened(complaint) for complaint in loaded.complaints if not _guesses(complaint)]
    accounts = {name: answer.account.name for name, answer in answers.items() if answer.account}
    return Online(tuple(sorted(set(complaints))), accounts, any(answer.problem for answer in answers.values()))


async def _ask(settings: Settings, name: str) -> Answered:
    async with reached(settings, name) as connector:
        try:
            account = await connector.check()
            described = await connector.describe() if Capability.DESCRIBE in connector.capabilities else NOTHING
            return Answered(account, described, await _hooks(connector))
        except ConnectorError as error:
            return Answered(None, problem=str(error), refused=isinstance(error, Unauthorized))


async def _hooks(connector: Connector) -> tuple[Hook, ...]:
    """Those that the vendor calls; none where it cannot tell, or not to this account."""
    if Capability.MANAGE_WEBHOOKS not in connector.capabilities:
        return ()
    try:
        return tuple(hook for hook in await connector.hooks() if hook.active)
    except (Forbidden, NotFound):
        return ()


# --- the config ------------------------------------------------------------------------------------------------------


def _of_connections(config: Document, settings: Settings, answers: Mapping[str, Answered]) -> Iterator[Complaint]:
    for name, answer in answers.items():
        path = ("connections", name)
        if answer.problem:
            remedy = "make a new token and put it where the reference points" if answer.refused else "try again later"
            problem = f"`{name}` cannot be used: {answer.problem}"
            yield config.complaint(path, problem, expected="an answer", remedy=remedy, key=True)
        if answer.account:
            yield from _of_account(config, name, answer.account)
        yield from _of_webhooks(config, settings, name, answer.hooks)


def _of_account(config: Document, name: str, account: Account) -> Iterator[Complaint]:
    path, who = ("connections", name), account.name
    for right in account.lacks:
        yield config.complaint(path, f"{who} may not {right}", remedy="give the account this right", key=True)
    for right in account.excess:
        remedy = "take the right away: it is never used"
        yield config.complaint(path, f"{who} may {right}", remedy=remedy, key=True, notice=True)
    if account.expires and account.expires < datetime.now(UTC) + SOON:
        problem = f"the credential of {who} ends on {account.expires:%Y-%m-%d}"
        yield config.complaint(path, problem, remedy="renew it before", key=True, notice=True)


def _of_webhooks(config: Document, settings: Settings, name: str, hooks: Sequence[Hook]) -> Iterator[Complaint]:
    if settings.public_url is None or not hooks:
        return
    ours = settings.hook_address(name)
    if ours not in [hook.url for hook in hooks]:
        problem = f"the vendor calls {listed([shown(hook.url, ours) for hook in hooks])}, not `{ours}`"
        remedy = f"`syncd webhooks {name} --register` sets one up; until then changes arrive by polling"
        yield config.complaint(("connections", name), problem, remedy=remedy, key=True, notice=True)


async def _of_channels(config: Document, settings: Settings) -> list[Complaint]:
    """Each channel is tried without sending anything, where there is such a way."""
    found: list[Complaint] = []
    for name, channel in opened(settings.channels, secret=b"").items():
        path, remedy = ("channels", name), f"`syncd tell --test {name}` sends a message"
        try:
            if not await channel.check():
                problem = f"`{name}` cannot be tried without sending something"
                found.append(config.complaint(path, problem, remedy=remedy, key=True, notice=True))
        except ConnectorError as error:
            problem = f"`{name}` cannot be used: {str(error).removeprefix(f'{name}: ')}"
            found.append(config.complaint(path, problem, expected="an answer", remedy="mend its settings", key=True))
        finally:
            await channel.aclose()
    return found


# --- the mappings ----------------------------------------------------------------------------------------------------


def _of_mapping(
    document: Document, known: Mapping[str, Rules], vendors: Mapping[str, Vendor], answers: Mapping[str, Answered]
) -> Iterator[Complaint]:
    name = document.node(("name",))
    rules = known.get(name.text) if isinstance(name, Scalar) else None
    if rules is None:
        return
    for side in Side:
        connection = rules.connections[side]
        if connection in answers and answers[connection].description.fields:
            yield from _of_fields(document, rules, side, vendors[connection])
    engineering = rules.connections.engineering
    if engineering in answers and answers[engineering].description.containers:
        for number, rule in enumerate(rules.escalate):
            yield from _of_place(document, rules, number, rule, answers[engineering].description)


def _of_fields(document: Document, rules: Rules, side: Side, vendor: Vendor) -> Iterator[Complaint]:
    """Fields that this account does not see (Y17)."""
    names = [field.name for field in vendor.fields]
    for rule in rules.fields:
        name = rule.lenses[side].field
        if vendor.field(name) is None:
            long = ("fields", rule.name, side.value, "field")
            path = long if document.node(long) is not None else long[:3]
            expected = f"one of {listed(sorted(names))}" if len(names) <= 30 else f"one of its {len(names)} fields"
            problem = f"{rules.connections[side]} has no field `{name}`, or this account does not see it"
            yield document.complaint(path, problem, expected=expected, remedy=meant(name, names) or "look it up there")


def _of_place(
    document: Document, rules: Rules, number: int, rule: EscalationRule, description: Description
) -> Iterator[Complaint]:
    """Projects and types that are not there, or that strangers can read."""
    connection = rules.connections.engineering
    create = ("escalate", number, "create")
    keys = {key: value for key, value in rule.place.items() if value in description.containers}
    if not keys:
        for key, value in rule.place.items():
            near = meant(value, description.containers)
            if near or len(rule.place) == 1:
                problem = f"{connection} has no {key} `{value}`, or this account does not see it"
                expected = f"one of {listed(sorted(description.containers)[:20])}"
                yield document.complaint((*create, key), problem, expected=expected, remedy=near or "look it up there")
                return
        yield document.complaint(
            create, f"nothing in `create` is a container of {connection} that this account sees",
            expected=f"one of {listed(sorted(description.containers)[:20])}", remedy="look it up there", key=True,
        )  # fmt: skip
        return
    for key, value in keys.items():
        types = description.containers[value]
        for other, word in rule.place.items():
            if other != key and "type" in other and types and word not in types:
                problem = f"`{value}` takes no {other} `{word}`"
                remedy = meant(word, types) or "look it up there"
                yield document.complaint((*create, other), problem, expected=f"one of {listed(types)}", remedy=remedy)
        if value in description.public_containers:
            problem = f"everybody can read `{value}`: what the helpdesk says would be public there"
            yield document.complaint((*create, key), problem, expected="a private one", remedy="make it private")


# --- what is known now -----------------------------------------------------------------------------------------------


def _enriched(vendor: Vendor, answer: Answered | None) -> Vendor:
    """The vendor with the fields and words of this very account."""
    if answer is None or not answer.description.fields:
        return vendor
    fields = {field.name: field for field in vendor.fields}
    for info in answer.description.fields:
        old = fields.get(info.name)
        fields[info.name] = VendorField(
            info.name,
            info.kind,
            info.options or (old.options if old else ()),
            info.writable and (old is None or old.writable),
            info.required,
        )
    return replace(vendor, fields=tuple(fields.values()))


def _guesses(complaint: Complaint) -> bool:
    """A notice about what was not known without asking."""
    return complaint.notice and (
        "without asking" in complaint.problem or "taken as a custom field" in complaint.problem
    )


def _softened(complaint: Complaint) -> Complaint:
    """A word of the whole account may never be on a ticket of this mapping: worth a look, no reason to refuse."""
    return replace(complaint, notice=True) if "no meaning" in complaint.problem else complaint

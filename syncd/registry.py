"""Finds connectors by entry point (`syncd.connectors`), and tells `syncd.mapping` what they know about themselves.

A connector whose package cannot be imported is kept with its reason: it hurts only the one who wants to use it. The
simulator that a package may have beside its connector needs no entry point: see `simulator`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING

from syncd.errors import SyncdError
from syncd.mapping.vendor import Vendor, VendorField
from syncd.mapping.words import listed, meant
from syncd.sdk.connector import ConnectionConfig, Connector, account_of

if TYPE_CHECKING:
    from syncd.sdk.testing.simulator import Simulator

GROUP = "syncd.connectors"


class ConnectorMissing(SyncdError):
    """No such connector or simulator, or one that cannot be used; `expected` and `remedy` are for the complaint."""

    def __init__(self, problem: str, *, expected: str, remedy: str) -> None:
        super().__init__(f"{problem}. Expected {expected}. Try: {remedy}.")
        self.problem = problem
        self.expected = expected
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Registry:
    """Connectors by name, and the reasons of those that cannot be used."""

    connectors: Mapping[str, type[Connector]]
    broken: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> type[Connector]:
        """The class of a connector.

        Raises:
            ConnectorMissing: unknown, or its package is broken.
        """
        if name in self.connectors:
            return self.connectors[name]
        if name in self.broken:
            raise ConnectorMissing(
                f"the connector `{name}` cannot be used: {self.broken[name]}",
                expected="a package that can be imported",
                remedy="install it again, or ask its author",
            )
        raise ConnectorMissing(
            f"no connector is called `{name}`",
            expected=f"one of {listed(sorted(self.connectors))}" if self.connectors else "an installed connector",
            remedy=meant(name, self.connectors) or "install the package that has it (`syncd connectors` lists them)",
        )


def installed() -> Registry:
    """All connectors of this environment, whoever ships them."""
    return collect(entry_points(group=GROUP))


def collect(points: Iterable[EntryPoint]) -> Registry:
    connectors: dict[str, type[Connector]] = {}
    broken: dict[str, str] = {}
    for point in sorted(points, key=lambda point: (point.name, point.value)):
        if point.name in connectors or point.name in broken:
            if connectors.pop(point.name, None):
                broken[point.name] = f"two packages offer it, one of them as {point.value}"
            continue
        try:
            connectors[point.name] = _loaded(point)
        except Exception as error:
            broken[point.name] = f"{point.value}: {type(error).__name__}: {error}"
    return Registry(connectors, broken)


def _loaded(point: EntryPoint) -> type[Connector]:
    found = point.load()
    if not (inspect.isclass(found) and issubclass(found, Connector)):
        raise TypeError("it is no subclass of syncd.sdk.connector.Connector")
    if inspect.isabstract(found):
        raise TypeError(f"it lacks {', '.join(sorted(found.__abstractmethods__))}")
    return found


def vendor(connector: type[Connector], config: ConnectionConfig) -> Vendor:
    """What a mapping may know of this connection without asking the vendor."""
    return Vendor(
        connector=connector.name,
        account=account_of(config),
        part_key=config.part_key,
        part=config.part,
        fields=tuple(
            VendorField(info.name, info.kind, info.options, info.writable, info.required) for info in connector.fields
        ),
        place_keys=connector.place_keys,
        container=connector.container if connector.container in connector.place_keys else "",
    )


def simulator(name: str) -> type[Simulator]:
    """The vendor as a connector's own package simulates it, by the connector's name.

    It is the one subclass of `Simulator` that the module `simulator` names, beside the connector in the package of its
    entry point: `syncd_acme.simulator` for `acme = "syncd_acme:Acme"`. Nothing else imports that module.

    Raises:
        ConnectorMissing: no such connector, or none or several such classes.
    """
    points = entry_points(group=GROUP, name=name)
    collect(points).get(name)
    (point,) = points
    package = _package(point)
    if not package or find_spec(f"{package}.simulator") is None:
        raise _without(name, f"the package of {point.value} has no module `simulator`")
    return _simulator(name, f"{package}.simulator")


def _package(point: EntryPoint) -> str:
    """The package that holds a connector; empty where it is a module by itself."""
    spec = find_spec(point.module)
    return (spec.parent or "") if spec else ""


def _simulator(name: str, place: str) -> type[Simulator]:
    from syncd.sdk.testing.simulator import Simulator  # a web server: nothing for those who only sync

    try:
        held = vars(importlib.import_module(place)).values()
    except Exception as error:
        raise _without(name, f"{place}: {type(error).__name__}: {error}") from error
    found = {each for each in held if inspect.isclass(each) and issubclass(each, Simulator)} - {Simulator}
    if len(found) != 1:
        named = listed(sorted(each.__name__ for each in found)) if found else "no subclass of Simulator"
        raise _without(name, f"{place} names {named}")
    return found.pop()


def _without(name: str, why: str) -> ConnectorMissing:
    return ConnectorMissing(
        f"the connector `{name}` has no simulator: {why}",
        expected="a module `simulator` beside the connector that names one subclass of syncd.sdk.testing's Simulator",
        remedy="write it as docs/write-a-connector.md says, or use a connector that has one",
    )

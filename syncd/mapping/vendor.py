"""What a mapping needs to know of a connection, as a plain value; `syncd.registry` builds it from the connector."""

from __future__ import annotations

from dataclasses import dataclass

from syncd.core.model import Kind


@dataclass(frozen=True, slots=True)
class VendorField:
    """One field of a vendor. `options` empty: any word goes, or the account decides."""

    name: str
    kind: Kind
    options: tuple[str, ...] = ()
    writable: bool = True
    required: bool = False


@dataclass(frozen=True, slots=True)
class Vendor:
    """A connection as a mapping sees it.

    Attributes:
        connector: "zendesk".
        account: what tells two accounts apart: connector and address.
        part_key: the key of the connection that names the containers it keeps to ("projects"), or "".
        part: those containers; empty: the whole account.
        container: the key of `create` that nothing can be made without ("project"), or "".
    """

    connector: str
    account: str = ""
    part_key: str = ""
    part: tuple[str, ...] = ()
    fields: tuple[VendorField, ...] = ()
    place_keys: frozenset[str] = frozenset()
    container: str = ""

    def shares(self, other: Vendor) -> tuple[str, ...]:
        """The containers that both keep to, in this one's words. A vendor may take `core` for `CORE`."""
        theirs = {name.casefold() for name in other.part}
        return tuple(name for name in self.part if name.casefold() in theirs)

    def meets(self, other: Vendor) -> bool:
        """Whether both may look at one ticket."""
        same = bool(self.account) and self.account == other.account
        return same and (not self.part or not other.part or bool(self.shares(other)))

    def field(self, name: str) -> VendorField | None:
        return next((field for field in self.fields if field.name == name), None)

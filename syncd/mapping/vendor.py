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
        container: the key of `create` that nothing can be made without ("project"), or "".
    """

    connector: str
    account: str = ""
    fields: tuple[VendorField, ...] = ()
    place_keys: frozenset[str] = frozenset()
    container: str = ""

    def field(self, name: str) -> VendorField | None:
        return next((field for field in self.fields if field.name == name), None)

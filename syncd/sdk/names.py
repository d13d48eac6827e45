"""Names of custom fields in a mapping, where one may be called like a field of the vendor's own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CustomNames:
    """A custom field keeps its name unless `own`, the vendor's fields, has it; then `prefix` goes before it.

    So does a name that already looks like that ("CF.subject"), or two fields would be one in a mapping.
    """

    own: frozenset[str]
    prefix: str

    def shown(self, name: str) -> str:
        """A custom field's name in a mapping."""
        return self.prefix + name if self._clashes(name) else name

    def at_vendor(self, name: str) -> str:
        """The custom field that a mapping means: the reverse of `shown`."""
        return name.removeprefix(self.prefix) if self._clashes(name) else name

    def _clashes(self, name: str) -> bool:
        bare = name
        while bare.startswith(self.prefix):
            bare = bare.removeprefix(self.prefix)
        return bare in self.own

"""The files that `syncd init` writes: a config, and a mapping that suits the two connectors."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from syncd.core.model import Kind, Pair
from syncd.errors import SyncdError
from syncd.mapping.annotations import is_secret, keys
from syncd.sdk.connector import Connector, FieldInfo

_PLAIN = re.compile(r"[A-Za-z][\w./:@-]*")
_WORD_TITLES = ("subject", "summary", "title", "name")


@dataclass(frozen=True, slots=True)
class Account:
    """One account that is asked for: connector, address and other keys (for a secret, the name of the variable)."""

    connector: type[Connector]
    url: str
    given: dict[str, str]

    @property
    def name(self) -> str:
        return f"my-{self.connector.name}"

    def complete(self, ask: Callable[[str, str, str], str]) -> Account:
        """With every required key: `ask(key, question, default)` for those that are missing."""
        given = dict(self.given)
        known = keys(self.connector.Config)
        secrets = [key for key, info in known.items() if is_secret(info.annotation) and "webhook" not in key]
        needed = [key for key in secrets if known[key].is_required()] or secrets[:1]
        for key, info in known.items():
            if key in ("connector", "url") or key in given:
                continue
            about = (info.description or key).rstrip(".")
            if key in needed and not given.keys() & set(secrets):
                variable = f"{self.connector.name}_{key}".upper()
                given[key] = ask(key, f"Environment variable with {self.connector.name}'s {key} ({about})", variable)
            elif info.is_required() or key == "email":
                given[key] = ask(key, f"{self.connector.name}: {key} ({about})", "")
        return replace(self, given=given)

    def lines(self) -> Iterator[str]:
        yield f"  {self.name}:"
        yield f"    connector: {self.connector.name}"
        yield f"    url: {_word(self.url)}"
        known = keys(self.connector.Config)
        for key, value in self.given.items():
            secret = key in known and is_secret(known[key].annotation) and not value.startswith(("${", "file:"))
            yield f"    {key}: {'${' + value + '}' if secret else _word(value)}"


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that `init` asked."""

    accounts: Pair[Account]
    container: str

    def write(self, folder: Path, *, force: bool) -> list[Path]:
        """Both files, or none when one is there already.

        Raises:
            SyncdError: a file is there and `force` is not given.
        """
        name = f"{self.accounts.support.connector.name}-{self.accounts.engineering.connector.name}"
        files = {
            folder / "config" / "syncd.yaml": self.config(name),
            folder / "mappings" / f"{name}.yaml": self.mapping(name),
        }
        for path in files:
            if path.exists() and not force:
                raise SyncdError(f"{path} is there already: --force overwrites it")
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return list(files)

    def config(self, name: str) -> str:
        lines = [
            "# Written by `syncd init`; docs/config.md explains every key.",
            "version: 1",
            "store: sqlite:///var/syncd.db",
            "listen: 127.0.0.1:8080",
            "",
            "connections:",
            *self.accounts.support.lines(),
            *self.accounts.engineering.lines(),
            "",
            f"mappings: [mappings/{name}.yaml]",
        ]
        return "\n".join(lines) + "\n"

    def mapping(self, name: str) -> str:
        """The mapping that comes with syncd for this pair, with these accounts; else a first one to go on with."""
        shipped = _shipped(f"{name}.yaml")
        if shipped is None:
            return self._first_mapping(name)
        text = re.sub(r"(?m)^(support: )\S+", rf"\g<1>{self.accounts.support.name}", shipped)
        text = re.sub(r"(?m)^(engineering: )\S+", rf"\g<1>{self.accounts.engineering.name}", text)
        container = self.accounts.engineering.connector.container
        return re.sub(rf"(create: {{.*?\b{container}: )[^,}}]+", rf"\g<1>{_word(self.container)}", text)

    def _first_mapping(self, name: str) -> str:
        engineering = self.accounts.engineering.connector
        return _FIRST.format(
            name=name,
            support=self.accounts.support.name,
            engineering=self.accounts.engineering.name,
            title=_word(_title(self.accounts.support.connector.fields)),
            summary=_word(_title(engineering.fields)),
            place=f"{engineering.container}: {_word(self.container)}",
            keys=", ".join(sorted(engineering.place_keys)),
        )


_FIRST = """# Written by `syncd init`; docs/mapping.md explains every key.
name: {name}
support: {support}
engineering: {engineering}

escalate:                             # change this to what your agents use
  - name: asked for by an agent
    when: {{{title}: {{contains: escalate}}}}
    create: {{{place}}}                # the tracker takes: {keys}

fields:
  title: {{support: {title}, engineering: {summary}}}

comments:                             # the default lets nothing reach a customer
  support_public: {{to: engineering, visibility: internal}}
  support_internal: {{to: engineering}}
  engineering: {{to: support, visibility: internal}}
"""


def _title(fields: tuple[FieldInfo, ...]) -> str:
    """The field that is most likely a ticket's title."""
    texts = [info.name for info in fields if info.kind is Kind.TEXT and info.writable]
    return next(
        (name for word in _WORD_TITLES for name in texts if name.lower() == word), texts[0] if texts else "title"
    )


def _shipped(name: str) -> str | None:
    """A mapping of this checkout, or of the installed package."""
    checkout = Path(__file__).resolve().parents[2] / "mappings" / name
    packaged = Path(sys.prefix) / "share" / "syncd" / "mappings" / name
    return next((path.read_text(encoding="utf-8") for path in (checkout, packaged) if path.is_file()), None)


def _word(text: str) -> str:
    """As YAML reads it back: bare where that is plain, else quoted."""
    plain = _PLAIN.fullmatch(text) and text.lower() not in ("yes", "no", "on", "off", "true", "false", "null", "y", "n")
    return text if plain else json.dumps(text, ensure_ascii=False)

"""`${NAME}` and `file:path` in the config: secrets and other values that are kept elsewhere.

A secret is never written into the config itself, and what it resolves to leaves this module only as a SecretStr.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from syncd.mapping import words
from syncd.mapping.nodes import Scalar
from syncd.mapping.words import Wrong

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HOW = "`${NAME}` (an environment variable) or `file:path`"


class StoreAddress(SecretStr):
    """The store's address, which may hold a password."""


@dataclass
class Resolver:
    """Resolves the references of one config file.

    Attributes:
        home: what `file:` paths are relative to.
        found: every secret that was resolved, for the log to redact.
        notices: what is worth saying about a word that is accepted.
    """

    environ: Mapping[str, str]
    home: Path
    found: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)

    def text(self, word: Scalar) -> str:
        """A text in which `${NAME}` stands for an environment variable."""
        return VARIABLE.sub(lambda match: self._variable(match[1]), words.text(word))

    def secret(self, word: Scalar) -> SecretStr:
        """A secret: a reference and nothing else."""
        variable = VARIABLE.fullmatch(word.text)
        if variable:
            value = self._variable(variable[1])
        elif word.text.startswith("file:"):
            value = self._file(word.text.removeprefix("file:").strip())
        elif "${" in word.text:
            raise Wrong("the reference is not written as it should be", expected=_HOW, remedy="write `${NAME}` alone")
        elif word.empty or not word.text:
            raise Wrong("no secret stands here", expected=_HOW, remedy="write `${NAME}`")
        else:
            remedy = (
                "put it into an environment variable, write `${NAME}` here, and change the secret: it was in a file"
            )
            raise Wrong("a secret stands in the file itself (***)", expected=_HOW, remedy=remedy)
        self.found.add(value)
        return SecretStr(value)

    def store(self, word: Scalar) -> StoreAddress:
        """The address of the store, whose password must be a reference."""
        literal = urlsplit(VARIABLE.sub("", words.text(word)))
        if literal.password:
            remedy = "write `${DB_PASSWORD}` in its place"
            raise Wrong("a password stands in the store's address (***)", expected="a reference", remedy=remedy)
        address = self.text(word)
        scheme, _, rest = address.partition("://")
        if scheme not in ("sqlite", "postgresql+psycopg") or not rest:
            raise Wrong(
                f"`{scheme}` is no store that syncd knows",
                expected="`sqlite:///path` or `postgresql+psycopg://user@host/name`",
                remedy=words.meant(scheme, ("sqlite", "postgresql+psycopg")) or "write `sqlite:///var/syncd.db`",
            )
        if scheme == "sqlite" and not rest.startswith("/"):
            remedy = "write `sqlite:///` with three slashes, or four for a path from the root"
            raise Wrong("the path of the store lacks a slash", expected="`sqlite:///var/syncd.db`", remedy=remedy)
        if scheme == "sqlite":
            return StoreAddress(f"sqlite:///{self.home.absolute() / rest[1:]}")
        password = urlsplit(address).password
        if password:
            self.found.add(password)
        return StoreAddress(address)

    def _variable(self, name: str) -> str:
        value = self.environ.get(name)
        if value is None:
            remedy = f"export {name}=..."
            raise Wrong(f"the environment variable `{name}` is not set", expected="a value for it", remedy=remedy)
        if not value.strip():
            remedy = f"export {name}=..."
            raise Wrong(f"the environment variable `{name}` is empty", expected="a value in it", remedy=remedy)
        return value

    def _file(self, name: str) -> str:
        path = self.home / name
        try:
            mode = path.stat().st_mode & 0o777
            value = path.read_text(encoding="utf-8") if not mode & 0o077 else ""
        except (OSError, UnicodeDecodeError) as error:
            why = "it is no text" if isinstance(error, UnicodeDecodeError) else (error.strerror or "unreadable").lower()
            raise Wrong(
                f"the secret file `{name}` cannot be read: {why}", expected="a file with one line", remedy=f"see {path}"
            ) from None
        if mode & 0o077:
            raise Wrong(
                f"others may read the secret file `{name}` (mode {mode:04o})",
                expected="mode 0600 or stricter",
                remedy=f"chmod 600 {path}",
            )
        trimmed = value.rstrip("\r\n")
        if not trimmed.strip():
            raise Wrong(f"the secret file `{name}` is empty", expected="one line", remedy=f"write it into {path}")
        if trimmed != value:
            self.notices.append(f"the newline at the end of `{name}` is not part of the secret")
        return trimmed

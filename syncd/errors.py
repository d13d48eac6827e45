"""Complaints about outside text, and the exit codes of every command.

A complaint is a value, so that a command can collect all of them before it prints any.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class Exit(enum.IntEnum):
    """What a command says to the shell (product.md, "Command line")."""

    DONE = 0
    BUG = 1
    WRONG_USE = 2
    REFUSED = 3
    STORE = 4
    PART = 5


@dataclass(frozen=True, slots=True, order=True)
class Complaint:
    """One thing wrong with a config or mapping file: where, what, what was expected, what to try.

    `line` and `column` count from 1; `length` is how many characters of the line are meant, for the mark below it.
    `key` is the dotted path of the entry ("fields.priority.support.values").
    """

    file: str
    line: int
    column: int
    key: str
    problem: str  # "unknown key `feilds`"
    expected: str = ""  # "one of: name, support, engineering, fields"
    remedy: str = ""  # "did you mean `fields`?"
    length: int = 1
    notice: bool = False  # worth reading, but nothing is refused because of it

    def __str__(self) -> str:
        parts = [f"{self.file}:{self.line}:{self.column}  {self.key}: {self.problem}."]
        if self.expected:
            parts.append(f"Expected {self.expected}.")
        if self.remedy:
            parts.append(f"Try: {self.remedy}.")
        return " ".join(parts)


class SyncdError(Exception):
    """An error that a person can act on; its text is the sentence they read, and it holds no secret."""

    exit: Exit = Exit.WRONG_USE


class ConfigError(SyncdError):
    """Config or mappings are refused; carries every complaint of every file."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        self.complaints = tuple(sorted(complaints))
        super().__init__("\n".join(map(str, self.complaints)))


class StoreError(SyncdError):
    """The store cannot be opened, is held by another daemon, or is of another version."""

    exit = Exit.STORE

"""Files -> mappings, or every complaint of every file at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from pathlib import Path

from syncd.core.mapping import Mapping
from syncd.errors import Complaint
from syncd.mapping import across, telling
from syncd.mapping.build import Draft, build
from syncd.mapping.draft import KnownChannel, PolicyDraft
from syncd.mapping.nodes import Document
from syncd.mapping.parse import MAX_BYTES, Refused, parse
from syncd.mapping.policy import read_policy
from syncd.mapping.severities import check_mappings
from syncd.mapping.vendor import Vendor


@dataclass(frozen=True, slots=True)
class Loaded:
    """The mappings that are right, and the complaints (notices among them) about all."""

    mappings: tuple[Mapping, ...]
    complaints: tuple[Complaint, ...]

    @property
    def refused(self) -> bool:
        return any(not complaint.notice for complaint in self.complaints)


def load(
    files: Sequence[Path],
    vendors: MappingOf[str, Vendor] | None,
    escalation: Path | None = None,
    channels: MappingOf[str, KnownChannel] | None = None,
) -> Loaded:
    """Read all files, each for itself and then together.

    Args:
        vendors: what is known of each connection of the config; None when there is no config to ask.
        escalation: the file with the escalation policy.
        channels: those of the config, by name; None when there is no config to ask.
    """
    drafts: list[Draft] = []
    complaints: list[Complaint] = []
    policy: PolicyDraft | None = None
    if escalation is not None:
        try:
            policy = read_policy(read(escalation), channels)
            complaints.extend(policy.complaints)
        except Refused as refused:
            complaints.extend(refused.complaints)
    for file in files:
        try:
            drafts.append(build(read(file), vendors, policy, graded=escalation is not None))
        except Refused as refused:
            complaints.extend(refused.complaints)
    complaints.extend(complaint for draft in drafts for complaint in draft.complaints)
    complaints.extend(across.check(drafts, vendors))
    if policy is not None:
        names = [draft.name for draft in drafts]
        complaints.extend([*check_mappings(policy, names), *telling.check_mappings(policy, names)])
    return Loaded(
        mappings=tuple(draft.mapping for draft in drafts if draft.mapping),
        complaints=tuple(sorted(set(complaints))),
    )


def read(file: Path) -> Document:
    """Parse a file.

    Raises:
        Refused: it cannot be opened, or is no YAML that a person can rely on.
    """
    shown = shown_path(file)
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        why = (
            "it is a folder" if isinstance(error, IsADirectoryError) else (error.strerror or "no reason given").lower()
        )
        problem = f"cannot read {shown}: {why}"
        complaint = Complaint(shown, 1, 1, "(file)", problem, "a file that can be read", "check path and permissions")
        raise Refused(complaint) from None
    return parse(raw, file=shown)


def yaml_files(folder: Path) -> list[Path]:
    """The YAML files directly in a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())


def shown_path(path: Path) -> str:
    """As short as it can be written from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def expand(paths: Iterable[Path]) -> list[Path]:
    """Files as they are, folders as the YAML files in them."""
    return [file for path in paths for file in (yaml_files(path) if path.is_dir() else [path])]

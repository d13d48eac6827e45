"""Where the templates of `escalation.yaml` stand: in the file itself, in a file beside it, or in this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path as FilePath

from syncd.errors import Complaint
from syncd.mapping.nodes import Document, Path, Scalar
from syncd.mapping.schema import TemplateBlock
from syncd.mapping.template import MAX_SOURCE, Compiled, Fault, compile_template
from syncd.mapping.values import OF_TEMPLATES, VALUES, Shape
from syncd.mapping.words import nearest


@cache
def shipped(name: str) -> Compiled:
    """A template of this package; `values.OF_TEMPLATES` says what it may say."""
    source = resources.files("syncd.mapping").joinpath(f"{name}.jinja").read_text("utf-8")
    made, faults = compile_template(source, OF_TEMPLATES[name])
    if made is None:
        raise RuntimeError(f"a template that ships is refused: {name}: {faults}")
    return made


def given(
    source: str | TemplateBlock, path: Path, document: Document, values: Mapping[str, Shape] = VALUES
) -> tuple[Compiled | None, list[Complaint]]:
    """The template that stands at `path`, or what is wrong with it, each at its line."""
    if isinstance(source, TemplateBlock):
        return _from_file(source.file, path, document, values)
    made, faults = compile_template(source, values)
    return made, [_in_yaml(fault, path, document) for fault in faults]


def _in_yaml(fault: Fault, path: Path, document: Document) -> Complaint:
    """Line 1 of a text below `|` is the one after the `|`; a text on one line is that line."""
    node = document.node(path)
    below = fault.line if isinstance(node, Scalar) and node.block else 0
    found = document.complaint(path, fault.problem, expected=fault.expected, remedy=fault.remedy)
    return replace(found, line=found.line + below, column=1, length=1) if below else found


def _from_file(
    name: str, path: Path, document: Document, values: Mapping[str, Shape]
) -> tuple[Compiled | None, list[Complaint]]:
    place = FilePath(document.file).parent / name
    try:
        raw = place.read_bytes() if place.is_file() else None
        source = raw.decode("utf-8") if raw is not None and len(raw) <= MAX_SOURCE else None
    except (OSError, UnicodeDecodeError):
        source = None
    if source is None:
        problem = f"the template `{name}` cannot be read"
        expected = f"a file beside this one, in UTF-8, of at most {MAX_SOURCE:,} bytes"
        beside = nearest(name, (file.name for file in place.parent.glob("*"))) if place.parent.is_dir() else ""
        remedy = f"did you mean `{beside}`?" if beside else f"create {place}"
        return None, [document.complaint((*path, "file"), problem, expected=expected, remedy=remedy)]
    made, faults = compile_template(source, values)
    return made, list(_in_file(faults, str(place), path))


def _in_file(faults: Sequence[Fault], file: str, path: Path) -> Iterator[Complaint]:
    for fault in faults:
        yield Complaint(file, fault.line, 1, ".".join(map(str, path)), fault.problem, fault.expected, fault.remedy)

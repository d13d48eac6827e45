"""Each broken file gets its own clear sentence, at its line, with a remedy, and never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from syncd import settings
from syncd.errors import Complaint
from tests.mapping import cases

_PYDANTIC = re.compile(
    r"(?i)validation error|pydantic|input should|type=|field required|\bNoneType\b|\bdict\b|Traceback"
)


def _complaints(folder: Path) -> list[Complaint]:
    config = Path("syncd.yaml")
    mappings = None if config.exists() else sorted(Path().glob("*.yaml"))
    return list(settings.examine(config if config.exists() else cases.BASE, mappings=mappings).complaints)


def _said(complaint: Complaint) -> cases.Said:
    remedy = complaint.remedy.split("\n")[0].replace(str(Path.cwd()), ".")
    return cases.Said(f"{complaint.file}:{complaint.line}", complaint.problem, remedy)


def _points_into_its_file(complaint: Complaint) -> None:
    lines = Path(complaint.file).read_bytes().decode("utf-8", "replace").splitlines() or [""]
    assert 1 <= complaint.line <= len(lines)
    assert 1 <= complaint.column <= len(lines[complaint.line - 1]) + 1


@pytest.mark.parametrize("name", cases.names())
def test_a_broken_file_gets_its_sentence_line_and_remedy(name: str, tmp_path: Path) -> None:
    with cases.laid_out(name, tmp_path) as folder:
        complaints = _complaints(folder)
        for complaint in complaints:
            _points_into_its_file(complaint)
        said = [_said(complaint) for complaint in complaints if not complaint.notice]
    assert said == cases.expected(name)
    for place, problem, remedy in said:
        assert place
        assert remedy
        assert not _PYDANTIC.search(problem + remedy)


def test_there_are_many_and_no_two_say_the_same() -> None:
    sentences = [said.problem for name in cases.names() for said in cases.expected(name)]
    assert len(cases.names()) >= 130
    assert len(set(sentences)) == len(sentences)

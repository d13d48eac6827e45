"""The guide for connector authors is true: its code stands in the example, the example works as a third party's
package and keeps its promises, and a broken promise says what the guide shows.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import example
from tests.cli.run import Done, syncd

ROOT, FOLDER = example.ROOT, example.FOLDER
GUIDE = ROOT / "docs" / "write-a-connector.md"
ELISION = "# ..."


class Block(NamedTuple):
    """A fenced block. `about` is the rest of its first line: a file of the example, or which tests said this."""

    language: str
    about: str
    text: str


def blocks(*languages: str) -> list[Block]:
    found = re.findall(r"(?ms)^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"))
    return [Block(*parts) for parts in found if parts[0] in languages]


OF_THIS_RUN = ("PYTEST", "COV", "CI", "BUILD_NUMBER", "FORCE_COLOR", "PY_COLORS")
"""What the process that runs these tests may have in its environment, and a third party at a desk has not."""


def run_pytest(*words: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as a third party does it: with its own settings, and every warning an error.

    At a desk, as the guide's reader sits there: pytest says more where CI or BUILD_NUMBER is set, and colours words."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(OF_THIS_RUN)}
    path = os.pathsep.join(map(str, (FOLDER, ROOT, ROOT / "connectors")))
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:xdist", *words]
    return subprocess.run(
        command,
        cwd=FOLDER,
        env={**environment, "PYTHONPATH": path, "COLUMNS": "110"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("block", blocks("python", "toml"), ids=lambda block: block.about)
def test_every_block_of_code_stands_in_the_example(block: Block) -> None:
    """Line for line and in this order; `# ...` stands for what is left out between two pieces."""
    file = FOLDER / block.about
    assert file.is_file(), f"{block.about} is no file of the example"
    rest = f"\n{file.read_text(encoding='utf-8')}"
    for piece in re.split(rf"(?m)^ *{re.escape(ELISION)}\n", block.text):
        _, found, rest = rest.partition(f"\n{piece.rstrip()}\n")
        assert found, f"not in {block.about}, or not in this order:\n{piece}"
        rest = f"\n{rest}"


def test_the_guide_has_code_of_every_kind() -> None:
    """So that the tests above and below cannot pass for want of blocks."""
    assert len(blocks("python")) >= 10
    assert [block.about for block in blocks("toml")] == ["pyproject.toml"]
    assert [block.about for block in blocks("yaml")] == ["syncd.yaml", "mappings/zendesk-gitea.yaml"]
    assert len(blocks("text")) == 3


def test_the_example_keeps_its_promises() -> None:
    done = run_pytest("tests")
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    assert int(passed[1]) > 50, "the suite was not run whole"


def test_the_class_that_runs_the_suite_is_short() -> None:
    tree = ast.parse((FOLDER / "tests" / "test_gitea.py").read_text(encoding="utf-8"))
    [suite] = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert suite.end_lineno is not None
    assert suite.end_lineno - suite.lineno < 20


def test_a_broken_promise_says_what_the_guide_shows() -> None:
    """Every line that the guide shows is in what pytest printed of that test, in this order."""
    done = run_pytest(str(ROOT / "tests" / "broken_gitea.py"), "-k", _selection())
    assert done.returncode == 1, done.stdout
    for block in blocks("text"):
        kind = block.about.split()[0]
        said = done.stdout.partition(f" {kind}.")[2]
        for line in block.text.splitlines():
            _, found, said = said.partition(line)
            assert found, f"{block.about}: {line!r} was not said:\n{done.stdout}"


def _selection() -> str:
    return " or ".join(f"({' and '.join(block.about.split())})" for block in blocks("text"))


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the guide's config and mapping, where the example is installed."""
    for place in example.installed(tmp_path / "site"):
        monkeypatch.syspath_prepend(place)
    for block in blocks("yaml"):
        file = tmp_path / block.about
        file.parent.mkdir(exist_ok=True)
        file.write_text(block.text, encoding="utf-8")
    return tmp_path


def checked(installation: Path) -> Done:
    return syncd("check", "--config", "syncd.yaml", folder=installation, ZENDESK_TOKEN="a", GITEA_TOKEN="b")


def test_an_installed_example_is_found_by_its_entry_point(installation: Path) -> None:
    rows = {row["name"]: row for row in json.loads(syncd("connectors", "--json").stdout)}
    assert rows["gitea"]["problem"] == ""
    assert rows["gitea"]["capabilities"] == ["close", "find", "internal comments"]
    assert rows["gitea"]["create"] == ["repository"]


def test_what_is_not_installed_is_not_found() -> None:
    assert "gitea" not in {row["name"] for row in json.loads(syncd("connectors", "--json").stdout)}


def test_the_guides_config_and_mapping_are_accepted(installation: Path) -> None:
    done = checked(installation)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_mapping_is_held_to_the_examples_fields(installation: Path) -> None:
    mapping = installation / "mappings" / "zendesk-gitea.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("engineering: title", "engineering: summary"))
    done = checked(installation)
    assert done.returncode == 2
    assert "gitea makes no issue without `title`" in done.stdout + done.stderr


def test_the_example_needs_the_sdk_and_the_nouns_alone() -> None:
    for file in (FOLDER / "syncd_gitea").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("syncd."):
                assert node.module.startswith(("syncd.sdk", "syncd.core.model")), f"{file.name} imports {node.module}"


def test_nothing_of_syncd_knows_the_example() -> None:
    """A connector is its own package, and one line of its own pyproject.toml."""
    shipped = [*(ROOT / "syncd").rglob("*.py"), *(ROOT / "connectors").rglob("*.py"), ROOT / "pyproject.toml"]
    named = [file.relative_to(ROOT) for file in shipped if "gitea" in file.read_text(encoding="utf-8").lower()]
    assert named == [Path("pyproject.toml")], "there only the paths of the checkers name it"
    points = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    assert not [name for group in points.values() for name in group if name == "gitea"]

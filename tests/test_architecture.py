"""The design, held by tests: what core may import, who may make public text, where each library lives, who writes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = sorted([*(ROOT / "syncd").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")])

HOMES = {
    "httpx": ("syncd/sdk/", "connectors/", "syncd/daemon.py", "syncd/channels/"),  # only to say what passes through
    "tenacity": ("syncd/sdk/http.py",),
    "sqlalchemy": ("syncd/store/", "syncd/engine/", "syncd/marker.py"),  # beside the store only to say `Connection`
    "alembic": ("syncd/store/",),
    "apscheduler": ("syncd/engine/timers.py",),
    "typer": ("syncd/cli/",),
    "yaml": ("syncd/mapping/", "syncd/cli/", "syncd/demo.py"),
    "prometheus_client": ("syncd/web/",),
    "uvicorn": ("syncd/daemon.py", "syncd/demo", "syncd/web/", "syncd/sdk/testing/"),
    "markdown_it": ("syncd/sdk/text/",),
    "lxml": ("syncd/sdk/text/",),
    "jinja2": ("syncd/mapping/template.py", "syncd/sdk/testing/page.py", "syncd/web/sheet.py"),
    "aiosmtplib": ("syncd/channels/mail.py",),
    "standardwebhooks": ("syncd/channels/webhook.py",),
    "nh3": ("syncd/sdk/text/", "syncd/sdk/testing/page.py"),
}
"""Where each library may be imported; everywhere else it is hidden behind a name of ours."""

PUBLIC_MAKERS = (
    "syncd/core/model.py",
    "syncd/core/comments.py",  # disclose, and the copy of what was public
    "syncd/core/threads.py",  # our own words, with the visibility of the file they come with
    "syncd/engine/talk.py",  # our own words in the place of a public comment, and "Edited:"
    "syncd/store/codec.py",
    "syncd/sdk/testing/",
    "connectors/",  # what a vendor calls public
)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


@cache
def imports(path: Path) -> frozenset[str]:
    """The modules that a file imports; asked of each file by many tests."""
    return frozenset(imported(parsed(path)))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", sorted((ROOT / "syncd" / "core").rglob("*.py")), ids=lambda path: path.name)
def test_core_imports_the_standard_library_and_itself_alone(path: Path) -> None:
    for module in imports(path):
        top = module.split(".")[0]
        assert top in sys.stdlib_module_names or module.startswith("syncd.core"), f"{name_of(path)} imports {module}"


@pytest.mark.parametrize("path", sorted((ROOT / "syncd" / "core").rglob("*.py")), ids=lambda path: path.name)
def test_core_knows_no_clock_no_chance_and_no_io(path: Path) -> None:
    forbidden = {"now", "utcnow", "today", "open", "print", "input", "time", "random", "uuid4"}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            bare = isinstance(node.func, ast.Name)
            assert called not in forbidden or (called in {"now"} and not bare), f"{name_of(path)} calls {called}()"


@pytest.mark.parametrize("library", HOMES)
def test_each_library_lives_in_its_home(library: str) -> None:
    for path in CODE:
        name = name_of(path)
        if any(module.split(".")[0] == library for module in imports(path)):
            assert name.startswith(HOMES[library]), f"{name} imports {library}, which lives in {HOMES[library]}"


def test_public_text_is_made_in_few_places() -> None:
    naming = [path for path in CODE if "Public" in path.read_text(encoding="utf-8")]
    for path in naming:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Public":
                assert name_of(path).startswith(PUBLIC_MAKERS), f"{name_of(path)}:{node.lineno} makes public text"


def test_connectors_import_the_sdk_and_the_nouns_alone() -> None:
    for path in (ROOT / "connectors").rglob("*.py"):
        for module in imports(path):
            if module.startswith("syncd."):
                assert module.startswith(("syncd.sdk", "syncd.core.model")), f"{name_of(path)} imports {module}"


def test_nobody_imports_a_connector() -> None:
    for path in (ROOT / "syncd").rglob("*.py"):
        for module in imports(path):
            assert not module.startswith("syncd_"), f"{name_of(path)} imports {module}"


@pytest.mark.parametrize("path", sorted((ROOT / "syncd" / "core").rglob("*.py")), ids=lambda path: path.name)
def test_core_names_no_vendor(path: Path) -> None:
    vendors = "|".join(folder.name.removeprefix("syncd_") for folder in (ROOT / "connectors").glob("syncd_*"))
    assert not re.findall(rf"\b(?:{vendors})\b", path.read_text(encoding="utf-8"), re.IGNORECASE)


NAMING = {
    "syncd/demo.py": "plays the two vendors that it is about",
    "syncd/core/shapes.py": "what the tokens look like that vendors give out, so that none crosses",
    "syncd/mapping/sentences.py": "an example in a remedy",
}
"""Whose code may name a vendor."""


@pytest.mark.parametrize("path", sorted((ROOT / "syncd").rglob("*.py")), ids=name_of)
def test_no_code_of_syncd_names_a_vendor(path: Path) -> None:
    """Neither as a name nor in a string, for then it might decide by it. Help and examples may."""
    vendors = "|".join(folder.name.removeprefix("syncd_") for folder in (ROOT / "connectors").glob("syncd_*"))
    named = re.compile(rf"(?<![a-z])(?:{vendors})(?![a-z])", re.IGNORECASE)
    found = [f"{name_of(path)}:{line}: {text}" for line, text in said(parsed(path)) if named.search(text)]
    assert bool(found) == (name_of(path) in NAMING), found


def said(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """All names and strings of code, with their lines; without docstrings, help, and what a config's field explains."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                continue
            case ast.Assign(targets=[ast.Name(id="_HELP")]) | ast.Call(func=ast.Name(id="Field")):
                continue
            case ast.Constant(value=str(text)) | ast.Name(id=text) | ast.Attribute(attr=text):
                yield node.lineno, text
            case ast.arg(arg=text) | ast.keyword(arg=str(text)):
                yield node.lineno, text
            case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
                yield node.lineno, text
        yield from said(node)


def test_only_apply_and_its_parts_write_to_a_vendor() -> None:
    """The writing methods of a connector are called by the intent protocol's callers and by nobody else."""
    writers = {"create", "update", "comment", "attach", "edit_comment", "delete_comment", "link_back", "close"}
    allowed = {"relations.py", "update.py", "talk.py", "opening.py", "entries.py"}
    for path in (ROOT / "syncd" / "engine").rglob("*.py"):
        for node in ast.walk(parsed(path)):
            if (
                isinstance(node, ast.Await)
                or not isinstance(node, ast.Call)
                or not isinstance(node.func, ast.Attribute)
            ):
                continue
            target = ast.unparse(node.func.value)
            if node.func.attr in writers and "connector" in target:
                assert path.name in allowed, f"{name_of(path)}:{node.lineno} writes to a vendor"


def test_a_layer_that_imports_upwards_fails_the_check(tmp_path: Path) -> None:
    """The contract of import-linter is not a formality: a forbidden import is found."""
    copy = tmp_path / "syncd"
    for layer in ("core", "store", "mapping", "sdk", "channels", "engine", "web", "drill", "cli"):
        (copy / layer).mkdir(parents=True)
        (copy / layer / "__init__.py").write_text("", encoding="utf-8")
    (copy / "__init__.py").write_text("", encoding="utf-8")
    for module in ("daemon.py", "demo.py"):
        (copy / module).write_text("", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8"), encoding="utf-8")
    assert _lint(tmp_path) == 0
    (copy / "core" / "bad.py").write_text("import syncd.store\n", encoding="utf-8")
    assert _lint(tmp_path) == 1


def _lint(folder: Path) -> int:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    return subprocess.run(
        command, cwd=folder, capture_output=True, check=False, env={"PYTHONPATH": str(folder)}
    ).returncode

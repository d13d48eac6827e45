"""What is installed works without the checkout: the wheel's content, its entry points, and commands run from it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ACCOUNTS = [
    *("--support", "zendesk", "--support-url", "https://acme.zendesk.com", "--support-set", "email=syncd@acme.example"),
    *("--engineering", "jira", "--engineering-url", "https://acme.atlassian.net"),
    *("--engineering-set", "email=syncd@acme.example", "--project", "CORE"),
]

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by its backend as pip does it, but without the network."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("the build backend is not here (`make test` installs it: hatchling)")
    folder = tmp_path_factory.mktemp("wheel")
    build = "import hatchling.build as b, sys; b.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True, capture_output=True, timeout=120)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the wheel in it, as an installer unpacks one; the libraries are those of the tests."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False, symlinks=True)
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(home), "platbase": str(home)}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (data,) = site.glob("*.data/data")
    for file in [file for file in data.rglob("*") if file.is_file()]:
        target = home / file.relative_to(data)
        target.parent.mkdir(parents=True, exist_ok=True)
        file.rename(target)
    # a line of a .pth is added without reading the .pth files there: the checkout's own editable install stays out
    (site / "libraries.pth").write_text(
        "\n".join(dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]))
    )
    return home


@pytest.fixture
def syncd(installed: Path, tmp_path: Path) -> Command:
    """Runs the installed `syncd` in an empty folder."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SYNCD_", "PYTHON"))}
    environment |= {"ZENDESK_TOKEN": "word-of-zendesk", "JIRA_TOKEN": "word-of-jira"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [str(installed / "bin" / "python"), "-m", "syncd", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_every_module_is_in_the_wheel_at_its_place(wheel: Path) -> None:
    here = {file.relative_to(ROOT).as_posix() for file in (ROOT / "syncd").rglob("*.py")}
    here |= {file.relative_to(ROOT / "connectors").as_posix() for file in (ROOT / "connectors").rglob("*.py")}
    assert {name for name in names(wheel) if name.endswith(".py")} == here
    assert "syncd/mapping/packet.jinja" in names(wheel)  # what an escalation without a template of its own means


def test_the_wheel_holds_nothing_else_than_the_program_and_what_it_needs(wheel: Path) -> None:
    others = [
        name
        for name in names(wheel)
        if not re.fullmatch(r"syncd\w*/.*\.(py|html|css|js|svg|jinja)|syncd/py\.typed", name)
    ]
    stem = wheel.name.removesuffix("-py3-none-any.whl")
    about, data = f"{stem}.dist-info", f"{stem}.data/data/share/syncd"
    assert sorted(others) == sorted(
        [
            *(f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")),
            *(f"{data}/mappings/{file.name}" for file in (ROOT / "mappings").glob("*.yaml")),
            f"{data}/config/syncd.example.yaml",
            "syncd/demo_escalation.yaml",
        ]
    )
    assert not [name for name in names(wheel) if re.search(r"(^|/)(tests?_|conftest|connectors/)|\.md$", name)]


def test_an_installed_syncd_is_the_wheels_own(installed: Path, syncd: Command) -> None:
    where = "import syncd, syncd_jira; print(syncd.__file__, syncd_jira.__file__)"
    done = subprocess.run(
        [installed / "bin" / "python", "-c", where], cwd=installed, capture_output=True, text=True, check=True
    )
    assert all(path.startswith(str(installed)) for path in done.stdout.split())


def test_an_installed_syncd_finds_its_connectors(syncd: Command) -> None:
    done = syncd("connectors", "--json")
    assert done.returncode == 0, done.stderr
    found = {row["name"]: row["problem"] for row in json.loads(done.stdout)}
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["syncd.connectors"]
    assert found == dict.fromkeys(named, "")


def test_an_installed_syncd_writes_a_config_that_it_accepts(syncd: Command, tmp_path: Path) -> None:
    """From the mapping that ships with it, not from a first one to go on with."""
    done = syncd("init", "--yes", *ACCOUNTS)
    assert done.returncode == 0, done.stderr
    assert "aggregate: highest" in (tmp_path / "mappings" / "zendesk-jira.yaml").read_text()
    checked = syncd("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_an_installed_syncd_has_the_mapping_and_the_vendors_of_its_demo(installed: Path) -> None:
    show = (
        "from syncd import demo, registry; demo.shipped('zendesk-jira.yaml'); "
        "[registry.simulator(name)() for name in ('zendesk', 'jira')]"
    )
    done = subprocess.run(
        [installed / "bin" / "python", "-c", show], cwd=installed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

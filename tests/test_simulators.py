"""A vendor's simulator is found by its connector's entry point alone, and loaded by nobody who only syncs."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from syncd import registry
from tests import example
from tests.mapping.cases import THIRD_PARTY

SHIPPED = distribution("syncd").entry_points.select(group=registry.GROUP)
FOUND = "from syncd_gitea.simulator import GiteaSimulator\n"


@pytest.mark.parametrize("name", sorted(point.name for point in SHIPPED))
def test_each_connector_that_ships_has_one_that_speaks_of_it(name: str) -> None:
    block = registry.simulator(name)().connection()
    assert block["connector"] == name
    registry.installed().get(name).Config.model_validate({"url": "https://acme.example", **block})


def test_connectors_are_loaded_without_their_simulators() -> None:
    loaded = "from syncd import registry; import json, sys; registry.installed(); print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60)
    names = json.loads(done.stdout)
    assert {point.module for point in SHIPPED} <= set(names)
    assert [name for name in names if "simulator" in name or name.startswith("syncd.sdk.testing")] == []


def test_that_of_the_guide_is_found_where_the_guide_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in example.installed(tmp_path):
        monkeypatch.syspath_prepend(place)
    assert registry.simulator("gitea").__name__ == "GiteaSimulator"


def package(folder: Path, name: str, simulator: str | None, *, module: str = "") -> str:
    """A third party's package as an installer leaves it; its connector is Gitea's. The name of the connector."""
    home, about = folder / f"syncd_{name}", folder / f"syncd_{name}-1.dist-info"
    home.mkdir(parents=True)
    about.mkdir()
    (home / "__init__.py").write_text("from syncd_gitea import Gitea as Acme\n")
    (home / "connector.py").write_text("from syncd_gitea import Gitea as Acme\n")
    if simulator is not None:
        (home / "simulator.py").write_text(simulator)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: syncd-{name}\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[syncd.connectors]\n{name} = syncd_{name}{module}:Acme\n")
    return name


@pytest.mark.parametrize("module", ["", ".connector"])
def test_it_is_beside_the_connector_whichever_module_that_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    source = f"import uvicorn\n{FOUND}Again = GiteaSimulator"
    name = package(tmp_path, f"found{module.strip('.')}", source, module=module)
    assert registry.simulator(name).__name__ == "GiteaSimulator"


@pytest.mark.parametrize(
    ("name", "simulator", "said"),
    [
        ("none", None, "the package of syncd_none:Acme has no module `simulator`"),
        ("empty", "", "syncd_empty.simulator names no subclass of Simulator"),
        ("base", "from syncd.sdk.testing.simulator import Simulator", "names no subclass of Simulator"),
        ("two", f"{FOUND}class Other(GiteaSimulator): ...", "names `GiteaSimulator`, `Other`"),
        ("broken", "import nowhere_at_all", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
    ],
)
def test_what_is_missing_is_said_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, simulator: str | None, said: str
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    package(tmp_path, name, simulator)
    with pytest.raises(registry.ConnectorMissing) as missing:
        registry.simulator(name)
    assert f"the connector `{name}` has no simulator: " in missing.value.problem
    assert said in missing.value.problem
    assert "docs/write-a-connector.md" in missing.value.remedy


def test_a_connector_without_a_package_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(THIRD_PARTY))
    with pytest.raises(registry.ConnectorMissing, match="the package of acme_vendors:Desk has no module"):
        registry.simulator("desk")


def test_no_connector_no_simulator() -> None:
    with pytest.raises(registry.ConnectorMissing, match="no connector is called `nobody`"):
        registry.simulator("nobody")

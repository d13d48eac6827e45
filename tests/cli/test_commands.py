"""What every command promises: help with an example, exit codes, JSON alone on standard output, and no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from syncd import registry
from syncd.cli import COMMANDS, application
from syncd.cli.schema import config_schema, mapping_schema
from tests.cli.run import ROOT, process, syncd
from tests.mapping.cases import THIRD_PARTY

SUPPORT = ("--support", "desk", "--support-url", "https://desk.example", "--support-set", "email=bot@desk.example")
ENGINEERING = ("--engineering", "tracker", "--engineering-url", "https://tracker.example", "--project", "CORE")
ALL = (*SUPPORT, *ENGINEERING, "--engineering-set", "email=bot@tracker.example", "--yes")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = CliRunner().invoke(application([command]), [command, "--help"])
    assert done.exit_code == 0
    assert f"  syncd {command}" in done.stdout
    assert "Example" in done.stdout


def test_a_misspelt_command_finds_the_one_that_was_meant() -> None:
    done = process("conectors")
    assert done.returncode == 2
    assert "connectors" in done.stderr


def test_a_bug_has_an_id_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import syncd.cli\n"
        "def broken():\n    raise RuntimeError('token hunter22')\n"
        "syncd.cli.application = lambda _: broken\n"
    )
    done = process("check", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "a bug in syncd, " in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter22" not in done.stderr


def test_output_that_is_closed_early_is_no_bug() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m syncd schema mapping | head -1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr


# --- connectors


def test_connectors_are_listed_with_what_they_can_do_and_why_not() -> None:
    done = syncd("connectors", "--json")
    assert done.returncode == 5  # some of them are broken
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["desk"]["capabilities"] == ["find", "internal comments", "webhooks"]
    assert rows["desk"]["create"] == ["queue"]
    assert "acme_nowhere" in rows["gone"]["problem"]
    assert "lacks" in rows["hollow"]["problem"]


# --- init


def test_init_writes_what_check_accepts(tmp_path: Path) -> None:
    done = syncd("init", *ALL, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "wrote config/syncd.yaml" in done.stdout
    checked = syncd("check", folder=tmp_path)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "mappings: desk-tracker" in checked.stdout


def test_init_names_the_variables_that_are_to_be_set(tmp_path: Path) -> None:
    done = syncd("init", *ALL, "--support-set", "token=MY_DESK_SECRET", folder=tmp_path)
    assert "export MY_DESK_SECRET=" in done.stdout
    assert "${MY_DESK_SECRET}" in (tmp_path / "config/syncd.yaml").read_text()
    assert "${TRACKER_TOKEN}" in (tmp_path / "config/syncd.yaml").read_text()


def test_init_asks_for_what_is_not_given(tmp_path: Path) -> None:
    answers = (
        "desk\nhttps://desk.example\nbot@desk.example\n\ntracker\nhttps://tracker.example\nbot@t.example\n\nCORE\n"
    )
    done = syncd("init", folder=tmp_path, answers=answers)
    assert done.returncode == 0, done.stderr
    assert syncd("check", folder=tmp_path).returncode == 0


def test_init_asks_nothing_with_yes_and_says_what_is_missing(tmp_path: Path) -> None:
    done = syncd("init", *SUPPORT, "--yes", folder=tmp_path)
    assert done.returncode == 2
    assert "`--engineering`" in done.stderr
    assert not (tmp_path / "config").exists()


def test_init_overwrites_nothing_unasked(tmp_path: Path) -> None:
    syncd("init", *ALL, folder=tmp_path)
    (tmp_path / "config/syncd.yaml").write_text("mine")
    done = syncd("init", *ALL, folder=tmp_path)
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert (tmp_path / "config/syncd.yaml").read_text() == "mine"
    assert syncd("init", *ALL, "--force", folder=tmp_path).returncode == 0


# --- schema


def test_the_schema_of_a_mapping_accepts_what_check_accepts_and_refuses_a_slip() -> None:
    schema = json.loads(CliRunner().invoke(application(["schema"]), ["schema", "mapping"]).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    mapping = yaml.safe_load((ROOT / "mappings/zendesk-jira.yaml").read_text())
    jsonschema.validate(mapping, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**mapping, "feilds": {}}, schema)


def test_the_schema_of_the_config_knows_each_connectors_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(THIRD_PARTY))
    schema = config_schema(registry.installed())
    jsonschema.Draft202012Validator.check_schema(schema)
    account = {
        "connector": "desk",
        "url": "https://desk.example",
        "email": "a@b.example",
        "token": "${T}",
        "poll": "30s",
    }
    config = {"version": 1, "connections": {"desk": account}, "retention": {"audit": "400d"}}
    jsonschema.validate(config, schema)
    for wrong in ({**account, "emial": "x"}, {**account, "connector": "nobody"}, {**account, "poll": "PT30S"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**config, "connections": {"desk": wrong}}, schema)


def test_every_key_of_a_file_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(THIRD_PARTY))
    for schema in (mapping_schema(), config_schema(registry.installed())):
        for name, shape in {"top": schema, **schema["$defs"]}.items():
            bare = [
                key for key, value in shape.get("properties", {}).items() if not value.keys() & {"description", "const"}
            ]
            assert not bare, name

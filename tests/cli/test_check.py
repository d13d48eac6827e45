"""`syncd check` as a process: what it prints, what it hides, and how it ends."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.cli.run import process, syncd
from tests.mapping import cases

BASE = str(cases.BASE)


def test_the_whole_folder_of_broken_files_gets_a_complaint_each_and_no_traceback() -> None:
    done = process("check", "--json", "--config", BASE, str(cases.BROKEN))
    assert (done.returncode, done.stderr) == (2, "")
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    blamed = {Path(complaint["file"]).parent.name for complaint in answer["complaints"] if not complaint["notice"]}
    assert blamed == set(cases.names())
    assert all(complaint["remedy"] and complaint["line"] >= 1 for complaint in answer["complaints"])


def test_a_complaint_reads_like_a_compilers() -> None:
    done = process("check", "--config", BASE, str(cases.BROKEN / "word-enum"))
    assert done.returncode == 2
    assert done.stderr == (
        "error: `suport` is not known here\n"
        " --> tests/mapping/broken/word-enum/mapping.yaml:9:18  fields.title.owner\n"
        "  |\n"
        "9 |   title: {owner: suport, support: subject, engineering: summary}\n"
        "  |                  ^^^^^^\n"
        "  = expected: one of `support`, `engineering`, `newest`, `ask`\n"
        "  = try: did you mean `support`?\n"
        "\n"
        "1 error in 1 file\n"
    )


def test_json_hides_what_is_secret_in_the_file() -> None:
    done = syncd("check", "--config", BASE, "--json", str(cases.BROKEN / "secret-in-file"))
    assert "dGhpcyBpcyBzZWNyZXQ" not in done.stdout + done.stderr
    assert "***" in done.stdout


def test_a_good_installation_says_so(tmp_path: Path) -> None:
    shutil.copy(cases.BASE, tmp_path / "syncd.yaml")
    done = process("check", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "good; 3 connections" in done.stdout


def test_the_mappings_that_come_with_syncd_are_good_by_themselves() -> None:
    done = syncd("check", "mappings")
    assert (done.returncode, done.stderr) == (0, "")
    assert "rt-redmine, zendesk-jira" in done.stdout


def test_a_lone_mapping_is_checked_against_the_config_beside_it(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "mappings").mkdir()
    shutil.copy(cases.BASE, tmp_path / "config" / "syncd.yaml")
    mapping = tmp_path / "mappings" / "own.yaml"
    mapping.write_text((cases.BROKEN / "field-misspelt" / "mapping.yaml").read_text())
    assert "desk has no field `subjekt`" in syncd("check", str(mapping)).stderr


def test_nothing_to_check_is_said_plainly(tmp_path: Path) -> None:
    done = syncd("check", folder=tmp_path)
    assert done.returncode == 2
    assert "cannot read config/syncd.yaml: no such file" in done.stderr
    done = syncd("check", folder=tmp_path, SYNCD_CONFIG="elsewhere.yaml")
    assert "cannot read elsewhere.yaml" in done.stderr


def test_a_folder_in_place_of_a_config_is_said_plainly(tmp_path: Path) -> None:
    done = syncd("check", "--config", str(tmp_path))
    assert done.returncode == 2
    assert "it is a folder" in " ".join(done.stderr.split())  # a long path breaks the line

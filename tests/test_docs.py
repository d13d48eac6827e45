"""The pages say what is so: commands, options, make targets, files and links exist, and each YAML block is accepted."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from syncd import settings
from syncd.cli import COMMANDS, application
from tests import example

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "deploy").rglob("*.md"),
        *(ROOT / "connectors").rglob("*.md"),
    ]
)
CONFIG = """version: 1
connections:
  acme-zendesk: {connector: zendesk, url: https://acme.zendesk.com, email: syncd@acme.example, token: "${TOKEN}"}
  acme-jira: {connector: jira, url: https://acme.atlassian.net, email: syncd@acme.example, token: "${TOKEN}"}
  acme-desk: {connector: jira, url: https://acme-support.atlassian.net, email: syncd@acme.example, token: "${TOKEN}"}
  acme-rt: {connector: rt, url: https://rt.acme.example, user: syncbot, token: "${TOKEN}"}
  acme-redmine: {connector: redmine, url: https://redmine.acme.example, api_key: "${TOKEN}"}
  acme-gitea: {connector: gitea, url: https://gitea.acme.example, token: "${TOKEN}", repository: acme/app}
mappings: mappings
"""
LATER = {"replay", "verify-leaks"}
"""Commands that are planned, as the README says."""


class Block(NamedTuple):
    """A fenced block of a page; `line` counts from 1."""

    page: Path
    line: int
    language: str
    text: str


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = re.finditer(r"(?ms)^([ \t]*)```(\w*)[^\n]*\n(.*?)^\1```", text)
    return [
        Block(page, text[: match.start()].count("\n") + 1, match[2], textwrap.dedent(match[3]))
        for match in found
        if match[2] in languages
    ]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"(?ms)^([ \t]*)```.*?^\1```", "", page.read_text(encoding="utf-8"))


def commands(page: Path) -> set[tuple[str, ...]]:
    """Each `syncd WORD ... --option` of a page, as words, in code of either sort."""
    lines = [line for block in blocks(page, "sh", "console", "bash") for line in block.text.splitlines()]
    code = [*re.findall(r"`([^`]+)`", " ".join(prose(page).split("\n"))), *lines]
    found = set()
    for text in code:
        for said in re.findall(r"(?:^|[\s;&/])syncd ((?:[a-z-]+)(?: [^#;|&>`]*)?)", f" {text}"):
            found.add(tuple(said.split()))
    return found


class _Any(dict[str, str]):
    """An environment in which every variable is set."""

    def get(self, key: str, default: object = None) -> str:
        return f"value-of-{key}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_that_a_page_names_exists(page: Path) -> None:
    program: Any = get_command(application())  # typer brings its own click, whose types it does not tell
    for words in commands(page):
        if words[0] in LATER and page.name == "README.md":
            continue
        command = program.commands.get(words[0])
        assert command is not None, f"`syncd {words[0]}` in {name_of(page)}"
        if hasattr(command, "commands") and len(words) > 1 and words[1].isalpha():
            command = command.commands.get(words[1])
            assert command is not None, f"`syncd {words[0]} {words[1]}` in {name_of(page)}"
        known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
        said = {word.split("=")[0].strip("[],.()") for word in words if word.startswith("--")}
        assert said <= known, f"`syncd {' '.join(words)}` in {name_of(page)}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_is_in_the_readme(command: str) -> None:
    said = CliRunner().invoke(application([command]), [command, "--help"])
    assert said.exit_code == 0
    assert "Example" in said.output or "Commands" in said.output
    assert f"`syncd {command}`" in (ROOT / "README.md").read_text(encoding="utf-8")


YAML = [block for page in PAGES for block in blocks(page, "yaml", "yml")]


@pytest.mark.parametrize("block", YAML, ids=lambda block: f"{name_of(block.page)}:{block.line}")
def test_every_mapping_and_config_on_a_page_is_accepted(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole mapping with the shipped connectors, or the guide's; connections in a config of their own; a fragment
    is YAML."""
    for place in example.installed(tmp_path / "site"):
        monkeypatch.syspath_prepend(place)
    read: Any = yaml.safe_load(block.text)
    assert isinstance(read, dict), "the block is no YAML"
    keys = set(read)
    config, mappings = CONFIG, tmp_path / "mappings"
    mappings.mkdir()
    if {"name", "fields"} <= keys:
        (mappings / "one.yaml").write_text(block.text)
    elif "connections" in keys:
        config = block.text if "version" in keys else f"version: 1\n{block.text}"
    else:
        return
    (tmp_path / "syncd.yaml").write_text(config)
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
    refused = [str(complaint) for complaint in examined.complaints if not complaint.notice]
    assert [text for text in refused if "mappings: " not in text or "fields" in keys] == []


def test_the_readme_shows_the_mapping_that_ships_shortened_but_true() -> None:
    shown = next(yaml.safe_load(block.text) for block in blocks(ROOT / "README.md", "yaml"))
    shipped = yaml.safe_load((ROOT / "mappings" / "zendesk-jira.yaml").read_text(encoding="utf-8"))
    assert {"name", "escalate", "fields", "comments"} <= set(shown)
    for key, value in shown.items():
        match value:
            case dict():
                assert value.items() <= shipped[key].items() or _within(value, shipped[key]), key
            case list():
                assert all(item in shipped[key] for item in value), key
            case _:
                assert value == shipped[key], key


def _within(short: object, whole: object) -> bool:
    if isinstance(short, dict) and isinstance(whole, dict):
        return all(key in whole and _within(value, whole[key]) for key, value in short.items())
    return short == whole


def test_the_config_for_docker_is_accepted_as_compose_mounts_it(tmp_path: Path) -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "docker" / "compose.yaml").read_text(encoding="utf-8"))
    home = ROOT / "deploy" / "docker"
    for volume in compose["services"]["syncd"]["volumes"]:
        source, target, *_ = volume.split(":")
        if target.startswith("/etc/syncd/"):
            (tmp_path / target.removeprefix("/etc/syncd/")).symlink_to((home / source).resolve())
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
    assert [str(complaint) for complaint in examined.complaints] == []
    assert [mapping.name for mapping in examined.mappings] == ["zendesk-jira"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} in {name_of(page)}"
        assert file.is_relative_to(ROOT), f"{target} in {name_of(page)} leads out of the project"
        if anchor:
            headings = re.findall(r"(?m)^#+ (.*)$", file.read_text(encoding="utf-8"))
            assert anchor in {re.sub(r"[^\w -]", "", head).strip().lower().replace(" ", "-") for head in headings}, (
                target
            )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_test_and_target_that_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z0-9]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:`|^)make ([a-z0-9]+)", text, re.MULTILINE)) <= targets
    roots = "syncd|tests|benchmarks|deploy|mappings|connectors|docs"
    for path, test in re.findall(rf"`((?:{roots})/[\w/.-]+?\.(?:py|yaml|md|service|conf))(?:::(\w+))?`", text):
        file = ROOT / path
        assert file.exists(), f"{path} in {name_of(page)}"
        assert not test or re.search(rf"def {test}\b", file.read_text(encoding="utf-8")), f"{path}::{test}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_names_a_place_of_one_machine(page: Path) -> None:
    assert not re.findall(r"/(?:root|home/\w+|work|Users)/[^\s`]*|/tmp/[a-z]", page.read_text(encoding="utf-8"))

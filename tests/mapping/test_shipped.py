"""What ships is right: mappings and example config with the connectors they are for, and the pages about them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pydantic import BaseModel

from syncd import settings
from syncd.mapping import schema
from syncd.mapping.annotations import keys
from syncd.sdk.connector import ConnectionConfig
from tests.mapping.build_one import built

ROOT = Path(__file__).parents[2]
BLOCKS = [block for block in vars(schema).values() if isinstance(block, type) and issubclass(block, schema.Block)]
ESCALATION = [
    schema.EscalationFile,
    schema.SeveritiesBlock,
    schema.SeverityBlock,
    schema.SeverityRuleBlock,
    schema.OverrideBlock,
    schema.ClocksBlock,
    schema.HoursBlock,
    schema.PauseBlock,
    schema.AcceptanceBlock,
    schema.PacketBlock,
    schema.EvidenceBlock,
    schema.RedactBlock,
    schema.TemplateBlock,
]
RT_REDMINE = f"""version: 1
connections:
  acme-rt: {{connector: rt, url: http://127.0.0.1:3102, user: syncbot, token: "${{TOKEN}}"}}
  acme-redmine: {{connector: redmine, url: http://127.0.0.1:3101, api_key: "${{TOKEN}}", poll: 2s}}
mappings: {ROOT / "mappings" / "rt-redmine.yaml"}
"""


class _Any(dict[str, str]):
    """An environment in which every variable is set."""

    def get(self, key: str, default: object = None) -> str:
        return f"value-of-{key}"


def test_the_example_config_and_the_mapping_for_zendesk_and_jira_are_right() -> None:
    examined = settings.examine(ROOT / "config" / "syncd.example.yaml", environ=_Any())
    assert [str(complaint) for complaint in examined.complaints] == []
    assert [mapping.name for mapping in examined.mappings] == ["zendesk-jira"]


def test_the_example_of_an_escalation_is_right(tmp_path: Path) -> None:
    config = (ROOT / "config" / "syncd.example.yaml").read_text()
    (tmp_path / "syncd.yaml").write_text(config.replace("mappings/", f"{ROOT}/mappings/"))
    shutil.copy(ROOT / "config" / "escalation.example.yaml", tmp_path / "escalation.yaml")
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
    assert [str(complaint) for complaint in examined.complaints] == []
    [mapping] = examined.mappings
    assert mapping.escalation is not None
    assert [rule.severity.value for rule in mapping.escalation.severities.rules] == [
        "sev1",
        "sev1",
        "sev2",
        "sev2",
        "sev3",
    ]


def test_the_escalation_on_the_page_is_right(tmp_path: Path) -> None:
    config = (ROOT / "config" / "syncd.example.yaml").read_text()
    (tmp_path / "syncd.yaml").write_text(config.replace("mappings/", f"{ROOT}/mappings/"))
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "escalation.md").read_text(), re.DOTALL)
    (tmp_path / "escalation.yaml").write_text("\n".join(blocks))  # a table each, of one file
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
    assert [str(complaint) for complaint in examined.complaints if not complaint.notice] == []


def test_the_mapping_for_request_tracker_and_redmine_is_right(tmp_path: Path) -> None:
    (tmp_path / "syncd.yaml").write_text(RT_REDMINE)
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
    assert [str(complaint) for complaint in examined.complaints] == []
    assert [mapping.name for mapping in examined.mappings] == ["rt-redmine"]


def test_the_example_config_shows_every_key() -> None:
    text = (ROOT / "config" / "syncd.example.yaml").read_text()
    shown = set(re.findall(r"(?m)^\s*#?\s*(\w+):", text))
    for model in (settings.Settings, settings.Retention, settings.Log, ConnectionConfig):
        assert set(keys(model)) <= shown, model.__name__


@pytest.mark.parametrize(
    ("page", "models"),
    [
        ("mapping.md", [block for block in BLOCKS if block not in (schema.Block, *ESCALATION)]),
        ("escalation.md", ESCALATION),
        ("config.md", [settings.Settings, settings.Retention, settings.Log, ConnectionConfig]),
    ],
)
def test_a_page_names_every_key(page: str, models: list[type[BaseModel]]) -> None:
    text = (ROOT / "docs" / page).read_text()
    missing = {key for model in models for key in keys(model) if not re.search(rf"\b{key}\b", text)}
    assert not missing


def test_the_mapping_on_the_page_is_right() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "mapping.md").read_text(), re.DOTALL)
    for block in blocks:
        mapping, complaints = built(block, known=False)
        assert mapping is not None, complaints

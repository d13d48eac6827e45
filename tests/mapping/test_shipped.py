"""What ships is right: mappings and example config with the connectors they are for, and the pages about them."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from pydantic import BaseModel

from syncd import settings
from syncd.channels.config import KINDS
from syncd.core.telling import Addressed
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
    schema.MetricsBlock,
    schema.WeeklyBlock,
]
SIGNED = [schema.ProgressBlock, schema.WordsBlock, schema.StepsBlock]
TELLING = [schema.TellBlock, schema.ToBlock, *KINDS.values()]
OWNERS = [
    schema.PersonBlock,
    schema.TeamBlock,
    schema.PersonFieldBlock,
    schema.OwnersBlock,
    schema.RoutingBlock,
    schema.TransferBlock,
    schema.BudgetBlock,
    schema.ApprovalBlock,
]
SIGNALS = [
    schema.SentimentBlock,
    schema.LookupBlock,
    schema.HttpBlock,
    schema.SignalsBlock,
    schema.RepeatedBlock,
]
FEEDBACK = [
    schema.FeedbackBlock,
    schema.DoneBlock,
    schema.CauseBlock,
    schema.SurveyBlock,
    schema.ReviewBlock,
    schema.TagsBlock,
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
        "sev2",
        "sev3",
        "sev3",
        "sev3",
    ]
    assert mapping.signals is not None
    assert mapping.signals.asked == {"churn", "sentiment", "repeated", "idle"}


def test_the_signals_on_their_page_are_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "correct-horse-crm")
    config = (ROOT / "config" / "syncd.example.yaml").read_text()
    (tmp_path / "syncd.yaml").write_text(config.replace("mappings/", f"{ROOT}/mappings/"))
    (tmp_path / "tiers.csv").write_text("domain,tier\nacme.example,gold\n")
    for block in re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "signals.md").read_text(), re.DOTALL):
        (tmp_path / "escalation.yaml").write_text(block)
        examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
        assert [str(one) for one in examined.complaints if not one.notice] == []
        assert examined.mappings[0].signals is not None


def test_the_escalation_on_the_page_is_right(tmp_path: Path) -> None:
    config = (ROOT / "config" / "syncd.example.yaml").read_text()
    (tmp_path / "syncd.yaml").write_text(config.replace("mappings/", f"{ROOT}/mappings/"))
    text = "\n".join((ROOT / "docs" / page).read_text() for page in ("escalation.md", "feedback.md"))
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "escalation.yaml").write_text("\n".join(blocks))  # a table each, of one file
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
    assert [str(complaint) for complaint in examined.complaints if not complaint.notice] == []


def test_what_the_page_of_signed_links_says_is_right(tmp_path: Path) -> None:
    config = (ROOT / "config" / "syncd.example.yaml").read_text().replace("mappings/", f"{ROOT}/mappings/")
    (tmp_path / "syncd.yaml").write_text(config.replace("# public_url", "public_url"))
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "signed-links.md").read_text(), re.DOTALL)
    head = "severities: {sev1: {rules: [{name: urgent, when: {priority: p1}}]}}\n"
    (tmp_path / "escalation.yaml").write_text(head + "\n".join(blocks))
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
    assert [str(complaint) for complaint in examined.complaints if not complaint.notice] == []
    [mapping] = examined.mappings
    assert mapping.escalation is not None
    assert mapping.escalation.progress.languages["de"].title == "Ihre Anfrage bei ACME"
    assert mapping.escalation.contract.acceptance.links


class _Secrets(_Any):
    """With a secret where one is looked at."""

    def get(self, key: str, default: object = None) -> str:
        known = {"PAGER_SECRET": "whsec_" + "c2VjcmV0" * 4}
        return known.get(key, f"https://hooks.example/{key}" if key.endswith("_WEBHOOK") else super().get(key))


def test_the_channels_and_rules_on_the_page_are_right(tmp_path: Path) -> None:
    channels, tell = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "telling.md").read_text(), re.DOTALL)
    config = (ROOT / "config" / "syncd.example.yaml").read_text().replace("mappings/", f"{ROOT}/mappings/")
    (tmp_path / "syncd.yaml").write_text(re.sub(r"(?ms)^channels:.*?^(?=mappings:)", channels, config))
    example = (ROOT / "config" / "escalation.example.yaml").read_text()
    (tmp_path / "escalation.yaml").write_text(re.sub(r"(?ms)^tell:.*", tell, example))
    examined = settings.examine(tmp_path / "syncd.yaml", environ=_Secrets())
    assert [str(complaint) for complaint in examined.complaints] == []
    policy = examined.mappings[0].escalation
    assert policy is not None
    assert policy.telling is not None
    assert len(policy.telling.rules) == 3
    assert policy.telling.rules[1].to[1] == Addressed("mail", "lead@acme.example")


def test_the_owners_on_the_page_and_in_the_example_are_right(tmp_path: Path) -> None:
    """Beside the clocks of the example, in whose comments they stand, for a file must name real people."""
    config = (ROOT / "config" / "syncd.example.yaml").read_text()
    config = config.replace("mappings/", f"{ROOT}/mappings/").replace("projects: [CORE", "projects: [PAY, CORE")
    (tmp_path / "syncd.yaml").write_text(config)
    example = (ROOT / "config" / "escalation.example.yaml").read_text()
    [page] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "owners.md").read_text(), re.DOTALL)
    for text in (example + page, re.sub(r"(?m)^# (?=[a-z -])", "", example)):
        (tmp_path / "escalation.yaml").write_text(text)
        examined = settings.examine(tmp_path / "syncd.yaml", environ=_Any())
        assert [str(complaint) for complaint in examined.complaints if not complaint.notice] == []
        [mapping] = examined.mappings
        assert mapping.escalation is not None
        assert mapping.escalation.owners is not None
        assert mapping.escalation.owners.rules
        assert mapping.escalation.approvals


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
        ("signed-links.md", SIGNED),
        (
            "mapping.md",
            [
                b
                for b in BLOCKS
                if b not in (schema.Block, *ESCALATION, *SIGNED, *TELLING, *OWNERS, *SIGNALS, *FEEDBACK)
            ],
        ),
        ("escalation.md", ESCALATION),
        ("telling.md", TELLING),
        ("owners.md", OWNERS),
        ("signals.md", SIGNALS),
        ("feedback.md", FEEDBACK),
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

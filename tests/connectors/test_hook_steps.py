"""Where no API registers a webhook, the steps of a person say the same as the page of the vendor."""

from __future__ import annotations

from pathlib import Path

from syncd_redmine import Redmine
from syncd_redmine.config import RedmineConfig
from syncd_rt import RequestTracker
from syncd_rt.config import RtConfig

PAGES = Path(__file__).resolve().parent.parent.parent / "docs" / "connectors"
ADDRESS = "https://syncd.example/hooks/desk"


def test_the_steps_for_request_tracker_are_those_of_its_page() -> None:
    config = RtConfig.model_validate(
        {"connector": "rt", "url": "https://rt.example", "token": "t", "user": "syncd", "webhook_secret": "hidden"}
    )
    steps = "\n".join(RequestTracker(config).hook_steps(ADDRESS))
    page = " ".join((PAGES / "rt.md").read_text(encoding="utf-8").split())
    for words in (
        *("local/lib/RT/Action/SyncWebhook.pm", "RT_SiteConfig.pm", "Set($SyncWebhookURL,", "Set($SyncWebhookSecret,"),
        *("syncd.initialdata", "rt-setup-database --action insert --datafile syncd.initialdata"),
    ):
        assert words in steps
        assert words in page
    assert f"'{ADDRESS}'" in steps
    assert "hidden" not in steps


def test_redmine_has_none_and_says_what_serves_instead() -> None:
    config = RedmineConfig.model_validate({"connector": "redmine", "url": "https://redmine.example", "api_key": "k"})
    [step] = Redmine(config).hook_steps(ADDRESS)
    assert "polling" in step
    assert ADDRESS not in step

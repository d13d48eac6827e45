"""No API of Request Tracker registers a webhook: the steps of a person say the same as its page."""

from __future__ import annotations

from pathlib import Path

from syncd_rt import RequestTracker
from syncd_rt.config import RtConfig

PAGE = Path(__file__).resolve().parents[3] / "connectors" / "syncd_rt" / "README.md"
ADDRESS = "https://syncd.example/hooks/desk"


def test_the_steps_for_request_tracker_are_those_of_its_page() -> None:
    config = RtConfig.model_validate(
        {"connector": "rt", "url": "https://rt.example", "token": "t", "user": "syncd", "webhook_secret": "hidden"}
    )
    steps = "\n".join(RequestTracker(config).hook_steps(ADDRESS))
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    for words in (
        *("local/lib/RT/Action/SyncWebhook.pm", "RT_SiteConfig.pm", "Set($SyncWebhookURL,", "Set($SyncWebhookSecret,"),
        *("syncd.initialdata", "rt-setup-database --action insert --datafile syncd.initialdata"),
    ):
        assert words in steps
        assert words in page
    assert f"'{ADDRESS}'" in steps
    assert "hidden" not in steps

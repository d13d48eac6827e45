"""Redmine calls nobody, and says so where the steps of a person would stand."""

from __future__ import annotations

from syncd_redmine import Redmine
from syncd_redmine.config import RedmineConfig

ADDRESS = "https://syncd.example/hooks/desk"


def test_redmine_has_none_and_says_what_serves_instead() -> None:
    config = RedmineConfig.model_validate({"connector": "redmine", "url": "https://redmine.example", "api_key": "k"})
    [step] = Redmine(config).hook_steps(ADDRESS)
    assert "polling" in step
    assert ADDRESS not in step

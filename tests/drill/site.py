"""The demo's config on disk, with another policy where a test wants one, and drills of it as fast as they go."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from syncd import settings
from syncd.core.drill import Event, Report
from syncd.core.severity import Severity
from syncd.drill import demo
from syncd.drill.rehearse import kinds_of, rehearse
from syncd.mapping import scenario

MORNING = datetime.fromisoformat("2026-11-23T10:00+01:00")  # a Monday, in the office of the demo
NIGHT = datetime.fromisoformat("2026-11-23T22:00+01:00")


class Site:
    """One installation. `policy`, `config` and `mapping` are the files as they are read, to be changed in place."""

    def __init__(self, home: Path) -> None:
        self.path = demo.write(home)
        self.files = {
            "policy": home / "escalation.yaml",
            "config": self.path,
            "mapping": home / "mappings" / "zendesk-jira.yaml",
        }
        self.policy, self.config, self.mapping = (
            dict[str, Any](yaml.safe_load(file.read_text(encoding="utf-8"))) for file in self.files.values()
        )

    def bare(self) -> Site:
        """Without people, and with one clock: a drill that is soon over."""
        self.policy["severities"]["sev1"]["clocks"] = {"accept": "30m"}
        for table in ("people", "teams", "owners", "routing", "transfer"):
            del self.policy[table]
        return self

    def write(self) -> Path:
        for name, file in self.files.items():
            file.write_text(yaml.safe_dump(getattr(self, name), sort_keys=False), encoding="utf-8")
        return self.path

    async def drill(
        self, severity: str = "sev1", start: datetime = MORNING, *, speed: float = 0, file: Path | None = None
    ) -> Report:
        found, (rules, *_) = settings.load(self.write())
        given = scenario.load(file, rules, kinds_of(found, rules)) if file else None
        seen: list[Event] = []
        report = await rehearse(
            found, rules, Severity(severity), start=start, say=seen.append, speed=speed, given=given
        )
        assert sorted(seen, key=lambda event: event.at) == list(report.events)
        return report


def said(report: Report) -> str:
    """All findings as one text."""
    return "\n".join(f"{finding.weight}: {finding.text}" for finding in report.findings)

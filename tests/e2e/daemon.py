"""The real daemon as a process of its own, with a config made for the two real servers."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

MAPPING = """
name: rt-redmine
support: rt
engineering: redmine
escalate:
  - name: high priority
    when: {priority: high}
    create: {project: eng, tracker: Bug}
fields:
  title: {support: subject, engineering: subject}
  description: {note_on: [support], support: description, engineering: description}
  priority:
    owner: support
    support: {field: priority, values: {High: high, Medium: normal, Low: low}}
    engineering: {field: priority, values: {High: high, Urgent: high, Immediate: high, Normal: normal, Low: low}}
  status:
    owner: support
    support: {field: status, values: {new: todo, open: doing, stalled: waiting, resolved: done, rejected: refused}}
    engineering:
      field: status
      values: {New: todo, In Progress: doing, Feedback: waiting, Resolved: done, Closed: done, Rejected: refused}
  severity:
    support: {field: Severity, values: {Critical: s1, High: s2, Medium: s3, Low: s4}}
    engineering: {field: Severity, values: {S1: s1, S2: s2, S3: s3, S4: s4}}
  assignee: {owner: engineering, support: owner, engineering: assignee}
comments:
  support_public: {to: engineering}
  support_internal: {to: engineering}
  engineering: {to: support, visibility: internal}
  engineering_internal: {to: support, visibility: internal}
  engineering_for_customer: {when: {starts_with: "/customer"}, to: support, visibility: public}
attachments: {max_size: 5MiB}
people:
  fallback: leave
  table: {"anna@support.test": "%(alice)s"}
lifecycle: {merged: follow, done: [done, refused]}
brake: {creates: 1000}                 # the two hundred tickets of one test are meant
"""

CONFIG = """
version: 1
store: sqlite:///%(home)s/var/syncd.db
listen: 127.0.0.1:%(port)s
mappings: %(home)s/mappings
connections:
  rt:
    connector: rt
    url: %(rt)s
    token: ${RT_TOKEN}
    user: syncbot
    webhook_secret: ${RT_HOOK_SECRET}
    priorities: {Low: 0, Medium: 50, High: 100}
    link_field: Engineering issue
    requestor: carol@customer.test
    poll: 10s
  redmine:
    connector: redmine
    url: %(redmine)s
    api_key: ${REDMINE_KEY}
    link_field: Support ticket URL
    files_with_private_notes: true
    custom_fields: {Severity: %(severity)s, Support ticket URL: %(url_field)s}
    poll: 10s
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Daemon:
    """`syncd run` in a folder of its own; start, stop and kill it."""

    def __init__(
        self,
        home: Path,
        rt: Mapping[str, str],
        redmine: Mapping[str, str],
        *,
        bot: str = "BOT",
        mapping: str = MAPPING,
        escalation: str = "",
    ) -> None:
        self.home = home
        self.port = free_port()
        values = {
            "home": home,
            "port": self.port,
            "rt": rt["RT_URL"],
            "redmine": redmine["REDMINE_URL"],
            "alice": redmine["REDMINE_USER_MANAGER_ID"],
            "severity": redmine["REDMINE_CF_SEVERITY_ID"],
            "url_field": redmine["REDMINE_CF_SUPPORT_TICKET_URL_ID"],
        }
        (home / "mappings").mkdir(parents=True)
        (home / "var").mkdir()
        (home / "mappings" / "rt-redmine.yaml").write_text(mapping % values, encoding="utf-8")
        self.config = home / "syncd.yaml"
        self.config.write_text(CONFIG % values, encoding="utf-8")
        if escalation:
            (home / "escalation.yaml").write_text(escalation % values, encoding="utf-8")
        self.secret = "e2e-webhook-secret-0123456789abcdef"
        self.env = {
            **os.environ,
            "RT_TOKEN": rt["RT_BOT_TOKEN"],
            "RT_HOOK_SECRET": self.secret,
            "REDMINE_KEY": redmine[f"REDMINE_{bot}_KEY"],
            "SYNCD_CONFIG": str(self.config),
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.log = home / "daemon.log"

    @property
    def hook(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/rt"

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "syncd", "run"]
            self.process = subprocess.Popen(command, env=self.env, stdout=log, stderr=log, cwd=self.home)
        until(self._ready, seconds=60, what=f"the daemon is ready, see {self.log}")

    def _ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).is_success
        except httpx.TransportError:
            return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        code = self.process.wait(timeout=45)
        self.process = None
        return code

    def command(self, *words: str) -> str:
        """One command line against the same store."""
        command = [sys.executable, "-m", "syncd", *words]
        done = subprocess.run(
            command, env=self.env, capture_output=True, text=True, cwd=self.home, timeout=120, check=False
        )
        assert done.returncode in (0, 5), f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the store, read beside the daemon."""
        with sqlite3.connect(f"file:{self.home}/var/syncd.db?mode=ro", uri=True, timeout=10) as found:
            return [tuple(row) for row in found.execute(query, values)]

    def quiet(self) -> bool:
        """Nothing is due and nothing waits."""
        return not self.rows("SELECT 1 FROM link WHERE due IS NOT NULL AND state IN ('watched', 'linked') LIMIT 1")


def until(look: Callable[[], T | None], *, seconds: float, what: str, every: float = 0.1) -> T:
    """Wait for something to be true; returns it."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(every)

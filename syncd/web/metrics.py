"""Prometheus metrics: what happened, counted as it happens, and how things stand, asked at each scrape."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from syncd.engine import report, views
from syncd.engine.countdown import days_left
from syncd.engine.reconcile import Done
from syncd.errors import StoreError
from syncd.sdk.connector import Call

log = structlog.get_logger()

SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)


class Metrics:
    """One daemon's metrics in a registry of their own, so that two daemons in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = self._counter("vendor_calls", "Requests to vendors.", "connection", "method", "status")
        self.deliveries = self._counter("deliveries", "Received webhooks.", "connection", "verdict")
        self.requests = self._counter("intake_requests", "Requests of the intake API.", "client", "status")
        self.writes = self._counter("writes", "Writes that a vendor has proven.", "kind", "side")
        self.delay = Histogram(
            "syncd_delay_seconds",
            "From the hint of a change to its proven write on the other side.",
            ["kind", "side"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.pairs = self._gauge("pairs", "Linked pairs by how they stand.", "state")
        self.age = self._gauge("oldest_seconds", "How long the oldest pair of a state is in it; 0 for none.", "state")
        self.hints = self._gauge("hints_waiting", "Changes that were taken in and are not worked off.")
        self.parked = self._gauge("parked", "What waits for a person, by scope.", "scope")
        self.conflicts = self._gauge("conflicts", "Fields that both sides changed and that a person decides.")
        self.unreadable = self._gauge("unreadable_deliveries", "Webhooks that are kept because nobody can read them.")
        self.paused = self._gauge("paused", "1 for what is paused.", "scope", "name")
        self.quota = self._gauge("quota_remaining", "What a vendor said is left of a limit.", "connection", "limit")
        self.last_poll = self._gauge("last_poll_seconds", "When a connection was last polled well, Unix.", "connection")
        self.days_left = self._gauge("credential_days_left", "Until a connection's sign-in ends.", "connection")
        self.webhooks = self._gauge(
            "webhooks_ok", "1 where a vendor calls us as it should, 0 where somebody should look.", "connection"
        )
        self.cases = self._gauge("cases", "Escalations that are not done, by where they stand.", "severity", "stage")
        self.late = self._gauge("clocks_late", "Clocks that ran out and still run.", "severity", "clock")
        self.up = self._gauge("up", "1 when nothing keeps the daemon from its work.")
        self.up.set(0)

    def call(self, call: Call) -> None:
        self.calls.labels(call.connection, call.method, str(call.status or "none")).inc()

    def delivery(self, connection: str, verdict: str) -> None:
        """Count one; the connection is empty for a path that names none, so that no stranger makes series."""
        self.deliveries.labels(connection, verdict).inc()

    def done(self, done: Done) -> None:
        for kind, side, milliseconds in done.delays:
            self.writes.labels(kind, side.value).inc()
            self.delay.labels(kind, side.value).observe(milliseconds / 1000)

    def stand(self, status: views.Status) -> None:
        """Take over how things stand now; what is not there any more is gone from the metrics too."""
        for gauge in (self.parked, self.paused, self.quota, self.last_poll, self.days_left, self.webhooks):
            gauge.clear()
        for state in views.STATES:
            self.pairs.labels(state).set(getattr(status.counts, state))
        for state, since in (("behind", status.counts.behind_since), ("diverged", status.counts.diverged_since)):
            self.age.labels(state).set((status.at - since).total_seconds() if since else 0)
        for scope, count in status.waiting.parked.items():
            self.parked.labels(scope).set(count)
        for pause in status.pauses:
            self.paused.labels(pause.scope, pause.name).set(1)
        self.hints.set(status.waiting.hints)
        self.conflicts.set(status.waiting.conflicts)
        self.unreadable.set(status.waiting.bad_deliveries)
        self._stand_at_vendors(status.connections, status.at)
        self.up.set(1 if status.works else 0)

    def escalations(self, now: report.Standing) -> None:
        """Take over how the open escalations stand now."""
        for gauge, counts in ((self.cases, now.stages), (self.late, now.late)):
            gauge.clear()
            for (severity, what), count in counts.items():
                gauge.labels(severity or "none", what).set(count)

    def _stand_at_vendors(self, connections: Iterable[views.ConnectionView], now: datetime) -> None:
        for connection in connections:
            if connection.last_poll is not None:
                self.last_poll.labels(connection.name).set(connection.last_poll.timestamp())
            if connection.expires is not None:
                self.days_left.labels(connection.name).set(days_left(connection.expires, now))
            if connection.webhooks is not None:
                self.webhooks.labels(connection.name).set(0 if connection.webhooks.problem else 1)
            for quota in connection.quotas:
                self.quota.labels(connection.name, quota.name).set(quota.remaining)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"syncd_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"syncd_{name}", text, labels, registry=self.registry)


async def scrape(request: Request) -> Response:
    """GET /metrics; without a store what was counted is told all the same, with syncd_up 0."""
    metrics: Metrics = request.app.state.metrics
    try:
        metrics.stand(await views.status(request.app.state.site, pulse=request.app.state.pulse()))
        metrics.escalations(await report.standing(request.app.state.site))
    except StoreError as error:
        log.warning("metrics.no_store", reason=str(error))
        metrics.up.set(0)
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

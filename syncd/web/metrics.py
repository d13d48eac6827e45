"""Prometheus metrics: what happened, counted as it happens, and how things stand, asked at each scrape."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from syncd.engine import views
from syncd.engine.reconcile import Done
from syncd.sdk.connector import Call

SECONDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)


class Metrics:
    """One daemon's metrics in a registry of their own, so that two daemons in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.calls = self._counter("vendor_calls", "Requests to vendors.", "connection", "method", "status")
        self.deliveries = self._counter("deliveries", "Received webhooks.", "connection", "verdict")
        self.writes = self._counter("writes", "Writes that a vendor has proven.", "kind", "side")
        self.delay = Histogram(
            "syncd_delay_seconds",
            "From the hint of a change to its proven write on the other side.",
            ["kind", "side"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.pairs = self._gauge("pairs", "Linked pairs by how they stand.", "state")
        self.parked = self._gauge("parked", "What waits for a person, by scope.", "scope")
        self.quota = self._gauge("quota_remaining", "What a vendor said is left of a limit.", "connection", "limit")
        self.last_poll = self._gauge("last_poll_seconds", "When a connection was last polled well, Unix.", "connection")
        self.up = self._gauge("up", "1 when nothing keeps the daemon from its work.")

    def call(self, call: Call) -> None:
        self.calls.labels(call.connection, call.method, str(call.status or "none")).inc()

    def delivery(self, connection: str, verdict: str) -> None:
        self.deliveries.labels(connection if verdict != "unknown" else "", verdict).inc()

    def done(self, done: Done) -> None:
        for kind, side, milliseconds in done.delays:
            self.writes.labels(kind, side.value).inc()
            self.delay.labels(kind, side.value).observe(milliseconds / 1000)

    def stand(self, status: views.Status) -> None:
        """Take over how things stand now."""
        for state in views.STATES:
            self.pairs.labels(state).set(getattr(status.counts, state))
        for scope, count in status.waiting.parked.items():
            self.parked.labels(str(scope)).set(count)
        for connection in status.connections:
            if connection.last_poll is not None:
                self.last_poll.labels(connection.name).set(connection.last_poll.timestamp())
            for quota in connection.quotas:
                self.quota.labels(connection.name, quota.name).set(quota.remaining)
        self.up.set(1 if status.works else 0)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"syncd_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"syncd_{name}", text, labels, registry=self.registry)


async def scrape(request: Request) -> Response:
    """GET /metrics"""
    metrics: Metrics = request.app.state.metrics
    metrics.stand(await views.status(request.app.state.site, pulse=request.app.state.pulse()))
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

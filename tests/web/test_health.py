"""Health turns red when work stands still, and tells strangers no more than that; metrics say what the views say."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from syncd.core.model import Side
from syncd.engine import views
from syncd.engine.callers import WELL, Told
from syncd.engine.reconcile import Done
from syncd.sdk.connector import Call, Quota
from syncd.store import parked, pauses
from syncd.store.records import ParkScope, PauseScope
from tests.web.served import Served, served

Metrics = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def scraped(site: Served) -> Metrics:
    text = (await site.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {(sample.name, tuple(sorted(sample.labels.items()))): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def value(metrics: Metrics, metric: str, /, **labels: str) -> float | None:
    return metrics.get((f"syncd_{metric}", tuple(sorted(labels.items()))))


async def test_it_is_well_while_the_worker_works(site: Served) -> None:
    await site.post(site.opened())
    site.late()
    await site.world.sync()
    answer = await site.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "reasons": []})


async def test_it_is_red_when_only_the_worker_stands_still(site: Served) -> None:
    await site.post(site.opened())
    assert (await site.get("/healthz")).status_code == 200
    site.late()
    await site.poll()
    answer = await site.get("/healthz")
    assert answer.status_code == 503
    (reason,) = answer.json()["reasons"]
    assert "not worked on since" in reason
    await site.world.workers.once()
    assert (await site.get("/healthz")).status_code == 200


async def test_it_is_red_when_a_side_is_not_read(site: Served) -> None:
    site.late()
    answer = await site.get("/healthz")
    assert answer.status_code == 503
    assert {name for name in ("desk", "tracker") if name in " ".join(answer.json()["reasons"])} == {"desk", "tracker"}


async def test_a_stranger_learns_whether_but_not_why(site: Served) -> None:
    site.late()
    async with site.client(url="https://syncd.example", peer="203.0.113.7") as stranger:
        answer = await stranger.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"ok": False})


async def test_without_its_store_it_is_neither_well_nor_ready(sqlite_template: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(sqlite_template, tmp_path / "syncd.db"))
    async with served(f"sqlite:///{file}") as site:
        assert (await site.get("/readyz")).status_code == 200
        before = (await scraped(site)).keys()
        lose(site, file)
        for path in ("/readyz", "/healthz", "/api/status"):
            answer = await site.get(path)
            assert answer.status_code == 503
            assert str(tmp_path) not in answer.json().get("error", "")
        metrics = await scraped(site)
        assert value(metrics, "up") == 0
        assert metrics.keys() == before


def lose(site: Served, file: Path) -> None:
    """Take the file away from under the store; connections that are open would still read it."""
    site.world.store._readers.dispose()
    file.rename(file.with_suffix(".gone"))


async def test_metrics_say_what_the_views_say(site: Served) -> None:
    await site.world.linked()
    site.world.support.open(title="Nothing special", priority="low")
    await site.world.sync()
    status = await views.status(site.world.site, pulse=site.pulse())
    metrics = await scraped(site)
    assert {state: value(metrics, "pairs", state=state) for state in views.STATES} == {
        state: getattr(status.counts, state) for state in views.STATES
    }
    assert value(metrics, "pairs", state="converged") == 1
    assert value(metrics, "pairs", state="watched") == 1
    assert value(metrics, "up") == 1
    for connection in status.connections:
        assert connection.last_poll is not None
        assert value(metrics, "last_poll_seconds", connection=connection.name) == connection.last_poll.timestamp()


async def test_metrics_say_whose_webhooks_need_a_look(site: Served) -> None:
    assert value(await scraped(site), "webhooks_ok", connection="desk") is None
    site.hooks = {"desk": Told("it is switched off", "syncd webhooks desk --register"), "tracker": WELL}
    metrics = await scraped(site)
    assert [value(metrics, "webhooks_ok", connection=name) for name in ("desk", "tracker")] == [0, 1]
    assert value(metrics, "up") == 1


async def test_metrics_show_how_long_the_oldest_is_behind(site: Served) -> None:
    await site.post(site.opened())
    ref, _ = await site.world.linked()
    site.world.support.edit(ref, title="Other")
    await site.world.deliver()
    site.world.clock.advance(90)
    metrics = await scraped(site)
    assert value(metrics, "oldest_seconds", state="behind") == 90
    assert value(metrics, "oldest_seconds", state="diverged") == 0
    assert value(metrics, "hints_waiting") == 1


async def test_what_is_freed_is_gone_from_the_metrics(site: Served) -> None:
    store, now = site.world.store, site.world.clock()
    item = await store.write(lambda c: parked.park(c, scope=ParkScope.FIELD, item="priority", reason="no", now=now))
    await store.write(lambda c: pauses.pause(c, PauseScope.CONNECTION, "desk", "no", now=now))
    metrics = await scraped(site)
    assert value(metrics, "parked", scope="field") == 1
    assert value(metrics, "paused", scope="connection", name="desk") == 1
    assert value(metrics, "up") == 0
    await store.write(lambda c: parked.release(c, item.id))
    await store.write(lambda c: pauses.resume(c, PauseScope.CONNECTION, "desk"))
    metrics = await scraped(site)
    assert value(metrics, "parked", scope="field") is None
    assert value(metrics, "paused", scope="connection", name="desk") is None
    assert value(metrics, "up") == 1


async def test_what_happens_is_counted(site: Served) -> None:
    site.metrics.call(Call("desk", "GET", "/tickets", 200, 0.1))
    site.metrics.call(Call("desk", "GET", "/tickets", None, 0.1))
    site.metrics.done(Done(1, delays=(("fields", Side.ENGINEERING, 80.0),)))
    metrics = await scraped(site)
    assert value(metrics, "vendor_calls_total", connection="desk", method="GET", status="200") == 1
    assert value(metrics, "vendor_calls_total", connection="desk", method="GET", status="none") == 1
    assert value(metrics, "writes_total", kind="fields", side="engineering") == 1
    assert value(metrics, "delay_seconds_bucket", kind="fields", side="engineering", le="0.1") == 1
    assert value(metrics, "delay_seconds_bucket", kind="fields", side="engineering", le="0.05") == 0


async def test_a_quota_is_shown_while_it_is_told(site: Served) -> None:
    quotas = site.told["desk"] = [Quota("requests", 100, 7)]
    assert value(await scraped(site), "quota_remaining", connection="desk", limit="requests") == 7
    quotas.clear()
    assert value(await scraped(site), "quota_remaining", connection="desk", limit="requests") is None


async def test_the_days_of_a_sign_in_are_counted_while_its_end_is_told(site: Served) -> None:
    site.ends["desk"] = site.world.clock() + timedelta(days=9, hours=5)
    assert value(await scraped(site), "credential_days_left", connection="desk") == 9
    shown = (await site.get("/api/status")).json()["connections"]
    assert "in 9 days; renew `connections.desk`" in next(one["ending"] for one in shown if one["name"] == "desk")
    site.ends.clear()
    assert value(await scraped(site), "credential_days_left", connection="desk") is None

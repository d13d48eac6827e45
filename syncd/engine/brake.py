"""The brake: a mapping that would change unusually many links stops and asks, a link written to and fro is parked."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from syncd.core.decision import Create, Decision, Plan, Rest, Resting, Update
from syncd.core.life import Away
from syncd.engine.run import LINKED, Run
from syncd.store import audit, links, meta, pauses
from syncd.store.records import PauseScope

WINDOW = timedelta(hours=1)
GONE_SHARE = 0.02


class Braked(Exception):
    """The mapping is paused now; a person looks and resumes it (`syncd retry --mapping NAME`)."""


class TooManyWrites(Exception):
    """This link alone was written too often: somebody's automation undoes what syncd does, or the other way round."""


async def check(run: Run, plan: Plan) -> None:
    """Let a plan pass, or pause its mapping.

    Raises:
        Braked: the mapping is paused, nothing of the plan was done.
        TooManyWrites: the link is to be parked, nothing of the plan was done.
    """
    if not plan.decisions:
        return
    usage = await run.site.store.read(lambda c: _usage(run, c))
    limits = run.mapping.brake
    updates = any(isinstance(decision, Update) for decision in plan.decisions)
    if updates and usage.link_updates >= limits.writes_per_link:
        raise TooManyWrites(
            f"its fields were written {usage.link_updates} times within an hour: does another automation undo it?"
        )
    if plan.writes and usage.links >= limits.links and not usage.link_writes:
        await _pull(run, f"{usage.links} links were written within an hour (brake.links: {limits.links})")
    if any(isinstance(decision, Create) for decision in plan.decisions) and usage.creates >= limits.creates:
        await _pull(run, f"{usage.creates} issues were made within an hour (brake.creates: {limits.creates})")
    if any(_vanishes(run, decision) for decision in plan.decisions):
        await _check_vanishing(run, usage.gone)


def released(scope: str, name: object) -> str:
    """Under which key the store keeps when a person last let this mapping or link go on: counts begin anew there."""
    return f"released:{scope}:{name}"


def _usage(run: Run, c: Connection) -> audit.Usage:
    since = run.site.now() - WINDOW
    marks = [meta.get(c, released("mapping", run.mapping.name)), meta.get(c, released("link", run.link.id))]
    since = max([since, *(datetime.fromisoformat(mark) for mark in marks if mark)])
    return audit.usage(c, since=since, mapping=run.mapping.name, link_id=run.link.id, meant=LINKED)


def _vanishes(run: Run, decision: Decision) -> bool:
    """Whether a link is to rest because a ticket is not there, or out of sight: the config may see less than before."""
    away = any(isinstance(seen, Away) for seen in run.seen.both())
    return isinstance(decision, Rest) and (decision.why is Resting.DELETED or away)


async def _check_vanishing(run: Run, gone: int) -> None:
    """A side that is suddenly empty is no mass deletion until a person says so (I18)."""
    linked = await run.site.store.read(lambda c: links.counts(c, run.mapping.name).linked)
    if gone >= max(run.mapping.brake.gone, GONE_SHARE * linked):
        await _pull(run, f"{gone} tickets vanished within an hour (brake.gone: {run.mapping.brake.gone})")


async def _pull(run: Run, reason: str) -> None:
    def pause(c: Connection) -> None:
        pauses.pause(c, PauseScope.MAPPING, run.mapping.name, f"the brake stopped it: {reason}", now=run.site.now())

    await run.site.store.write(pause)
    raise Braked(reason)

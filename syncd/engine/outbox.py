"""Puts the messages about a fact into the outbox, in the transaction that notes the fact. `messenger` sends them."""

from __future__ import annotations

from sqlalchemy import Connection

from syncd.core.messages import Scene, messages, unreached
from syncd.core.milestones import Milestone
from syncd.core.model import Base, Pair, Side
from syncd.engine import record
from syncd.engine.run import Run
from syncd.store import audit
from syncd.store import messages as rows


def put(run: Run, c: Connection, fact: Milestone) -> None:
    """Keep what is to be told of a fact that is new; nothing where no rule tells of it."""
    now, scene = run.site.now(), _scene(run, fact)
    for message in messages(scene, fact):
        rows.add(c, run.link.id, message, now)
    for rule, to in unreached(scene, fact):
        entry = record.told(run, "message.nobody", str(fact.what), outcome=f"rule {rule.name}: nobody is {to.role}")
        audit.append(c, entry, now)


def _scene(run: Run, fact: Milestone) -> Scene:
    return Scene(
        rules=run.mapping,
        now=Pair(*(_now(run, side) for side in Side)),
        history=(*run.milestones, fact),
        at=run.site.now(),
        severity=run.link.severity,
        ticket=run.snapshot(Side.SUPPORT),
        ours=run.copies.support,
    )


def _now(run: Run, side: Side) -> Base | None:
    snapshot = run.snapshot(side)
    return Base.of(snapshot) if snapshot else run.base[side]

"""Plays an incident: people act when it is time, the clock runs on to what happens next, the engine does the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from syncd.core.drill import Event, Sort
from syncd.core.lens import Unsayable
from syncd.core.milestones import Happened, Milestone
from syncd.core.model import Fields, Person, Side, Value
from syncd.core.scenario import AGENT, CUSTOMER, ENGINEER, Incident, Step, Until, own_value, value_of
from syncd.drill.stage import Stage
from syncd.drill.vendors import NAMES, SYNCD
from syncd.engine.drill import Standing, fact_line, standing
from syncd.engine.readable import shown
from syncd.sdk.connector import Capability
from syncd.sdk.errors import ConnectorError

Say = Callable[[Event], None]
"""Told of each event as it happens."""

MOMENT = timedelta(seconds=1)  # that anything takes
TURNS = 20  # of one look; a fence, never reached by work that ends
FRESH = timedelta(minutes=2)  # an agent looks at a new ticket
AFTER = timedelta(minutes=10)  # that the last deed is looked after
LATER = timedelta(minutes=5)  # what is due and was not done is looked at again
LONGEST = timedelta(days=14)  # that one fact is waited for
QUIET = timedelta(hours=1)  # so much of a longer silence is lived through, the rest is leapt over


@dataclass(slots=True)
class Play:
    """One run of an incident.

    Attributes:
        zone: in which the times of the timeline are said.
        speed: how many times as fast as the wall clock; 0 for as fast as it goes.
        events: everything so far. `missed` is what was waited for in vain.
        lifted, overridden: see `gaps.Played`.
    """

    stage: Stage
    incident: Incident
    severity: str
    say: Say
    zone: tzinfo
    speed: float = 0
    ticket: str = ""
    events: list[Event] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    lifted: bool = False
    overridden: bool = False
    now_known: Standing = field(default_factory=Standing)
    _shown: dict[str, int] = field(default_factory=dict)

    async def run(self) -> None:
        await self._turn()  # the vendors are looked at once before anything happens: from here on is news
        self.ticket = self.stage.vendors.support.opened_by(CUSTOMER, self.incident.opening.fields)
        self._tell(Sort.DEED, NAMES[CUSTOMER], f"writes: {self._title()}")
        await self._turn()
        await self._put_right()
        for step in self.incident.steps:
            if str(Happened.ESCALATED) in self.missed:
                return  # nobody has anything to do any more
            await self._step(step)
        await self._go(self._now + AFTER)

    @property
    def _now(self) -> datetime:
        return self.stage.clock.now

    @property
    def _facts(self) -> tuple[Milestone, ...]:
        return self.now_known.history

    def _title(self) -> str:
        rule = next((rule for rule in self.stage.rules.fields if rule.name in ("title", "subject", "summary")), None)
        return shown(self.incident.opening.fields.get(rule.lenses.support.field)) if rule else self.ticket

    # -- what an agent has to put right

    async def _put_right(self) -> None:
        """Give it the severity that is rehearsed, and then what makes an issue of it, where the rules do not."""
        opening = self.incident.opening
        if self.now_known.severity != self.severity and opening.override:
            await self._go(self._now + FRESH)
            await self._set(AGENT, Side.SUPPORT, opening.override)
            self.overridden = True
        waits = {Happened.ESCALATED, Happened.APPROVAL_ASKED}
        if opening.lift and not any(fact.what in waits for fact in self._facts):
            await self._go(self._now + FRESH)
            await self._set(AGENT, Side.SUPPORT, opening.lift)
            self.lifted = True

    # -- steps

    async def _step(self, step: Step) -> None:
        comes = step.until is None or await self._comes(step)
        if not comes and step.until == Until(Happened.ESCALATED):
            return  # what they wanted to do needs an issue
        await self._go(self._now + step.after)
        ref = self.ticket if step.side is Side.SUPPORT else self.now_known.issue
        if not ref:
            self._tell(Sort.WAIT, step.who, "has nothing to do: there is no issue")
            return
        await self._act(step, ref)

    async def _comes(self, step: Step) -> bool:
        """Wait for what a step waits for; False where it cannot come any more."""
        until, limit = step.until, self._now + LONGEST
        while until is not None and not any(until.is_met(fact) for fact in self._facts):
            coming = self._next()
            if coming is None or coming > limit:
                self.missed.append(str(until))
                self._tell(Sort.WAIT, step.who, f"waits in vain for: {until}")
                return False
            await self._go(coming)
        return True

    async def _act(self, step: Step, ref: str) -> None:
        who = self._id(step)
        sets = self._values(step)
        if step.takes and (owner := self._owner_field()) and not self._stands(owner):
            sets = {owner: self.stage.vendors.engineering.people[who], **sets}
        if sets:
            await self._set(who, step.side, sets)
        if step.says:
            self._comment(step, ref, who)
            await self._turn()

    def _comment(self, step: Step, ref: str, who: str) -> None:
        vendor = self.stage.vendors[step.side]
        able = vendor.character.capabilities
        public = step.public or step.who == CUSTOMER or Capability.INTERNAL_COMMENTS not in able
        vendor.say(ref, step.says, public=public, by=who)
        where = "publicly on" if public else "internally on"
        noun = "the ticket" if step.side is Side.SUPPORT else "the issue"
        self._tell(Sort.DEED, self._name(step.side, who), f"{where} {noun}: {' '.join(step.says.split())}")

    async def _set(self, who: str, side: Side, fields: Fields) -> None:
        ref = self.ticket if side is Side.SUPPORT else self.now_known.issue
        try:
            self.stage.vendors[side].set_by(who, ref, fields)
        except ConnectorError as error:
            self._tell(Sort.WAIT, self._name(side, who), f"cannot set it: {error}")
            return
        said = ", ".join(f"{name} to {shown(value) or 'nothing'}" for name, value in fields.items())
        noun = "the ticket" if side is Side.SUPPORT else "the issue"
        self._tell(Sort.DEED, self._name(side, who), f"sets on {noun}: {said}")
        await self._turn()

    def _values(self, step: Step) -> Fields:
        """What a step sets, in that side's own words; what it cannot say is left out, and said."""
        made: dict[str, Value] = {}
        for name, word in step.sets.items():
            rule = self.stage.rules.rule(name)
            try:
                if rule is None:
                    made[name] = own_value(name, self.stage.vendors[step.side].kind_of(name), word)
                else:
                    made[rule.lenses[step.side].field] = value_of(rule, step.side, word)
            except Unsayable as unsayable:
                self._tell(Sort.WAIT, step.who, f"cannot say it: {unsayable}")
        return made

    # -- people

    def _id(self, step: Step) -> str:
        """Who acts, as their vendor calls them: the engineer is whoever stands on the issue, where somebody does."""
        if step.who == ENGINEER and self.now_known.issue and (owner := self._owner_field()):
            return self._stands(owner) or step.who
        owners = self.stage.rules.escalation.owners if self.stage.rules.escalation else None
        member = owners.people.get(step.who) if owners else None
        same = (id for id, one in self.stage.vendors[step.side].people.items() if member and one.email == member.email)
        return next(same, step.who)

    def _stands(self, owner: str) -> str:
        """The id of whoever is named on the issue; "" for nobody."""
        found = self.stage.vendors.engineering.ticket(self.now_known.issue).fields.get(owner)
        return found.id if isinstance(found, Person) else ""

    def _name(self, side: Side, who: str) -> str:
        known = self.stage.vendors[side].people.get(who)
        return known.name if known else who

    def _owner_field(self) -> str:
        policy = self.stage.rules.escalation
        if policy is None:
            return ""
        return policy.contract.acceptance.owner or (policy.owners.internal if policy.owners else "")

    # -- time

    async def _go(self, until: datetime) -> None:
        """On to a moment, with everything that happens on the way."""
        while (coming := self._next()) is not None and coming <= until:
            await self._sleep_until(coming)
            await self._turn()
        await self._sleep_until(until)

    async def _sleep_until(self, moment: datetime) -> None:
        ahead = moment - self._now
        if ahead <= timedelta(0):
            return
        if self.speed:
            await asyncio.sleep(min(ahead, QUIET).total_seconds() / self.speed)
        self.stage.clock.now = moment

    def _next(self) -> datetime | None:
        """When something happens by itself next; None for never."""
        coming = self.now_known.next
        return coming if coming is None or coming > self._now else self._now + LATER

    async def _turn(self) -> None:
        """Let the engine do all there is to do at this moment, and show what came of it."""
        for _ in range(TURNS):
            ran = await self.stage.daemon.once()
            self.now_known = await standing(self.stage.daemon.site, self.stage.rules, self.ticket)
            self._show()
            self.stage.clock.advance(MOMENT)
            if not ran:
                return

    # -- the timeline

    def _tell(self, sort: Sort, who: str, text: str, at: datetime | None = None) -> None:
        event = Event((at or self._now).astimezone(self.zone), sort, who, text)
        self.events.append(event)
        self.say(event)

    def _show(self) -> None:
        for fact in self._news("facts", self._facts):
            self._tell(Sort.FACT, fact.who, fact_line(fact), fact.at)
        for side, ref in ((Side.SUPPORT, self.ticket), (Side.ENGINEERING, self.now_known.issue)):
            with suppress(ConnectorError):
                comments = self.stage.vendors[side].ticket(ref).comments if ref else []
                for comment in self._news(str(side), tuple(comments)):
                    if comment.author.id == SYNCD:
                        noun = "the ticket" if side is Side.SUPPORT else "the issue"
                        text = f"{comment.visibility} on {noun}: {' '.join(comment.body.text.split())}"
                        self._tell(Sort.NOTE, SYNCD, text, comment.created)
        for kept in self._news("kept", tuple(self.stage.kept)):
            told = self.stage.readers.get(kept.channel, "") if not kept.message.to else kept.message.to
            self._tell(Sort.MESSAGE, f"{kept.channel} ({told})", kept.message.subject, kept.at)

    def _news(self, what: str, all_: tuple) -> tuple:  # type: ignore[type-arg]
        seen = self._shown.get(what, 0)
        self._shown[what] = len(all_)
        return all_[seen:]

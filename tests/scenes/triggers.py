"""What makes a ticket bad: each test of a rule, each field that a policy must ask for, each signal, an agent's word."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from syncd.core import conditions, lookup, signals
from syncd.core.milestones import Happened
from tests.engine.test_lookups import crm
from tests.scenes.story import Play, shows
from tests.scenes.wanted import OVERRIDE, REGRADED, Wanted, asks, fact, looked_up, signal, test

FIELDS = """
severities:
  sev1:
    rules:
      - {name: an outage, when: {title: {words: [is down]}}}
      - {name: a gold customer, when: {tier: {any: [gold]}}}
      - {name: many users, when: {users: {at_least: 100}}}
  sev2:
    rules:
      - {name: an incident, when: {kind: incident}}
      - {name: the shop, when: {service: {contains: shop}}}
      - {name: both labels, when: {labels: {all: [vip, legal]}}}
      - {name: no test, when: {labels: {none: [test]}, priority: {any: [urgent]}}}
      - {name: not content, when: {csat: {at_most: 2}}}
      - {name: promised, when: {due: {set: true}}}
default: sev4
override: {field: labels, values: {bad: sev1}}
metrics: {check_minutes: 4}
"""
FEELING = """
severities:
  sev1:
    rules: [{name: threatens to leave, churn: true}]
  sev2:
    rules:
      - {name: angry, when: {sentiment: {at_most: -4}}}
      - {name: nobody answers, when: {unanswered: {at_least: 2}}}
      - {name: again and again, when: {repeated: {at_least: 3}}}
default: sev4
"""


SLEEPS = """
severities:
  sev1: {rules: [{name: soon due, when: {sla_risk: {at_most: 4}}}]}
  sev2: {rules: [{name: forgotten, when: {idle: {at_least: 24}}}]}
default: sev4
signals: {sla: due}
"""
TABLE = """
severities: {sev2: {rules: [{name: a big customer, when: {tier: [gold]}}]}}
default: sev4
lookups: {tier: {by: requester.domain, csv: tiers.csv, key: domain, value: tier, default: none}}
"""
SYSTEM = """
severities: {sev2: {rules: [{name: a big customer, when: {tier: [gold]}}]}}
default: sev4
lookups: {tier: {by: requester.email, http: {url: "URL/tier?of={key}", value: /data/tier}, default: none}}
"""


@shows(
    test(conditions.HasWords),
    asks("title"),
    test(conditions.AnyOf),
    asks("tier"),
    test(conditions.AtLeast),
    asks("users"),
    test(conditions.Contains),
    asks("service"),
    asks("kind"),
    test(conditions.AllOf),
    test(conditions.NoneOf),
    test(conditions.AtMost),
    test(conditions.IsSet),
    policy=FIELDS,
)
async def a_field_makes_a_ticket_bad_as_soon_as_it_says_so(play: Play) -> None:
    cases: list[tuple[dict[str, Any], tuple[Wanted, ...]]] = [
        ({"title": "The shop is down"}, (test(conditions.HasWords), asks("title"))),
        ({"tier": "gold"}, (test(conditions.AnyOf), asks("tier"))),
        ({"users": Decimal(100)}, (test(conditions.AtLeast), asks("users"))),
        ({"service": "Web shop"}, (test(conditions.Contains), asks("service"))),
        ({"kind": "incident"}, (asks("kind"),)),
        ({"labels": frozenset({"vip", "legal"})}, (test(conditions.AllOf),)),
        ({"priority": "urgent"}, (test(conditions.NoneOf),)),
        ({"csat": Decimal(2)}, (test(conditions.AtMost),)),
        ({"due": play.stage.clock().date()}, (test(conditions.IsSet),)),
    ]
    opened = await play.open_at_once(*["The shop is not down"] * len(cases))
    for number, (case, (fields, things)) in enumerate(zip(opened, cases, strict=True), start=1):
        await case.sees(agents=[], engineers=[])
        await case.edits(**fields)
        await case.sees(*things, agents=[f"(linked to CORE-{number})"], engineers=["(made in CORE)"])


@shows(OVERRIDE, fact(Happened.OVERRULED), policy=FIELDS)
async def an_agent_says_how_bad_it_is(play: Play) -> None:
    case = await play.opens("How do I export?")
    await case.edits(labels=frozenset({"bad"}))
    await case.sees(OVERRIDE, fact(Happened.OVERRULED), agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])


@shows(REGRADED, policy=FIELDS)
async def it_gets_another_severity_after_the_issue_was_made(play: Play) -> None:
    case = await play.opens("How do I export?")
    await case.edits(kind="incident")
    await case.sees(agents=["(linked to CORE-1)"], engineers=["(made in CORE)"])
    await case.edits(users=Decimal(100))
    say = "This is sev1 by rule `many users` now; it was sev2."
    await case.sees(REGRADED, agents=[say], engineers=[say])


@shows(signal(signals.SENTIMENT), policy=FEELING)
async def a_customer_is_angry(play: Play) -> None:
    case = await play.opens()
    await case.customer("Unacceptable! We are still waiting.")
    said = "This is sev2 by rule `angry`: sentiment is `-6.5` (unacceptable -4, still waiting -2, fails -1)."
    await case.sees(signal(signals.SENTIMENT), agents=[said, "(linked to CORE-1)"], engineers=["(made in CORE)", said])


@shows(signal(signals.CHURN), policy=FEELING)
async def a_customer_threatens_to_leave(play: Play) -> None:
    case = await play.opens("We do not want to cancel our contract")
    await case.sees(agents=[], engineers=[])
    await case.customer("Then we will cancel our contract.")
    said = "This is sev1 by rule `threatens to leave`: churn is `cancel our contract`."
    await case.sees(signal(signals.CHURN), agents=[said, "(linked to CORE-1)"], engineers=["(made in CORE)", said])


@shows(signal(signals.UNANSWERED), signal(signals.REPEATED), policy=FEELING)
async def a_customer_asks_again_and_again(play: Play) -> None:
    case, other = await play.open_at_once("Export fails", "Import fails")
    await case.customer("Hello?")
    await case.sees(agents=[], engineers=[])
    await case.customer("Is anybody there?")
    said = "This is sev2 by rule `nobody answers`: unanswered is `2`."
    await case.sees(signal(signals.UNANSWERED), agents=[said, "(linked to CORE-1)"], engineers=["(made in CORE)", said])
    await other.sees(agents=[], engineers=[])
    third = await play.opens("Print fails")
    said = "This is sev2 by rule `again and again`: repeated is `3` (tickets of the requester in 30 days)."
    await third.sees(signal(signals.REPEATED), agents=[said, "(linked to CORE-2)"], engineers=["(made in CORE)", said])


@shows(signal(signals.IDLE), signal(signals.SLA_RISK), policy=SLEEPS)
async def nobody_moves_and_time_makes_it_worse(play: Play) -> None:
    case = await play.opens()
    await case.passes(hours=23)
    await case.sees(agents=[], engineers=[])
    await case.passes(hours=2)
    said = "This is sev2 by rule `forgotten`: idle is `24.00` (nothing since 2026-01-05 09:01 UTC)."
    await case.sees(signal(signals.IDLE), agents=[said, "(linked to CORE-1)"], engineers=["(made in CORE)", said])
    due = await play.opens("Import fails", due=(play.stage.clock() + timedelta(hours=6)).date())
    await due.sees(agents=[], engineers=[])
    await due.passes(hours=11)
    said = "This is sev1 by rule `soon due`: sla_risk is `4.00` (due 2026-01-07 00:00 UTC)."
    await due.sees(signal(signals.SLA_RISK), agents=[said, "(linked to CORE-2)"], engineers=["(made in CORE)", said])


@shows(looked_up(lookup.Csv), policy=TABLE, files={"tiers.csv": "domain,tier\nshop.example,gold\n"})
async def a_table_says_that_the_customer_is_a_big_one(play: Play) -> None:
    small = await play.opens(by="mia")
    await small.sees(agents=[], engineers=[])
    case = await play.opens(by="kim")
    said = "This is sev2 by rule `a big customer`: tier is `gold` (`shop.example` in tiers.csv)."
    await case.sees(looked_up(lookup.Csv), agents=[said, "(linked to CORE-1)"], engineers=["(made in CORE)", said])


@shows(looked_up(lookup.Web), policy=SYSTEM.replace("URL", "https://crm.example"))
async def another_system_says_that_the_customer_is_a_big_one(play: Play) -> None:
    async with crm() as other:
        other.tiers["kim%40shop.example"] = "gold"
        await play.stage.reread(SYSTEM.replace("URL", other.url), trusted=(other.url,))
        small = await play.opens(by="mia")
        await small.sees(agents=[], engineers=[])
        case = await play.opens(by="kim")
        said = "This is sev2 by rule `a big customer`: tier is `gold`"
        await case.sees(
            looked_up(lookup.Web), agents=[f"{said}…", "(linked to CORE-1)"], engineers=["(made in CORE)", f"{said}…"]
        )

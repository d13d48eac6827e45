"""What customers read, as it is configured: the draft of an update, the draft when it is done, and the progress page.

Each stands in the policy where its own part reads it; nothing here is a second place for one.
"""

from __future__ import annotations

from syncd.core import inwords
from syncd.core.feedback import FeedbackPolicy
from syncd.core.playbook import Letter
from syncd.core.policy import EscalationPolicy
from syncd.core.progress import Step
from syncd.core.telling import Audience, TellRule
from syncd.core.wording import ProgressPolicy

UPDATE, DONE, PROGRESS = "Update", "When it is done", "Progress page"


def letters(policy: EscalationPolicy) -> tuple[Letter, ...]:
    """Updates, one for each text that rules of `tell` have; the last draft; the page behind a signed link."""
    rules = policy.telling.rules if policy.telling else ()
    updates = [rule for rule in rules if rule.audience is Audience.CUSTOMER_DRAFT]
    return (*_updates(updates), _done(policy.feedback), _page(policy.progress))


def _updates(rules: list[TellRule]) -> tuple[Letter, ...]:
    if not rules:
        return (Letter(UPDATE, "not set up: no rule of tell has the audience customer_draft", ""),)
    texts: dict[str, list[TellRule]] = {}
    for rule in rules:
        texts.setdefault(rule.template.source, []).append(rule)
    return tuple(Letter(UPDATE, _when(same), text) for text, same in texts.items())


def _when(rules: list[TellRule]) -> str:
    facts = inwords.facts({what for rule in rules for what in rule.happened})
    names = inwords.listed(inwords.quoted(rule.name) for rule in rules)
    return f"a draft for the agent at {facts}, by {names}; an agent sends it"


def _done(policy: FeedbackPolicy | None) -> Letter:
    if policy is None:
        return Letter(DONE, "not set up: there is no table feedback", "")
    asks = f"; it asks {inwords.quoted(policy.survey.ask)}" if policy.survey else ""
    return Letter(DONE, f"an internal note with this draft; an agent sends it{asks}", policy.draft.source)


def _page(policy: ProgressPolicy) -> Letter:
    tag, said = policy.spoken([policy.language])
    steps = "\n".join(f"{number}. {said.steps[step]}" for number, step in enumerate(Step, start=1))
    text = f"{said.title}\n{steps}\n{said.update_by} …"
    others = sorted(set(policy.languages) - {tag})
    also = f"; also in {inwords.listed(others)}" if others else ""
    return Letter(PROGRESS, f"behind a signed link (syncd share), in {tag}{also}", text)

"""The words of the pages that customers see, in each language: those of the policy, else these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from syncd.core.progress import Step


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that a page says in one language.

    Attributes:
        done, next, later: how a step stands.
        update_by: stands before the time until which the customer hears again; `update_late` where that has passed,
            `update_open` where there is none.
        answers: stands above the times of our answers; `no_answers` where there is none.
        rate: the question of how it went, `worst` and `best` the ends of its scale.
        gone: of a link that does not work, with `gone_why` below it.
    """

    title: str
    steps: Mapping[Step, str]
    done: str
    next: str
    later: str
    update_by: str
    update_late: str
    update_open: str
    answers: str
    no_answers: str
    finished: str
    as_of: str
    rate: str
    worst: str
    best: str
    send: str
    thanks: str
    gone: str
    gone_why: str


ENGLISH = Words(
    title="Your request",
    steps=MappingProxyType(
        {
            Step.RECEIVED: "Received",
            Step.WITH_ENGINEERING: "Handed to our engineers",
            Step.WORKED_ON: "Work has begun",
            Step.FIXED: "Fixed",
            Step.TOLD: "You have been told",
        }
    ),
    done="Done",
    next="Next",
    later="Later",
    update_by="You will hear from us by",
    update_late="You should have heard from us by",
    update_open="No date is set for our next answer.",
    answers="Our answers to you",
    no_answers="None yet.",
    finished="All steps are done.",
    as_of="As of",
    rate="How did we do?",
    worst="badly",
    best="very well",
    send="Send",
    thanks="Thank you. Your answer has reached us.",
    gone="This link does not work",
    gone_why="It may have ended, been replaced, or not been copied whole. Please ask whoever sent it for a new one.",
)

GERMAN = Words(
    title="Ihre Anfrage",
    steps=MappingProxyType(
        {
            Step.RECEIVED: "Erhalten",
            Step.WITH_ENGINEERING: "An unsere Technik übergeben",
            Step.WORKED_ON: "Arbeit begonnen",
            Step.FIXED: "Behoben",
            Step.TOLD: "Sie sind informiert",
        }
    ),
    done="Erledigt",
    next="Als Nächstes",
    later="Später",
    update_by="Sie hören von uns bis",
    update_late="Sie hätten von uns hören sollen bis",
    update_open="Für unsere nächste Antwort steht kein Termin fest.",
    answers="Unsere Antworten an Sie",
    no_answers="Noch keine.",
    finished="Alle Schritte sind erledigt.",
    as_of="Stand",
    rate="Wie zufrieden sind Sie?",
    worst="gar nicht",
    best="sehr",
    send="Senden",
    thanks="Danke. Ihre Antwort ist bei uns angekommen.",
    gone="Dieser Link funktioniert nicht",
    gone_why="Er ist vielleicht abgelaufen, ersetzt oder nicht ganz kopiert worden. Bitte fragen Sie den Absender nach "
    "einem neuen.",
)

OURS: Mapping[str, Words] = MappingProxyType({"en": ENGLISH, "de": GERMAN})


@dataclass(frozen=True, slots=True)
class ProgressPolicy:
    """`languages` by their tag, each whole; `language` is for a browser that asks for none of them."""

    language: str = "en"
    languages: Mapping[str, Words] = field(default_factory=lambda: OURS)

    def spoken(self, wanted: Sequence[str]) -> tuple[str, Words]:
        """The first of the wanted languages that there are words for; "de-AT" is content with "de"."""
        for tag in wanted:
            for name in (tag.lower(), tag.lower().partition("-")[0]):
                if name in self.languages:
                    return name, self.languages[name]
        return self.language, self.languages[self.language]

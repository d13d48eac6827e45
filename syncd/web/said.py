"""What the pages of deeds say. They are for the people who work on tickets, and in English as the notes there are."""

from __future__ import annotations

from syncd.core.deeds import Obstacle, Purpose
from syncd.engine.deeds import Offer

HEADINGS = {
    Purpose.ACCEPT: "Accept",
    Purpose.RETURN: "Return",
    Purpose.APPROVE: "Approve the escalation of",
    Purpose.REFUSE: "Refuse the escalation of",
    Purpose.REVIEWED: "Reviewed:",
}
EFFECTS = {
    Purpose.ACCEPT: "Engineering takes the issue. Both tickets will say so, and the clock for accepting it ends.",
    Purpose.RETURN: "The issue goes back to support until what is missing was added. Both tickets will say so.",
    Purpose.APPROVE: "An issue may be made of the ticket.",
    Purpose.REFUSE: "No issue is made of the ticket.",
    Purpose.REVIEWED: "You looked at it together. Both tickets will say so, and the clock of the next review begins.",
}
ASKS = {
    Purpose.RETURN: "What is missing?",
    Purpose.REFUSE: "Why?",
}
BUTTONS = {
    Purpose.ACCEPT: "Accept",
    Purpose.RETURN: "Return",
    Purpose.APPROVE: "Approve",
    Purpose.REFUSE: "Refuse",
    Purpose.REVIEWED: "It was reviewed",
}
DONE = {
    Purpose.ACCEPT: "You accepted",
    Purpose.RETURN: "You returned",
    Purpose.APPROVE: "You approved the escalation of",
    Purpose.REFUSE: "You refused the escalation of",
    Purpose.REVIEWED: "You reviewed",
}
OBSTACLES = {
    Obstacle.NOT_ASKED: "Nothing waits for this at the moment.",
    Obstacle.ANSWERED: "Somebody answered this already. Nothing is left to do here.",
    Obstacle.ACCEPTED: "It was accepted already. Nothing is left to do here.",
    Obstacle.RETURNED: "It was returned, and is with support now.",
    Obstacle.DONE: "It is done already. Nothing is left to do here.",
    Obstacle.RESTS: "This ticket is not followed any more. Nothing is left to do here.",
}


def heading(offer: Offer) -> str:
    return f"{HEADINGS[offer.purpose]} {offer.label or 'the issue'}"

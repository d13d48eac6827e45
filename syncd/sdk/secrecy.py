"""Which headers carry a secret, judged by their names alone: what is kept or logged must do without their values."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SECRET = re.compile(r"\w*(?:keys?|tokens?|secrets?|cookies?|signatures?)|auth(?!or(?!iz))\w*")
"""A word of a name: "apikey" too, and "authorization" but not "author"."""


def is_secret(name: str) -> bool:
    """Whether a header, or a value of this name, is to be hidden ("X-Api-Key", "accessToken", "Set-Cookie").

    It hides too much rather than too little: an Idempotency-Key is no secret, and nobody needs it in a log.
    """
    return any(_SECRET.fullmatch(word.lower()) for word in _WORD.findall(name))

"""What a connector that ships says of itself for the tests that run over all of them; `shipped` finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.pairs.pair import Make


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a vendor lets an application in by OAuth 2.

    Attributes:
        instead: the keys of its other ways, which the simulator's own block has.
        place: where it gives tokens.
        more: what the `oauth` block needs besides the application, and `beside` what the connection does.
        refresh: the first refresh token; empty where applications sign in as themselves alone.
        rotates: whether a refresh token is good once.
    """

    instead: tuple[str, ...]
    place: str
    more: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    refresh: str = ""
    itself: bool = True
    rotates: bool = True


@dataclass(frozen=True, slots=True)
class Sent:
    """A form in which texts are sent to a vendor, and who finds what would act there.

    Attributes:
        write: Markdown as it is sent, made harmless.
        acting: what acts in that, as this vendor reads it.
        raw: a text as it would be sent if nobody made it harmless.
    """

    write: Callable[[str], Any]
    acting: Callable[[Any], list[str]]
    raw: Callable[[str], Any] = str


@dataclass(frozen=True, slots=True)
class Part:
    """A connector's part in the tests of all connectors; `part.py` has it as `PART`.

    Attributes:
        helpdesks, trackers: its columns in the pairs and in docs/capabilities.md, each with a world. A column is called
            as the connector, or begins with that and a space.
        texts: all forms that texts are sent in, by the connector's name and whatever tells them apart.
        sign_in: where its config has an `oauth` block.
    """

    helpdesks: Mapping[str, Make] = field(default_factory=dict)
    trackers: Mapping[str, Make] = field(default_factory=dict)
    texts: Mapping[str, Sent] = field(default_factory=dict)
    sign_in: SignIn | None = None

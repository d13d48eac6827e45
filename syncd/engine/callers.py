"""What a vendor calls, judged: whether our address is among it, whole, awake and once. Nothing here asks anybody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from syncd.core.model import Word
from syncd.sdk.connector import Hook

SOON = timedelta(days=7)
"""How long before its end a webhook is renewed, or spoken of."""


class Standing(Word):
    """Whether a vendor calls us."""

    CALLED = "called"  # as it should be
    WRONG = "wrong"  # missing, or not as it should be: `findings` say what
    UNSEEN = "cannot be seen"  # the vendor shows it to people only
    NONE = "none"  # the vendor has no webhooks: polling serves
    UNASKED = "not asked"  # it did not answer, or refused


@dataclass(frozen=True, slots=True)
class HookView:
    """One webhook as it may be shown: no secret, and of somebody else's address nothing that could hold one.

    Attributes:
        apart: it brings what no other one does.
        astray: it has our path at another host, as after a change of `public_url`.
    """

    id: str
    url: str
    ours: bool
    active: bool
    lacks: tuple[str, ...]
    expires: datetime | None
    apart: bool = False
    astray: bool = False


@dataclass(frozen=True, slots=True)
class Callers:
    """What one connection's vendor calls.

    Attributes:
        address: where it should call us; empty without `public_url`.
        managed: whether syncd can register there.
        findings: what is wrong, a clause each.
        steps: what a person does at the vendor, where it needs one.
    """

    connection: str
    address: str
    standing: Standing
    managed: bool = False
    hooks: tuple[HookView, ...] = ()
    findings: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    problem: str = ""

    @property
    def ours(self) -> tuple[HookView, ...]:
        return tuple(hook for hook in self.hooks if hook.ours)

    @property
    def doubled(self) -> HookView | None:
        return doubled(self.hooks)

    @property
    def remedy(self) -> str:
        """The command that puts it right; empty where none does."""
        return remedy(self.connection, self.hooks) if self.findings and self.address else ""


def view(hook: Hook, ours: str) -> HookView:
    mine = bool(ours) and hook.url == ours
    url = hook.url if mine else shown(hook.url, ours)
    astray = not mine and bool(ours) and url.endswith(urlsplit(ours).path)
    return HookView(hook.id, url, mine, hook.active, hook.lacks, hook.expires, hook.apart, astray)


def judged(hooks: Sequence[HookView], *, now: datetime, soon: timedelta = SOON) -> Iterator[str]:
    """What is wrong with the webhooks that call our address, of all that the vendor has."""
    ours = [hook for hook in hooks if hook.ours]
    if not ours:
        astray = next((hook for hook in hooks if hook.astray), None)
        yield "our address is not called" + (f"; webhook {astray.id} calls {astray.url} instead" if astray else "")
        return
    active = [hook for hook in ours if hook.active]
    if not active:
        yield "it is switched off"
    twins = _twins(ours)
    if len(twins) > 1:
        yield f"our address is called {len(twins)} times, by {', '.join(hook.id for hook in twins)}"
    best = min(active or ours, key=lambda hook: len(hook.lacks))
    if best.lacks and active:
        yield f"it does not bring {', '.join(best.lacks)}"
    if best.expires is not None and best.expires < now + soon:
        yield f"it ends on {best.expires:%Y-%m-%d}" if best.expires > now else "it has ended"


def shown(url: str, ours: str = "") -> str:
    """Somebody else's address: its host alone, for a path or a query may be a credential; a path that we know too."""
    try:
        parts, own = urlsplit(url), urlsplit(ours)
        host = parts.hostname or ""
    except ValueError:
        return "***"
    if not host:
        return "***"
    rest = "?***" if parts.query else ""
    known = host == own.hostname or (bool(own.path) and parts.path == own.path)
    return f"{parts.scheme}://{host}{parts.path}{rest}" if known else f"{parts.scheme}://{host}/***"


def doubled(hooks: Iterable[HookView]) -> HookView | None:
    """The least complete of several that bring us the same; no registration takes one away."""
    twins = _twins(hooks)
    return max(twins, key=lambda hook: len(hook.lacks)) if len(twins) > 1 else None


def _twins(hooks: Iterable[HookView]) -> list[HookView]:
    return [hook for hook in hooks if hook.ours and hook.active and not hook.apart]


def remedy(connection: str, hooks: Iterable[HookView]) -> str:
    """The command that puts right what is wrong with these."""
    twin = doubled(hooks)
    return f"syncd webhooks {connection} " + (f"--remove {twin.id}" if twin else "--register")


def attention(found: Iterable[Callers]) -> bool:
    """Whether somebody should look."""
    return any(each.standing is Standing.WRONG for each in found)


# --- told by the daemon ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What the daemon found of one connection's webhooks: a sentence and what to try; empty when it is well."""

    problem: str = ""
    remedy: str = ""


WELL = Told()
POLLED = "changes arrive by polling meanwhile, so nothing is lost"


def told(connection: str, hooks: Sequence[HookView], *, now: datetime, soon: timedelta) -> Told:
    """What a look found, with what it means meanwhile."""
    findings = list(judged(hooks, now=now, soon=soon))
    if not findings:
        return WELL
    return Told(f"{'; '.join(findings)}; {_meanwhile(hooks, now)}", remedy(connection, hooks))


def _meanwhile(hooks: Sequence[HookView], now: datetime) -> str:
    lives = [hook for hook in hooks if hook.ours and hook.active and not (hook.expires and hook.expires <= now)]
    if not lives or any(hook.lacks for hook in lives):
        return POLLED
    return "what comes twice is taken once" if len(lives) > 1 else "after that changes arrive by polling"

"""What each connection's vendor calls: asked of the vendor, judged here, shown by `syncd webhooks`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from syncd.cli.reached import reached
from syncd.core.model import Word
from syncd.sdk.connector import Capability, Hook
from syncd.sdk.errors import ConnectorError
from syncd.settings import Settings

SOON = timedelta(days=7)


class Standing(Word):
    """Whether a vendor calls us."""

    CALLED = "called"  # as it should be
    WRONG = "wrong"  # missing, or not as it should be: `findings` say what
    UNSEEN = "cannot be seen"  # the vendor shows it to people only
    NONE = "none"  # the vendor has no webhooks: polling serves
    UNASKED = "not asked"  # it did not answer, or refused


@dataclass(frozen=True, slots=True)
class HookView:
    """One webhook as it may be shown: no secret, and of somebody else's address nothing that could hold one."""

    id: str
    url: str
    ours: bool
    active: bool
    lacks: tuple[str, ...]
    expires: datetime | None


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
        """The least complete of several that bring us the same; no registration takes one away."""
        awake = [hook for hook in self.ours if hook.active]
        return max(awake, key=lambda hook: len(hook.lacks)) if len(awake) > 1 else None

    @property
    def remedy(self) -> str:
        """The command that puts it right; empty where none does."""
        if self.doubled:
            return f"syncd webhooks {self.connection} --remove {self.doubled.id}"
        return f"syncd webhooks {self.connection} --register" if self.findings and self.address else ""


def address(settings: Settings, name: str) -> str:
    """Where a vendor reaches this connection; empty without `public_url`."""
    return f"{settings.public_url.rstrip('/')}/hooks/{name}" if settings.public_url else ""


async def look(settings: Settings, name: str, *, now: datetime) -> Callers:
    """Ask a vendor, if it can tell at all."""
    ours = address(settings, name)
    async with reached(settings, name) as connector:
        steps = tuple(connector.hook_steps(ours or f"PUBLIC_URL/hooks/{name}"))
        if Capability.WEBHOOKS not in connector.capabilities:
            return Callers(name, ours, Standing.NONE, steps=steps)
        if Capability.MANAGE_WEBHOOKS not in connector.capabilities:
            return Callers(name, ours, Standing.UNSEEN, steps=steps)
        try:
            await connector.check()
            hooks = tuple(view(hook, ours) for hook in await connector.hooks())
        except ConnectorError as error:
            return Callers(name, ours, Standing.UNASKED, managed=True, problem=str(error), steps=steps)
    findings = tuple(judged([each for each in hooks if each.ours], now=now)) if ours else ("`public_url` is not set",)
    standing = Standing.WRONG if findings else Standing.CALLED
    return Callers(name, ours, standing, managed=True, hooks=hooks, findings=findings)


def view(hook: Hook, ours: str) -> HookView:
    mine = bool(ours) and hook.url == ours
    return HookView(hook.id, hook.url if mine else shown(hook.url, ours), mine, hook.active, hook.lacks, hook.expires)


def judged(ours: Sequence[HookView], *, now: datetime) -> Iterator[str]:
    """What is wrong with the webhooks that call our address."""
    if not ours:
        yield "our address is not called"
        return
    active = [hook for hook in ours if hook.active]
    if not active:
        yield "it is switched off"
    elif len(active) > 1:
        yield f"our address is called {len(active)} times, by {', '.join(hook.id for hook in active)}"
    best = min(active or ours, key=lambda hook: len(hook.lacks))
    if best.lacks:
        yield f"it does not bring {', '.join(best.lacks)}"
    if best.expires is not None and best.expires < now + SOON:
        yield f"it ends on {best.expires:%Y-%m-%d}" if best.expires > now else "it has ended"


def shown(url: str, ours: str = "") -> str:
    """Somebody else's address: its host alone, for a path or a query may be a credential; at our host the path too."""
    try:
        parts = urlsplit(url)
        host, own = parts.hostname or "", urlsplit(ours).hostname
    except ValueError:
        return "***"
    if not host:
        return "***"
    rest = "?***" if parts.query else ""
    return f"{parts.scheme}://{host}{parts.path}{rest}" if host == own else f"{parts.scheme}://{host}/***"


def attention(found: Iterable[Callers]) -> bool:
    """Whether somebody should look."""
    return any(each.standing is Standing.WRONG for each in found)

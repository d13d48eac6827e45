"""`syncd webhooks`: whether each vendor calls us, and what makes it do so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from syncd.cli import session
from syncd.cli.session import ConfigOption, DryRunOption, JsonOption, YesOption
from syncd.errors import Exit, SyncdError

if TYPE_CHECKING:
    from rich.console import Console

    from syncd.daemon import Daemon
    from syncd.engine.callers import Callers, HookView
    from syncd.sdk.connector import Hook
    from syncd.settings import Settings

_HELP = """List what each connection's vendor calls, and whether our address is among it, whole and awake; or register
our address there, or remove a webhook. Where only a person can do it, print the steps.

\b
Webhooks make changes arrive at once; without them they arrive by polling. Exit code 5: somebody should look.

\b
Examples:
  syncd webhooks
  syncd webhooks acme-zendesk --register
  syncd webhooks acme-github --register --again
  syncd webhooks acme-zendesk --remove 01GA
"""


@dataclass(frozen=True, slots=True)
class How:
    """What the words of the command say of how to write."""

    config: Path | None
    yes: bool
    dry_run: bool
    json: bool


def register(app: typer.Typer) -> None:
    app.command("webhooks", help=_HELP)(webhooks)


def webhooks(
    connection: Annotated[str | None, typer.Argument(metavar="[CONNECTION]", show_default=False)] = None,
    *,
    add: Annotated[bool, typer.Option("--register", help="Make the vendor call our address, or repair that.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="With --register: also one that is right, with the webhook_secret of now.")
    ] = False,
    remove: Annotated[str | None, typer.Option(metavar="ID", help="Take this webhook away.")] = None,
    show_secret: Annotated[bool, typer.Option("--show-secret", help="Print the secret that a vendor chose.")] = False,
    yes: YesOption = False,
    dry_run: DryRunOption = False,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    if add and remove is not None:
        raise SyncdError("say --register or --remove ID, not both")
    if again and not add:
        raise SyncdError("--again goes with --register")
    settings = _settings(config)
    if connection is not None and connection not in settings.connections:
        raise SyncdError(f"the config has no connection `{connection}`; it has {', '.join(settings.connections)}")
    if not add and remove is None:
        _list(settings, [connection] if connection else list(settings.connections), json=json)
    if connection is None:
        raise SyncdError(f"say at which connection: {', '.join(settings.connections)}")
    if remove is not None:
        _remove(settings, connection, remove, how=How(config, yes, dry_run, json))
    _register(settings, connection, how=How(config, yes, dry_run, json), again=again, show=show_secret)


def _settings(config: Any) -> Settings:
    from syncd import log, settings

    log.configure(level="warning")
    return settings.load(settings.config_path(config))[0]


# --- looking


def _list(settings: Settings, names: list[str], *, json: bool) -> NoReturn:
    from syncd.engine.callers import Standing, attention

    found = asyncio.run(_look(settings, names))
    if json:
        session.print_json(found)
    else:
        out = session.console()
        for each in found:
            _show(out, each)
    unasked = any(each.standing is Standing.UNASKED for each in found)
    raise typer.Exit(Exit.REFUSED if unasked else Exit.PART if attention(found) else Exit.DONE)


async def _look(settings: Settings, names: list[str]) -> list[Callers]:
    from datetime import UTC, datetime

    from syncd.cli import hooks

    return [await hooks.look(settings, name, now=datetime.now(UTC)) for name in names]


def _show(out: Console, each: Callers) -> None:
    from syncd.engine.callers import Standing

    session.say(out, each.connection, "bold")
    for hook in each.hooks:
        marks = [
            *(["ours"] if hook.ours else []),
            "active" if hook.active else "switched off",
            *([f"lacks {session.counted(len(hook.lacks), 'event')}"] if hook.ours and hook.lacks else []),
            *([f"ends {hook.expires:%Y-%m-%d}"] if hook.expires else []),
        ]
        session.say(out, f"  {hook.id}  {hook.url}  ({', '.join(marks)})")
    match each.standing:
        case Standing.CALLED:
            session.say(out, f"  it calls {each.address}", "green")
        case Standing.WRONG:
            for finding in each.findings:
                session.say(out, f"  {finding}", "yellow")
            if each.remedy:
                session.say(out, f"  try: {each.remedy}")
        case Standing.UNSEEN:
            session.say(out, f"  syncd cannot see its webhooks{'; to have our address called:' if each.steps else ''}")
        case Standing.UNASKED:
            session.say(out, f"  {each.problem}", "red")
        case Standing.NONE:
            pass
    _steps(out, each.steps)
    out.print()


def _steps(out: Console, steps: tuple[str, ...]) -> None:
    for number, step in enumerate(steps, start=1):
        session.say(out, f"  {number}. {step}" if len(steps) > 1 else f"  {step}")


# --- writing


def _register(settings: Settings, name: str, *, how: How, again: bool, show: bool) -> NoReturn:
    from syncd.engine.callers import Standing

    url = settings.hook_address(name)
    if not url:
        raise SyncdError("`public_url` is not set in the config: the vendor must know how to reach syncd")
    [now] = asyncio.run(_look(settings, [name]))
    if now.standing is Standing.UNASKED:
        raise session.Refused(now.problem)
    if not now.managed:
        _by_hand(now, json=how.json)
    if now.doubled:
        _end({"done": "", "said": f"{now.findings[0]}; first: {now.remedy}"}, json=how.json, code=Exit.PART)
    right = now.standing is Standing.CALLED and not again
    if right and (how.dry_run or not show):
        said = f"{name} calls {url} already; after a change of `webhook_secret`: `--register --again`"
        _end({"done": "", "said": said}, json=how.json)
    deed = "repair the webhook to" if now.ours else "register"
    if how.dry_run:
        _end({"done": "", "said": f"would {deed} {url} at {name}"}, json=how.json)
    if not right:
        session.confirm(f"{deed} {url} at {name}?".capitalize(), yes=how.yes)
    hook = session.use(lambda daemon: _made(daemon, name, url), config=how.config, mode=session.Mode.ASK)
    _registered(settings, name, hook, json=how.json, show_secret=show)


def _by_hand(now: Callers, *, json: bool) -> NoReturn:
    """Nothing but a person can do it, or nothing at all is to be done."""
    from syncd.engine.callers import Standing

    if json:
        session.print_json(now)
    else:
        out = session.console()
        session.say(out, f"syncd cannot register a webhook at {now.connection}.")
        _steps(out, now.steps)
    raise typer.Exit(Exit.DONE if now.standing is Standing.NONE else Exit.PART)


def _registered(settings: Settings, name: str, hook: Hook, *, json: bool, show_secret: bool) -> NoReturn:
    """A secret that the vendor chose is only printed when somebody asks for it."""
    configured = settings.connections[name].webhook_secret
    known = configured is not None and configured.get_secret_value() == hook.secret
    said = [f"{name} calls {hook.url}, by webhook {hook.id}"]
    if hook.secret and known:
        said.append("its secret is the one in `webhook_secret`")
    elif hook.secret:
        how = "" if show_secret else "; `--register --show-secret` prints it"
        said.append(f"its secret is not the one in `webhook_secret` of {name}: put it there{how}")
    if hook.lacks:
        said.append(f"it does not bring {', '.join(hook.lacks)}")
    done: dict[str, object] = {"done": "registered", "id": hook.id, "expires": hook.expires, "said": "\n".join(said)}
    if show_secret and hook.secret:
        done["secret"] = hook.secret
    left = (bool(hook.secret) and not known) or bool(hook.lacks)
    _end(done, json=json, code=Exit.PART if left else Exit.DONE)


def _remove(settings: Settings, name: str, id: str, *, how: How) -> NoReturn:
    from syncd.engine.callers import Standing

    [now] = asyncio.run(_look(settings, [name]))
    if now.standing is Standing.UNASKED:
        raise session.Refused(now.problem)
    if not now.managed:
        raise SyncdError(f"syncd cannot manage the webhooks of {name}: remove it at the vendor")
    known = next((hook for hook in now.hooks if hook.id == id), None)
    if known is None:
        _end({"done": "", "said": f"nothing to do: {name} has no webhook {id}"}, json=how.json)
    whose = "" if known.ours else ", which is not ours"
    if how.dry_run:
        _end({"done": "", "said": f"would remove the webhook {id} to {known.url}{whose}"}, json=how.json)
    session.confirm(f"Remove the webhook {id} to {known.url}{whose}?", yes=how.yes)
    session.use(lambda daemon: _taken(daemon, name, known), config=how.config, mode=session.Mode.ASK)
    _end({"done": "removed", "id": id, "said": f"{name} calls {known.url} no more"}, json=how.json)


async def _made(daemon: Daemon, name: str, url: str) -> Hook:
    from syncd import log
    from syncd.engine import hookdeeds

    connector = daemon.site.connectors[name]
    await connector.check()
    hook = await hookdeeds.register(daemon.site, connector, url, by=session.by(""))
    log.remember(hook.secret)
    return hook


async def _taken(daemon: Daemon, name: str, hook: HookView) -> None:
    from syncd.engine import hookdeeds

    connector = daemon.site.connectors[name]
    await connector.check()
    await hookdeeds.remove(daemon.site, connector, hook.id, ours=hook.ours, by=session.by(""))


def _end(told: dict[str, object], *, json: bool, code: Exit = Exit.DONE) -> NoReturn:
    if json:
        session.print_json(told)
    else:
        out = session.console()
        for line in str(told["said"]).splitlines():
            session.say(out, line)
        if "secret" in told:
            session.say(out, f"secret: {told['secret']}")
    raise typer.Exit(code)

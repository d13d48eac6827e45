"""The webhooks of a connection's projects: one in each, all about issues and their comments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import SecretStr

from syncd.sdk.connector import Hook
from syncd.sdk.errors import Rejected
from syncd_gitlab.api import EVENTS, Api
from syncd_gitlab.projects import Projects
from syncd_gitlab.wire import HookJson

WORKS = (None, "executable")
"""`alert_status` of a hook that is called; GitLab pauses one that fails four times, and gives up after forty."""


async def listed(api: Api, projects: Projects) -> list[Hook]:
    return [_hook(id, row) for id in await projects.ids() for row in await api.hooks(id)]


async def register(api: Api, projects: Projects, url: str, *, secret: SecretStr | None) -> Hook:
    """One hook in each project, the last of which is answered. Each is written anew: GitLab shows no secret."""
    if secret is None or not secret.get_secret_value():
        raise Rejected("gitlab: a webhook without `webhook_secret` could not be told from anybody's")
    made = [await _put(api, id, url, secret=secret.get_secret_value()) for id in await projects.ids()]
    return made[-1]


async def remove(api: Api, hook_id: str) -> None:
    found = re.fullmatch(r"(\d{1,18})-(\d{1,18})", hook_id, re.ASCII)
    if found:
        await api.remove_hook(int(found[1]), int(found[2]))


def steps(projects: Sequence[str], url: str) -> list[str]:
    return [
        f"In each of {', '.join(projects)}: Settings > Webhooks > Add new webhook, as a Maintainer.",
        f"URL: {url}",
        "Secret token: the connection's `webhook_secret`; where this GitLab offers a signing token, generate one and "
        "put it into `signing_token`.",
        "Trigger: Comments, Confidential comments, Issues (or Work items), Confidential issues; no other.",
        "Leave SSL verification enabled, and no custom webhook template.",
    ]


async def _put(api: Api, project: int, url: str, *, secret: str) -> Hook:
    """Make it or repair it, and take away what is there twice."""
    same = [row.id for row in await api.hooks(project) if row.url == url]
    body: dict[str, Any] = {"url": url, "token": secret, "push_events": False, "enable_ssl_verification": True}
    row = await api.put_hook(project, same[0] if same else None, {**body, **dict.fromkeys(EVENTS, True)})
    if row.alert_status not in WORKS:
        row = await api.try_hook(project, row.id)
    for twin in same[1:]:
        await api.remove_hook(project, twin)
    return _hook(project, row)


def _hook(project: int, row: HookJson) -> Hook:
    lacks = tuple(name for name in EVENTS if not getattr(row, name))
    return Hook(f"{project}-{row.id}", row.url, active=row.alert_status in WORKS, lacks=lacks)

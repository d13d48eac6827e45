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

Placed = tuple[int, HookJson]
"""A webhook and the number of its project."""
WORKS = (None, "executable")
"""`alert_status` of a hook that is called; GitLab pauses one that fails four times, and gives up after forty."""


async def listed(api: Api, projects: Projects) -> list[Hook]:
    """One for each address, with the first webhook of every project; a project's further ones are listed alone."""
    ids, found = await projects.ids(), dict[str, list[Placed]]()
    twins: list[Hook] = []
    for id in ids:
        for row in await api.hooks(id):
            same = found.setdefault(row.url, [])
            if any(project == id for project, _ in same):
                twins.append(_hook([(id, row)], ids))
            else:
                same.append((id, row))
    return [*(_hook(rows, ids) for rows in found.values()), *twins]


async def register(api: Api, projects: Projects, url: str, *, secret: SecretStr | None) -> Hook:
    """One in each project. Each is written anew: GitLab shows no secret."""
    if secret is None or not secret.get_secret_value():
        raise Rejected("gitlab: a webhook without `webhook_secret` could not be told from anybody's")
    ids = await projects.ids()
    return _hook([(id, await _put(api, id, url, secret=secret.get_secret_value())) for id in ids], ids)


async def remove(api: Api, hook_id: str) -> None:
    for one in hook_id.split("+"):
        if found := re.fullmatch(r"(\d{1,18})-(\d{1,18})", one, re.ASCII):
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


async def _put(api: Api, project: int, url: str, *, secret: str) -> HookJson:
    """Make it or repair it, and take away what is there twice."""
    same = [row.id for row in await api.hooks(project) if row.url == url]
    body: dict[str, Any] = {"url": url, "token": secret, "push_events": False, "enable_ssl_verification": True}
    row = await api.put_hook(project, same[0] if same else None, {**body, **dict.fromkeys(EVENTS, True)})
    if row.alert_status not in WORKS:
        row = await api.try_hook(project, row.id)
    for twin in same[1:]:
        await api.remove_hook(project, twin)
    return row


def _hook(rows: Sequence[Placed], projects: Sequence[int]) -> Hook:
    """The webhooks of one address as one; `lacks` names the project only where there are several."""
    there, lacks = dict(rows), list[str]()
    for project in projects:
        of = f" in {project}" if len(projects) > 1 else ""
        lacks += [f"{name}{of}" for name in EVENTS if project not in there or not getattr(there[project], name)]
    awake = all(row.alert_status in WORKS for _, row in rows)
    return Hook("+".join(f"{project}-{row.id}" for project, row in rows), rows[0][1].url, awake, tuple(lacks))

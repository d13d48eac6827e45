"""What an account sees of a Request Tracker: its queues and their custom fields, as far as its rights go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from syncd.core.model import Kind
from syncd.sdk.connector import Description, FieldInfo
from syncd.sdk.errors import Forbidden
from syncd_rt.api import PAGE, Api, quoted
from syncd_rt.config import FIELDS, RtConfig, custom_name
from syncd_rt.sentences import echo
from syncd_rt.wire import Answer, CustomField, Listed

__all__ = ["describe", "linked", "missing_queues", "quoted"]


class Queue(Answer):
    id: str
    Name: str
    TicketCustomFields: Annotated[tuple[CustomField, ...], Listed] = ()


class CustomFieldAnswer(Answer):
    id: str
    Name: str
    Type: str = ""
    MaxValues: str = "1"
    Values: Annotated[tuple[str, ...], Listed] = ()


async def describe(api: Api, config: RtConfig) -> Description:
    queues = [await _queue(api, number) for number, name in (await _visible(api)).items() if _wanted(name, config)]
    found = {field.id: field for queue in queues for field in queue.TicketCustomFields}
    custom = [await _custom(api, field, config) for field in found.values()]
    priority = FieldInfo("priority", Kind.CHOICE, options=tuple(config.priorities))
    own = [priority if field.name == "priority" else field for field in FIELDS]
    return Description((*own, *custom), containers={queue.Name: () for queue in queues})


async def missing_queues(api: Api, config: RtConfig) -> tuple[str, ...]:
    """Rights to see what the config names."""
    if not config.queues:
        return ()
    seen = set((await _visible(api)).values())
    return tuple(f"SeeQueue on {queue}" for queue in sorted(config.queues - seen))


def linked(said: Sequence[str], ref: str, field: str | None, custom: Mapping[str, str]) -> tuple[str, ...]:
    """The changes that RT says it made for a link back."""
    echoes = [echo("AddLink", "RefersTo") for sentence in said if sentence.startswith(f"Ticket {ref} refers to ")]
    if field and any(sentence.startswith(f"{field} ") for sentence in said):
        echoes.append(echo("CustomField", custom.get(field, "")))
    return tuple(echoes)


async def _visible(api: Api) -> dict[str, str]:
    """Number -> name of the queues."""
    params = {"fields": "Name", "per_page": PAGE}
    answer = await api.client.json("GET", "/queues/all", params=params)
    rows = api.answers.read_rows(Queue, answer, "items", at="/queues/all")
    return {row.id: row.Name for row in rows}


def _wanted(name: str, config: RtConfig) -> bool:
    return not config.queues or name in config.queues


async def _queue(api: Api, number: str) -> Queue:
    path = f"/queue/{number}"
    return api.answers.read(Queue, await api.client.json("GET", path), at=path)


async def _custom(api: Api, field: CustomField, config: RtConfig) -> FieldInfo:
    """Kind and words where the account may look at the custom field itself; its name is known anyway."""
    path = f"/customfield/{field.id}"
    try:
        answer = await api.client.json("GET", path)
    except Forbidden:
        kind = Kind.MULTI_CHOICE if field.name in config.multiple else Kind.TEXT
        return FieldInfo(custom_name(field.name), kind)
    about = api.answers.read(CustomFieldAnswer, answer, at=path)
    kind = Kind.CHOICE if about.Type == "Select" else Kind.TEXT
    kind = Kind.MULTI_CHOICE if about.MaxValues != "1" else kind
    return FieldInfo(custom_name(field.name), kind, options=about.Values)

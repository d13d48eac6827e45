"""What this account sees at its Zammad: fields with their words, and groups."""

from __future__ import annotations

from dataclasses import replace

from syncd.sdk.connector import Description
from syncd_zammad.fields import FIELDS
from syncd_zammad.reading import Reader
from syncd_zammad.wire import MERGED, REMOVED


async def describe(reader: Reader) -> Description:
    """Groups are those that the account itself has rights in: the list of all needs `admin.group` (group.rst).

    No group is public: strangers see nothing of Zammad, and customers their own tickets only.
    """
    catalogue = await reader.learn(anew=True)
    me = await reader.api.me()
    states = [each.name for each in (await reader.states()).values() if each.active]
    words = {
        "group": tuple(me.groups),
        "status": tuple(name for name in states if name not in (MERGED, REMOVED)),
        "priority": tuple(each.name for each in await reader.api.priorities() if each.active),
    }
    described = [replace(info, options=words.get(info.name, info.options)) for info in FIELDS]
    return Description(
        fields=(*described, *(each.info for each in catalogue.custom.values())),
        containers=dict.fromkeys(me.groups, ()),
    )

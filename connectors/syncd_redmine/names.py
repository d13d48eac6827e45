"""Redmine's numbers <-> the words that people know: statuses, priorities, trackers, categories, versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncd.sdk.errors import Forbidden, Rejected
from syncd_redmine.api import Api

EVERYWHERE = {
    "status": ("/issue_statuses.json", "issue_statuses"),
    "priority": ("/enumerations/issue_priorities.json", "issue_priorities"),
    "tracker": ("/trackers.json", "trackers"),
}
"""Fields whose words are the same in all projects."""
IN_PROJECT = frozenset({"category", "version"})


class Names:
    """Lists of words, asked for when first needed and again when a word is not in them."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[tuple[str, str], Mapping[str, str]] = {}  # (field, project) -> name -> id

    async def number(self, field: str, word: str, *, project: str) -> str:
        """The id of a word.

        Raises:
            Rejected: names the words that there are.
        """
        words = await self.words(field, project=project)
        if word not in words:
            words = await self._ask(field, project)
        if word not in words:
            raise Rejected(f"`{word}` is no {field} here; there are: {', '.join(words) or 'none'}", field=field)
        return words[word]

    async def word(self, field: str, identity: str, *, project: str) -> str:
        """The word of an id; the id itself for what was deleted since."""
        words = await self.words(field, project=project)
        return next((word for word, known in words.items() if known == identity), identity)

    async def words(self, field: str, *, project: str = "") -> Mapping[str, str]:
        """Name -> id, in Redmine's order."""
        found = self._known.get((field, project if field in IN_PROJECT else ""))
        return found if found is not None else await self._ask(field, project)

    async def _ask(self, field: str, project: str) -> Mapping[str, str]:
        words = {str(row["name"]): str(row["id"]) for row in await self._rows(field, project)}
        self._known[field, project if field in IN_PROJECT else ""] = words
        return words

    async def _rows(self, field: str, project: str) -> list[dict[str, Any]]:
        if field == "version":
            return await self._api.listed(f"/projects/{project}/versions.json", "versions")
        if field == "category":  # the list of its own needs a right that a bot should not have
            answer = await self._api.client.json(
                "GET", f"/projects/{project}.json", params={"include": "issue_categories"}
            )
            return [dict(row) for row in answer["project"].get("issue_categories", [])]
        return await self._api.listed(*EVERYWHERE[field])


async def custom_number(api: Api, name: str) -> str:
    """The id of a custom field: known from an issue, or from the administrator's list, or from any issue.

    Raises:
        Rejected: no issue that this account sees has such a field.
    """
    if name not in api.custom:
        try:
            rows = await api.listed("/custom_fields.json", "custom_fields")
            api.custom.update((str(row["name"]), str(row["id"])) for row in rows if row["customized_type"] == "issue")
        except Forbidden:
            await api.issues({"sort": "id:desc"})
    if name not in api.custom:
        raise Rejected(f"no issue shows a custom field `{name}`; give its number in `custom_fields`", field=name)
    return api.custom[name]

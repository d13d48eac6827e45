"""Writing issues and comments: what is looked at before, and what is made of a refusal after; no snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any

from syncd.core.model import Fields, Internal, Value
from syncd.sdk.connector import Draft, File, Message
from syncd.sdk.errors import ConnectorError, NotFound, Rejected, Stale, Unavailable
from syncd_linear import ids
from syncd_linear.api import Api, Unclear
from syncd_linear.config import LinearConfig
from syncd_linear.fields import FINAL_TYPES, Catalogue, culprit, plain, words
from syncd_linear.memory import Seen
from syncd_linear.reader import Reader
from syncd_linear.text import Asset
from syncd_linear.text import write as write_text
from syncd_linear.wire import IssueJson, StampJson, WrittenCommentJson

CATALOGUE_AGE = 3600.0  # seconds after which teams, states and labels are asked for again


class Writer:
    """What one connection writes, with what its reader knows."""

    def __init__(self, api: Api, *, reader: Reader, config: LinearConfig) -> None:
        self.api = api
        self.reader = reader
        self.config = config
        self.memory = reader.memory
        self._catalogue = Catalogue()
        self._catalogue_until = 0.0

    async def catalogue(self, *, anew: bool = False) -> Catalogue:
        """Teams, states and labels of the workspace, asked for once an hour, in three requests."""
        if anew or monotonic() > self._catalogue_until:
            teams = {team.id: team for team in await self.api.teams()}
            self._catalogue = Catalogue(teams, tuple(await self.api.states()), tuple(await self.api.labels()))
            self._catalogue_until = monotonic() + CATALOGUE_AGE
        return self._catalogue

    # -- create

    async def create(self, draft: Draft, *, key: str) -> IssueJson | None:
        """The new issue; None when an earlier attempt with this key made it.

        Which error a second create with the same id gives is not documented, so after any refusal the id is looked for.
        """
        team = (await self.catalogue()).team(draft.place.get("team", ""))
        given = {"id": ids.issue_id(key), "teamId": team.id, **plain(draft.fields)}
        given |= await self._of_team(draft.fields, team=team.id)
        if "labels" in draft.fields:
            given["labelIds"] = sorted((await self._labels(words(draft.fields["labels"]), team=team.id)).values())
        try:
            return await self.api.create(given)
        except (Rejected, Unclear) as error:
            if await self._exists(ids.issue_id(key)):
                return None
            if isinstance(error, Rejected):
                error.field = error.field or culprit(str(error), draft.fields)
            raise

    async def _exists(self, id: str) -> bool:
        try:
            await self.reader.issue(id)
        except NotFound:
            return False
        return True

    # -- update

    async def update(self, ref: str, fields: Fields, *, expect: str) -> StampJson | None:
        """One mutation for all fields; None when there is nothing to send.

        Linear guards nothing and its history tells afterwards what a write ran over, but not all: a description's
        former text, and what happened in an issue's first minutes. There the issue is read first.
        """
        plain_part = plain(fields)
        seen = await self._seen(ref, fields, expect=expect)
        given = {**plain_part, **await self._of_team(fields, team=seen.team)}
        given |= await self._label_changes(fields, seen)
        if not given:
            return None
        try:
            return await self.api.update(ref, given)
        except Rejected as error:
            raise await self._explained(error, ref, fields, expect=expect) from error

    async def _seen(self, ref: str, fields: Fields, *, expect: str) -> Seen:
        """The issue at `expect`, or as it stands now when nothing was lost meanwhile that its history does not show."""
        known = self.memory.issues.get(ref)
        known = known if known is not None and known.revision == expect else None
        if known is not None and not known.is_young and "description" not in fields:
            return known
        now = await self.reader.read(ref, since=expect if expect.isdecimal() else None)
        fresh = self.memory.issues.get(ref)
        if fresh is None:
            raise NotFound(f"linear: there is no issue {ref}")
        if known is None:
            silent = fresh.revision != expect and (fresh.is_young or "description" in fields)
        else:
            told = {edit.field for edit in now.history}
            silent = any(known.fields[name] != now.fields[name] for name in fields if name not in told)
        if expect and silent:
            raise Stale("linear: the issue changed since it was read, and its history does not say how")
        return fresh

    async def _of_team(self, fields: Fields, *, team: str) -> dict[str, Any]:
        """The ids of a status and of another team. A status is one of the team that the issue will stand in."""
        given: dict[str, Any] = {}
        if "team" in fields:
            team = (await self.catalogue()).team(str(fields["team"])).id
            given["teamId"] = team
        if "status" in fields:
            given["stateId"] = await self._state(fields["status"], team=team)
        return given

    async def _state(self, word: Value, *, team: str) -> str:
        if not isinstance(word, str):
            raise Rejected("linear: an issue always has a status", field="status")
        try:
            return (await self.catalogue()).state(word, team=team).id
        except Rejected:  # somebody may have added it since the states were asked for
            return (await self.catalogue(anew=True)).state(word, team=team).id

    # -- labels

    async def _label_changes(self, fields: Fields, seen: Seen) -> dict[str, Any]:
        """Added and removed one by one, so that what others add meanwhile survives."""
        if "labels" not in fields:
            return {}
        want = words(fields["labels"])
        added = await self._labels(want - seen.labels.keys(), team=seen.team)
        removed = [id for word, id in seen.labels.items() if word not in want]
        given = {"addedLabelIds": sorted(added.values()), "removedLabelIds": sorted(removed)}
        return {name: found for name, found in given.items() if found}

    async def _labels(self, wanted: frozenset[str], *, team: str) -> dict[str, str]:
        """The id of each label; one that the team does not have is made, or refused."""
        known = await self.catalogue()
        if wanted and not all(known.label(word, team=team) for word in wanted):
            known = await self.catalogue(anew=True)
        found: dict[str, str] = {}
        for word in sorted(wanted):
            label = known.label(word, team=team)
            found[word] = label.id if label else await self._make_label(word, team=team)
        return found

    async def _make_label(self, word: str, *, team: str) -> str:
        if not self.config.create_labels:
            raise Rejected(f"linear: the team has no label `{word}`", field="labels")
        try:
            made = await self.api.make_label(word, team=team)
        except Rejected as error:
            raise Rejected(str(error), field="labels") from error
        except Unavailable as error:  # a label more or less; the issue itself was not written
            raise Unavailable(str(error), sent=False) from error
        self._catalogue_until = 0.0
        return made.id

    # -- closing

    async def close(self, ref: str) -> StampJson | None:
        seen = await self._now(ref)
        if seen.state_type in FINAL_TYPES:
            return None
        state = (await self.catalogue()).final_state(seen.team)
        return await self.api.update(ref, {"stateId": state.id})

    async def _now(self, ref: str) -> Seen:
        await self.reader.read(ref)
        seen = self.memory.issues.get(ref)
        if seen is None:
            raise NotFound(f"linear: there is no issue {ref}")
        return seen

    # -- comments

    async def comment(self, ref: str, message: Message, *, key: str) -> WrittenCommentJson:
        """Files first, then the comment that links to them; sent again it is the same comment."""
        if isinstance(message.body, Internal):
            await self.stays_inside(ref)
        assets = [await self._upload(file) for file in message.files]
        body = write_text(message.body.text, assets=assets).source
        id = ids.comment_id(key)
        given = {"id": id, "issueId": ref, "body": body, "doNotSubscribeToIssue": True}
        self.memory.keys[id] = key
        try:
            return await self.api.comment(given)
        except (Rejected, Unclear) as error:
            if made := await self._made_before(id, ref):
                return made
            if isinstance(error, Unclear):
                raise
            raise await self._explained(error, ref, {}, expect="") from error

    async def _made_before(self, id: str, ref: str) -> WrittenCommentJson | None:
        try:
            made = await self.api.one_comment(id)
        except NotFound:
            return None
        ours = self.reader.reading.made_by_us(made.user, made.bot_actor)
        return made if ours and made.issue is not None and made.issue.id == ref else None

    async def stays_inside(self, ref: str) -> None:
        """Refuse an internal text where Linear itself would carry it elsewhere, to a public repository for one."""
        if self.config.synced_issues_are_private:
            return
        seen = self.memory.issues.get(ref) or await self._now(ref)
        if seen.synced_with:
            where = ", ".join(sorted(set(seen.synced_with)))
            why = "`synced_issues_are_private: true` accepts that"
            raise Rejected(f"linear: Linear syncs this issue with {where}, whose readers syncd does not know; {why}")

    async def _upload(self, file: File) -> Asset:
        if file.size > self.config.max_file:
            raise Rejected(f"linear: a file of {file.size} bytes is over the limit", field="attachments")
        url = await self.api.upload(file)
        self.memory.sizes[url] = file.size
        return Asset(url, file.name)

    # -- refusals

    async def _explained(
        self, error: Rejected, ref: str, fields: Mapping[str, Value], *, expect: str
    ) -> ConnectorError:
        """Of a refusal: the issue is gone, it moved on to another team, or a value is not taken."""
        now = await self._now(ref)
        if expect and now.revision != expect and {"status", "labels"} & fields.keys():
            return Stale("linear: the issue changed since it was read, and refuses what was meant for it then")
        error.field = error.field or culprit(str(error), fields)
        return error

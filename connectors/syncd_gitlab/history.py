"""Who changed what since a revision, as far as GitLab tells: state, labels, milestone, and the title.

The first three are resource events. The title stands in a system note, "changed title from **Old** to **New**", with
{-gone-} and {+new+} marked (app/services/system_notes/issuables_service.rb). Of a description GitLab says only that it
changed; so this is no history in the sense of the capability, and is read where a foreign edit was noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from syncd.core.model import Edit, Value
from syncd_gitlab.fields import labelled
from syncd_gitlab.wire import (
    IssueJson,
    LabelEventJson,
    MilestoneEventJson,
    NoteJson,
    StateEventJson,
    UserJson,
    stamp,
)

_TITLE = re.compile(r"changed title from \*\*(.*)\*\* to \*\*(.*)\*\*\Z", re.DOTALL)
_MARKS = re.compile(r"\{[-+]|[-+]\}")
STATES = {"reopened": "opened"}


def since(revision: str, moment: datetime) -> bool:
    """Whether something happened after a revision; in the very millisecond counts, to lose nothing."""
    return stamp(moment) >= revision.partition("/")[0]


def of_states(events: Iterable[StateEventJson], *, own: int) -> Iterator[Edit]:
    """An issue begins open; each event leaves it as it says."""
    before = "opened"
    for event in sorted(events, key=lambda event: (event.created_at, event.id)):
        after = STATES.get(event.state, event.state)
        if after != before:
            yield _edit("status", before, after, event, own=own)
        before = after


def of_labels(events: Sequence[LabelEventJson], *, issue: IssueJson, scopes: Sequence[str], own: int) -> Sequence[Edit]:
    """From the labels of today backwards; what one person did at one moment is one edit of each field."""
    after = set(issue.labels)
    found: list[Edit] = []
    newest = sorted(events, key=lambda event: (event.created_at, event.id), reverse=True)
    for (_, _), group in groupby(newest, key=lambda event: (event.created_at, _who(event.user))):
        steps = list(group)
        before = set(after)
        for step in steps:
            if step.label is not None:
                (before.discard if step.action == "add" else before.add)(step.label.name)
        old, new = labelled(before, scopes), labelled(after, scopes)
        found += [_edit(name, old[name], new[name], steps[0], own=own) for name in new if old[name] != new[name]]
        after = before
    return found[::-1]


def of_milestones(events: Iterable[MilestoneEventJson], *, own: int) -> Iterator[Edit]:
    before: str | None = None
    for event in sorted(events, key=lambda event: (event.created_at, event.id)):
        after = event.milestone.title if event.action == "add" and event.milestone else None
        if after != before:
            yield _edit("milestone", before, after, event, own=own)
        before = after


def of_titles(notes: Iterable[NoteJson], *, own: int) -> Iterator[Edit]:
    """From GitLab's own notes. One that can be read in two ways tells nothing."""
    for note in notes:
        found = _TITLE.fullmatch(note.body) if note.system else None
        if found and "** to **" not in found[1] + found[2]:
            old, new = (_MARKS.sub("", part) for part in found.groups())
            yield Edit("title", old, new, ours=note.author.id == own, at=note.created_at, id=str(note.id))


def _edit(
    field: str,
    old: Value,
    new: Value,
    event: StateEventJson | LabelEventJson | MilestoneEventJson,
    *,
    own: int,
) -> Edit:
    return Edit(field, old, new, ours=_who(event.user) == own, at=event.created_at, id=str(event.id))


def _who(user: UserJson | None) -> int | None:
    return user.id if user else None

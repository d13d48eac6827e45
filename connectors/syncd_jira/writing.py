"""Writing issues: create, edit, and the way through the workflow to a status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from syncd.core.model import Fields, Kind, Person, RichText, Value
from syncd.sdk.connector import Draft
from syncd.sdk.errors import ConnectorError, NotFound, Rejected, Unavailable
from syncd_jira.fields import JiraField, write_value
from syncd_jira.memory import Seen
from syncd_jira.reading import Reader
from syncd_jira.wire import PROPERTY, label_of
from syncd_jira.workflow import MAX_STEPS, StatusIn, TransitionIn, Workflow, choose, choose_final

PROBES = 3
"""How many statuses are looked up at other issues to find a way to one status."""


class Writer:
    """What one connection writes, with what its reader knows."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.api = reader.api
        self.config = reader.config
        self.memory = reader.memory

    # -- create

    async def create(self, draft: Draft, *, key: str) -> str:
        """The new issue's id. Only what its create screen shows is sent; the rest is for an update."""
        project, type_id = await self._place(draft)
        screen = await self._screen(project, type_id)
        if "labels" not in screen:
            why = f"put the field Labels on the create screen of {draft.place['issue_type']} in {project}"
            raise Rejected(f"jira: {why}: by a label syncd finds the issues that it made", field="labels")
        with self._named(draft.fields):
            known = await self._known(draft.fields)
        fields = {each.id: value for each, value in known.items() if each.id in screen}
        labels = draft.fields.get("labels")
        words = labels if isinstance(labels, frozenset) else frozenset[str]()
        fields |= {"project": {"key": project}, "issuetype": {"id": type_id}}
        fields["labels"] = [*sorted(words), label_of(key)]
        with self._named(draft.fields):
            made = await self.api.create({"fields": fields, "properties": [{"key": PROPERTY, "value": {"key": key}}]})
        return made.id

    async def _place(self, draft: Draft) -> tuple[str, str]:
        project, wanted = draft.place.get("project", ""), draft.place.get("issue_type", "")
        if not self.config.looks_at(project):
            raise Rejected(f"jira: `{project}` is none of the connection's `projects`", field="project")
        try:
            types = self.memory.types.get(project) or await self.api.create_types(project)
        except (NotFound, Rejected) as error:
            raise Rejected(f"jira: no project `{project}` in which to make issues", field="project") from error
        self.memory.types[project] = types
        if wanted not in types:
            raise Rejected(
                f"jira: `{project}` has the issue types {', '.join(types)}, no `{wanted}`", field="issue_type"
            )
        return project, types[wanted]

    async def _screen(self, project: str, type_id: str) -> Mapping[str, bool]:
        if (project, type_id) not in self.memory.screens:
            self.memory.screens[project, type_id] = await self.api.create_screen(project, type_id)
        return self.memory.screens[project, type_id]

    # -- update

    async def update(self, ref: str, fields: Fields, *, expect: str) -> None:
        """One PUT for all fields, and the transition; what its screen shows goes with the transition."""
        plain = {name: value for name, value in fields.items() if name not in ("status", "labels")}
        with self._named(fields):
            sent = {each.id: value for each, value in (await self._known(plain)).items()}
        labels = await self._label_changes(ref, fields["labels"], expect=expect) if "labels" in fields else []
        with self._named(fields):
            if "status" in fields:
                await self._change_status(ref, fields["status"], sent, labels, expect=expect)
            else:
                await self._edit(ref, sent, labels)

    async def _edit(self, ref: str, fields: Mapping[str, Any], labels: list[dict[str, str]]) -> bool:
        """Whether there was anything to send."""
        body = {**({"fields": fields} if fields else {}), **({"update": {"labels": labels}} if labels else {})}
        if body:
            await self.api.edit(ref, body)
        return bool(body)

    async def _label_changes(self, ref: str, wanted: Value, *, expect: str) -> list[dict[str, str]]:
        """Added and removed one by one, so that our own mark and what others add meanwhile survive."""
        want = wanted if isinstance(wanted, frozenset) else frozenset[str]()
        have = (await self.reader.seen(ref, revision=expect)).labels
        if spaced := sorted(word for word in want if not word or " " in word):
            raise Rejected(f"jira: a label holds no space: `{spaced[0]}`", field="labels")
        return [*({"add": word} for word in sorted(want - have)), *({"remove": word} for word in sorted(have - want))]

    async def _known(self, fields: Fields) -> dict[JiraField, Any]:
        """Jira's form of each field; those that go another way (status, labels) are left out."""
        catalogue = self.reader.reading.catalogue
        if any(catalogue.find(name) is None for name in fields):
            catalogue = await self.reader.learn_fields()
        found: dict[JiraField, Any] = {}
        for name, value in fields.items():
            known = catalogue.find(name)
            if known is None:
                raise Rejected(f"jira: no field `{name}` that syncd could write", field=name)
            if known.id not in ("status", "labels", "issuetype"):
                found[known] = write_value(known, value, self.reader.reading.dialect)
        return found

    @contextmanager
    def _named(self, fields: Fields) -> Iterator[None]:
        """Jira names a culprit by its id; the caller knows it by the name it wrote."""
        try:
            yield
        except Rejected as error:
            catalogue = self.reader.reading.catalogue
            for name in fields:
                known = catalogue.find(name)
                if known and known.id == error.field:
                    error.field = name
            raise

    # -- status

    async def _change_status(
        self, ref: str, status: Value, fields: dict[str, Any], labels: list[dict[str, str]], *, expect: str
    ) -> None:
        """Nothing is written before a way is known; after the first write, no error says "not happened"."""
        if not isinstance(status, str):
            raise Rejected("jira: an issue always has a status", field="status")
        transitions = await self.api.transitions(ref)
        step = choose(transitions, status, self._given(fields))
        way = None if step else await self._way(ref, status, transitions, expect=expect)
        step = step or choose(transitions, way or "", ())
        if step is None:
            raise Rejected(f"jira: no way to the status `{status}`; {_reachable(transitions)}", field="status")
        last = step.leads_to(status)
        held = {} if last else {id: value for id, value in fields.items() if id == "resolution"}  # for the last step
        screen = self._on_screen(step, fields if last else {})
        rest = {id: value for id, value in fields.items() if id not in screen and id not in held}
        with _partly(await self._edit(ref, rest, labels)):
            await self._take(ref, step, screen)
        if not last:
            with _partly(True):
                await self._walk_on(ref, step.to.name, status, held)

    async def close(self, ref: str) -> None:
        """Walk to a status that counts as done; the ticket is our own, and so may be moved to find the way."""
        issue = await self.api.issue(ref, fields="status")
        status = self.api.answers.read(StatusIn, issue.fields, "status", at="fields")
        visited = {status.id}
        while not status.final:
            with _partly(len(visited) > 1):
                step = choose_final(await self.api.transitions(ref), self._given({}), visited)
                if step is None or len(visited) > MAX_STEPS:
                    raise Rejected(f"jira: no way from `{status.name}` to a final status", field="status")
                await self._take(ref, step, self._on_screen(step, {}))
            status = step.to
            visited.add(status.id)

    async def _take(self, ref: str, step: TransitionIn, fields: Mapping[str, Any]) -> None:
        try:
            await self.api.transition(ref, step.id, fields)
        except Rejected as error:
            lacking = (
                f"; its screen asks for {', '.join(missing)}: see transition_defaults"
                if (missing := step.lacks(fields))
                else ""
            )
            raise Rejected(f"{error} (transition `{step.name}`{lacking})", field="status") from error

    async def _walk_on(self, ref: str, here: str, status: str, held: Mapping[str, Any]) -> None:
        """The further steps of a way whose first was taken."""
        for _ in range(MAX_STEPS - 1):
            transitions = await self.api.transitions(ref)
            seen = self.memory.issues.get(ref)
            workflow = self._workflow(seen) if seen else Workflow()
            workflow.learn(here, transitions)
            goal = status if choose(transitions, status, ()) else workflow.first_step(here, status) or ""
            step = choose(transitions, goal, self._given(held))
            if step is None:
                break
            await self._take(ref, step, self._on_screen(step, held))
            here = step.to.name
            if step.leads_to(status):
                return
        raise Rejected(f"jira: the way to `{status}` ends at `{here}`", field="status")

    async def _way(self, ref: str, status: str, transitions: tuple[TransitionIn, ...], *, expect: str) -> str | None:
        """The first of several steps. What was not seen of the workflow yet, other issues show untouched."""
        seen = await self.reader.seen(ref, revision=expect)
        workflow = self._workflow(seen)
        workflow.learn(seen.status, transitions)
        for unknown in ("", *workflow.unknown(seen.status)[:PROBES]):
            if unknown:
                await self._probe(seen, workflow, unknown)
            if way := workflow.first_step(seen.status, status):
                return way
        return None

    async def _probe(self, seen: Seen, workflow: Workflow, status: str) -> None:
        place = {"container": seen.container, "issue_type": seen.issue_type}
        if other := await self.reader.one_in_status(**place, status=status):
            workflow.learn(status, await self.api.transitions(other))

    def _workflow(self, seen: Seen) -> Workflow:
        configured = {
            status.casefold(): frozenset(map(str.casefold, steps)) for status, steps in self.config.workflow.items()
        }
        return self.memory.workflows.setdefault((seen.container, seen.issue_type), Workflow(configured))

    def _given(self, fields: Mapping[str, Any]) -> frozenset[str]:
        defaults = (self.reader.reading.catalogue.find(name) for name in self.config.transition_defaults)
        return frozenset(fields) | {known.id for known in defaults if known}

    def _on_screen(self, step: TransitionIn, fields: Mapping[str, Any]) -> dict[str, Any]:
        """What goes with a transition: of the fields those on its screen, and the defaults that it requires."""
        sent = {id: value for id, value in fields.items() if id in step.fields}
        for name, word in self.config.transition_defaults.items():
            known = self.reader.reading.catalogue.find(name)
            if known and known.id in step.lacks(sent):
                sent[known.id] = write_value(known, _as_kind(known.kind, word), self.reader.reading.dialect)
        return sent


def _as_kind(kind: Kind, word: str) -> Value:
    """A word of the configuration as a value."""
    match kind:
        case Kind.LABELS | Kind.MULTI_CHOICE:
            return frozenset(each.strip() for each in word.split(","))
        case Kind.RICH_TEXT:
            return RichText.of(word)
        case Kind.PERSON:
            return Person(word)
        case _:
            return word


def _reachable(transitions: tuple[TransitionIn, ...]) -> str:
    names = ", ".join(f"`{name}`" for name in sorted({each.to.name for each in transitions}))
    return f"from where it stands this account can reach {names}" if names else "this account can move it nowhere"


@contextmanager
def _partly(written: bool) -> Iterator[None]:
    """After something was written, every failure means: look before you write again."""
    try:
        yield
    except ConnectorError as error:
        if written:
            raise Unavailable(f"written in part: {error}") from error
        raise

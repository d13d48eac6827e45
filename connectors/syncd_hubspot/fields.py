"""A ticket's fields by their names in a mapping, and what is written to set them. Pure.

Four of HubSpot's own properties have shorter names here; custom ones keep theirs. Stages are in `pipelines`, a
property's text in `values`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from syncd.core.model import Fields, Kind, Person, RichText, Value
from syncd.sdk.connector import FieldInfo
from syncd.sdk.errors import Rejected
from syncd.sdk.names import CustomNames
from syncd_hubspot import text, values
from syncd_hubspot.pipelines import STATUS, Pipeline, Stage
from syncd_hubspot.wire import Properties, PropertyJson, number

PRIORITIES = ("LOW", "MEDIUM", "HIGH", "URGENT")
FIELDS = (
    FieldInfo("subject", Kind.TEXT, required=True),
    FieldInfo("description", Kind.RICH_TEXT),
    FieldInfo(STATUS, Kind.CHOICE),
    FieldInfo("pipeline", Kind.CHOICE, writable=False),
    FieldInfo("priority", Kind.CHOICE, PRIORITIES),
    FieldInfo("assignee", Kind.PERSON),
    FieldInfo("requester", Kind.PERSON, writable=False),
)
API_NAMES: Mapping[str, str] = {
    "subject": "subject",
    "description": "content",
    STATUS: "hs_pipeline_stage",
    "pipeline": "hs_pipeline",
    "priority": "hs_ticket_priority",
    "assignee": "hubspot_owner_id",
}
"""The properties behind our names; `requester` is an association and no property."""
MODIFIED, SOURCE, SOURCE_ID = "hs_lastmodifieddate", "hs_object_source", "hs_object_source_id"
CATEGORY = "hs_ticket_category"
"""HubSpot's own, but its words are the account's, as a custom property's are."""
NAMES = CustomNames(frozenset({*(info.name for info in FIELDS), *API_NAMES.values()}), prefix="property.")

People = Mapping[str, Person]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What an account has.

    Attributes:
        properties: those of tickets that a mapping may name, by that name.
        priorities: the account's words for `hs_ticket_priority`.
        owners: people who can be assigned, by owner id.
        users: the same people by the id that change histories use.
        lacks: what the account does not have and the connector needs.
    """

    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)
    properties: Mapping[str, PropertyJson] = field(default_factory=dict)
    priorities: tuple[str, ...] = PRIORITIES
    owners: People = field(default_factory=dict)
    users: People = field(default_factory=dict)
    lacks: tuple[str, ...] = ()

    @property
    def asked(self) -> tuple[str, ...]:
        """The properties that a read asks for: "GET returns few properties unless `properties=`"."""
        return (*API_NAMES.values(), *(known.name for known in self.properties.values()))

    def pipeline(self, word: str) -> Pipeline:
        """Rejected: there is none of this name."""
        for pipeline in self.pipelines.values():
            if pipeline.word == word:
                return pipeline
        raise Rejected(f"hubspot: there is no pipeline `{word}`", field="pipeline")

    def stage(self, id: str) -> Stage | None:
        """By id, whatever pipeline it is in: no two stages share one."""
        stages = (stage for pipeline in self.pipelines.values() for stage in pipeline.stages)
        return next((stage for stage in stages if stage.id == id), None)


def custom(found: Iterable[PropertyJson], *, ours: frozenset[str]) -> dict[str, PropertyJson]:
    """Properties that the account made, and the category; `ours` belong to syncd, and no mapping sees them."""
    wanted = (each for each in found if (not each.hubspot_defined or each.name == CATEGORY) and each.name not in ours)
    return {NAMES.shown(each.name): each for each in wanted if not each.archived}


def described(known: Catalogue) -> tuple[FieldInfo, ...]:
    """All fields with the account's words."""
    stages = [stage.word for pipeline in known.pipelines.values() for stage in pipeline.stages]
    words = {
        STATUS: tuple(dict.fromkeys(stages)),
        "pipeline": tuple(pipeline.word for pipeline in known.pipelines.values()),
        "priority": known.priorities,
    }
    own = [replace(info, options=words.get(info.name, info.options)) for info in FIELDS]
    return (*own, *(values.info(each, name=name) for name, each in known.properties.items()))


# --- as read ---------------------------------------------------------------------------------------------------------


def fields_of(properties: Properties, known: Catalogue) -> dict[str, Value]:
    """The fields that an answer shows, and no other: what it leaves out is not empty but unknown."""
    own = {
        name: _own(name, properties[api_name], known) for name, api_name in API_NAMES.items() if api_name in properties
    }
    shown = {name: each for name, each in known.properties.items() if each.name in properties}
    return {**own, **{name: values.value_of(each, properties[each.name]) for name, each in shown.items()}}


def _own(name: str, said: str | None, known: Catalogue) -> Value:
    if name == "description":
        return text.read_plain(said or "")
    if not said:
        return None
    match name:
        case "status":
            stage = known.stage(said)
            return stage.word if stage else said
        case "pipeline":
            return known.pipelines[said].word if said in known.pipelines else said
        case "assignee":
            return known.owners.get(said, Person(said))
        case _:
            return said


def value_then(api_name: str, said: str, known: Catalogue) -> tuple[str, Value] | None:
    """A field and what it was, from the history of a property; None for one that is no field."""
    found = fields_of({api_name: said}, known)
    return next(iter(found.items()), None)


# --- as written ------------------------------------------------------------------------------------------------------


def to_properties(fields: Fields, known: Catalogue, *, pipeline: Pipeline | None) -> dict[str, str]:
    """The properties that set these fields and no other.

    Args:
        pipeline: the one that the ticket is in; only a status needs it.

    Raises:
        Rejected: a field or value that this account does not have; names the field.
    """
    made = {}
    for name, value in fields.items():
        if custom := known.properties.get(name):
            made[custom.name] = values.text_of(custom, value, name=name)
        elif name == STATUS and isinstance(value, str) and pipeline:
            made[API_NAMES[name]] = pipeline.stage(value).id
        else:
            made[API_NAMES.get(name, name)] = _text(name, value, known)
    return made


def _text(name: str, value: Value, known: Catalogue) -> str:
    match name, value:
        case "subject", str() if value.strip():
            return value
        case "description", RichText():
            return text.write_plain(value.markdown).source
        case "priority", str() if value in known.priorities:
            return value
        case "assignee", Person():
            return number(value.id, field=name)
        case "description" | "priority" | "assignee", None:
            return ""
    raise Rejected(f"hubspot: `{name}` cannot be written like this", field=name)

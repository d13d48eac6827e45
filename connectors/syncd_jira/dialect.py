"""What differs between Jira Cloud (v3) and Jira Data Center (v2): paths, people, and how a text is written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from syncd.core.model import Person, RichText
from syncd.sdk.text.characters import storable
from syncd_jira.text import adf, read_adf, read_wiki, wiki


class Dialect(Protocol):
    """One deployment's way to say the same."""

    @property
    def api(self) -> str:
        """Where its paths begin."""

    def read(self, value: Any) -> RichText:
        """A rich text as Jira sends it."""

    def write(self, markdown: str, *, limit_link: str = "") -> Any:
        """A text in this deployment's format, as short as Jira demands; what is cut ends with a link."""

    def person(self, value: Mapping[str, Any]) -> Person:
        """A user as Jira sends one."""

    def user(self, id: str) -> dict[str, str]:
        """A user as Jira takes one."""


@dataclass(frozen=True, slots=True)
class CloudDialect:
    """Documents (ADF), and account ids. Webhooks and change logs still carry wiki text, which comes as a string."""

    api: str = "/rest/api/3"

    def read(self, value: Any) -> RichText:
        return read_wiki(value) if isinstance(value, str) else read_adf(value)

    def write(self, markdown: str, *, limit_link: str = "") -> Any:
        return adf(markdown, limit_link=limit_link).source

    def person(self, value: Mapping[str, Any]) -> Person:
        return Person(value["accountId"], storable(value.get("displayName", "")), value.get("emailAddress") or None)

    def user(self, id: str) -> dict[str, str]:
        return {"accountId": id}


@dataclass(frozen=True, slots=True)
class DataCenterDialect:
    """Wiki text, and user names."""

    api: str = "/rest/api/2"

    def read(self, value: Any) -> RichText:
        if not isinstance(value, str):
            raise TypeError(f"wiki text expected, got {json.dumps(value)[:40]}")
        return read_wiki(value)

    def write(self, markdown: str, *, limit_link: str = "") -> Any:
        return wiki(markdown, limit_link=limit_link).source

    def person(self, value: Mapping[str, Any]) -> Person:
        return Person(value["name"], storable(value.get("displayName", "")), value.get("emailAddress") or None)

    def user(self, id: str) -> dict[str, str]:
        return {"name": id}


CLOUD: Final = CloudDialect()
DATA_CENTER: Final = DataCenterDialect()

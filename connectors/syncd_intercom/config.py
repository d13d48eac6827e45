"""The block of an Intercom workspace in the configuration."""

from __future__ import annotations

import re
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from syncd.sdk.client import Header, SignIn
from syncd.sdk.connector import ConnectionConfig

Objects = Literal["tickets", "conversations", "both"]
PLACES = frozenset({"workspace", "kind", "id"})
_PLACE = re.compile(r"\{([^{}]*)\}")


class AttributeConfig(BaseModel):
    """A custom attribute of conversations. Intercom's API lists those of contacts and companies only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["string", "list", "integer", "datetime"] = Field(default="string", description="What the API takes.")
    options: tuple[str, ...] = Field(default=(), description="The words of a list.")

    @model_validator(mode="after")
    def _words_of_a_list(self) -> Self:
        if (self.type == "list") != bool(self.options):
            raise ValueError("a list has `options`, and nothing else has")
        return self


class IntercomConfig(ConnectionConfig):
    """An Intercom workspace: the access token of an app, made by an admin (teammate) of syncd's own."""

    credentials: ClassVar = (("token",),)

    token: SecretStr = Field(description="The access token of your app (Developer Hub, Authentication).")
    objects: Objects = Field(
        default="tickets", description="What is polled: `tickets`, `conversations` or `both`, in one request each."
    )
    key_attribute: str = Field(
        default="syncd_key",
        min_length=1,
        description="Text attribute of ticket types, hidden from contacts, in which new tickets carry syncd's key.",
    )
    link_attribute: str | None = Field(
        default=None, description="Text attribute, of ticket types or conversations, that shows the engineering issue."
    )
    requester: str | None = Field(
        default=None,
        pattern=r"^[^\s@]+@[^\s@]+$",
        description="Address of the contact for whom tickets are made where a mapping's `create` names no `contact`.",
    )
    conversation_attributes: dict[str, AttributeConfig] = Field(
        default_factory=dict, description="Custom attributes of conversations that mappings may name."
    )
    link: str | None = Field(
        default=None,
        description="Where people open one: an address with {workspace}, {kind} and {id}; else the Inbox of `url`.",
    )
    download_hosts: frozenset[str] = Field(
        default=frozenset(), description="Hosts that files may come from although they are in this network."
    )

    @field_validator("link")
    @classmethod
    def _known_places(cls, link: str | None) -> str | None:
        if link and not {"id"} <= set(_PLACE.findall(link)) <= PLACES:
            raise ValueError("write {id}, and besides it at most {workspace} and {kind}")
        return link

    @property
    def site(self) -> str:
        return self.url.rstrip("/")

    def address(self, *, workspace: str, kind: str, id: str) -> str:
        """Where people open a ticket or a conversation. `api.eu.intercom.io` belongs to `app.eu.intercom.com`."""
        region = re.sub(r"^https?://api\.(.*)intercom\.io$", r"https://app.\1intercom.com", self.site)
        link = self.link or f"{region}/a/inbox/{{workspace}}/inbox/conversation/{{id}}"
        words = {"workspace": workspace, "kind": kind, "id": id}
        return _PLACE.sub(lambda place: words[place[1]], link)

    def sign_in(self) -> SignIn:
        return Header(self.token)

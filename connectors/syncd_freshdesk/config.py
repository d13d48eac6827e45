"""The block of a Freshdesk account in the configuration."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from syncd.sdk.client import Basic, SignIn
from syncd.sdk.connector import ConnectionConfig

CUSTOM = r"^cf_[a-z0-9_]{1,250}$"


class FreshdeskConfig(ConnectionConfig):
    """A Freshdesk account: the API key of an agent of syncd's own."""

    credentials: ClassVar = (("api_key",),)

    api_key: SecretStr = Field(description="The API key of the agent that syncd works as (Profile settings).")
    key_field: str = Field(
        default="cf_syncd_key",
        pattern=CUSTOM,
        description="API name of a text field, hidden from customers, in which new tickets carry syncd's key.",
    )
    link_field: str | None = Field(
        default=None,
        pattern=CUSTOM,
        description="API name of a text field, hidden from customers, that shows the engineering issue.",
    )
    public_comments: Literal["reply", "note"] = Field(
        default="reply",
        description="Public comments are replies, which Freshdesk mails and nobody can edit, or public notes.",
    )
    requester: str | None = Field(
        default=None,
        pattern=r"^[^\s@]+@[^\s@]+$",
        description="Address of the contact who requests the tickets that syncd makes; else syncd's own agent does.",
    )
    download_hosts: frozenset[str] = Field(
        default=frozenset(), description="Hosts that files may come from although they are in this network."
    )

    def sign_in(self) -> SignIn:
        """The key is the user; any password will do."""
        return Basic(self.api_key.get_secret_value(), SecretStr("X"))

"""The table `channels` of the config: one shape for each kind."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from email.headerregistry import Address
from email.utils import getaddresses, parseaddr
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class ChannelConfig(BaseModel):
    """What every channel has; `kind` says which shape the rest has."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, validate_by_alias=True, validate_by_name=True
    )

    kind: str = Field(description="How people are told: slack, teams, email or webhook.", examples=["slack"])
    timeout: timedelta = Field(default=timedelta(seconds=10), description="Longest wait for one request.")


class SlackConfig(ChannelConfig):
    """An incoming webhook of Slack: it belongs to one channel there."""

    kind: Literal["slack"] = "slack"
    url: SecretStr = Field(description="The webhook's address, which is a secret.", examples=["${SLACK_WEBHOOK}"])


class TeamsConfig(ChannelConfig):
    """A webhook of Teams Workflows ("When a Teams webhook request is received")."""

    kind: Literal["teams"] = "teams"
    url: SecretStr = Field(description="The workflow's address, which is a secret.", examples=["${TEAMS_WEBHOOK}"])


class WebhookConfig(ChannelConfig):
    """Any program that takes Standard Webhooks (https://www.standardwebhooks.com)."""

    kind: Literal["webhook"] = "webhook"
    url: str = Field(description="Where it listens.", examples=["https://pager.acme.example/syncd"])
    secret: SecretStr = Field(
        description="Signs each message: `whsec_` and 24 to 64 bytes in base64.", examples=["${PAGER_SECRET}"]
    )

    @field_validator("secret")
    @classmethod
    def _is_secret(cls, secret: SecretStr) -> SecretStr:
        try:
            raw = base64.b64decode(secret.get_secret_value().removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("`secret` is no secret of Standard Webhooks: they are `whsec_` and base64") from None
        if not 24 <= len(raw) <= 64:
            raise ValueError("`secret` has not the 24 to 64 bytes that Standard Webhooks ask for")
        return secret


class EmailConfig(ChannelConfig):
    """A mail server that takes mail from us."""

    kind: Literal["email"] = "email"
    host: str = Field(description="The mail server.", examples=["smtp.acme.example"])
    port: int = Field(default=587, ge=1, le=65535, description="587 for STARTTLS, 465 for TLS.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the way there is encrypted; `none` only to this machine."
    )
    user: str | None = Field(default=None, description="Who signs in there; without it nobody does.")
    password: SecretStr | None = Field(default=None, description="The password of `user`.")
    from_: str = Field(alias="from", description="Whom the mail is from.", examples=["syncd <syncd@acme.example>"])
    reply_to: str | None = Field(default=None, description="Where an answer goes, if not to `from`.")
    to: tuple[str, ...] = Field(
        default=(),
        description="Who gets it where a rule names the channel and no address.",
        examples=["[a@b.example]"],
    )

    @field_validator("from_", "reply_to", "to")
    @classmethod
    def _are_addresses(cls, given: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        for one in (given,) if isinstance(given, str) else given or ():
            if not is_address(one):
                raise ValueError(f"`{one}` is no address that mail goes to or comes from")
        return given


KINDS: Mapping[str, type[ChannelConfig]] = {
    "slack": SlackConfig,
    "teams": TeamsConfig,
    "email": EmailConfig,
    "webhook": WebhookConfig,
}


def is_address(text: str) -> bool:
    """Whether it is one address of e-mail, with or without a name before it."""
    if len(getaddresses([text])) != 1 or not text.isprintable():
        return False
    address = parseaddr(text)[1]
    local, _, domain = address.rpartition("@")
    if not local or not domain or any(char.isspace() or char in ",;<>" for char in address):
        return False
    try:
        Address(addr_spec=address)
    except ValueError:
        return False
    return True

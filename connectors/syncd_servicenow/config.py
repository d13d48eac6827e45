"""The block of a ServiceNow account in the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from syncd.sdk.client import Basic, Header, SignIn, Tokens
from syncd.sdk.connector import ConnectionConfig
from syncd.sdk.oauth import OAuthConfig

Table = Literal["incident", "sn_customerservice_case"]
ColumnType = Literal["string", "choice", "integer", "decimal", "boolean", "glide_date", "glide_date_time", "sys_user"]

_COLUMN = re.compile(r"[a-z][a-z0-9_]*")
_RECORD = re.compile(r"[a-z][a-z0-9_]*/[0-9a-f]{32}")


class ServiceNowConfig(ConnectionConfig):
    """An integration user with its password, or an OAuth token, and the table that holds the tickets."""

    credentials: ClassVar = (("user", "password"), ("oauth_token",), ("oauth",))

    user: str | None = Field(default=None, description="The user name of the integration user, with `password`.")
    password: SecretStr | None = Field(default=None, description="The password of the integration user.")
    oauth_token: SecretStr | None = Field(default=None, description="Instead of `user` and `password`.")
    oauth: OAuthConfig | None = Field(default=None, description="Instead of both: an application of the instance.")
    table: Table = Field(default="incident", description="Where the tickets are.")
    choices: Literal["label", "value"] = Field(
        default="label", description="Whether choices are called by their labels (`In Progress`) or values (`2`)."
    )
    language: str = Field(default="en", description="The language of the labels.")
    columns: dict[str, ColumnType] = Field(
        default_factory=dict, description="Custom columns and their types, for an account that cannot read them."
    )
    link_field: str = Field(
        default="correlation_display", description="The column that shows the address of the engineering issue."
    )
    closed_status: str = Field(default="Closed", description="The status that a ticket made twice by accident gets.")
    with_status: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="What the instance wants with a status: `Resolved: {close_code: ..., close_notes: ...}`.",
    )
    internal_files: str | None = Field(
        default=None,
        description="`table/sys_id` of a record that no customer can read; files of internal notes hang there.",
    )
    rich_text: bool = Field(
        default=True, description="Whether the instance shows `[code]<b>...</b>[/code]` in comments as HTML."
    )
    max_text: int = Field(default=4000, ge=400, description="The most characters of a comment or a description.")
    audit: bool = Field(
        default=True, description="Whether the account reads `sys_audit`; without it no write is guarded."
    )

    @field_validator("columns", mode="after")
    @classmethod
    def _columns(cls, given: dict[str, ColumnType]) -> dict[str, ColumnType]:
        _check_names(given)
        return given

    @field_validator("with_status", mode="after")
    @classmethod
    def _with_status(cls, given: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        _check_names(name for columns in given.values() for name in columns)
        return given

    @field_validator("link_field", mode="after")
    @classmethod
    def _link_field(cls, given: str) -> str:
        _check_names([given])
        return given

    @field_validator("internal_files", mode="after")
    @classmethod
    def _record(cls, given: str | None) -> str | None:
        if given is not None and not _RECORD.fullmatch(given):
            raise ValueError("give a table and the sys_id of one of its records: `u_files/46b6...`")
        return given

    @property
    def site(self) -> str:
        return self.url.rstrip("/")

    @property
    def customer(self) -> str:
        """The column of the one who asks for help."""
        return "caller_id" if self.table == "incident" else "contact"

    def sign_in(self) -> SignIn:
        """As c_TableAPI.md has it: Basic, or a bearer."""
        if self.oauth:
            return Tokens(self.oauth, f"{self.site}/oauth_token.do")
        return Header(self.oauth_token) if self.oauth_token else Basic(self.user, self.password)


def _check_names(names: Iterable[str]) -> None:
    """They stand in queries and lists of columns."""
    if bad := [name for name in names if not _COLUMN.fullmatch(name)]:
        raise ValueError(f"not the name of a column: {', '.join(bad)}")

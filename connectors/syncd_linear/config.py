"""The block of a Linear workspace in the configuration."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from pydantic import Field, SecretStr

from syncd.sdk.client import Header, SignIn, Tokens
from syncd.sdk.connector import ConnectionConfig
from syncd.sdk.oauth import OAuthConfig


class LinearConfig(ConnectionConfig):
    """A Linear workspace, as one of its members (an API key) or as an application (an OAuth token)."""

    credentials: ClassVar = (("api_key",), ("oauth",))

    url: str = Field(default="https://api.linear.app", description="Where Linear answers, with https.")
    api_key: SecretStr | None = Field(default=None, description="A personal API key of the account.")
    oauth: OAuthConfig | None = Field(default=None, description="Instead of a key: an application of the workspace.")
    create_labels: bool = Field(
        default=True, description="Make a label that the team does not have; else it is refused by name."
    )
    follow_duplicates: bool = Field(
        default=True, description="An issue marked as a duplicate counts as merged into the other one."
    )
    synced_issues_are_private: bool = Field(
        default=False,
        description="Write internal comments on issues that Linear itself syncs with GitHub, Jira or Slack.",
    )
    overlap: timedelta = Field(default=timedelta(minutes=1), description="How far each poll looks back.")
    files_url: str = Field(default="https://uploads.linear.app", description="Where Linear keeps files.")
    max_file: int = Field(default=50 * 1024 * 1024, description="The largest file to upload, in bytes.")
    download_hosts: frozenset[str] = Field(
        default=frozenset(), description="Hosts that files may go to and come from although they are in this network."
    )

    def sign_in(self) -> SignIn:
        if self.oauth:
            return Tokens(self.oauth, f"{self.url.rstrip('/')}/oauth/token")
        return Header(self.api_key, "{}")

"""The block of a Jira connection in `config/syncd.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Literal, Self

from pydantic import Field, SecretStr, model_validator

from syncd.sdk.client import Basic, Header, SignIn, Tokens
from syncd.sdk.connector import ConnectionConfig
from syncd.sdk.oauth import OAuthConfig

GATEWAY = "https://api.atlassian.com"
TOKENS = "https://auth.atlassian.com/oauth/token"


class JiraConfig(ConnectionConfig):
    """Where Jira is, who we are there, and what it cannot tell about itself."""

    credentials: ClassVar = (("token",), ("oauth",))
    part_key: ClassVar = "projects"

    deployment: Literal["cloud", "data_center"] = Field(
        default="cloud", description="cloud (https://SITE.atlassian.net) or data_center."
    )
    email: str | None = Field(default=None, description="Cloud: the account that the token belongs to.")
    token: SecretStr | None = Field(
        default=None, description="Cloud: an API token. Data Center: a personal access token."
    )
    oauth: OAuthConfig | None = Field(default=None, description="Cloud, instead of a token: an application.")
    cloud_id: str | None = Field(
        default=None,
        pattern=r"^[0-9A-Za-z-]+$",
        description="Cloud, with `oauth`: the site's id (https://SITE.atlassian.net/_edge/tenant_info shows it).",
    )
    service_project: bool = Field(
        default=False,
        description="Whether these are projects of Jira Service Management, whose comments customers see.",
    )
    projects: tuple[str, ...] = Field(default=(), description="Keys of the projects to look at; all where empty.")
    transition_defaults: Mapping[str, str] = Field(
        default_factory=dict,
        description="What to fill into a transition's screen where it is required: resolution: Done.",
    )
    workflow: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Which statuses follow a status, for steps that Jira has not shown yet."
    )
    link_via: Literal["remote_link", "none"] = Field(
        default="remote_link", description="How an issue shows its ticket: as a web link, or not at all."
    )
    index_lag: timedelta = Field(
        default=timedelta(minutes=15), description="How long a new issue may be missing from Jira's search."
    )
    overlap: timedelta = Field(default=timedelta(minutes=5), description="How far each poll looks back.")

    @model_validator(mode="after")
    def _has_an_account(self) -> Self:
        cloud = self.deployment == "cloud"
        if self.oauth and not cloud:
            raise ValueError("`oauth` is for Jira Cloud; give `token`, a personal access token, to a Data Center")
        if self.oauth and not self.cloud_id:
            raise ValueError("`cloud_id` is needed with `oauth`: https://SITE.atlassian.net/_edge/tenant_info shows it")
        if self.oauth and self.email:
            raise ValueError("`email` goes with `token`; take it out beside `oauth`")
        if self.token and cloud and not self.email:
            raise ValueError("`email` is needed with an API token of Jira Cloud: the account that the token belongs to")
        return self

    def looks_at(self, project: str) -> bool:
        """Whether issues of the project with this key are this connection's; Jira itself takes `core` for `CORE`."""
        return not self.projects or project.casefold() in map(str.casefold, self.projects)

    @property
    def api(self) -> str:
        """Where the API answers: an application's requests go by Atlassian's gateway."""
        return f"{GATEWAY}/ex/jira/{self.cloud_id}" if self.oauth else self.url

    def sign_in(self) -> SignIn:
        if self.oauth:
            return Tokens(self.oauth, TOKENS, json=True)
        return Basic(self.email, self.token) if self.deployment == "cloud" else Header(self.token)

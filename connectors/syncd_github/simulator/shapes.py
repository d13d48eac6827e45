"""The simulated site's state as GitHub's JSON, the same in answers and in webhooks."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from syncd.sdk.testing.simulator import Account
from syncd_github.simulator.site import COLOURS, Hook, Issue, Milestone, Repository, SiteComment, SiteEvent

USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
REPOSITORY_LINKS = (
    *("archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents"),
    *("contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks"),
    *("issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones"),
    *("notifications", "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams"),
    "trees",
)
REACTIONS = ("+1", "-1", "confused", "eyes", "heart", "hooray", "laugh", "rocket")
BOT = "bot"
"""The scope of an account that is an App's."""
SHOWN = "public e-mail"
"""The scope of an account whose profile shows its address."""


def time(at: datetime | None) -> str | None:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if at else None


def node(kind: str, id: object) -> str:
    """An opaque id, as GitHub's GraphQL has it."""
    return f"{kind}_{base64.urlsafe_b64encode(str(id).encode()).decode().rstrip('=')}"


@dataclass(frozen=True, slots=True)
class Shapes:
    url: str  # of the API, and of the pages

    # -- people

    def user(self, account: Account) -> dict[str, Any]:
        address = f"{self.url}/users/{quote(account.name)}"
        return {
            "login": account.name,
            "id": int(account.id),
            "node_id": node("U", account.id),
            "avatar_url": f"{self.url}/avatars/{account.id}",
            "gravatar_id": "",
            "url": address,
            "html_url": f"{self.url}/{quote(account.name)}",
            **{name: address + rest for name, rest in USER_LINKS.items()},
            "type": "Bot" if BOT in account.scopes else "User",
            "site_admin": False,
        }

    def profile(self, account: Account) -> dict[str, Any]:
        """What everybody may see; the address only where its owner shows it."""
        nothing = dict.fromkeys(("blog", "company", "bio", "location", "hireable"))
        numbers = dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0)
        made = {"created_at": "2020-01-01T00:00:00Z", "updated_at": "2020-01-01T00:00:00Z"}
        email = account.email if SHOWN in account.scopes else None
        shown = {"name": account.name.replace("-", " ").title(), "email": email or None}
        return {**self.user(account), **nothing, **numbers, **made, **shown, "user_view_type": "public"}

    def own_profile(self, account: Account) -> dict[str, Any]:
        numbers = ("collaborators", "disk_usage", "owned_private_repos", "private_gists", "total_private_repos")
        mine = {**dict.fromkeys(numbers, 0), "two_factor_authentication": True, "user_view_type": "private"}
        return {**self.profile(account), **mine}

    # -- issues

    def issue(self, issue: Issue) -> dict[str, Any]:
        repository = f"{self.url}/repos/{issue.repository.name}"
        address = f"{repository}/issues/{issue.number}"
        people = [self.user(account) for account in issue.assignees]
        kind = "pull" if issue.pull_request else "issues"
        shown = {
            "id": issue.id,
            "node_id": node("I", issue.id),
            "url": address,
            "repository_url": repository,
            "labels_url": f"{address}/labels{{/name}}",
            "comments_url": f"{address}/comments",
            "events_url": f"{address}/events",
            "html_url": f"{self.url}/{issue.repository.name}/{kind}/{issue.number}",
            "number": issue.number,
            "state": issue.state,
            "state_reason": issue.state_reason,
            "title": issue.title,
            "body": issue.body,
            "user": self.user(issue.author),
            "labels": [self.label(issue.repository, name) for name in issue.labels],
            "assignee": people[0] if people else None,
            "assignees": people,
            "milestone": self.milestone(issue, issue.milestone) if issue.milestone else None,
            "locked": issue.locked,
            "active_lock_reason": None,
            "comments": len(issue.comments),
            "closed_at": time(issue.closed),
            "created_at": time(issue.created),
            "updated_at": time(issue.updated),
            "closed_by": self.user(issue.closer) if issue.closer else None,
            "author_association": "NONE",
            "reactions": self.reactions(address),
        }
        if issue.type:
            shown["type"] = self.type(issue.repository, issue.type)
        if issue.pull_request:
            pull = f"{repository}/pulls/{issue.number}"
            names = ("url", "html_url", "diff_url", "patch_url")
            shown["pull_request"] = dict.fromkeys(names, pull)
        return shown

    def label(self, repository: Repository, name: str) -> dict[str, Any]:
        place = list(repository.labels).index(name.casefold())
        return {
            "id": repository.id * 1000 + place,
            "node_id": node("LA", f"{repository.id}-{place}"),
            "url": f"{self.url}/repos/{repository.name}/labels/{quote(name, safe='')}",
            "name": name,
            "description": None,
            "color": COLOURS[place % len(COLOURS)],
            "default": False,
        }

    def milestone(self, issue: Issue, milestone: Milestone) -> dict[str, Any]:
        return self.milestone_of(issue.repository, milestone)

    def milestone_of(self, repository: Repository, milestone: Milestone) -> dict[str, Any]:
        address = f"{self.url}/repos/{repository.name}/milestones/{milestone.number}"
        return {
            "url": address,
            "html_url": address,
            "labels_url": f"{address}/labels",
            "id": milestone.id,
            "node_id": node("MI", milestone.id),
            "number": milestone.number,
            "state": "open",
            "title": milestone.title,
            "description": None,
            "creator": None,
            "open_issues": 0,
            "closed_issues": 0,
            "created_at": time(repository.made),
            "updated_at": time(repository.made),
            "closed_at": None,
            "due_on": None,
        }

    def type(self, repository: Repository, name: str) -> dict[str, Any]:
        place = repository.types.index(name)
        return {"id": place + 1, "node_id": node("IT", place), "name": name, "description": None, "color": "gray"}

    def reactions(self, address: str) -> dict[str, Any]:
        return {"url": f"{address}/reactions", "total_count": 0, **dict.fromkeys(REACTIONS, 0)}

    def comment(self, issue: Issue, comment: SiteComment) -> dict[str, Any]:
        repository = f"{self.url}/repos/{issue.repository.name}"
        address = f"{repository}/issues/comments/{comment.id}"
        return {
            "id": comment.id,
            "node_id": node("IC", comment.id),
            "url": address,
            "html_url": f"{self.issue(issue)['html_url']}#issuecomment-{comment.id}",
            "issue_url": f"{repository}/issues/{issue.number}",
            "body": comment.body,
            "user": self.user(comment.author),
            "created_at": time(comment.created),
            "updated_at": time(comment.updated),
            "author_association": "NONE",
            "performed_via_github_app": None,
            "reactions": self.reactions(address),
        }

    def event(self, issue: Issue, event: SiteEvent) -> dict[str, Any]:
        return {
            "id": event.id,
            "node_id": node("EV", event.id),
            "url": f"{self.url}/repos/{issue.repository.name}/issues/events/{event.id}",
            "actor": self.user(event.actor),
            "event": event.kind,
            "commit_id": None,
            "commit_url": None,
            "created_at": time(event.at),
            "performed_via_github_app": None,
            **self._event_details(issue, event),
        }

    def _event_details(self, issue: Issue, event: SiteEvent) -> Mapping[str, Any]:
        more = event.more
        match event.kind:
            case "labeled" | "unlabeled":
                shown = self.label(issue.repository, more["label"])
                return {"label": {"name": shown["name"], "color": shown["color"]}}
            case "assigned" | "unassigned":
                return {"assignee": self.user(more["assignee"]), "assigner": self.user(event.actor)}
            case "milestoned" | "demilestoned":
                return {"milestone": {"title": more["milestone"].title}}
            case "issue_type_added" | "issue_type_changed" | "issue_type_removed":
                names = ("issue_type", "prev_issue_type") if event.kind.endswith("changed") else ("issue_type",)
                return {name: {"id": 1, "name": more[name], "color": "gray"} for name in names}
            case "locked":
                return {"lock_reason": None}
            case _:
                return more

    # -- repositories

    def repository(self, repository: Repository, *, push: bool) -> dict[str, Any]:
        owner, _, name = repository.name.partition("/")
        address = f"{self.url}/repos/{repository.name}"
        page = f"{self.url}/{repository.name}"
        counts = ("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count", "watchers")
        no = ("has_projects", "has_wiki", "has_pages", "has_discussions", "has_downloads", "disabled", "fork")
        return {
            **{f"{each}_url": f"{address}/{each}" for each in REPOSITORY_LINKS},
            **dict.fromkeys((*counts, "watchers_count"), 0),
            **dict.fromkeys(no, False),
            **dict.fromkeys(("description", "homepage", "language", "license", "mirror_url")),
            "id": repository.id,
            "node_id": node("R", repository.id),
            "name": name,
            "full_name": repository.name,
            "private": repository.visibility != "public",
            "visibility": repository.visibility,
            "owner": self.user(Account("1", owner)),
            "url": address,
            "html_url": page,
            "clone_url": f"{page}.git",
            "git_url": f"{page}.git",
            "ssh_url": f"git@{page}.git",
            "svn_url": page,
            "default_branch": "main",
            "topics": [],
            "is_template": False,
            "allow_forking": True,
            "web_commit_signoff_required": False,
            "archived": repository.archived,
            "has_issues": repository.has_issues,
            "created_at": time(repository.made),
            "updated_at": time(repository.made),
            "pushed_at": time(repository.made),
            "permissions": {"admin": push, "maintain": push, "push": push, "triage": push, "pull": True},
        }

    def full_repository(self, repository: Repository, *, push: bool) -> dict[str, Any]:
        shown = {**self.repository(repository, push=push), "network_count": 0, "subscribers_count": 0}
        return {name: value for name, value in shown.items() if name != "has_downloads"}

    def hook(self, repository: Repository, hook: Hook) -> dict[str, Any]:
        """The secret is never shown."""
        address = f"{self.url}/repos/{repository.name}/hooks/{hook.id}"
        secret = {"secret": "********"} if hook.secret else {}
        return {
            "type": "Repository",
            "id": hook.id,
            "name": "web",
            "active": hook.active,
            "events": hook.events,
            "config": {"url": hook.url, "content_type": hook.content_type, "insecure_ssl": "0", **secret},
            "updated_at": time(hook.made),
            "created_at": time(hook.made),
            "url": address,
            "test_url": f"{address}/test",
            "ping_url": f"{address}/pings",
            "deliveries_url": f"{address}/deliveries",
            "last_response": {"code": None, "status": "unused", "message": None},
        }

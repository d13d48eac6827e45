"""The simulated Jira as `ConnectorTests` wants to see it, and Ana, who works there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from syncd.core.model import Fields, RichText, Value
from syncd.sdk.connector import Webhook
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.outbox import Event, Subscription
from syncd.sdk.testing.simulator import Account
from syncd.sdk.testing.world import Deed, Deeds, Shown, Words
from syncd.sdk.text.markdown import parse
from syncd_jira import Jira
from syncd_jira.adf_writer import to_adf
from syncd_jira.dialect import CLOUD, DATA_CENTER
from syncd_jira.fields import SYSTEM, write_value
from syncd_jira.simulator import ANA, JiraSimulator
from syncd_jira.simulator.scheme import TRANSITIONS
from syncd_jira.simulator.site import Issue, SiteComment
from syncd_jira.wiki_writer import to_wiki
from tests.connectors.jira.described import checked

SECRET = "a-webhook-secret-of-24-bytes"
LAG = timedelta(seconds=2)
OVERLAP = timedelta(seconds=10)

STEPS = {
    "To Do": ("In Progress",),
    "In Progress": ("To Do", "In Review", "Done"),
    "In Review": ("In Progress", "Done"),
    "Done": ("In Progress",),
}
"""The workflow as an admin may write it into `workflow`, for a site where no other issue shows it."""


class JiraWorld(Deeds):
    def __init__(self, deployment: str = "cloud", *, on: JiraSimulator | None = None, **config: Any) -> None:
        """A site of its own, or one more connection `on` a site."""
        self.clock = on.clock if on and isinstance(on.clock, Clock) else Clock()
        self.simulator = on or JiraSimulator(deployment=deployment, clock=self.clock)
        self.simulator.lag = LAG
        self.project = "DESK" if config.get("service_project") else "CORE"
        self.dialect = CLOUD if deployment == "cloud" else DATA_CENTER
        address = "http://syncd/hooks/jira" + ("" if self.simulator.cloud else f"?secret={SECRET}")
        self.subscription = Subscription(str(len(self.simulator.outbox.subscriptions) + 1), address, SECRET)
        self.simulator.outbox.subscriptions.append(self.subscription)
        if not self.simulator.cloud:  # who may manage webhooks there
            self.simulator.permissions |= {"ADMINISTER"}
        self.transport = checked(self.simulator.transport(), deployment=deployment)
        more = {"webhook_secret": SECRET, "overlap": OVERLAP, "index_lag": LAG, **config}
        self.config = Jira.Config.model_validate(self.simulator.connection(**more))
        self.words = Words(
            place={"project": self.project, "issue_type": "Bug"},
            title="summary",
            description="description",
            choice=("priority", "Low", "Highest"),
            status=("status", "In Progress"),
            done=("status", "To Do", "Done"),
            impossible="On Hold",
            labels="labels",
            day="duedate",
            moment="Deployed",
            person="assignee",
            email=ANA.email,
            customers=bool(config.get("service_project")),
            signed=self.simulator.cloud,
            deeds=frozenset(Deed) - {Deed.RESTORE, Deed.MERGE},
        )

    def connector(self, **config: Any) -> Jira:
        """A new process's connector."""
        changed = self.config.model_copy(update=config)
        return Jira(changed, connection="jira", transport=self.transport)

    @property
    def requests(self) -> int:
        return len(self.simulator.calls())

    async def open(self, fields: Fields) -> str:
        with self.simulator.acting(ANA):
            return self.simulator.site.create(self.project, "10004", self._written(fields), {}).id

    async def edit(self, ref: str, fields: Fields) -> None:
        self.clock.advance(0.001)
        plain = {name: value for name, value in fields.items() if name != "status"}
        with self.simulator.acting(ANA):
            if plain:
                self.simulator.site.edit(self.simulator.site.issue(ref), self._written(plain), {})
            if "status" in fields:
                self._walk(self.simulator.site.issue(ref), str(fields["status"]))

    async def say(self, ref: str, text: str, *, public: bool) -> None:
        self.clock.advance(0.001)
        with self.simulator.acting(self._speaker(public=public)):
            self.simulator.site.say(self.simulator.site.issue(ref), self._typed(text), public=public)

    async def attach(self, ref: str, name: str, content: bytes, *, public: bool) -> None:
        """With a comment that shows it: whoever may read the comment may have the file."""
        self.clock.advance(0.001)
        kind = "application/octet-stream"
        with self.simulator.acting(self._speaker(public=public)):
            issue = self.simulator.site.issue(ref)
            self.simulator.site.attach(issue, name=name, media_type=kind, content=content, public=public)
            self.simulator.site.say(issue, self._showing(name), public=public)

    def _showing(self, name: str) -> Any:
        """A comment as Jira's editor makes it of a file that is dropped into it."""
        if not self.simulator.cloud:
            return f"see\n\n[^{name}]"
        file = {"type": "media", "attrs": {"type": "file", "id": "1", "collection": "", "alt": name}}
        words = {"type": "paragraph", "content": [{"type": "text", "text": "see"}]}
        return {"type": "doc", "version": 1, "content": [words, {"type": "mediaGroup", "content": [file]}]}

    def _speaker(self, *, public: bool) -> Account:
        return ANA

    async def delete(self, ref: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.site.delete(self.simulator.site.issue(ref))

    async def move(self, ref: str) -> None:
        """To another project of the same kind."""
        self.clock.advance(0.001)
        with self.simulator.acting(ANA):
            self.simulator.site.move(self.simulator.site.issue(ref), "HELP" if self.project == "DESK" else "TRIAGE")

    async def reword(self, ref: str, said: str, text: str) -> None:
        issue, comment = self._said(ref, said)
        with self.simulator.acting(ANA):
            self.simulator.site.rewrite(issue, comment, self._typed(text))

    async def unsay(self, ref: str, said: str) -> None:
        with self.simulator.acting(ANA):
            self.simulator.site.unsay(*self._said(ref, said))

    def _said(self, ref: str, said: str) -> tuple[Issue, SiteComment]:
        self.clock.advance(0.001)
        issue = self.simulator.site.issue(ref)
        return issue, next(comment for comment in issue.comments if said in str(comment.body))

    async def look(self, ref: str) -> Shown:
        """Customers see nothing of a software project; of a service project what is said and attached in public."""
        issue = self.simulator.site.issue(ref)
        said = [str(comment.body) for comment in issue.comments if comment.public]
        files = [file.name for file in issue.files if file.public]
        shown = (*said, *files) if issue.project.is_desk else ()
        return Shown(shown, tuple(str(link["object"]["url"]) for link in issue.links.values()))

    async def settle(self) -> None:
        self.clock.advance(LAG + OVERLAP + timedelta(seconds=1))

    async def switch_off(self, address: str) -> None:
        self.simulator.webhooks.switch_off(address)

    async def webhooks(self) -> Sequence[Webhook]:
        waiting, self.simulator.outbox.waiting = self.simulator.outbox.waiting, []
        return [self._delivery(outgoing.event) for outgoing in waiting]

    def sign(self, body: bytes) -> Webhook:
        return self._delivery(Event("hook-signed", "jira:issue_updated", body, self.clock()))

    def _delivery(self, event: Event) -> Webhook:
        headers, body = self.simulator.webhook_request(event, self.subscription)
        query = {} if self.simulator.cloud else {"secret": SECRET}
        return Webhook({name.lower(): value for name, value in headers.items()}, body, self.clock(), query)

    def _typed(self, text: str) -> Any:
        """What a person's editor sends: nothing in it is made harmless, as it is in what syncd writes."""
        document = parse(text, keep_lines=True)
        return to_adf(document).source if self.simulator.cloud else to_wiki(document).source

    def _walk(self, issue: Issue, status: str) -> None:
        """By the workflow's steps: a status is nowhere to be typed."""
        for id in _way(issue.values["status"], status):
            step = next(each for each in TRANSITIONS if each.id == id)
            asked = {"resolution": {"name": "Done"}} if ("resolution", True) in step.screen else {}
            self.simulator.site.transition(issue, id, asked)

    def _written(self, fields: Fields) -> dict[str, Any]:
        known = {each.id: each for each in SYSTEM}
        return {name: write_value(known[name], _plain(value), self.dialect) for name, value in fields.items()}


def _way(here: str, there: str) -> tuple[str, ...]:
    """Ids of the fewest transitions from one status to another."""
    ways: dict[str, tuple[str, ...]] = {here: ()}
    while there not in ways:
        known = dict(ways)
        for step in TRANSITIONS:
            if step.origin in known:
                ways.setdefault(step.to, (*known[step.origin], step.id))
        assert ways != known, f"no way from {here} to {there}"
    return ways[there]


def _plain(value: Value) -> Value:
    return RichText.of(value.markdown) if isinstance(value, RichText) else value

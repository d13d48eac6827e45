"""Each vendor that lets applications in by OAuth 2: signed in, renewed in time, refused once, told with a remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from syncd import registry
from syncd.engine.refused import reason
from syncd.sdk.connector import ConnectionConfig, Connector
from syncd.sdk.errors import Unauthorized
from syncd.sdk.oauth import MemoryVault, Vault
from syncd.sdk.testing.clock import Clock
from syncd.sdk.testing.tokens import CLIENT_ID, CLIENT_SECRET, TokenEndpoint
from syncd_jira.simulator import ANA, GATEWAY
from tests.connectors.parts import SignIn
from tests.connectors.shipped import SIGN_INS


class Lasting(MemoryVault):
    lasting = True


class Vendor:
    """A simulated vendor, and new processes that connect to it."""

    def __init__(self, name: str) -> None:
        self.name, self.way, self.clock = name, SIGN_INS[name], Clock()
        self.simulator: Any = registry.simulator(name)(clock=self.clock)
        self.simulator.url = "https://acme.example"
        self.kind: type[Connector] = registry.installed().get(name)

    @property
    def tokens(self) -> TokenEndpoint:
        found: TokenEndpoint = self.simulator.tokens
        return found

    def block(self, *, refresh: str = "", **more: Any) -> dict[str, Any]:
        """The simulator's own, with an application in the place of its other credential."""
        own = {key: value for key, value in self.simulator.connection().items() if key not in self.way.instead}
        oauth = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **self.way.more}
        return {**own, **self.way.beside, "oauth": {**oauth, **({"refresh_token": refresh} if refresh else {})}, **more}

    def connector(self, vault: Vault, *, ahead: timedelta = timedelta(0), **more: Any) -> Connector:
        """A new process, whose clock may be ahead of the vendor's."""
        config: ConnectionConfig = self.kind.Config.model_validate(self.block(**more))
        return self.kind(
            config,
            connection="acme",
            transport=self.simulator.transport(),
            vault=vault,
            now=lambda: self.clock() + ahead,
        )

    def asked_at(self) -> set[str]:
        """Where tokens were asked for."""
        return {call.partition(" ")[2] for call in self.simulator.calls() if call.partition(" ")[2] == self.way.place}


@pytest.fixture(params=sorted(SIGN_INS))
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return Vendor(request.param)


def only(of: Callable[[SignIn], bool]) -> pytest.MarkDecorator:
    names = sorted(name for name, way in SIGN_INS.items() if of(way))
    return pytest.mark.parametrize("vendor", [pytest.param(name, id=name) for name in names], indirect=True)


async def test_a_sign_in_is_renewed_before_its_token_ends(vendor: Vendor) -> None:
    connector = vendor.connector(Lasting(), refresh=vendor.way.refresh)
    first = await connector.check()
    assert (vendor.tokens.given, vendor.asked_at()) == (1, {vendor.way.place})
    vendor.clock.advance(vendor.tokens.life.total_seconds())
    assert (await connector.check()).id == first.id
    assert vendor.tokens.given == 2
    await connector.aclose()


@only(lambda way: way.itself)
async def test_an_application_signs_in_as_itself(vendor: Vendor) -> None:
    connector = vendor.connector(MemoryVault())
    assert (await connector.check()).id
    await connector.aclose()


@only(lambda way: not way.itself)
def test_where_a_person_must_let_it_in_the_refresh_token_is_asked_for(vendor: Vendor) -> None:
    with pytest.raises(ValueError, match="refresh_token"):
        vendor.kind.Config.model_validate(vendor.block())


@only(lambda way: bool(way.refresh) and way.rotates)
async def test_a_refresh_token_is_good_once(vendor: Vendor) -> None:
    first = vendor.connector(Lasting(), refresh=vendor.way.refresh)
    await first.check()
    await first.aclose()
    second = vendor.connector(Lasting(), refresh=vendor.way.refresh)
    with pytest.raises(Unauthorized, match=r"let the application in again.*`connections\.acme\.oauth`"):
        await second.check()
    await second.aclose()


@only(lambda way: not way.rotates)
async def test_a_refresh_token_stays_good_where_the_vendor_gives_no_other(vendor: Vendor) -> None:
    for _ in range(2):
        connector = vendor.connector(Lasting(), refresh=vendor.way.refresh)
        await connector.check()
        await connector.aclose()
    assert vendor.tokens.given == 2


@only(lambda way: bool(way.refresh))
async def test_what_one_process_renewed_serves_the_other_one(vendor: Vendor) -> None:
    """Some vendors end the former access token with a renewal: the daemon must not pause because a command renewed.

    The command's clock is ahead, so that it renews what the daemon still takes for good.
    """
    vault = Lasting()
    daemon = vendor.connector(vault, refresh=vendor.way.refresh)
    await daemon.check()
    command = vendor.connector(vault, ahead=vendor.tokens.life, refresh=vendor.way.refresh)
    await command.check()
    assert (await daemon.describe()).fields
    assert vendor.tokens.given == 2
    await daemon.aclose()
    await command.aclose()


async def test_one_credential_is_asked_for_and_no_secret_is_shown(vendor: Vendor) -> None:
    good, other = vendor.block(refresh=vendor.way.refresh), vendor.simulator.connection()
    none = {key: value for key, value in good.items() if key != "oauth"}
    both = {**good, **{key: other[key] for key in vendor.way.instead}}
    for block in (none, both):
        with pytest.raises(ValueError, match="`oauth`") as refused:
            vendor.kind.Config.model_validate(block)
        assert CLIENT_SECRET not in str(refused.value)


JIRA = {"connector": "jira", "url": "https://acme.atlassian.net"}
APPLICATION = {"client_id": "a", "client_secret": "b"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"oauth": APPLICATION}, "`cloud_id` is needed with `oauth`"),
        ({"oauth": APPLICATION, "cloud_id": "1", "email": "a@b"}, "`email` goes with `token`"),
        ({"oauth": APPLICATION, "cloud_id": "1", "deployment": "data_center"}, "give `token`, a personal access token"),
        ({"token": "t"}, "`email` is needed with an API token"),
    ],
)
def test_jira_says_what_belongs_together(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        registry.installed().get("jira").Config.model_validate({**JIRA, **given})


async def test_a_file_of_jira_comes_by_the_gateway_too() -> None:
    """Requests and downloads both go below the path of the base address."""
    vendor = Vendor("jira")
    vendor.simulator.url = f"https://api.atlassian.com{GATEWAY}"  # where the simulator keeps its files
    connector = vendor.connector(MemoryVault(), url="https://acme.atlassian.net")
    site = vendor.simulator.site
    with vendor.simulator.acting(ANA):
        issue = site.create("CORE", "10004", {"summary": "Export fails"}, {})
        site.attach(issue, name="log.txt", media_type="text/plain", content=b"line 1")
    thread = (await connector.fetch(issue.id)).thread
    [attachment] = thread.attachments if thread else ()
    assert b"".join([chunk async for chunk in connector.download(attachment)]) == b"line 1"
    await connector.aclose()


async def test_a_refused_token_pauses_with_its_key() -> None:
    """The plain credentials too say which key of the file is to be renewed, whatever the vendor's own sentence is."""
    for name, key in (("gitlab", "token"), ("linear", "api_key"), ("servicenow", "password"), ("zendesk", "token")):
        vendor = Vendor(name)
        block = {**vendor.simulator.connection(), key: "no longer good"}
        connector = vendor.kind(
            vendor.kind.Config.model_validate(block), connection="acme", transport=vendor.simulator.transport()
        )
        with pytest.raises(Unauthorized) as refused:
            await connector.check()
        assert f"renew `connections.acme.{key}`" in reason(connector, refused.value)
        await connector.aclose()

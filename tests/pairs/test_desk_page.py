"""The config and the mapping of Jira's page for Jira Service Management, played between two sites."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from syncd import settings
from syncd.core.model import Pair, Visibility
from syncd_jira import Jira, JiraConfig
from tests.connectors.jira.desk import DeskWorld
from tests.connectors.jira.world import JiraWorld
from tests.pairs.pair import ENGINEERING, SUPPORT, Between, between
from tests.pairs.words import NAMES

PAGE = Path(__file__).resolve().parents[2] / "connectors" / "syncd_jira" / "README.md"
TWO_SITES = "Jira Service Management as the helpdesk"
ONE_SITE = "A service project and its tracker on one site"
SECRETS = ("JIRA_TOKEN", "JIRA_WEBHOOK_SECRET", "JIRA_DESK_TOKEN", "JIRA_DESK_WEBHOOK_SECRET")


def blocks(section: str) -> list[str]:
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {section}\n")[2]
    return re.findall(r"(?ms)^```yaml\n(.*?)^```", text.partition("\n## ")[0])


def read_page(folder: Path, *, section: str = TWO_SITES) -> settings.Examined:
    """What a daemon makes of a section's config and of the page's mapping."""
    config, mapping = blocks(section)[0], blocks(TWO_SITES)[1]
    (folder / "mappings").mkdir()
    (folder / "mappings" / "desk-jira.yaml").write_text(mapping, encoding="utf-8")
    (folder / "syncd.yaml").write_text(f"version: 1\n{config}", encoding="utf-8")
    return settings.examine(folder / "syncd.yaml", environ=dict.fromkeys(SECRETS, "a-secret-of-24-characters"))


class PageWorld:
    """A connection as the page configures it, at a simulated site."""

    def __init__(self, world: JiraWorld, config: JiraConfig) -> None:
        here = {name: getattr(world.config, name) for name in ("url", "email", "token", "webhook_secret", "overlap")}
        self.world = world
        world.config = config.model_copy(update={**here, "index_lag": world.config.index_lag})

    def __call__(self) -> JiraWorld:
        return self.world


async def test_the_page_works(url: str, tmp_path: Path) -> None:
    examined = read_page(tmp_path)
    assert [str(each) for each in examined.complaints if not each.notice] == []
    assert examined.settings is not None
    [rules] = examined.mappings
    configs = [examined.settings.connections[name] for name in rules.connections.both()]
    desk, tracker = (config for config in configs if isinstance(config, JiraConfig))
    makes = PageWorld(DeskWorld(), desk), PageWorld(JiraWorld(), tracker)
    async with between(url, *makes) as pair:
        pair.rules = replace(rules, connections=NAMES)
        pair.site = replace(pair.site, mappings={rules.name: pair.rules})
        pair.workers = type(pair.workers)(pair.site)
        await life(pair)
        assert [each.config.service_project for each in pair.connectors.both() if isinstance(each, Jira)] == [
            True,
            False,
        ]


def test_one_site_is_accepted_and_nothing_less_than_two_parts_of_it(tmp_path: Path) -> None:
    """With the very mapping of two sites."""
    examined = read_page(tmp_path, section=ONE_SITE)
    assert [str(each) for each in examined.complaints if not each.notice] == []
    [rules] = examined.mappings
    desk, tracker = (examined.vendors[name] for name in rules.connections.both())
    assert (desk.account, desk.part, tracker.part) == (tracker.account, ("HELP",), ("CORE",))
    config = tmp_path / "syncd.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("projects: [CORE]\n", "\n"), encoding="utf-8")
    again = settings.examine(config, environ=dict.fromkeys(SECRETS, "a-secret-of-24-characters"))
    assert ["looks at all of it" in each.problem for each in again.complaints if not each.notice] == [True]


async def life(pair: Between) -> None:
    """Asked, escalated, discussed, done, and answered."""
    pair.refs = Pair(await pair.worlds.support.open({"summary": "Export fails", "priority": "Highest"}), "")
    await pair.sync()
    pair.refs = pair.refs.put(ENGINEERING, (await pair.link()).refs.engineering or "")
    assert await pair.value(ENGINEERING, "priority") == "p1"
    assert "/servicedesk/customer/portal/" in "".join(
        (await pair.worlds.engineering.look(pair.refs.engineering)).backlinks
    )
    await pair.say(ENGINEERING, "a null pointer, do not tell", public=False)
    await pair.say(ENGINEERING, "/customer It is fixed in 2.3", public=False)
    await pair.edit(ENGINEERING, "status", "done")
    await pair.sync()
    assert await pair.value(SUPPORT, "status") == "done"
    assert await pair.heard(SUPPORT, "a null pointer") == [Visibility.INTERNAL]
    assert await pair.heard(SUPPORT, "It is fixed in 2.3") == [Visibility.PUBLIC]
    assert "null pointer" not in await pair.shown()
    assert "It is fixed in 2.3" in await pair.shown()
    assert await pair.problems() == []

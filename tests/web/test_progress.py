"""The page that a customer sees: what it shows, in which words, and that nothing internal is in its bytes."""

from __future__ import annotations

import asyncio
import html
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from syncd.core.deeds import Purpose
from syncd.core.model import RichText
from syncd.core.policy import EscalationPolicy
from syncd.core.severity import Severity, SeverityPolicy
from syncd.core.wording import ENGLISH, OURS, ProgressPolicy
from syncd.engine import operate
from tests.engine.test_contract import PLAIN, rules
from tests.engine.world import mapping, world
from tests.web.served import Served
from tests.web.test_signed import URL, escalated, opened, pressed, shared


@pytest.fixture
async def site(url: str) -> AsyncIterator[Served]:
    async with world(url, rules=rules(PLAIN)) as made:
        made.site.public_url = URL
        yield Served(made)


async def test_it_shows_the_steps_with_their_times_and_when_they_hear_again(site: Served) -> None:
    ref, issue = await site.world.linked()
    path = await shared(site, ref, Purpose.PROGRESS)
    began = site.world.clock()
    page = (await opened(site, path)).text
    assert [word for word in ENGLISH.steps.values() if word in page] == list(ENGLISH.steps.values())
    assert page.count('class="done"') == 2
    assert "You will hear from us by" in page
    assert f"{began + timedelta(hours=1):%Y-%m-%d %H:}" in page
    assert "None yet." in page
    site.world.engineering.say(issue, "/accept", by="ben")
    site.world.support.say(ref, "We are at it", public=True, by="ben")
    await site.world.sync()
    page = (await opened(site, path)).text
    assert page.count('class="done"') == 3
    assert "None yet." not in page
    site.world.clock.advance(2 * 3600)
    assert "You should have heard from us by" in (await opened(site, path)).text
    site.world.engineering.edit(issue, status="solved", by="ben")
    await site.world.sync()
    site.world.clock.advance(60)
    site.world.support.say(ref, "It is fixed", public=True, by="ben")
    await site.world.sync()
    page = (await opened(site, path)).text
    assert page.count('class="done"') == 5
    assert "All steps are done." in page


async def test_it_speaks_the_language_of_the_browser(site: Served) -> None:
    ref = await escalated(site)
    path = await shared(site, ref, Purpose.PROGRESS)
    german = (await opened(site, path, **{"accept-language": "fr;q=0.9, de-AT, en;q=0.1"})).text
    assert '<html lang="de">' in german
    assert "Ihre Anfrage" in german
    for odd in ("", "fr", "*", "de;q=0", ";;,=,q", "x" * 9000, "de;q=nonsense"):
        assert '<html lang="en">' in (await opened(site, path, **{"accept-language": odd})).text
    assert "Dieser Link" in (await opened(site, "/s/x", **{"accept-language": "de"})).text


async def test_the_words_are_the_admins(site: Served) -> None:
    ref = await escalated(site)
    path = await shared(site, ref, Purpose.PROGRESS)
    ours = replace(ENGLISH, title="Your case <at> ACME", gone="No such page")
    words = ProgressPolicy(languages={**OURS, "en": ours})
    policy = EscalationPolicy(SeverityPolicy(default=Severity.SEV1), PLAIN, progress=words)
    site.world.site.mappings = {"desk-tracker": mapping(escalation=policy)}
    assert "<h1>Your case &lt;at&gt; ACME</h1>" in (await opened(site, path)).text
    assert "No such page" in (await opened(site, "/s/x")).text


async def test_of_a_ticket_that_nobody_follows_any_more_nothing_is_shown(site: Served) -> None:
    ref = await escalated(site)
    path, accept = [await shared(site, ref, purpose) for purpose in (Purpose.PROGRESS, Purpose.ACCEPT)]
    await operate.unlink(site.world.site, await site.world.link(ref))
    assert "does not work" in (await opened(site, path)).text
    assert "not followed any more" in (await opened(site, accept)).text


async def test_pressing_nothing_works_on_it(site: Served) -> None:
    path = await shared(site, await escalated(site), Purpose.PROGRESS)
    assert (await pressed(site, path)).status_code == 404


words = st.text("abcdefghijklmnopqrstuvwxyz<>&\"'", min_size=6, max_size=12).map(lambda text: f"zq{text}9")


@pytest.fixture(scope="module")
def empty(sqlite_template: Path) -> Path:
    return sqlite_template


@settings(max_examples=5, phases=[Phase.generate])  # each is a world; a smaller one would say no more
@given(st.lists(words, min_size=14, max_size=14, unique=True))
def test_nothing_internal_is_in_the_bytes_of_the_page(empty: Path, planted: list[str]) -> None:
    """Planted in every field, comment, file, person, label and reason on both sides, and in the names of the rules."""
    asyncio.run(plant_and_look(empty, planted))


async def plant_and_look(empty: Path, planted: list[str]) -> None:
    secrets = iter(planted)
    with TemporaryDirectory() as folder:
        file = shutil.copy(empty, Path(folder) / "syncd.db")
        async with world(f"sqlite:///{file}", rules=rules(PLAIN)) as made:
            made.site.public_url = URL
            site = Served(made)
            for vendor in (made.support, made.engineering):
                for person in ("ana", "ben"):
                    vendor.person(person, name=next(secrets), email=f"{person}@x.example")
            ref, issue = await made.linked(
                description=RichText.of(next(secrets)), labels=frozenset({next(secrets)}), assignee=None
            )
            path = await shared(site, ref, Purpose.PROGRESS, who=next(secrets))
            await pressed(site, await shared(site, ref, Purpose.RETURN, who=next(secrets)), next(secrets))
            made.support.edit(ref, title=next(secrets), by="ben")
            made.support.say(ref, f"/handover {next(secrets)}", by="ben", files={next(secrets): b"x"})
            made.support.say(ref, next(secrets), public=True, by="ben")
            await made.sync()
            made.engineering.say(issue, f"/accept {planted[0]}", by="ben")
            await made.sync()
            page = await opened(site, path)
            link = await made.link(ref)
            assert page.status_code == 200
            assert page.text.count('class="done"') == 3, "what was planted has happened"
            assert link.base.support is not None
            assert link.base.engineering is not None
            known = {link.base.support.label, link.base.engineering.label, "sev1", "Export", "priority", "desk", "Ben"}
            known |= {base.url for base in link.base.both() if base and base.url}
            seen = page.content.decode() + html.unescape(page.content.decode()) + str(page.headers)
            for secret in {*planted, *known}:
                assert secret not in seen
                assert html.escape(secret) not in seen

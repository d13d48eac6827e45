"""The config becomes settings, its secrets never become text, and all complaints of all files come together."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from syncd import addresses, log, registry, settings
from syncd.errors import ConfigError, Exit
from syncd.mapping.words import Wrong
from syncd.references import StoreAddress
from tests.mapping.cases import SECRETS, THIRD_PARTY

CONFIG = """version: 1
store: ${STORE}
listen: "[::1]:9000"
connections:
  desk: {connector: desk, url: https://desk.example, email: "${USER_NAME}@desk.example", token: "file:secrets/desk"}
  tracker: {connector: tracker, url: http://127.0.0.1:3101, email: b@d.example, token: "${TRACKER_TOKEN}", poll: 2s}
mappings: maps
retention: {audit: 2d}
"""
MAPPING = """name: pair
support: desk
engineering: tracker
fields:
  title: {support: subject, engineering: summary}
"""
HIDDEN = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _third_party(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(THIRD_PARTY))
    monkeypatch.setenv("TRACKER_TOKEN", SECRETS["TRACKER_TOKEN"])
    monkeypatch.setenv("STORE", "postgresql+psycopg://syncd:hunter22@localhost/syncd")
    monkeypatch.setenv("USER_NAME", "bot")
    log.forget()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for name, text in (("config/syncd.yaml", CONFIG), ("maps/pair.yaml", MAPPING), ("secrets/desk", HIDDEN)):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    (tmp_path / "secrets/desk").chmod(0o600)
    return tmp_path / "config/syncd.yaml"


def test_a_config_becomes_settings_and_mappings(config: Path) -> None:
    made, mappings = settings.load(config)
    assert (made.host, made.port, made.workers) == ("::1", 9000, 8)
    assert made.retention == settings.Retention(audit=timedelta(days=2))
    desk = made.connections["desk"]
    assert isinstance(desk, registry.installed().get("desk").Config)
    assert desk.model_dump()["email"] == "bot@desk.example"
    assert desk.model_dump()["token"].get_secret_value() == HIDDEN
    assert made.store.get_secret_value().startswith("postgresql+psycopg://syncd:hunter22@")
    assert [mapping.name for mapping in mappings] == ["pair"]


def test_settings_do_not_change(config: Path) -> None:
    made, _ = settings.load(config)
    with pytest.raises(ValueError, match="frozen"):
        made.workers = 9


def test_no_secret_is_in_repr_str_or_dump(config: Path) -> None:
    made, _ = settings.load(config)
    shown = [repr(made), str(made), repr(made.connections), str(made.model_dump()), made.model_dump_json()]
    shown += [json.dumps(made.model_dump(mode="json")), repr(list(made.connections.values()))]
    for secret in (HIDDEN, SECRETS["TRACKER_TOKEN"], "hunter22"):
        assert not any(secret in text for text in shown)
        assert secret not in log.redacted(f"a line with {secret} in it")


def test_the_environment_names_the_config(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCD_CONFIG", str(config))
    assert settings.load()[0].port == 9000


def test_a_path_of_the_store_is_relative_to_the_installation(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE", "sqlite:///var/syncd.db")
    config.write_text(CONFIG.replace("${STORE}", "sqlite:///var/syncd.db"))
    assert settings.load(config)[0].store.get_secret_value() == f"sqlite:///{config.parent.parent}/var/syncd.db"


def test_complaints_of_all_files_come_at_once_and_sorted(config: Path) -> None:
    config.write_text(CONFIG.replace("listen:", "lisen:").replace("audit: 2d", "audit: 2"))
    (config.parent.parent / "maps/pair.yaml").write_text(MAPPING.replace("fields:", "feilds:"))
    (config.parent.parent / "maps/b.yaml").write_text("- a list\n")
    with pytest.raises(ConfigError) as refused:
        settings.load(config)
    complaints = refused.value.complaints
    assert [Path(complaint.file).name for complaint in complaints] == [
        "syncd.yaml",
        "syncd.yaml",
        "b.yaml",
        "pair.yaml",
    ]
    assert list(complaints) == sorted(complaints)
    assert refused.value.exit is Exit.WRONG_USE
    assert HIDDEN not in str(refused.value)


@pytest.mark.parametrize(
    ("second", "noted"), [("FIRST", ["`help` signs in with this refresh token too"]), ("NEXT", [])]
)
def test_one_refresh_token_of_two_connections_is_noted(
    config: Path, monkeypatch: pytest.MonkeyPatch, second: str, noted: list[str]
) -> None:
    for name in ("APP", "FIRST", "NEXT"):
        monkeypatch.setenv(name, f"{HIDDEN}-{name}")
    blocks = [
        f"  {name}: {{connector: jira, url: https://acme.atlassian.net, cloud_id: c1, projects: [{name}], "
        f'oauth: {{client_id: app, client_secret: "${{APP}}", refresh_token: "${{{token}}}"}}}}\n'
        for name, token in (("help", "FIRST"), ("core", second))
    ]
    config.write_text(CONFIG.replace("mappings: maps\n", "".join(blocks) + "mappings: maps\n"))
    found = settings.examine(config)
    assert [complaint.problem.partition(",")[0] for complaint in found.complaints if complaint.notice] == noted
    assert not found.refused
    assert HIDDEN not in str(found.complaints)


def test_a_notice_refuses_nothing(config: Path) -> None:
    secret = config.parent.parent / "secrets/desk"
    secret.write_text(HIDDEN + "\n")
    secret.chmod(0o600)
    notices = [complaint for complaint in settings.examine(config).complaints if complaint.notice]
    assert ["newline" in notice.problem for notice in notices] == [True]
    token = settings.load(config)[0].connections["desk"].model_dump()["token"]
    assert token.get_secret_value() == HIDDEN


@pytest.mark.parametrize(
    ("mode", "text", "says"),
    [(0o640, HIDDEN, "0640"), (0o604, HIDDEN, "0604"), (0o600, "\n", "empty"), (0o600, "", "empty")],
)
def test_a_secret_file_must_be_private_and_hold_something(config: Path, mode: int, text: str, says: str) -> None:
    secret = config.parent.parent / "secrets/desk"
    secret.write_text(text)
    secret.chmod(mode)
    with pytest.raises(ConfigError, match=says):
        settings.load(config)


def test_other_mappings_can_be_checked_in_place_of_the_configs_own(config: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(MAPPING.replace("name: pair", "name: other"))
    assert [mapping.name for mapping in settings.examine(config, mappings=[other]).mappings] == ["other"]


def test_a_connection_refused_does_not_hide_what_is_wrong_with_its_mapping(config: Path) -> None:
    config.write_text(CONFIG.replace("https://desk.example", "http://desk.example"))
    (config.parent.parent / "maps/pair.yaml").write_text(MAPPING.replace("subject", "subjekt"))
    problems = [complaint.problem for complaint in settings.examine(config).complaints]
    assert any("plain http" in problem for problem in problems)
    assert any("`subjekt`" in problem for problem in problems)


# --- addresses


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.zendesk.com",
        "https://rt.acme.example/rt",
        "http://127.0.0.1:3102",
        "http://[::1]:3102",
        "http://localhost:8080/x",
        "https://93.184.215.14",
        "https://[::ffff:93.184.215.14]",
        "http://[::ffff:127.0.0.1]:3102",
    ],
)
def test_addresses_that_may_be_called(url: str) -> None:
    addresses.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.example",
        "https://user@acme.example",
        "https://user:pass@acme.example",
        "https://10.0.0.1",
        "https://192.168.1.1",
        "https://172.16.9.9",
        "https://169.254.169.254/latest",
        "https://[fe80::1]",
        "https://[fd00::1]",
        "https://[::ffff:10.0.0.1]",
        "https://0.0.0.0",
        "https://2130706433",
        "https://0x7f.1",
        "https://0177.0.0.1",
        "https://10.1",
        "ftp://acme.example",
        "acme.example",
        "https://",
        "https://acme.example:99999",
        "https://acme.example/?a=b",
        "https://acme.example/#top",
        "//acme.example",
        "",
    ],
)
def test_addresses_that_may_not(url: str) -> None:
    with pytest.raises(Wrong) as wrong:
        addresses.check(url)
    assert wrong.value.remedy
    assert "pass" not in wrong.value.problem


def test_an_origin_can_be_trusted_by_name() -> None:
    addresses.check("http://10.0.0.1:8080/rt", trusted=["http://10.0.0.1:8080/"])
    with pytest.raises(Wrong):
        addresses.check("http://10.0.0.1:8081/rt", trusted=["http://10.0.0.1:8080"])


def test_trust_does_not_allow_credentials_in_an_address() -> None:
    with pytest.raises(Wrong):
        addresses.check("https://u:p@10.0.0.1", trusted=["https://u:p@10.0.0.1"])


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    with contextlib.suppress(Wrong):
        addresses.check(text)


def test_where_tokens_are_given_is_checked_like_any_address(tmp_path: Path) -> None:
    """The application's secret goes there."""
    file = tmp_path / "syncd.yaml"
    file.write_text(
        "version: 1\nconnections:\n  acme:\n    connector: linear\n"
        "    oauth: {client_id: app, client_secret: '${TRACKER_TOKEN}', token_url: 'http://tokens.example/give'}\n"
    )
    found = [complaint for complaint in settings.examine(file).complaints if "plain http" in complaint.problem]
    assert [(complaint.line, "tokens.example" in complaint.problem) for complaint in found] == [(5, True)]


# --- the registry


def test_a_broken_connector_hurts_only_who_wants_it() -> None:
    found = registry.installed()
    assert {"desk", "tracker"} <= found.connectors.keys()
    assert {"hollow", "gone", "text"} <= found.broken.keys()
    with pytest.raises(registry.ConnectorMissing, match=r"`gone` cannot be used.*No module named 'acme_nowhere'"):
        found.get("gone")
    with pytest.raises(registry.ConnectorMissing, match="did you mean `tracker`"):
        found.get("traker")


def test_what_a_connector_says_of_itself_reaches_the_mapping() -> None:
    desk = registry.installed().get("desk")
    known = registry.vendor(desk, desk.Config.model_construct(connector="desk", url="https://Desk.example/"))
    assert known.account == "desk at desk.example"
    assert (known.container, set(known.place_keys)) == ("queue", {"queue"})
    field = known.field("description")
    assert field is not None
    assert not field.writable


def test_two_packages_with_one_name_are_both_refused() -> None:
    points = [point for point in entry_points(group=registry.GROUP) if point.name == "desk"]
    assert "two packages" in registry.collect(points * 2).broken["desk"]


def test_a_secret_string_is_hidden_even_where_it_is_an_attribute() -> None:
    assert "hunter22" not in repr(StoreAddress("postgresql+psycopg://u:hunter22@h/d"))
    assert isinstance(StoreAddress("x"), SecretStr)

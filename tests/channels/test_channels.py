"""Each channel against a real local receiver: what goes out, what a refusal means, and that no secret shows."""

from __future__ import annotations

import io
import json
import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook as Receiver
from standardwebhooks.webhooks import WebhookVerificationError

from syncd import log
from syncd.channels.config import ChannelConfig, EmailConfig, SlackConfig, TeamsConfig, WebhookConfig, is_address
from syncd.channels.opened import opened
from syncd.channels.port import Channel, Outgoing
from syncd.sdk.errors import ConnectorError, Forbidden, NotFound, RateLimited, Rejected, Unauthorized, Unavailable
from tests.channels.receivers import SmtpReceiver, http_receiver, smtp_receiver

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
HUSH = "/services/T0/B0/hush-hush-token?sig=very-secret"
NASTY = "Look <!channel> & *bold* _it_ `x` [a](https://evil.example) <@U123> @here :tada:"


def message(**changes: object) -> Outgoing:
    given: dict[str, object] = {
        "id": "sy2345",
        "at": datetime(2026, 1, 5, 12, tzinfo=UTC),
        "subject": "SEV1 #7: the time is up",
        "text": "Export fails\n\nClock: 5 min",
        "links": (("#7", "https://desk.example/7"),),
        "kind": "escalation.breached",
        "events": ({"fact": {"what": "breached"}},),
    }
    return Outgoing(**{**given, **changes})  # type: ignore[arg-type]


def channel(config: ChannelConfig) -> Channel:
    return opened({"out": config}, secret=b"tests")["out"]


def mail(server: SmtpReceiver, **more: object) -> EmailConfig:
    given = {"host": "127.0.0.1", "port": server.port, "security": "none", "from": "syncd <syncd@acme.example>"}
    return EmailConfig.model_validate({**given, "to": ("a@acme.example", "b@acme.example"), **more})


# --- Slack and Teams --------------------------------------------------------------------------------------------------


async def test_slack_gets_blocks_in_which_a_ticket_calls_nobody() -> None:
    async with http_receiver() as receiver:
        made = channel(SlackConfig(url=SecretStr(receiver.url + HUSH)))
        await made.send(message(text=NASTY, subject=NASTY, links=((NASTY, "https://desk.example/7?a=1&b=2|3"),)))
        await made.aclose()
        [(target, headers, _)], [body] = receiver.got, receiver.bodies
    assert target == HUSH
    assert headers["content-type"] == "application/json"
    header, section, links = body["blocks"]
    assert header == {"type": "header", "text": {"type": "plain_text", "text": NASTY, "emoji": False}}
    assert section["text"] == {"type": "plain_text", "text": NASTY, "emoji": False}
    assert links["text"]["text"].startswith("<https://desk.example/7?a=1&amp;b=2%7C3|Look &lt;!channel&gt; &amp; ")
    assert "<!" not in body["text"]
    assert "<!" not in links["text"]["text"]


async def test_a_long_text_is_cut_into_blocks_as_slack_takes_them() -> None:
    async with http_receiver() as receiver:
        made = channel(SlackConfig(url=SecretStr(receiver.url)))
        await made.send(message(text="x" * 6000, links=()))
        await made.aclose()
        [body] = receiver.bodies
    assert [len(block["text"]["text"]) for block in body["blocks"]] == [23, 3000, 3000]


async def test_teams_gets_a_card_in_which_nothing_of_a_ticket_formats() -> None:
    async with http_receiver() as receiver:
        made = channel(TeamsConfig(url=SecretStr(receiver.url + HUSH)))
        await made.send(message(text=f"{NASTY}\n\nsecond"))
        await made.aclose()
        [body] = receiver.bodies
    [attachment] = body["attachments"]
    card = attachment["content"]
    assert (body["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    assert [run["text"] for block in card["body"] for run in block["inlines"]][1:] == [NASTY, "second"]
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "#7", "url": "https://desk.example/7"}]
    assert len(json.dumps(body)) < 28_000


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (404, "no_service", NotFound),
        (400, "channel_is_archived", NotFound),
        (403, "action_prohibited", Forbidden),
        (400, "invalid_payload", Rejected),
        (401, "", Unauthorized),
        (302, "", NotFound),
        (429, "", RateLimited),
        (500, "rollup_error", Unavailable),
        (503, "", Unavailable),
    ],
)
async def test_what_slack_answers_says_what_to_do(status: int, answer: str, error: type[ConnectorError]) -> None:
    async with http_receiver() as receiver:
        receiver.status, receiver.answer = status, answer
        made = channel(SlackConfig(url=SecretStr(receiver.url + HUSH)))
        with pytest.raises(error) as caught:
            await made.send(message())
        await made.aclose()
    assert "hush" not in str(caught.value)
    assert "sig" not in str(caught.value)
    if isinstance(caught.value, Unavailable):
        assert caught.value.sent is (status == 500)


async def test_a_secret_address_is_in_no_error_log_line_or_dry_run() -> None:
    out = io.StringIO()
    log.configure(stream=out, format="json")
    made = channel(SlackConfig(url=SecretStr("http://127.0.0.1:9/" + HUSH)))
    with pytest.raises(Unavailable) as caught:
        await made.send(message())
    await made.aclose()
    shown = [str(caught.value), repr(caught.value), made.shown(message()), repr(made), out.getvalue(), made.fingerprint]
    assert not any("hush" in text for text in shown)
    assert caught.value.sent is False


def test_the_fingerprint_tells_a_changed_secret_and_nothing_else() -> None:
    one, same, other = (channel(SlackConfig(url=SecretStr(f"https://x.example/{at}"))) for at in ("a", "a", "b"))
    assert one.fingerprint == same.fingerprint != other.fingerprint


# --- Standard Webhooks ------------------------------------------------------------------------------------------------


async def test_a_webhook_is_signed_so_that_the_library_of_the_standard_accepts_it() -> None:
    async with http_receiver() as receiver:
        made = channel(WebhookConfig(url=receiver.url + "/x", secret=SecretStr(SECRET)))
        await made.send(message(subject="Größe 日本"))
        await made.aclose()
        [(_, headers, body)] = receiver.got
    read = Receiver(SECRET).verify(body, headers)
    assert headers["webhook-id"] == "sy2345"
    assert read["type"] == "escalation.breached"
    assert read["timestamp"] == "2026-01-05T12:00:00+00:00"
    assert read["data"]["subject"] == "Größe 日本"
    assert read["data"]["events"] == [{"fact": {"what": "breached"}}]
    with pytest.raises(WebhookVerificationError):
        Receiver(SECRET).verify(body.replace(b"breached", b"accepted"), headers)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "not base64 !", "whsec_" + "QQ==" * 1])
def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="Standard Webhooks") as caught:
        WebhookConfig(url="https://x.example", secret=SecretStr(secret))
    assert not secret or f"'{secret}'" not in str(caught.value)


# --- mail -------------------------------------------------------------------------------------------------------------


async def test_mail_is_plain_text_that_nobody_answers_by_itself() -> None:
    with smtp_receiver() as server:
        made = channel(mail(server, reply_to="support@acme.example"))
        assert await made.send(message(subject="Two\nlines: Größe")) == ""
        [got] = server.got
    assert got["To"] == "a@acme.example, b@acme.example"
    assert got["From"] == "syncd <syncd@acme.example>"
    assert got["Reply-To"] == "support@acme.example"
    assert got["Subject"] == "Two lines: Größe"
    assert got["Message-ID"] == "<sy2345@acme.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got.get_content_type() == "text/plain"
    assert got.get_content().splitlines()[:3] == ["Export fails", "", "Clock: 5 min"]
    assert "#7: https://desk.example/7" in got.get_content()


async def test_those_whom_the_server_refuses_are_named_and_the_others_get_it() -> None:
    with smtp_receiver() as server:
        server.refused = {"b@acme.example": "550 no such user"}
        said = await channel(mail(server)).send(message())
        assert said == "the server refused b@acme.example"
        assert server.recipients == [["a@acme.example"]]


@pytest.mark.parametrize(
    ("refused", "data", "error"),
    [
        ("550 no such user", "250 taken", Rejected),
        ("451 try later", "250 taken", Unavailable),
        ("", "554 spam", Rejected),
        ("", "452 full", Unavailable),
    ],
)
async def test_what_a_mail_server_answers_says_what_to_do(refused: str, data: str, error: type[ConnectorError]) -> None:
    with smtp_receiver() as server:
        server.data = data
        server.refused = dict.fromkeys(("a@acme.example", "b@acme.example"), refused) if refused else {}
        with pytest.raises(error) as caught:
            await channel(mail(server)).send(message())
    if isinstance(caught.value, Unavailable):
        assert caught.value.sent is False


@pytest.mark.filterwarnings("ignore:Requiring AUTH", "ignore:Session.login_data")  # of the server of the tests
async def test_who_signs_in_with_a_wrong_password_is_refused_and_the_password_is_not_shown() -> None:
    with smtp_receiver(signs_in=True) as server:
        good = channel(mail(server, user="bot", password=SecretStr("pass")))
        assert await good.check() is True
        await good.send(message())
        bad = channel(mail(server, user="bot", password=SecretStr("hush-hush")))
        for attempt in (bad.check(), bad.send(message())):
            with pytest.raises(Unauthorized) as caught:
                await attempt
            assert "hush" not in str(caught.value)
        assert len(server.got) == 1


async def test_a_server_that_is_not_there_was_not_sent_anything() -> None:
    with smtp_receiver() as server:
        config = mail(server, timeout=timedelta(seconds=2))
    with pytest.raises(Unavailable) as caught:
        await channel(config).send(message())
    assert caught.value.sent is False


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of its own for 127.0.0.1, with its key."""
    folder = tmp_path_factory.mktemp("tls")
    command = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(["openssl", *command.split(), *files], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_goes_encrypted_to_a_server_that_proves_itself(
    security: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    how = {"tls_context": context, "require_starttls": True} if security == "starttls" else {"ssl_context": context}
    with smtp_receiver(**how) as server:
        made = channel(mail(server, security=security, timeout=timedelta(seconds=5)))
        with pytest.raises(Unavailable):  # nobody knows who signed this certificate
            await made.send(message())
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        await made.send(message())
        assert len(server.got) == 1


async def test_no_mail_goes_in_the_clear_where_starttls_is_asked_for() -> None:
    with smtp_receiver() as server:
        with pytest.raises(ConnectorError):
            await channel(mail(server, security="starttls")).send(message())
        assert server.got == []


@pytest.mark.parametrize("text", ["a@b.example", "Ana <a@b.example>", "ana.lopez+x@mail.b.example"])
def test_an_address_is_known(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", ["", "ana", "a@", "@b.example", "a@b.example, c@d.example", "a b@c.example", "a@b\nc"])
def test_what_is_no_address_is_refused(text: str) -> None:
    assert not is_address(text)

"""E-mail by SMTP, plain text. A message that is sent again has the same Message-ID, by which mail programs and many
servers show it once."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

import aiosmtplib
from aiosmtplib import SMTP

from syncd.channels.config import EmailConfig
from syncd.channels.port import Channel, Outgoing
from syncd.sdk.errors import ConnectorError, Forbidden, Rejected, Unauthorized, Unavailable


class Mail(Channel):
    knows_repeats = True

    def __init__(self, name: str, config: EmailConfig, *, fingerprint: str) -> None:
        super().__init__(name, fingerprint=fingerprint)
        self._config = config

    async def send(self, message: Outgoing) -> str:
        """Send it to all who get it; those whom the server refused while it took others are named in the answer."""
        made = composed(self._config, message)
        try:
            async with self._server() as server:
                refused, _ = await server.send_message(made)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise understood(self.name, error) from error
        return f"the server refused {', '.join(sorted(refused))}" if refused else ""

    def shown(self, message: Outgoing) -> str:
        return composed(self._config, message).as_string()

    async def check(self) -> bool:
        """Sign in, and leave."""
        try:
            async with self._server() as server:
                await server.noop()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise understood(self.name, error) from error
        return True

    async def aclose(self) -> None:
        """Nothing is open between two messages."""

    def _server(self) -> SMTP:
        given = self._config
        return SMTP(
            hostname=given.host,
            port=given.port,
            username=given.user,
            password=given.password.get_secret_value() if given.password else None,
            timeout=given.timeout.total_seconds(),
            use_tls=given.security == "tls",
            start_tls=given.security == "starttls",
        )


def composed(config: EmailConfig, message: Outgoing) -> EmailMessage:
    """The mail. `Auto-Submitted` keeps holiday notices from answering it (RFC 3834)."""
    made = EmailMessage()
    made["From"] = config.from_
    made["To"] = message.to or ", ".join(config.to)
    if config.reply_to:
        made["Reply-To"] = config.reply_to
    made["Subject"] = " ".join(message.subject.split()) or "syncd"
    made["Date"] = format_datetime(message.at)
    made["Message-ID"] = f"<{message.id}@{parseaddr(config.from_)[1].rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"
    links = "".join(f"\n{label}: {url}" for label, url in message.links)
    made.set_content("\n".join(part for part in (message.text, links) if part) + "\n")
    if message.page:
        made.add_attachment(message.page, subtype="html", filename=message.page_name)
    return made


def understood(name: str, error: Exception) -> ConnectorError:
    """What to do about what an SMTP server said (RFC 5321, 4.2.1: 4xx for now, 5xx for good)."""
    match error:
        case aiosmtplib.SMTPAuthenticationError(code=code) if code >= 500:
            return Unauthorized(f"{name}: the mail server refuses the password ({code})")
        case aiosmtplib.SMTPNotSupported():
            return Forbidden(f"{name}: the mail server cannot do what `security`, `user` or an address asks of it")
        case aiosmtplib.SMTPSenderRefused(code=code) if code >= 500:
            return Forbidden(f"{name}: the mail server refuses `from` ({code})")
        case aiosmtplib.SMTPRecipientsRefused(recipients=all_):
            codes = sorted({one.code for one in all_})
            said = f"{name}: the mail server refuses every recipient ({', '.join(map(str, codes))})"
            return Rejected(said) if all(code >= 500 for code in codes) else Unavailable(said, sent=False)
        case aiosmtplib.SMTPResponseException(code=code):
            said = f"{name}: the mail server answered {code}"
            return Rejected(said) if code >= 500 else Unavailable(said, sent=False)
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPConnectTimeoutError() | ConnectionRefusedError():
            return Unavailable(f"{name}: the mail server cannot be reached ({type(error).__name__})", sent=False)
    return Unavailable(f"{name}: the mail server broke off ({type(error).__name__})")

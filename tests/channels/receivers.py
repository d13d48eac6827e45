"""Real local servers that take messages: HTTP for Slack, Teams and webhooks, SMTP for mail."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class HttpReceiver:
    """Answers each POST with `status`, and keeps it; with `status` 0 it takes the request and never answers."""

    url: str = ""
    status: int = 200
    answer: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, _, body in self.got]

    @property
    def texts(self) -> list[str]:
        """Each request as one text, whatever its shape."""
        return [json.dumps(body, ensure_ascii=False) for body in self.bodies]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := (await reader.readline()).decode():
                target = line.split(" ")[1]
                headers: dict[str, str] = {}
                while (row := (await reader.readline()).decode().strip()) != "":
                    name, _, value = row.partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.got.append((target, headers, body))
                if self.status == 0:
                    await asyncio.sleep(60)
                more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
                head = f"HTTP/1.1 {self.status} X\r\ncontent-length: {len(self.answer)}\r\n{more}\r\n"
                writer.write((head + self.answer).encode())
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def http_receiver() -> AsyncIterator[HttpReceiver]:
    made, tasks = HttpReceiver(), set[asyncio.Task[None]]()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(made.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass
class SmtpReceiver:
    """Takes mail of whoever signs in as `bot` with `pass`; refuses recipients and content as it is told to."""

    port: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    data: str = "250 taken"
    got: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  as above
        if self.data.startswith("2"):
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.got.append(message_from_bytes(content, policy=policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
        return self.data


@contextmanager
def smtp_receiver(*, signs_in: bool = False, **more: Any) -> Iterator[SmtpReceiver]:
    made = SmtpReceiver()

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"bot", b"pass")
        return AuthResult(success=good, handled=False)

    auth: dict[str, Any] = (
        {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False} if signs_in else {}
    )
    controller = Controller(made, hostname="127.0.0.1", port=0, **auth, **more)
    controller.port = _free_port()
    made.port = controller.port
    controller.start()
    try:
        yield made
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])

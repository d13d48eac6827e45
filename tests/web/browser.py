"""A real browser without a driver: Chromium speaks its own protocol over a pipe, messages end with a NUL."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
PIPED = """
import os, sys
asked, answered, *command = sys.argv[1:]
os.dup2(int(asked), 3), os.dup2(int(answered), 4)
os.execv(command[0], command)
"""  # Chromium reads what it is asked from 3 and answers on 4


class Tab:
    """One page in the browser."""

    def __init__(self, reader: asyncio.StreamReader, asked: int) -> None:
        self._reader = reader
        self._asked = asked
        self._numbers = itertools.count(1)
        self._session = ""

    async def open(self, url: str) -> None:
        target = await self._call("Target.createTarget", url=url)
        attached = await self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression is on the page now."""
        found = await self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    async def until(self, expression: str) -> None:
        """Wait until it is true."""
        async with asyncio.timeout(60):
            while not await self.value(expression):
                await asyncio.sleep(0.05)

    async def _call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        said = {"id": number, "method": method, "params": params}
        text = json.dumps({**said, "sessionId": self._session} if self._session else said)
        os.write(self._asked, text.encode() + b"\0")
        async with asyncio.timeout(60):
            while True:
                answer = json.loads((await self._reader.readuntil(b"\0"))[:-1])
                if answer.get("id") == number:
                    return answer["result"]


@asynccontextmanager
async def tab(profile: Path) -> AsyncIterator[Tab]:
    """A browser of its own, ended at the end."""
    to_read, asked = os.pipe()
    answered, to_write = os.pipe()
    command = [CHROMIUM or "", *FLAGS, f"--user-data-dir={profile}"]
    browser = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PIPED, str(to_read), str(to_write), *command, pass_fds=(to_read, to_write),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    os.close(to_read)
    os.close(to_write)
    reader = asyncio.StreamReader(limit=16 * 1024 * 1024)
    with os.fdopen(answered, "rb", buffering=0) as pipe:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        try:
            yield Tab(reader, asked)
        finally:
            os.close(asked)
            transport.close()
            if browser.returncode is None:
                browser.kill()
            await browser.wait()

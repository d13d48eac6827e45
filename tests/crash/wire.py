"""The way between a daemon that is going to be killed and its vendors, which live on in the test's own process.

A frame is four bytes of length and a pickle; both ends are this test, on a socket in its own temporary folder.
"""

from __future__ import annotations

import copyreg
import pickle
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from types import MappingProxyType
from typing import Any, Self

from syncd.core.model import Attachment, Body, Comment, Fields, Person, Snapshot
from syncd.sdk.connector import (
    ALL_PARTS,
    Account,
    Backlink,
    Draft,
    File,
    Message,
    Page,
    Part,
    Posted,
    Written,
)
from syncd.sdk.testing.memory import MemoryConnector, MemoryVendor
from syncd.sdk.testing.memory import read as read_file

copyreg.pickle(MappingProxyType, lambda mapping: (MappingProxyType, (dict(mapping),)))


class Gone(Exception):
    """The other end is dead."""


class Wire:
    """One end. A call waits for its answer; there is one call at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    @classmethod
    def to(cls, path: str) -> Self:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        return cls(connection)

    def send(self, message: object) -> None:
        data = pickle.dumps(message)
        try:
            self.connection.sendall(struct.pack("!I", len(data)) + data)
        except OSError as error:
            raise Gone from error

    def receive(self) -> Any:
        (length,) = struct.unpack("!I", self._exactly(4))
        return pickle.loads(self._exactly(length))

    def ask(self, *message: object) -> Any:
        """Send, and return the answer or raise the error that it is."""
        self.send(message)
        error, value = self.receive()
        if error is not None:
            raise rebuilt(*error)
        return value

    def close(self) -> None:
        self.connection.close()

    def _exactly(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            try:
                piece = self.connection.recv(length - len(data))
            except OSError as error:
                raise Gone from error
            if not piece:
                raise Gone
            data += piece
        return data


def told(error: Exception) -> tuple[type[Exception], tuple[object, ...], dict[str, object]]:
    """An error as values; those with keyword arguments cannot be pickled."""
    return type(error), error.args, dict(vars(error))


def rebuilt(kind: type[Exception], args: tuple[object, ...], extra: dict[str, object]) -> Exception:
    error = kind.__new__(kind, *args)
    error.args = args
    vars(error).update(extra)
    return error


class FarConnector(MemoryConnector):
    """A `MemoryConnector` whose vendor is at the other end. Its own vendor only lends its character."""

    def __init__(self, wire: Wire, vendor: MemoryVendor) -> None:
        super().__init__(vendor=vendor, connection=vendor.name)
        self.wire = wire

    async def check(self) -> Account:
        account: Account = self._far("check")
        return account

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        for page in self._far("changes", cursor):
            yield page

    async def fetch(self, ref: str, *, parts: frozenset[Part] = ALL_PARTS, since: str | None = None) -> Snapshot:
        snapshot: Snapshot = self._far("fetch", ref, parts=parts, since=since)
        return snapshot

    async def find(self, key: str) -> Sequence[Snapshot]:
        found: Sequence[Snapshot] = self._far("find", key)
        return found

    async def person(self, email: str) -> Person | None:
        found: Person | None = self._far("person", email)
        return found

    async def download(self, attachment: Attachment) -> AsyncIterator[bytes]:
        for piece in self._far("download", attachment):
            yield piece

    async def create(self, draft: Draft, *, key: str) -> Snapshot:
        made: Snapshot = self._far("create", draft, key=key)
        return made

    async def update(self, ref: str, fields: Fields, *, expect: str) -> Written:
        written: Written = self._far("update", ref, fields, expect=expect)
        return written

    async def comment(self, ref: str, message: Message, *, key: str, expect: str) -> Posted:
        files = [await packed(file) for file in message.files]
        posted: Posted = self._far("comment", ref, message.body, files, key=key, expect=expect)
        return posted

    async def close(self, ref: str) -> Written:
        written: Written = self._far("close", ref)
        return written

    async def attach(self, ref: str, file: File) -> Attachment:
        made: Attachment = self._far("attach", ref, await packed(file))
        return made

    async def edit_comment(self, ref: str, comment: Comment, body: Body, *, key: str) -> Comment:
        edited: Comment = self._far("edit_comment", ref, comment, body, key=key)
        return edited

    async def link_back(self, ref: str, backlink: Backlink, *, expect: str = "") -> Written:
        written: Written = self._far("link_back", ref, backlink, expect=expect)
        return written

    def _far(self, method: str, *args: object, **named: object) -> Any:
        return self.wire.ask("call", self.connection, self.vendor.clock(), method, args, named)


Packed = tuple[str, str, bytes]


async def packed(file: File) -> Packed:
    return file.name, file.media_type, await read_file(file)


def unpacked(name: str, media_type: str, data: bytes) -> File:
    async def pieces() -> AsyncIterator[bytes]:
        yield data

    return File(name, media_type, len(data), pieces)


async def carried_out(connector: MemoryConnector, method: str, args: Sequence[Any], named: dict[str, Any]) -> object:
    """A call of a `FarConnector`, at the vendor's end."""
    match method:
        case "changes" | "download":
            return [piece async for piece in getattr(connector, method)(*args)]
        case "comment":
            ref, body, files = args
            return await connector.comment(ref, Message(body, tuple(unpacked(*file) for file in files)), **named)
        case "attach":
            ref, file = args
            return await connector.attach(ref, unpacked(*file))
        case _:
            return await getattr(connector, method)(*args, **named)

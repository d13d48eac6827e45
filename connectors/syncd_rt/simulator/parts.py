"""How RT keeps a message: its text and files as parts with headers of their own, by lib/RT/Attachment.pm and I18N.pm.

What it rewrites on the way: CRLF of a text, texts in another encoding than UTF-8, and names of files, whose characters
it takes for bytes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

TEXTUAL = ("text/plain", "text/html")  # RT::I18N::IsTextualContentType; mails are not sent here
FILE_KEYS = ("FileName", "FileType", "FileContent")


@dataclass(frozen=True, slots=True)
class Entity:
    """A part before it has an id."""

    content_type: str
    headers: str
    content: bytes = b""
    filename: str = ""
    subject: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody says, without its files."""

    text: str
    content_type: str = ""
    subject: str = ""
    first: bool = False  # of a new ticket


def entities(message: Message, files: Sequence[Mapping[str, Any]], *, message_id: str) -> list[Entity]:
    """The container first where there is more than one part.

    A message without a text keeps an empty part that is called octets: there is nothing to guess its encoding by.
    Files that come with a new ticket stay as they are; with a later message their texts become UTF-8.
    """
    said = _text(message) if message.text else _entity("application/octet-stream", {}, b"")
    found = [said, *(_file(file, rewritten=not message.first) for file in files)]
    if files:
        found.insert(0, _entity("multipart/mixed", {"boundary": "----------=_1"}, b""))
    about = [f"Message-ID: <{message_id}>", "X-RT-Interface: REST", "MIME-Version: 1.0"]
    about += [f"Subject: {message.subject}"] if message.subject else []
    headers = "\n".join([*about, found[0].headers])
    return [replace(found[0], headers=headers, subject=message.subject, message_id=message_id), *found[1:]]


def missing(files: Sequence[Mapping[str, Any]]) -> str | None:
    """The first key that a file lacks or has empty."""
    return next((key for file in files for key in FILE_KEYS if not file.get(key)), None)


def _text(message: Message) -> Entity:
    kind, parameters = _split(message.content_type or "text/plain")
    content = message.text.replace("\r\n", "\n").encode()
    return _entity(kind, {"charset": "utf-8", **parameters}, content)


def _file(given: Mapping[str, Any], *, rewritten: bool) -> Entity:
    kind, parameters = _split(str(given["FileType"]))
    name = _filename(str(given["FileName"]))
    content = _decoded(str(given["FileContent"]))
    if rewritten and not _keeps_letters(parameters.get("charset", "utf-8")):
        # RT converts the header as well, which is no header then: the name and the type are lost
        text = _to_utf8(content, parameters["charset"])
        return Entity("text/plain", f'Content-Type: text/plain; charset="utf-8"\nContent-Length: {len(text)}', text)
    if kind in TEXTUAL and rewritten:
        content = _to_utf8(content, parameters.get("charset", ""))
        parameters["charset"] = "utf-8"
    return _entity(kind, {**parameters, "name": name}, content, filename=name)


def _entity(kind: str, parameters: Mapping[str, str], content: bytes, *, filename: str = "") -> Entity:
    text = kind.startswith("text/")
    lines = [f"Content-Type: {kind}{''.join(_shown(parameters))}"]
    if filename or text:
        shown = f'; filename="{filename}"' if filename else ""
        lines += [f"Content-Disposition: inline{shown}", f"Content-Transfer-Encoding: {'binary' if text else 'base64'}"]
    lines += ["X-RT-Original-Encoding: utf-8"] if text else []
    lines.append(f"Content-Length: {len(content)}")
    return Entity(kind, "\n".join(lines), content, filename.rpartition("/")[2])


def _shown(parameters: Mapping[str, str]) -> Iterator[str]:
    return (f'; {name}="{value}"' for name, value in parameters.items())


def _split(content_type: str) -> tuple[str, dict[str, str]]:
    kind, *rest = (part.strip() for part in content_type.split(";"))
    pairs = (part.partition("=") for part in rest if "=" in part)
    return kind.lower(), {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}


def _filename(name: str) -> str:
    """Perl puts the characters into a header as bytes, reads them as UTF-8 later, and dies of what is no byte."""
    return name.encode("latin-1").decode(errors="replace")


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content)
    except binascii.Error:
        return b""  # MIME::Base64 drops what is none


def _keeps_letters(charset: str) -> bool:
    try:
        return "a".encode(charset) == b"a"
    except LookupError:
        return True


def _to_utf8(content: bytes, charset: str) -> bytes:
    """By the header, else by a guess (EmailInputEncodings); the last of them reads everything."""
    for encoding in (charset or "utf-8", "utf-8"):
        try:
            return content.decode(encoding).encode()
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("latin-1").encode()

"""What stands in a text at GitLab beside its words: our marks, hidden comments, and links to uploaded files.

GitLab shows no HTML comment, so that our key at the end of a text is seen by nobody who reads it. Files hang on
nothing at GitLab: they are uploaded to the project, and a link in the text is all that joins them to it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from syncd.sdk.text.characters import storable

_MARK = re.compile(r"\s*<!-- syncd (key|link) ([A-Z2-7]+) -->\s*\Z")
# No possessive groups: before Python 3.11.5 they match too little (python/cpython#106052)
_PIECES = re.compile(
    r"""
    (?P<kept>
        ^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?P<fence>`{3,}+|~{3,}+)[^\n]*\n
        (?:.*?^[ \t>]*(?P=fence)[`~]*[ \t]*$|.*\Z)
      | (?P<run>`++)(?:.{1,4000}?(?<!`)(?P=run)(?!`))?
      | \\.
    )
  | (?P<start>^[ ]{0,3})?(?P<hidden>(?:<!--(?:(?!-->|<!--).)*)+)(?P<end>-->)?
  | !?\[(?P<label>(?:\\.|[^\[\]\\\n]){0,500})\]
    \((?:/-/project/(?P<project>\d{1,18}))?/uploads/(?P<secret>[0-9a-f]{32})/(?P<file>[^\s()]{1,500})
    (?:[ ]"(?P<size>\d{1,15})[ ]bytes")?[^)\n]{0,200}\)(?:\{[^}\n]{0,200}\})?
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_FILE = "\x00"  # stands around the label of a file; no text holds it, see `storable`
_ONLY_FILES = re.compile(rf"(?m)^[ \t]*(?:{_FILE}[^{_FILE}\n]*{_FILE}[ \t]*)+(?:\n+|\Z)")
_NAME = re.compile(r"[\\\[\]`*_<>&!|~]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a text links to.

    Attributes:
        secret: 32 hex digits; with the file's name they are its address.
        file: its name in the address, which GitLab made out of the true one.
        name: what the link is called, for those that we wrote; else as `file`.
        size: in bytes, for those that we wrote; else None.
    """

    secret: str
    file: str
    name: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A text taken apart.

    Attributes:
        words: what people read, as GitLab's Markdown.
        uploads: files of this project that it links to, each once.
        key, link: our marks; whether they are to be believed depends on who wrote the text.
    """

    words: str
    uploads: tuple[Upload, ...] = ()
    key: str | None = None
    link: str | None = None
    lost: tuple[str, ...] = ()


def taken_apart(text: str, *, project: int) -> Source:
    """A text as GitLab keeps it. Files of other projects are no files of this one: a link would be a way to them."""
    body, marks = _unmarked(storable(text))
    uploads: dict[str, Upload] = {}
    lost: dict[str, None] = {}

    def piece(found: re.Match[str]) -> str:
        if found["kept"]:
            return found[0]
        if found["hidden"]:
            if found["end"] is None and found["start"] is None:  # not closed, within a line: words
                return found[0]
            lost["hidden comment"] = None
            return ""
        label = re.sub(r"\\(.)", r"\1", found["label"])
        if found["project"] in (None, str(project)):
            uploads.setdefault(found["secret"], _upload(found, label))
        else:
            lost["file of another project"] = None
        return f"{_FILE}{found['label']}{_FILE}"

    words = _ONLY_FILES.sub("", _PIECES.sub(piece, body)).replace(_FILE, "").strip("\n")
    return Source(words, tuple(uploads.values()), marks.get("key"), marks.get("link"), tuple(lost))


def marked(words: str, *, key: str = "", link: str = "", files: Iterable[str] = ()) -> str:
    """A text with links to files and our mark behind it."""
    mark = f"<!-- syncd {'key' if key else 'link'} {_encoded(key or link)} -->"
    return "\n\n".join(part for part in (words, "\n".join(f"{each}  " for each in files).rstrip(), mark) if part)


def link_to(upload: Upload, *, image: bool = False) -> str:
    """A link that keeps the true name and the size, which GitLab does not."""
    name = _NAME.sub(lambda found: "\\" + found[0], " ".join(upload.name.split()))
    title = "" if upload.size is None else f' "{upload.size} bytes"'
    return f"{'!' if image else ''}[{name}](/uploads/{upload.secret}/{upload.file}{title})"


def upload_of(url: str) -> Upload | None:
    """The upload at an address that GitLab's answer names: /uploads/SECRET/NAME."""
    found = re.fullmatch(r"/uploads/([0-9a-f]{32})/([^\s()/]{1,500})", url)
    return Upload(found[1], found[2], unquote(found[2])) if found else None


def named(upload: Upload, *, name: str, size: int) -> Upload:
    return replace(upload, name=name, size=size)


def _upload(found: re.Match[str], label: str) -> Upload:
    size = None if found["size"] is None else int(found["size"])
    file = unquote(found["file"])
    return Upload(found["secret"], found["file"], label if size is not None and label else file, size)


def _unmarked(text: str) -> tuple[str, dict[str, str]]:
    found = _MARK.search(text)
    if not found:
        return text, {}
    try:
        said = base64.b32decode(found[2] + "=" * (-len(found[2]) % 8)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text, {}
    return text[: found.start()], {found[1]: said}


def _encoded(key: str) -> str:
    """Letters and digits alone: two hyphens would end an HTML comment."""
    return base64.b32encode(key.encode()).decode().rstrip("=")

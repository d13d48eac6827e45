"""The page of a simulated vendor: a person lists tickets, opens one, sets fields, writes, adds files.

A vendor says what is on it (`Desk`); how it looks is in page.html. Everything done here is done by a person, never by
the account that syncd uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jinja2
import nh3
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from syncd.sdk.testing.simulator import Account

WAS = "was:"
"""Before the name of a field: the value that the page showed."""

MAX_UPLOAD = 50 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Badge:
    """A short word with a tone: "calm", "good", "warm", "hot" or "cold"."""

    text: str
    tone: str = "calm"


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket in the list."""

    ref: str
    label: str
    title: str
    badges: tuple[Badge, ...] = ()
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A field that the person can set. With options it is a choice, else one line of text."""

    name: str
    title: str
    value: str
    options: tuple[tuple[str, str], ...] = ()  # (value, label)


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as the page shows it."""

    id: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that the person adds."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """One message. `html` is cleaned before it is shown."""

    author: str
    at: datetime
    html: str
    public: bool
    files: tuple[Shown, ...] = ()
    by_machine: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A ticket, opened.

    Attributes:
        facts: what is shown and cannot be set: (title, text, address or "").
    """

    row: Row
    inputs: tuple[Input, ...]
    said: tuple[Said, ...]
    facts: tuple[tuple[str, str, str], ...] = ()
    files: tuple[Shown, ...] = ()
    locked: str = ""  # why nothing can be set, if so


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person writes."""

    text: str
    public: bool
    files: tuple[Upload, ...] = field(default=())


class Desk:
    """What a vendor must say so that its page works. `page_path` must not be a path of its API."""

    page_path = "/page"
    page_title = "Simulated vendor"
    page_accent = "#1f6f78"
    noun = "ticket"
    public_word = "Public answer"
    internal_word = "Internal note"
    has_internal = True

    @property
    def person(self) -> Account:
        """Who clicks."""
        raise NotImplementedError

    def rows(self) -> Sequence[Row]:
        """All tickets, in the order of the list."""
        raise NotImplementedError

    def sheet(self, ref: str) -> Sheet | None:
        raise NotImplementedError

    def set_fields(self, ref: str, values: Mapping[str, str]) -> None:
        """Set what differs; a ValueError is shown to the person."""
        raise NotImplementedError

    def say(self, ref: str, answer: Answer) -> None:
        raise NotImplementedError

    def open(self, title: str, answer: Answer) -> str:
        """Make a ticket; its ref."""
        raise NotImplementedError

    def file(self, ref: str, file_id: str) -> Upload | None:
        raise NotImplementedError


def page_routes(desk: Desk) -> list[Route]:
    """The routes of the page below `desk.page_path`."""
    page, base = _Page(desk), desk.page_path
    return [
        Route("/", page.home),
        Route(base, page.list),
        Route(base, page.create, methods=["POST"]),
        Route(base + "/{ref}", page.show),
        Route(base + "/{ref}/fields", page.set_fields, methods=["POST"]),
        Route(base + "/{ref}/answers", page.say, methods=["POST"]),
        Route(base + "/{ref}/files/{file_id}", page.file),
    ]


class _Page:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def home(self, request: Request) -> Response:
        return RedirectResponse(self.desk.page_path)

    async def list(self, request: Request) -> Response:
        return self._render(sheet=None)

    async def show(self, request: Request) -> Response:
        sheet = self.desk.sheet(request.path_params["ref"])
        return self._render(sheet=sheet, complaint=request.query_params.get("complaint", ""), missing=sheet is None)

    async def create(self, request: Request) -> Response:
        async with request.form() as form:
            title, answer = str(form.get("title", "")).strip(), await _answer(form)
        if not title:
            return self._to("")
        return self._to(self.desk.open(title, answer))

    async def set_fields(self, request: Request) -> Response:
        ref = request.path_params["ref"]
        async with request.form() as form:
            given = {name: value for name, value in form.items() if isinstance(value, str)}
        values = {  # only what the person touched: the rest may have changed since the page was loaded
            name: value
            for name, value in given.items()
            if not name.startswith(WAS) and value != given.get(f"{WAS}{name}")
        }
        return self._try(ref, lambda: self.desk.set_fields(ref, values))

    async def say(self, request: Request) -> Response:
        ref = request.path_params["ref"]
        async with request.form() as form:
            answer = await _answer(form)
        if not answer.text and not answer.files:
            return self._to(ref)
        return self._try(ref, lambda: self.desk.say(ref, answer))

    async def file(self, request: Request) -> Response:
        found = self.desk.file(request.path_params["ref"], request.path_params["file_id"])
        if found is None:
            return Response("no such file", 404)
        disposition = f"attachment; filename*=utf-8''{quote(found.name)}"
        headers = {"content-disposition": disposition, "x-content-type-options": "nosniff"}
        return Response(found.content, media_type=found.media_type, headers=headers)

    def _try(self, ref: str, action: Any) -> Response:
        try:
            action()
        except ValueError as error:
            return self._to(ref, complaint=str(error))
        return self._to(ref)

    def _to(self, ref: str, *, complaint: str = "") -> Response:
        address = f"{self.desk.page_path}/{quote(ref)}" if ref else self.desk.page_path
        return RedirectResponse(f"{address}?complaint={quote(complaint)}" if complaint else address, 303)

    def _render(self, **values: Any) -> Response:
        missing = bool(values.get("missing"))
        text = _template().render(desk=self.desk, rows=self.desk.rows(), person=self.desk.person, **values)
        return HTMLResponse(text, 404 if missing else 200, {"content-security-policy": _POLICY})


_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data:"
)


async def _answer(form: FormData) -> Answer:
    files = []
    for sent in form.getlist("files"):
        if isinstance(sent, UploadFile) and sent.filename:
            content = await sent.read(MAX_UPLOAD)
            files.append(Upload(sent.filename, sent.content_type or "application/octet-stream", content))
    text = str(form.get("text", "")).replace("\r\n", "\n").strip()
    return Answer(text=text, public=form.get("public") == "yes", files=tuple(files))


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(loader=folder, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["clean"] = nh3.clean
    environment.filters["size"] = _size
    return environment.get_template("page.html")


def _size(count: int) -> str:
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} kB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"

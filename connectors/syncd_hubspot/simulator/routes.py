"""The routes of a simulated HubSpot's API. What they do is in `crm`, how it is said in `state`."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from syncd.sdk.testing.simulator import NOBODY, Refused
from syncd_hubspot.simulator.crm import Crm, invalid, missing, refusal
from syncd_hubspot.simulator.search import search
from syncd_hubspot.simulator.state import Record, StoredFile, as_json, associations, histories
from syncd_hubspot.wire import stamp

if TYPE_CHECKING:
    from syncd_hubspot.simulator import HubspotSimulator

Handler = Callable[[Request], Awaitable[Response]]
ACCESSES = frozenset({"PUBLIC_INDEXABLE", "PUBLIC_NOT_INDEXABLE", "PRIVATE"})
OBJECT = "/crm/v3/objects/{kind}"


class Routes:
    def __init__(self, simulator: HubspotSimulator) -> None:
        self.simulator = simulator

    @property
    def crm(self) -> Crm:
        return self.simulator.crm

    def all(self) -> Sequence[BaseRoute]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/crm/v3/pipelines/tickets", self.pipelines),
            ("GET", "/crm/v3/properties/{kind}", self.properties),
            ("GET", "/crm/v3/owners/", self.owners),
            ("POST", f"{OBJECT}/search", self.search),
            ("POST", f"{OBJECT}/batch/read", self.batch_read),
            ("POST", f"{OBJECT}/merge", self.merge),
            ("POST", OBJECT, self.create),
            ("GET", f"{OBJECT}/{{id}}", self.show),
            ("PATCH", f"{OBJECT}/{{id}}", self.update),
            ("DELETE", f"{OBJECT}/{{id}}", self.archive),
            ("GET", "/crm/v4/objects/{kind}/{id}/associations/{other}", self.associated),
            ("PUT", "/crm/v4/objects/{kind}/{id}/associations/default/{other}/{to}", self.associate),
            ("POST", "/files/v3/files", self.upload),
            ("GET", "/files/v3/files/{id}", self.file),
            ("DELETE", "/files/v3/files/{id}", self.remove_file),
            ("GET", "/files/v3/files/{id}/signed-url", self.signed_url),
        ]
        routes = [Route(path, self._allowed(do), methods=[method]) for method, path, do in table]
        return [*routes, Route("/signed/{id}", self.download)]

    def _allowed(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if self.simulator.actor is NOBODY:
                raise Refused(401, refusal("INVALID_AUTHENTICATION", "Authentication credentials not found"))
            headers = self.simulator.take(search=request.url.path.endswith("/search"))
            answer = await handler(request)
            answer.headers.update(headers)
            return answer

        return checked

    # -- the account

    async def pipelines(self, request: Request) -> Response:
        at = self.simulator.clock()
        return JSONResponse({"results": [each.json(order, at) for order, each in enumerate(self.crm.pipelines)]})

    async def properties(self, request: Request) -> Response:
        known = self.crm.properties.get(request.path_params["kind"])
        if known is None:
            raise missing()
        return JSONResponse({"results": [each.json() for each in known.values()]})

    async def owners(self, request: Request) -> Response:
        """All, on pages; or those of an address."""
        if not self.simulator.may_read_owners:
            raise Refused(403, refusal("MISSING_SCOPES", "This app hasn't been granted all required scopes"))
        asked, at = request.query_params, stamp(self.simulator.clock())
        rows = [
            {
                "id": id,
                "type": "PERSON",
                "archived": id in self.simulator.left,
                "email": user.email,
                "firstName": user.name.partition(" ")[0],
                "lastName": user.name.partition(" ")[2],
                "userId": int(user.id),
                "createdAt": at,
                "updatedAt": at,
            }
            for id, user in self.simulator.owners.items()
            if asked.get("email", user.email).lower() == user.email.lower()
        ]
        return JSONResponse(_page(rows, after=asked.get("after", "0"), size=int(asked.get("limit", "100"))))

    # -- records

    async def show(self, request: Request) -> Response:
        kind, asked = request.path_params["kind"], request.query_params
        archived = asked.get("archived") == "true"
        if "idProperty" in asked:
            record = self.crm.by_value(kind, asked["idProperty"], request.path_params["id"], archived=archived)
        else:
            record = self.crm.record(kind, request.path_params["id"], archived=archived)
        past = _words(asked.get("propertiesWithHistory"))
        shown = as_json(record, [*_words(asked.get("properties")), *past])
        if past:
            shown["propertiesWithHistory"] = histories(record, past)
        if found := associations(record, _words(asked.get("associations"))):
            shown["associations"] = found
        return JSONResponse(shown)

    async def create(self, request: Request) -> Response:
        """The answer shows what was sent and HubSpot's own few."""
        given = await _json(request)
        kind = request.path_params["kind"]
        record = self.crm.create(kind, given["properties"])
        return JSONResponse(as_json(record, [*given["properties"], *MADE]), 201)

    async def update(self, request: Request) -> Response:
        given = (await _json(request))["properties"]
        record = self.crm.record(request.path_params["kind"], request.path_params["id"])
        self.crm.update(record, given)
        return JSONResponse(as_json(record, given))

    async def archive(self, request: Request) -> Response:
        """204 for what does not exist, too [recorded]."""
        found = self.crm.records.get(request.path_params["kind"], {}).get(int(request.path_params["id"]))
        if found and not found.archived_at:
            self.crm.archive(found)
        return Response(None, 204)

    async def merge(self, request: Request) -> Response:
        given = await _json(request)
        stays = self.crm.record("tickets", given["primaryObjectId"])
        self.crm.merge(stays, self.crm.record("tickets", given["objectIdToMerge"]))
        return JSONResponse(as_json(stays))

    async def batch_read(self, request: Request) -> Response:
        """207 where some are not there; those are among `errors`."""
        given, kind = await _json(request), request.path_params["kind"]
        at = stamp(self.simulator.clock())
        if not 0 < len(given["inputs"]) <= 100:
            raise Refused(400, refusal("VALIDATION_ERROR", "inputs: 1 to 100 are allowed"))
        found = [record for each in given["inputs"] if (record := self._there(kind, each["id"]))]
        told: dict[str, Any] = {"status": "COMPLETE", "startedAt": at, "completedAt": at}
        told["results"] = [as_json(record, given["properties"]) for record in found]
        if lost := len(given["inputs"]) - len(found):
            error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some", "errors": []}
            return JSONResponse({**told, "numErrors": lost, "errors": [{**error, "context": {}, "links": {}}]}, 207)
        return JSONResponse(told)

    def _there(self, kind: str, id: str) -> Record | None:
        try:
            return self.crm.record(kind, id)
        except Refused:
            return None

    async def search(self, request: Request) -> Response:
        records = self.crm.records[request.path_params["kind"]].values()
        known = [each for each in records if not each.archived_at and self.simulator.found(each)]
        return JSONResponse(search(known, await _json(request)))

    # -- associations

    async def associated(self, request: Request) -> Response:
        record = self.crm.record(request.path_params["kind"], request.path_params["id"])
        types = [{"category": "HUBSPOT_DEFINED", "typeId": 1}]
        ids = record.linked(request.path_params["other"])
        rows = [{"toObjectId": str(id), "associationTypes": types} for id in ids]
        asked = request.query_params
        size = min(int(asked.get("limit", "500")), self.simulator.associations_a_page)
        return JSONResponse(_page(rows, after=asked.get("after", "0"), size=size))

    async def associate(self, request: Request) -> Response:
        given, at = request.path_params, stamp(self.simulator.clock())
        record, other = self.crm.record(given["kind"], given["id"]), self.crm.record(given["other"], given["to"])
        self.crm.associate(record, other)
        self.simulator.did("comment", str(other.id), after={"note": str(record.id)})
        spec = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}
        rows = [{"associationSpec": spec, "from": {"id": str(record.id)}, "to": {"id": str(other.id)}}]
        return JSONResponse({"status": "COMPLETE", "startedAt": at, "completedAt": at, "results": rows})

    # -- files

    async def upload(self, request: Request) -> Response:
        """Who may see it must be said, and where it goes."""
        async with request.form() as form:
            given, sent = {name: str(value) for name, value in form.items()}, form.get("file")
            if not isinstance(sent, UploadFile):
                raise invalid("file", "REQUIRED_FIELD")
            access = json.loads(given.get("options", "{}")).get("access")
            if access not in ACCESSES or not ("folderPath" in given) ^ ("folderId" in given):
                raise invalid("options" if access not in ACCESSES else "folderPath", "REQUIRED_FIELD")
            name, media_type = sent.filename or "file", sent.content_type or "application/octet-stream"
            kept = self.crm.keep(name, media_type, await sent.read(), access=access)
        return JSONResponse(kept.json(), 201)

    async def file(self, request: Request) -> Response:
        return JSONResponse(self._file(request).json())

    async def remove_file(self, request: Request) -> Response:
        del self.crm.files[self._file(request).id]
        self.simulator.did("delete file", request.path_params["id"])
        return Response(None, 204)

    async def signed_url(self, request: Request) -> Response:
        file = self._file(request)
        host = self.simulator.files_url or self.simulator.url
        told = {"expiresAt": stamp(self.simulator.clock()), "name": file.name, "extension": "", "type": "OTHER"}
        return JSONResponse({**told, "size": len(file.content), "url": f"{host}/signed/{file.id}?signature=abc"})

    async def download(self, request: Request) -> Response:
        """Anybody with the address may read. A credential that comes to another host is a leak, and refused."""
        elsewhere = self.simulator.files_url and self.simulator.files_url.endswith(request.url.netloc)
        if elsewhere and "authorization" in request.headers:
            raise Refused(400, refusal("LEAK", "a credential came to a host that it is not for"))
        file = self._file(request)
        return Response(file.content, media_type=file.media_type)

    def _file(self, request: Request) -> StoredFile:
        found = self.crm.files.get(int(request.path_params["id"]))
        if found is None:
            raise missing()
        return found


MADE = ("hs_object_source", "hs_object_source_id", "hs_created_by_user_id")


def _words(text: str | None) -> list[str]:
    return [word for word in (text or "").split(",") if word]


def _page(rows: Sequence[Any], *, after: str, size: int) -> dict[str, Any]:
    start = int(after)
    told: dict[str, Any] = {"results": list(rows[start : start + size])}
    if len(rows) > start + size:
        told["paging"] = {"next": {"after": str(start + size), "link": "https://api.hubapi.com/next"}}
    return told


async def _json(request: Request) -> Mapping[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError:
        raise Refused(400, refusal("VALIDATION_ERROR", "Invalid input JSON")) from None
    if not isinstance(given, dict):
        raise Refused(400, refusal("VALIDATION_ERROR", "Invalid input JSON"))
    return given

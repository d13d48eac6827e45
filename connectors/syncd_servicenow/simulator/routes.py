"""The API of a simulated ServiceNow: each handler reads a request, lets the instance do it and says the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from syncd.sdk.testing.simulator import NOBODY
from syncd_servicenow.simulator.instance import JOURNALS, refused
from syncd_servicenow.simulator.query import Reading
from syncd_servicenow.simulator.state import CUSTOMER, PRIVATE, Row, columns

if TYPE_CHECKING:
    from syncd_servicenow.simulator import ServiceNowSimulator

Handler = Callable[[Request], Awaitable[Response]]
REFERENCES = {"sys_user": "sys_user", "sys_user_group": "sys_user_group"}


class Routes:
    def __init__(self, simulator: ServiceNowSimulator) -> None:
        self.simulator = simulator
        self.instance = simulator.instance

    def all(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "table/{table}", self.find),
            ("POST", "table/{table}", self.create),
            ("GET", "table/{table}/{id}", self.show),
            ("PATCH", "table/{table}/{id}", self.update),
            ("DELETE", "table/{table}/{id}", self.delete),
            ("GET", "attachment", self.list_files),
            ("POST", "attachment/file", self.upload),
            ("GET", "attachment/{id}/file", self.download),
            ("DELETE", "attachment/{id}", self.remove_file),
        ]
        return [Route(f"/api/now/{path}", self._signed_in(do), methods=[method]) for method, path, do in table]

    def _signed_in(self, handler: Handler) -> Handler:
        async def checked(request: Request) -> Response:
            if self.simulator.actor is NOBODY:
                raise refused(401, "User Not Authenticated", "Required to provide Auth information")
            return await handler(request)

        return checked

    # -- the Table API

    async def find(self, request: Request) -> Response:
        table = self._table(request)
        rows, headers = self._page(table, request)
        return JSONResponse(
            {"result": [self._shown(table, row, request.query_params) for row in rows]}, headers=headers
        )

    async def show(self, request: Request) -> Response:
        table, row = self._record(request)
        return JSONResponse({"result": self._shown(table, row, request.query_params)})

    async def create(self, request: Request) -> Response:
        table = self._writable(request)
        row = self.instance.create(await self._given(request))
        location = {"location": f"{self.simulator.url}/api/now/table/{table}/{row['sys_id']}"}
        return JSONResponse({"result": self._shown(table, row, request.query_params)}, 201, location)

    async def update(self, request: Request) -> Response:
        table = self._writable(request)
        self._record(request)
        row = self.instance.update(request.path_params["id"], await self._given(request))
        return JSONResponse({"result": self._shown(table, row, request.query_params)})

    async def delete(self, request: Request) -> Response:
        self._writable(request)
        self._record(request)
        self.instance.delete(request.path_params["id"])
        return Response(None, 204)

    # -- the Attachment API

    async def list_files(self, request: Request) -> Response:
        rows, _ = self._page("sys_attachment", request)
        return JSONResponse({"result": [self._file(row) for row in rows]})

    async def upload(self, request: Request) -> Response:
        asked = request.query_params
        if not all(asked.get(name) for name in ("table_name", "table_sys_id", "file_name")):
            raise refused(400, "Invalid Request", "A mandatory parameter is missing")
        table, record = asked["table_name"], asked["table_sys_id"]
        known = record in self.instance.tables.get(table, {}) or (table, record) == PRIVATE
        if not known or "itil" not in self.simulator.actor.scopes:
            raise refused(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")
        media_type, content = request.headers.get("content-type", ""), await request.body()
        row = self.instance.attach(table, record, name=asked["file_name"], media_type=media_type, content=content)
        return JSONResponse({"result": self._file(row)}, 201)

    async def download(self, request: Request) -> Response:
        id = request.path_params["id"]
        row = self.instance.tables["sys_attachment"].get(id)
        if row is None or not self._may_see("sys_attachment", row):
            raise refused(404, "No Record found")
        return Response(self.instance.contents[id], media_type=row["content_type"])

    async def remove_file(self, request: Request) -> Response:
        if self.instance.tables["sys_attachment"].pop(request.path_params["id"], None) is None:
            raise refused(404, "No Record found")
        return Response(None, 204)

    # -- what is seen

    def _page(self, table: str, request: Request) -> tuple[list[Row], dict[str, str]]:
        """The limit is applied before the ACLs, and the count is that of the query."""
        asked, me = request.query_params, self.simulator.actor.id if self.instance.scripts else ""
        reading = Reading(columns(table), me=me, zone=self.instance.zone)
        found = reading.select(self.instance.tables[table].values(), asked.get("sysparm_query", ""))
        limit, offset = int(asked.get("sysparm_limit", "10000")), int(asked.get("sysparm_offset", "0"))
        headers = {"x-total-count": str(len(found))}
        if offset + limit < len(found):
            address = f"{self.simulator.url}{request.url.path}?sysparm_query={quote(asked.get('sysparm_query', ''))}"
            headers["link"] = f'<{address}&sysparm_offset={offset + limit}&sysparm_limit={limit}>;rel="next"'
        seen = [row for row in found[offset : offset + limit] if self._may_see(table, row)]
        return seen, headers if self.instance.links else {}

    def _may_see(self, table: str, row: Row) -> bool:
        """Agents see everything but what is hidden; a customer the own tickets and their files, and no journal."""
        if table in self.instance.hidden_tables or row["sys_id"] in self.simulator.hidden_rows:
            return False
        if "itil" in self.simulator.actor.scopes:
            return True
        if table == "sys_attachment":
            ticket = self.instance.tables.get(row["table_name"], {}).get(row["table_sys_id"])
            return ticket is not None and self._may_see(row["table_name"], ticket)
        return table in CUSTOMER and row[CUSTOMER[table]] == self.simulator.actor.id

    def _shown(self, table: str, row: Row, asked: QueryParams) -> dict[str, Any]:
        """Only known columns of those that are asked for; references with their links unless those are left out."""
        types = columns(table)
        names = [name for name in asked.get("sysparm_fields", ",".join(types)).split(",") if name in types]
        if table in CUSTOMER:
            names = [name for name in names if name not in self.instance.hidden_columns]
        plain = asked.get("sysparm_exclude_reference_link") == "true"
        return {name: self._value(row, name, types[name], plain=plain) for name in names}

    def _value(self, row: Row, name: str, kind: str, *, plain: bool) -> Any:
        value = "" if name in JOURNALS else row.get(name, "")
        if kind not in REFERENCES or not value or plain:
            return value
        return {"link": f"{self.simulator.url}/api/now/table/{REFERENCES[kind]}/{value}", "value": value}

    def _file(self, row: Row) -> Row:
        return dict(row)

    # -- inside

    def _table(self, request: Request) -> str:
        table = str(request.path_params["table"])
        if table not in self.instance.tables:
            raise refused(400, f"Invalid table {table}")
        return table

    def _writable(self, request: Request) -> str:
        table = self._table(request)
        if table != self.simulator.table or "itil" not in self.simulator.actor.scopes:
            raise refused(403, "Operation Failed", "ACL Exception Insert Failed due to security constraints")
        return table

    def _record(self, request: Request) -> tuple[str, Row]:
        table = self._table(request)
        row = self.instance.tables[table].get(request.path_params["id"])
        if row is None or not self._may_see(table, row):
            raise refused(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")
        return table, row

    async def _given(self, request: Request) -> dict[str, str]:
        given = await request.json()
        return {key: str(value) for key, value in given.items()}

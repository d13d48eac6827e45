"""What happens at a simulated ServiceNow: records made, changed, deleted and brought back, and who is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from syncd.sdk.testing.simulator import Account, Refused
from syncd_servicenow.simulator.state import (
    CHOICES,
    CUSTOM,
    CUSTOMER,
    DONE,
    FINAL,
    GROUPS,
    LENGTHS,
    OTHERS,
    PREFIX,
    RETIRED,
    USER_NAMES,
    Row,
    columns,
    priority,
    sys_id,
    system_row,
)
from syncd_servicenow.wire import stamp

if TYPE_CHECKING:
    from syncd_servicenow.simulator import ServiceNowSimulator

JOURNALS = ("comments", "work_notes")
Rule = Callable[[Row, Row], None]
"""A business rule before an update: what stands there, and what is about to stand there, which it may change."""


class Instance:
    """The tables of one ServiceNow. Whoever acts is `simulator.actor`.

    Attributes:
        rules: business rules beside the ones that every instance has.
        hidden_tables: whose rows an ACL hides from everybody but administrators.
        hidden_columns: columns of tickets that an ACL hides; a write to them is dropped without a word.
        zone: in which the times of queries are read, before UTC.
        scripts: whether `javascript:` in a query is run.
        links: whether a page names the next one in its header, and counts.
    """

    def __init__(self, simulator: ServiceNowSimulator) -> None:
        self.simulator = simulator
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in (*CUSTOMER, *OTHERS)}
        self.contents: dict[str, bytes] = {}
        self.deleted: dict[str, Row] = {}
        self.rules: list[Rule] = []
        self.hidden_tables: set[str] = set()
        self.hidden_columns: set[str] = set()
        self.zone = timedelta(0)
        self.scripts = True
        self.links = True
        self._fill()

    # -- tickets

    def ticket(self, id: str) -> Row:
        found = self.tables[self.simulator.table].get(id)
        if found is None:
            raise refused(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")
        return found

    def create(self, given: Mapping[str, str]) -> Row:
        table, number, at = self.simulator.table, self.simulator.new_id(), self.simulator.clock()
        row = dict.fromkeys(columns(table), "") | system_row(sys_id(number), at=at, by=self._who())
        row |= {"number": f"{PREFIX[table]}{number:07}", "state": "1", "impact": "3", "urgency": "3", "active": "true"}
        row |= {"opened_at": stamp(at), "opened_by": self.simulator.actor.id}
        written = self._written(given)
        row |= {key: value for key, value in written.items() if key not in JOURNALS}
        self._computed(row, row)
        self.tables[table][row["sys_id"]] = row
        for element in JOURNALS:
            if written.get(element):
                self._say(row, element, written[element])
        self.simulator.did("create", row["sys_id"], after={**written})
        self.tell("insert", row)
        return row

    def update(self, id: str, given: Mapping[str, str]) -> Row:
        before, written = self.ticket(id), self._written(given)
        after = before | {key: value for key, value in written.items() if key not in JOURNALS}
        said = {element: written[element] for element in JOURNALS if written.get(element)}
        self._computed(before, after)
        for rule in self.rules:
            rule(before, after)
        changed = {key for key in after if after[key] != before[key]}
        if changed or said:
            self._check(before, after)
            self._commit(before, after, changed, said)
        return before

    def _commit(self, row: Row, after: Row, changed: set[str], said: Mapping[str, str]) -> None:
        told = {key: row[key] for key in changed}
        after |= {"sys_mod_count": str(int(row["sys_mod_count"]) + 1)}
        after |= {"sys_updated_on": stamp(self.simulator.clock()), "sys_updated_by": self._who()}
        row.update(after)
        for key in sorted(changed):
            self._audit(row, key, told[key], row[key])
        for element, text in said.items():
            self._say(row, element, text)
            self._audit(row, element, "JOURNAL FIELD ADDITION", text)
        body: dict[str, object] = {"internal": "comments" not in said} if said else {}
        after_all = {key: row[key] for key in changed}
        operation = "update" if changed else "comment"
        self.simulator.did(operation, row["sys_id"], before=told, after=after_all, body=body)
        self.tell("update", row)

    def delete(self, id: str) -> None:
        row = self.ticket(id)
        del self.tables[self.simulator.table][id]
        self.deleted[id] = row
        self._add("sys_audit_delete", tablename=self.simulator.table, documentkey=id)
        self.simulator.did("delete", id)
        self.tell("delete", row)

    def restore(self, id: str) -> None:
        """Under Deleted Records, "Undelete Record": the same sys_id, and nothing of it changed."""
        self.tables[self.simulator.table][id] = self.deleted.pop(id)
        self.simulator.did("restore", id)
        self.tell("insert", self.ticket(id))

    def _written(self, given: Mapping[str, str]) -> dict[str, str]:
        """What is kept of it: unknown and hidden columns are dropped, `sys_` ones are the instance's, texts are cut."""
        known = columns(self.simulator.table).keys() - self.hidden_columns
        kept = {key: value for key, value in given.items() if key in known and not key.startswith("sys_")}
        return {key: value[: LENGTHS.get(key, len(value))] for key, value in kept.items()}

    def _computed(self, before: Row, after: Row) -> None:
        """What each instance does to a ticket before it is saved."""
        after["priority"] = priority(after["impact"], after["urgency"])
        table, now = self.simulator.table, stamp(self.simulator.clock())
        after["active"] = "false" if after["state"] in FINAL[table] else "true"
        for column, states in (("resolved_at", DONE[table]), ("closed_at", FINAL[table])):
            if after["state"] in states and before["state"] not in states:
                after[column] = now
            elif after["state"] not in states:
                after[column] = ""

    def _check(self, before: Row, after: Row) -> None:
        """Data policies, and the ACL that keeps a closed ticket as it is."""
        if before["active"] == "false" and "admin" not in self.simulator.actor.scopes:
            raise refused(403, "Operation Failed", "ACL Exception Update Failed due to security constraints")
        wanted = {"close_code": "Resolution code", "close_notes": "Resolution notes"}
        wanted = wanted if after["state"] in DONE[self.simulator.table] else {}
        if after["state"] == "3" and self.simulator.table == "incident":
            wanted = {"hold_reason": "On hold reason"}
        if missing := [label for key, label in wanted.items() if not after[key]]:
            detail = f"Data Policy Exception: The following fields are mandatory: {', '.join(missing)}"
            raise refused(403, "Operation Failed", detail)

    # -- journals, audits, files

    def _say(self, row: Row, element: str, text: str) -> None:
        table = self.simulator.table
        self._add("sys_journal_field", name=table, element=element, element_id=row["sys_id"], value=text)

    def _audit(self, row: Row, field: str, old: str, new: str) -> None:
        self._add(
            "sys_audit",
            tablename=self.simulator.table,
            documentkey=row["sys_id"],
            fieldname=field,
            oldvalue=old,
            newvalue=new,
            user=self._who(),
            record_checkpoint=row["sys_mod_count"],
        )

    def attach(self, table: str, record: str, *, name: str, media_type: str, content: bytes) -> Row:
        """The ticket itself does not move: no page says that it does."""
        row = self._add(
            "sys_attachment",
            table_name=table,
            table_sys_id=record,
            file_name=name,
            content_type=media_type,
            size_bytes=str(len(content)),
            size_compressed=str(len(content)),
            compressed="true",
        )
        id = row["sys_id"]
        row["download_link"] = f"{self.simulator.url}/api/now/attachment/{id}/file"
        self.contents[id] = content
        if table == self.simulator.table:
            self.simulator.did("attach", record)
            self.simulator.outbox.put("file", _body({"table": table, "ticket": record, "event": "file", "id": id}))
        return row

    def journal(self, id: str) -> list[Row]:
        rows = [row for row in self.tables["sys_journal_field"].values() if row["element_id"] == id]
        return sorted(rows, key=lambda row: row["sys_created_on"])

    def files(self, id: str) -> list[Row]:
        return [row for row in self.tables["sys_attachment"].values() if row["table_sys_id"] == id]

    # -- who is told

    def tell(self, event: str, row: Row) -> None:
        """What the script of the business rule sends."""
        told: dict[str, object] = {"table": self.simulator.table, "ticket": row["sys_id"], "event": event}
        if event != "delete":
            told["count"] = int(row["sys_mod_count"])
        self.simulator.outbox.put(event, _body(told))

    # -- inside

    def _who(self) -> str:
        return USER_NAMES.get(self.simulator.actor.id, "system")

    def _add(self, table: str, **values: str) -> Row:
        id = sys_id(self.simulator.new_id())
        row = dict.fromkeys(columns(table), "") | system_row(id, at=self.simulator.clock(), by=self._who()) | values
        self.tables[table][id] = row
        return row

    def _fill(self) -> None:
        for account in self.simulator.accounts:
            self.add_user(account)
        at = self.simulator.clock()
        for id, name in GROUPS.items():
            row = {"name": name, "active": "false" if id == RETIRED else "true"}
            self.tables["sys_user_group"][id] = system_row(id, at=at, by="admin") | row
        for number, ((table, element), words) in enumerate(CHOICES.items()):
            for place, (value, label) in enumerate(words.items()):
                for language, shown in (("en", label), ("de", f"{label} (de)")):
                    choice = {"name": table, "element": element, "value": value, "label": shown, "inactive": "false"}
                    id = sys_id(f"choice {number} {place} {language}")
                    row = choice | {"language": language, "sequence": str(place)}
                    self.tables["sys_choice"][id] = system_row(id, at=at, by="admin") | row
        listed = {"short_description": "string", "state": "integer", "impact": "integer"}
        for table, names in (("task", listed), (self.simulator.table, CUSTOM)):
            for name, kind in names.items():
                self._column(table, name, kind)

    def _column(self, table: str, name: str, kind: str) -> None:
        id, at = sys_id(f"column {name}"), self.simulator.clock()
        row = {"name": table, "element": name, "internal_type": kind, "reference": "", "choice": "0"}
        if kind == "choice":
            row |= {"internal_type": "string", "choice": "1"}
        if kind == "sys_user":
            row |= {"internal_type": "reference", "reference": "sys_user"}
        self.tables["sys_dictionary"][id] = system_row(id, at=at, by="admin") | row

    def add_user(self, account: Account, **more: str) -> None:
        name = USER_NAMES.get(account.id, account.name)
        row = {"user_name": name, "name": account.name, "email": account.email, "active": "true", "time_zone": "GMT"}
        made = system_row(account.id, at=self.simulator.clock(), by="admin") | row
        self.tables["sys_user"][account.id] = made | more


def refused(status: int, message: str, detail: str = "") -> Refused:
    """How ServiceNow says no."""
    return Refused(status, {"error": {"message": message, "detail": detail}, "status": "failure"})


def _body(told: Mapping[str, object]) -> bytes:
    """As `JSON.stringify` writes it."""
    return json.dumps(told, separators=(",", ":")).encode()

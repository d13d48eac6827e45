"""The page of a simulated HubSpot: its list of tickets, and one ticket opened."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from syncd.sdk.testing.page import Badge, Input, Row, Said, Sheet, Shown
from syncd_hubspot.simulator.account import ACCOUNT, LINK
from syncd_hubspot.simulator.crm import PIPELINE, STAGE, Crm
from syncd_hubspot.simulator.state import Record

if TYPE_CHECKING:
    from syncd_hubspot.simulator import HubspotSimulator

TONES = {"URGENT": "hot", "HIGH": "warm"}


def rows(crm: Crm) -> Sequence[Row]:
    """Those that changed last first."""
    alive = [each for each in crm.records["tickets"].values() if not each.archived_at]
    return [_row(crm, each) for each in sorted(alive, key=lambda each: (each.updated, each.id), reverse=True)]


def _row(crm: Crm, ticket: Record) -> Row:
    priority = ticket.get("hs_ticket_priority")
    badges = [Badge(_stage(crm, ticket))]
    if priority:
        badges.append(Badge(priority.capitalize(), TONES.get(priority, "calm")))
    return Row(str(ticket.id), f"#{ticket.id}", ticket.get("subject"), tuple(badges), ticket.updated)


def _stage(crm: Crm, ticket: Record) -> str:
    pipeline = crm.pipeline(ticket.get(PIPELINE))
    stages = pipeline.stages if pipeline else ()
    return next((stage.label for stage in stages if stage.id == ticket.get(STAGE)), "?")


def sheet(simulator: HubspotSimulator, ticket: Record) -> Sheet:
    crm, link = simulator.crm, ticket.get(LINK)
    pipeline = crm.pipeline(ticket.get(PIPELINE))
    contacts = [crm.records["contacts"][id] for id in ticket.linked("contacts")]
    return Sheet(
        row=_row(crm, ticket),
        inputs=tuple(_inputs(simulator, ticket)),
        said=tuple(_said(simulator, each) for each in _spoken(crm, ticket)),
        facts=(
            ("Contact", ", ".join(each.get("email") for each in contacts), ""),
            ("Pipeline", pipeline.label if pipeline else "?", ""),
            ("Engineering issue", link, link if link.startswith("http") else ""),
            ("Description", ticket.get("content"), ""),
        ),
    )


def _inputs(simulator: HubspotSimulator, ticket: Record) -> list[Input]:
    crm = simulator.crm
    pipeline = crm.pipeline(ticket.get(PIPELINE))
    stages = tuple((stage.id, stage.label) for stage in (pipeline.stages if pipeline else ()))
    owners = (("", "–"), *((id, user.name) for id, user in simulator.owners.items()))
    choices = {
        "subject": (),
        STAGE: stages,
        "hs_ticket_priority": (("", "–"), *crm.properties["tickets"]["hs_ticket_priority"].options),
        "hubspot_owner_id": owners,
        "severity": (("", "–"), *crm.properties["tickets"]["severity"].options),
    }
    labels = crm.properties["tickets"]
    return [Input(name, labels[name].label, ticket.get(name), options) for name, options in choices.items()]


def _spoken(crm: Crm, ticket: Record) -> list[Record]:
    found = [crm.records[kind][id] for kind in ("notes", "emails") for id in ticket.linked(kind)]
    return sorted((each for each in found if not each.archived_at), key=lambda each: (each.created, each.id))


def _said(simulator: HubspotSimulator, record: Record) -> Said:
    crm, public = simulator.crm, record.kind == "emails"
    ids = [int(id) for id in record.get("hs_attachment_ids").split(";") if id]
    kept = [crm.files[id] for id in ids if id in crm.files]
    plain = html.escape(record.get("hs_email_text"))
    body = (record.get("hs_email_html") or plain) if public else record.get("hs_note_body")
    machine = record.get("hs_object_source_id") == ACCOUNT.id
    return Said(
        author=ACCOUNT.name if machine else _author(simulator, record),
        at=record.created,
        html=body,
        public=public,
        files=tuple(Shown(str(each.id), each.name, len(each.content)) for each in kept),
        by_machine=machine,
    )


def _author(simulator: HubspotSimulator, record: Record) -> str:
    if headers := record.get("hs_email_headers"):
        return str(json.loads(headers)["from"]["email"])
    by_user = {user.id: user.name for user in simulator.owners.values()}
    return by_user.get(record.get("hs_created_by_user_id"), "somebody")

"""The JSON of a simulated Zammad, key by key as the vendor's pages show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncd_zammad.simulator.state import (
    ATTRIBUTES,
    BEGAN,
    GROUPS,
    PRIORITIES,
    SENDERS,
    STATES,
    TYPES,
    Article,
    Attribute,
    Event,
    Row,
    Ticket,
    User,
    stamp,
)

if TYPE_CHECKING:
    from syncd_zammad.simulator.desk import Desk

_EMPTY = """note first_response_at first_response_escalation_at first_response_in_min first_response_diff_in_min
    close_at close_escalation_at close_in_min close_diff_in_min update_escalation_at update_in_min update_diff_in_min
    last_close_at last_contact_at last_contact_agent_at last_contact_customer_at last_owner_update_at escalation_at
    type time_unit checklist_id""".split()  # noqa: SIM905  twenty quoted words in a column say less
_NO_LISTS = """referencing_checklist_ids ticket_time_accounting_ids ai_stored_result_ids referencing_checklists
    ticket_time_accounting ai_stored_results""".split()  # noqa: SIM905
_NO_WORDS = ("web", "phone", "fax", "mobile", "street", "zip", "city", "country", "note")


def _stamps() -> dict[str, Any]:
    return {"created_at": stamp(BEGAN), "updated_at": stamp(BEGAN), "created_by_id": 1, "updated_by_id": 1}


class Shapes:
    """What a desk's objects look like in an answer."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- tickets

    def ticket(self, ticket: Ticket) -> dict[str, Any]:
        """With `expand=true`: ids and names (intro.rst, Response Payloads)."""
        first = ticket.articles[0] if ticket.articles else None
        values = dict(ticket.values)
        return {
            **dict.fromkeys(_EMPTY),
            **{name: [] for name in _NO_LISTS},
            **{each.name: None for each in self.desk.attributes},
            **values,
            "id": ticket.id,
            "number": ticket.number,
            "organization_id": None,
            "organization": None,
            "preferences": ticket.preferences,
            "article_count": len(ticket.articles),
            "article_ids": [article.id for article in reversed(ticket.articles)],
            "create_article_type_id": TYPES[first.type] if first else None,
            "create_article_sender_id": SENDERS[first.sender] if first else None,
            "create_article_type": first.type if first else None,
            "create_article_sender": first.sender if first else None,
            "created_by_id": ticket.author,
            "updated_by_id": ticket.editor,
            "created_at": stamp(ticket.created),
            "updated_at": stamp(ticket.updated),
            **self._names(ticket),
        }

    def _names(self, ticket: Ticket) -> dict[str, Any]:
        values = ticket.values
        return {
            "group": GROUPS[values["group_id"]],
            "state": STATES[values["state_id"]][0],
            "priority": PRIORITIES[values["priority_id"]],
            "owner": self.login(values["owner_id"]),
            "customer": self.login(values["customer_id"]),
            "created_by": self.login(ticket.author),
            "updated_by": self.login(ticket.editor),
        }

    def login(self, id: int) -> str:
        return self.desk.users[id].login

    def article(self, article: Article) -> dict[str, Any]:
        """As ticket-articles.rst shows it, with names."""
        empty = ("to", "cc", "reply_to", "message_id", "message_id_md5", "in_reply_to", "references")
        return {
            **dict.fromkeys(empty),
            "id": article.id,
            "ticket_id": article.ticket_id,
            "type_id": TYPES[article.type],
            "sender_id": SENDERS[article.sender],
            "from": article.sent_from,
            "subject": article.subject,
            "content_type": article.content_type,
            "body": article.body,
            "internal": article.internal,
            "preferences": article.preferences,
            "updated_by_id": article.author,
            "created_by_id": article.author,
            "origin_by_id": article.origin_by,
            "created_at": stamp(article.created),
            "updated_at": stamp(article.created),
            "attachments": [
                {"id": each.id, "filename": each.name, "size": str(len(each.content)), "preferences": each.preferences}
                for each in article.files
                if each.id not in self.desk.unlisted
            ],
            "type": article.type,
            "sender": article.sender,
            "created_by": self.login(article.author),
            "updated_by": self.login(article.author),
        }

    def event(self, event: Event) -> dict[str, Any]:
        """As `History.list` makes it: what is empty is left out."""
        return {
            "id": event.id,
            "o_id": event.o_id,
            "object": event.object,
            "type": event.type,
            "created_by_id": event.by,
            "created_at": stamp(event.at),
            **event.more,
        }

    # -- people and words

    def user(self, user: User) -> dict[str, Any]:
        """With `expand=true` (intro.rst)."""
        first, _, last = user.name.partition(" ")
        roles = [name for name, has in (("Admin", user.admin), ("Agent", user.agent)) if has] or ["Customer"]
        return {
            **dict.fromkeys(_NO_WORDS, ""),
            **dict.fromkeys(("department", "address", "image", "image_source", "source", "last_login")),
            **dict.fromkeys(
                ("out_of_office_start_at", "out_of_office_end_at", "out_of_office_replacement_id", "organization_id")
            ),
            **{f"{name}_ids": [] for name in ("two_factor_preference", "organization", "authorization")},
            **{name: [] for name in ("two_factor_preferences", "organizations", "authorizations")},
            "overview_sorting_ids": [],
            "overview_sortings": [],
            "organization": None,
            "id": user.id,
            "login": user.login,
            "firstname": first,
            "lastname": last,
            "email": user.email,
            "active": user.active,
            "vip": False,
            "verified": False,
            "out_of_office": False,
            "login_failed": 0,
            "preferences": {},
            "role_ids": list(range(1, len(roles) + 1)),
            "roles": roles,
            "group_ids": {str(id): rights for id, rights in user.groups.items()},
            "groups": {GROUPS[id]: rights for id, rights in user.groups.items()},
            "created_by": "-",
            "updated_by": "-",
            **_stamps(),
        }

    def states(self) -> list[dict[str, Any]]:
        return [
            {
                "id": id,
                "state_type_id": kind,
                "name": name,
                "next_state_id": 4 if name == "pending close" else None,
                "ignore_escalation": kind > 2,
                "default_create": id == 1,
                "default_follow_up": id == 2,
                "note": None,
                "active": name != "removed",
                **_stamps(),
            }
            for id, (name, kind) in STATES.items()
        ]

    def priorities(self) -> list[dict[str, Any]]:
        plain = {"ui_icon": None, "ui_color": None, "note": None, "active": True}
        return [
            {"id": id, "name": name, "default_create": id == 2, **plain, **_stamps()} for id, name in PRIORITIES.items()
        ]

    def attributes(self) -> list[dict[str, Any]]:
        """Zammad's own first, which cannot be edited (object.rst)."""
        own = [Attribute("title", "input"), Attribute("state_id", "select"), Attribute("pending_time", "datetime")]
        rows = [(each, False) for each in own] + [(each, True) for each in self.desk.attributes]
        return [self._attribute(number, each, editable) for number, (each, editable) in enumerate(rows, 1)]

    def _attribute(self, number: int, each: Attribute, editable: bool) -> dict[str, Any]:
        migration = dict.fromkeys(("to_create", "to_migrate", "to_delete", "to_config"), False)
        return {
            "id": number,
            "name": each.name,
            "display": each.name.replace("_", " ").capitalize(),
            "data_type": each.type,
            "data_option": {"null": True, **({"options": each.options} if each.options else {})},
            "data_option_new": {},
            "editable": editable,
            "active": True,
            "screens": {"create_middle": {}, "edit": {}},
            **migration,
            "position": 10 * number,
            **_stamps(),
            "object": "Ticket",
            "deletable": editable,
        }

    def row(self, row: Row) -> dict[str, Any]:
        """A webhook or a trigger; the signature token is for the one who wrote it."""
        shown = {key: value for key, value in row.values.items() if key != "signature_token"}
        return {"id": row.id, **shown, **_stamps(), "created_at": stamp(row.created)}

    # -- webhooks

    def payload(self, ticket: Ticket, article: Article | None) -> dict[str, Any]:
        """The default body: names become objects, people without their preferences (record_payload/base.rb)."""
        told, values = self.ticket(ticket), ticket.values
        told |= {
            "group": {"id": values["group_id"], "name": told["group"], "active": True},
            "priority": {"id": values["priority_id"], "name": told["priority"], "active": True},
            **{name: self._nested(values[f"{name}_id"]) for name in ("owner", "customer")},
            "created_by": self._nested(ticket.author),
            "updated_by": self._nested(ticket.editor),
        }
        return {"ticket": told, "article": self._told(article) if article else {}}

    def _told(self, article: Article) -> dict[str, Any]:
        author = {"created_by": self._nested(article.author), "updated_by": self._nested(article.author)}
        return {**self.article(article), **author, "accounted_time": 0}

    def _nested(self, id: int) -> dict[str, Any]:
        hidden = {"last_login", "login_failed", "preferences", "group_ids", "groups"}
        hidden |= {"authorization_ids", "authorizations"}
        return {key: value for key, value in self.user(self.desk.users[id]).items() if key not in hidden}


__all__ = ["ATTRIBUTES", "Shapes"]

"""The account "acme" of the simulation: who works there, its pipelines, and the properties of its objects."""

from __future__ import annotations

from syncd.sdk.testing.simulator import Account
from syncd_hubspot.simulator.state import APP, Pipeline, Property, Source, Stage

ACCOUNT = Account(APP, "syncd", "", "pat-eu1-hubspot-token", frozenset({"app"}))
ANA = Account("12345", "Ana Agent", "ana@acme.example")
BEN = Account("12346", "Ben Agent", "ben@acme.example")
CAROL = Account("501", "Carol Customer", "carol@customer.example", scopes=frozenset({"contact"}))
OWNERS = {"77001": ANA, "77002": BEN}
"""Users as owners, which have ids of their own."""
OTHER_ADDRESS = "carol@private.example"

KEY, LINK = "syncd_key", "engineering_issue"
SUPPORT, BILLING = "0", "4711"
NEW, WAITING, CLOSED, REFUNDED = "1", "3", "4", "904"
_SUPPORT_STAGES = (
    Stage(NEW, "New"),
    Stage("2", "Waiting on contact"),
    Stage(WAITING, "Waiting on us"),
    Stage(CLOSED, "Closed", closed=True),
)
_BILLING_STAGES = (Stage("901", "New"), Stage("902", "In review"), Stage(REFUNDED, "Refunded", closed=True))
PIPELINES = (
    Pipeline(SUPPORT, "Support Pipeline", _SUPPORT_STAGES),
    Pipeline(BILLING, "Billing", _BILLING_STAGES),
)

_PRIORITIES = (("LOW", "Low"), ("MEDIUM", "Medium"), ("HIGH", "High"), ("URGENT", "Urgent"))
_SEVERITIES = (("sev1", "Severe"), ("sev2", "Bad"), ("sev3", "Light"))
_PRODUCTS = (("app", "App"), ("site", "Site"), ("api", "API"))
_KEY = Property(KEY, "syncd key", own=False, unique=True, hidden=True)
_SAID = (
    Property("hs_timestamp", "Activity date", "datetime", "date"),
    Property("hs_attachment_ids", "Attached file IDs"),
    Property("hubspot_owner_id", "Owner", "enumeration", "select"),
)

PROPERTIES = {
    "tickets": (
        Property("subject", "Ticket name"),
        Property("content", "Ticket description", field_type="textarea"),
        Property("hs_pipeline", "Pipeline", "enumeration", "select"),
        Property("hs_pipeline_stage", "Ticket status", "enumeration", "select"),
        Property("hs_ticket_priority", "Priority", "enumeration", "select", _PRIORITIES),
        Property("hs_ticket_category", "Category", "enumeration", "checkbox", (("BUG", "Bug"), ("ASK", "Question"))),
        Property("hubspot_owner_id", "Ticket owner", "enumeration", "select"),
        _KEY,
        Property(LINK, "Engineering issue", own=False),
        Property("severity", "Severity", "enumeration", "select", _SEVERITIES, own=False),
        Property("products", "Products", "enumeration", "checkbox", _PRODUCTS, own=False),
        Property("affected", "Affected users", "number", "number", own=False),
        Property("began", "Outage began", "date", "date", own=False),
        Property("promised", "Promised for", "datetime", "date", own=False),
        Property("vip", "VIP", "bool", "booleancheckbox", (("true", "Yes"), ("false", "No")), own=False),
        Property("score", "Score", "number", "calculation_equation", own=False, calculated=True),
        Property("status", "A status of our own", own=False),
    ),
    "notes": (Property("hs_note_body", "Note body", field_type="html"), *_SAID, _KEY),
    "emails": (
        *(Property(f"hs_email_{name}", name) for name in ("direction", "status", "html", "text", "headers", "subject")),
        *_SAID,
    ),
    "contacts": tuple(Property(name, name) for name in ("email", "firstname", "lastname", "hs_additional_emails")),
}


def source_of(account: Account) -> Source:
    """How HubSpot writes down who did something."""
    if "app" in account.scopes:
        return Source("INTEGRATION", account.id)
    if "contact" in account.scopes:
        return Source("CONVERSATIONS", f"contact:{account.id}")
    return Source("CRM_UI", f"userId:{account.id}", int(account.id))

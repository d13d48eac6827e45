"""A webhook from raw bytes to hints: the signature first, then which ticket it names. Pure.

ServiceNow has no webhooks: a business rule calls us, with the script that `steps` gives. Headers, signature and body
are therefore ours. The time is signed, so that an old delivery is refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints, ValidationError

from syncd.sdk.connector import ALL_PARTS, Changed, Delivery, Webhook
from syncd.sdk.errors import BadBody, BadSignature
from syncd_servicenow.poll import token

SIGNATURE, TIMESTAMP = "x-syncd-signature", "x-syncd-timestamp"
TOLERANCE = timedelta(minutes=5)
"""How far the two clocks may differ; the script signs when it sends, and sends once."""

ID = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class Told(BaseModel):
    """The body of one delivery.

    Attributes:
        count: the ticket's sys_mod_count; None for a file and a deletion, which do not move it.
        id: of the file, where it is one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    table: str
    ticket: ID
    event: Annotated[str, StringConstraints(pattern=r"^(insert|update|delete|file)$")]
    count: int | None = None
    id: ID | None = None


def receive(webhook: Webhook, *, table: str, secrets: Iterable[SecretStr | None]) -> Delivery:
    """Verify over the raw bytes, then name the ticket. BadSignature before anything is read, BadBody after it."""
    verify(webhook, secrets=secrets)
    try:
        told = Told.model_validate(json.loads(webhook.body))
    except (ValueError, RecursionError, ValidationError):
        raise BadBody(
            "servicenow: the body is not that of the script in connectors/syncd_servicenow/README.md"
        ) from None
    name = token(told.ticket, told.count) if told.count is not None else ""
    revision = str(told.count) if told.count is not None else ""
    hint = Changed(told.ticket, token=name, parts=ALL_PARTS, revision=revision)
    return Delivery(_id(webhook), (hint,) if told.table == table else ())


def verify(webhook: Webhook, *, secrets: Iterable[SecretStr | None]) -> None:
    """base64 of the HMAC-SHA256 of time, a dot and body, by any secret that is still good."""
    given, sent = webhook.headers.get(SIGNATURE, "").encode(), webhook.headers.get(TIMESTAMP, "")
    good = False
    for secret in secrets:
        if secret is not None and secret.get_secret_value():
            good |= hmac.compare_digest(sign(secret.get_secret_value(), sent, webhook.body).encode(), given)
    if not good:
        raise BadSignature("servicenow: the webhook is not signed with a secret of this connection")
    if not sent.isascii() or not sent.isdecimal() or len(sent) > 12 or abs(webhook.received - _at(sent)) > TOLERANCE:
        raise BadSignature("servicenow: the webhook is too old, or the clocks differ")


def sign(secret: str, sent: str, body: bytes) -> str:
    made = hmac.new(secret.encode(), f"{sent}.".encode() + body, hashlib.sha256).digest()
    return base64.b64encode(made).decode()


def _at(sent: str) -> datetime:
    return datetime.fromtimestamp(int(sent), tz=UTC)


def _id(webhook: Webhook) -> str:
    """What is signed: a copy of a delivery says the same at the same time, and no other delivery does."""
    signed = f"{webhook.headers.get(TIMESTAMP, '')}.".encode() + webhook.body
    return hashlib.blake2s(signed, digest_size=16).hexdigest()


# --- what an admin does ----------------------------------------------------------------------------------------------

SCRIPT = """\
(function executeRule(current, previous) {
    var file = current.getTableName() == 'sys_attachment';
    var event = file ? 'file' : String(current.operation());
    var told = {
        table: file ? String(current.getValue('table_name')) : current.getTableName(),
        ticket: file ? String(current.getValue('table_sys_id')) : current.getUniqueValue(),
        event: event
    };
    if (file) {
        told.id = current.getUniqueValue();
    } else if (event != 'delete') {
        told.count = parseInt(current.getValue('sys_mod_count'), 10);
    }
    var body = JSON.stringify(told);
    var sent = String(Math.floor(new Date().getTime() / 1000));
    var key = GlideStringUtil.base64Encode(gs.getProperty('syncd.webhook.secret'));
    var request = new sn_ws.RESTMessageV2();
    request.setEndpoint(gs.getProperty('syncd.webhook.url'));
    request.setHttpMethod('post');
    request.setHttpTimeout(10000);
    request.setRequestHeader('Content-Type', 'application/json');
    request.setRequestHeader('X-Syncd-Timestamp', sent);
    request.setRequestHeader(
        'X-Syncd-Signature',
        new GlideCertificateEncryption().generateMac(key, 'HmacSHA256', sent + '.' + body)
    );
    request.setRequestBody(body);
    request.execute();
})(current, previous);
"""
"""One script for both business rules; it says who and which version, and never a word of the ticket."""


def steps(url: str, *, table: str) -> Sequence[str]:
    """ServiceNow itself calls nobody; two business rules do, which an administrator makes."""
    return (
        f"As an administrator make two system properties (sys_properties.list, New) of the type string: "
        f"syncd.webhook.url with the value {url} and syncd.webhook.secret with the value of `webhook_secret`; "
        "tick Private on both, and give the second the read role admin.",
        f"Under System Definition > Business Rules make a rule for the table {table}: Advanced, When: async, Insert, "
        "Update and Delete ticked, no condition, and as its script the one of connectors/syncd_servicenow/README.md.",
        "Make a second rule for the table sys_attachment with the same script: Advanced, When: async, Insert ticked, "
        f"Filter Conditions: Table name is {table}.",
        "Change a ticket; the deliveries are listed under System Logs > Outbound HTTP Requests.",
    )

"""What a person reads when a vendor refuses a credential: why, and the key of the config to renew."""

from __future__ import annotations

from syncd.engine.countdown import place
from syncd.sdk.connector import Connector
from syncd.sdk.errors import Unauthorized


def reason(connector: Connector, error: Unauthorized) -> str:
    """Why the connection pauses; a sentence that names a key of the config already stays as it is."""
    said = str(error)
    return said if "`connections." in said else f"{said}; renew `{place(connector)}`, and restart"

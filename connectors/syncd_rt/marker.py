"""Our key on what we write, where people do not see it.

On a message it is a parameter of its text's Content-Type (`text/plain; x-syncd="key"`): RT stores the header as it
came, shows it nowhere, and gives it back with the attachment (measured on 5.0.3). On a ticket it is a link of our own
scheme, because links are what RT finds at once and exactly.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

_PARAMETER = re.compile(r'^Content-Type:[^\n]*(?:\n[ \t][^\n]*)*?;\s*x-syncd="([^"\s]+)"', re.MULTILINE | re.IGNORECASE)
SCHEME = "syncd:"


def marked(content_type: str, key: str) -> str:
    """A Content-Type that carries the key."""
    return f'{content_type}; x-syncd="{quote(key, safe="")}"'


def key_of(headers: str) -> str | None:
    """The key in the headers of a stored part."""
    found = _PARAMETER.search(headers)
    return unquote(found[1]) if found else None


def link(key: str) -> str:
    """The link that a created ticket carries; safe within the quotes of TicketSQL."""
    return SCHEME + quote(key, safe="")

"""Who works in the simulated workspace: syncd as an administrator or as an application, and two engineers."""

from __future__ import annotations

from syncd.sdk.testing.simulator import Account

SYNCD = Account(
    "5f0b4c1e-0000-4000-8000-000000000001", "syncd", "syncd@acme.example", "lin_api_syncd", frozenset({"admin"})
)
APP = Account(
    "5f0b4c1e-0000-4000-8000-000000000002",
    "syncd app",
    "syncd-app@oauthapp.linear.app",
    scopes=frozenset({"app", "admin"}),
)
ANA = Account("5f0b4c1e-0000-4000-8000-000000000003", "Ana Engineer", "ana@acme.example", "lin_api_ana")
BEN = Account("5f0b4c1e-0000-4000-8000-000000000004", "Ben Engineer", "ben@acme.example", "lin_api_ben")

"""The state store: links, hints, deliveries, intents, twins and the audit. The only SQL of the program.

Each module holds functions that take a `sqlalchemy.Connection` first; `store.Store` runs them in transactions.
"""

"""How Alembic runs our migrations: on the connection it is given, all in one transaction.

A migration that dies half-way leaves the schema that was there before (reliability.md, F13).
"""

from alembic import context

from syncd.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite can, once the driver no longer begins transactions by itself
    render_as_batch=False,
)
context.run_migrations()

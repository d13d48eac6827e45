"""The schema's history. `REVISIONS` names it in order, so that a start sees without Alembic that all is well."""

REVISIONS = ("0001", "0002", "0003")
HEAD = REVISIONS[-1]

"""The schema's history. `REVISIONS` names it in order, so that a start sees without Alembic that all is well."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
HEAD = REVISIONS[-1]

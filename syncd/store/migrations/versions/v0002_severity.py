"""How bad each link's ticket is, and by which rule."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("severity", "severity_rule"):
        op.add_column("link", sa.Column(name, sa.Text(), server_default="", nullable=False))

"""Sessions that were logged out, so that a restart of the server does not bring them back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; nothing that was there changes."""
    op.create_table(
        "ended_sessions",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("alias", sa.String(200), sa.ForeignKey("users.alias"), nullable=False),
        sa.Column("expires", sa.String(40), nullable=False),
    )
    op.create_index("ix_ended_sessions_alias", "ended_sessions", ["alias"])

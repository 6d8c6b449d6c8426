"""An edition: a random name of the store that is another one after each restore."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table with its one row; nothing that was there changes."""
    table = op.create_table("edition", sa.Column("id", sa.String(40), primary_key=True))
    op.bulk_insert(table, [{"id": uuid.uuid4().hex}])

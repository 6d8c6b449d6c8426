"""The first version: people, invitations, images, documents, edits, nuclei as they are now."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ID = sa.String(34)


def upgrade() -> None:
    """Make the tables."""
    _people()
    _drawings()
    _log()


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("alias", sa.String(200), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("rater_group", sa.String(200), nullable=False, server_default=""),
        sa.Column("password_hash", sa.Text, nullable=False, server_default=""),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("since", sa.String(40), nullable=False),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "invitations",
        sa.Column("token_hash", sa.String(128), primary_key=True),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("rater_group", sa.String(200), nullable=False, server_default=""),
        sa.Column("invited_by", sa.String(200), nullable=False),
        sa.Column("expires", sa.String(40), nullable=False),
        sa.Column("accepted_by", sa.String(200), sa.ForeignKey("users.alias")),
    )


def _drawings() -> None:
    op.create_table(
        "images",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.UniqueConstraint("name", "sha256", name="uq_images_name"),
    )
    op.create_table(
        "documents",
        sa.Column("id", ID, primary_key=True),
        sa.Column("place", sa.String(500), nullable=False),
        sa.Column("image", ID, sa.ForeignKey("images.id"), nullable=False),
        sa.Column("box", sa.String(100)),
        sa.Column("owner", sa.String(200), sa.ForeignKey("users.alias")),
        sa.Column("study", ID),
        sa.Column("arm", sa.String(200)),
        sa.Column("repeat", sa.Integer, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("hierarchy", sa.Text, nullable=False),
        sa.Column("since", sa.String(40), nullable=False),
        sa.UniqueConstraint("place", name="uq_documents_place"),
    )
    for column in ("image", "owner", "study"):
        op.create_index(f"ix_documents_{column}", "documents", [column])


def _log() -> None:
    op.create_table(
        "edits",
        sa.Column("sequence", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", ID, nullable=False),
        sa.Column("document", ID, sa.ForeignKey("documents.id"), nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("gesture", ID, nullable=False),
        sa.Column("nucleus", ID),
        sa.Column("undoes", ID),
        sa.Column("redoes", ID),
        sa.Column("tool", sa.String(40), nullable=False),
        sa.Column("made_by", sa.String(200), sa.ForeignKey("users.alias"), nullable=False),
        sa.Column("stored", sa.String(40), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.UniqueConstraint("id", name="uq_edits_id"),
        sa.UniqueConstraint("document", "revision", name="uq_edits_document"),
    )
    op.create_index("ix_edits_nucleus", "edits", ["document", "nucleus", "revision"])
    op.create_index("ix_edits_gesture", "edits", ["document", "gesture"])
    op.create_table(
        "nuclei",
        sa.Column("document", ID, sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("id", ID, primary_key=True),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("body", sa.Text),
    )

"""Studies with their fields, raters and assignments; states of work and review; suggestions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
ID = sa.String(34)
PERSON = sa.String(200)


def upgrade() -> None:
    """Add the tables; nothing that was there changes."""
    _states()
    _studies()
    _assignments()
    _suggestions()


def _states() -> None:
    op.create_table(
        "states",
        sa.Column("sequence", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("document", ID, sa.ForeignKey("documents.id"), nullable=False),
        sa.Column("revision", NUMBER, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("made_by", PERSON, sa.ForeignKey("users.alias"), nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("mark", sa.String(100)),
        sa.Column("stored", sa.String(40), nullable=False),
    )
    op.create_index("ix_states_document", "states", ["document"])


def _studies() -> None:
    op.create_table(
        "studies",
        sa.Column("id", ID, primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("design", sa.Text, nullable=False),
        sa.Column("hierarchy", sa.Text, nullable=False),
        sa.Column("made_by", PERSON, sa.ForeignKey("users.alias"), nullable=False),
        sa.Column("since", sa.String(40), nullable=False),
        sa.UniqueConstraint("name", name="uq_studies_name"),
    )
    op.create_table(
        "study_fields",
        sa.Column("id", ID, primary_key=True),
        sa.Column("study", ID, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("image", ID, sa.ForeignKey("images.id"), nullable=False),
        sa.Column("box", sa.String(100)),
        sa.Column("gold", ID, sa.ForeignKey("documents.id")),
    )
    op.create_index("ix_study_fields_study", "study_fields", ["study"])
    op.create_table(
        "study_raters",
        sa.Column("study", ID, sa.ForeignKey("studies.id"), primary_key=True),
        sa.Column("alias", PERSON, sa.ForeignKey("users.alias"), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("since", sa.String(40), nullable=False),
    )


def _assignments() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", ID, primary_key=True),
        sa.Column("study", ID, sa.ForeignKey("studies.id"), nullable=False),
        sa.Column("field", ID, sa.ForeignKey("study_fields.id"), nullable=False),
        sa.Column("rater", PERSON, sa.ForeignKey("users.alias"), nullable=False),
        sa.Column("arm", sa.String(200), nullable=False),
        sa.Column("repeat", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("document", ID, sa.ForeignKey("documents.id")),
        sa.UniqueConstraint("field", "rater", "repeat", name="uq_assignments_field"),
    )
    for column in ("study", "rater"):
        op.create_index(f"ix_assignments_{column}", "assignments", [column])


def _suggestions() -> None:
    op.create_table(
        "suggestions",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("image", ID, sa.ForeignKey("images.id"), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("z", sa.Integer),
        sa.Column("x0", sa.Float, nullable=False),
        sa.Column("y0", sa.Float, nullable=False),
        sa.Column("x1", sa.Float, nullable=False),
        sa.Column("y1", sa.Float, nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("replaced", sa.Boolean, nullable=False),
        sa.Column("rings", sa.Text, nullable=False),
    )
    op.create_index("ix_suggestions_image", "suggestions", ["image", "source", "replaced"])

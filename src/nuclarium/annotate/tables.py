"""Tables of the store, as SQLAlchemy knows them; `migrations` makes and changes them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

NUMBER = BigInteger().with_variant(Integer, "sqlite")
ID = String(34)
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

users = Table(
    "users",
    metadata,
    Column("alias", String(200), primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("rater_group", String(200), nullable=False, server_default=""),
    Column("password_hash", Text, nullable=False, server_default=""),
    Column("active", Boolean, nullable=False),
    Column("since", String(40), nullable=False),
)

invitations = Table(
    "invitations",
    metadata,
    Column("token_hash", String(128), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("rater_group", String(200), nullable=False, server_default=""),
    Column("invited_by", String(200), nullable=False),
    Column("expires", String(40), nullable=False),
    Column("accepted_by", String(200), ForeignKey("users.alias")),
)

ended_sessions = Table(
    "ended_sessions",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("alias", String(200), ForeignKey("users.alias"), nullable=False, index=True),
    Column("expires", String(40), nullable=False),
)
"""Sessions that were logged out and whose cookies would still hold."""

edition = Table("edition", metadata, Column("id", String(40), primary_key=True))
"""One row: a random name that is another one after each restore."""

images = Table(
    "images",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(500), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    UniqueConstraint("name", "sha256"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", ID, primary_key=True),
    Column("place", String(500), nullable=False, unique=True),
    Column("image", ID, ForeignKey("images.id"), nullable=False, index=True),
    Column("box", String(100)),
    Column("owner", String(200), ForeignKey("users.alias"), index=True),
    Column("study", ID, index=True),
    Column("arm", String(200)),
    Column("repeat", Integer, nullable=False),
    Column("status", String(20), nullable=False),
    Column("revision", NUMBER, nullable=False),
    Column("hierarchy", Text, nullable=False),
    Column("since", String(40), nullable=False),
)

edits = Table(
    "edits",
    metadata,
    Column("sequence", NUMBER, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False, unique=True),
    Column("document", ID, ForeignKey("documents.id"), nullable=False),
    Column("revision", NUMBER, nullable=False),
    Column("gesture", ID, nullable=False),
    Column("nucleus", ID),
    Column("undoes", ID),
    Column("redoes", ID),
    Column("tool", String(40), nullable=False),
    Column("made_by", String(200), ForeignKey("users.alias"), nullable=False),
    Column("stored", String(40), nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("document", "revision"),
    Index("ix_edits_nucleus", "document", "nucleus", "revision"),
    Index("ix_edits_gesture", "document", "gesture"),
)

nuclei = Table(
    "nuclei",
    metadata,
    Column("document", ID, ForeignKey("documents.id"), primary_key=True),
    Column("id", ID, primary_key=True),
    Column("revision", NUMBER, nullable=False),
    Column("body", Text),
)
"""What every nucleus is now, the fold of the edits: ``body`` is null where it was removed."""

states = Table(
    "states",
    metadata,
    Column("sequence", NUMBER, primary_key=True, autoincrement=True),
    Column("document", ID, ForeignKey("documents.id"), nullable=False, index=True),
    Column("revision", NUMBER, nullable=False),
    Column("status", String(20), nullable=False),
    Column("made_by", String(200), ForeignKey("users.alias"), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("mark", String(100)),
    Column("stored", String(40), nullable=False),
)

studies = Table(
    "studies",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("design", Text, nullable=False),
    Column("hierarchy", Text, nullable=False),
    Column("made_by", String(200), ForeignKey("users.alias"), nullable=False),
    Column("since", String(40), nullable=False),
)

study_fields = Table(
    "study_fields",
    metadata,
    Column("id", ID, primary_key=True),
    Column("study", ID, ForeignKey("studies.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("image", ID, ForeignKey("images.id"), nullable=False),
    Column("box", String(100)),
    Column("gold", ID, ForeignKey("documents.id")),
)

study_raters = Table(
    "study_raters",
    metadata,
    Column("study", ID, ForeignKey("studies.id"), primary_key=True),
    Column("alias", String(200), ForeignKey("users.alias"), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("since", String(40), nullable=False),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", ID, primary_key=True),
    Column("study", ID, ForeignKey("studies.id"), nullable=False, index=True),
    Column("field", ID, ForeignKey("study_fields.id"), nullable=False),
    Column("rater", String(200), ForeignKey("users.alias"), nullable=False, index=True),
    Column("arm", String(200), nullable=False),
    Column("repeat", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("document", ID, ForeignKey("documents.id")),
    UniqueConstraint("field", "rater", "repeat"),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", String(100), primary_key=True),
    Column("image", ID, ForeignKey("images.id"), nullable=False),
    Column("source", String(200), nullable=False),
    Column("z", Integer),
    Column("x0", Float, nullable=False),
    Column("y0", Float, nullable=False),
    Column("x1", Float, nullable=False),
    Column("y1", Float, nullable=False),
    Column("label", String(200), nullable=False),
    Column("score", Float),
    Column("replaced", Boolean, nullable=False),
    Column("rings", Text, nullable=False),
    Index("ix_suggestions_image", "image", "source", "replaced"),
)
"""Outlines to accept or reject; what a newer set replaces stays, since nuclei name it."""

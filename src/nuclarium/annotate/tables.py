"""Tables of the store, as SQLAlchemy knows them; `migrations` makes and changes them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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

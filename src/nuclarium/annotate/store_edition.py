"""The edition of a store: by it an open page notices that a backup took the store's place."""

from __future__ import annotations

import uuid
from functools import cached_property

from sqlalchemy import Connection, select, text, update

from nuclarium.annotate.store_base import StoreBase
from nuclarium.annotate.tables import edition


class Edition(StoreBase):
    """The edition of the store."""

    @cached_property
    def edition(self) -> str:
        """A random name: made with the store, and another one after each restore.

        PostgreSQL's own tools restore without this program, but they make the tables anew, which
        then have other numbers: the table's number is a part of the name there.
        """
        return self._read(_edition)

    def begin_edition(self) -> None:
        """Take another name: what is in the store is no longer what went before."""
        name = uuid.uuid4().hex
        self._write(lambda connection: connection.execute(update(edition).values(id=name)))
        self.__dict__.pop("edition", None)


def _edition(connection: Connection) -> str:
    name = str(connection.scalar(select(edition.c.id)))
    if connection.dialect.name != "postgresql":
        return name
    number = connection.scalar(text("SELECT CAST(CAST('edition' AS regclass) AS oid)"))
    return f"{name}-{number}"

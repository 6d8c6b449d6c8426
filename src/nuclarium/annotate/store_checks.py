"""Whether a store is sound: its file, the numbers of its log, and what the log makes of nuclei."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from nuclarium.annotate.store_base import StoreBase
from nuclarium.annotate.store_documents import read_document, replayed_document
from nuclarium.annotate.tables import documents, edits
from nuclarium.core.errors import StoreError


class Checks(StoreBase):
    """The check of a store."""

    def check(self) -> int:
        """Check all of the store against its log.

        Returns
        -------
        edits : int
            Number of edits in the log.

        Raises
        ------
        StoreError
            If something does not hold: one sentence that says what.
        """
        return self._read(_check)


def _check(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        _check_file(connection)
    query = select(documents.c.id).order_by(documents.c.id)
    for document in connection.scalars(query).all():
        _check_document(connection, document)
    return int(connection.scalar(select(func.count()).select_from(edits)) or 0)


def _check_file(connection: Connection) -> None:
    said = connection.scalar(text("PRAGMA integrity_check"))
    astray = connection.execute(text("PRAGMA foreign_key_check")).first()
    if said != "ok" or astray is not None:
        what = said if said != "ok" else f"a row of {astray and astray[0]} points nowhere"
        raise StoreError(
            f"The file of a store must be sound, but SQLite says: {what}. Restore the last backup: "
            "nuclarium restore"
        )


def _check_document(connection: Connection, document: str) -> None:
    query = select(func.count(), func.max(edits.c.revision)).where(edits.c.document == document)
    count, last = connection.execute(query).one()
    now = read_document(connection, document)
    if (last or 0) != count or now.revision != count:
        raise StoreError(
            f"The edits of a document must be numbered without a gap, but {document} is at "
            f"revision {now.revision} and has {count} edits up to {last or 0}."
        )
    if replayed_document(connection, document, now.revision) != now:
        raise StoreError(
            f"The nuclei of a document must be what its edits make, but those of {document} are "
            "not."
        )

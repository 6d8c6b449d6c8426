"""The store of annotations: people, images, documents, and the log of edits that is never lost."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from nuclarium.annotate.store_base import open_engine
from nuclarium.annotate.store_checks import Checks
from nuclarium.annotate.store_documents import Documents
from nuclarium.annotate.store_edition import Edition
from nuclarium.annotate.store_edits import Edits
from nuclarium.annotate.store_people import People
from nuclarium.annotate.store_sessions import EndedSessions
from nuclarium.annotate.store_states import States
from nuclarium.annotate.store_studies import Studies
from nuclarium.annotate.store_suggestions import Suggestions


class Store(People, EndedSessions, Edition, Documents, Edits, States, Studies, Suggestions, Checks):
    """All that people annotate, in one SQLite file or on a PostgreSQL server.

    Any thread may call it. One thread writes, and what is sent together is committed together;
    reading never waits for writing.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, Store.open(Path(folder) / "store.sqlite") as store:
    ...     store.add_user("Ada", "admin").alias
    'R1'
    """

    @classmethod
    def open(cls, url_or_path: Path | str) -> Self:
        """Open a store, or make one where there is none.

        Parameters
        ----------
        url_or_path : Path or str
            A SQLite file, or a URL such as ``postgresql+psycopg://…``.

        Raises
        ------
        StoreError
            If it cannot be opened, or a newer version of the program made it.
        """
        return cls(open_engine(url_or_path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

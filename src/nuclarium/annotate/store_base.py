"""The engine of a store: how a SQLite file or a PostgreSQL server is opened, read and written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import URL, make_url

from nuclarium.annotate.versions import bring_up_to_date
from nuclarium.annotate.writer import Writer, as_sentence, first_line, one_by_one
from nuclarium.core.errors import MissingExtraError, StoreError

Answer = TypeVar("Answer")
READERS = 16
"""Connections for reading that are kept; more wait for one."""


class StoreBase:
    """What every part of the store stands on: reading in any thread, writing in one."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writer = Writer(engine)

    def close(self) -> None:
        """Finish what waits to be written, and close."""
        self._writer.close()
        self.engine.dispose()

    def _read(self, work: Callable[[Connection], Answer]) -> Answer:
        try:
            with self.engine.connect() as connection:
                return work(connection)
        except (exc.DBAPIError, exc.TimeoutError) as error:
            raise as_sentence(error) from None

    def _write(self, work: Callable[[Connection], Answer]) -> Answer:
        answer: Answer = self._writer.submit(one_by_one, work).result()
        return answer


def open_engine(url_or_path: str | Path, *, version: str = "head") -> Engine:
    """Return the engine of a store; a path is a SQLite file, made where there is none.

    Raises
    ------
    StoreError
        If it cannot be opened, or a newer version of the program made it.
    MissingExtraError
        If PostgreSQL is asked for and its driver is not installed.
    """
    url = url_of(url_or_path)
    shown = shown_as(url)
    try:
        engine = _engine(url)
        bring_up_to_date(engine, shown, to=version)
    except (exc.DBAPIError, OSError) as error:
        raise StoreError(
            f"The store {shown} must be a data base that can be opened, but: "
            f"{first_line(error)}. See that it is there, is a store of annotations, and may be "
            "read and written."
        ) from None
    return engine


def url_of(url_or_path: str | Path) -> URL:
    """Return the address of a store: a URL as it is, a path as that of a SQLite file."""
    if isinstance(url_or_path, str) and "://" in url_or_path:
        try:
            url = make_url(url_or_path)
        except (exc.ArgumentError, ValueError):
            raise StoreError(
                "The address of a store must be like postgresql://user@host/name, but the one "
                "that was given cannot be read."
            ) from None
        return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
    return URL.create("sqlite", database=str(Path(url_or_path).absolute()))


def shown_as(url: URL) -> str:
    """Return how a store is called in sentences: never with its password."""
    is_file = url.get_backend_name() == "sqlite"
    return (url.database or "") if is_file else url.render_as_string(hide_password=True)


def store_now() -> str:
    """Time of the store's clock, which is shown to people and orders nothing."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, pool_size=READERS, max_overflow=0)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.get_backend_name() != "postgresql":
        raise StoreError(
            f"A store must be a SQLite file or on PostgreSQL, but got {url.drivername}."
        )
    try:
        return create_engine(url, pool_size=READERS, max_overflow=0, pool_pre_ping=True)
    except (ModuleNotFoundError, exc.NoSuchModuleError):
        raise MissingExtraError("A store on PostgreSQL", "postgres") from None


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

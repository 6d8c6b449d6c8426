"""The engine of a store: how a SQLite file or a PostgreSQL server is opened, read and written."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from nuclarium.annotate.tables import metadata
from nuclarium.annotate.writer import Writer

Answer = TypeVar("Answer")


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
        with self.engine.connect() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], Answer]) -> Answer:
        answer: Answer = self._send(work).result()
        return answer

    def _send(self, work: Callable[[Connection], Any]) -> Future[Any]:
        return self._writer.submit(work)


def open_engine(url_or_path: str | Path) -> Engine:
    """Return the engine of a store; a path is a SQLite file, made where there is none."""
    url = url_of(url_or_path)
    if url.get_backend_name() == "sqlite":
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    metadata.create_all(engine)
    return engine


def url_of(url_or_path: str | Path) -> URL:
    """Return the address of a store: a URL as it is, a path as that of a SQLite file."""
    if isinstance(url_or_path, str) and "://" in url_or_path:
        return make_url(url_or_path)
    return URL.create("sqlite", database=str(Path(url_or_path).absolute()))


def store_now() -> str:
    """Time of the store's clock, which is shown to people and orders nothing."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where `_begin_sqlite` says
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

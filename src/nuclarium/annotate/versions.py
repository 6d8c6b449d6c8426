"""Versions of the store: an old one is brought up to date as it opens, a newer one refused."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from nuclarium.core.errors import StoreError

_VERSION_TABLE = "alembic_version"
_LOCK = 1_852_138_092
"""Any number that no other program locks in a PostgreSQL data base."""


def bring_up_to_date(engine: Engine, shown: str, *, to: str = "head") -> None:
    """Make the tables of a store that is new, or bring those of an older version up to date.

    All of it is one transaction: a store is of one version or of the other.

    Parameters
    ----------
    engine : Engine
    shown : str
        What the store is called in sentences.
    to : str
        The wanted version; the newest when left out.

    Raises
    ------
    StoreError
        If a newer version of the program made the store, or it is a data base of something else.
    """
    with engine.execution_options(writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        version = version_of(connection)
        known = all_versions()
        if version is None:
            _refuse_other(connection, shown)
        elif version not in known:
            raise StoreError(
                f"The store {shown} must be of version {known[-1]} or older, but it is of version "
                f"{version}: a newer nuclarium made it. Install that one or a newer one."
            )
        if version != known[-1]:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)


def version_of(connection: Connection) -> str | None:
    """Return the version of a store, or None where there are no tables of one."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    version: str | None = connection.scalar(text(f"SELECT version_num FROM {_VERSION_TABLE}"))
    return version


def all_versions() -> Sequence[str]:
    """Return the versions that this program knows, oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [revision.revision for revision in script.walk_revisions()][::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "nuclarium.annotate:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _refuse_other(connection: Connection, shown: str) -> None:
    tables = inspect(connection).get_table_names()
    if tables:
        raise StoreError(
            f"{shown} must be a store of annotations or empty, but it is a data base with the "
            f"table {sorted(tables)[0]}. Choose another file or data base."
        )

"""Stores of every version are opened, and brought up to date."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from nuclarium.annotate.store import Store
from nuclarium.annotate.store_base import open_engine
from nuclarium.annotate.studies import Design
from nuclarium.annotate.tables import metadata
from nuclarium.annotate.versions import all_versions, version_of
from nuclarium.core.errors import StoreError


def test_the_migrations_make_the_tables_that_the_code_knows(empty_address):
    engine = open_engine(empty_address)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_versions_are_numbered_in_order():
    assert all_versions() == [f"{i:04d}" for i in range(1, len(all_versions()) + 1)]


def test_a_store_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "store.sqlite"
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(StoreError, match=r"version 9999: a newer nuclarium made it"):
        Store.open(path)


def test_a_data_base_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE plants (name TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="a data base with the table plants"):
        Store.open(path)


def test_a_file_that_is_no_data_base_is_refused(tmp_path):
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"II*\0" * 1000)
    with pytest.raises(StoreError, match="file is not a database"):
        Store.open(path)


def test_an_address_is_shown_without_its_password():
    with pytest.raises(StoreError) as raised:
        Store.open("mysql://ada:secret@host/store")
    assert "secret" not in str(raised.value)


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "store.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(Path(__file__).with_name("store_0001.sql").read_text("utf-8"))
    connection.close()
    with Store.open(path) as store:
        (head,) = store.documents()
        assert [user.alias for user in store.users()] == ["R1", "R2"]
        assert [n.label for n in store.document(head.id).nuclei.values()] == ["sTIL"]
        assert len(store.changes(head.id)) == 4
        assert store.set_status(head.id, "done", "R2", seconds=30.0).status == "done"
        study = store.add_study("first", Design(), [(head.image, None)], ["R2"], by="R1")
        assert [task.rater for task in store.tasks(study=study.id)] == ["R2"]


ADA = """
    INSERT INTO users (alias, name, role, active, since)
    VALUES ('R1', 'Ada', 'admin', true, '2026-11-22')
"""


def test_a_store_has_an_edition_until_it_begins_another(address):
    with Store.open(address) as store:
        first = store.edition
    with Store.open(address) as store:
        assert store.edition == first
        store.begin_edition()
        assert store.edition != first


def test_tools_of_postgresql_that_make_the_tables_anew_begin_an_edition(postgres):
    url = postgres.new_url()
    with Store.open(url) as store:
        first = store.edition
        with store.engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept AS SELECT * FROM edition"))
            connection.execute(text("DROP TABLE edition"))
            connection.execute(text("ALTER TABLE kept RENAME TO edition"))
    with Store.open(url) as store:
        assert store.edition != first


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_versions_are_brought_up_to_date_one_after_another(empty_address, version):
    engine = open_engine(empty_address, version=version)
    with engine.execution_options(writes=True).begin() as connection:
        connection.execute(text(ADA))
        assert version_of(connection) == version
    engine.dispose()
    with Store.open(empty_address) as store, store.engine.connect() as connection:
        assert version_of(connection) == all_versions()[-1]
        assert [user.alias for user in store.users()] == ["R1"]
        assert store.studies() == []
        store.end_session("a session", "R1", lasts_s=-1)
        store.end_session("another", "R1", lasts_s=60)
        store.end_session("another", "R1", lasts_s=60)
        assert store.ended_sessions("R1") == {"another"}

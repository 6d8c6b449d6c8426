"""A live store is copied, and a copy brought back."""

import sqlite3
import threading

import pytest
from tests.annotations import edit
from tests.killed_stores import new_store

from nuclarium.annotate.backup import backup, restore
from nuclarium.annotate.store import Store
from nuclarium.core.errors import InputNotFoundError, OutputError, StoreError


@pytest.fixture
def place(tmp_path):
    path = tmp_path / "project" / "store.sqlite"
    new_store(path, documents=1)
    return path


def test_a_store_is_copied_while_people_draw(place, tmp_path):
    with Store.open(place) as store:
        document = store.documents()[0].id
        enough, stop = threading.Event(), threading.Event()

        def draw():
            number = 0
            while not stop.is_set():
                number += 1
                store.append(document, [edit(number, number)], "R1")
                if number == 10:
                    enough.set()

        thread = threading.Thread(target=draw)
        thread.start()
        enough.wait(60)
        copies = [backup(place, tmp_path / f"copy{i}.sqlite") for i in range(3)]
        stop.set()
        thread.join()
        assert 10 <= copies[0] <= copies[1] <= copies[2] <= store.check()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "copy0.sqlite",
        "copy1.sqlite",
        "copy2.sqlite",
        "project",
    ]


def test_a_copy_brings_back_what_there_was_and_keeps_what_was_there(place, tmp_path):
    copy = tmp_path / "copy.sqlite"
    with Store.open(place) as store:
        document = store.documents()[0].id
        store.append(document, [edit(1)], "R1")
        assert backup(place, copy) == 1
        store.append(document, [edit(2, 2)], "R1")
        edition = store.edition
    former = restore(copy, place)
    with Store.open(place) as store:
        assert len(store.changes(document)) == 1
        assert store.edition != edition  # open pages see by it that they must begin anew
    with Store.open(former) as store:
        assert len(store.changes(document)) == 2
        assert store.edition == edition


def test_a_store_can_be_brought_back_where_there_was_none(place, tmp_path):
    copy = tmp_path / "copy.sqlite"
    backup(place, copy)
    assert restore(copy, tmp_path / "new" / "store.sqlite") is None
    with Store.open(tmp_path / "new" / "store.sqlite") as store:
        assert len(store.documents()) == 1


def test_a_store_that_is_open_is_not_replaced(place, tmp_path):
    copy = tmp_path / "copy.sqlite"
    backup(place, copy)
    with Store.open(place) as store:
        document = store.documents()[0].id
        with pytest.raises(StoreError, match=r"must be closed.*Stop nuclarium annotate"):
            restore(copy, place)
        assert store.append(document, [edit(1)], "R1").revision == 1
    with Store.open(place) as store:
        assert store.check() == 1


def test_a_damaged_store_can_be_replaced(place, tmp_path):
    copy = tmp_path / "copy.sqlite"
    backup(place, copy)
    place.write_bytes(b"\0" * 5000)
    restore(copy, place)
    with Store.open(place) as store:
        assert store.check() == 0


def test_a_damaged_backup_is_refused_and_the_store_stays(place, tmp_path):
    copy = tmp_path / "copy.sqlite"
    backup(place, copy)
    with sqlite3.connect(copy) as connection:
        connection.execute("UPDATE documents SET revision = 7")
    connection.close()
    with pytest.raises(StoreError, match="without a gap"):
        restore(copy, place)
    copy.write_bytes(b"no data base" * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        restore(copy, place)
    with Store.open(place) as store:
        assert len(store.documents()) == 1
    assert [path.name for path in place.parent.iterdir()] == ["store.sqlite"]


def test_what_cannot_be_copied_is_said_in_a_sentence(place, tmp_path):
    with pytest.raises(InputNotFoundError, match="is no file"):
        backup(tmp_path / "none.sqlite", tmp_path / "copy.sqlite")
    with pytest.raises(OutputError, match="must be a new file"):
        backup(place, place)
    with pytest.raises(InputNotFoundError, match="there is no file"):
        restore(tmp_path / "none.sqlite", place)
    with pytest.raises(StoreError, match=r"ada:\*\*\*@host/annotations. Use the tool.*pg_dump"):
        backup("postgresql://ada:secret@host/annotations", tmp_path / "copy")
    with pytest.raises(StoreError, match="pg_restore"):
        restore(place, "postgresql://host/annotations")

"""What was acknowledged is there after a kill, a full disk and a clock that jumps."""

import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from sqlalchemy import event
from tests.annotations import edit
from tests.killed_stores import acknowledged_until_killed, missing_edits, new_store

from nuclarium.annotate import appending
from nuclarium.annotate.store import Store
from nuclarium.core.errors import StoreError


def test_no_acknowledged_edit_is_missing_after_kill_9(address):
    new_store(address)
    acknowledged = []
    for number in (40, 137):
        acknowledged += acknowledged_until_killed(address, number.__eq__, clients=12)
    assert len(acknowledged) >= 177
    assert missing_edits(address, acknowledged) == set()


def test_an_edit_is_on_the_disk_before_it_is_acknowledged(tmp_path):
    with Store.open(tmp_path / "store.sqlite") as store, store.engine.connect() as connection:
        told = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert told == ["wal", 2, 1]


@pytest.fixture
def small(tmp_path):
    """A store on a disk that has room for a few edits, made by SQLite's own limit."""
    path = tmp_path / "store.sqlite"
    new_store(path, documents=1)
    with Store.open(path) as store:
        with store.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        store.engine.dispose()

        def limit(connection, _):
            connection.execute(f"PRAGMA max_page_count={pages + 8}")

        event.listen(store.engine, "connect", limit)
        yield store


def fill(store, document):
    """Draw until the store refuses: what it acknowledged, the edit that it refused, and why."""
    kept = []
    while True:
        last = edit(len(kept) + 1, len(kept) + 1)
        try:
            kept += store.append(document, [last], "R1").acknowledged
        except StoreError as error:
            return kept, last, str(error)


def test_a_full_disk_refuses_the_edit_and_keeps_what_was_kept(small):
    document = small.documents()[0].id
    kept, _, said = fill(small, document)
    assert re.search("is full.*Nothing of this change was kept.*Make room", said)
    assert len(small.changes(document)) == len(kept) > 0
    assert small.check() == len(kept)


def test_when_there_is_room_again_the_same_edit_is_taken(small):
    document = small.documents()[0].id
    kept, last, _ = fill(small, document)
    small.close()
    with Store.open(small.engine.url.database) as store:
        assert store.append(document, [last], "R1").revision == len(kept) + 1


FILE_LIMIT = """
import resource, sys
from nuclarium.annotate.store import Store
from nuclarium.core.errors import StoreError
from tests.annotations import edit
with Store.open(sys.argv[1]) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    document, kept = store.documents()[0].id, 0
    try:
        while True:
            kept = store.append(document, [edit(kept + 1, kept + 1)], "R1").revision
    except StoreError as error:
        print(kept, error)
"""


def test_a_write_that_the_system_refuses_loses_nothing(tmp_path, pytestconfig):
    path = tmp_path / "store.sqlite"
    new_store(path, documents=1)
    root = pytestconfig.rootpath
    done = subprocess.run(
        [sys.executable, "-c", FILE_LIMIT, path],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": f"{root / 'src'}:{root}"},
        check=True,
    )
    kept, said = done.stdout.split(" ", 1)
    assert "Nothing of this change was kept" in said
    with Store.open(path) as store:
        assert store.check() == int(kept) > 0


def test_a_clock_that_jumps_changes_no_order(store, document, monkeypatch):
    times = iter(["2030-01-01", "1970-01-01", "2026-01-01"])
    monkeypatch.setattr(appending, "store_now", lambda: next(times))
    for number in (1, 2, 3):
        store.append(document, [edit(number, base=number - 1, label=f"{number}")], "R1")
    log = store.changes(document)
    assert [(one.revision, one.stored[:4]) for one in log] == [
        (1, "2030"),
        (2, "1970"),
        (3, "2026"),
    ]
    (nucleus,) = store.document(document).nuclei.values()
    assert nucleus.label == "3"


def test_the_clock_of_a_client_is_kept_and_orders_nothing(store, document):
    store.append(document, [edit(1, time="2031-01-01T00:00:00Z")], "R1")
    store.append(document, [edit(2, 2, time="1999-01-01T00:00:00Z")], "R1")
    assert [one.change.time[:4] for one in store.changes(document)] == ["2031", "1999"]
    assert datetime.fromisoformat(store.changes(document)[0].stored).tzinfo == UTC

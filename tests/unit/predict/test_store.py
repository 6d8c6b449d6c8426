import threading

import numpy as np
import pytest

from nuclarium.core.errors import OutputError
from nuclarium.predict.store import FolderStore, MemoryStore

TILE = {"maps": np.arange(12, dtype=np.uint8).reshape(2, 3, 2)}


@pytest.fixture(params=["memory", "folder"])
def store(request, tmp_path):
    return MemoryStore() if request.param == "memory" else FolderStore(tmp_path / "tiles")


def test_what_was_put_is_found(store):
    store.put("maps-3", TILE)
    assert "maps-3" in store
    np.testing.assert_array_equal(store.get("maps-3")["maps"], TILE["maps"])


def test_what_was_not_put_is_not_found(store):
    store.put("maps-3", TILE)
    assert "maps-1" not in store
    assert "maps-33" not in store


def test_several_arrays_keep_their_types(store):
    arrays = {"end": np.zeros(0, np.int64), "height": np.array([7], np.int32)}
    store.put("fragments-0", arrays)
    got = store.get("fragments-0")
    assert {name: (a.dtype, a.shape) for name, a in got.items()} == {
        name: (a.dtype, a.shape) for name, a in arrays.items()
    }


def test_later_run_finds_the_tiles_of_an_earlier_one(tmp_path):
    FolderStore(tmp_path).put("maps-0", TILE)
    later = FolderStore(tmp_path)
    assert "maps-0" in later
    np.testing.assert_array_equal(later.get("maps-0")["maps"], TILE["maps"])


def test_tiles_that_memory_has_forgotten_are_read_from_their_files(tmp_path):
    store = FolderStore(tmp_path, cached=2)
    for i in range(6):
        store.put(f"maps-{i}", {"maps": np.full((2, 2), i)})
    assert [int(store.get(f"maps-{i}")["maps"][0, 0]) for i in range(6)] == [0, 1, 2, 3, 4, 5]


def test_half_written_file_is_no_tile(tmp_path):
    FolderStore(tmp_path).put("maps-0", TILE)
    (whole,) = tmp_path.iterdir()
    (tmp_path / ".maps-1.140.part").write_bytes(whole.read_bytes()[:20])
    whole.rename(tmp_path / ".maps-0.139.part")
    later = FolderStore(tmp_path)
    assert "maps-0" not in later
    assert "maps-1" not in later


def test_put_that_fails_leaves_nothing_and_says_why(tmp_path):
    store = FolderStore(tmp_path)
    (tmp_path / "maps-0.npz.zst").mkdir()
    with pytest.raises(OutputError, match="must be writable"):
        store.put("maps-0", TILE)
    assert [path.name for path in tmp_path.iterdir()] == ["maps-0.npz.zst"]


def test_tile_is_never_seen_half_written(tmp_path):
    store, reader = FolderStore(tmp_path), FolderStore(tmp_path, cached=0)
    store.put("maps-0", {"maps": np.zeros(100_000)})

    def put_again():
        for i in range(30):
            store.put("maps-0", {"maps": np.full(100_000, i)})

    writer = threading.Thread(target=put_again)
    writer.start()
    while writer.is_alive():
        values = reader.get("maps-0")["maps"]
        assert (values == values[0]).all()
    writer.join()


def test_two_threads_that_put_one_tile_do_not_disturb_each_other(tmp_path):
    store = FolderStore(tmp_path, cached=0)
    threads = [threading.Thread(target=store.put, args=("maps-0", TILE)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(store.get("maps-0")["maps"], TILE["maps"])
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damaged", [b"", b"\0" * 40])
def test_damaged_tile_is_an_error_that_says_what_to_do(tmp_path, damaged):
    FolderStore(tmp_path).put("maps-0", TILE)
    (tmp_path / "maps-0.npz.zst").write_bytes(damaged)
    with pytest.raises(OutputError, match="--overwrite"):
        FolderStore(tmp_path).get("maps-0")

import shutil

import numpy as np
import pytest
from scipy import ndimage
from tests.local_networks import SmoothingEngine

from nuclarium.core.geometry import Box
from nuclarium.predict.model import DecoderSpec, InputSpec
from nuclarium.predict.plane import PlaneReader, balanced_tile_size, segment_plane
from nuclarium.predict.store import FolderStore, MemoryStore
from nuclarium.preprocess.intensity import IntensityRange

SPEC = InputSpec(divisor=1, tile_size=20, halo=2)
DECODER = DecoderSpec(min_area_px=1, min_score=0.0)
N_TILES = 20


@pytest.fixture
def pixels(rng):
    field = ndimage.gaussian_filter(rng.standard_normal((70, 95)), 2.5)
    return ((field - field.min()) / (field.max() - field.min())).astype(np.float32)


@pytest.fixture
def plane(pixels):
    return PlaneReader(lambda box: pixels[box.slices], pixels.shape, IntensityRange(0.0, 1.0))


def run(plane, engine, **options):
    return segment_plane(plane, engine, SPEC, DECODER, **options)


@pytest.fixture
def expected(plane):
    labels = run(plane, SmoothingEngine()).to_array()
    assert labels.max() > 10
    return labels


def test_every_tile_is_predicted_once(plane):
    engine = SmoothingEngine()
    run(plane, engine)
    assert engine.runs == N_TILES


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_number_of_workers_does_not_change_the_labels(plane, expected, workers):
    labels = run(plane, SmoothingEngine(), workers=workers).to_array()
    np.testing.assert_array_equal(labels, expected)


def test_tiles_in_files_give_the_labels_of_tiles_in_memory(plane, expected, tmp_path):
    labels = run(plane, SmoothingEngine(), store=FolderStore(tmp_path, cached=1), workers=2)
    np.testing.assert_array_equal(labels.to_array(), expected)


@pytest.mark.parametrize("kept", [0, 1, 7, N_TILES - 1, N_TILES])
def test_run_goes_on_with_the_tiles_that_are_there(plane, expected, tmp_path, kept):
    run(plane, SmoothingEngine(), store=FolderStore(tmp_path / "whole"))
    (tmp_path / "part").mkdir()
    for index in range(kept):
        for kind in ("maps", "numbers", "background", "fragments")[: 1 + index % 4]:
            shutil.copy(tmp_path / "whole" / f"{kind}-{index}.npz.zst", tmp_path / "part")
    engine = SmoothingEngine()
    labels = run(plane, engine, store=FolderStore(tmp_path / "part"), workers=2)
    np.testing.assert_array_equal(labels.to_array(), expected)
    assert engine.runs == N_TILES - kept


def test_progress_adds_up_to_the_pixels_of_the_plane(plane, pixels):
    done = []
    run(plane, SmoothingEngine(), workers=2, progress=done.append)
    assert sum(done) == pixels.size
    assert len(done) == N_TILES


def test_progress_of_a_resumed_run_counts_what_was_there(plane, pixels, tmp_path):
    run(plane, SmoothingEngine(), store=FolderStore(tmp_path))
    done = []
    run(plane, SmoothingEngine(), store=FolderStore(tmp_path), progress=done.append)
    assert sum(done) == pixels.size


@pytest.mark.parametrize("workers", [1, 3])
def test_run_that_fails_stops_and_can_go_on(plane, expected, tmp_path, workers):
    store = FolderStore(tmp_path)
    with pytest.raises(MemoryError, match="gave up"):
        run(plane, SmoothingEngine(fails_after=9), store=store, workers=workers)
    finished = sum(f"maps-{i}" in store for i in range(N_TILES))
    engine = SmoothingEngine()
    labels = run(plane, engine, store=FolderStore(tmp_path), workers=workers).to_array()
    np.testing.assert_array_equal(labels, expected)
    assert finished == 9
    assert engine.runs == N_TILES - finished


def test_reader_that_fails_stops_the_run(pixels):
    def read(box):
        if box.y1 > 50:
            raise OSError("the drive is gone")
        return pixels[box.slices]

    plane = PlaneReader(read, pixels.shape, IntensityRange(0.0, 1.0))
    with pytest.raises(OSError, match="drive is gone"):
        run(plane, SmoothingEngine(), workers=2)


def test_windows_and_tiles_of_the_labels_are_parts_of_the_whole(plane, expected):
    found = run(plane, SmoothingEngine())
    for box in [Box(0, 0, 1, 1), Box(15, 18, 43, 64), Box(69, 0, 70, 95)]:
        np.testing.assert_array_equal(found.read(box), expected[box.slices])
    for box, labels in found.iter_tiles():
        np.testing.assert_array_equal(labels, expected[box.slices])


def test_count_and_scores_belong_to_the_labels(plane, expected):
    found = run(plane, SmoothingEngine())
    assert found.count == expected.max() == len(found.nuclei.score)
    assert ((found.nuclei.score > 0.5) & (found.nuclei.score <= 1)).all()


def test_plane_without_foreground_has_no_nuclei():
    plane = PlaneReader(
        lambda box: np.zeros(box.shape, np.uint8), (50, 30), IntensityRange(0.0, 1.0)
    )
    found = run(plane, SmoothingEngine())
    assert found.count == 0
    assert not found.to_array().any()


def test_small_object_and_faint_object_are_no_nuclei():
    pixels = np.zeros((40, 60), np.float32)
    pixels[5:8, 5:8], pixels[20:28, 20:28], pixels[20:28, 40:48] = 1.0, 1.0, 0.7
    plane = PlaneReader(lambda box: pixels[box.slices], pixels.shape, IntensityRange(0.0, 1.0))
    strict = DecoderSpec(min_area_px=30, min_score=0.7)
    labels = segment_plane(plane, SmoothingEngine(), SPEC, strict).to_array()
    assert labels.max() == labels[24, 24] == 1
    assert labels[6, 6] == labels[24, 44] == 0


def test_memory_store_that_is_given_holds_the_tiles(plane):
    store = MemoryStore()
    run(plane, SmoothingEngine(), store=store)
    assert all(f"numbers-{i}" in store for i in range(N_TILES))


@pytest.mark.parametrize("shape", [(1, 1), (33, 7), (2049, 100), (5000, 4000), (640, 64)])
def test_tiles_are_even_and_fit_the_network(shape):
    side = balanced_tile_size(shape, 1024, 32)
    assert side % 32 == 0
    assert side <= 1024
    assert -(-max(shape) // side) == -(-max(shape) // 1024)

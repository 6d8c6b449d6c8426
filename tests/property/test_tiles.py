"""The law of the project: labels from tiles are the labels of the whole plane, numbers and all."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from tests.local_networks import SmoothingEngine

from nuclarium.core.geometry import iter_boxes
from nuclarium.core.labels import Labels
from nuclarium.predict.decode import APRON, fragments, joined
from nuclarium.predict.model import DecoderSpec, InputSpec
from nuclarium.predict.plane import PlaneReader, segment_plane
from nuclarium.preprocess.intensity import IntensityRange

LENIENT = DecoderSpec(min_area_px=1, min_score=0.0)
seeds = st.integers(0, 2**32 - 1)
specs = st.builds(
    DecoderSpec,
    foreground_threshold=st.sampled_from([0.2, 0.5]),
    join_ratio=st.sampled_from([0.3, 0.7, 0.95, 1.0]),
    min_area_px=st.sampled_from([1, 12]),
    min_score=st.sampled_from([0.0, 0.6]),
)


def smooth(shape: tuple[int, int], seed: int, *, steps: int, grain: float = 2.0) -> np.ndarray:
    """Hills and valleys in 0..1, on `steps` levels, so that there are plateaus and ties."""
    rng = np.random.default_rng(seed)
    field = ndimage.gaussian_filter(rng.standard_normal(shape), grain * rng.uniform(0.3, 1.5))
    spread = field.max() - field.min()
    return np.round((field - field.min()) / (spread or 1.0) * steps) / steps


def random_maps(shape: tuple[int, int], seed: int, steps: int) -> np.ndarray:
    foreground, distance = (smooth(shape, seed + i, steps=steps) for i in range(2))
    return np.rint(255 * np.stack([foreground, distance])).astype(np.uint8)


def decode(maps: np.ndarray, tile_size: int, spec: DecoderSpec) -> tuple[Labels, np.ndarray]:
    shape = maps.shape[1:]
    around = np.pad(maps, ((0, 0), (APRON, APRON), (APRON, APRON)))
    boxes = list(iter_boxes(shape, tile_size))
    windows = [around[:, b.y0 : b.y1 + 2 * APRON, b.x0 : b.x1 + 2 * APRON] for b in boxes]
    tiles = [fragments(w, b, shape, spec) for w, b in zip(windows, boxes, strict=True)]
    nuclei = joined([found for _, found in tiles], shape, spec)
    labels = np.zeros(shape, np.int32)
    for index, (box, (numbers, _)) in enumerate(zip(boxes, tiles, strict=True)):
        labels[box.slices] = nuclei.labels_of(index, numbers)
    return labels, nuclei.score


def decode_naively(maps: np.ndarray, spec: DecoderSpec) -> Labels:
    """The decoder by its description alone: climb, gather basins, unite them, number them."""
    shape = maps.shape[1:]
    kernel = np.outer([1, 2, 1], [1, 2, 1])
    height = ndimage.correlate(maps[1].astype(int), kernel, mode="constant")
    pixels = [p for p in np.ndindex(*shape) if maps[0][p] >= round(255 * spec.foreground_threshold)]
    known = set(pixels)

    def neighbours(p, steps):
        return [q for dy, dx in steps if (q := (p[0] + dy, p[1] + dx)) in known]

    around = [s for s in itertools.product((-1, 0, 1), repeat=2) if s != (0, 0)]
    peak_of = {}
    for pixel in pixels:
        here, best = None, pixel
        while here != best:
            here = best
            best = max([here, *neighbours(here, around)], key=lambda p: (height[p], p))
        peak_of[pixel] = here
    ridges: dict[tuple, int] = {}
    for pixel in pixels:
        for other in neighbours(pixel, [(0, 1), (1, 0)]):
            pair = tuple(sorted((peak_of[pixel], peak_of[other])))
            ridges[pair] = max(ridges.get(pair, 0), min(height[pixel], height[other]))
    nucleus = {peak: peak for peak in peak_of.values()}
    for (a, b), ridge in ridges.items():
        if a != b and ridge >= spec.join_ratio * min(height[a], height[b]):
            first, second = sorted((nucleus[a], nucleus[b]))
            nucleus = {k: first if v == second else v for k, v in nucleus.items()}
    labels = np.zeros(shape, np.int32)
    for name in sorted(set(nucleus.values())):
        own = [p for p in pixels if nucleus[peak_of[p]] == name]
        score = sum(int(maps[0][p]) for p in own) / (255 * len(own))
        if len(own) >= spec.min_area_px and score >= spec.min_score:
            labels[tuple(np.transpose(own))] = labels.max() + 1
    return filled_naively(labels, maps[0] >= round(255 * spec.foreground_threshold))


def filled_naively(labels: Labels, foreground: np.ndarray) -> Labels:
    """Give each area of background that one nucleus encloses to that nucleus."""
    filled = labels.copy()
    areas, count = ndimage.label(~foreground)
    for number in range(1, count + 1):
        area = np.pad(areas == number, 1)
        ring = (ndimage.binary_dilation(area) & ~area)[1:-1, 1:-1]
        reaches_edge = ndimage.binary_dilation(area).sum() > ring.sum() + area.sum()
        beside = np.unique(labels[ring])
        if not reaches_edge and len(beside) == 1:
            filled[areas == number] = beside[0]
    return filled


@settings(max_examples=150, deadline=None)
@given(
    height=st.integers(1, 120),
    width=st.integers(1, 120),
    tile_size=st.integers(1, 130),
    steps=st.sampled_from([1, 2, 4, 8, 255]),
    seed=seeds,
    spec=specs,
)
def test_labels_of_tiles_are_those_of_the_whole(height, width, tile_size, steps, seed, spec):
    tile_size = max(tile_size, math.isqrt(height * width // 400))
    maps = random_maps((height, width), seed, steps)
    whole, score = decode(maps, max(height, width), spec)
    tiled, tiled_score = decode(maps, tile_size, spec)
    np.testing.assert_array_equal(tiled, whole)
    np.testing.assert_array_equal(tiled_score, score)


@settings(max_examples=100, deadline=None)
@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    tile_size=st.integers(1, 9),
    steps=st.sampled_from([1, 2, 3, 6, 255]),
    seed=seeds,
    spec=specs,
)
def test_labels_are_those_of_the_naive_decoder(height, width, tile_size, steps, seed, spec):
    maps = random_maps((height, width), seed, steps)
    np.testing.assert_array_equal(decode(maps, tile_size, spec)[0], decode_naively(maps, spec))


def test_a_tile_of_several_strips_has_the_labels_of_small_tiles():
    maps = random_maps((500, 400), 0, 8)
    whole, _ = decode(maps, 500, LENIENT)
    assert whole.max() > 100
    np.testing.assert_array_equal(decode(maps, 90, LENIENT)[0], whole)


def test_a_hole_across_four_tiles_is_filled_and_a_bay_is_not():
    ring = np.full((2, 12, 12), 255, np.uint8)
    ring[0, 4:8, 4:8] = 0
    assert (decode(ring, 6, LENIENT)[0] == 1).all()
    ring[0, 4:8, 8:] = 0
    assert (decode(ring, 6, LENIENT)[0][4:8, 4:] == 0).all()


def test_background_between_two_nuclei_is_no_hole():
    maps = np.full((2, 9, 9), 255, np.uint8)
    maps[:, :, 4] = 0
    maps[1, 3:6, 3:6] = 0
    maps[0, [0, -1], 4] = 255
    labels = decode(maps, 4, DecoderSpec(join_ratio=0.9, min_area_px=1, min_score=0.0))[0]
    assert labels.max() == 2
    assert (labels[1:-1, 4] == 0).all()


def test_the_random_maps_hold_nuclei_that_touch():
    found = [decode(random_maps((60, 60), seed, 8), 60, LENIENT)[0] for seed in range(40)]
    pairs = [(labels[:, 1:], labels[:, :-1]) for labels in found]
    touching = sum(((a != b) & (a > 0) & (b > 0)).any() for a, b in pairs)
    assert np.median([labels.max() for labels in found]) >= 5
    assert touching >= 20


@settings(max_examples=60, deadline=None)
@given(
    dy=st.integers(0, 40),
    dx=st.integers(0, 40),
    below=st.integers(0, 5),
    tile_size=st.integers(5, 60),
    seed=seeds,
)
def test_labels_move_with_the_image(dy, dx, below, tile_size, seed):
    maps = random_maps((30, 24), seed, 8)
    canvas = np.pad(maps, ((0, 0), (dy, below), (dx, 3)))
    moved = decode(canvas, tile_size, LENIENT)[0]
    expected = np.zeros_like(moved)
    expected[dy : dy + 30, dx : dx + 24] = decode(maps, tile_size, LENIENT)[0]
    np.testing.assert_array_equal(moved, expected)


@settings(max_examples=60, deadline=None)
@given(seed=seeds, spec=specs)
def test_labels_are_consecutive_and_none_is_faint(seed, spec):
    labels, score = decode(random_maps((40, 40), seed, 8), 17, spec)
    present = np.unique(labels[labels > 0])
    np.testing.assert_array_equal(present, np.arange(1, len(score) + 1))
    assert (score >= spec.min_score).all()


def labels_in_tiles(pixels, engine, spec, *, workers=1):
    reader = PlaneReader(lambda box: pixels[box.slices], pixels.shape, IntensityRange(0.0, 1.0))
    found = segment_plane(reader, engine, spec, LENIENT, workers=workers)
    return found.to_array(), found.tile_size


@settings(max_examples=60, deadline=None)
@given(
    height=st.integers(1, 120),
    width=st.integers(1, 120),
    tile_size=st.integers(8, 70),
    divisor=st.sampled_from([1, 2]),
    halo_steps=st.integers(2, 6),
    steps=st.sampled_from([4, 12, 255]),
    seed=seeds,
)
def test_plane_in_tiles_has_the_labels_of_the_plane_at_once(
    height, width, tile_size, divisor, halo_steps, steps, seed
):
    pixels = smooth((height, width), seed, steps=steps).astype(np.float32)
    engine = SmoothingEngine(stride=divisor)
    shared = {"divisor": divisor, "halo": halo_steps * divisor}
    tiled, _ = labels_in_tiles(pixels, engine, InputSpec(tile_size=tile_size, **shared))
    whole, _ = labels_in_tiles(pixels, engine, InputSpec(tile_size=1000, **shared))
    np.testing.assert_array_equal(tiled, whole)


@settings(max_examples=40, deadline=None)
@given(dy=st.integers(0, 50), dx=st.integers(0, 50), tile_size=st.integers(10, 60), seed=seeds)
def test_labels_of_a_plane_move_with_the_image(dy, dx, tile_size, seed):
    pixels = smooth((40, 30), seed, steps=12).astype(np.float32)
    pixels[[0, -1]] = pixels[:, [0, -1]] = 0
    spec = InputSpec(divisor=1, halo=2, tile_size=tile_size, mean=0.0, std=1.0)
    still, _ = labels_in_tiles(pixels, SmoothingEngine(), spec)
    moved, _ = labels_in_tiles(np.pad(pixels, ((dy, 9), (dx, 4))), SmoothingEngine(), spec)
    np.testing.assert_array_equal(moved[dy : dy + 40, dx : dx + 30], still)
    assert moved.max() == still.max()


@pytest.mark.parametrize("divisor", [1, 2])
def test_the_planes_hold_nuclei_across_the_seams_of_tiles(divisor):
    pixels = smooth((100, 120), 3, steps=255, grain=4.0).astype(np.float32)
    spec = InputSpec(divisor=divisor, halo=4, tile_size=32)
    labels, tile_size = labels_in_tiles(pixels, SmoothingEngine(stride=divisor), spec)
    assert tile_size <= 32
    seams = np.arange(tile_size, 100, tile_size)
    assert ((labels[seams] == labels[seams - 1]) & (labels[seams] > 0)).any(axis=1).sum() >= 2
    assert labels.max() > 10

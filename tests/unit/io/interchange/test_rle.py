import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.outlines import iter_outlines
from nuclarium.io.interchange.polygons import fill, one_ring
from nuclarium.io.interchange.rle import compress, decompress, mask_of, run_lengths

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=12))
LABELS = arrays(
    np.int32, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 3)
)


@given(MASKS)
def test_mask_comes_back_from_its_run_lengths(mask):
    counts = run_lengths(mask)
    np.testing.assert_array_equal(mask_of(counts, mask.shape), mask)
    assert decompress(compress(counts)) == counts


@given(st.lists(st.integers(0, 2**40), max_size=9))
def test_any_counts_come_back_from_their_text(counts):
    assert decompress(compress(counts)) == counts


@given(MASKS)
def test_text_is_that_of_pycocotools(mask):
    coco = pytest.importorskip("pycocotools.mask")
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    assert compress(run_lengths(mask)) == theirs


def test_text_that_ends_within_a_number_or_is_foreign_is_refused():
    with pytest.raises(UnreadableImageError, match="end within"):
        decompress("T")
    with pytest.raises(UnreadableImageError, match="characters"):
        decompress("~")


def test_run_lengths_of_another_size_are_refused():
    with pytest.raises(UnreadableImageError, match="add up to 6 pixels"):
        mask_of([2, 2], (2, 3))


@given(LABELS)
def test_outlines_and_their_single_line_enclose_exactly_their_pixels(labels):
    for outline in iter_outlines(labels):
        mask = labels == outline.label
        rings = [ring for p in outline.polygons for ring in (p.exterior, *p.holes)]
        np.testing.assert_array_equal(fill(rings, labels.shape), mask)
        np.testing.assert_array_equal(fill([one_ring(outline)], labels.shape), mask)


def test_polygon_with_fractions_takes_pixels_whose_centre_is_inside():
    ring = np.array([(0.6, 0.4), (0.6, 3.4), (2.4, 3.4), (2.4, 0.4)])
    expected = np.zeros((4, 4), bool)
    expected[1, :3] = True
    np.testing.assert_array_equal(fill([ring], (4, 4)), expected)


def test_what_lies_outside_the_plane_is_cut_off():
    ring = np.array([(-5, -5), (-5, 2), (9, 2), (9, -5)])
    expected = np.zeros((3, 4), bool)
    expected[:, :2] = True
    np.testing.assert_array_equal(fill([ring], (3, 4)), expected)

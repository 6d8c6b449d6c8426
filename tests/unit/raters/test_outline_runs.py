"""Pixels that outlines share are those of masks drawn from them."""

import numpy as np
import pytest
from tests.rater_marks import disc

from nuclarium.io.interchange.polygons import fill
from nuclarium.raters.boundary_overlap import outline_overlap
from nuclarium.raters.outline_runs import Runs

SHAPE = (40, 40)


def stars(rng, count):
    """Outlines whose rows are cut several times, and two plain ones."""
    lines = [disc(20, 20, 9), np.array([[3.5, 3.5], [3.5, 12.25], [12, 12.25], [12, 3.5]])]
    for _ in range(count):
        line = disc(0, 0, 1, corners=int(rng.integers(3, 20)))
        lines.append(rng.uniform(15, 25, 2) + line * rng.uniform(2, 14, (len(line), 1)))
    return lines


def test_shared_pixels_are_those_of_masks(rng):
    lines = stars(rng, 40)
    masks = np.stack([fill([line], SHAPE) for line in lines])
    runs = Runs.of(lines)
    a, b = (place.ravel() for place in np.indices((len(lines), len(lines))))
    np.testing.assert_array_equal(runs.shared(a, b), (masks[a] & masks[b]).sum(axis=(1, 2)))
    union = (masks[a] | masks[b]).sum(axis=(1, 2))
    np.testing.assert_allclose(runs.iou(a, b), runs.shared(a, b) / np.maximum(union, 1))
    np.testing.assert_array_equal(runs.area, masks.sum(axis=(1, 2)))


def test_outlines_may_lie_beyond_the_plane(rng):
    line = disc(0, 0, 6)
    runs = Runs.of([line, None, line + np.array([100, -50])])
    assert runs.area.tolist() == [112, 0, 112]
    assert runs.shared(np.array([0, 0, 1]), np.array([0, 2, 0])).tolist() == [112, 0, 0]


def test_no_outline_shares_nothing():
    runs = Runs.of([None, None])
    assert runs.iou(np.array([0]), np.array([1])).tolist() == [0]


def test_overlap_of_pairs_is_that_of_their_masks(rng):
    lines = stars(rng, 6)
    table = outline_overlap(lines[:4], lines[4:])
    for row, (one, other) in enumerate(zip(lines[:4], lines[4:], strict=True)):
        a, b = fill([one], SHAPE), fill([other], SHAPE)
        assert table["intersect"][row] == (a & b).sum()
        assert table["sums"][row] == a.sum() + b.sum()
        assert table["iou"][row] == pytest.approx((a & b).sum() / (a | b).sum())
        assert table["dice"][row] == pytest.approx(2 * (a & b).sum() / (a.sum() + b.sum()))


def test_pair_with_a_missing_outline_is_unknown():
    table = outline_overlap([disc(9, 9, 4), None], [None, None])
    assert table.isna().all(axis=None)
    with pytest.raises(ValueError, match="got 1 and 0 outlines"):
        outline_overlap([None], [])

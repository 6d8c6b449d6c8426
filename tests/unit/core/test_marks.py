"""Marks of one image: boxes, outlines and points that fit together."""

import numpy as np
import pytest

from nuclarium.core.marks import Marks, no_marks

SQUARE = np.array([[0.0, 0.0], [0.0, 4.0], [4.0, 4.0]])


def marks(**changes):
    fields = {
        "boxes": [[0, 0, 4, 4], [1, 2, 3, 5], [7, 8, 7, 8]],
        "kinds": ("outline", "box", "point"),
        "labels": ("tumor", "", "lymphocyte"),
        "outlines": (SQUARE, None, None),
        "ids": ("a", "b", "c"),
    }
    return Marks(**(fields | changes))


def test_centres_and_sizes_follow_half_open_boxes():
    assert marks().centres.tolist() == [[2, 2], [2, 3.5], [7, 8]]
    assert marks().sizes.tolist() == [[4, 4], [2, 3], [0, 0]]
    assert len(marks()) == 3


def test_rows_are_chosen_by_number_or_mask():
    last = marks().only([2])
    assert (last.kinds, last.labels, last.ids) == (("point",), ("lymphocyte",), ("c",))
    assert marks().only(np.array([False, False, True])) == last
    assert marks().only([]) == no_marks()


def test_marks_are_equal_by_value():
    assert marks() == marks()
    assert marks() != marks(ids=("a", "b", "d"))
    assert marks() != marks(outlines=(SQUARE + 1, None, None))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ("tumor",)}, "a value for each of 3 boxes, but got 1"),
        ({"ids": ("a", "a", "b")}, "ids must differ"),
        ({"boxes": [[0, 0, 4, 4], [1, 2, np.nan, 5], [7, 8, 7, 8]]}, "finite.*row 1"),
        ({"boxes": [[0, 0, 4, 4], [3, 2, 1, 5], [7, 8, 7, 8]]}, "y0 <= y1.*row 1"),
        ({"boxes": [[0, 0, 4, 4], [1, 2, 3, 5], [7, 8, 7, 9]]}, "zero size, but row 2"),
        ({"kinds": ("outline", "dot", "point")}, "row 1 is 'dot'"),
        ({"kinds": ("box", "box", "point")}, "goes with kind 'outline', but row 0"),
        ({"outlines": (SQUARE[:2], None, None)}, "3 or more finite corners"),
    ],
)
def test_fields_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        marks(**changes)

"""Marks of many raters become anchors, and anchors have answers."""

import numpy as np
import pandas as pd
import pytest
from scipy.cluster import hierarchy
from tests.rater_marks import disc, grid, jittered, outline_columns, table

from nuclarium.core.errors import SettingsError
from nuclarium.raters.anchors.choice import Preference
from nuclarium.raters.anchors.clusters import find_anchors
from nuclarium.raters.anchors.given import given_anchors
from nuclarium.raters.anchors.linkage import complete_linkage
from nuclarium.raters.anchors.nearness import Nearness, Similarity
from nuclarium.raters.answers import UNDETECTED
from nuclarium.raters.read_marks import read_marks

NAN = np.nan


def naive_linkage(n, allowed):
    """The algorithm as it is stated, over a table of all distances."""
    far = np.full((n, n), np.inf)
    for (i, j), value in allowed.items():
        far[i, j] = far[j, i] = value
    clusters = {i: [i] for i in range(n)}
    while True:
        names = sorted(clusters)
        best = min(
            (
                (max(far[i, j] for i in clusters[a] for j in clusters[b]), a, b)
                for place, a in enumerate(names)
                for b in names[place + 1 :]
            ),
            default=(np.inf, 0, 0),
        )
        if best[0] == np.inf:
            break
        clusters[best[1]] += clusters.pop(best[2])
    return [next(a for a, members in clusters.items() if i in members) for i in range(n)]


def test_rounds_of_merges_are_the_plain_algorithm_also_on_ties(rng):
    for _ in range(200):
        n = int(rng.integers(1, 13))
        pairs = [(i, j) for i in range(n) for j in range(i + 1, n) if rng.random() < 0.7]
        rng.shuffle(pairs)
        value = rng.integers(0, 5, len(pairs)) / 5
        low, high = np.array(pairs, np.int64).reshape(-1, 2).T
        found = complete_linkage(n, low, high, value)
        allowed = dict(zip(map(tuple, pairs), value, strict=True))
        assert found.tolist() == naive_linkage(n, allowed)


def iou_table(boxes):
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return shared / (area[:, None] + area[None] - shared)


def partition(labels):
    return sorted(map(tuple, pd.Series(range(len(labels))).groupby(np.asarray(labels)).agg(list)))


@pytest.mark.parametrize("min_iou", [0.1, 0.25, 0.5, 0.75])
def test_clusters_are_those_of_scipy_where_each_rater_marks_once(rng, min_iou):
    n = 150
    low = rng.uniform(0, 100, (n, 2))
    y0, x0, y1, x1 = np.c_[low, low + rng.uniform(5, 40, (n, 2))].T
    frame = {"field": "f", "rater": [f"r{i}" for i in range(n)], "label": "x"}
    edges = {"xmin": x0, "ymin": y0, "xmax": x1, "ymax": y1}
    marks = read_marks(pd.DataFrame(frame | edges))
    apart = (1 - iou_table(marks.boxes))[np.triu_indices(n, 1)]
    merges = hierarchy.linkage(apart, "complete")
    expected = hierarchy.fcluster(merges, 1 - min_iou, criterion="distance")
    assert partition(find_anchors(marks, min_iou).cluster) == partition(expected)


def test_iou_exactly_at_the_cut_is_one_nucleus():
    # IoU is 1 to 10, which 1 - (1 - IoU) would miss.
    marks = read_marks(table(("f", "a", "x", 0, 0, 10, 10), ("f", "b", "x", 0, 0, 10, 1)))
    assert len(find_anchors(marks, 0.1)) == 1
    assert len(find_anchors(marks, 0.1 + 1e-9)) == 2


def test_two_marks_of_a_rater_are_two_nuclei_but_not_in_two_arms():
    rows = [("f", "a", "x", 0, 0, 10, 10), ("f", "a", "x", 1, 0, 11, 10)]
    assert len(find_anchors(read_marks(table(*rows)))) == 2
    assert len(find_anchors(read_marks(table(*rows, arm=["E", "U"])))) == 1


def test_marks_of_two_fields_never_meet():
    marks = read_marks(table(("f", "a", "x", 0, 0, 9, 9), ("g", "b", "x", 0, 0, 9, 9)))
    anchors = find_anchors(marks)
    assert anchors.ids == ("f#1", "g#1")
    assert anchors.cluster.tolist() == [0, 1]


@pytest.mark.parametrize("count", [1, 5, 30])
def test_nuclei_well_apart_are_all_found_and_legacy_loses_one(rng, count):
    marks = read_marks(jittered(rng, grid(count), 6))
    anchors = find_anchors(marks)
    assert len(anchors) == count
    assert (np.bincount(anchors.cluster) == 6).all()
    legacy = find_anchors(marks, legacy=True)
    assert len(legacy) == (10 if count == 1 else count - 1)
    assert (legacy.cluster < 0).sum() == (0 if count == 1 else 6)


def test_legacy_leaves_out_large_marks_and_says_so():
    marks = read_marks(table(("f", "a", "x", 0, 0, 100, 9), ("f", "b", "x", 0, 0, 9, 9)))
    legacy = find_anchors(marks, legacy=True)
    assert legacy.cluster.tolist() == [-1, 0]
    assert legacy.remarks == ("1 mark with a side of 100 px or more left out.",)
    assert find_anchors(marks, max_side_px=101).remarks == ()


def test_legacy_counts_both_edges_of_a_box_to_it():
    marks = read_marks(table(("f", "a", "x", 0, 0, 3, 3), ("f", "b", "x", 1, 1, 5, 5)))
    first, second = np.array([0]), np.array([1])
    assert Similarity(marks, Nearness())(first, second) == pytest.approx(4 / 21)
    assert Similarity(marks, Nearness(inclusive=True))(first, second) == pytest.approx(9 / 32)


def test_demotion_keeps_what_was_merged_last_and_takes_the_better_mark_out():
    rows = [
        ("f", "a", "x", 0, 0, 10, 10),
        ("f", "b", "x", 0, 0, 10, 11),
        ("f", "a", "x", 2, 0, 12, 10),
    ]
    marks = read_marks(table(*rows))
    assert find_anchors(marks, constraint="demote").cluster.tolist() == [0, 1, 1]
    assert find_anchors(marks).cluster.tolist() == [0, 0, 1]


def test_points_are_compared_by_their_distance_in_px_or_um():
    rows = [("f", r, "x", x, 0, x, 0) for r, x in (("a", 0), ("b", 10), ("c", 30))]
    marks = read_marks(table(*rows))
    assert find_anchors(marks, point_distance=10).cluster.tolist() == [0, 0, 1]
    assert find_anchors(marks, point_distance=9.9).cluster.tolist() == [0, 1, 2]
    um = find_anchors(marks, point_distance=2, pixel_size=(1.0, 0.2))
    assert um.cluster.tolist() == [0, 0, 1]


def test_point_belongs_to_the_box_and_to_the_outline_that_it_lies_in():
    box = ("f", "a", "x", 0, 0, 20, 20)
    corner, middle = ("f", "b", "x", 2, 2, 2, 2), ("f", "b", "x", 10, 10, 10, 10)
    ring = outline_columns(disc(10, 10, 10))
    for point, in_box, in_outline in ((corner, 1, 2), (middle, 1, 1)):
        assert len(find_anchors(read_marks(table(box, point)))) == in_box
        outlined = table(box, point, **{name: [text, ""] for name, text in ring.items()})
        assert len(find_anchors(read_marks(outlined))) == in_outline


def test_outlines_are_compared_by_their_pixels_where_asked():
    # Two triangles, the halves of one square: the same box, no common pixel.
    upper = {"outline_x": "0,20,20", "outline_y": "0,0,20"}
    lower = {"outline_x": "0,0,20", "outline_y": "0,20,20"}
    columns = {name: [upper[name], lower[name]] for name in upper}
    rows = [("f", r, "x", NAN, NAN, NAN, NAN) for r in "ab"]
    marks = read_marks(table(*rows, **columns))
    assert len(find_anchors(marks)) == 1
    assert len(find_anchors(marks, by="outline")) == 2


def test_anchor_is_the_medoid_or_whoever_is_preferred():
    rows = [("f", r, "x", x, 0, x + 10, 10) for r, x in (("a", 0), ("b", 1), ("c", 3))]
    marks = read_marks(table(*rows, group=["NP", "NP", "SP"], arm=["U", "U", "E"]))
    assert find_anchors(marks).boxes.tolist() == [[0, 1, 10, 11]]
    for preferred in (
        Preference(groups=("SP",)),
        Preference(raters=("c",)),
        Preference(arms=("E",)),
    ):
        assert find_anchors(marks, prefer=[preferred]).mark.tolist() == [2]
    nobody = [Preference(raters=("c",), arms=("U",)), Preference(raters=("a",))]
    assert find_anchors(marks, prefer=nobody).mark.tolist() == [0]
    with pytest.raises(SettingsError, match="There is no group 'JP'"):
        find_anchors(marks, prefer=[Preference(groups=("JP",))])


def test_rater_np1_is_not_taken_for_np10():
    rows = [("f", r, "x", x, 0, x + 10, 10) for r, x in (("NP.10", 0), ("NP.12", 1))]
    other = ("f", "NP.1", "x", 50, 0, 60, 10)
    anchors = find_anchors(read_marks(table(*rows, other)), prefer=[Preference(raters=("NP.1",))])
    assert anchors.mark.tolist() == [0, 2]


def test_undetected_differs_from_did_not_look():
    rows = [
        ("f", "a", "tumor", 0, 0, 10, 10),
        ("f", "b", "stroma", 50, 0, 60, 10),
        ("f", "c", "", NAN, NAN, NAN, NAN),
        ("g", "d", "tumor", 0, 0, 10, 10),
    ]
    marks = read_marks(table(*rows))
    answers = find_anchors(marks).answers(marks)
    assert answers.items == ("f#1", "f#2", "g#1")
    assert answers.labels == ("stroma", "tumor", UNDETECTED)
    assert answers.matrix().tolist() == [[1, 2, 2, -1], [2, 0, 2, -1], [-1, -1, -1, 1]]
    assert answers.field.tolist() == [0, 0, 1]


def test_answers_of_an_arm_and_of_raters_alone():
    rows = [("f", "a", "tumor", 0, 0, 10, 10), ("f", "a", "stroma", 0, 0, 10, 11)]
    rows += [("f", "b", "tumor", 0, 0, 10, 10)]
    marks = read_marks(table(*rows, arm=["E", "U", "E"]))
    anchors = find_anchors(marks)
    assert anchors.answers(marks, "U").matrix().tolist() == [[0, -1]]
    assert anchors.answers(marks, "E", ["b"]).matrix().tolist() == [[1]]
    assert len(anchors.answers(marks)) == 3
    with pytest.raises(SettingsError, match="There is no arm 'B'; the table has E, U"):
        anchors.answers(marks, "B")


def test_mark_without_a_class_is_no_answer_unless_none_has_one():
    rows = [("f", "a", "tumor", 0, 0, 10, 10), ("f", "b", "", 0, 0, 10, 10)]
    marks = read_marks(table(*rows))
    assert find_anchors(marks).answers(marks).matrix().tolist() == [[0, -1]]
    marks = read_marks(table(*rows).assign(label=""))
    answers = find_anchors(marks).answers(marks)
    assert answers.labels == ("nucleus", UNDETECTED)
    assert answers.matrix().tolist() == [[0, 0]]


def test_field_that_all_saw_and_nobody_marked_has_no_anchor():
    marks = read_marks(table(("f", "a", "", NAN, NAN, NAN, NAN)))
    anchors = find_anchors(marks)
    assert len(anchors) == 0
    assert anchors.ids == ()
    assert len(anchors.answers(marks)) == 0
    assert anchors.table(marks).empty


def test_table_counts_marks_and_raters():
    rows = [
        ("f", "a", "x", 0, 0, 10, 10),
        ("f", "a", "x", 0, 0, 10, 11),
        ("f", "b", "x", 0, 0, 10, 12),
    ]
    marks = read_marks(table(*rows, arm=["E", "U", "E"]))
    row = find_anchors(marks).table(marks).iloc[0]
    assert (row["n_marks"], row["n_raters"], row["ymax"]) == (3, 2, 11)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"min_iou": 0}, "min_iou must be over 0"),
        ({"min_iou": 1.5}, "min_iou must be over 0"),
        ({"by": "mask"}, "not by 'mask'"),
        ({"point_distance": -1}, "must be positive"),
        ({"constraint": "hope"}, "constraint is forbid or demote"),
    ],
)
def test_settings_out_of_range_are_refused(settings, told):
    marks = read_marks(table(("f", "a", "x", 0, 0, 9, 9)))
    with pytest.raises(SettingsError, match=told):
        find_anchors(marks, **settings)


def test_gigantic_mark_among_many_is_harmless(rng):
    frame = jittered(rng, grid(60), 3)
    giant = table(("f", "r0", "tumor", -1e9, -1e9, 1e9, 1e9))
    marks = read_marks(pd.concat([frame, giant]))
    assert len(find_anchors(marks)) == 61


def test_marks_that_name_their_nucleus_are_taken_as_they_say():
    given = pd.DataFrame(
        {
            "field": "f",
            "rater": ["a", "b", "a", "b"],
            "label": "tumor",
            "xmin": [0, 50, 50, 1],
            "ymin": 0,
            "xmax": [10, 60, 60, 11],
            "ymax": 9,
        }
    )
    found = given_anchors(read_marks(given), ["far", "near", "near", "far"])
    assert found.ids == ("far", "near")
    assert found.boxes[:, 1].tolist() == [0, 50]
    with pytest.raises(SettingsError, match="lies in one field"):
        given_anchors(read_marks(given.assign(field=["f", "g", "f", "f"])), ["n"] * 4)

"""Laws of anchors: every cluster is close, no rater is in it twice, and order does not matter."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rater_marks import grid, jittered

from nuclarium.raters.anchors.clusters import find_anchors
from nuclarium.raters.read_marks import read_marks

LAWS = settings(max_examples=35, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)
EDGES = ("xmin", "ymin", "xmax", "ymax")


def crowd(seed, *, whole=False):
    """Marks of few raters in two fields, so crowded that raters meet themselves."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    low = rng.uniform(0, 30, (n, 2))
    high = low + rng.uniform(1, 25, (n, 2))
    boxes = np.c_[low, high]
    if whole:
        boxes = np.c_[np.round(low / 4), np.round(low / 4) + np.ceil((high - low) / 4)]
    names = {"field": rng.choice(["f", "g"], n), "rater": rng.choice(["a", "b", "c", "d"], n)}
    names |= {"arm": rng.choice(["E", "U"], n), "label": "x"}
    return pd.DataFrame(names | dict(zip(EDGES, boxes.T, strict=True)))


def iou(a, b):
    shared = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return shared / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared)


def by_row(table, **settings):
    """Which rows are together: their clusters by what the marks are."""
    marks = read_marks(table)
    anchors = find_anchors(marks, **settings)
    names = table["name"].to_numpy()[marks.row]
    clusters = pd.Series(names).groupby(anchors.cluster).agg(frozenset)
    return set(clusters), sorted(map(tuple, anchors.boxes.tolist()))


@LAWS
@given(seed=SEEDS, whole=st.booleans(), min_iou=st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0]))
def test_every_two_marks_of_a_cluster_are_near_and_of_different_raters(seed, whole, min_iou):
    marks = read_marks(crowd(seed, whole=whole))
    anchors = find_anchors(marks, min_iou)
    assert (anchors.cluster >= 0).all()
    for k in range(len(anchors)):
        members = np.flatnonzero(anchors.cluster == k)
        assert len(set(marks.field[members])) == 1
        owners = set(zip(marks.rater[members], marks.arm[members], strict=True))
        assert len(owners) == len(members)
        near = [iou(marks.boxes[i], marks.boxes[j]) for i in members for j in members if i < j]
        assert all(value >= min_iou for value in near)
        assert anchors.mark[k] in members


@LAWS
@given(seed=SEEDS, whole=st.booleans())
def test_no_two_clusters_could_be_merged(seed, whole):
    marks = read_marks(crowd(seed, whole=whole))
    anchors = find_anchors(marks)
    owner = list(zip(marks.field, marks.rater, marks.arm, strict=True))
    for a in range(len(anchors)):
        for b in range(a):
            one, other = np.flatnonzero(anchors.cluster == a), np.flatnonzero(anchors.cluster == b)
            is_far = any(iou(marks.boxes[i], marks.boxes[j]) < 0.25 for i in one for j in other)
            is_forbidden = {owner[i] for i in one} & {owner[j] for j in other}
            same_field = marks.field[one[0]] == marks.field[other[0]]
            assert is_far or is_forbidden or not same_field


@LAWS
@given(seed=SEEDS, whole=st.booleans(), legacy=st.booleans())
def test_order_of_rows_changes_nothing(seed, whole, legacy):
    table = crowd(seed, whole=whole).drop_duplicates(["field", "rater", "arm", *EDGES])
    table["name"] = range(len(table))
    shuffled = table.sample(frac=1, random_state=seed % 1000)
    assert by_row(table, legacy=legacy) == by_row(shuffled, legacy=legacy)


@LAWS
@given(seed=SEEDS, whole=st.booleans())
def test_names_of_raters_change_nothing(seed, whole):
    # Unless a rater has marked exactly one place twice in an arm, which is told.
    table = crowd(seed, whole=whole).drop_duplicates(["field", "rater", "arm", *EDGES])
    table["name"] = range(len(table))
    renamed = table.replace({"rater": {"a": "z", "b": "y", "c": "x", "d": "w"}})
    assert by_row(table) == by_row(renamed)


@LAWS
@given(seed=SEEDS, count=st.integers(1, 12), raters=st.integers(1, 8))
def test_nuclei_that_are_well_apart_are_found_one_for_one(seed, count, raters):
    table = jittered(np.random.default_rng(seed), grid(count), raters)
    marks = read_marks(table)
    anchors = find_anchors(marks)
    assert len(anchors) == count
    together = pd.Series(table["nucleus"].to_numpy()).groupby(anchors.cluster).nunique()
    assert (together == 1).all()


@LAWS
@given(count=st.integers(1, 6), raters=st.integers(1, 8))
def test_marks_that_are_all_the_same_are_one_nucleus_each(count, raters):
    marks = read_marks(jittered(np.random.default_rng(0), grid(count), raters, jitter=0))
    assert np.bincount(find_anchors(marks, 1.0).cluster).tolist() == [raters] * count


@LAWS
@given(seed=SEEDS)
def test_one_rater_alone_agrees_with_nobody(seed):
    table = crowd(seed).assign(rater="a", arm="E")
    marks = read_marks(table)
    assert len(find_anchors(marks)) == len(marks)

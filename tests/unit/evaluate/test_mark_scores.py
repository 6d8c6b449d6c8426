"""Scores of boxes, outlines and classes against pycocotools, brute force and naive definitions."""

import contextlib
import io
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.core.marks import Marks
from nuclarium.evaluate.class_counts import count_classes
from nuclarium.evaluate.mark_matching import Detections, match_marks
from nuclarium.evaluate.mark_overlap import box_iou, mark_iou, outline_iou
from nuclarium.evaluate.mark_scores import predicted_classes, score_fields, score_marks
from nuclarium.evaluate.ranked_precision import COCO_THRESHOLDS, ranked_average_precision

NUCLS = shipped_hierarchy("nucls")
SQUARE = np.array([[0.0, 0], [0, 4], [4, 4], [4, 0]])


def boxes(*rows, labels=None):
    names = labels or ("tumor",) * len(rows)
    ids = tuple(map(str, range(len(rows))))
    array = np.array(rows, float).reshape(-1, 4)
    return Marks(array, ("box",) * len(rows), tuple(names), (None,) * len(rows), ids)


def outline(*rings, labels=None):
    extent = [(*ring.min(axis=0), *ring.max(axis=0)) for ring in rings]
    names = labels or ("tumor",) * len(rings)
    ids = tuple(map(str, range(len(rings))))
    return Marks(np.array(extent), ("outline",) * len(rings), tuple(names), tuple(rings), ids)


def found(marks, *confidence):
    return Detections(marks, np.array(confidence, float))


def test_box_iou_is_that_of_the_pixels_of_half_open_boxes(rng):
    corners = rng.integers(0, 8, (2, 5, 2)), rng.integers(1, 6, (2, 5, 2))
    one, other = (
        np.concatenate([low, low + size], axis=1) for low, size in zip(*corners, strict=True)
    )
    planes = [np.zeros((5, 16, 16), bool) for _ in range(2)]
    for plane, rows in zip(planes, (one, other), strict=True):
        for k, (y0, x0, y1, x1) in enumerate(rows):
            plane[k, y0:y1, x0:x1] = True
    for i in range(5):
        for j in range(5):
            union = (planes[0][i] | planes[1][j]).sum()
            shared = (planes[0][i] & planes[1][j]).sum()
            assert box_iou(one, other)[i, j] == pytest.approx(shared / union)


def test_outlines_are_compared_where_both_have_them_and_boxes_otherwise():
    triangle = np.array([[0.0, 0], [8, 0], [8, 8]])
    both = mark_iou(outline(triangle), outline(triangle[:, ::-1] * 1.0))
    assert both[0, 0] == outline_iou(triangle, triangle[:, ::-1]) < 0.2
    assert mark_iou(outline(triangle), boxes((0, 0, 8, 8)))[0, 0] == 1.0


def test_hungarian_finds_the_most_pairs_where_greedy_takes_the_best_first():
    truth = boxes((0, 0, 10, 10), (0, 6, 10, 16))
    sure = found(boxes((0, 3, 10, 13), (0, 0, 10, 7)), 0.9, 0.5)
    hungarian = match_marks(truth, sure, threshold=0.3)
    greedy = match_marks(truth, sure, threshold=0.3, method="greedy")
    assert hungarian.counts.true_positive == 2
    assert greedy.counts.true_positive in (1, 2)
    assert greedy.truth.tolist() == [0]
    assert greedy.missed.tolist() == [1]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_hungarian_is_the_best_of_all_pairings(seed):
    rng = np.random.default_rng(seed)
    one, other = (random_boxes(rng, int(rng.integers(0, 5)), 14) for _ in range(2))
    iou = box_iou(one, other)
    small, large = sorted(iou.shape)
    table = iou if iou.shape[0] <= iou.shape[1] else iou.T
    best = (0, 0.0)
    for columns in permutations(range(large), small):
        values = [table[i, j] for i, j in enumerate(columns) if table[i, j] >= 0.3]
        best = max(best, (len(values), round(sum(values), 9)))
    pairs = match_marks(boxes(*one), boxes(*other), threshold=0.3)
    assert (len(pairs.iou), round(float(pairs.iou.sum()), 9)) == best


def test_ambiguous_truth_is_neither_found_nor_missed():
    truth = boxes((0, 0, 10, 10), (20, 20, 30, 30), labels=("tumor", "unlabeled"))
    hits = found(boxes((20, 20, 30, 30), (0, 0, 10, 10)), 0.9, 0.8)
    pairs = match_marks(truth, hits, NUCLS)
    assert (pairs.truth.tolist(), pairs.prediction.tolist()) == ([0], [1])
    assert (pairs.ignored.tolist(), len(pairs.invented), len(pairs.missed)) == ([0], 0, 0)
    assert ranked_average_precision([(truth, hits)], NUCLS) == 1.0
    assert match_marks(truth, hits, NUCLS, legacy=True).invented.tolist() == [0]
    assert ranked_average_precision([(truth, hits)], NUCLS, legacy=True) == 0.5


def test_points_are_not_judged_and_what_is_found_on_them_is_not_wrong():
    point = Marks(np.array([[5, 5, 5, 5.0]]), ("point",), ("tumor",), (None,), ("0",))
    pairs = match_marks(point, boxes((0, 0, 9, 9), (20, 20, 25, 25)))
    assert (pairs.ignored.tolist(), pairs.invented.tolist()) == ([0], [1])
    assert len(pairs.missed) == 0
    same = match_marks(point, point)
    assert (same.counts.false_positive, same.ignored.tolist()) == (0, [0])


def random_boxes(rng, count, side):
    low = rng.integers(0, side - 4, (count, 2))
    return np.concatenate([low, low + rng.integers(3, 9, (count, 2))], axis=1).astype(float)


def coco_precision(fields, threshold):
    """Average precision of pycocotools, with ambiguous nuclei as crowds of the one category."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def xywh(box):
        y0, x0, y1, x1 = box.tolist()
        return {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (y1 - y0) * (x1 - x0)}

    truth, results = [], []
    for image, (true, hits) in enumerate(fields):
        for box, label in zip(true.boxes, true.labels, strict=True):
            crowd = int(label == "unlabeled")
            given = {"id": len(truth) + 1, "image_id": image, "category_id": 1, "iscrowd": crowd}
            truth.append({**given, **xywh(box)})
        for box, score in zip(hits.marks.boxes, hits.confidence, strict=True):
            results.append({"image_id": image, "category_id": 1, "score": score, **xywh(box)})
    if not results:
        return 0.0
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": i} for i in range(len(fields))],
            "annotations": truth,
            "categories": [{"id": 1}],
            "info": {},
        }
        coco.createIndex()
        test = COCOeval(coco, coco.loadRes(results), "bbox")
        test.params.iouThrs = np.array([threshold])
        test.params.maxDets = [1, 100, 300]
        test.evaluate()
        test.accumulate()
    return float(test.eval["precision"][0, :, 0, 0, 2].mean())


@given(seed=st.integers(0, 2**32 - 1), threshold=st.sampled_from(COCO_THRESHOLDS[:5]))
@settings(max_examples=30, deadline=None)
def test_average_precision_is_that_of_pycocotools_with_crowds(seed, threshold):
    rng = np.random.default_rng(seed)
    fields = []
    for _ in range(int(rng.integers(1, 4))):
        true = random_boxes(rng, int(rng.integers(1, 7)), 40)
        names = ["tumor", *rng.choice(["tumor", "unlabeled"], len(true) - 1)]
        moved = true[rng.random(len(true)) < 0.8] + rng.integers(-1, 2)
        hits = np.concatenate([moved, random_boxes(rng, int(rng.integers(0, 5)), 40)])
        sure = rng.permutation(len(hits)) / 10 + rng.random() / 100
        fields.append((boxes(*true, labels=names), found(boxes(*hits), *sure)))
    ours = ranked_average_precision(fields, NUCLS, threshold=threshold)
    assert ours == pytest.approx(coco_precision(fields, threshold), abs=1e-9)


def test_average_precision_of_nothing_is_nan_and_of_no_detection_0():
    assert np.isnan(ranked_average_precision([(boxes(), found(boxes((0, 0, 2, 2)), 1))]))
    assert ranked_average_precision([(boxes((0, 0, 2, 2)), found(boxes()))]) == 0.0


def naive_binary(truth, given, name):
    """MCC of one class against the others, by its definition."""
    t, p = (np.array([label == name for label in labels]) for labels in (truth, given))
    tp, tn, fp, fn = (t & p).sum(), (~t & ~p).sum(), (~t & p).sum(), (t & ~p).sum()
    below = np.sqrt(float(tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return (tp * tn - fp * fn) / below if below else np.nan


def test_classes_are_scored_as_by_their_definitions(rng):
    names = ("a", "b", "c")
    truth, given = (tuple(rng.choice(names, 60)) for _ in range(2))
    counts = count_classes(truth, given, names)
    assert counts.accuracy == np.mean(np.array(truth) == np.array(given))
    one, other = (np.array([[x == n for n in names] for x in xs], float) for xs in (truth, given))

    def covariance(x, y):
        return sum(np.cov(x[:, k], y[:, k], bias=True)[0, 1] for k in range(3))

    expected = covariance(one, other) / np.sqrt(covariance(one, one) * covariance(other, other))
    assert counts.mcc == pytest.approx(expected)
    table = counts.table().set_index("class")
    for name in names:
        assert table.loc[name, "mcc"] == pytest.approx(naive_binary(truth, given, name))
        assert table.loc[name, "truth"] == truth.count(name)


def test_scores_agree_with_scikit_learn(rng):
    metrics = pytest.importorskip("sklearn.metrics")
    names = ("a", "b", "c", "d")
    truth, given = (list(rng.choice(names, 80)) for _ in range(2))
    counts = count_classes(truth, given, names)
    assert counts.mcc == pytest.approx(metrics.matthews_corrcoef(truth, given))
    expected = metrics.precision_recall_fscore_support(truth, given, labels=list(names))
    for column, values in zip(("precision", "recall", "f1", "truth"), expected, strict=True):
        np.testing.assert_allclose(counts.table()[column], values)


def test_one_class_alone_has_no_correlation():
    counts = count_classes(["a", "a"], ["a", "a"], ("a", "b"))
    assert (counts.accuracy, np.isnan(counts.mcc)) == (1.0, True)
    assert counts.table()["class"].tolist() == ["a"]
    with pytest.raises(ValueError, match="one of a, b, but got 'c'"):
        count_classes(["a"], ["c"], ("a", "b"))


def test_classes_are_compared_at_every_level_on_matched_nuclei():
    place = [(0, 0, 9, 9), (0, 20, 9, 29), (20, 0, 29, 9), (20, 20, 29, 29)]
    truth = boxes(*place, labels=("tumor", "lymphocyte", "fibroblast", "unlabeled"))
    given = boxes(*place, labels=("mitotic_figure", "plasma_cell", "tumor", "tumor"))
    scores = score_marks(truth, given, NUCLS)
    assert {name: counts.accuracy for name, counts in scores.levels.items()} == {
        "raw": 0,
        "main": 0,
        "super": pytest.approx(2 / 3),
    }
    assert (scores.detection.true_positive, scores.ignored) == (3, 1)
    twice = score_fields([(truth, given), (truth, given)], NUCLS)
    assert twice.levels["super"].total == 6
    assert twice.detection.f1 == 1.0


def test_probabilities_are_rolled_up_before_the_largest_is_taken():
    classes = ("tumor", "lymphocyte", "plasma_cell", "unlabeled", "undetected")
    p = np.array([[0.3, 0.25, 0.2, 0.15, 0.1], [0.1, 0.1, 0.1, 0.6, 0.1]])
    hits = Detections(boxes((0, 0, 2, 2), (3, 3, 5, 5)), np.ones(2), p, classes)
    assert predicted_classes(hits, "raw", NUCLS) == ("tumor", "tumor")
    assert predicted_classes(hits, "super", NUCLS) == ("sTIL", "sTIL")


def test_label_that_is_in_no_hierarchy_is_refused():
    with pytest.raises(SettingsError, match=r"class of nucls .* but got 'tumour'"):
        score_marks(boxes((0, 0, 2, 2), labels=("tumour",)), boxes(), NUCLS)


def test_detections_of_no_numbers_are_refused():
    with pytest.raises(ValueError, match="finite number for each of 1 marks"):
        found(boxes((0, 0, 2, 2)), np.nan)
    with pytest.raises(ValueError, match=r"shape \(1, 2\)"):
        Detections(boxes((0, 0, 2, 2)), np.ones(1), np.ones((1, 3)), ("a", "b"))

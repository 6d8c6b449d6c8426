"""Raters against a truth, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    f1_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
    roc_auc_score,
)

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.raters.accuracy import rater_accuracy
from nuclarium.raters.accuracy_confusion import confusions
from nuclarium.raters.accuracy_curves import RankedScores
from nuclarium.raters.accuracy_inferred import inferred_accuracy
from nuclarium.raters.accuracy_outlines import segmentation_accuracy
from nuclarium.raters.accuracy_scores import mcc
from nuclarium.raters.agreement_levels import answers_at, truth_at
from nuclarium.raters.answer_codes import Answers
from nuclarium.raters.truth import Truth

LABELS = ("a", "b", "c", "undetected")


def answers_of(codes, labels=LABELS, field=None, group=None, items=None):
    """Answers from a matrix of items by raters; -1 where there is none."""
    codes = np.asarray(codes)
    item, rater = np.nonzero(codes >= 0)
    return Answers(
        item,
        rater,
        codes[item, rater],
        items or tuple(f"i{k}" for k in range(len(codes))),
        tuple(f"r{k}" for k in range(codes.shape[1])),
        tuple(labels),
        None if field is None else np.asarray(field, np.int32),
        () if field is None else tuple(f"f{k}" for k in range(max(field) + 1)),
        group,
    )


def truth_of(probabilities, labels=LABELS, raters=("expert",), items=None):
    """A truth with these probabilities, or that is sure of codes."""
    p = np.asarray(probabilities, float)
    if p.ndim == 1:
        p = np.where(p[:, None] >= 0, np.eye(len(labels))[p.astype(int)], np.nan)
    known = ~np.isnan(p).any(axis=1)
    return Truth(
        "given",
        items or tuple(f"i{k}" for k in range(len(p))),
        tuple(labels),
        tuple(raters),
        p,
        np.nan_to_num(p).mean(axis=0),
        None,
        np.ones(len(raters)),
        known.astype(np.int64),
        np.ones(len(raters), np.int64),
    )


def value_of(table, score, label="", rater="r0"):
    """The one value of a rater."""
    chosen = (table["score"] == score) & (table["label"] == label) & (table["rater"] == rater)
    return table.loc[chosen, "value"].item()


def test_detection_counts_found_missed_and_invented_nuclei():
    answers = answers_of([[0], [3], [1], [3], [2], [1]])
    truth = truth_of([0, 0, 3, 3, 2, -1])
    table = rater_accuracy(answers, truth, draws=0)
    assert value_of(table, "detection_precision") == pytest.approx(2 / 3)
    assert value_of(table, "detection_recall") == pytest.approx(2 / 3)
    assert value_of(table, "detection_f1") == pytest.approx(2 / 3)


def test_what_one_rater_of_the_truth_alone_detected_is_no_nucleus():
    codes = [[0, 0, 0], [1, 3, 1], [3, 3, 2]]
    answers = answers_of(codes)
    truth = truth_of([0, 1, 3], raters=("r0", "r1"))
    strict = rater_accuracy(answers, truth, draws=0)
    assert value_of(strict, "detection_precision", rater="r2") == pytest.approx(1 / 3)
    loose = rater_accuracy(answers, truth, min_detections=1, draws=0)
    assert value_of(loose, "detection_precision", rater="r2") == pytest.approx(2 / 3)
    assert strict.groupby("rater")["in_truth"].first().tolist() == [True, True, False]


def test_items_of_an_ambiguous_class_are_not_judged_and_ambiguous_answers_are_wrong():
    labels = ("a", "b", "AMBIGUOUS", "undetected")
    answers = answers_of([[0], [0], [1], [2]], labels)
    table = rater_accuracy(answers, truth_of([0, 2, 1, 1], labels), draws=0)
    assert value_of(table, "accuracy") == pytest.approx(2 / 3)
    assert value_of(table, "detection_precision") == 1
    assert set(table["label"]) == {"", "a", "b"}


def test_scores_of_classes_are_those_of_scikit_learn(rng):
    true = rng.integers(0, 3, 150)
    codes = np.where(rng.random((150, 2)) < 0.6, true[:, None], rng.integers(0, 3, (150, 2)))
    table = rater_accuracy(answers_of(codes), truth_of(true), draws=0)
    for r in range(2):
        said, rater = codes[:, r], f"r{r}"
        assert value_of(table, "mcc", rater=rater) == pytest.approx(matthews_corrcoef(true, said))
        assert value_of(table, "accuracy", rater=rater) == (true == said).mean()
        hot_true, hot_said = np.eye(3)[true].ravel(), np.eye(3)[said].ravel()
        pooled = matthews_corrcoef(hot_true, hot_said)
        assert value_of(table, "aggregate_mcc", rater=rater) == pytest.approx(pooled)
        for k, name in enumerate("abc"):
            one = true == k, said == k
            for score, function in (
                ("mcc", matthews_corrcoef),
                ("f1", f1_score),
                ("precision", precision_score),
                ("recall", recall_score),
            ):
                assert value_of(table, score, name, rater) == pytest.approx(function(*one))


def test_a_class_that_the_truth_lacks_is_named_and_not_scored():
    table = rater_accuracy(answers_of([[0], [1], [2]]), truth_of([0, 1, 0]), draws=0)
    rows = table[table["label"] == "c"]
    assert rows["value"].isna().all()
    assert (rows["remark"] == "No detected nucleus is truly 'c'.").all()


def test_every_missing_value_has_a_sentence(rng):
    for codes, true in (([[3], [3]], [0, 1]), ([[0], [0]], [0, 0]), ([[0], [1]], [3, 3])):
        table = rater_accuracy(answers_of(codes), truth_of(true), draws=0)
        assert table.loc[table["value"].isna(), "remark"].str.endswith(".").all()
        assert table["value"].isna().any()


def test_without_undetected_there_is_no_score_of_detection():
    labels = ("a", "b")
    table = rater_accuracy(answers_of([[0], [1]], labels), truth_of([0, 1], labels), draws=0)
    assert not table["score"].str.startswith("detection").any()
    assert value_of(table, "accuracy") == 1


def test_groups_are_pooled():
    answers = answers_of([[0, 0, 1], [1, 0, 1]], group=("P", "NP", "NP"))
    table = rater_accuracy(answers, truth_of([0, 1]), by="group", draws=0)
    assert value_of(table, "accuracy", rater="NP") == 0.5
    assert value_of(table, "accuracy", rater="P") == 1


def test_items_are_found_by_their_names():
    answers = answers_of([[0], [1]], items=("x", "y"))
    truth = truth_of([1, 0, 2], items=("y", "x", "z"))
    assert value_of(rater_accuracy(answers, truth, draws=0), "accuracy") == 1
    with pytest.raises(SettingsError, match="items in common"):
        rater_accuracy(answers_of([[0]], items=("q",)), truth)


def test_intervals_are_over_fields_and_the_same_with_the_same_seed(rng):
    true = rng.integers(0, 3, 200)
    codes = np.where(rng.random((200, 1)) < 0.6, true[:, None], rng.integers(0, 4, (200, 1)))
    answers = answers_of(codes, field=np.arange(200) // 10)
    a, b = (rater_accuracy(answers, truth_of(true), draws=100) for _ in range(2))
    assert a.equals(b)
    known = a[a["value"].between(0.01, 0.99)]
    assert (known["low"] < known["value"]).all()
    assert (known["value"] < known["high"]).all()


def test_scores_at_the_super_level_count_classes_of_one_kind_as_right():
    labels = ("tumor", "mitotic_figure", "lymphocyte", "apoptotic_body", "undetected")
    answers, truth = answers_of([[1], [2], [0], [4]], labels), truth_of([0, 2, 3, 1], labels)
    hierarchy = shipped_hierarchy()
    fine = rater_accuracy(answers, truth, ambiguous=("apoptotic_body",), draws=0)
    coarse = rater_accuracy(
        answers_at(answers, hierarchy, "super"), truth_at(truth, hierarchy, "super"), draws=0
    )
    assert value_of(fine, "accuracy") == 0.5
    assert value_of(coarse, "accuracy") == 1
    assert value_of(coarse, "detection_recall") == pytest.approx(2 / 3)


def test_confusions_are_those_of_scikit_learn(rng):
    true = rng.integers(0, 4, 100)
    codes = rng.integers(0, 4, (100, 2))
    found = confusions(answers_of(codes), truth_of(true))
    assert found.labels == found.answers == LABELS
    for r in range(2):
        np.testing.assert_array_equal(found.counts[r], confusion_matrix(true, codes[:, r]))
    np.testing.assert_allclose(found.shares.sum(axis=2), 1)
    assert found.table()["count"].sum() == 200


def test_confusions_name_answers_that_are_no_class():
    labels = ("a", "b", "AMBIGUOUS")
    found = confusions(answers_of([[0], [2]], labels), truth_of([0, 0], labels))
    assert (found.labels, found.answers) == (("a",), ("a", "(no class)"))
    assert found.counts.tolist() == [[[1, 1]]]


def test_mcc_by_hand():
    assert mcc(*(np.array([float(v)]) for v in (6, 1, 2, 3)))[0] == pytest.approx(
        (6 * 3 - 1 * 2) / np.sqrt(7 * 8 * 4 * 5)
    )
    assert np.isnan(mcc(*(np.array([v]) for v in (0.0, 0.0, 2.0, 3.0))))[0]


def test_areas_under_curves_are_those_of_scikit_learn(rng):
    score, positive = rng.random(200).round(1), rng.random(200) < 0.3
    field = rng.integers(0, 8, 200)
    ranked = RankedScores(score, positive, field, 8)
    weight = rng.multinomial(8, np.full(8, 1 / 8), 3).astype(float)
    for row in (np.ones(8), *weight):
        own = row[field]
        area = ranked.auroc(row[None])[0]
        assert area == pytest.approx(roc_auc_score(positive, score, sample_weight=own))
        area = ranked.average_precision(row[None])[0]
        assert area == pytest.approx(average_precision_score(positive, score, sample_weight=own))
    assert ranked.curve()["recall"].iloc[-1] == 1


def test_auroc_of_inferred_classes_is_that_of_scikit_learn(rng):
    true = rng.integers(0, 4, 300)
    p = rng.dirichlet(np.ones(4), 300) + np.eye(4)[true] * 0.5
    p /= p.sum(axis=1, keepdims=True)
    answers = answers_of(true[:, None], field=np.arange(300) // 20)
    found = inferred_accuracy(truth_of(p, raters=("s",)), truth_of(true), answers, draws=50)
    table = found.scores.set_index(["score", "label"])["value"]
    told = (true < 3) & (p.argmax(axis=1) < 3)
    classes = p[told, :3] / p[told, :3].sum(axis=1, keepdims=True)
    hot = np.eye(3)[true[told]]
    assert table["auroc_macro", ""] == pytest.approx(roc_auc_score(hot, classes, average="macro"))
    assert table["auroc_micro", ""] == pytest.approx(roc_auc_score(hot, classes, average="micro"))
    for k, name in enumerate("abc"):
        expected = roc_auc_score(hot[:, k], classes[:, k])
        assert table["auroc", name] == pytest.approx(expected)
    expected = average_precision_score(true < 3, 1 - p[:, 3])
    assert table["detection_average_precision", ""] == pytest.approx(expected)
    assert (found.scores["low"] < found.scores["high"]).all()
    assert set(found.roc) == {"micro", "a", "b", "c"}
    assert found.detection["recall"].is_monotonic_increasing


def test_a_class_without_a_nucleus_is_named_and_its_probability_given_to_the_others():
    p = [[0.4, 0.2, 0.4, 0], [0.2, 0.3, 0.5, 0], [0.1, 0.1, 0.1, 0.7]]
    answers = answers_of([[0], [1], [0]])
    found = inferred_accuracy(truth_of(p), truth_of([0, 1, 0]), answers, draws=0)
    row = found.scores[found.scores["label"] == "c"].iloc[0]
    assert np.isnan(row["value"])
    assert row["remark"] == "No judged nucleus is truly 'c'; no score."
    assert found.scores[found.scores["label"] == "a"]["value"].item() == 1
    one = inferred_accuracy(truth_of(p), truth_of([0, 0, 0]), answers, draws=0).scores
    assert "there is nothing to tell" in one["remark"].iloc[0]


def test_items_that_nobody_inferred_are_not_judged():
    p = [[1, 0, 0, 0], [np.nan] * 4, [0, 1, 0, 0]]
    found = inferred_accuracy(truth_of(p), truth_of([0, 0, 1]), answers_of([[0]] * 3), draws=0)
    assert found.scores["n"].iloc[0] == 2
    with pytest.raises(SettingsError, match="items of the answers"):
        inferred_accuracy(truth_of([[np.nan] * 4]), truth_of([0]), answers_of([[0]]))


SQUARE = np.array([[0, 0], [0, 4], [4, 4], [4, 0]], float)


def shifted(x):
    """The square, moved to the right."""
    return SQUARE + np.array([0, x])


def test_outlines_and_masks_give_the_same_dice():
    moved = shifted(2)
    a, b = np.zeros((2, 6, 8), bool)
    a[:4, :4], b[:4, 2:6] = True, True
    for pair in ((SQUARE, moved), (a, b)):
        summary, nuclei = segmentation_accuracy([pair[0]], [pair[1]], ["f"], draws=0)
        assert nuclei["dice"].item() == pytest.approx(0.5)
        assert nuclei["iou"].item() == pytest.approx(1 / 3)
        assert summary["value"].tolist() == pytest.approx([0.5, 1 / 3] * 3)


def test_segmentation_is_summed_up_by_verdict_with_the_median_of_numpy(rng):
    shifts = rng.integers(0, 4, 31)
    accepted, manual = [SQUARE] * 31, [shifted(s) for s in shifts]
    verdict = ["right" if s < 2 else "wrong" for s in shifts]
    fields = [f"f{k % 12}" for k in range(31)]
    summary, nuclei = segmentation_accuracy(accepted, manual, fields, verdict=verdict, draws=100)
    for kind, part in (("", nuclei), *nuclei.groupby("verdict")):
        row = summary[(summary["verdict"] == kind) & (summary["score"] == "median_dice")].iloc[0]
        assert row["value"] == pytest.approx(np.median(part["dice"]))
        assert row["low"] <= row["value"] <= row["high"]
        assert row["n"] == len(part)


def test_missing_outlines_are_left_out_and_mixed_pairs_refused():
    summary, _ = segmentation_accuracy([None], [SQUARE], ["f"])
    assert (summary["remark"] == "No nucleus has both outlines.").all()
    with pytest.raises(SettingsError, match="two masks of one shape"):
        segmentation_accuracy([SQUARE], [np.ones((4, 4), bool)], ["f"])
    with pytest.raises(SettingsError, match="come in pairs"):
        segmentation_accuracy([SQUARE], [], ["f"])

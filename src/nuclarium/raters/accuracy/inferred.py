"""How well the truth that one group's answers speak for meets the truth of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.accuracy.curves import RankedScores
from nuclarium.raters.accuracy.truth import NOTHING, NUCLEUS, TrueItems, true_items
from nuclarium.raters.agreement.bootstrap import Method, Statistic, estimate
from nuclarium.raters.agreement.counts import fields_of
from nuclarium.raters.agreement.distances import Floats
from nuclarium.raters.agreement.remarks import on_draws, on_fields
from nuclarium.raters.answer_codes import UNDETECTED, Answers
from nuclarium.raters.truth.inference import Truth


@dataclass(frozen=True, eq=False)
class InferredAccuracy:
    """Scores of an inferred truth against another.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row a score: ``score`` (``auroc_micro``, ``auroc_macro``, ``auroc`` of a class,
        ``detection_average_precision``), ``label``, ``value``, ``low``, ``high``, ``n`` (items),
        ``remark``.
    detection : pandas.DataFrame or None
        Curve of detection: ``threshold``, ``precision``, ``recall``, ``false_positive_rate``; None
        where nothing could be missed.
    roc : dict of str to pandas.DataFrame
        The same columns for each class that has an AUROC, and for ``micro``.
    """

    scores: pd.DataFrame
    detection: pd.DataFrame | None
    roc: dict[str, pd.DataFrame]


def inferred_accuracy(
    inferred: Truth,
    truth: Truth,
    answers: Answers,
    *,
    ambiguous: Sequence[str] = ("AMBIGUOUS",),
    min_detections: int | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
    interval: Method = "expanded",
) -> InferredAccuracy:
    """Judge the probabilities of a truth, such as that of students, against another's labels.

    Parameters
    ----------
    inferred : Truth
        Whose probabilities are judged.
    truth : Truth
        Whose labels count.
    answers : Answers
        Names the items and their fields; items without a probability are not judged.
    ambiguous, min_detections
        As for `accuracy_truth.true_items`.
    rng, draws, interval
        As for `agreement.bootstrap.estimate`.

    Notes
    -----
    Detection: every item that is a nucleus or nothing; its score is 1 less the probability of
    ``undetected``. Classes: nuclei whose inferred label is not ``undetected``; the probabilities
    of classes that the truth has there are made to add up to 1. Micro pools all classes, macro is
    the mean over classes. A class without a nucleus has a remark and no score.
    """
    true = true_items(answers, truth, ambiguous=ambiguous, min_detections=min_detections)
    place = {name: i for i, name in enumerate(inferred.items)}
    at = np.array([place.get(name, -1) for name in answers.items], np.int64)
    known = (at >= 0) & ~np.isnan(inferred.probabilities[at]).any(axis=1)
    if not known.any():
        raise SettingsError(
            "The inferred truth must have items of the answers, but has none with a probability. "
            "Check the names of items."
        )
    field, n_fields = fields_of(answers)
    judged = _Judged(inferred, true, at, known, field, n_fields)
    rows, curves = _class_rows(judged)
    detection = _detection(judged)
    if detection is not None:
        both = int(((true.state != -1) & known).sum())
        rows.append(("detection_average_precision", "", detection.average_precision, both, ""))
    table = _table(rows, answers, n_fields, rng or np.random.default_rng(0), draws, interval)
    return InferredAccuracy(table, None if detection is None else detection.curve(), curves)


@dataclass(frozen=True, eq=False)
class _Judged:
    """What is compared: `at` is the place of each item in `inferred`, where it is `known`."""

    inferred: Truth
    true: TrueItems
    at: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_]
    field: npt.NDArray[np.int64]
    n_fields: int


_Row = tuple[str, str, Statistic | None, int, str]


def _detection(judged: _Judged) -> RankedScores | None:
    labels, state = judged.inferred.labels, judged.true.state
    if UNDETECTED not in labels:
        return None
    chosen = judged.known & ((state == NUCLEUS) | (state == NOTHING))
    missed = judged.inferred.probabilities[judged.at[chosen], labels.index(UNDETECTED)]
    positive = state[chosen] == NUCLEUS
    return RankedScores(1 - missed, positive, judged.field[chosen], judged.n_fields)


def _class_rows(judged: _Judged) -> tuple[list[_Row], dict[str, pd.DataFrame]]:
    true = judged.true
    chosen, p = _class_probabilities(judged)
    label, field = true.label[chosen], judged.field[chosen]
    sizes = np.bincount(label, minlength=len(true.labels))
    present = np.flatnonzero(sizes)
    p = p[:, present]
    total = p.sum(axis=1, keepdims=True)
    p = np.divide(p, total, out=np.full(p.shape, 1 / max(len(present), 1)), where=total > 0)
    is_true = label[:, None] == present
    ranked = [
        RankedScores(p[:, k], is_true[:, k], field, judged.n_fields) for k in range(len(present))
    ]
    pooled = RankedScores(
        p.ravel(), is_true.ravel(), np.repeat(field, len(present)), judged.n_fields
    )
    n = len(label)
    alone = "" if len(present) > 1 else _alone(true, present)
    several = len(present) > 1
    rows: list[_Row] = [
        ("auroc_micro", "", pooled.auroc if several else None, n, alone),
        ("auroc_macro", "", _mean_of([r.auroc for r in ranked]) if several else None, n, alone),
    ]
    by_class = dict(zip(present.tolist(), ranked, strict=True))
    curves = {"micro": pooled.curve()} if several else {}
    for k, name in enumerate(true.labels):
        if k in by_class and several:
            rows.append(("auroc", name, by_class[k].auroc, int(sizes[k]), ""))
            curves[name] = by_class[k].curve()
        else:
            why = alone if k in by_class else f"No judged nucleus is truly '{name}'; no score."
            rows.append(("auroc", name, None, int(sizes[k]), why))
    return rows, curves


def _alone(true: TrueItems, present: npt.NDArray[np.int64]) -> str:
    if not len(present):
        return "No nucleus of a class was detected by inference; there is nothing to judge."
    return f"All judged nuclei are truly '{true.labels[present[0]]}'; there is nothing to tell."


def _class_probabilities(judged: _Judged) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the nuclei that inference detected, and the probabilities of the classes there."""
    true, inferred = judged.true, judged.inferred
    detected = inferred.labels_of_items[judged.at]
    if UNDETECTED in inferred.labels:
        is_missed = detected == inferred.labels.index(UNDETECTED)
    else:
        is_missed = np.zeros(len(detected), bool)
    chosen = np.flatnonzero(judged.known & (true.state == NUCLEUS) & ~is_missed)
    place = {name: k for k, name in enumerate(inferred.labels)}
    p = np.zeros((len(chosen), len(true.labels)))
    for k, name in enumerate(true.labels):
        if name in place:
            p[:, k] = inferred.probabilities[judged.at[chosen], place[name]]
    return chosen, p


def _mean_of(statistics: list[Statistic]) -> Statistic:
    """Mean over classes; a class that a draw lacks is left out of that draw."""

    def mean(weight: Floats) -> Floats:
        values = np.stack([statistic(weight) for statistic in statistics])
        known = np.isfinite(values)
        total = np.where(known, values, 0).sum(axis=0)
        found: Floats = np.where(
            known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan
        )
        return found

    return mean


def _table(
    rows: list[_Row],
    answers: Answers,
    n_fields: int,
    rng: np.random.Generator,
    draws: int,
    interval: Method,
) -> pd.DataFrame:
    seed = int(rng.integers(1 << 62))
    found = []
    for score, label, statistic, n, remark in rows:
        value = low = high = np.nan
        if statistic is not None:
            same = np.random.default_rng(seed)
            result = estimate(
                statistic, n_fields, rng=same, draws=draws, method=interval, width=4 * n
            )
            value, low, high = float(result.value), float(result.low), float(result.high)
            general = on_fields(answers, n_fields) if draws else ""
            remark = " ".join(filter(None, (general, on_draws(float(result.undefined)))))
        found.append((score, label, value, low, high, n, remark))
    return pd.DataFrame(found, columns=["score", "label", "value", "low", "high", "n", "remark"])

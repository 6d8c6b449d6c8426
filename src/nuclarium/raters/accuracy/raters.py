"""How well each rater does against a truth: detection, classification, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.accuracy.scores import DETECTION, FieldCounts, names
from nuclarium.raters.accuracy.truth import NOTHING, NUCLEUS, TrueItems, true_items
from nuclarium.raters.agreement.bootstrap import Method, estimate, field_weights
from nuclarium.raters.agreement.counts import fields_of, last_answers
from nuclarium.raters.agreement.remarks import on_draws, on_fields
from nuclarium.raters.answer_codes import Answers
from nuclarium.raters.truth.inference import Truth


def rater_accuracy(
    answers: Answers,
    truth: Truth,
    *,
    by: Literal["rater", "group"] = "rater",
    ambiguous: Sequence[str] = ("AMBIGUOUS",),
    min_detections: int | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
    interval: Method = "expanded",
) -> pd.DataFrame:
    """Judge every rater against a truth.

    Parameters
    ----------
    answers : Answers
        Of several answers of a rater to an item the last counts.
    truth : Truth
        Items are found by their names. For labels at a coarser level of a hierarchy, roll up both,
        see `agreement_levels`.
    by : {"rater", "group"}
        Whether the answers of a group are pooled, as if given by one.
    ambiguous, min_detections
        As for `accuracy_truth.true_items`.
    rng, draws, interval
        As for `agreement.bootstrap.estimate`; all raters see the same draws.

    Returns
    -------
    table : pandas.DataFrame
        One row a rater (or group), score and class: ``rater``, ``group``, ``score``, ``label``
        (empty for scores of all classes), ``value``, ``low``, ``high``, ``n`` (items that the
        score is of), ``in_truth`` (whether the rater's own answers went into the truth, which
        flatters), ``remark``. Scores of detection are those of items; scores of classes are those
        of nuclei that the rater detected.
    """
    true = true_items(answers, truth, ambiguous=ambiguous, min_detections=min_detections)
    field, n_fields = fields_of(answers)
    who, owner, groups = _who(answers, by)
    kept = last_answers(answers)
    seed = int((rng or np.random.default_rng(0)).integers(1 << 62))
    weights = field_weights(n_fields, draws, np.random.default_rng(seed))
    judges = set(truth.raters)
    parts = []
    for code, name in enumerate(who):
        rows = kept[owner[answers.rater[kept]] == code]
        counts = field_counts(answers, true, field, rows)
        found = estimate(
            counts.scores,
            n_fields,
            rng=np.random.default_rng(seed),
            draws=draws,
            method=interval,
            width=5 * (counts.n_classes + 1),
            weights=weights,
        )
        table = pd.DataFrame(names(true.labels), columns=["score", "label"])
        table.insert(0, "rater", name)
        table.insert(1, "group", groups[code])
        table["value"], table["low"], table["high"] = found.value, found.low, found.high
        table["n"] = _sizes(counts)
        mine = {answers.raters[r] for r in np.flatnonzero(owner == code)}
        table["in_truth"] = bool(mine & judges)
        table["remark"] = _remarks(table, answers, counts, found.undefined, n_fields, draws > 0)
        parts.append(table if true.has_detection else table[~table["score"].isin(DETECTION)])
    return pd.concat(parts, ignore_index=True)


def field_counts(
    answers: Answers,
    true: TrueItems,
    field: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
) -> FieldCounts:
    """Count what the answers in some rows got right, field by field."""
    rows = rows[true.state[answers.item[rows]] >= 0]
    item, told = answers.item[rows], true.place[answers.label[rows]]
    active, where = np.unique(field[item], return_inverse=True)
    state, n_fields = true.state[item], len(active)
    detected = told >= 0
    hit, invented, missed = (
        detected & (state == NUCLEUS),
        detected & (state == NOTHING),
        ~detected & (state == NUCLEUS),
    )
    found = [np.bincount(where[part], minlength=n_fields) for part in (hit, invented, missed)]
    k = len(true.labels) + 1
    truth, said, place = true.label[item[hit]], told[hit], where[hit]
    right = truth == said

    def counted(code: npt.NDArray[np.int64], at: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        number = np.bincount(at * k + code, minlength=n_fields * k)
        return number.reshape(n_fields, k).astype(np.float64)

    return FieldCounts(
        active,
        np.stack(found, axis=1).astype(np.float64),
        counted(truth, place),
        counted(said, place),
        counted(truth[right], place[right]),
    )


def _who(
    answers: Answers, by: str
) -> tuple[tuple[str, ...], npt.NDArray[np.int64], tuple[str, ...]]:
    """Return who is judged, the place of each rater among them, and their groups."""
    groups = answers.group or ("",) * len(answers.raters)
    if by == "rater":
        return answers.raters, np.arange(len(answers.raters)), groups
    if by != "group":
        raise SettingsError(f"by must be rater or group, but got '{by}'.")
    known = tuple(dict.fromkeys(groups))
    return known, np.array([known.index(group) for group in groups], np.int64), known


def _sizes(counts: FieldCounts) -> npt.NDArray[np.int64]:
    """Return the number of items behind every score."""
    tp, fp, fn = counts.detection.sum(axis=0)
    true = counts.true.sum(axis=0)
    several = [tp + fp, tp + fn, tp + fp + fn, *[true.sum()] * 3]
    return np.array([*several, *np.repeat(true[:-1], 5)], np.int64)


def _remarks(
    table: pd.DataFrame,
    answers: Answers,
    counts: FieldCounts,
    undefined: npt.NDArray[np.float64],
    n_fields: int,
    is_asked: bool,
) -> list[str]:
    general = on_fields(answers, n_fields) if is_asked else ""
    detected = counts.true.sum()
    found = []
    columns = table["score"], table["label"], table["n"].to_numpy(), table["value"].to_numpy()
    for score, label, number, value, share in zip(*columns, undefined, strict=True):
        if np.isnan(value):
            found.append(_why_undefined(score, label, int(number), detected))
        else:
            found.append(" ".join(filter(None, (general, on_draws(float(share))))))
    return found


def _why_undefined(score: str, label: str, number: int, detected: float) -> str:
    if score in DETECTION:
        return "There is nothing to judge: no such detection and no such nucleus."
    if detected == 0:
        return "No nucleus with a true class was detected."
    if label and number == 0:
        return f"No detected nucleus is truly '{label}'."
    if score == "precision":
        return f"'{label}' was never answered."
    return "The truth, or all answers, are of one class, where this score is undefined."

"""What each rater answered where the truth is a class: confusion matrices, as counts and shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.accuracy_truth import NO_CLASS, NOTHING, NUCLEUS, true_items
from nuclarium.raters.agreement_counts import last_answers
from nuclarium.raters.agreement_distances import Floats
from nuclarium.raters.answer_codes import UNDETECTED, Answers
from nuclarium.raters.truth import Truth

_CELLS = 1 << 27


@dataclass(frozen=True, eq=False)
class Confusions:
    """Counts of answers to items of each true class.

    Parameters
    ----------
    raters : tuple of str
    labels : tuple of str
        Rows: the classes of the truth; where detection is judged, last ``undetected``, that is
        items that are nothing.
    answers : tuple of str
        Columns: the same classes, answers that are no class, ``undetected`` where detection is
        judged.
    counts : ndarray of int64, shape (n_raters, rows, columns)
    """

    raters: tuple[str, ...]
    labels: tuple[str, ...]
    answers: tuple[str, ...]
    counts: npt.NDArray[np.int64]

    @property
    def shares(self) -> Floats:
        """Counts as shares of their row; nan in a row without an answer."""
        total = self.counts.sum(axis=2, keepdims=True)
        shares = np.full(self.counts.shape, np.nan)
        np.divide(self.counts, total, out=shares, where=total > 0)
        return shares

    def table(self) -> pd.DataFrame:
        """Return one row a cell that is not empty: rater, truth, answer, count, share."""
        r, i, j = np.nonzero(self.counts)
        return pd.DataFrame(
            {
                "rater": np.array(self.raters, object)[r],
                "truth": np.array(self.labels, object)[i],
                "answer": np.array(self.answers, object)[j],
                "count": self.counts[r, i, j],
                "share": self.shares[r, i, j],
            }
        )


def confusions(
    answers: Answers,
    truth: Truth,
    *,
    ambiguous: Sequence[str] = ("AMBIGUOUS",),
    min_detections: int | None = None,
) -> Confusions:
    """Count what each rater answered to items of each true class.

    Parameters
    ----------
    answers, truth, ambiguous, min_detections
        As for `accuracy.rater_accuracy`; only classes that truth has somewhere, or a rater gave,
        are in the matrices.

    Raises
    ------
    SettingsError
        If the matrices do not fit in memory.
    """
    true = true_items(answers, truth, ambiguous=ambiguous, min_detections=min_detections)
    kept = last_answers(answers)
    k, last = len(true.labels), int(true.has_detection)
    r, rows, columns = len(answers.raters), k + last, k + 1 + last
    if r * rows * columns > _CELLS:
        raise SettingsError(
            f"Confusion matrices of {r} raters and {k} classes do not fit in memory. "
            "Choose fewer raters, or a coarser level of classes."
        )
    item, rater = answers.item[kept], answers.rater[kept]
    state = true.state[item]
    judged = (state == NUCLEUS) | ((state == NOTHING) & true.has_detection)
    row = np.where(state == NUCLEUS, true.label[item], k)[judged]
    said = true.place[answers.label[kept]][judged]
    column = np.where(said < 0, k + 1, said)
    cell = (rater[judged].astype(np.int64) * rows + row) * columns + column
    counts = np.bincount(cell, minlength=r * rows * columns).reshape(r, rows, columns)
    missed = (UNDETECTED,) * last
    names = (*true.labels, *missed), (*true.labels, NO_CLASS, *missed)
    used = [counts.sum(axis=(0, 2)) > 0, counts.sum(axis=(0, 1)) > 0]
    chosen = used[0][:k] | used[1][:k]
    at_row = np.flatnonzero(np.append(chosen, np.ones(last, bool)))
    at_column = np.flatnonzero(np.concatenate([chosen, used[1][k : k + 1], np.ones(last, bool)]))
    return Confusions(
        answers.raters,
        tuple(names[0][i] for i in at_row),
        tuple(names[1][i] for i in at_column),
        counts[:, at_row][:, :, at_column].astype(np.int64),
    )

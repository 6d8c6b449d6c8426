"""Which items to show to an expert next: what an answer is expected to add to what is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.truth import Truth

Floats = npt.NDArray[np.float64]
Measure = Literal["error", "entropy"]
MEASURES: tuple[Measure, ...] = ("error", "entropy")


def expected_gain(probabilities: Floats, expert: Floats, measure: Measure = "error") -> Floats:
    """Return what one answer of an expert is expected to add, item by item.

    With probabilities q of the truth t, and the expert's chances C[t, a] of an answer a: ``error``
    is the fall of the expected share of wrong labels, ``Σ_a max_t q(t) C[t, a] − max_t q(t)``;
    ``entropy`` is the fall of the expected entropy in bits, the mutual information of truth and
    answer [1]_. Both are at least 0, and 0 where the expert can tell nothing.

    What an answer says of the raters, and through them of other items, is not in it, nor what
    several answers say together.

    Parameters
    ----------
    probabilities : ndarray, shape (n, K)
        Rows add up to 1; a row of nan, an item that nobody answered, is taken as all alike.
    expert : ndarray, shape (K, K)
        ``[truth, answer]``; rows add up to 1. See `supposed_expert`.
    measure : {"error", "entropy"}

    Returns
    -------
    gain : ndarray, shape (n,)

    References
    ----------
    .. [1] Lindley, 1956, doi:10.1214/aoms/1177728069.

    Examples
    --------
    >>> q = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
    >>> expected_gain(q, np.eye(2)).round(2)
    array([0.5, 0.1, 0. ])
    """
    if measure not in MEASURES:
        raise SettingsError(f"measure must be one of {', '.join(MEASURES)}, but got '{measure}'.")
    expert = checked_expert(expert, probabilities.shape[1])
    q = np.where(np.isnan(probabilities), 1 / probabilities.shape[1], probabilities)
    if measure == "entropy":
        bits: Floats = np.maximum(_bits(q @ expert) - q @ _bits(expert), 0)
        return bits
    best = np.zeros(len(q))
    for answer in range(q.shape[1]):
        best += (q * expert[:, answer]).max(axis=1)
    gain: Floats = np.maximum(best - q.max(axis=1), 0)
    return gain


def after_answer(probabilities: Floats, expert: Floats, answer: npt.NDArray[np.integer]) -> Floats:
    """Return probabilities after the expert's answers, by Bayes' rule; −1 where he was not asked.

    A row stays as it is where the expert gave an answer that he was supposed never to give.
    """
    asked = np.flatnonzero(answer >= 0)
    result = probabilities.copy()
    q = np.where(np.isnan(result[asked]), 1 / result.shape[1], result[asked])
    joint = q * expert.T[answer[asked]]
    total = joint.sum(axis=1, keepdims=True)
    result[asked] = np.divide(joint, total, out=q, where=total > 0)
    return result


def supposed_expert(
    labels: Sequence[str], accuracy: float, *, confused: Sequence[Sequence[str]] = ()
) -> Floats:
    """Return the confusion matrix that an expert is supposed to have.

    Parameters
    ----------
    labels : sequence of str
    accuracy : float
        Chance of the right answer to every label; errors go to all others alike.
    confused : sequence of sequence of str
        Labels that not even the expert tells apart: among those of one entry, he answers at random.

    Returns
    -------
    expert : ndarray, shape (K, K)
        ``[truth, answer]``.

    Raises
    ------
    SettingsError
        If accuracy is not from 0 to 1, or a label is unknown.
    """
    k = len(labels)
    if not 0 <= accuracy <= 1:
        raise SettingsError(f"accuracy of an expert must be from 0 to 1, but got {accuracy}.")
    other = (1 - accuracy) / (k - 1) if k > 1 else 0.0
    expert = np.full((k, k), other)
    np.fill_diagonal(expert, accuracy if k > 1 else 1.0)
    for names in confused:
        if unknown := [name for name in names if name not in labels]:
            raise SettingsError(f"There is no label '{unknown[0]}' among {', '.join(labels)}.")
        place = [list(labels).index(name) for name in names]
        inside = np.ix_(place, place)
        expert[inside] = expert[inside].sum(axis=1, keepdims=True) / len(place)
    return expert


def next_questions(
    truth: Truth,
    expert: Floats | float = 0.95,
    *,
    measure: Measure = "error",
    asked: Sequence[str] = (),
    most: int | None = None,
) -> pd.DataFrame:
    """Return the items to ask about, the best first.

    Parameters
    ----------
    truth : Truth
        What is known so far.
    expert : ndarray of shape (K, K), or float
        Confusions that the expert is supposed to have, or his accuracy.
    measure : {"error", "entropy"}
    asked : sequence of str
        Items that were asked already.
    most : int, optional
        Rows to return.

    Returns
    -------
    questions : DataFrame
        ``item, gain, label, confidence, second, n_answers``; `second` is the next most probable
        label. In ties of gain, the less sure item is first, then the order of items holds.
    """
    k = len(truth.labels)
    matrix = supposed_expert(truth.labels, expert) if isinstance(expert, float | int) else expert
    gain = expected_gain(truth.probabilities, matrix, measure)
    known = np.nan_to_num(truth.probabilities)
    order = np.argsort(-known, axis=1, kind="stable")
    names = np.array([*truth.labels, ""], object)
    table = pd.DataFrame(
        {
            "item": truth.items,
            "gain": gain,
            "label": names[truth.labels_of_items],
            "confidence": truth.confidence,
            "second": names[order[:, 1]] if k > 1 else "",
            "n_answers": truth.n_answers,
        }
    )
    done = set(asked)
    open_items = ~table["item"].isin(done)
    place = np.lexsort((known.max(axis=1), -gain.round(12)))
    ranked = table.iloc[place][open_items.to_numpy()[place]].reset_index(drop=True)
    return ranked if most is None else ranked.head(most)


def checked_expert(expert: Floats, k: int) -> Floats:
    """Return the matrix as floats.

    Raises
    ------
    SettingsError
        If its shape is not (K, K), or a row is no distribution.
    """
    matrix = np.asarray(expert, np.float64)
    if matrix.shape != (k, k):
        raise SettingsError(
            f"The expert's confusions must have a row and a column for each of {k} labels, but "
            f"have shape {matrix.shape}."
        )
    if not (matrix >= 0).all() or not np.allclose(matrix.sum(axis=1), 1):
        raise SettingsError(
            "Every row of the expert's confusions must add up to 1, without negative numbers, but "
            f"the sums are {', '.join(f'{s:.3g}' for s in matrix.sum(axis=1))}."
        )
    return matrix


def _bits(rows: Floats) -> Floats:
    """Return the entropy of each row; 0 log 0 is 0."""
    logs = np.log2(rows, out=np.zeros_like(rows), where=rows > 0)
    return np.asarray(-(rows * logs).sum(axis=-1))

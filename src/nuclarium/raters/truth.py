"""The truth that many raters' answers speak for, by any method, with its probabilities."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import Answers
from nuclarium.raters.bayes import bayesian_dawid_skene
from nuclarium.raters.dawid_skene import dawid_skene
from nuclarium.raters.fit import Coded, Fit, Floats, Intervals
from nuclarium.raters.glad import glad
from nuclarium.raters.mace import mace
from nuclarium.raters.majority import majority_vote
from nuclarium.raters.one_coin import one_coin
from nuclarium.raters.prior import shared_levels
from nuclarium.raters.weighted import weighted_vote

METHODS: Mapping[str, Callable[..., Fit]] = {
    "majority": majority_vote,
    "weighted": weighted_vote,
    "one-coin": one_coin,
    "dawid-skene": dawid_skene,
    "bayes": bayesian_dawid_skene,
    "glad": glad,
    "mace": mace,
}
"""Name of each method and its function of codes."""


@dataclass(frozen=True, eq=False)
class Truth:
    """Labels of items with probabilities, and what is thought of raters.

    Parameters
    ----------
    method : str
        A name of `METHODS`.
    items, labels, raters : tuple of str
        Names, as in the answers.
    probabilities : ndarray of float64, shape (n_items, K)
        Probability of each label; rows add up to 1, and are nan for an item without an answer.
    prior : ndarray of float64, shape (K,)
        Share of each label among items.
    confusion : ndarray of float64, shape (n_raters, K, K), or None
        Entry ``[rater, truth, answer]`` is the probability of that answer; rows add up to 1.
    skill : ndarray of float64, shape (n_raters,)
        Probability of the right answer, averaged over the prior of classes; the same meaning for
        every method. nan for a rater without an answer.
    n_answers, rater_answers : ndarray of int64, shapes (n_items,), (n_raters,)
        Number of answers of each item, of each rater.
    log_likelihood : tuple of float
        After each iteration, natural logarithm; empty where a method has none.
    converged : bool
        Whether the method stopped by itself.
    intervals : Intervals or None
        Posterior intervals, of Bayesian methods only.
    extra : dict of ndarray
        What only this method knows, such as the difficulty of items.
    remarks : tuple of str
        A sentence on each thing to know before this truth is trusted.
    """

    method: str
    items: tuple[str, ...]
    labels: tuple[str, ...]
    raters: tuple[str, ...]
    probabilities: Floats
    prior: Floats
    confusion: Floats | None
    skill: Floats
    n_answers: npt.NDArray[np.int64]
    rater_answers: npt.NDArray[np.int64]
    log_likelihood: tuple[float, ...] = ()
    converged: bool = True
    intervals: Intervals | None = None
    extra: dict[str, Floats] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def labels_of_items(self) -> npt.NDArray[np.int32]:
        """Most probable label of each item; the first in a tie, -1 where nobody answered."""
        # Sums in another order must not break a tie.
        best = np.nan_to_num(self.probabilities.round(12)).argmax(axis=1).astype(np.int32)
        return np.where(self.n_answers > 0, best, np.int32(-1))

    @property
    def confidence(self) -> Floats:
        """Probability of that label, shape (n_items,); nan where nobody answered."""
        confidence: Floats = self.probabilities.max(axis=1)
        return confidence

    def table(self) -> pd.DataFrame:
        """Return one row an item: item, label, confidence, n_answers, ``p_<label>``; intervals."""
        named = np.array([*self.labels, ""], object)
        columns: dict[str, object] = {
            "item": self.items,
            "label": named[self.labels_of_items],
            "confidence": self.confidence,
            "n_answers": self.n_answers,
        }
        for k, label in enumerate(self.labels):
            columns[f"p_{label}"] = self.probabilities[:, k]
            if self.intervals is not None:
                columns[f"p_{label}_low"] = self.intervals.probabilities_low[:, k]
                columns[f"p_{label}_high"] = self.intervals.probabilities_high[:, k]
        return pd.DataFrame(columns)

    def rater_table(self) -> pd.DataFrame:
        """Return one row a rater: rater, n_answers, skill and its interval where there is one."""
        columns: dict[str, object] = {
            "rater": self.raters,
            "n_answers": self.rater_answers,
            "skill": self.skill,
        }
        if self.intervals is not None:
            columns["skill_low"] = self.intervals.skill_low
            columns["skill_high"] = self.intervals.skill_high
        known = {k: v for k, v in self.extra.items() if v.shape == (len(self.raters),)}
        return pd.DataFrame(columns | known)


def infer_truth(
    answers: Answers,
    method: str = "dawid-skene",
    *,
    hierarchy: Hierarchy | None = None,
    **settings: object,
) -> Truth:
    """Infer the truth of each item from all answers.

    Parameters
    ----------
    answers : Answers
        At least one answer.
    method : str
        A name of `METHODS`.
    hierarchy : Hierarchy, optional
        Near classes of it are confused more often beforehand; of method ``bayes`` only.
    **settings
        Those of the method, see its function.

    Returns
    -------
    truth : Truth

    Raises
    ------
    SettingsError
        If there is no such method or setting, or no answer, or arrays would not fit in memory.
    """
    if method not in METHODS:
        raise SettingsError(f"method must be one of {', '.join(METHODS)}, but got '{method}'.")
    function = METHODS[method]
    known = list(inspect.signature(function).parameters)[1:]
    if hierarchy is not None:
        if "near" not in known:
            raise SettingsError(f"Method '{method}' knows no hierarchy; method 'bayes' does.")
        settings = {"near": shared_levels(answers.labels, hierarchy), **settings}
    unknown = [name for name in settings if name not in known]
    if unknown:
        raise SettingsError(
            f"Method '{method}' has no setting '{unknown[0]}'; it has {', '.join(known) or 'none'}."
        )
    if not len(answers):
        raise SettingsError("Truth is inferred from answers, but there are none.")
    return _named(answers, method, function(coded(answers), **settings))


def coded(answers: Answers) -> Coded:
    """Return the answers without names, as methods take them."""
    sizes = len(answers.items), len(answers.raters), len(answers.labels)
    return Coded(answers.item, answers.rater, answers.label, *sizes)


def _named(answers: Answers, method: str, fit: Fit) -> Truth:
    return Truth(
        method,
        answers.items,
        answers.labels,
        answers.raters,
        fit.probabilities,
        fit.prior,
        fit.confusion,
        fit.skill,
        answers.answers_of_items,
        answers.answers_of_raters,
        fit.log_likelihood,
        fit.converged,
        fit.intervals,
        fit.extra,
        fit.remarks,
    )

"""MACE: a rater either knows the truth or answers by habit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.raters.dirichlet import divergence, mean_logs
from nuclarium.raters.fit import (
    ClassPrior,
    Coded,
    Fit,
    Floats,
    check_labels_of_items,
    check_size,
    class_prior,
    skill_of,
)
from nuclarium.raters.majority import vote_counts
from nuclarium.raters.tally import LEAST, posterior_of


@dataclass(frozen=True, eq=False)
class _Habits:
    """Weight of knowing and of habit, shape (n_raters,), and of each answer by habit (W, K)."""

    knows: Floats
    guesses: Floats
    habit: Floats


def mace(
    codes: Coded,
    *,
    iterations: int = 1000,
    tolerance: float = 1e-7,
    competence: tuple[float, float] = (0.5, 0.5),
    habit: float = 10.0,
    classes: ClassPrior = "equal",
) -> Fit:
    """Tell raters who know from those who answer by habit, by variational Bayes [1]_.

    Of each answer a rater knows the truth with a probability, with a Beta prior, and says it;
    otherwise he answers from a habit of his own, with a Dirichlet prior, whatever the truth. It
    begins with equal chances and no habits, where the original begins at random several times, so
    that the result does not depend on luck.

    Parameters
    ----------
    codes : Coded
        The answers.
    iterations : int
        Most steps.
    tolerance : float
        Stops when the bound of the log-likelihood grows by less than this times the number of
        answers.
    competence : (float, float)
        Beta prior of knowing: counts of knowing and of not knowing.
    habit : float
        Dirichlet prior of habits, the same for each label; that of the original code is 10.
    classes : {"equal", "estimated"}
        All classes are equally probable beforehand, as in the original, or as often as found.

    Returns
    -------
    fit : Fit
        `log_likelihood` is the variational lower bound, which never falls; ``extra["competence"]``
        is the posterior mean of knowing.

    References
    ----------
    .. [1] Hovy, Berg-Kirkpatrick, Vaswani and Hovy, 2013, https://aclanthology.org/N13-1132.
    """
    check_labels_of_items(codes)
    size = codes.n_raters, codes.n_labels
    check_size("Habits of every rater", size, "Roll labels up to fewer classes.")
    known = (np.bincount(codes.item, minlength=codes.n_items) > 0).astype(np.float64)
    given = np.bincount(codes.rater, minlength=codes.n_raters)
    place = codes.rater.astype(np.int64) * codes.n_labels + codes.label
    beta, alpha = np.array(competence), np.full(codes.n_labels, habit)
    half = np.full(codes.n_raters, 0.5)
    now = _Habits(half, half, np.full(size, 1 / codes.n_labels))
    prior = np.full(codes.n_labels, 1 / codes.n_labels)
    history: list[float] = []
    distance, converged = 0.0, False
    for step in range(max(iterations, 2)):
        joint, knowing = _joint(codes, now, place)
        posterior, likelihood = posterior_of(joint + np.log(prior), known)
        history.append(likelihood - distance)
        knew = posterior[codes.item, codes.label] * knowing
        of_raters = np.bincount(codes.rater, knew, minlength=codes.n_raters)
        converged = step > 1 and history[-1] - history[-2] < tolerance * len(codes.item)
        if converged:
            break
        prior = class_prior(posterior, known, classes)
        habits = np.bincount(place, 1 - knew, minlength=size[0] * size[1]).reshape(size)
        found = beta + np.stack([of_raters, given - of_raters], axis=1)
        now, distance = _expected(found, beta, alpha + habits, alpha)
    posterior[known == 0] = np.nan
    stopped = f"It stopped after {len(history)} steps before it settled."
    return Fit(
        posterior,
        prior,
        skill_of(codes, posterior, prior),
        None,
        tuple(history[1:]),
        converged,
        extra={"competence": (beta[0] + of_raters) / (beta.sum() + given)},
        remarks=() if converged else (stopped,),
    )


def _joint(codes: Coded, now: _Habits, place: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return log weights of each truth, and the chance of each answer that it was known if true."""
    by_habit = np.maximum(now.guesses[codes.rater] * now.habit.ravel()[place], LEAST)
    gain = now.knows[codes.rater] / by_habit
    joint = vote_counts(codes, np.log1p(gain))
    joint += np.bincount(codes.item, np.log(by_habit), minlength=codes.n_items)[:, None]
    return joint, gain / (1 + gain)


def _expected(found: Floats, beta: Floats, habits: Floats, alpha: Floats) -> tuple[_Habits, float]:
    """Return exponentials of mean logarithms, and how far both posteriors are from priors."""
    weights = np.exp(mean_logs(found))
    distance = divergence(found, beta) + divergence(habits, alpha)
    return _Habits(weights[:, 0], weights[:, 1], np.exp(mean_logs(habits))), distance

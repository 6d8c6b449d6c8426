"""Bayesian Dawid-Skene: Dirichlet priors of confusions, posterior intervals of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.raters.dirichlet import divergence, drawn, mean_logs
from nuclarium.raters.fit import Coded, Fit, Floats, averaged_skill, normalised
from nuclarium.raters.majority import vote_counts
from nuclarium.raters.posterior import Draws, check_draws, intervals_of, split_r_hat
from nuclarium.raters.prior import confusion_prior
from nuclarium.raters.tally import Tally, log_of, posterior_of, tally

By = Literal["gibbs", "variational"]


def bayesian_dawid_skene(
    codes: Coded,
    *,
    by: By = "gibbs",
    near: Floats | None = None,
    right: float = 0.7,
    strength: float = 3.0,
    closeness: float = 4.0,
    classes: float = 1.0,
    draws: int = 500,
    warm_up: int = 200,
    level: float = 0.95,
    iterations: int = 1000,
    tolerance: float = 1e-7,
    seed: int = 0,
) -> Fit:
    """Fit Dawid and Skene's model with priors, and say how sure everything is.

    Each row of each confusion matrix has a Dirichlet prior, see
    `nuclarium.raters.prior.confusion_prior`, and so has the prior of classes. The posterior is
    drawn by Gibbs sampling [1]_ that begins where variational Bayes [2]_ ends, or is approximated
    by variational Bayes, which is quicker and whose intervals are too narrow (docs/truth.md).

    Parameters
    ----------
    codes : Coded
        The answers.
    by : {"gibbs", "variational"}
        How the posterior is found.
    near : ndarray of float64, shape (K, K), optional
        How near classes are, from `nuclarium.raters.prior.shared_levels`; all alike by default.
    right, strength, closeness : float
        Share of right answers, weight in answers, and effect of nearness of the confusions' prior.
    classes : float
        Count of each class in the prior of classes.
    draws, warm_up : int
        Draws that are kept, at least 20, and that are thrown away before them.
    level : float
        Probability of intervals, with equal tails.
    iterations, tolerance
        Most steps of variational Bayes; it stops when the bound grows by less than this times the
        number of answers.
    seed : int
        The same seed gives the same draws.

    Returns
    -------
    fit : Fit
        With `intervals`. `log_likelihood` is the variational lower bound, which never falls.

    References
    ----------
    .. [1] Paun et al., 2018, doi:10.1162/tacl_a_00040, for the model and its priors.
    .. [2] Simpson, Roberts, Psorakis and Smith, 2013, doi:10.1007/978-3-642-36406-8_1.
    """
    _check(right, strength, classes, draws, level)
    counted = tally(codes)
    check_draws(draws, counted)
    distance = np.zeros((codes.n_labels, codes.n_labels)) if near is None else near
    before = _Prior(
        np.full(codes.n_labels, classes),
        confusion_prior(distance, right=right, strength=strength, closeness=closeness),
    )
    found = _variational(codes, counted, before, iterations, tolerance * len(codes.item))
    rng = np.random.default_rng(seed)
    if by == "variational":
        sampled = _independent(found, draws, rng)
        settled = found.converged
    else:
        sampled = _gibbs(counted, before, found, draws, warm_up, rng)
        settled = split_r_hat(sampled.skills) < 1.1
    return _fit(codes, counted, found, sampled, settled=settled, level=level, by=by)


@dataclass(frozen=True, eq=False)
class _Prior:
    """Counts of the Dirichlet priors of classes (K,) and of each row of a confusion (K, K)."""

    classes: Floats
    confusion: Floats


@dataclass(frozen=True, eq=False)
class _Found:
    """Counts of the variational posterior, ``[rater, truth, answer]`` in `confusion`."""

    classes: Floats
    confusion: Floats
    posterior: Floats
    bound: tuple[float, ...]
    converged: bool


def _check(right: float, strength: float, classes: float, draws: int, level: float) -> None:
    for name, value, low, high in (
        ("right", right, 0, 1),
        ("level", level, 0, 1),
        ("strength", strength, 0, np.inf),
        ("classes", classes, 0, np.inf),
        ("draws", draws, 19, np.inf),
    ):
        if not low < value < high:
            raise SettingsError(
                f"{name} must be more than {low} and less than {high}, but got {value}."
            )


def _variational(
    codes: Coded, counted: Tally, before: _Prior, iterations: int, limit: float
) -> _Found:
    votes = np.zeros((len(counted.weight), counted.n_labels))
    votes[counted.row] = vote_counts(codes)
    posterior = normalised(votes, 1 / counted.n_labels)
    bound: list[float] = []
    converged = False
    for _ in range(max(iterations, 1)):
        classes = before.classes + counted.weight @ posterior
        confusion = before.confusion + _answers(counted, posterior)
        far = divergence(confusion, before.confusion) + divergence(classes, before.classes)
        logs = _columns(mean_logs(confusion))
        joint = counted.joint(logs, mean_logs(classes))
        posterior, likelihood = posterior_of(joint, counted.weight)
        bound.append(likelihood - far)
        converged = len(bound) > 1 and bound[-1] - bound[-2] < limit
        if converged:
            break
    return _Found(classes, confusion, posterior, tuple(bound), converged)


def _answers(counted: Tally, posterior: Floats) -> Floats:
    """Return sums ``[rater, truth, answer]``."""
    return np.moveaxis(counted.by_rater(posterior), 1, 2)


def _columns(logs: Floats) -> Floats:
    """Return ``[rater, truth, answer]`` as ``[rater * K + answer, truth]``."""
    return np.ascontiguousarray(np.moveaxis(logs, 1, 2)).reshape(-1, logs.shape[1])


def _independent(found: _Found, number: int, rng: np.random.Generator) -> Draws:
    classes = np.stack([drawn(found.classes, rng) for _ in range(number)])
    return Draws(classes, np.stack([drawn(found.confusion, rng) for _ in range(number)]))


def _gibbs(
    counted: Tally,
    before: _Prior,
    found: _Found,
    number: int,
    warm_up: int,
    rng: np.random.Generator,
) -> Draws:
    """Draw truth given parameters and parameters given truth, in turn."""
    classes = np.empty((number, counted.n_labels))
    confusion = np.empty((number, *found.confusion.shape))
    posterior = found.posterior
    for step in range(-warm_up, number):
        truth = _drawn_truth(posterior, counted.weight, rng)
        prior = drawn(before.classes + truth.sum(axis=0), rng)
        sums = np.moveaxis(counted.unweighted(truth), 1, 2)
        rows = drawn(before.confusion + sums, rng)
        posterior, _ = posterior_of(
            counted.joint(_columns(log_of(rows)), log_of(prior)), counted.weight
        )
        if step >= 0:
            classes[step], confusion[step] = prior, rows
    return Draws(classes, confusion)


def _drawn_truth(posterior: Floats, weight: Floats, rng: np.random.Generator) -> Floats:
    """Draw how many items of each row have each label, shape (P, K)."""
    if (weight > 1).any():
        # Rounding must not make a sum of probabilities exceed 1.
        safe = posterior / posterior.sum(axis=1, keepdims=True)
        counts: Floats = rng.multinomial(weight.astype(np.int64), safe).astype(np.float64)
        return counts
    below = np.cumsum(posterior, axis=1)
    chosen = (below < rng.random((len(below), 1)) * below[:, -1:]).sum(axis=1)
    truth = np.zeros_like(posterior)
    truth[np.arange(len(truth)), np.minimum(chosen, truth.shape[1] - 1)] = weight
    return truth


def _fit(
    codes: Coded,
    counted: Tally,
    found: _Found,
    draws: Draws,
    *,
    settled: bool,
    level: float,
    by: By,
) -> Fit:
    intervals, mean = intervals_of(counted, draws, level)
    rows = found.posterior if by == "variational" else mean
    probabilities = rows[counted.row]
    nobody = np.bincount(codes.item, minlength=codes.n_items) == 0
    silent = np.bincount(codes.rater, minlength=codes.n_raters) == 0
    for part in (
        probabilities,
        intervals.probabilities_low,
        intervals.probabilities_high,
    ):
        part[nobody] = np.nan
    prior, confusion = draws.prior.mean(axis=0), draws.confusion.mean(axis=0)
    if by == "variational":
        prior = normalised(found.classes, 0.0)
        confusion = normalised(found.confusion, 0.0)
    share = np.diagonal(confusion, axis1=1, axis2=2)
    # Unlike a share of answers, the prior speaks for classes of which a rater saw nothing.
    skill = averaged_skill(share, np.ones(share.shape), prior)
    skill[silent] = np.nan
    moving = "Draws have not settled; ask for more draws and a longer warm_up."
    return Fit(
        probabilities,
        prior,
        skill,
        confusion,
        found.bound,
        settled,
        intervals,
        remarks=() if settled else (moving,),
    )

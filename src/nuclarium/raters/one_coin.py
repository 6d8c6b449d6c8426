"""One-coin model: each rater has one probability of being right, whatever the class."""

from __future__ import annotations

import numpy as np

from nuclarium.raters.fit import Coded, Fit, Floats, check_labels_of_items, normalised
from nuclarium.raters.majority import vote_counts
from nuclarium.raters.tally import log_of, posterior_of


def one_coin(codes: Coded, *, iterations: int = 1000, tolerance: float = 1e-7) -> Fit:
    """Fit the prior of classes and one skill a rater by maximum likelihood [1]_.

    A rater gives the true label with probability s, and each of the K - 1 others with
    (1 - s) / (K - 1): the model of Dawid and Skene with that confusion. Neither time nor memory
    grows with K squared, so it is the one for very many classes.

    Parameters
    ----------
    codes : Coded
        The answers.
    iterations : int
        Most steps of EM.
    tolerance : float
        Stops when the log-likelihood grows by less than this times the number of answers.

    References
    ----------
    .. [1] Zhang, Chen, Zhou and Jordan, 2016, https://jmlr.org/papers/v17/14-511.html, section 2.
    """
    check_labels_of_items(codes)
    known = np.bincount(codes.item, minlength=codes.n_items) > 0
    given = np.bincount(codes.rater, minlength=codes.n_raters)
    posterior = normalised(vote_counts(codes), 1 / codes.n_labels)
    history: list[float] = []
    converged = False
    for step in range(max(iterations, 1)):
        prior = normalised(posterior[known].sum(axis=0), 1 / codes.n_labels)
        skill = _right(codes, posterior, given)
        posterior, likelihood = posterior_of(_joint(codes, skill, prior), known.astype(float))
        history.append(likelihood)
        converged = step > 0 and likelihood - history[-2] < tolerance * len(codes.item)
        if converged:
            break
    posterior[~known] = np.nan
    stopped = f"It stopped after {len(history)} steps before it settled."
    return Fit(
        posterior,
        prior,
        np.where(given > 0, skill, np.nan),
        None,
        tuple(history),
        converged,
        remarks=() if converged else (stopped,),
    )


def _right(codes: Coded, posterior: Floats, given: np.ndarray) -> Floats:
    """Return the expected share of right answers of each rater."""
    own = posterior[codes.item, codes.label]
    share = np.bincount(codes.rater, own, minlength=codes.n_raters) / np.maximum(given, 1)
    clipped: Floats = np.clip(share, 0.0, 1.0)
    return clipped


def _joint(codes: Coded, skill: Floats, prior: Floats) -> Floats:
    """Return the log probability of each truth with an item's answers, shape (n_items, K)."""
    right = log_of(skill)
    wrong = log_of((1 - skill) / (codes.n_labels - 1)) if codes.n_labels > 1 else right
    all_wrong = np.bincount(codes.item, wrong[codes.rater], minlength=codes.n_items)
    joint = vote_counts(codes, (right - wrong)[codes.rater])
    joint += all_wrong[:, None] + log_of(prior)
    return joint

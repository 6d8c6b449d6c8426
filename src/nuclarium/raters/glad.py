"""GLAD: items differ in difficulty and raters in ability."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from nuclarium.raters.fit import (
    ClassPrior,
    Coded,
    Fit,
    Floats,
    check_labels_of_items,
    class_prior,
    normalised,
    skill_of,
)
from nuclarium.raters.majority import vote_counts
from nuclarium.raters.tally import posterior_of

_MEAN = 1.0
"""Mean of the normal priors of ability and of the logarithm of ease; their variance is 1."""


def glad(
    codes: Coded,
    *,
    iterations: int = 100,
    tolerance: float = 1e-6,
    inner: int = 25,
    classes: ClassPrior = "equal",
) -> Fit:
    """Fit an ability of each rater and an ease of each item [1]_.

    An answer is right with probability ``1 / (1 + exp(-ability * ease))``, and otherwise any other
    label alike. Ability and the logarithm of ease have normal priors with mean 1 and variance 1, as
    in the original.

    Parameters
    ----------
    codes : Coded
        The answers.
    iterations : int
        Most steps of EM.
    tolerance : float
        Stops when the log posterior grows by less than this times the number of answers.
    inner : int
        Most steps of the inner maximiser (L-BFGS) in each step of EM.
    classes : {"equal", "estimated"}
        All classes are equally probable beforehand, as in the original, or as often as found.

    Returns
    -------
    fit : Fit
        `log_likelihood` is that of the answers plus the log density of the priors, which never
        falls. ``extra`` has ``ability`` of raters, negative for one who is wrong on purpose, and
        ``ease`` of items.

    References
    ----------
    .. [1] Whitehill, Ruvolo, Wu, Bergsma and Movellan, 2009, "Whose vote should count more",
       Advances in Neural Information Processing Systems 22.
    """
    check_labels_of_items(codes)
    known = (np.bincount(codes.item, minlength=codes.n_items) > 0).astype(np.float64)
    values = np.full(codes.n_raters + codes.n_items, _MEAN)
    posterior = normalised(vote_counts(codes), 1 / codes.n_labels)
    history: list[float] = []
    converged = False
    for step in range(max(iterations, 1)):
        prior = class_prior(posterior, known, classes)
        right = posterior[codes.item, codes.label]
        values = minimize(
            _loss,
            values,
            args=(codes, right),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": inner},
        ).x
        posterior, likelihood = posterior_of(_joint(codes, values) + np.log(prior), known)
        history.append(likelihood - 0.5 * float(((values - _MEAN) ** 2).sum()))
        converged = step > 0 and history[-1] - history[-2] < tolerance * len(codes.item)
        if converged:
            break
    posterior[known == 0] = np.nan
    stopped = f"It stopped after {len(history)} steps before it settled."
    return Fit(
        posterior,
        prior,
        skill_of(codes, posterior, prior),
        None,
        tuple(history),
        converged,
        extra={
            "ability": values[: codes.n_raters],
            "ease": np.exp(values[codes.n_raters :]),
        },
        remarks=() if converged else (stopped,),
    )


def _logs(codes: Coded, values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return ability and ease of each answer, and logarithms of right and of one wrong label."""
    ability = values[codes.rater]
    ease = np.exp(values[codes.n_raters :])[codes.item]
    score = ability * ease
    right = -np.logaddexp(0, -score)
    wrong = -np.logaddexp(0, score) - np.log(max(codes.n_labels - 1, 1))
    return ability, ease, right, wrong


def _loss(values: Floats, codes: Coded, right: Floats) -> tuple[float, Floats]:
    """Return the negative of the expected log posterior, and its gradient."""
    ability, ease, log_right, log_wrong = _logs(codes, values)
    slope = right - expit(ability * ease)
    away = values - _MEAN
    expected = float(right @ log_right + (1 - right) @ log_wrong) - 0.5 * float(away @ away)
    of_raters = np.bincount(codes.rater, slope * ease, minlength=codes.n_raters)
    of_items = np.bincount(codes.item, slope * ability * ease, minlength=codes.n_items)
    return -expected, away - np.concatenate([of_raters, of_items])


def _joint(codes: Coded, values: Floats) -> Floats:
    """Return the log probability of each truth with an item's answers, shape (n_items, K)."""
    _, _, right, wrong = _logs(codes, values)
    joint = vote_counts(codes, right - wrong)
    joint += np.bincount(codes.item, wrong, minlength=codes.n_items)[:, None]
    return joint

"""Dawid and Skene's model: every rater has a confusion matrix; maximum likelihood by EM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nuclarium.raters.truth.fit import Coded, Fit, Floats, averaged_skill, normalised
from nuclarium.raters.truth.tally import Tally, log_of, shares, tally

Start = Literal["majority", "nucls"]

_DIAGONAL = 0.7
"""Right answers that the start of NuCLS supposes."""

NUCLS_ITERATIONS = 70


@dataclass(frozen=True, eq=False)
class Parameters:
    """Prior of classes, shape (K,), ``[rater, answer, truth]``, and sums ``[rater, truth]``."""

    prior: Floats
    confusion: Floats
    seen: Floats


def dawid_skene(
    codes: Coded,
    *,
    start: Start = "majority",
    iterations: int | None = None,
    tolerance: float | None = None,
    accelerated: bool | None = None,
    weights: Floats | None = None,
) -> Fit:
    """Fit the prior of classes and the confusions of raters by maximum likelihood [1]_.

    The probability of an item's answers is the sum over its truth t of the prior of t times the
    product, over its answers, of that rater's probability of that answer where t is true. EM in
    logarithms; the likelihood never falls. Several answers of a rater to an item all count;
    a missing answer says nothing. This function is also the quick way for many small problems: it
    takes codes, builds no names, and puts items with the same answers together.

    Parameters
    ----------
    codes : Coded
        The answers.
    start : {"majority", "nucls"}
        Begin with shares of votes as probabilities; or as NuCLS did [2]_ with equal classes and a
        diagonal of 0.7, to which goes back what a rater says of a class of which he saw nothing.
    iterations : int, optional
        Most posteriors that are computed; 1000, or 70 with the start of NuCLS.
    tolerance : float, optional
        Stops when a step of EM raises the log-likelihood by less than this times the number of
        answers; 1e-7, or never with the start of NuCLS.
    accelerated : bool, optional
        Whether steps are extended (SQUAREM [3]_) as long as that raises the likelihood; not with
        the start of NuCLS, otherwise yes.
    weights : ndarray of float64, shape (n_items,), optional
        How many items each one stands for, in a table of patterns and their counts.

    Returns
    -------
    fit : Fit
        A row of a confusion is equal for all answers where the rater saw nothing of that class.

    References
    ----------
    .. [1] Dawid and Skene, 1979, doi:10.2307/2346806.
    .. [2] Amgad et al., 2022, doi:10.1093/gigascience/giac037.
    .. [3] Varadhan and Roland, 2008, doi:10.1111/j.1467-9469.2007.00585.x.
    """
    as_nucls = start == "nucls"
    most = iterations or (NUCLS_ITERATIONS if as_nucls else 1000)
    limit = tolerance if tolerance is not None else (-1.0 if as_nucls else 1e-7)
    counted = tally(codes, weights)
    begin, empty = _start(codes, counted, start)
    squared = not as_nucls if accelerated is None else accelerated
    limit *= max(counted.n_answers, 1)
    run = _run(counted, begin, empty, most=most, limit=limit, squared=squared)
    return _fit(codes, counted, run, settled=run.converged or limit < 0)


@dataclass(frozen=True, eq=False)
class _Run:
    """Where EM ended."""

    parameters: Parameters
    posterior: Floats
    history: tuple[float, ...]
    converged: bool


def _start(codes: Coded, counted: Tally, start: Start) -> tuple[Parameters, float | Floats]:
    """Return the first parameters, and the answers that are expected where none was seen."""
    labels = codes.n_labels
    if start == "nucls":
        begin = _diagonal(codes.n_raters, labels)
        seen = np.ones((codes.n_raters, labels))
        return Parameters(np.full(labels, 1 / labels), begin, seen), np.moveaxis(begin, 1, 2)
    return maximised(counted, normalised(counted.votes(), 0.0), 1 / labels), 1 / labels


def _diagonal(raters: int, labels: int) -> Floats:
    """Return the confusions that NuCLS begins with, ``[rater, answer, truth]``."""
    other = (1 - _DIAGONAL) / max(labels - 1, 1)
    one = np.full((labels, labels), other)
    np.fill_diagonal(one, _DIAGONAL if labels > 1 else 1.0)
    return np.tile(one, (raters, 1, 1))


def expected(counted: Tally, parameters: Parameters) -> tuple[Floats, float]:
    """Return the posterior of rows and the log-likelihood (the E step)."""
    by_column = log_of(parameters.confusion).reshape(-1, counted.n_labels)
    return counted.expected(by_column, log_of(parameters.prior))


def maximised(counted: Tally, posterior: Floats, empty: float | Floats) -> Parameters:
    """Return the parameters that make the answers most likely, given a posterior (the M step)."""
    sums = counted.by_rater(posterior)
    prior = normalised(np.einsum("p,pk->k", counted.weight, posterior), 1 / counted.n_labels)
    return Parameters(prior, shares(sums, empty), sums.sum(axis=1))


def _run(
    counted: Tally,
    begin: Parameters,
    empty: float | Floats,
    *,
    most: int,
    limit: float,
    squared: bool,
) -> _Run:
    here = begin
    posterior, likelihood = expected(counted, here)
    history, used = [likelihood], 1
    while used < most:
        one = maximised(counted, posterior, empty)
        posterior, after = expected(counted, one)
        used += 1
        history.append(after)
        if after - likelihood < limit:
            return _Run(one, posterior, tuple(history), True)
        here, likelihood, before = one, after, here
        if squared and used < most:
            two = maximised(counted, posterior, empty)
            further = extrapolated(before, one, two)
            beyond, reached = expected(counted, further)
            used += 1
            if reached >= after:
                here, posterior, likelihood = further, beyond, reached
                history.append(reached)
    return _Run(here, posterior, tuple(history), False)


def extrapolated(start: Parameters, one: Parameters, two: Parameters) -> Parameters:
    """Go on in the direction of two steps of EM, by their length over their change."""
    pairs = [
        (getattr(start, name), getattr(one, name), getattr(two, name))
        for name in ("prior", "confusion")
    ]
    steps = [(b - a, c - 2 * b + a) for a, b, c in pairs]
    length, change = (sum(float((s[i] ** 2).sum()) for s in steps) for i in (0, 1))
    reach = max(1.0, np.sqrt(length / change)) if change > 0 else 1.0
    prior, confusion = (
        np.maximum(a + 2 * reach * r + reach**2 * v, 0)
        for (a, _, _), (r, v) in zip(pairs, steps, strict=True)
    )
    flat = 1 / len(prior)
    return Parameters(normalised(prior, flat), shares(confusion, flat), two.seen)


def _fit(codes: Coded, counted: Tally, run: _Run, *, settled: bool) -> Fit:
    probabilities = run.posterior if counted.is_single else run.posterior[counted.row]
    probabilities[np.bincount(codes.item, minlength=codes.n_items) == 0] = np.nan
    parameters = run.parameters
    share = np.diagonal(parameters.confusion, axis1=1, axis2=2)
    answered = np.bincount(codes.rater, minlength=codes.n_raters) > 0
    skill = averaged_skill(share, parameters.seen * answered[:, None], parameters.prior)
    stopped = f"It stopped after {len(run.history)} steps before it settled."
    return Fit(
        probabilities,
        parameters.prior,
        skill,
        np.moveaxis(parameters.confusion, 1, 2),
        run.history,
        settled,
        remarks=() if settled else (stopped,),
    )

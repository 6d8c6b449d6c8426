"""Dirichlet distributions of rows of probabilities: mean logarithms, distances, draws."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from nuclarium.raters.fit import Floats, normalised


def mean_logs(counts: Floats) -> Floats:
    """Return the mean of the logarithm of each probability, over the last axis."""
    logs: Floats = digamma(counts) - digamma(counts.sum(axis=-1, keepdims=True))
    return logs


def divergence(counts: Floats, prior: Floats) -> float:
    """Return the Kullback-Leibler divergence of Dirichlets from their priors, all rows added.

    `prior` may have fewer leading axes, and then stands for all.
    """
    constants = log_constant(counts) - log_constant(prior)
    return float(constants.sum() + ((counts - prior) * mean_logs(counts)).sum())


def log_constant(counts: Floats) -> Floats:
    """Return the logarithm of the normaliser of the density, over the last axis."""
    constant: Floats = gammaln(counts.sum(axis=-1)) - gammaln(counts).sum(axis=-1)
    return constant


def drawn(counts: Floats, rng: np.random.Generator) -> Floats:
    """Draw one row of probabilities for each row of counts."""
    # A gamma of a tiny count may come out as 0.
    gammas = np.maximum(rng.standard_gamma(counts), 1e-300)
    return normalised(gammas, 1 / counts.shape[-1])

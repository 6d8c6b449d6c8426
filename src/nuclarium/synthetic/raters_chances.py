"""Chances that vary from nucleus to nucleus and still average to what was planted."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
_GRID = np.linspace(-30.0, 30.0, 2401)


def logit(p: npt.ArrayLike) -> Floats:
    """Return the logarithm of the odds; 0 and 1 become −30 and 30 at most."""
    p = np.clip(np.asarray(p, np.float64), 1e-13, 1 - 1e-13)
    return np.asarray(np.log(p) - np.log1p(-p))


def logistic(x: npt.ArrayLike) -> Floats:
    """Return the chance that belongs to a logit."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * np.asarray(x, np.float64))))


def latent_logit(chance: Floats, spread: float) -> Floats:
    """Return logits η at which ``logistic(η − spread · z)`` averages to `chance`.

    The average over z, standard normal, is taken by Gauss–Hermite quadrature over a
    grid of η, which is read backwards. It is exact to about 1e-4. A chance of exactly 0 or 1 stays
    so for every nucleus.

    Examples
    --------
    >>> latent_logit(np.array([0.5]), 1.0).round(6) + 0.0
    array([0.])
    """
    if spread == 0:
        return logit(chance)
    averages = logistic(_GRID[:, None] - spread * _NODES) @ (_WEIGHTS / _WEIGHTS.sum())
    eta = np.interp(chance, averages, _GRID)
    return np.where(chance <= 0, -np.inf, np.where(chance >= 1, np.inf, eta))


def drawn_rows(chances: Floats, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Draw one index a row of chances; see `at_quantiles`."""
    return at_quantiles(chances, rng.random(chances.shape[:-1]))


def at_quantiles(chances: Floats, quantiles: Floats) -> npt.NDArray[np.int32]:
    """Return the index at a quantile of each row of chances.

    Parameters
    ----------
    chances : ndarray, shape (..., K)
        Rows need not add up to 1; one that is 0 everywhere gives 0.
    quantiles : ndarray, shape (...)
        From 0, below 1.

    Returns
    -------
    index : ndarray of int32, shape (...)

    Examples
    --------
    >>> at_quantiles(np.array([[0.2, 0.0, 0.8], [0.0, 0.0, 0.0]]), np.array([0.2, 0.9]))
    array([2, 0], dtype=int32)
    """
    edges = np.cumsum(chances, axis=-1)
    reached = quantiles[..., None] * edges[..., -1:] >= edges[..., :-1]
    return np.asarray((reached & (edges[..., -1:] > 0)).sum(axis=-1), np.int32)

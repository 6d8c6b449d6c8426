"""Raters as points on a plane: multidimensional scaling of how far they are apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_TURNS = 300
_TOLERANCE = 1e-7


def scaled_places(distance: Floats) -> Floats:
    """Place raters on a plane so that their distances there are near the given ones.

    Begins with classical scaling, and lowers the stress by majorization, in which distances that
    are not known have no weight. The sign and order of the axes are fixed: the first is the
    longer one, and the rater farthest along an axis lies on its positive side.

    Parameters
    ----------
    distance : ndarray of float64, shape (n, n)
        Symmetric, such as 1 − kappa; nan where unknown. Negative ones count as 0.

    Returns
    -------
    places : ndarray of float64, shape (n, 2)
        Centred; nan for raters without any known distance.

    References
    ----------
    .. [1] Torgerson, 1952, doi:10.1007/BF02288916 (classical scaling).
    .. [2] de Leeuw, 1977, Applications of convex analysis to multidimensional scaling (SMACOF).
    """
    wanted = np.maximum(np.asarray(distance, np.float64), 0)
    known = np.isfinite(wanted) & ~np.eye(len(wanted), dtype=bool)
    told = known.any(axis=1)
    places = np.full((len(wanted), 2), np.nan)
    if told.sum() < 2:
        return places
    part = np.ix_(told, told)
    places[told] = _settled(_lowered(np.where(known, wanted, 0)[part], known[part]))
    return places


def _lowered(wanted: Floats, known: npt.NDArray[np.bool_]) -> Floats:
    """Return places of low stress."""
    weight = known.astype(np.float64)
    places = _classical(np.where(known, wanted, wanted[known].mean()))
    balance = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(balance)
    stress = np.inf
    for _ in range(_TURNS):
        apart = _distances(places)
        new = float((weight * (wanted - apart) ** 2).sum())
        if new > stress * (1 - _TOLERANCE) or new < 1e-15:
            break
        stress = new
        pull = -weight * np.divide(wanted, apart, out=np.zeros_like(apart), where=apart > 1e-12)
        np.fill_diagonal(pull, -pull.sum(axis=1) + pull.diagonal())
        places = inverse @ (pull @ places)
    return places


def _classical(distance: Floats) -> Floats:
    """Return the best plane of squared distances, in the sense of Torgerson."""
    squared = distance**2
    np.fill_diagonal(squared, 0)
    centred = squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    places: Floats = vectors[:, :-3:-1] * np.sqrt(np.maximum(values[:-3:-1], 0))
    return np.pad(places, ((0, 0), (0, 2 - places.shape[1])))


def _distances(places: Floats) -> Floats:
    apart: Floats = np.sqrt(((places[:, None] - places[None]) ** 2).sum(axis=2))
    return apart


def _settled(places: Floats) -> Floats:
    """Turn places to their main axes, with signs that small changes of the data keep."""
    centred = places - places.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    turned = centred @ axes.T
    turned = np.pad(turned, ((0, 0), (0, 2 - turned.shape[1])))
    farthest = np.abs(turned).argmax(axis=0)
    signs = np.where(turned[farthest, [0, 1]] < 0, -1.0, 1.0)
    settled: Floats = turned * signs
    return settled

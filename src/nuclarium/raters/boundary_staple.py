"""One mask from the masks of several raters, who each have a sensitivity and a specificity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_START = 0.99
_TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Staple:
    """What several masks of one nucleus say together.

    Parameters
    ----------
    probability : ndarray of float64, shape (H, W)
        That a pixel is of the nucleus.
    sensitivity, specificity : ndarray of float64, shape (raters,)
        Share of the nucleus that each rater's mask covers, and of the rest that it leaves out; nan
        where there is no nucleus, or nothing else.
    log_likelihood : tuple of float
        Before the first step and after each; it never falls.
    converged : bool
        Whether it had stopped to rise.
    """

    probability: Floats
    sensitivity: Floats
    specificity: Floats
    log_likelihood: tuple[float, ...]
    converged: bool

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Pixels that are more probably of the nucleus than not, shape (H, W)."""
        return self.probability > 0.5


def staple(
    masks: npt.NDArray[np.bool_],
    *,
    prior: float | None = None,
    tolerance: float = 1e-9,
    max_steps: int = 1000,
) -> Staple:
    """Estimate a mask from those of several raters, by expectation and maximisation [1]_.

    The prior is the same for every pixel, and fixed. Pixels on which all raters say the same are
    one term of the sums, so that the size of the plane hardly counts.

    Parameters
    ----------
    masks : ndarray of bool, shape (raters, H, W)
        At least one; on one grid, with some background around, or no specificity can be told.
    prior : float, optional
        Probability of a pixel to be of the nucleus; the mean of all masks where it is left out.
    tolerance : float
        Stop when the log likelihood of a pixel rises by less.
    max_steps : int
        Stop after so many steps anyway.

    Returns
    -------
    staple : Staple

    Raises
    ------
    ValueError
        If `masks` is not three-dimensional, or has no rater or no pixel, or if the prior is not
        between 0 and 1.

    References
    ----------
    .. [1] Warfield, Zou and Wells, 2004, doi:10.1109/TMI.2004.828354, section II.

    Examples
    --------
    >>> masks = np.zeros((3, 4, 4), bool)
    >>> masks[:, 1:3, 1:3] = True
    >>> masks[2, 1, 3] = True
    >>> staple(masks).mask.sum()
    np.int64(4)
    """
    if masks.ndim != 3 or not masks.size:
        raise ValueError(f"masks must have shape (raters, H, W), but got {masks.shape}.")
    prior = float(masks.mean()) if prior is None else prior
    if not 0 <= prior <= 1:
        raise ValueError(f"prior must be from 0 to 1, but got {prior}.")
    said, which, count = _patterns(masks)
    sensitivity = np.full(len(masks), _START)
    specificity = np.full(len(masks), _START)
    likelihood: list[float] = []
    converged = False
    weight = np.full(len(said), prior)
    for _ in range(max_steps + 1):
        weight, total = _expect(said, count, prior, sensitivity, specificity)
        rise = total - likelihood[-1] if likelihood else np.inf
        likelihood.append(total)
        converged = bool(rise <= tolerance * count.sum())
        if converged or prior in (0, 1):
            break
        sensitivity = _share(said, weight * count)
        specificity = _share(~said, (1 - weight) * count)
    return Staple(
        weight[which].reshape(masks.shape[1:]),
        _share(said, weight * count),
        _share(~said, (1 - weight) * count),
        tuple(likelihood),
        converged or prior in (0, 1),
    )


def _patterns(
    masks: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], Floats]:
    """Find what raters say of pixels: each combination once, which pixel has it, how many have."""
    columns = masks.reshape(len(masks), -1).T
    packed = np.packbits(columns, axis=1)
    unique, which, count = np.unique(packed, axis=0, return_inverse=True, return_counts=True)
    said = np.unpackbits(unique, axis=1, count=len(masks)).astype(bool)
    return said, which.reshape(-1), count.astype(np.float64)


def _expect(
    said: npt.NDArray[np.bool_], count: Floats, prior: float, p: Floats, q: Floats
) -> tuple[Floats, float]:
    """Probability of each combination to be of the nucleus, and the log likelihood of all."""
    with np.errstate(divide="ignore"):
        is_in = np.log(prior) + np.where(said, np.log(p), np.log1p(-p)).sum(axis=1)
        is_out = np.log1p(-prior) + np.where(said, np.log1p(-q), np.log(q)).sum(axis=1)
    either = np.logaddexp(is_in, is_out)
    return np.exp(is_in - either), float(either @ count)


def _share(said: npt.NDArray[np.bool_], weight: Floats) -> Floats:
    total = weight.sum()
    if total < _TINY:
        return np.full(said.shape[1], np.nan)
    # Rounding must not make more than all.
    share: Floats = np.minimum(weight @ said / total, 1.0)
    return share

"""How fine the pattern of a nucleus is: neighbouring pixels compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.measurement.intensity import places_of
from nuclarium.measurement.regions import Floats, Ints, Regions


def texture(
    labels: Labels,
    regions: Regions,
    pixels: npt.NDArray[np.integer[Any] | np.floating[Any]],
) -> dict[str, Floats]:
    """Compare every pixel with its neighbours right and below, within each nucleus.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        Nuclei of a window.
    regions : Regions
        The same nuclei.
    pixels : ndarray of int or float, shape (H, W)
        One channel of that window.

    Returns
    -------
    columns : dict of ndarray of float64, shape (n,)
        ``texture_contrast``: root of the mean squared difference of such pairs, over the mean of
        the nucleus; 0 where it is flat, nan for a single pixel or a mean that is not positive.
        ``texture_correlation``: correlation of the values of such pairs, each taken both ways
        round, from -1 to 1; nan where they are all equal. These are Haralick's contrast and
        correlation [1]_ at a distance of one pixel, on the values as they are.

    References
    ----------
    .. [1] Haralick, Shanmugam and Dinstein, 1973, doi:10.1109/TSMC.1973.4309314.
    """
    count = len(regions.label)
    if count == 0:
        return {"texture_contrast": np.zeros(0), "texture_correlation": np.zeros(0)}
    width = pixels.shape[1]
    flat, place = labels.ravel(), places_of(regions, width)
    owner = np.repeat(np.arange(count), regions.area)
    value = pixels.ravel()[place].astype(np.float64)
    mean = np.bincount(owner, value, count) / regions.area
    centred = np.zeros(flat.size)
    centred[place] = value - mean[owner]
    sums = np.zeros((4, count))
    for step in (1, width):
        first, mine = _with_neighbour(flat, place, owner, step, width)
        a, b = centred[first], centred[first + step]
        for row, term in enumerate((np.ones(len(a)), a + b, a * a + b * b, (a - b) ** 2)):
            sums[row] += np.bincount(mine, term, count)
    return _from_sums(sums, mean)


def _with_neighbour(
    flat: npt.NDArray[np.int32], place: Ints, owner: Ints, step: int, width: int
) -> tuple[Ints, Ints]:
    """Return places, and their nuclei, whose pixel `step` further is of the same nucleus."""
    inside = place + step < flat.size
    if step == 1:
        inside &= (place + 1) % width > 0
    place, owner = place[inside], owner[inside]
    same = flat[place + step] == flat[place]
    return place[same], owner[same]


def _from_sums(sums: Floats, mean: Floats) -> dict[str, Floats]:
    pairs, total, squares, differences = sums
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = total / (2 * pairs)
        variance = squares / (2 * pairs) - middle**2
        contrast = np.where(mean > 0, np.sqrt(differences / pairs) / mean, np.nan)
        # Rounding leaves a trace of variance in a flat nucleus.
        varies = variance > 1e-12 * (1 + mean**2)
        correlation = np.where(varies, 1 - differences / (2 * pairs) / variance, np.nan)
    return {"texture_contrast": contrast, "texture_correlation": np.clip(correlation, -1, 1)}

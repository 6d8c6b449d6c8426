"""How bright a nucleus is in one channel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.measurement.regions import Floats, Ints, Regions


def intensity(
    regions: Regions, pixels: npt.NDArray[np.integer[Any] | np.floating[Any]]
) -> dict[str, Floats]:
    """Describe the pixel values of each nucleus.

    Parameters
    ----------
    regions : Regions
        Nuclei of a window.
    pixels : ndarray of int or float, shape (H, W)
        One channel of that window, in the values of the file.

    Returns
    -------
    columns : dict of ndarray of float64, shape (n,)
        ``intensity_mean``, ``intensity_std`` (dividing by the number of pixels),
        ``intensity_min``, ``intensity_median``, ``intensity_max`` and ``intensity_sum``. A nan in
        a nucleus makes all of them nan.
    """
    names = ("mean", "std", "min", "median", "max", "sum")
    if len(regions.label) == 0:
        return {f"intensity_{name}": np.zeros(0) for name in names}
    count = regions.area
    first = np.cumsum(count) - count
    values = pixels.ravel()[places_of(regions, pixels.shape[1])]
    wide = values.astype(np.float64)
    total = np.add.reduceat(wide, first)
    mean = total / count
    wide -= np.repeat(mean, count)
    spread = np.sqrt(np.add.reduceat(np.square(wide, out=wide), first) / count)
    for begin, end in zip(first.tolist(), (first + count).tolist(), strict=True):
        values[begin:end].sort()
    low, high = values[first].astype(np.float64), values[first + count - 1].astype(np.float64)
    middle = values[first + (count - 1) // 2] / 2 + values[first + count // 2] / 2
    columns = (mean, spread, low, middle, high, total)
    # Sorting puts nan last, so that only the sums have met it.
    unknown = np.isnan(mean)
    return {
        f"intensity_{name}": np.where(unknown, np.nan, column)
        for name, column in zip(names, columns, strict=True)
    }


def places_of(regions: Regions, width: int) -> Ints:
    """Return the place of every pixel in the flat window, nucleus after nucleus."""
    length = regions.stop - regions.start
    skipped = regions.row * width + regions.start - (np.cumsum(length) - length)
    places: Ints = np.repeat(skipped, length)
    places += np.arange(len(places))
    return places

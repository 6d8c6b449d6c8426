"""Numbers of a page, computed from the tables of nuclei."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

Values = npt.NDArray[np.float64]

_AREAS = (("volume_um3", "µm³"), ("volume_px", "voxels"), ("area_um2", "µm²"), ("area_px", "px"))
_INTENSITY = "intensity_mean_"


@dataclass(frozen=True, eq=False)
class NucleiSummary:
    """What the table of one image says about its nuclei.

    Parameters
    ----------
    areas : ndarray of float64
        One value a nucleus, its volume where it was measured in 3-D; empty where there is none.
    area_unit : str
        ``µm²``, or ``px`` where the size of a pixel is unknown; ``µm³`` or ``voxels`` in 3-D.
    intensities : dict of str to ndarray
        Channel name → mean intensity of each nucleus.
    density_per_mm2 : float or None
        Nuclei per mm² of the image; None where the size of a pixel is unknown.
    """

    areas: Values
    area_unit: str
    intensities: dict[str, Values]
    density_per_mm2: float | None = None

    @property
    def median_area(self) -> float | None:
        """Median area, or None without nuclei."""
        return median(self.areas)


def summarise(
    table: pd.DataFrame, *, plane_shape: tuple[int, int], pixel_area_um2: float | None
) -> NucleiSummary:
    """Take what a page shows from a table of nuclei.

    Parameters
    ----------
    table : DataFrame
        One row a nucleus, with `area_um2`, `area_px`, `volume_um3` or `volume_px`, and
        `intensity_mean_<channel>`.
    plane_shape : (height, width)
        Size of the measured plane.
    pixel_area_um2 : float or None
        Area of a pixel in µm², for the density; None where it is unknown.
    """
    column, unit = next((pair for pair in _AREAS if pair[0] in table), ("", "px"))
    density = None
    if pixel_area_um2 is not None:
        density = len(table) / (plane_shape[0] * plane_shape[1] * pixel_area_um2 / 1e6)
    return NucleiSummary(
        areas=_finite(table[column]) if column else np.zeros(0),
        area_unit=unit,
        intensities={
            name.removeprefix(_INTENSITY): _finite(table[name])
            for name in map(str, table.columns)
            if name.startswith(_INTENSITY)
        },
        density_per_mm2=density,
    )


def size_word(unit: str) -> str:
    """Say what is measured in a unit.

    Examples
    --------
    >>> size_word("µm²"), size_word("voxels")
    ('area', 'volume')
    """
    return "volume" if unit in ("µm³", "voxels") else "area"


def median(values: Values) -> float | None:
    """Return the median, or None where there is no value."""
    return float(np.median(values)) if len(values) else None


@dataclass(frozen=True, eq=False)
class Bins:
    """Classes of a histogram; the last also takes all larger values, if `is_open`.

    Parameters
    ----------
    edges : ndarray of float64, shape (n + 1,)
        Rising, at round numbers.
    is_open : bool
        Whether values beyond the last edge are counted in the last class.
    """

    edges: Values
    is_open: bool

    def counts(self, values: Values) -> npt.NDArray[np.int64]:
        """Count the values of each class."""
        inside = np.clip(values, self.edges[0], self.edges[-1])
        counts, _ = np.histogram(inside, self.edges)
        return counts.astype(np.int64)


def round_bins(values: Values, *, about: int = 24) -> Bins:
    """Choose about as many classes as asked, with edges at round numbers.

    The largest two per cent of the values go to the last class, so that a few clumps do not
    flatten the picture.

    Examples
    --------
    >>> round_bins(np.arange(100.0), about=5).edges
    array([  0.,  20.,  40.,  60.,  80., 100.])
    """
    low, high = np.quantile(values, [0, 0.98]) if len(values) else (0.0, 1.0)
    low = 0.0 if 0 <= low < high / 2 else float(low)
    step = _round_step((float(high) - low) / about)
    first, last = np.floor(low / step), max(np.ceil(high / step), np.floor(low / step) + 1)
    edges = np.arange(first, last + 1) * step
    return Bins(edges, bool(len(values)) and float(values.max()) > edges[-1])


def _round_step(step: float) -> float:
    if not step > 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(step))
    return float(power * next(m for m in (1, 2, 2.5, 5, 10) if m * power >= step * (1 - 1e-9)))


def _finite(column: pd.Series[float]) -> Values:
    values = np.asarray(column, dtype=np.float64)
    return values[np.isfinite(values)]

"""One row a nucleus, units in the column names."""

from nuclarium.measure.catalogue import CATALOGUE, Measurement
from nuclarium.measure.quality import QualityWarning, warnings_for
from nuclarium.measure.table import measure, measure_windows

__all__ = [
    "CATALOGUE",
    "Measurement",
    "QualityWarning",
    "measure",
    "measure_windows",
    "warnings_for",
]

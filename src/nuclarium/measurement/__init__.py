"""One row a nucleus, units in the column names."""

from nuclarium.measurement.catalogue import CATALOGUE, Measurement
from nuclarium.measurement.quality import QualityWarning, warnings_for
from nuclarium.measurement.table import measure, measure_windows

__all__ = [
    "CATALOGUE",
    "Measurement",
    "QualityWarning",
    "measure",
    "measure_windows",
    "warnings_for",
]

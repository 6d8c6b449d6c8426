"""One row a nucleus, units in the column names."""

from nuclarium.measure.catalogue import CATALOGUE, Measurement
from nuclarium.measure.table import measure, measure_windows

__all__ = ["CATALOGUE", "Measurement", "measure", "measure_windows"]

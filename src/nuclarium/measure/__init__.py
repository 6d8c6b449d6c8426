"""One row a nucleus, units in the column names."""

from nuclarium.measure.catalogue import CATALOGUE, Measurement
from nuclarium.measure.quality import warnings_for
from nuclarium.measure.table import measure, measure_windows

__all__ = ["CATALOGUE", "Measurement", "measure", "measure_windows", "warnings_for"]

"""Numbers of a dataset by condition: images, nuclei, nuclei an image, and their sizes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.trouble import sizes_of, touches_edge

Floats = npt.NDArray[np.float64]
ALL = "all"


@dataclass(frozen=True)
class DatasetNumbers:
    """What the items of one row of the table have.

    Parameters
    ----------
    name : str
        Value of the column that the table is by; `all` for the last row.
    n_images : int
    counts : ndarray of float64, shape (images,)
        Nuclei of each image.
    areas : ndarray of float64, shape (nuclei,)
        Of nuclei that the edge of their image does not cut off.
    unit : str
        Of the areas: ``µm²``, or ``px`` where an image of the row has no spacing.
    """

    name: str
    n_images: int
    counts: Floats
    areas: Floats
    unit: str


def gather(
    dataset: Dataset,
    *,
    by: str = "condition",
    advance: Callable[[int], None] = lambda images: None,
) -> list[DatasetNumbers]:
    """Read all labels once and gather their numbers by condition, or by another column.

    Returns
    -------
    rows : list of DatasetNumbers
        In natural order (250Pa before 1200Pa), and one of all, if there are several.

    Raises
    ------
    SettingsError
        If no item has such a column.
    """
    items = dataset.items
    if not any(item.value(by) for item in items) and by != "condition":
        raise SettingsError(f"No image of {dataset.name} has a {by}. Give it in the sheet.")
    areas: list[Floats] = []
    for item in items:
        areas.append(_areas(item, dataset))
        advance(1)
    names = sorted({item.value(by) for item in items}, key=natural)
    places = {name: [i for i, item in enumerate(items) if item.value(by) == name] for name in names}
    rows = [_numbers(name or "–", items, areas, chosen) for name, chosen in places.items()]
    if len(rows) > 1:
        rows.append(_numbers(ALL, items, areas, range(len(items))))
    return rows


def table_of(rows: Sequence[DatasetNumbers], *, by: str = "condition") -> pd.DataFrame:
    """Make the table, one row a condition.

    Spreads are standard deviations with n - 1, nan for one value; quartiles are interpolated. Areas
    are of nuclei that the edge of their image does not cut off, all other columns of all nuclei.
    """
    return pd.DataFrame([_row(row, by) for row in rows])


def natural(name: str) -> tuple[tuple[float, str], ...]:
    """Key that sorts numbers within names by their value.

    Examples
    --------
    >>> sorted(["1200 Pa", "250 Pa", "", "950 Pa"], key=natural)
    ['', '250 Pa', '950 Pa', '1200 Pa']
    """
    parts = re.findall(r"[0-9]+(?:\.[0-9]+)?|[^0-9]+", name)
    return tuple((float(p), "") if p[0] in "0123456789" else (np.inf, p.casefold()) for p in parts)


def _areas(item: Item, dataset: Dataset) -> Floats:
    """Pixels of the nuclei that the edge does not cut off; none where there are no pixels."""
    if not item.has_pixels:
        return np.zeros(0)
    labels = item.read_labels(dataset.folder)
    numbers, sizes = sizes_of(labels)
    return sizes[~touches_edge(labels, numbers)].astype(np.float64)


def _numbers(
    name: str, items: Sequence[Item], areas: Sequence[Floats], places: Sequence[int]
) -> DatasetNumbers:
    spacings = [items[i].spacing for i in places]
    known = [s.pixel_area for s in spacings if s is not None]
    factors = known if len(known) == len(spacings) else [1.0] * len(spacings)
    values = [areas[i] * factor for i, factor in zip(places, factors, strict=True)]
    return DatasetNumbers(
        name=name,
        n_images=len(values),
        counts=np.array([items[i].n_nuclei for i in places], np.float64),
        areas=np.concatenate(values) if values else np.zeros(0),
        unit="µm²" if len(known) == len(spacings) else "px",
    )


def _row(row: DatasetNumbers, by: str) -> dict[str, object]:
    return {
        by: row.name,
        "images": row.n_images,
        "nuclei": int(row.counts.sum()),
        **{f"nuclei_per_image_{k}": v for k, v in _spread(row.counts).items()},
        **{f"area_{k}": v for k, v in _spread(row.areas).items()},
        "area_unit": row.unit,
    }


def _spread(values: Floats) -> dict[str, float]:
    if not len(values):
        return dict.fromkeys(("mean", "sd", "median", "q1", "q3"), float("nan"))
    q1, median, q3 = np.percentile(values, [25, 50, 75])
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    mean = float(values.mean())
    return {"mean": mean, "sd": sd, "median": float(median), "q1": float(q1), "q3": float(q3)}

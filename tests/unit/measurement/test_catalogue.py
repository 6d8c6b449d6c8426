"""Every column is in the catalogue, and every entry of it in the documents."""

from pathlib import Path

import numpy as np
import pytest

from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.measurement import CATALOGUE, measure
from nuclarium.measurement.catalogue import VOLUME_CATALOGUE

PAGE = Path(__file__).parents[3] / "docs" / "measurements.md"
GENERIC = {"channel": "_‹channel›", "px": "_px", "um": "_um"}


def documented_name(entry):
    if entry.name == "neighbours_within":
        return "neighbours_within_‹radius›_·"
    if entry.unit in ("area", "length", "volume"):
        return f"{entry.name}_·"
    return entry.name + (GENERIC | {"": "", "rad": "_rad"})[entry.unit]


def page_table(catalogue):
    lines = ["| Column | Meaning | Source |", "|---|---|---|"]
    lines += [f"| `{documented_name(e)}` | {e.meaning} | {e.source} |" for e in catalogue]
    return "\n".join(lines)


@pytest.mark.parametrize("catalogue", [CATALOGUE, VOLUME_CATALOGUE], ids=["planes", "volumes"])
def test_page_holds_the_catalogue(catalogue):
    table = page_table(catalogue)
    assert table in PAGE.read_text(encoding="utf-8"), (
        "docs/measurements.md must hold this table:\n" + table
    )


@pytest.mark.parametrize("spacing", [None, Spacing(0.5, 0.5)])
def test_every_column_comes_from_the_catalogue(spacing):
    image = Image.from_array(np.zeros((2, 3, 4)), axes="ZYX")
    table = measure(np.ones((2, 3, 4), int), image, spacing=spacing)
    expected = []
    for entry in CATALOGUE:
        name = entry.column(calibrated=spacing is not None)
        if entry.unit == "channel":
            name += "channel_0"
        if entry.name == "neighbours_within":
            name = "neighbours_within_50_um" if spacing else "neighbours_within_100_px"
        if spacing or entry.unit != "um":
            expected.append(name)
    assert list(table.columns) == expected

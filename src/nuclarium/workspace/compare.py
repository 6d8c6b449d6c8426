"""Compare conditions: from results and a sheet to a page and its tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.analysis.comparison import Comparison, compare_conditions
from nuclarium.analysis.design import Design, design
from nuclarium.core.errors import SettingsError
from nuclarium.workspace.compare_features import (
    add_positions,
    chosen_columns,
    features_of_groups,
    recount_neighbours,
)
from nuclarium.workspace.compare_input import Advance, Nuclei, find_sources, load_nuclei
from nuclarium.workspace.compare_outputs import (
    RECORD,
    CompareRun,
    nuclei_table,
    record_of,
    write_outputs,
)
from nuclarium.workspace.compare_settings import CompareSettings
from nuclarium.workspace.layout import PAGE

__all__ = ["RECORD", "CompareSettings", "ComparisonResult", "compare_results"]


@dataclass(frozen=True, eq=False)
class ComparisonResult:
    """What a comparison came to.

    Parameters
    ----------
    folder : Path
    comparison : Comparison
    record : dict
        As in ``comparison.json``.
    """

    folder: Path
    comparison: Comparison
    record: dict[str, Any]

    @property
    def page(self) -> Path:
        """The page to look at."""
        return self.folder / PAGE


def compare_results(
    workspace: Path,
    settings: CompareSettings | None = None,
    *,
    sheet: Path | None = None,
    out: Path | None = None,
    advance: Advance = lambda images: None,
    command: str = "",
) -> ComparisonResult:
    """Compare the conditions of a project, or of a folder of results with a sheet.

    Parameters
    ----------
    workspace : Path
        Project, or results of `nuclarium segment`.
    settings : CompareSettings, optional
    sheet : Path, optional
        CSV with image, condition, group; that of the project when left out.
    out : Path, optional
        Folder for page, tables and record; ``comparison`` in the workspace when left out.
    advance : callable
        Called with the number of images whose colony was looked at.
    command : str
        What the user typed, for the page.

    Raises
    ------
    InputNotFoundError, SettingsError
        If something is missing or does not fit together.
    """
    settings = settings or CompareSettings()
    sources = find_sources(workspace, sheet, out)
    nuclei = load_nuclei(sources, by=settings.by, group=settings.group)
    whole, of_image = _design(nuclei, settings.reference)
    planes = add_positions(nuclei, sources.results, closing=settings.closing_um, advance=advance)
    if settings.radius_um is not None:
        recount_neighbours(nuclei, settings.radius_um)
    of_groups = features_of_groups(planes, whole, of_image, nuclei)
    kept = _kept(nuclei, with_cut=settings.with_cut)
    who = Design(
        whole.conditions, whole.groups, whole.condition, whole.owner[kept], whole.reference
    )
    columns = chosen_columns(settings.features, [*_numeric(nuclei.table), *of_groups])
    values = {
        name: nuclei.table[name].to_numpy(np.float64)[kept]
        for name in columns
        if name not in of_groups
    }
    comparison = compare_conditions(
        who,
        values,
        {name: of_groups[name] for name in columns if name in of_groups},
        rng=np.random.default_rng(settings.seed),
        test=settings.test,
    )
    run = CompareRun(sources, settings, nuclei, comparison, int((~kept).sum()), command)
    record = record_of(run)
    table = nuclei_table(nuclei, whole, kept, list(values))
    write_outputs(run, record, values, table, planes.table)
    return ComparisonResult(sources.out, comparison, record)


def _design(nuclei: Nuclei, reference: str | None) -> tuple[Design, pd.Series[int]]:
    """Return who is where, and the group of each image."""
    images = nuclei.images
    number = pd.Series(np.arange(len(images)), index=images.index)
    owner = number.loc[nuclei.table["image"]].to_numpy(np.int64)
    try:
        who = design(list(images["condition"]), list(images["group"]), owner, reference)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    if len(who.conditions) < 2:
        raise SettingsError(
            f"There must be two conditions or more to compare, but all {len(images)} images are "
            f"{who.conditions[0]}. Check the column of --by."
        )
    alone = design(
        list(images["condition"]), list(images["group"]), np.arange(len(images)), reference
    )
    return who, pd.Series(alone.owner, index=images.index)


def _kept(nuclei: Nuclei, *, with_cut: bool) -> npt.NDArray[np.bool_]:
    """Say which nuclei are measured: those that the border of the image cannot have cut."""
    if with_cut or "touches_border" not in nuclei.table:
        return np.ones(len(nuclei.table), bool)
    return ~nuclei.table["touches_border"].to_numpy(bool)


def _numeric(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.select_dtypes("number") if name not in ("label", "z")]

"""Compare conditions: from results and a sheet to a page and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import nuclarium
from nuclarium.analysis.comparison import LEVEL, Comparison, compare_conditions
from nuclarium.analysis.design import Design, Test, design
from nuclarium.core.errors import SettingsError
from nuclarium.io import hash_file
from nuclarium.io.write import write_json, write_long_table, write_table, write_text
from nuclarium.report.comparison_page import (
    ComparedFile,
    ComparisonFacts,
    findings_of,
    render_comparison,
    worth,
)
from nuclarium.report.findings import group_word
from nuclarium.workspace.compare_features import (
    add_positions,
    chosen_columns,
    features_of_groups,
    recount_neighbours,
)
from nuclarium.workspace.compare_input import Advance, Nuclei, Sources, find_sources, load_nuclei
from nuclarium.workspace.compare_remarks import methods_text, remarks_on
from nuclarium.workspace.layout import PAGE

RECORD = "comparison.json"


@dataclass(frozen=True)
class CompareSettings:
    """What a comparison depends on.

    Parameters
    ----------
    by : str
        Column of the sheet with the conditions.
    group : str or None
        Column with the groups; None takes ``group`` if it is there.
    reference : str or None
        Condition that others are compared with; the smallest, or the first by name, when None.
    features : tuple of str or None
        What is compared, with or without units; a usual choice when None.
    test : str
        ``groups`` or ``model``; see `compare_conditions`.
    with_cut : bool
        Take nuclei at the border of their image too.
    radius_um, closing_um : float or None
        Within which neighbours are counted, and the radius that closes gaps in a colony; pixels
        where there is no spacing. None takes the columns of the table, and 10 µm.
    seed : int
        Of everything that is drawn.
    """

    by: str = "condition"
    group: str | None = None
    reference: str | None = None
    features: tuple[str, ...] | None = None
    test: Test = "groups"
    with_cut: bool = False
    radius_um: float | None = None
    closing_um: float | None = None
    seed: int = 0


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
    planes = add_positions(nuclei, sources.results, closing=settings.closing_um, advance=advance)
    if settings.radius_um is not None:
        recount_neighbours(nuclei, settings.radius_um)
    whole, of_image = _design(nuclei, settings.reference)
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
    run = _Run(sources, settings, nuclei, comparison, int((~kept).sum()), command)
    record = _record(run)
    _write(
        run,
        record,
        values,
        _nuclei_table(nuclei, whole, kept, list(values)),
        planes.table,
        of_groups,
    )
    return ComparisonResult(sources.out, comparison, record)


@dataclass(frozen=True, eq=False)
class _Run:
    """What the outputs are made from."""

    sources: Sources
    settings: CompareSettings
    nuclei: Nuclei
    comparison: Comparison
    n_cut: int
    command: str

    @property
    def words(self) -> tuple[str, str]:
        column = self.settings.group or "group"
        return group_word(self.comparison.design.groups, column=column)


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


def _nuclei_table(
    nuclei: Nuclei, who: Design, kept: npt.NDArray[np.bool_], columns: list[str]
) -> pd.DataFrame:
    """Return the nuclei with condition and group in front, all of them, and what was compared."""
    names = np.array(who.conditions, object)
    places = [name for name in ("image", "z", "label") if name in nuclei.table]
    table = nuclei.table[[*places, *columns]].copy()
    table.insert(0, "condition", names[who.condition[who.owner]])
    table.insert(1, "group", np.array(who.groups, object)[who.owner])
    table.insert(2, "is_compared", kept)
    return table


def _groups_table(
    comparison: Comparison, planes: pd.DataFrame, images: pd.DataFrame, of_groups: Mapping[str, Any]
) -> pd.DataFrame:
    """Return one row a group: how much was seen of it, and the mean of each feature."""
    who, sums = comparison.design, comparison.sums
    keys = planes["image"].map(images["condition"]), planes["image"].map(images["group"])
    seen = planes.groupby(list(keys)).agg(
        images=("image", "nunique"), planes=("z", "size"), nuclei=("nuclei", "sum")
    )
    condition = [who.conditions[i] for i in who.condition]
    table = pd.DataFrame({"condition": condition, "group": who.groups})
    counts = (
        seen.reindex(pd.MultiIndex.from_arrays([condition, list(who.groups)])).fillna(0).astype(int)
    )
    table[["images", "planes", "nuclei"]] = counts.to_numpy()
    means = np.where(sums.known, sums.mean, np.nan)
    for name, row in zip(comparison.features, means, strict=True):
        table[name] = row
    return table


def _record(run: _Run) -> dict[str, Any]:
    """Return what makes the comparison again, and what it found."""
    nuclei, comparison = run.nuclei, run.comparison
    return {
        "command": run.command,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": nuclarium.__version__,
        "settings": asdict(run.settings),
        "level": LEVEL,
        "reference": comparison.design.conditions[comparison.design.reference],
        "conditions": list(comparison.design.conditions),
        "models": [
            {"name": model["name"], "sha256": model["sha256"]} for model in nuclei.run["models"]
        ],
        "segmented_with": nuclei.run["environment"]["nuclarium"],
        "segment_settings": nuclei.run["settings"],
        "sheet": {"file": run.sources.sheet.name, "sha256": hash_file(run.sources.sheet)},
        "synthetic_images": int(nuclei.images["synthetic"].sum()),
        "images": [
            {
                "name": name,
                "file": nuclei.records[name]["file"],
                "sha256": nuclei.records[name]["sha256"],
                "condition": row["condition"],
                "group": row["group"],
                "n_nuclei": nuclei.records[name]["n_nuclei"],
            }
            for name, row in zip(nuclei.images.index, nuclei.images.to_dict("records"), strict=True)
        ],
        "remarks": remarks_on(
            comparison, nuclei, run.words, run.n_cut, with_cut=run.settings.with_cut
        ),
        "worth": worth(comparison, run.words, are_sections=nuclei.are_sections),
        "findings": findings_of(comparison, run.words[1]),
        "comparisons": comparison.comparisons.to_dict("records"),
        "features": comparison.overall.to_dict("records"),
        "summary": comparison.summary.to_dict("records"),
    }


def _write(
    run: _Run,
    record: dict[str, Any],
    values: Mapping[str, npt.NDArray[np.float64]],
    nuclei: pd.DataFrame,
    planes: pd.DataFrame,
    of_groups: Mapping[str, Any],
) -> None:
    """Write page, tables and record; the page last."""
    out, comparison = run.sources.out, run.comparison
    tables = {
        "groups": _groups_table(comparison, planes, run.nuclei.images, of_groups),
        "conditions": comparison.summary,
        "comparisons": comparison.comparisons,
        "features": comparison.overall,
    }
    write_long_table(out / "nuclei.csv", nuclei)
    for name, table in tables.items():
        write_table(out / f"{name}.csv", table)
    write_json(out / RECORD, record)
    links = {f"{name} (CSV)": f"{name}.csv" for name in ("nuclei", *tables)} | {"record": RECORD}
    facts = ComparisonFacts(
        title=run.sources.results.resolve().parent.name
        if run.sources.project
        else run.sources.results.resolve().name,
        started=datetime.fromisoformat(record["started"]),
        version=record["version"],
        models=tuple((model["name"], model["sha256"]) for model in record["models"]),
        synthetic=record["synthetic_images"],
        remarks=tuple(record["remarks"]),
        settings=_shown_settings(run, record),
        files=tuple(ComparedFile(**image) for image in record["images"]),
        links=links,
        groups=run.words,
        are_sections=run.nuclei.are_sections,
        methods=methods_text(comparison, run.words, run.settings.test, record["version"]),
        command=run.command,
    )
    rng = np.random.default_rng(run.settings.seed)
    write_text(out / PAGE, render_comparison(facts, comparison, values, rng=rng))
    if run.sources.project is not None:
        run.sources.project.record(
            "compare",
            settings=record["settings"],
            inputs={image["file"]: image["sha256"] for image in record["images"]},
            outputs=[
                out / PAGE,
                out / RECORD,
                *(out / f"{name}.csv" for name in ("nuclei", *tables)),
            ],
            made_by=run.command,
        )


def _shown_settings(run: _Run, record: dict[str, Any]) -> dict[str, str]:
    own = {k: v for k, v in asdict(run.settings).items() if v is not None}
    listed = {k: ", ".join(v) if isinstance(v, tuple) else str(v) for k, v in own.items()}
    segmented = record["segment_settings"].items()
    sheet = f"{record['sheet']['file']} ({record['sheet']['sha256'][:10]})"
    return {
        **listed,
        "sheet": sheet,
        "segmented with": f"nuclarium {record['segmented_with']}",
        **{f"segment: {k}": str(v) for k, v in segmented if v is not None},
    }

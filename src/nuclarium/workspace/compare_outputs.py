"""What a comparison leaves behind: tables, the record, the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import nuclarium
from nuclarium.analysis.comparison import LEVEL, Comparison
from nuclarium.analysis.design import Design
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
from nuclarium.workspace.compare_input import Nuclei, Sources
from nuclarium.workspace.compare_remarks import methods_text, remarks_on
from nuclarium.workspace.compare_settings import CompareSettings
from nuclarium.workspace.layout import PAGE

RECORD = "comparison.json"


@dataclass(frozen=True, eq=False)
class CompareRun:
    """What the outputs are made from."""

    sources: Sources
    settings: CompareSettings
    nuclei: Nuclei
    comparison: Comparison
    n_cut: int
    command: str

    @property
    def words(self) -> tuple[str, str]:
        """What a group is called, singular and plural."""
        column = self.settings.group or "group"
        return group_word(self.comparison.design.groups, column=column)


def nuclei_table(
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
    comparison: Comparison, planes: pd.DataFrame, images: pd.DataFrame
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


def record_of(run: CompareRun) -> dict[str, Any]:
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


def write_outputs(
    run: CompareRun,
    record: dict[str, Any],
    values: Mapping[str, npt.NDArray[np.float64]],
    nuclei: pd.DataFrame,
    planes: pd.DataFrame,
) -> None:
    """Write page, tables and record; the page last."""
    out, comparison = run.sources.out, run.comparison
    tables = {
        "groups": _groups_table(comparison, planes, run.nuclei.images),
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


def _shown_settings(run: CompareRun, record: dict[str, Any]) -> dict[str, str]:
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

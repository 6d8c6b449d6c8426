"""The folder of a benchmark to its tables, figures and page; what is trained is only read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nuclarium import __version__
from nuclarium.dataset.read import read_dataset
from nuclarium.io.write import write_table, write_text
from nuclarium.report.benchmark_page import (
    BenchmarkPage,
    Cell,
    PageFigure,
    PageTable,
    interval_chart,
    render_benchmark,
)
from nuclarium.workspace.benchmark_figures import write_figures
from nuclarium.workspace.benchmark_runs import EncoderRuns, read_plan, read_runs
from nuclarium.workspace.benchmark_tables import (
    INSTANCE_SCORES,
    by_score,
    cost_table,
    difference_table,
    groups_of,
    instance_table,
    largest_break,
    pixel_table,
    summaries,
)
from nuclarium.workspace.published import reference

PAGE = "index.html"


@dataclass(frozen=True)
class BenchmarkReport:
    """What was written.

    Parameters
    ----------
    page : Path
    pixels, instances, costs, differences : DataFrame
        As `workspace.benchmark_tables` gives them; also in the folder as CSV.
    has_reference : bool
        Whether a published table stands beside.
    """

    page: Path
    pixels: pd.DataFrame
    instances: pd.DataFrame
    costs: pd.DataFrame
    differences: pd.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; nan becomes None."""
        tables = {
            "pixels": self.pixels,
            "instances": self.instances,
            "costs": self.costs,
            "differences": self.differences,
        }
        return {
            "page": str(self.page),
            **{name: json.loads(table.to_json(orient="records")) for name, table in tables.items()},
        }

    def text(self) -> str:
        """Return Table 2 as aligned text."""
        table = _pixel_page_table(self.pixels)
        cells = [[_joined(cell) for cell in row] for row in table.rows]
        rows = [list(table.heads), *cells]
        widths = [max(len(row[i]) for row in rows) for i in range(len(table.heads))]
        lines = [
            "  ".join(
                text.ljust(width) if i == 0 else text.rjust(width)
                for i, (text, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join(lines)


def write_benchmark(
    dataset_folder: Path, out: Path, *, reference_name: str | None = None
) -> BenchmarkReport:
    """Write the tables, figures and page of all runs that are scored.

    Parameters
    ----------
    dataset_folder : Path
        The dataset, whose test images the figures show.
    out : Path
        Folder of the benchmark.
    reference_name : str, optional
        A published table to show beside, such as ``bmgd-paper``.

    Raises
    ------
    InputNotFoundError
        If no run is scored.
    SettingsError
        If no such published table is known.
    """
    published = reference(reference_name)
    dataset, encoders = read_dataset(dataset_folder), read_runs(out)
    found = summaries(encoders)
    pixels = pixel_table(encoders, found, published)
    instances, costs = instance_table(found), cost_table(encoders)
    differences = difference_table(encoders)
    for name, table in (
        ("table2", pixels),
        ("instances", instances),
        ("costs", costs),
        ("differences", differences),
    ):
        write_table(out / f"{name}.csv", table)
    figures = write_figures(out / "figures", dataset, encoders)
    report = BenchmarkReport(out / PAGE, pixels, instances, costs, differences)
    page = _page(out, encoders, found, report, figures, dataset.title)
    write_text(out / PAGE, render_benchmark(page))
    return report


def _page(
    out: Path,
    encoders: Sequence[EncoderRuns],
    found: Mapping[str, pd.DataFrame],
    report: BenchmarkReport,
    figures: Sequence[Path],
    title: str,
) -> BenchmarkPage:
    plan = read_plan(out)
    data, parts = plan["dataset"], plan["dataset"]["parts"]
    captions = (
        "Predicted masks beside the truth, for each condition.",
        "One test image with the predictions of all encoders.",
    )
    chart = {
        name: (row["f1_percent_low"], row["f1_percent"], row["f1_percent_high"])
        for name, row in by_score(report.pixels.set_index("encoder")).items()
    }
    return BenchmarkPage(
        title=title,
        provenance=[
            f"{parts['train']} images to train on, {parts['val']} to watch, {parts['test']} "
            "to test",
            f"{plan['steps']:,} steps of {plan['batch_size']} patches for every encoder",
            f"weights: {plan['weights']}",
            f"nuclarium {__version__}",
        ],
        findings=_findings(encoders, report),
        intervals=interval_chart("Pixel F1, pooled, with 95 % intervals", chart, "%"),
        tables=[
            _pixel_page_table(report.pixels),
            _instance_page_table(found),
            _difference_page_table(report.differences),
            _cost_page_table(report.costs),
        ],
        figures=[PageFigure(p.read_bytes(), c) for p, c in zip(figures, captions, strict=True)],
        settings={
            "Split": json.dumps(data["split"], ensure_ascii=False),
            "Dataset, SHA-256": data["content_sha256"],
            "Seeds": ", ".join(map(str, plan["seeds"])),
            **{name: json.dumps(value) for name, value in plan["settings"].items()},
        },
    )


def _findings(encoders: Sequence[EncoderRuns], report: BenchmarkReport) -> list[str]:
    """Say in sentences what the tables show."""
    rows = by_score(report.pixels.set_index("encoder"))
    name, best = max(rows.items(), key=lambda pair: pair[1]["f1_percent"])
    said = [
        f"The highest pooled pixel F1 is that of {name}: {best['f1_percent']:.2f} % "
        f"({best['f1_percent_low']:.2f} to {best['f1_percent_high']:.2f})."
    ]
    of_f1 = report.differences[report.differences["score"] == "dice"]
    if len(of_f1):
        real = int((of_f1["p_holm"] < 0.05).sum())
        said.append(
            f"Of the {len(of_f1)} pairs of encoders, {real} differ in it by more than chance "
            "explains (paired over the test images, corrected for the number of pairs, p below "
            "0.05)."
        )
    unit = "groups" if groups_of(encoders) else "images"
    said.append(
        f"Intervals span the middle 95 % of 10,000 draws of {unit}. They speak of the test images, "
        "not of another training: one run says little about the next, see the seeds."
    )
    broken = largest_break(report.pixels)
    said.append(
        f"IoU = F1 / (2 − F1) holds in every row, as it must for pooled pixels (largest deviation "
        f"{broken:.0e})."
    )
    return said


def _pixel_page_table(table: pd.DataFrame) -> PageTable:
    has_reference = "published_f1" in table
    has_seeds = bool(table["f1_seed_sd_percent"].notna().any())
    heads = ["Encoder", "F1 %", "IoU %", "Validation loss", "F1 % of images, mean"]
    heads += ["SD of seeds"] * has_seeds
    heads += ["F1 % published", "IoU % published", "Loss published"] * has_reference
    rows = []
    for row in table.to_dict(orient="records"):
        cells = [
            Cell(str(row["encoder"])),
            _interval(row, "f1_percent", "f1_percent_low", "f1_percent_high"),
            _interval(row, "iou_percent", "iou_percent_low", "iou_percent_high"),
            Cell(_number(row["val_loss"], 5)),
            _interval(
                row,
                "f1_image_mean_percent",
                "f1_image_mean_low_percent",
                "f1_image_mean_high_percent",
            ),
        ]
        cells += [Cell(_number(row["f1_seed_sd_percent"]))] * has_seeds
        if has_reference:
            cells += [Cell(_number(row["published_f1"])), Cell(_number(row["published_iou"]))]
            cells += [Cell(_number(row["published_val_loss"], 5))]
        rows.append(cells)
    hint = "F1 and IoU of pixels pooled over the test images, as in the published table; then the "
    hint += "mean over images. Small: 95 % intervals."
    if has_reference:
        hint += " Published scores are of other images, and of other training: they show the range."
    return PageTable("Pixels (Table 2)", heads, rows, hint)


def _instance_page_table(found: Mapping[str, pd.DataFrame]) -> PageTable:
    rows = []
    for name, table in found.items():
        cells = [Cell(name)]
        values = by_score(table)
        for score in INSTANCE_SCORES:
            row = values[score]
            cells.append(Cell(_number(row["value"], 3), _range(row["low"], row["high"], 3)))
        rows.append(cells)
    hint = (
        "Nuclei, after touching ones of a mask were taken apart. AP is TP / (TP + FP + FN). Cut: "
        "part of the true nuclei in pieces; joined: part of the predicted ones that hold several."
    )
    return PageTable("Nuclei", ["Encoder", *INSTANCE_SCORES.values()], rows, hint)


def _difference_page_table(table: pd.DataFrame) -> PageTable:
    shown = {"dice": "Pixel F1", "panoptic_quality": "PQ", "average_precision@0.50:0.95": "AP"}
    heads = ["Pair"] + [h for name in shown.values() for h in (f"{name}, %", "p")]
    rows = []
    for (a, b), part in table.groupby(["a", "b"], sort=False):
        values = by_score(part.set_index("score").drop(columns=["a", "b"]))
        cells = [Cell(f"{b} − {a}")]
        for score in shown:
            row = values[score]
            low, high = 100 * row["low"], 100 * row["high"]
            cells.append(Cell(_number(100 * row["difference"], 2, sign=True), _range(low, high, 2)))
            cells.append(Cell(_p(row["p_holm"])))
        rows.append(cells)
    hint = "Second less first, on the same images. p is corrected for the number of pairs (Holm)."
    return PageTable("Which differences are real", heads, rows, hint)


def _cost_page_table(table: pd.DataFrame) -> PageTable:
    heads = [
        "Encoder",
        "Parameters, M",
        "Training, min",
        "Training memory, MB",
        "Inference, ms an image",
        "s a megapixel",
        "of it the network",
        "Inference memory, MB",
    ]
    columns = [
        ("parameters_millions", 2),
        ("training_minutes", 1),
        ("training_memory_mb", 0),
        ("inference_ms_per_image", 0),
        ("inference_s_per_megapixel", 2),
        ("network_s_per_megapixel", 2),
        ("inference_memory_mb", 0),
    ]
    rows = [
        [Cell(str(row["encoder"])), *(Cell(_number(row[name], digits)) for name, digits in columns)]
        for row in table.to_dict(orient="records")
    ]
    first = table.iloc[0]
    hint = (
        f"Training on {first['training_device']}, with what else ran there; inference with ONNX "
        f"Runtime on {first['inference_threads']} threads of the processor, one image at a time, "
        "with nothing beside."
    )
    return PageTable("What they cost", heads, rows, hint)


def _interval(row: Mapping[Any, Any], value: str, low: str, high: str) -> Cell:
    return Cell(_number(row[value]), _range(row[low], row[high]))


def _number(value: float, digits: int = 2, *, sign: bool = False) -> str:
    if value is None or np.isnan(value):
        return "–"
    return f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"


def _range(low: float, high: float, digits: int = 2) -> str:
    return "" if np.isnan(low) else f"{low:.{digits}f} to {high:.{digits}f}"


def _p(value: float) -> str:
    if np.isnan(value):
        return "–"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _joined(cell: Cell) -> str:
    return f"{cell.text} ({cell.small})" if cell.small else cell.text

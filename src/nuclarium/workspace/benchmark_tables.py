"""The tables of a benchmark: pixels as papers print them, nuclei, costs, and differences."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nuclarium.evaluate import compare, summarise
from nuclarium.evaluate.correction import holm
from nuclarium.workspace.benchmark_runs import EncoderRuns
from nuclarium.workspace.published import Published

SEED = 0
INSTANCE_SCORES = {
    "f1@0.50": "F1 at 0.5",
    "average_precision@0.50": "AP at 0.5",
    "average_precision@0.75": "AP at 0.75",
    "average_precision@0.50:0.95": "AP 0.5 to 0.95",
    "panoptic_quality": "PQ",
    "aji": "AJI",
    "count_error": "Count error",
    "split_rate": "Cut",
    "merge_rate": "Joined",
}
"""Scores of nuclei that are shown, and what heads their columns."""

COMPARED = ("dice", "iou", "f1@0.50", "average_precision@0.50:0.95", "panoptic_quality")
_RESAMPLES = 4000


def groups_of(encoders: Sequence[EncoderRuns]) -> list[str] | None:
    """Group of each test image; None where no image, or only some, have one."""
    groups = [image["group"] for image in encoders[0].runs[0].record["images"]]
    return groups if all(groups) else None


def summaries(encoders: Sequence[EncoderRuns]) -> dict[str, pd.DataFrame]:
    """Scores of each encoder with 95 % intervals, as `evaluate.summarise` gives them."""
    groups = groups_of(encoders)
    return {
        encoder.name: summarise(encoder.scores, groups, rng=np.random.default_rng(SEED))
        for encoder in encoders
    }


def by_score(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return the numbers of a table by the names of its rows and columns."""
    names = [str(name) for name in table.columns]
    return {
        str(row[0]): dict(zip(names, map(float, row[1:]), strict=True))
        for row in table.itertuples(name=None)
    }


def pixel_table(
    encoders: Sequence[EncoderRuns],
    found: Mapping[str, pd.DataFrame],
    published: Mapping[str, Published],
) -> pd.DataFrame:
    """Table 2: pooled F1 and IoU of pixels, validation loss, and means of images; in percent.

    Columns that end in ``_low`` and ``_high`` are 95 % intervals; those of a published table begin
    with ``published_`` and are there only with one.
    """
    rows = []
    for encoder in encoders:
        table = by_score(found[encoder.name])
        row: dict[str, Any] = {"encoder": encoder.name}
        for score, name in (("dice", "f1"), ("iou", "iou")):
            for column, ending in (("value", ""), ("low", "_low"), ("high", "_high")):
                row[f"{name}_percent{ending}"] = 100 * table[score][column]
        row["val_loss"] = encoder.mean("val_loss")
        for column in ("image_mean", "image_mean_low", "image_mean_high"):
            row[f"f1_{column}_percent"] = 100 * table["dice"][column]
        row["f1_seed_sd_percent"] = 100 * encoder.seed_spread
        if published:
            paper = published.get(encoder.name)
            for name in ("f1", "iou", "val_loss"):
                row[f"published_{name}"] = getattr(paper, name) if paper else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def instance_table(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Scores of nuclei, pooled, one row an encoder and score, with 95 % intervals."""
    rows = [
        {"encoder": name, "score": score, **{k: row[k] for k in ("value", "low", "high")}}
        for name, table in found.items()
        for score, row in by_score(table).items()
        if score not in ("dice", "iou")
    ]
    return pd.DataFrame(rows)


def cost_table(encoders: Sequence[EncoderRuns]) -> pd.DataFrame:
    """Say what each encoder costs to train and to use; means over the seeds."""
    rows = []
    for encoder in encoders:
        record = encoder.runs[0].record
        rows.append(
            {
                "encoder": encoder.name,
                "parameters_millions": record["parameters"] / 1e6,
                "training_minutes": encoder.mean("training", "seconds") / 60,
                "training_device": record["training"]["device"],
                "training_memory_mb": encoder.mean("training", "peak_memory_mb"),
                "inference_ms_per_image": 1e3 * encoder.mean("inference", "seconds_per_image"),
                "inference_s_per_megapixel": encoder.mean("inference", "seconds_per_megapixel"),
                "network_s_per_megapixel": encoder.mean(
                    "inference", "network_seconds_per_megapixel"
                ),
                "inference_memory_mb": encoder.mean("inference", "peak_memory_mb"),
                "inference_threads": record["inference"]["threads"],
            }
        )
    return pd.DataFrame(rows)


def difference_table(encoders: Sequence[EncoderRuns]) -> pd.DataFrame:
    """Paired differences of all encoders on the same images.

    Returns
    -------
    table : DataFrame
        ``a``, ``b``, ``score``, ``difference`` (b less a), ``low``, ``high``, ``p``, and
        ``p_holm``, corrected for the pairs of encoders of that score.
    """
    groups = groups_of(encoders)
    rows = []
    for a, b in itertools.combinations(encoders, 2):
        rng = np.random.default_rng(SEED)
        table = compare(a.scores, b.scores, groups, rng=rng, resamples=_RESAMPLES)
        values = by_score(table.drop(columns=["a", "b"]))
        rows += [{"a": a.name, "b": b.name, "score": score, **values[score]} for score in COMPARED]
    columns = ["a", "b", "score", "difference", "low", "high", "p"]
    found = pd.DataFrame(rows, columns=columns)
    found["p_holm"] = np.nan
    for _, part in found.groupby("score"):
        found.loc[part.index, "p_holm"] = holm(part["p"].tolist())
    return found


def largest_break(table: pd.DataFrame) -> float:
    """Largest deviation from IoU = F1 / (2 - F1), which scores of pooled pixels keep; a part."""
    f1, iou = table["f1_percent"] / 100, table["iou_percent"] / 100
    return float((iou - f1 / (2 - f1)).abs().max())

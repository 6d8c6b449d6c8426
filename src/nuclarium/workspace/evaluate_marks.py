"""Score a dataset of boxes, outlines and classes against another, of a model or a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.manifest import MANIFEST, Dataset
from nuclarium.dataset.pairs import listed
from nuclarium.dataset.read import read_dataset, versions
from nuclarium.evaluate.mark_matching import Method
from nuclarium.evaluate.mark_scores import MarkScores, score_marks

THRESHOLD = 0.5


@dataclass(frozen=True)
class MarkEvaluation:
    """Scores of a dataset against the truth.

    Parameters
    ----------
    images : int
        Fields that both have.
    left_out : list of str
        Fields of the truth that the prediction lacks.
    scores : MarkScores
        Over all fields.
    """

    images: int
    left_out: list[str]
    scores: MarkScores

    def as_dict(self) -> dict[str, Any]:
        """Return what `--json` prints; nan is null."""
        counts = self.scores.detection
        names = ("precision", "recall", "f1", "mean_matched_iou")
        levels = {
            name: {
                "matched": found.total,
                "accuracy": _number(found.accuracy),
                "mcc": _number(found.mcc),
                "classes": json.loads(found.table().to_json(orient="records")),
                "confusion": {"classes": found.classes, "counts": found.confusion.tolist()},
            }
            for name, found in self.scores.levels.items()
        }
        return {
            "images": self.images,
            "left_out": self.left_out,
            "detection": {
                "iou": THRESHOLD,
                "true_positive": counts.true_positive,
                "false_positive": counts.false_positive,
                "false_negative": counts.false_negative,
                "ignored": self.scores.ignored,
                **{name: _number(getattr(counts, name)) for name in names},
            },
            "levels": levels,
        }


def is_marked_dataset(path: Path) -> bool:
    """Whether a path is a dataset, or a version of one, that has boxes or classes."""
    if not (path / MANIFEST).is_file() and not versions(path):
        return False
    return read_dataset(path).has_marks


def evaluate_marked(
    predictions: Path,
    truth: Path,
    *,
    method: Method = "hungarian",
    advance: Callable[[int], None] = lambda images: None,
) -> MarkEvaluation:
    """Compare the fields that two datasets have in common, by their ids, with the truth's classes.

    Parameters
    ----------
    predictions, truth : Path
        Datasets, or versions; the truth has boxes or classes.
    method : "hungarian" or "greedy"
        As for `match_marks`, at an IoU of 0.5.
    advance : callable
        Called with 1 for every field that was compared.

    Raises
    ------
    SettingsError
        If the first is no dataset, no field is in both, or a label is in no class of the truth.
    """
    if not (predictions / MANIFEST).is_file() and not versions(predictions):
        raise SettingsError(
            f"The truth {truth} is a dataset with boxes or classes, so {predictions} must be a "
            "dataset as well, but is none. Import it: nuclarium dataset import"
        )
    found, true = read_dataset(predictions), read_dataset(truth)
    own = {item.id: item for item in found.items}
    both = [item for item in true.items if item.id in own]
    if not both:
        raise SettingsError(
            f"The two datasets must have fields of the same names, but have none: {_ids(true)} in "
            f"{truth}, {_ids(found)} in {predictions}."
        )
    total, hierarchy = MarkScores(), true.hierarchy
    for item in both:
        marks = item.read_marks(true.folder).marks
        predicted = own[item.id].read_marks(found.folder).marks
        try:
            total += score_marks(marks, predicted, hierarchy, threshold=THRESHOLD, method=method)
        except SettingsError as error:
            raise SettingsError(f"{item.id}: {error}") from error
        advance(1)
    left_out = [item.id for item in true.items if item.id not in own]
    return MarkEvaluation(len(both), left_out, total)


def format_marked(found: MarkEvaluation) -> str:
    """Write the scores as a person reads them."""
    counts, ignored = found.scores.detection, found.scores.ignored
    lines = [
        f"{found.images:,} fields, matched at an IoU of {THRESHOLD}",
        f"found {counts.true_positive:,}, missed {counts.false_negative:,}, wrong "
        f"{counts.false_positive:,}, on what is not judged {ignored:,}",
        f"precision {counts.precision:.3f}, recall {counts.recall:.3f}, f1 {counts.f1:.3f}",
    ]
    for name, level in found.scores.levels.items():
        lines += [
            "",
            f"{name}: {level.total:,} matched nuclei, accuracy {level.accuracy:.3f}, "
            f"mcc {level.mcc:.3f}",
        ]
        table = level.table()
        if len(table):
            lines.append(table.to_string(index=False, float_format="{:.3f}".format, na_rep="–"))
    return "\n".join(lines)


def class_table(found: MarkEvaluation) -> pd.DataFrame:
    """Return the scores of every class at every level, for a CSV."""
    tables = [
        counts.table().assign(level=name).set_index("level").reset_index()
        for name, counts in found.scores.levels.items()
    ]
    return pd.concat(tables) if tables else pd.DataFrame()


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _ids(dataset: Dataset) -> str:
    return listed([item.id for item in dataset.items], 2)

"""Score a folder of predictions against a folder of truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.image import Image
from nuclarium.core.labels import Labels
from nuclarium.evaluate import (
    ImageScores,
    compare,
    pair_by_name,
    score,
    score_volume,
    summarise,
)
from nuclarium.evaluate.pairing import image_stem
from nuclarium.io import open_image
from nuclarium.io.rows import read_rows

SEED = 0
_BESIDE = (".csv", ".parquet", ".json", ".txt", ".md")


@dataclass(frozen=True)
class Evaluation:
    """Scores of a folder.

    Parameters
    ----------
    names : list of str
        Images that were scored.
    scores : list of ImageScores
        One an image.
    summary : DataFrame
        As `evaluate.summarise` gives it.
    left_out : list of str
        Truth without a prediction.
    """

    names: list[str]
    scores: list[ImageScores]
    summary: pd.DataFrame
    left_out: list[str]


def evaluate_files(
    predictions: Path,
    truth: Path,
    *,
    groups: Path | None = None,
    volumes: bool = False,
    advance: Callable[[int], None] = lambda images: None,
) -> Evaluation:
    """Score label images against the truth of the same name.

    Parameters
    ----------
    predictions : Path
        Folder of label images, a folder that `nuclarium segment` wrote, or one label image.
    truth : Path
        Folder of label images, or one; those without a prediction are left out, and listed.
    groups : Path, optional
        CSV with columns ``image`` and ``group`` (patient, plate …); intervals are then over groups.
    volumes : bool
        Compare the nuclei of stacks in three dimensions, not slice by slice.
    advance : callable
        Called with the number of images that are done.

    Raises
    ------
    InputNotFoundError
        If a folder is missing.
    SettingsError
        If a prediction has no truth, sizes differ, or a file is no label image.
    """
    predicted, true = _label_files(predictions), _label_files(truth)
    wanted = {image_stem(path) for path in predicted}
    kept = [path for path in true if image_stem(path) in wanted]
    if _is_image(predictions) and _is_image(truth):
        pairs = [(image_stem(predicted[0]), predicted[0], true[0])]
    else:
        pairs = pair_by_name(predicted, kept or true)
    scores = []
    for _, prediction, partner in pairs:
        scores.append(_score(prediction, partner, volumes=volumes))
        advance(1)
    names = [name for name, _, _ in pairs]
    summary = summarise(scores, _groups(groups, names), rng=np.random.default_rng(SEED))
    left_out = sorted({image_stem(path) for path in true} - set(names))
    return Evaluation(names, scores, summary, left_out)


def compare_files(
    first: Path,
    second: Path,
    truth: Path,
    *,
    groups: Path | None = None,
    volumes: bool = False,
) -> pd.DataFrame:
    """Compare two predictions of the same images; see `evaluate.compare`."""
    a = evaluate_files(first, truth, groups=groups, volumes=volumes)
    b = evaluate_files(second, truth, groups=groups, volumes=volumes)
    if a.names != b.names:
        missing = sorted(set(a.names) ^ set(b.names))
        raise SettingsError(
            f"Both predictions must hold the same images, but {missing[0]} is in one only. "
            "Leave out what only one of them has."
        )
    return compare(a.scores, b.scores, _groups(groups, a.names), rng=np.random.default_rng(SEED))


def _label_files(path: Path) -> list[Path]:
    """Label images at a path; one when it is a label image itself."""
    if not path.exists():
        raise InputNotFoundError(f"There must be label images at {path}, but nothing is there.")
    if _is_image(path):
        return [path]
    folder = path / "labels" if (path / "labels").is_dir() else path
    return sorted(
        path
        for path in folder.iterdir()
        if _is_image(path) and not path.name.startswith(".") and path.suffix not in _BESIDE
    )


def _is_image(path: Path) -> bool:
    return path.is_file() or path.name.endswith(".zarr")


def _score(prediction: Path, truth: Path, *, volumes: bool) -> ImageScores:
    try:
        if volumes:
            return _volume_score(prediction, truth)
        return score(_read(prediction), _read(truth))
    except ValueError as error:
        raise SettingsError(f"{prediction.name} against {truth.name}: {error}") from error


def _volume_score(prediction: Path, truth: Path) -> ImageScores:
    """Score of nuclei in three dimensions; one slice of each is in memory."""
    with open_image(prediction) as predicted, open_image(truth) as true:
        _check_labels(prediction, predicted)
        _check_labels(truth, true)
        depth = true.shape[2]
        if predicted.shape[2] != depth:
            raise ValueError(
                f"prediction must have the {depth} slices of truth, but has {predicted.shape[2]}. "
                "Check that both belong to one stack."
            )
        return score_volume((predicted.read(z=z), true.read(z=z)) for z in range(depth))


def _check_labels(path: Path, image: Image) -> None:
    if image.is_rgb:
        raise SettingsError(
            f"{path} must be a label image, with a number for each nucleus, but it has colours."
        )


def _read(path: Path) -> Labels:
    """Labels of all slices, shape (H, W) or (Z, H, W)."""
    with open_image(path) as image:
        _check_labels(path, image)
        planes = [image.read(z=z) for z in range(image.shape[2])]
    return np.asarray(planes[0] if len(planes) == 1 else np.stack(planes))


def _groups(path: Path | None, names: Sequence[str]) -> list[str] | None:
    if path is None:
        return None
    cells = [row.cells for row in read_rows(path).rows]
    try:
        group_of = {image_stem(Path(row["image"])): row["group"] for row in cells}
        return [group_of[name] for name in names]
    except KeyError as error:
        raise SettingsError(
            f"{path} must have the columns image and group and a row for every image, but "
            f"{error.args[0]} is missing."
        ) from error

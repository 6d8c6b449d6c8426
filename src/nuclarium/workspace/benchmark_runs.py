"""The runs of a benchmark as their folders hold them, joined by encoder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.evaluate import ImageScores


@dataclass(frozen=True)
class BenchmarkRun:
    """A scored run.

    Parameters
    ----------
    folder : Path
    record : dict
        What its ``scores.json`` holds.
    """

    folder: Path
    record: dict[str, Any]

    @property
    def scores(self) -> list[ImageScores]:
        """One an image; `pixels` are those of the mask."""
        return [ImageScores.from_counts(np.array(i["counts"])) for i in self.record["images"]]

    def predictions(self) -> Predictions:
        """Open what was predicted."""
        return Predictions(self.folder / "predictions.npz")


@dataclass(frozen=True)
class Predictions:
    """Masks and labels of the test images of a run, in a file."""

    path: Path

    def foreground(self, item: str) -> npt.NDArray[np.uint8]:
        """Foreground probability of an image in 1/255, shape (H, W)."""
        return self._read(f"{item}/foreground")

    def labels(self, item: str) -> npt.NDArray[np.int32]:
        """Labels of an image, shape (H, W)."""
        return np.asarray(self._read(f"{item}/labels"), np.int32)

    def _read(self, key: str) -> npt.NDArray[Any]:
        try:
            with np.load(self.path) as stored:
                return np.asarray(stored[key])
        except (OSError, ValueError, KeyError) as error:
            raise InputNotFoundError(
                f"{self.path} must hold the predictions of {key}, but does not. Delete the "
                "scores.json beside it, and run the benchmark again."
            ) from error


@dataclass(frozen=True)
class EncoderRuns:
    """All runs of one encoder, one a seed."""

    name: str
    runs: tuple[BenchmarkRun, ...]

    @property
    def scores(self) -> list[ImageScores]:
        """One an image, added up over the seeds."""
        seeds = [run.scores for run in self.runs]
        return [sum(same, start=ImageScores()) for same in zip(*seeds, strict=True)]

    def mean(self, *keys: str) -> float:
        """Mean over the seeds of a number of the record."""
        values = []
        for run in self.runs:
            found: Any = run.record
            for key in keys:
                found = found[key]
            values.append(float(found))
        return float(np.mean(values))

    @property
    def seed_spread(self) -> float:
        """Standard deviation over the seeds of the pooled F1; nan for one seed."""
        pooled = [sum(run.scores, start=ImageScores()).pixels.dice for run in self.runs]
        return float(np.std(pooled, ddof=1)) if len(pooled) > 1 else float("nan")


def read_runs(out: Path) -> list[EncoderRuns]:
    """Read all scored runs of a benchmark, the encoders in the order they were asked for.

    Raises
    ------
    InputNotFoundError
        If none is scored yet.
    SettingsError
        If they are of other images.
    """
    runs = list(_iter_runs(out))
    if not runs:
        raise InputNotFoundError(
            f"{out} must hold a run that is scored, but there is none yet. Start the benchmark."
        )
    first = [image["id"] for image in runs[0].record["images"]]
    for run in runs:
        if [image["id"] for image in run.record["images"]] != first:
            raise SettingsError(
                f"All runs must be scored on the same images, but {run.folder} and "
                f"{runs[0].folder} are not. Choose another folder for one of them."
            )
    names = dict.fromkeys(run.record["name"] for run in runs)
    return [EncoderRuns(n, tuple(run for run in runs if run.record["name"] == n)) for n in names]


def read_plan(out: Path) -> dict[str, Any]:
    """Return what ``benchmark.json`` says of the benchmark."""
    plan: dict[str, Any] = json.loads((out / "benchmark.json").read_text(encoding="utf-8"))
    return plan


def _iter_runs(out: Path) -> Iterator[BenchmarkRun]:
    found = [
        BenchmarkRun(path.parent, json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(out.glob("*/scores.json"))
    ]
    order = {name: i for i, name in enumerate(read_plan(out)["encoders"])} if found else {}
    yield from sorted(
        found, key=lambda run: (order.get(run.record["name"], len(order)), run.record["seed"])
    )

"""One run of a benchmark, in a process of its own: train, export, score, measure."""

from __future__ import annotations

import importlib.metadata
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nuclarium.dataset.read import read_dataset
from nuclarium.io.write import write_json


@dataclass(frozen=True)
class Job:
    """One run.

    Parameters
    ----------
    folder : Path
        Holds ``settings.toml``.
    seed : int
    weights : str
        What its encoder started from, for the table.
    fingerprint : str
        Hash of all that its result depends on.
    """

    folder: Path
    seed: int
    weights: str
    fingerprint: str


def train_one(job: Job, progress: bool) -> None:
    """Train a run and make its model file; one that was stopped goes on."""
    from nuclarium.train.export import export_run
    from nuclarium.train.run import train

    if (job.folder / "model.onnx").is_file():
        return
    run = job.folder / "run"
    train(job.folder / "settings.toml", run, progress=progress, title=job.folder.name)
    export_run(run, job.folder / "model.onnx")


def measure(job: Job, dataset_folder: Path) -> None:
    """Score a model file on the test part and write ``scores.json``, the last file of a run."""
    from nuclarium.models.encoders import paper_name
    from nuclarium.predict.model import load_model
    from nuclarium.train.scoring import score_model

    dataset = read_dataset(dataset_folder)
    items = dataset.of_split("test")
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    before = _memory_mb()
    scored = score_model(
        job.folder / "model.onnx",
        dataset,
        items,
        job.folder / "predictions.npz",
        threads=threads or 1,
    )
    course = json.loads((job.folder / "run" / "course.json").read_text(encoding="utf-8"))
    settings = load_model(job.folder / "model.onnx").card["settings"]
    scored["inference"]["peak_memory_mb"] = _memory_mb() - before
    write_json(
        job.folder / "scores.json",
        {
            "schema": 1,
            "version": importlib.metadata.version("nuclarium"),
            "fingerprint": job.fingerprint,
            "name": paper_name(settings["encoder"]),
            "encoder": settings["encoder"],
            "seed": job.seed,
            "weights": job.weights,
            "parameters": _parameters(settings),
            "val_loss": min(course["val_losses"]),
            "training": course,
            **scored,
        },
    )


def _parameters(settings: dict[str, Any]) -> int:
    from nuclarium.models.build import build_network

    return sum(tensor.numel() for tensor in build_network(settings).parameters())


def _memory_mb() -> float:
    from nuclarium.train.stopwatch import process_memory_mb

    return process_memory_mb()

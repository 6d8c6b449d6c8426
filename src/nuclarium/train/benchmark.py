"""Encoders side by side: one split, one budget, one run each; it can be killed and goes on."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nuclarium.core.errors import InputNotFoundError, NuclariumError, SettingsError
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.read import read_dataset
from nuclarium.io.write import write_json, write_text
from nuclarium.models.encoders import PAPER_NAMES, build_encoder, encoder_name, paper_name
from nuclarium.train.benchmark_run import Job, measure, train_one
from nuclarium.train.config import TrainConfig, read_config
from nuclarium.train.fresh import FreshProcesses

SCHEMA = 1
ENCODERS = tuple(name for name in PAPER_NAMES if name != "EfficientNet-B5")
"""Those of the published table."""

SETTINGS: dict[str, Any] = {
    "targets": "binary",
    "full_size": True,
    "decoder_channels": [256, 128, 64, 32, 16],
    "augmentation": "paper",
    "loss": {"bce": 1.0, "dice": 1.0},
    "optimizer": "adamw",
    "learning_rate": 5e-4,
    "patience": 1_000_000,
}
"""The U-Net of the published benchmark; every run takes all of its steps."""

_OWN = {"name", "dataset", "encoder", "encoder_weights", "steps", "batch_size", "seed", "workers"}
_MACHINE = {"name", "dataset", "workers", "accelerator", "devices", "encoder_weights"}


@dataclass(frozen=True)
class Plan:
    """What is compared.

    Parameters
    ----------
    dataset : Path
        Version of a dataset with a split.
    out : Path
        Folder of the benchmark.
    encoders : sequence of str
        Names as papers or libraries give them.
    steps, batch_size : int
        The budget of each run.
    weights : str
        ``none``, ``imagenet``, or a folder of files named as the encoders.
    seeds : sequence of int
        A run each, for every encoder.
    settings : Path, optional
        TOML of settings of training that differ from `SETTINGS`.
    jobs : int
        Runs at once.
    workers : int, optional
        Processes that make patches, for each run.
    """

    dataset: Path
    out: Path
    encoders: Sequence[str] = ENCODERS
    steps: int = 3000
    batch_size: int = 16
    weights: str = "none"
    seeds: Sequence[int] = (0,)
    settings: Path | None = None
    jobs: int = 1
    workers: int | None = None
    changed: dict[str, Any] = field(default_factory=dict)


def run_benchmark(plan: Plan, *, progress: bool = True) -> list[Path]:
    """Train and score every encoder; what is finished is kept.

    Parameters
    ----------
    plan : Plan
    progress : bool
        Whether to show how the runs go.

    Returns
    -------
    folders : list of Path
        One a run, each with ``scores.json``, ``predictions.npz`` and ``model.onnx``.

    Raises
    ------
    SettingsError
        If the dataset has no split, a part of it is empty, or a setting is wrong.
    OutputError
        If the disk is full or a run was killed; what is finished is kept.
    """
    dataset = read_dataset(plan.dataset)
    _check_split(dataset)
    jobs = jobs_of(plan, dataset)
    waiting = [job for job in jobs if not is_scored(job)]
    _open_folder(plan, dataset)

    def finish(processes: FreshProcesses, job: Job) -> None:
        processes.run(train_one, job, progress)
        if plan.jobs == 1:
            processes.run(measure, job, dataset.folder)

    failures = _side_by_side(waiting, plan.jobs, finish)
    # Times are taken when nothing else runs: of several runs at once, after the last.
    with FreshProcesses() as processes:
        for job in waiting:
            if job not in failures and not is_scored(job):
                processes.run(measure, job, dataset.folder)
    if failures:
        raise next(iter(failures.values()))
    return [job.folder for job in jobs]


def is_scored(job: Job) -> bool:
    """Whether a run is finished, with these settings and this dataset."""
    path = job.folder / "scores.json"
    if not path.is_file():
        return False
    found = json.loads(path.read_text(encoding="utf-8")).get("fingerprint")
    if found != job.fingerprint:
        raise SettingsError(
            f"{job.folder} holds a run with other settings or of another dataset. Choose another "
            "folder for the benchmark."
        )
    return True


def _check_split(dataset: Dataset) -> None:
    counts = {part: len(dataset.of_split(part)) for part in ("train", "val", "test")}
    empty = [part for part, count in counts.items() if not count]
    if empty:
        said = ", ".join(f"{part} {count}" for part, count in counts.items())
        raise SettingsError(
            f"A benchmark needs images to train on, to watch and to test, but the dataset "
            f"{dataset.name} {dataset.version} has {said} of {len(dataset.items)}. Split it so "
            f"that every part holds some: nuclarium dataset split {dataset.folder}"
        )
    if not any(item.n_nuclei for item in dataset.of_split("test")):
        raise SettingsError(
            f"The test part of {dataset.name} {dataset.version} must hold nuclei, but its "
            f"{counts['test']} images hold none. Split it again, with another seed."
        )


def jobs_of(plan: Plan, dataset: Dataset) -> list[Job]:
    """Write the settings of every run of a plan, one an encoder and seed."""
    names = dict.fromkeys(encoder_name(name) for name in plan.encoders)
    if not names:
        raise SettingsError("A benchmark needs at least one encoder; give --encoders NAME.")
    changed = {**SETTINGS, **_changed(plan)}
    jobs = []
    for name in names:
        build_encoder(name, in_channels=1, depth=5)  # an unknown name is refused at once
        jobs += [_job(plan, dataset, name, seed, changed) for seed in plan.seeds]
    return jobs


def _changed(plan: Plan) -> dict[str, Any]:
    if plan.settings is None:
        return plan.changed
    try:
        values = tomllib.loads(plan.settings.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputNotFoundError(f"There must be settings at {plan.settings}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{plan.settings} must be a TOML file, but {error}.") from error
    own = sorted(_OWN & set(values))
    if own:
        raise SettingsError(
            f"{plan.settings} must hold settings that all runs share, but it names "
            f"{', '.join(own)}, which the benchmark sets itself. Leave it out."
        )
    return {**values, **plan.changed}


def _job(plan: Plan, dataset: Dataset, name: str, seed: int, changed: dict[str, Any]) -> Job:
    folder = plan.out / (name if seed == 0 else f"{name}-seed{seed}")
    weights = _weights_of(plan.weights, name)
    values = {
        "name": paper_name(name),
        "dataset": str(dataset.folder.resolve()),
        "encoder": name,
        **({} if weights is None else {"encoder_weights": weights}),
        "steps": plan.steps,
        "steps_per_epoch": max(1, plan.steps // 8),
        "batch_size": plan.batch_size,
        "seed": seed,
        # A mean over more steps than a short run has would hold its random beginning.
        "ema_decay": round(min(0.99, max(0.0, 1 - 30 / plan.steps)), 6),
        **({} if plan.workers is None else {"workers": plan.workers}),
        **changed,
    }
    path = folder / "settings.toml"
    write_text(path, _toml(values))
    config = read_config(path)
    return Job(folder, seed, plan.weights, _fingerprint(config, plan.weights, dataset))


def _fingerprint(config: TrainConfig, weights: str, dataset: Dataset) -> str:
    """Hash of all that the result depends on, wherever it is computed."""
    kept = config.model_dump(mode="json", exclude=_MACHINE)
    start = weights if weights in ("none", "imagenet") else "files"
    text = json.dumps([SCHEMA, kept, start, dataset.content_hash], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _weights_of(weights: str, name: str) -> str | None:
    if weights in ("none", "imagenet"):
        return None if weights == "none" else weights
    folder = Path(weights)
    for ending in (".safetensors", ".pth", ".pt"):
        if (folder / f"{name}{ending}").is_file():
            return str((folder / f"{name}{ending}").resolve())
    raise SettingsError(
        f"--weights must be none, imagenet, or a folder that holds {name}.safetensors or "
        f"{name}.pth, but {weights} does not."
    )


def _toml(values: dict[str, Any]) -> str:
    """Write values as TOML: strings, numbers and lists are alike in JSON; tables come last."""
    flat = [f"{k} = {_value(v)}" for k, v in values.items() if not isinstance(v, dict)]
    for name, table in values.items():
        if isinstance(table, dict):
            flat += [f"\n[{name}]", *(f"{k} = {_value(v)}" for k, v in table.items())]
    return "\n".join(flat) + "\n"


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _open_folder(plan: Plan, dataset: Dataset) -> None:
    path = plan.out / "benchmark.json"
    earlier = json.loads(path.read_text(encoding="utf-8"))["encoders"] if path.is_file() else []
    names = [paper_name(name) for name in plan.encoders]
    write_json(
        path,
        {
            "schema": SCHEMA,
            "encoders": list(dict.fromkeys([*earlier, *names])),
            "dataset": {
                "name": dataset.name,
                "version": dataset.version,
                "content_sha256": dataset.content_hash,
                "split": dataset.meta.get("split"),
                "parts": {p: len(dataset.of_split(p)) for p in ("train", "val", "test")},
            },
            "steps": plan.steps,
            "batch_size": plan.batch_size,
            "weights": "files" if Path(plan.weights).is_dir() else plan.weights,
            "seeds": list(plan.seeds),
            "settings": {**SETTINGS, **_changed(plan)},
        },
    )


def _side_by_side(
    jobs: list[Job], at_once: int, finish: Callable[[FreshProcesses, Job], None]
) -> dict[Job, NuclariumError]:
    """Finish runs, each in processes of its own; say which failed, after all others are done."""
    failures: dict[Job, NuclariumError] = {}
    pool = ThreadPoolExecutor(at_once)
    with FreshProcesses() as processes:
        try:
            futures = {pool.submit(finish, processes, job): job for job in jobs}
            for future in as_completed(futures):
                try:
                    future.result()
                except NuclariumError as error:
                    failures[futures[future]] = error
        except BaseException:
            processes.end()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return failures

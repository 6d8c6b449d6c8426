"""Train StarDist's standard 2-D configuration on the images that nuclarium's `fluo` is trained on.

    ENVIRONMENTS/stardist/bin/python benchmarks/peers/stardist_train.py \
        --data ../shared/data/dsb2018 --out build/peers/stardist-model --minutes 70

The weights are kept after every epoch, and a run that was stopped goes on when it is started again.
The best weights and both thresholds are chosen on the images of fluorescence_val.txt, on which the
result is then measured: an advantage that nuclarium's model does not have.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import time
from pathlib import Path

import keras
import numpy as np
from csbdeep.utils import normalize
from skimage.io import imread
from stardist import fill_label_holes
from stardist.models import Config2D, StarDist2D

Pairs = tuple[list[np.ndarray], list[np.ndarray]]


class Budget(keras.callbacks.Callback):
    """Stop when the time is spent, and keep what a resumed run must know.

    Processor time is counted, over the number of processors: other work on the machine takes
    nothing from the budget.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__()
        self.path = path
        self.seconds = seconds
        self.state = {"seconds": 0.0, "epochs": 0, "best": float("inf"), "rate": None}
        if path.exists():
            self.state |= json.loads(path.read_text())

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Note the time."""
        self.began = time.process_time()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the state, and stop where another epoch would not fit."""
        spent = (time.process_time() - self.began) / (os.cpu_count() or 1)
        self.state["seconds"] += spent
        self.state["epochs"] += 1
        self.state["best"] = min(self.state["best"], float(logs["val_loss"]))
        self.state["rate"] = float(self.model.optimizer.learning_rate)
        self.path.write_text(json.dumps(self.state))
        print(f"\n{self.state['seconds'] / 60:.1f} minutes, val_loss {logs['val_loss']:.4f}")
        if self.state["seconds"] + spent / 2 > self.seconds:
            self.model.stop_training = True


def main() -> None:
    args = _arguments()
    exclude = set((args.data / "fluorescence_val.txt").read_text().split())
    with (args.data / "index.csv").open() as file:
        names = [row["id"] for row in csv.DictReader(file) if row["modality"] == "fluorescence"]
    training = [name for name in names if name not in exclude][: args.images]
    validation = [name for name in names if name in exclude][: args.images]
    print(f"{len(training)} images to train on, {len(validation)} to choose on")
    train, val = _read(args.data, training), _read(args.data, validation)
    model = _model(args)
    budget = Budget(model.logdir / "state.json", 60 * args.minutes)
    _resume(model, budget)
    if budget.state["seconds"] < budget.seconds:
        rng = np.random.default_rng(args.seed + budget.state["epochs"])
        model.callbacks.append(budget)
        model.train(
            *train,
            validation_data=val,
            augmenter=lambda x, y: _augmented(x, y, rng),
            seed=args.seed,
            epochs=10_000,
            steps_per_epoch=args.steps,
        )
    model.load_weights("weights_best.h5")
    model.optimize_thresholds(*val)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/dsb2018"))
    parser.add_argument("--out", type=Path, default=Path("build/peers/stardist-model"))
    parser.add_argument("--minutes", type=float, default=70, help="time on all processors")
    parser.add_argument("--steps", type=int, default=100, help="steps an epoch")
    parser.add_argument("--patience", type=int, default=10, help="epochs until the rate is halved")
    parser.add_argument("--images", type=int, help="take only so many, to try the script")
    parser.add_argument("--seed", type=int, default=42)
    return parser.parse_args()


def _read(data: Path, names: list[str]) -> Pairs:
    images = [normalize(imread(data / "images" / f"{name}.png"), 1, 99.8) for name in names]
    labels = [fill_label_holes(imread(data / "labels" / f"{name}.png")) for name in names]
    return images, labels


def _model(args: argparse.Namespace) -> StarDist2D:
    """Return the standard model; the rate is to fall within the epochs that there is time for."""
    config = Config2D(
        n_rays=32,
        grid=(2, 2),
        n_channel_in=1,
        train_tensorboard=False,
        train_reduce_lr={"factor": 0.5, "patience": args.patience, "min_delta": 0},
    )
    return StarDist2D(config, name=args.out.name, basedir=str(args.out.parent))


def _resume(model: StarDist2D, budget: Budget) -> None:
    """Go on from the last epoch of a run that was stopped."""
    model.prepare_for_training()
    if not budget.state["epochs"]:
        return
    kept = (
        name for name in ("weights_now.h5", "weights_last.h5") if (model.logdir / name).exists()
    )
    model.load_weights(next(kept))
    model.keras_model.optimizer.learning_rate = budget.state["rate"]
    for callback in model.callbacks:
        if getattr(callback, "save_best_only", False):
            callback.best = budget.state["best"]


def _augmented(
    image: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Turn, flip, change contrast and brightness, add a little noise."""
    turns, flip = rng.integers(4), rng.integers(2)
    image, labels = (np.rot90(array, turns) for array in (image, labels))
    if flip:
        image, labels = image[:, ::-1], labels[:, ::-1]
    image = image * rng.uniform(0.6, 2) + rng.uniform(-0.2, 0.2)
    return image + rng.normal(0, 0.02 * rng.uniform(), image.shape), labels


if __name__ == "__main__":
    main()

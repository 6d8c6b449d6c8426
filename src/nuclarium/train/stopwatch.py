"""What a run has cost so far: time, memory, and on what it ran."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import Any

import lightning
import torch

from nuclarium.io.write import write_json


class Stopwatch(lightning.Callback):
    """Add up the seconds of a run over its interruptions, and write ``course.json`` at its end.

    What a killed run did after its last checkpoint is not counted, since it is done again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._earlier = 0.0
        self._began = time.monotonic()
        self._losses: list[float] = []

    def on_train_start(self, *_: Any) -> None:
        """Begin."""
        self._began = time.monotonic()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def on_validation_end(self, trainer: Any, _: Any) -> None:
        """Remember the validation loss."""
        self._losses.append(float(trainer.callback_metrics["val_loss"]))

    def on_train_end(self, trainer: Any, _: Any) -> None:
        """Write what the run has cost."""
        if trainer.is_global_zero:
            on_gpu = trainer.strategy.root_device.type == "cuda"
            write_json(
                self._path,
                {
                    "steps": trainer.global_step,
                    "seconds": self._seconds(),
                    "device": torch.cuda.get_device_name() if on_gpu else "CPU",
                    "peak_memory_mb": _gpu_memory_mb() if on_gpu else process_memory_mb(),
                    "memory_of": "graphics card" if on_gpu else "process",
                    "val_losses": self._losses,
                },
            )

    def state_dict(self) -> dict[str, Any]:
        """Keep the seconds and losses."""
        return {"seconds": self._seconds(), "losses": list(self._losses)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from those of a checkpoint."""
        self._earlier, self._losses = state["seconds"], list(state["losses"])

    def _seconds(self) -> float:
        return self._earlier + time.monotonic() - self._began


def process_memory_mb() -> float:
    """Most memory that this process has held, in MB of a million bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _gpu_memory_mb() -> float:
    return torch.cuda.max_memory_allocated() / 1e6

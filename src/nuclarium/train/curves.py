"""The course of a run in the terminal: losses, a small curve, the time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import lightning
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_LEVELS = "▁▂▃▄▅▆▇█"
_WIDTH = 24


def sparkline(values: Sequence[float], width: int = _WIDTH) -> str:
    """Draw values as a line of blocks; the last ones, if there are more than fit.

    Examples
    --------
    >>> sparkline([1.0, 0.5, 0.25, 0.0])
    '█▅▃▁'
    >>> sparkline([])
    ''
    """
    shown = [value for value in values if value == value][-width:]
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    steps = (len(_LEVELS) - 1) / (high - low) if high > low else 0
    return "".join(_LEVELS[int((value - low) * steps + 0.5)] for value in shown)


class LiveCurve(lightning.Callback):
    """A bar over the steps with both losses; plain lines where there is no terminal."""

    def __init__(self, steps: int, watched: bool, title: str = "Training") -> None:
        self._console = Console(stderr=True, highlight=False)
        self._title = title
        self._steps = steps
        self._watched = watched
        self._losses: list[float] = []
        self._began = time.monotonic()
        self._progress = Progress(
            TextColumn(title),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[losses]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._progress.add_task("", total=steps, losses="")

    def on_train_start(self, trainer: Any, _: Any) -> None:
        """Show the bar."""
        if trainer.is_global_zero:
            self._began = time.monotonic()
            self._progress.start()
            self._progress.update(self._task, completed=trainer.global_step)

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Move the bar."""
        if trainer.is_global_zero:
            self._progress.update(self._task, completed=trainer.global_step)

    def on_train_epoch_end(self, trainer: Any, _: Any) -> None:
        """Say the losses of an epoch."""
        name = "val_loss" if self._watched else "train_loss"
        found = trainer.callback_metrics.get(name)
        if not trainer.is_global_zero or found is None:
            return
        self._losses.append(float(found))
        train = float(trainer.callback_metrics.get("train_loss", float("nan")))
        text = f"loss {train:.4f}"
        if self._watched:
            text += f"  val_loss {self._losses[-1]:.4f}  best {min(self._losses):.4f}"
        text += f"  {sparkline(self._losses)}"
        self._progress.update(self._task, losses=text)
        if self._progress.disable:
            seconds = time.monotonic() - self._began
            self._console.print(
                f"{self._title}: step {trainer.global_step} of {self._steps}  {text}  "
                f"{seconds:.0f} s",
                markup=False,
                soft_wrap=True,
            )

    def on_train_end(self, *_: Any) -> None:
        """Take the bar away."""
        self._progress.stop()

    def on_exception(self, *_: Any) -> None:
        """Take the bar away."""
        self._progress.stop()

    def state_dict(self) -> dict[str, Any]:
        """Keep the curve, so that a run that goes on shows all of it."""
        return {"losses": list(self._losses)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up the curve again."""
        self._losses = list(state["losses"])

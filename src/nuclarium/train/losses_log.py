"""The table of losses of a run that goes on: what an interrupted run has logged stays in it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.loggers import CSVLogger


class KeptLosses(lightning.Callback):
    """Put the earlier rows of ``metrics.csv`` back, which the logger deletes when it begins.

    Rows after the checkpoint that a run goes on from are left out, since they are made again.

    Parameters
    ----------
    logger : CSVLogger
        One that has not begun.
    """

    def __init__(self, logger: CSVLogger) -> None:
        self._logger = logger
        path = Path(logger.log_dir) / "metrics.csv"
        self._earlier: list[dict[str, Any]] = []
        if path.is_file():
            with path.open(newline="") as file:
                rows = csv.DictReader(file)
                # A row that was cut short when the run was killed may have no epoch.
                self._earlier = [row for row in rows if (row.get("epoch") or "").isdigit()]

    def setup(self, trainer: Any, *_: Any, **__: Any) -> None:
        """Write all of them, for a run that turns out to be finished."""
        self._write(trainer, self._earlier)

    def on_train_start(self, trainer: Any, _: Any) -> None:
        """Write those of epochs that are not made again; none if there was no checkpoint.

        Epochs tell, since steps are counted one further after a stop.
        """
        last = trainer.current_epoch if trainer.global_step else -1  # the checkpoint ends it
        self._write(trainer, [row for row in self._earlier if int(row["epoch"]) <= last])

    def _write(self, trainer: Any, rows: list[dict[str, Any]]) -> None:
        if self._earlier and trainer.is_global_zero:
            table = self._logger.experiment
            Path(table.metrics_file_path).unlink(missing_ok=True)
            table.metrics[:0] = rows
            table.save()

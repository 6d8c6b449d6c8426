"""Checkpoints that are whole or absent, also on a disk that fills up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from nuclarium.core.errors import OutputError
from nuclarium.io.write import written_whole


class WholeCheckpointIO(TorchCheckpointIO):
    """Write a checkpoint beside its place and rename it, so that the last one is never lost."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        """Write a checkpoint.

        Raises
        ------
        OutputError
            If the disk is full or the folder cannot be written.
        """
        with written_whole(Path(path)) as part:
            try:
                torch.save(checkpoint, part)
            except RuntimeError as error:
                # What torch says where a write fails: it hides the reason that the system gave.
                raise OutputError(
                    f"{path} must be written whole, but there was no room for it or it broke off. "
                    "Free some space; the same command goes on from the last checkpoint."
                ) from error

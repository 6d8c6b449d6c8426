"""The picture of patches before a training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nuclarium.core.labels import Labels
from nuclarium.report.figures import Rgb, overlay, write_png
from nuclarium.report.sheet import Row, sheet


class Piece(Protocol):
    """Pixels with most values in [0, 1], and labels of the same size."""

    @property
    def pixels(self) -> npt.NDArray[np.float32]:
        """Shape (H, W) or (H, W, 3)."""
        ...

    @property
    def labels(self) -> Labels:
        """Shape (H, W)."""
        ...


def write_preview(path: Path, augmentation: str, rows: Sequence[Sequence[Piece]]) -> None:
    """Write a PNG: images as they are, and patches as the network would be shown them."""
    shown = [
        Row("Images as they are" if i == 0 else "Patches" if i == 1 else "", [_drawn(p) for p in r])
        for i, r in enumerate(rows)
    ]
    note = "Outlines are the truth. All of one brightness: black is 0, white is 1."
    write_png(
        path, sheet(shown, title=f"Before training: augmentation = {augmentation}", note=note)
    )


def _drawn(piece: Piece) -> Rgb:
    # The same grey for the same value, so that a change of brightness is seen.
    bytes8: npt.NDArray[Any] = np.rint(np.clip(piece.pixels, 0, 1) * 255).astype(np.uint8)
    colours = bytes8 if bytes8.ndim == 3 else np.repeat(bytes8[:, :, None], 3, axis=2)
    return overlay(colours, piece.labels, largest_side=512)

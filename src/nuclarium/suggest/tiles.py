"""Feature tiles of one plane: found by pixel or window, computed side by side, kept while used."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.suggest.features import Canvas, FeatureTile, feature_tile
from nuclarium.suggest.settings import FeatureSettings
from nuclarium.suggest.strokes import Strokes

TILE_PX = 512
"""Side of the tiles of a plane."""

STACK_TILE_PX = 128
"""Side of the tiles of a stack, which are as deep as the stack."""

_KEPT_BYTES = 1 << 30


class FeatureTiles:
    """The features of one plane or stack, tile by tile; a tile is computed when first asked for.

    Parameters
    ----------
    canvas : Canvas
    settings : FeatureSettings
    workers : int
        Tiles that are computed at once.
    kept_bytes : int
        Tiles are forgotten, the longest unused first, when they take more than this.
    """

    def __init__(
        self,
        canvas: Canvas,
        settings: FeatureSettings,
        *,
        workers: int = 1,
        kept_bytes: int = _KEPT_BYTES,
    ) -> None:
        self.canvas, self.settings, self.workers = canvas, settings, workers
        self.tile_px = TILE_PX if canvas.shape[0] == 1 else STACK_TILE_PX
        self._kept_bytes = kept_bytes
        self._tiles: OrderedDict[Box, FeatureTile] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory that the kept tiles take."""
        with self._lock:
            return sum(tile.nbytes for tile in self._tiles.values())

    def boxes(self, window: Box | None = None) -> list[Box]:
        """Tiles that cover a window, or the whole plane."""
        plane = self.canvas.shape[1:]
        window = Box.of_shape(plane) if window is None else window
        boxes = iter_boxes(plane, self.tile_px)
        return [box for box in boxes if 0 not in box.intersection(window).shape]

    def tile(self, box: Box) -> FeatureTile:
        """Return one of `boxes`, from memory or computed now."""
        with self._lock:
            known = self._tiles.get(box)
            if known is not None:
                self._tiles.move_to_end(box)
                return known
        found = feature_tile(self.canvas, self.settings, box)
        with self._lock:
            self._tiles[box] = found
            held = sum(tile.nbytes for tile in self._tiles.values())
            while held > self._kept_bytes and len(self._tiles) > 1:
                held -= self._tiles.popitem(last=False)[1].nbytes
        return found

    def prepare(self, boxes: Iterable[Box]) -> None:
        """Compute tiles side by side."""
        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(self.tile, boxes))

    def samples(self, strokes: Strokes) -> npt.NDArray[np.int16]:
        """Features of drawn pixels, shape (F, n), in the order of the strokes."""
        values = np.empty((len(self.settings.names), len(strokes)), np.int16)
        rows, columns = strokes.places[:, 1], strokes.places[:, 2]
        number = rows // self.tile_px * (1 << 20) + columns // self.tile_px
        parts = [np.flatnonzero(number == key) for key in np.unique(number)]
        with ThreadPoolExecutor(self.workers) as pool:
            list(pool.map(lambda part: self._sample(strokes, part, values), parts))
        return values

    def _sample(
        self, strokes: Strokes, part: npt.NDArray[np.intp], values: npt.NDArray[np.int16]
    ) -> None:
        z, y, x = strokes.places[part].T
        height, width = self.canvas.shape[1:]
        y0, x0 = (int(v[0]) // self.tile_px * self.tile_px for v in (y, x))
        y1, x1 = min(y0 + self.tile_px, height), min(x0 + self.tile_px, width)
        tile = self.tile(Box(y0, x0, y1, x1))
        for index in range(len(values)):
            values[index, part] = tile.full(index)[z, y - y0, x - x0]

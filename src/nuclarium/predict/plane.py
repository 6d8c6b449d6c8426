"""One plane of any size to labels: tiles are read, predicted and decoded side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.geometry import Box, iter_boxes
from nuclarium.core.labels import Labels
from nuclarium.predict.decode import APRON, Fragments, Nuclei, fragments, joined
from nuclarium.predict.engine import Engine
from nuclarium.predict.holes import BackgroundAreas
from nuclarium.predict.magnify import decoder_at, magnified, restored, tile_grid
from nuclarium.predict.model import DecoderSpec, InputSpec
from nuclarium.predict.schedule import Progress, run_tiles
from nuclarium.predict.store import MemoryStore, TileStore
from nuclarium.preprocess.intensity import IntensityRange, PixelReader


@dataclass(frozen=True)
class PlaneReader:
    """A plane to segment.

    Parameters
    ----------
    read : callable
        Gives the pixels of a window, shape (H, W), or (H, W, 3) for a model of colour.
    shape : (height, width)
    intensity : IntensityRange
        Of the whole plane, so that every tile is prepared alike.
    magnification : float
        At which the network sees the plane, a power of two; labels keep the size of the plane.
    """

    read: PixelReader
    shape: tuple[int, int]
    intensity: IntensityRange
    magnification: float = 1.0


@dataclass(frozen=True)
class PlaneLabels:
    """The labels of a plane, given tile by tile.

    Parameters
    ----------
    shape : (height, width)
    tile_size : int
    nuclei : Nuclei
        Its `score` has one entry a nucleus.
    store : TileStore
        Holds the fragment numbers of every tile.
    """

    shape: tuple[int, int]
    tile_size: int
    nuclei: Nuclei
    store: TileStore

    @property
    def count(self) -> int:
        """Number of nuclei; the largest label."""
        return len(self.nuclei.score)

    def iter_tiles(self) -> Iterator[tuple[Box, Labels]]:
        """Yield every tile with its labels, row by row."""
        for index, box in enumerate(iter_boxes(self.shape, self.tile_size)):
            yield box, self._tile(index)

    def read(self, window: Box) -> Labels:
        """Labels of a window, int32 of its shape."""
        labels = np.zeros(window.shape, np.int32)
        for index, box in _tiles_of(window, self.shape, self.tile_size):
            part = window.intersection(box)
            labels[part.shifted(-window.y0, -window.x0).slices] = self._tile(index)[
                part.shifted(-box.y0, -box.x0).slices
            ]
        return labels

    def to_array(self) -> Labels:
        """Return the whole plane, int32 of `shape`."""
        return self.read(Box.of_shape(self.shape))

    def maps(self) -> npt.NDArray[np.uint8]:
        """Return foreground probability and distance in 1/255, shape (2, H, W)."""
        maps = np.zeros((2, *self.shape), np.uint8)
        for index, box in enumerate(iter_boxes(self.shape, self.tile_size)):
            maps[(slice(None), *box.slices)] = self.store.get(f"maps-{index}")["maps"]
        return maps

    def _tile(self, index: int) -> Labels:
        numbers = self.store.get(f"numbers-{index}")["numbers"]
        return self.nuclei.labels_of(index, numbers)


def segment_plane(
    plane: PlaneReader,
    engine: Engine,
    input_spec: InputSpec,
    decoder_spec: DecoderSpec,
    *,
    store: TileStore | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> PlaneLabels:
    """Segment a plane in tiles; the labels are those of the whole plane.

    Parameters
    ----------
    plane : PlaneReader
    engine : Engine
        The network; each worker runs it.
    input_spec, decoder_spec
        As the model file gives them.
    store : TileStore, optional
        Where tiles wait. With a `FolderStore` that an interrupted run has left, what it finished
        is not done again, and memory does not grow with the plane.
    workers : int
        Tiles that are worked on at once.
    progress : callable, optional
        Called with the number of pixels of every finished tile.

    Returns
    -------
    labels : PlaneLabels
    """
    decoder_spec = decoder_at(decoder_spec, plane.magnification)
    steps = _Steps(plane, engine, input_spec, decoder_spec, store or MemoryStore())
    run_tiles(steps, workers, progress or (lambda pixels: None))
    if len(steps.boxes) > 1:
        engine.release()
    parts = [steps.stored_fragments(i) for i in range(len(steps.boxes))]
    nuclei = joined(parts, plane.shape, decoder_spec)
    return PlaneLabels(plane.shape, steps.tile_size, nuclei, steps.store)


def balanced_tile_size(shape: tuple[int, int], limit: int, divisor: int) -> int:
    """Side of tiles that cover a plane evenly, at most `limit`, a multiple of `divisor`.

    A plane that is longer by no more than a third is one tile: cut in two, its tiles would see so
    much of each other that the network had more to do.

    Examples
    --------
    >>> balanced_tile_size((2000, 1000), limit=1152, divisor=32)
    1024
    >>> balanced_tile_size((1388, 1040), limit=1152, divisor=32)
    1408
    """
    longest = max(shape)
    count = 1 if is_one_tile(shape, limit) else -(-longest // limit)
    side = -(-longest // count)
    return -(-side // divisor) * divisor


def is_one_tile(shape: tuple[int, int], limit: int) -> bool:
    """Whether a plane is not cut, where tiles should have a side of at most `limit`."""
    return 3 * max(shape) <= 4 * limit


class _Steps:
    """The two steps of a tile, predict and decode, and what they leave in the store."""

    def __init__(
        self,
        plane: PlaneReader,
        engine: Engine,
        input_spec: InputSpec,
        decoder_spec: DecoderSpec,
        store: TileStore,
    ) -> None:
        self.plane = plane
        self.engine = engine
        self.input_spec = input_spec
        self.decoder_spec = decoder_spec
        self.store = store
        self.grid = tile_grid(input_spec, plane.magnification)
        self.tile_size = balanced_tile_size(plane.shape, self.grid.largest_tile, self.grid.step)
        self.boxes = list(iter_boxes(plane.shape, self.tile_size))

    def is_predicted(self, index: int) -> bool:
        """Whether the maps of a tile are kept."""
        return f"maps-{index}" in self.store

    def is_decoded(self, index: int) -> bool:
        """Whether the fragments of a tile are."""
        return f"fragments-{index}" in self.store

    def predict(self, index: int) -> None:
        """Keep the maps of a tile: foreground and distance in 1/255."""
        box = self.boxes[index]
        window = box.grown(self.grid.halo).intersection(Box.of_shape(self.plane.shape))
        scaled = self.plane.intensity.apply(self.plane.read(window))
        seen = magnified(_padded(scaled, self.grid.step), self.plane.magnification)
        pixels = self.input_spec.standardise(seen)
        channels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
        logits = self.engine.run(np.ascontiguousarray(channels[None]))[0]
        core = (slice(None), *box.shifted(-window.y0, -window.x0).slices)
        probability = self._probability(logits, core)
        maps = np.rint(probability * np.float32(255)).astype(np.uint8)
        self.store.put(f"maps-{index}", {"maps": maps})

    def _probability(
        self, logits: npt.NDArray[np.float32], core: tuple[slice, ...]
    ) -> npt.NDArray[np.float32]:
        if self.plane.magnification == 1:
            return _sigmoid(logits[core])
        return restored(_sigmoid(logits), self.plane.magnification)[core]

    def decode(self, index: int) -> None:
        """Keep the fragments of a tile."""
        box = self.boxes[index]
        maps = self._maps(box.grown(APRON))
        numbers, found = fragments(maps, box, self.plane.shape, self.decoder_spec)
        self.store.put(f"numbers-{index}", {"numbers": numbers})
        arrays = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
        del arrays["box"], arrays["background"]
        self.store.put(f"background-{index}", vars(found.background))
        self.store.put(f"fragments-{index}", arrays)

    def stored_fragments(self, index: int) -> Fragments:
        """Fragments of a tile that has been decoded."""
        background = BackgroundAreas(**self.store.get(f"background-{index}"))
        arrays = self.store.get(f"fragments-{index}")
        return Fragments(box=self.boxes[index], background=background, **arrays)

    def neighbours(self, index: int) -> list[int]:
        """Tiles whose maps a tile is decoded from, itself among them."""
        wanted = self.boxes[index].grown(APRON)
        return [i for i, _ in _tiles_of(wanted, self.plane.shape, self.tile_size)]

    def _maps(self, window: Box) -> npt.NDArray[np.uint8]:
        maps = np.zeros((2, *window.shape), np.uint8)
        for index, box in _tiles_of(window, self.plane.shape, self.tile_size):
            part = window.intersection(box)
            tile = self.store.get(f"maps-{index}")["maps"]
            maps[(slice(None), *part.shifted(-window.y0, -window.x0).slices)] = tile[
                (slice(None), *part.shifted(-box.y0, -box.x0).slices)
            ]
        return maps


def _tiles_of(window: Box, shape: tuple[int, int], size: int) -> Iterator[tuple[int, Box]]:
    """Yield number and box of every tile that a window meets."""
    rows, columns = -(-shape[0] // size), -(-shape[1] // size)
    for row in range(max(0, window.y0 // size), min(rows, -(-window.y1 // size))):
        for column in range(max(0, window.x0 // size), min(columns, -(-window.x1 // size))):
            box = Box(row * size, column * size, (row + 1) * size, (column + 1) * size)
            yield row * columns + column, box.intersection(Box.of_shape(shape))


def _padded(pixels: npt.NDArray[np.float32], divisor: int) -> npt.NDArray[np.float32]:
    """Mirror the lower and right edge until both sides are multiples of `divisor`."""
    widths = [(0, -length % divisor) for length in pixels.shape[:2]]
    fits = all(after < length for (_, after), length in zip(widths, pixels.shape, strict=False))
    widths += [(0, 0)] * (pixels.ndim - 2)
    return np.pad(pixels, widths, mode="reflect" if fits else "edge")


def _sigmoid(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities of logits; numpy computes them several times as fast as scipy's expit."""
    with np.errstate(over="ignore"):  # where exp is infinite, the answer is 0
        values = np.exp(-logits)
    values += 1
    return np.reciprocal(values, out=values)

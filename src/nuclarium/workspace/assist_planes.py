"""Planes of images under a brush: features are kept while used, within one bound for all images."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box, Spacing
from nuclarium.suggest.classifier import PixelClassifier
from nuclarium.suggest.features import Canvas, StepRange
from nuclarium.suggest.ranges import step_range
from nuclarium.suggest.settings import FeatureSettings
from nuclarium.suggest.strokes import Strokes
from nuclarium.suggest.tiles import FeatureTiles
from nuclarium.workspace.pixel_images import LookSettings, PixelImage, opened

KEPT_BYTES = 1 << 30
"""Features of all images together that are held in memory."""

MOST_IMAGES = 4
"""Images whose files are held open."""

_OWN = 0.75
"""Of the bound, for the image in work; of that, for the plane in work."""

_RANGED_PLANES = 8
"""Planes of a stack that its range of intensities is taken from, evenly spread."""


class AssistedImage:
    """An open image whose planes are looked at one by one, through the same range of intensities.

    Parameters
    ----------
    path : Path
    scene : int
    sha256 : str
        Of the file, for the record; empty where nobody knows.
    kept_bytes : int
        Features of the image that are held at most.
    workers : int
        Tiles of features that are computed at once.
    """

    def __init__(
        self,
        path: Path,
        *,
        scene: int = 0,
        sha256: str = "",
        kept_bytes: int = KEPT_BYTES,
        workers: int = 1,
    ) -> None:
        self.sha256, self.key = sha256, (path, scene)
        self.look = LookSettings(z="each")
        self._stack = ExitStack()
        self._image = self._stack.enter_context(opened(path, path.stem, self.look, scene))
        weakref.finalize(self, self._stack.close)  # when the last who works on it lets go
        self._reading = threading.Lock()
        self._lock = threading.Lock()
        self._kept_bytes, self._workers = kept_bytes, workers
        self._planes: OrderedDict[int, FeatureTiles] = OrderedDict()
        self.ranges = self._range()
        self.features = FeatureSettings(channels=len(self._image.channel_names))

    @property
    def image(self) -> PixelImage:
        """What is looked at: channels, planes, spacing."""
        return self._image

    @property
    def shape(self) -> tuple[int, int, int]:
        """Planes, height and width."""
        return self._image.shape

    @property
    def spacing(self) -> Spacing | None:
        """Size of a pixel in µm, or None where it is not known."""
        return self._image.spacing

    @property
    def nbytes(self) -> int:
        """Memory that features take."""
        with self._lock:
            return sum(tiles.nbytes for tiles in self._planes.values())

    def plane(self, z: int) -> FeatureTiles:
        """Return the features of a plane, the longest unused planes being forgotten.

        Raises
        ------
        SettingsError
            If there is no such plane.
        """
        if not 0 <= z < self.shape[0]:
            raise SettingsError(
                f"The plane must be in 0..{self.shape[0] - 1} for {self._image.path.name}, but got "
                f"{z}."
            )
        with self._lock:
            if z not in self._planes:
                self._planes[z] = FeatureTiles(
                    self._canvas(z),
                    self.features,
                    workers=self._workers,
                    kept_bytes=int(_OWN * self._kept_bytes),
                )
            self._planes.move_to_end(z)
            found = self._planes[z]
            others = sum(tiles.nbytes for tiles in self._planes.values()) - found.nbytes
            while others > (1 - _OWN) * self._kept_bytes:
                others -= self._planes.popitem(last=False)[1].nbytes
            return found

    def samples(self, strokes: Strokes) -> npt.NDArray[np.int16]:
        """Features of drawn pixels, shape (F, n), in the order of the strokes."""
        depth = strokes.places[:, 0]
        parts = [np.zeros((len(self.features.names), 0), np.int16)]
        for z in np.unique(depth).tolist():
            here = depth == z
            places = strokes.places[here] * np.array([0, 1, 1])
            parts.append(self.plane(z).samples(Strokes(places, strokes.classes[here])))
        return np.concatenate(parts, axis=1)  # strokes are in reading order, plane by plane

    def fits(self, classifier: PixelClassifier) -> bool:
        """Whether a classifier looks at the image as this does."""
        return classifier.ranges == self.ranges and classifier.features == self.features

    def forget(self) -> None:
        """Let go of all features."""
        with self._lock:
            self._planes.clear()

    def close(self) -> None:
        """Let go of the features and of the file."""
        self.forget()
        self._stack.close()

    def _canvas(self, z: int) -> Canvas:
        one = self._of_planes([z])
        return Canvas(one, (1, *self.shape[1:]), self.ranges)

    def _of_planes(self, planes: list[int]) -> Callable[[Box], npt.NDArray[np.generic]]:
        image = self._image
        rows = tuple(tuple(row[z] for z in planes) for row in image.parts)
        part = PixelImage(
            image.name,
            image.path,
            (len(planes), *self.shape[1:]),
            image.channel_names,
            image.spacing,
            1.0,
            rows,
        )

        def read(window: Box) -> npt.NDArray[np.generic]:
            with self._reading:
                return part.read(window)

        return read

    def _range(self) -> tuple[StepRange, ...]:
        depth = self.shape[0]
        planes = np.unique(np.linspace(0, depth - 1, min(depth, _RANGED_PLANES)).round())
        read = self._of_planes(planes.astype(int).tolist())
        return step_range(read, self.shape[1:])


class AssistedImages:
    """Images by file, opened when first asked for; the longest unused are closed.

    Parameters
    ----------
    kept_bytes : int
        Features of all images that are held at most, beside those of the tile in work.
    workers : int
    """

    def __init__(self, *, kept_bytes: int = KEPT_BYTES, workers: int = 1) -> None:
        self._kept_bytes, self._workers = kept_bytes, workers
        self._images: OrderedDict[tuple[Path, int], AssistedImage] = OrderedDict()
        self._opening: dict[tuple[Path, int], threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Memory that features take."""
        with self._lock:
            return sum(image.nbytes for image in self._images.values())

    def image(self, path: Path, *, scene: int = 0, sha256: str = "") -> AssistedImage:
        """Return an image of a file, which is the one used last from now on."""
        key = (path, scene)
        with self._lock:
            opening = self._opening.setdefault(key, threading.Lock())
        with opening:  # a slide takes seconds, for which other images do not wait
            found = self._images.get(key) or AssistedImage(
                path,
                scene=scene,
                sha256=sha256,
                kept_bytes=int(_OWN * self._kept_bytes),
                workers=self._workers,
            )
            with self._lock:
                self._images[key] = found
                self._images.move_to_end(key)
                self._make_room()
                return found

    def close(self) -> None:
        """Let go of all images; a file closes when nobody works on it any more."""
        with self._lock:
            for image in self._images.values():
                image.forget()
            self._images.clear()

    def _make_room(self) -> None:
        """Forget others until they take a quarter of the bound; the rest is for this image."""
        others = list(self._images)[:-1]
        held = sum(self._images[key].nbytes for key in others)
        for key in others:
            if held <= (1 - _OWN) * self._kept_bytes and len(self._images) <= MOST_IMAGES:
                break
            held -= self._images[key].nbytes
            self._images.pop(key).forget()  # who works on it still reads; the file closes with it

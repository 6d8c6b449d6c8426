"""The mask under the brush: trained from the strokes of a document, the newest first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

import nuclarium
from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.core.geometry import Box
from nuclarium.suggest.classifier import PixelClassifier, trained
from nuclarium.suggest.layers import Layers, window_layers
from nuclarium.suggest.settings import ForestSettings
from nuclarium.suggest.strokes import Strokes
from nuclarium.workspace.assist_planes import AssistedImage
from nuclarium.workspace.assist_strokes import PaintedStrokes, class_names_of

MOST_PIXELS = 1 << 25
"""Pixels of a window that is masked at once; what is larger is masked where a person looks."""

_MOST_KEYS = 1024
_KEPT_CLASSIFIERS = 32
_KEPT_LAYER_BYTES = 1 << 28
_FOREST = ForestSettings()


class Superseded(NuclariumError):  # noqa: N818  (not a mistake of anybody)
    """Work on strokes that newer strokes took the place of."""


class Newest:
    """Which work is the newest of its kind; older work ends at its next tile."""

    def __init__(self) -> None:
        self._newest: OrderedDict[Hashable, tuple[int, Hashable]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, key: Hashable, what: Hashable) -> Callable[[int], None]:
        """Say what is worked on now; work of the same key on anything else ends.

        Parameters
        ----------
        key : hashable
            Such as a document and who draws in it.
        what : hashable
            Such as the strokes.

        Returns
        -------
        check : callable
            Raises Superseded where there is newer work; its argument is not used.
        """
        with self._lock:
            number, known = self._newest.pop(key, (0, None))
            number = number if known == what else number + 1
            self._newest[key] = (number, what)
            while len(self._newest) > _MOST_KEYS:
                self._newest.popitem(last=False)

        def check(pixels: int = 0) -> None:
            if self._newest.get(key, (number, what))[0] > number:
                raise Superseded(
                    "This mask was of strokes that newer ones have followed. Ask again for the "
                    "newest."
                )

        return check


class Brush:
    """Classifiers and masks of documents: the same strokes give the same bits, and are kept.

    A classifier is that of ``nuclarium pixels train --z each`` with the same strokes.
    """

    def __init__(self) -> None:
        self._painted = PaintedStrokes()
        self._classifiers: OrderedDict[Hashable, PixelClassifier] = OrderedDict()
        self._layers: OrderedDict[Hashable, Layers] = OrderedDict()
        self._lock = threading.Lock()
        self._training: dict[Hashable, threading.Lock] = {}

    def classifier(self, image: AssistedImage, strokes: Sequence[Stroke]) -> PixelClassifier:
        """Return the classifier of strokes.

        Raises
        ------
        SettingsError
            If there are no strokes, or of one class only.
        """
        key = (image.key, tuple(stroke.id for stroke in strokes))
        known: PixelClassifier | None = _used(self._lock, self._classifiers, key)
        if known is not None:
            return known
        with self._lock:
            training = self._training.setdefault(key, threading.Lock())
        try:
            with training:  # two who ask for the same are trained for once, others do not wait
                known = _used(self._lock, self._classifiers, key)
                return self._trained(key, image, strokes) if known is None else known
        finally:
            with self._lock:
                self._training.pop(key, None)

    def layers(
        self,
        image: AssistedImage,
        strokes: Sequence[Stroke],
        window: Box,
        z: int,
        *,
        check: Callable[[int], None] = lambda pixels: None,
        keep: bool = False,
    ) -> Layers:
        """Mask a window of a plane; see `Layers`.

        Parameters
        ----------
        window : Box
            What lies outside the plane is cut off.
        check : callable
            Called with the pixels of each finished tile; what it raises ends the work.
        keep : bool
            Whether others may ask for parts of it soon, as of a whole plane in tiles.

        Raises
        ------
        SettingsError
            If the window is too large to be masked at once, or lies beside the plane.
        """
        window = window.intersection(Box.of_shape(image.shape[1:]))
        _check_size(window)
        classifier = self.classifier(image, strokes)
        check(0)
        key = (image.key, tuple(stroke.id for stroke in strokes), z)
        whole = _used(self._lock, self._layers, key)
        if whole is not None:
            return _part(whole, window)
        found = window_layers(classifier, image.plane(z), window, on_tile=check)
        if keep and window == Box.of_shape(image.shape[1:]):
            self._keep(key, found)
        return found

    def has_plane(self, image: AssistedImage, strokes: Sequence[Stroke], z: int) -> bool:
        """Whether the mask of a whole plane is there already."""
        return (image.key, tuple(stroke.id for stroke in strokes), z) in self._layers

    def _keep(self, key: Hashable, found: Layers) -> None:
        with self._lock:
            self._layers[key] = found
            held = sum(3 * one.classes.size for one in self._layers.values())
            while held > _KEPT_LAYER_BYTES and len(self._layers) > 1:
                held -= 3 * self._layers.popitem(last=False)[1].classes.size

    def _trained(
        self, key: Hashable, image: AssistedImage, strokes: Sequence[Stroke]
    ) -> PixelClassifier:
        drawn = self._painted.of(strokes, image.shape)
        found = self._train(image, drawn, len(strokes))
        with self._lock:
            self._classifiers[key] = found
            while len(self._classifiers) > _KEPT_CLASSIFIERS:
                self._classifiers.popitem(last=False)
        return found

    def _train(self, image: AssistedImage, drawn: Strokes, count: int) -> PixelClassifier:
        names = class_names_of(drawn)
        facts = _facts(image, drawn, names, count)
        return trained(
            image.samples(drawn),
            drawn.classes,
            image.features,
            image.ranges,
            forest=_FOREST,
            class_names=names,
            facts=facts,
        )


def _used(lock: threading.Lock, kept: OrderedDict[Hashable, Any], key: Hashable) -> Any:
    with lock:
        if key in kept:
            kept.move_to_end(key)
        return kept.get(key)


def _check_size(window: Box) -> None:
    height, width = window.shape
    if not height or not width:
        raise SettingsError(
            "The box of a mask must lie in the image and cover at least one pixel. Move the view "
            "over the image."
        )
    if height * width > MOST_PIXELS:
        raise SettingsError(
            f"A mask is made of at most {MOST_PIXELS:,} pixels at once, but the box has "
            f"{height * width:,}. On a large slide only the view, or a box that is named, is "
            "masked: zoom in, or draw a box."
        )


def _part(whole: Layers, window: Box) -> Layers:
    names = ("probability", "classes", "uncertainty")
    return Layers(*(np.ascontiguousarray(getattr(whole, name)[window.slices]) for name in names))


def _facts(
    image: AssistedImage, drawn: Strokes, names: Sequence[str], count: int
) -> dict[str, Any]:
    look = image.look
    counts = {name: int((drawn.classes == n).sum()) for n, name in enumerate(names, start=1)}
    record = {
        "image": image.image.path.name,
        "sha256": image.sha256,
        "strokes": count,
        "drawn_pixels": counts,
        "shape": list(image.shape),
    }
    return {
        "version": nuclarium.__version__,
        "forest": asdict(_FOREST),
        "look": {
            "channels": list(look.channels),
            "channel_names": list(image.image.channel_names),
            "z": look.z if image.shape[0] > 1 else "max",
            "t": look.t,
            "recipe": look.recipe,
        },
        "images": [record],
    }

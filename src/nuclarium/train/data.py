"""Images with their labels in memory, and the patches that a run draws from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from nuclarium.core.errors import SettingsError
from nuclarium.core.labels import Labels
from nuclarium.io import open_image
from nuclarium.models.targets import largest_distances
from nuclarium.predict.model import InputSpec
from nuclarium.preprocess.intensity import percentile_range, type_range
from nuclarium.train.augment import change_intensities, random_patch
from nuclarium.train.augment_paper import paper_patch
from nuclarium.train.config import TargetName, TrainConfig
from nuclarium.train.empty import ground, haze, noise_field
from nuclarium.train.pairs import Pair
from nuclarium.train.paste import Patch, add_light, add_stain, pasted
from nuclarium.train.stain import bodies_between, change_stain, stained

EMPTY_FRACTION = 0.08
PASTED_FRACTION = 0.3
BODIES_FRACTION = 0.15
HOLES_FRACTION = 0.3
RESTAINED_FRACTION = 0.5
DIAMETERS_PX = (6.0, 120.0)
_USUAL_DIAMETER_PX = 20.0
Pixels = npt.NDArray[np.float32]
Sample = tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class Example:
    """One image in memory with its truth.

    Parameters
    ----------
    pixels : ndarray of float32, shape (H, W) or (H, W, 3)
        With the two percentiles of its input mapped to 0 and 1, or the range of its type.
    largest : ndarray of float32, shape (n + 1,)
        As `targets.largest_distances` gives them.
    """

    name: str
    pixels: npt.NDArray[np.float32]
    labels: Labels
    largest: npt.NDArray[np.float32]

    @cached_property
    def diameter_px(self) -> float:
        """Median width of the nuclei; where there are none, a usual one."""
        widths = 2 * self.largest[self.largest > 0]
        return float(np.median(widths)) if len(widths) else _USUAL_DIAMETER_PX

    def scale_range(self, wanted: tuple[float, float]) -> tuple[float, float]:
        """Part of a range of magnifications in which the nuclei keep a size that can be learned."""
        low, high = (limit / self.diameter_px for limit in DIAMETERS_PX)
        lowest, highest = min(max(wanted[0], low), 1.0), max(min(wanted[1], high), 1.0)
        return lowest, highest


def load_example(pair: Pair, spec: InputSpec) -> Example:
    """Read an image and its labels, with its intensities prepared as the model will see them."""
    with open_image(pair.image) as image, open_image(pair.labels) as truth:
        planes = image.shape[:3]
        pixels, labels = image.read(), truth.read().astype(np.int32)
    is_colour = spec.kind == "colour" and not pair.restained
    if (pixels.ndim != 2 and not is_colour) or planes != (1, 1, 1):
        came = "a colour image" if pixels.ndim != 2 else f"{planes} (time, channel, z)"
        raise SettingsError(
            f"{pair.image} must have one channel and one plane, but it is {came}. Leave it out "
            "with `exclude`, or save the plane by itself."
        )
    if pixels.shape[:2] != labels.shape:
        raise SettingsError(
            f"{pair.labels} must have the size of its image, {pixels.shape[:2]}, but has "
            f"{labels.shape}."
        )
    if is_colour:
        shades = np.broadcast_to(pixels.reshape(*labels.shape, -1), (*labels.shape, 3))
        scaled = type_range(pixels).apply(shades)
    else:
        scaled = percentile_range(pixels, spec.percentiles).apply(pixels)
    return Example(pair.name, scaled, labels, largest_distances(labels))


class RandomPatches(Dataset[Sample]):
    """Patches by number: number `i` is always the same patch, so a resumed run sees the same."""

    def __init__(self, examples: Sequence[Example], spec: InputSpec, config: TrainConfig) -> None:
        self.examples = examples
        self.spec = spec
        self.config = config
        self.is_colour = spec.kind == "colour"
        weights = _weights(examples)
        as_if = np.array([self.is_colour and example.pixels.ndim == 2 for example in examples])
        if as_if.any():
            weights[as_if] *= RESTAINED_FRACTION / weights[as_if].sum()
            weights[~as_if] *= (1 - RESTAINED_FRACTION) / weights[~as_if].sum()
        self.weights = weights / weights.sum()

    def __len__(self) -> int:
        config = self.config
        return config.steps * config.accumulate * config.batch_size * config.devices

    def __getitem__(self, number: int) -> Sample:
        patch = self.patch(number)
        return _sample(self.spec.standardise(patch.pixels), _targets(patch, self.config.targets))

    def patch(self, number: int) -> Patch:
        """Return the patch of that number before it is standardised."""
        rng = np.random.default_rng((self.config.seed, number))
        if self.config.augmentation != "microscope":
            return self._plain(rng)
        patch = self._empty(rng) if rng.random() < EMPTY_FRACTION else self._random(rng)
        if self.is_colour:
            holes = None
            if rng.random() < HOLES_FRACTION:
                holes = self._like(self._pick(rng), 1.0, rng).labels > 0
            return patch.with_pixels(change_stain(patch.pixels, patch.targets, rng, holes))
        return patch.with_pixels(change_intensities(patch.pixels, rng))

    def _plain(self, rng: np.random.Generator) -> Patch:
        """Patch of an image, all of which count alike; varied as papers do, or not at all."""
        example = self.examples[int(rng.integers(len(self.examples)))]
        whole = self._coloured(Patch(example.pixels, example.labels, example.largest), rng)
        size = self.config.patch_size_px
        return paper_patch(whole, size, rng, vary=self.config.augmentation == "paper")

    def _random(self, rng: np.random.Generator) -> Patch:
        example = self._pick(rng)
        stretch = 0.15 if self.is_colour else 0.06
        cut, scale = self._cut(example, example.scale_range(self.config.scale_range), stretch, rng)
        patch = self._coloured(cut, rng)
        if rng.random() < PASTED_FRACTION:
            above = self._coloured(self._like(example, scale, rng), rng)
            patch, alpha = pasted(patch, above)
            add = add_stain if self.is_colour else add_light
            patch = patch.with_pixels(add(patch.pixels, above.pixels, alpha))
        if self.is_colour and rng.random() < BODIES_FRACTION:
            shapes = self._like(example, scale, rng).labels > 0
            patch = patch.with_pixels(bodies_between(patch.pixels, shapes, patch.labels > 0, rng))
        return patch

    def _pick(self, rng: np.random.Generator) -> Example:
        return self.examples[rng.choice(len(self.examples), p=self.weights)]

    def _cut(
        self,
        example: Example,
        scale_range: tuple[float, float],
        stretch: float,
        rng: np.random.Generator,
    ) -> tuple[Patch, float]:
        pixels, labels, scale = random_patch(
            example.pixels,
            example.labels,
            size=self.config.patch_size_px,
            scale_range=scale_range,
            stretch=stretch,
            rng=rng,
        )
        return Patch(pixels, labels, example.largest * np.float32(scale)), scale

    def _like(self, example: Example, scale: float, rng: np.random.Generator) -> Patch:
        """Patch of another example whose nuclei have about the size of those of this one."""
        other = self._pick(rng)
        wanted = scale * example.diameter_px / other.diameter_px * float(np.exp(rng.normal(0, 0.3)))
        wanted = min(max(wanted, 0.2), 4.0)
        return self._cut(other, (wanted, wanted), 0.25, rng)[0]

    def _coloured(self, patch: Patch, rng: np.random.Generator) -> Patch:
        if not self.is_colour or patch.pixels.ndim == 3:
            return patch
        return patch.with_pixels(stained(patch.pixels, (patch.labels > 0).astype(np.float32), rng))

    def _empty(self, rng: np.random.Generator) -> Patch:
        size = self.config.patch_size_px
        nothing = Patch(
            np.zeros((size, size), np.float32),
            np.zeros((size, size), np.int32),
            np.zeros(1, np.float32),
        )
        if self.is_colour:
            return self._coloured(nothing, rng)
        kind = rng.random()
        pixels = None
        if kind < 0.4:
            example = self._pick(rng)
            pixels = ground(example.pixels, example.labels, size, rng)
        elif kind < 0.6:
            example = self._pick(rng)
            cut, scale = self._cut(example, example.scale_range(self.config.scale_range), 0.06, rng)
            pixels = haze(cut.pixels, example.diameter_px * scale, rng)
        return nothing.with_pixels(noise_field(size, rng) if pixels is None else pixels)


def _weights(examples: Sequence[Example]) -> npt.NDArray[np.float64]:
    """Weight by the root of the area; what many images have in common counts less for each.

    Images of one size and one main colour mostly come from one microscope. A hundred of them weigh
    ten times as much as one.
    """
    styles = [
        (example.labels.shape, tuple(np.rint(8 * np.median(example.pixels, axis=(0, 1)))))
        if example.pixels.ndim == 3
        else (example.labels.shape, ())
        for example in examples
    ]
    counts = Counter(styles)
    return np.array(
        [
            np.sqrt(example.labels.size / counts[style])
            for example, style in zip(examples, styles, strict=True)
        ]
    )


class CentrePatches(Dataset[Sample]):
    """The middle of each validation image, unchanged, padded where it is smaller than a patch."""

    def __init__(
        self,
        examples: Sequence[Example],
        spec: InputSpec,
        size: int,
        targets: TargetName = "distance",
    ) -> None:
        self.examples = examples
        self.spec = spec
        self.size = size
        self.targets = targets

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> Sample:
        example = self.examples[index]
        pixels = _centre(example.pixels, self.size, "reflect")
        patch = Patch(pixels, _centre(example.labels, self.size, "constant"), example.largest)
        return _sample(self.spec.standardise(pixels), _targets(patch, self.targets))


def _targets(patch: Patch, targets: TargetName) -> Pixels:
    """Return what is learned of a patch, shape (K, H, W): both maps, or the foreground alone."""
    if targets == "binary":
        return (patch.labels > 0).astype(np.float32)[None]
    return patch.targets


def _sample(pixels: Pixels, targets: Pixels) -> Sample:
    """Tensors of shapes (C, H, W) and (K, H, W)."""
    channels = np.moveaxis(np.atleast_3d(pixels), 2, 0)
    return torch.from_numpy(np.ascontiguousarray(channels)), torch.from_numpy(targets)


def _centre(array: npt.NDArray[Any], size: int, mode: Literal["reflect", "constant"]) -> Any:
    """Return the middle square of an array, padded where it is too small."""
    for axis in (0, 1):
        length = array.shape[axis]
        if length < size:
            before = (size - length) // 2
            widths = [(0, 0)] * array.ndim
            widths[axis] = (before, size - length - before)
            array = np.pad(array, widths, mode=mode)
        start = (array.shape[axis] - size) // 2
        array = np.take(array, range(start, start + size), axis=axis)
    return array

"""The patches that a run draws from its images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset

from nuclarium.models.targets import largest_distances
from nuclarium.predict.model import InputSpec
from nuclarium.train.augment import change_intensities, random_patch
from nuclarium.train.augment_paper import paper_patch
from nuclarium.train.config import TargetName, TrainConfig
from nuclarium.train.empty import ground, haze, noise_field
from nuclarium.train.examples import Example
from nuclarium.train.paste import Patch, add_light, add_stain, pasted
from nuclarium.train.stain import bodies_between, change_stain, stained
from nuclarium.train.tissue import (
    MOST_LAYERS,
    MOST_STRETCH,
    OWN_STAIN_FRACTION,
    PAINTED_FRACTION,
    painted,
    stained_each,
)

EMPTY_FRACTION = 0.08
PASTED_FRACTION = 0.3
BODIES_FRACTION = 0.15
HOLES_FRACTION = 0.3
RESTAINED_FRACTION = 0.5
CROWDED_FRACTION = 0.6
CROWDED_HOLES = 0.6
CROWDED_BODIES = 0.4
Pixels = npt.NDArray[np.float32]
Sample = tuple[torch.Tensor, torch.Tensor]


class RandomPatches(Dataset[Sample]):
    """Patches by number: number `i` is always the same patch, so a resumed run sees the same."""

    def __init__(self, examples: Sequence[Example], spec: InputSpec, config: TrainConfig) -> None:
        self.examples = examples
        self.spec = spec
        self.config = config
        self.is_colour = spec.kind == "colour"
        self.is_crowded = self.is_colour and config.tissue == "crowded"
        weights = _weights(examples)
        as_if = np.array([self.is_colour and example.pixels.ndim == 2 for example in examples])
        if as_if.any() and not as_if.all():
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
            if rng.random() < (CROWDED_HOLES if self.is_crowded else HOLES_FRACTION):
                holes = self._like(self._pick(rng), 1.0, rng).labels > 0
            return patch.with_pixels(
                change_stain(patch.pixels, patch.targets, rng, holes, is_difficult=self.is_crowded)
            )
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
        if self.is_crowded and rng.random() < CROWDED_FRACTION:
            return self._crowd(patch, example, scale, rng)
        if rng.random() < PASTED_FRACTION:
            patch = self._pasted(patch, example, scale, rng)
        if self.is_colour and rng.random() < BODIES_FRACTION:
            patch = self._with_bodies(patch, example, scale, rng)
        return patch

    def _with_bodies(
        self, patch: Patch, example: Example, scale: float, rng: np.random.Generator
    ) -> Patch:
        """Lay red cells or pigment, of the shapes of another example's nuclei, between nuclei."""
        shapes = self._like(example, scale, rng).labels > 0
        return patch.with_pixels(bodies_between(patch.pixels, shapes, patch.labels > 0, rng))

    def _pasted(
        self, patch: Patch, example: Example, scale: float, rng: np.random.Generator
    ) -> Patch:
        """Lay the nuclei of another example over a patch."""
        above = self._coloured(self._like(example, scale, rng), rng)
        patch, alpha = pasted(patch, above)
        add = add_stain if self.is_colour else add_light
        return patch.with_pixels(add(patch.pixels, above.pixels, alpha))

    def _crowd(
        self, patch: Patch, example: Example, scale: float, rng: np.random.Generator
    ) -> Patch:
        """Pack nuclei of several examples between each other, and draw all out in one direction."""
        for _ in range(int(rng.integers(1, MOST_LAYERS + 1))):
            patch = self._pasted(patch, example, scale, rng)
        if rng.random() < PAINTED_FRACTION:
            inward_px = patch.targets[1] * patch.largest[patch.labels]
            patch = patch.with_pixels(painted(patch.labels, inward_px, rng))
        elif rng.random() < OWN_STAIN_FRACTION:
            patch = patch.with_pixels(stained_each(patch.pixels, patch.labels, patch.targets, rng))
        if rng.random() < CROWDED_BODIES:
            patch = self._with_bodies(patch, example, scale, rng)
        pixels, labels, _ = random_patch(
            patch.pixels,
            patch.labels,
            size=self.config.patch_size_px,
            scale_range=(1.0, 1.0),
            stretch=float(rng.uniform(0, MOST_STRETCH)),
            rng=rng,
        )
        return Patch(pixels, labels, largest_distances(labels))

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

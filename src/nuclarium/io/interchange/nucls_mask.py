"""Masks of NuCLS fields: class code in one channel, instance id as the product of the other two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import numpy.typing as npt

from nuclarium.core.classes import Hierarchy, shipped_hierarchy
from nuclarium.core.errors import OutputError, SettingsError, UnreadableImageError
from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.io.readers import open_image
from nuclarium.io.write import written_whole

FOV_CODE = 253
"""Class code of the field of view, where no nucleus is."""

CAPACITY = 17_437
"""Nuclei that one mask can tell apart: the products of two different numbers from 1 to 255."""

_LARGEST = 255


@dataclass(frozen=True, eq=False)
class NuclsMask:
    """What a mask shows.

    Parameters
    ----------
    codes : ndarray of uint8, shape (H, W)
        Class codes; 253 is the field of view, 0 what lies outside.
    numbers : ndarray of int32, shape (H, W)
        Place of each nucleus' id among all ids, from 1 to 17,437; 0 where there is none. In masks
        of this program it is the row of the table, counted from 1; others are to be joined with
        their table by place (`join_mask`).
    fov : Box or None
        Extent of the pixels of the field of view; None where there are none.
    """

    codes: npt.NDArray[np.uint8]
    numbers: Labels
    fov: Box | None


@cache
def instance_pairs() -> npt.NDArray[np.uint8]:
    """Return the pairs that stand for nuclei, in their order; ndarray of shape (17437, 2).

    Pairs ``a < b`` of 1 to 255 go in lexicographic order, and one whose product was used before
    is skipped: (1, 2) to (1, 255), (2, 128), (2, 129) and so on. A reader needs 32 bits for
    products: of the 255th pair it is 256, which is 0 in 8 bits, and later ones collide.
    """
    first, second = np.triu_indices(_LARGEST, 1)
    pairs = np.stack([first, second], axis=1) + 1
    _, places = np.unique(pairs.prod(axis=1), return_index=True)
    return pairs[np.sort(places)].astype(np.uint8)


@cache
def _numbers_of_products() -> npt.NDArray[np.int32]:
    """Place of each product among the pairs, from 1; 0 for what is no product."""
    numbers = np.zeros(_LARGEST**2 + 1, np.int32)
    numbers[instance_pairs().astype(np.int64).prod(axis=1)] = np.arange(1, CAPACITY + 1)
    return numbers


def read_nucls_mask(path: Path, hierarchy: Hierarchy | None = None) -> NuclsMask:
    """Read and check a mask.

    Parameters
    ----------
    path : Path
        A picture of 3 channels of 8 bits, usually PNG; a fourth, opacity, is left aside.
    hierarchy : Hierarchy, optional
        Classes and codes (of the finest level); NuCLS's own by default.

    Raises
    ------
    UnreadableImageError
        If the file is damaged, is no such picture, or its channels contradict each other; the
        sentence names the first pixel.
    """
    hierarchy = hierarchy or shipped_hierarchy()
    with open_image(path) as image:
        pixels = image.read()
    if pixels.ndim != 3 or pixels.dtype != np.uint8:
        raise UnreadableImageError(
            f"{path.name} must be a mask of 3 channels of 8 bits, but has {pixels.dtype} pixels of "
            f"shape {pixels.shape}. Copy it again without conversion."
        )
    codes, products = pixels[..., 0], pixels[..., 1].astype(np.int32) * pixels[..., 2]
    is_nucleus = (codes != 0) & (codes != FOV_CODE)
    # The original draws the field of view as an object of its own, with an id that means nothing.
    numbers = np.where(is_nucleus, _numbers_of_products()[products], 0).astype(np.int32)
    known = (0, FOV_CODE, *hierarchy.levels[0].codes.values())
    _refuse(
        ~np.isin(codes, known),
        path.name,
        "must have class codes of its hierarchy in the first channel",
        lambda at: f"the code {codes[at]}",
    )
    _refuse(
        is_nucleus & (numbers == 0),
        path.name,
        "must have in its second and third channel two different numbers for every nucleus",
        lambda at: f"class code {codes[at]} with {pixels[at][1]} and {pixels[at][2]}",
    )
    _refuse(
        (codes == 0) & (products != 0),
        path.name,
        "must have a class code wherever it has an instance id",
        lambda at: f"{pixels[at][1]} and {pixels[at][2]} without a code",
    )
    _refuse(
        _is_of_two_classes(codes, numbers),
        path.name,
        "must have one class for each nucleus",
        lambda at: f"nucleus {pixels[at][1]} × {pixels[at][2]}, of more than one class",
    )
    return NuclsMask(codes, numbers, _extent(codes == FOV_CODE))


def write_nucls_mask(
    path: Path,
    labels: Labels,
    classes: Sequence[str],
    *,
    fov: Box | None = None,
    hierarchy: Hierarchy | None = None,
) -> None:
    """Write a mask, as NuCLS has it.

    Parameters
    ----------
    path : Path
        Usually ends in ``.png``.
    labels : ndarray of int32, shape (H, W)
        0 is background; label ``i`` is a nucleus of ``classes[i - 1]``, and gets pair ``i`` of
        `instance_pairs`. Labels may be absent.
    classes : sequence of str
        Classes of the finest level, with or without prefixes.
    fov : Box, optional
        Field of view; the whole image by default.
    hierarchy : Hierarchy, optional
        NuCLS's own by default.

    Raises
    ------
    OutputError
        If there are more nuclei than ids, or the file cannot be written.
    SettingsError
        If a class is not of the hierarchy, or its code does not fit into a mask.
    """
    if len(classes) > CAPACITY:
        raise OutputError(
            f"{path.name} can tell {CAPACITY:,} nuclei apart at most, but has {len(classes):,}. "
            "Cut the image into smaller fields."
        )
    if labels.ndim != 2 or (labels.size and not 0 <= labels.min() <= labels.max() <= len(classes)):
        raise ValueError(f"labels must be of shape (H, W), from 0 to {len(classes)}.")
    codes = np.array([0, *_codes(classes, hierarchy or shipped_hierarchy())], np.uint8)
    pairs = np.concatenate([np.zeros((1, 2), np.uint8), instance_pairs()])
    pixels = np.dstack([codes[labels], pairs[labels]])
    inside = (fov or Box.of_shape(labels.shape)).intersection(Box.of_shape(labels.shape))
    view = pixels[inside.slices]
    view[view[..., 0] == 0, 0] = FOV_CODE
    with written_whole(path) as part:
        part.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(pixels)))


def _codes(classes: Sequence[str], hierarchy: Hierarchy) -> list[int]:
    finest = hierarchy.levels[0]
    for name, code in finest.codes.items():
        if code > _LARGEST or code == FOV_CODE:
            raise SettingsError(
                f"The code of a class must be 255 or less, and not {FOV_CODE}, to stand in a mask, "
                f"but {name} has {code}. Give it another code in the hierarchy {hierarchy.name}."
            )
    return [finest.codes[name] for name in hierarchy.roll_up_many(_named(classes), finest.name)]


def _named(classes: Sequence[str]) -> list[str]:
    return [name or "an empty label" for name in classes]


def _refuse(bad: npt.NDArray[np.bool_], name: str, rule: str, shown: Any) -> None:
    if bad.any():
        y, x = (int(part) for part in np.unravel_index(int(np.argmax(bad)), bad.shape))
        raise UnreadableImageError(
            f"{name} {rule}, but {int(bad.sum())} pixels differ, the first (y {y}, x {x}) with "
            f"{shown((y, x))}. It is no mask of NuCLS, or was saved with changed colours."
        )


def _is_of_two_classes(codes: npt.NDArray[np.uint8], numbers: Labels) -> npt.NDArray[np.bool_]:
    """Pixels whose class is not the one of the last pixel of their nucleus."""
    last = np.zeros(CAPACITY + 1, np.uint8)
    last[numbers] = codes
    differs: npt.NDArray[np.bool_] = (numbers > 0) & (last[numbers] != codes)
    return differs


def _extent(inside: npt.NDArray[np.bool_]) -> Box | None:
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return Box(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)

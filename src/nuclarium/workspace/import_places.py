"""Where what a file says belongs: the image that it means, and the place in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nuclarium.annotate.document import Box
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.annotate.store_documents import StoredImage
from nuclarium.core.errors import SettingsError
from nuclarium.workspace.drawn_shapes import Drawn, checked

_BOX = re.compile(r"_(\d+)_(\d+)_(\d+)_(\d+)(?:_|$)")


def image_of(drawn: Drawn, images: Sequence[StoredImage], wanted: str) -> StoredImage:
    """Return the image that has the name, or whose name a file begins with; or that is wanted."""
    name = wanted or Path(drawn.name).name
    fits = [one for one in images if name in (one.name, one.id)]
    stem = name.partition(".")[0]
    fits = fits or [one for one in images if stem == one.name.partition(".")[0]]
    if not fits and not wanted:
        begun = [one for one in images if stem.startswith(one.name.partition(".")[0] + "_")]
        fits = sorted(begun, key=lambda one: -len(one.name))[:1]
    if len(fits) == 1:
        return fits[0]
    said = ", ".join(one.name for one in images[:5]) + (" …" if len(images) > 5 else "")
    raise SettingsError(
        f"What is drawn must belong to one image of the project ({said}), but {name!r} fits "
        f"{len(fits)}. Name the file like the image, or say --image."
    )


def fitted(there: StoredImage, drawn: Drawn, field: Box | None = None) -> list[Nucleus]:
    """Return nuclei in pixels of the whole image; SettingsError where one lies outside of it."""
    nuclei, size = checked(drawn), (there.height, there.width)
    if drawn.shape is not None and drawn.shape != size:
        box = field or _box_in(drawn.name.removeprefix(there.name))
        if box is None or drawn.shape != (box[3] - box[1], box[2] - box[0]):
            raise SettingsError(
                f"{drawn.name} must have the size of the image {there.name}, {there.width} × "
                f"{there.height} px, but has {drawn.shape[1]} × {drawn.shape[0]}. Choose the "
                "labels of this image."
            )
        nuclei = [_moved(one, box[0], box[1]) for one in nuclei]
    for number, nucleus in enumerate(nuclei, start=1):
        for ring in nucleus.rings:
            inside = min(ring) >= 0 and max(ring[::2]) <= size[1] and max(ring[1::2]) <= size[0]
            if not inside:
                raise SettingsError(
                    f"Nuclei must lie in the image {there.name} of {there.width} × {there.height} "
                    f"px, but number {number} of {drawn.name} reaches outside. Nothing was "
                    "imported: choose the file of this image."
                )
    return nuclei


def _box_in(name: str) -> Box | None:
    """Return the field that our own names of files tell behind that of the image."""
    found = _BOX.search(name)
    if found is None:
        return None
    x0, y0, x1, y1 = map(int, found.groups())
    return x0, y0, x1, y1


def touches(nucleus: Nucleus, field: Box) -> bool:
    """Whether the extents of a nucleus and of a field have a common point."""
    xs, ys = nucleus.rings[0][::2], nucleus.rings[0][1::2]
    is_across = min(xs) < field[2] and max(xs) > field[0]
    return is_across and min(ys) < field[3] and max(ys) > field[1]


def _moved(nucleus: Nucleus, x: int, y: int) -> Nucleus:
    rings = tuple(
        tuple(number + (x, y)[place % 2] for place, number in enumerate(ring))
        for ring in nucleus.rings
    )
    return replace(nucleus, rings=rings)

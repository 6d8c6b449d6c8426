"""Which class a drawing of another tool belongs to: by the name that it has, or its group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.io.interchange.drawings import Drawing, painted
from nuclarium.suggest.strokes import BACKGROUND, FOREGROUND, MAX_CLASSES, Strokes, merged
from nuclarium.suggest.strokes import strokes_from_labels as _from_labels

_KNOWN = {
    **dict.fromkeys(("background", "bg", "back", "ignore*", "ignore", "outside"), BACKGROUND),
    **dict.fromkeys(
        ("foreground", "fg", "fore", "nucleus", "nuclei", "cell", "object", "positive"), FOREGROUND
    ),
}


def class_number(drawing: Drawing, class_names: Sequence[str], source: str) -> int:
    """Class of a drawing, from 1.

    The name decides: one of `class_names`, or a usual word for background or nuclei; without a
    name, the group of ImageJ (1 is background).

    Raises
    ------
    SettingsError
        If neither says it.
    """
    name = drawing.class_name.strip().lower()
    own = [known.lower() for known in class_names]
    if name in own:
        return own.index(name) + 1
    if name in _KNOWN:
        return _KNOWN[name]
    if 1 <= drawing.group <= len(class_names):
        return drawing.group
    came = f"one is called '{drawing.class_name}'" if name else "one has neither name nor class"
    raise SettingsError(
        f"Every stroke of {source} must be called {', '.join(class_names[:-1])} or "
        f"{class_names[-1]} (in ImageJ, or be of group 1 to {len(class_names)}), but {came}. "
        "Rename it, or name your classes with --classes, background first."
    )


def strokes_from_drawings(
    drawings: Sequence[Drawing],
    shape: tuple[int, int, int],
    class_names: Sequence[str],
    source: str,
) -> Strokes:
    """Pixels of drawings on a plane or stack; later drawings lie over earlier ones.

    Parameters
    ----------
    shape : (Z, H, W)
        A drawing without a plane is meant for all of them.
    source : str
        Name of the file, for the messages.
    """
    parts = []
    for drawing in drawings:
        number = class_number(drawing, class_names, source)
        pixels = painted(drawing, shape[1:])
        planes = range(shape[0]) if drawing.z is None or shape[0] == 1 else [drawing.z]
        for z in planes:
            if not 0 <= z < shape[0]:
                raise SettingsError(
                    f"The strokes of {source} must lie on planes 1 to {shape[0]} of the image, but "
                    f"one is on plane {z + 1}. Give the strokes of this image."
                )
            places = np.column_stack([np.full(len(pixels), z), pixels])
            parts.append(Strokes(places, np.full(len(pixels), number, np.uint8)))
    return merged(parts)


def strokes_from_image(
    array: npt.NDArray[Any], shape: tuple[int, int, int], class_names: Sequence[str], source: str
) -> Strokes:
    """Pixels of a label image: 0 not drawn, 1 background, 2 foreground.

    Raises
    ------
    SettingsError
        If its size is not that of the image, or it holds other numbers.
    """
    found = array if array.ndim == 3 else array[None]
    if found.shape != shape:
        came, wanted = (" × ".join(map(str, s[s[0] == 1 :])) for s in (found.shape, shape))
        raise SettingsError(
            f"The strokes of {source} must have the size of the image, {wanted}, but have {came}. "
            "Draw them on this image, at full size."
        )
    largest = int(found.max(initial=0))
    if found.dtype.kind not in "ui" or largest > min(MAX_CLASSES, len(class_names)):
        raise SettingsError(
            f"The strokes of {source} must be whole numbers, 0 where nothing is drawn, 1 for "
            f"{class_names[0]}, 2 for {class_names[1]} and so on to {len(class_names)}, but the "
            f"largest is {largest} in {found.dtype}. Name more classes with --classes, background "
            "first, or save the strokes as a label image."
        )
    return _from_labels(found)

"""An image in words: what it is, its size, where its spacing comes from, what to look out for."""

from __future__ import annotations

from typing import Any

from nuclarium.core.image import Image

_AXIS_WORDS = {"T": "time points", "C": "channels", "Z": "planes"}
_NO_SPACING = "give the pixel size yourself, or results stay in pixels"


def describe(image: Image) -> dict[str, Any]:
    """Return what is known of an image as plain values, ready for JSON.

    Parameters
    ----------
    image : Image
        Only its metadata are used; no pixel is read.

    Returns
    -------
    description : dict
        With keys in a fixed order; `spacing_um` and `size_um` are None without calibration.

    Examples
    --------
    >>> import numpy as np
    >>> describe(Image.from_array(np.zeros((4, 5), np.uint8)))["size_px"]
    {'height': 4, 'width': 5}
    """
    height, width = image.plane_shape
    spacing = image.spacing
    return {
        "name": image.name,
        "path": None if image.path is None else str(image.path),
        "format": image.format,
        "size_px": {"height": height, "width": width},
        "size_um": None
        if spacing is None
        else {"height": height * spacing.y, "width": width * spacing.x},
        "axes": dict(zip(image.axes, image.shape, strict=True)),
        "dtype": str(image.dtype),
        "bit_depth": image.bit_depth,
        "is_rgb": image.is_rgb,
        "channel_names": list(image.channel_names),
        "spacing_um": None if spacing is None else {"z": spacing.z, "y": spacing.y, "x": spacing.x},
        "spacing_source": image.spacing_source,
        "levels": [{"height": h, "width": w} for h, w in image.level_shapes],
        "scene": image.scene,
        "scene_names": list(image.scene_names),
        "description": image.description,
        "notes": list(image.notes),
    }


def format_description(description: dict[str, Any]) -> str:
    """Return the text of a description, one fact a line, ending without a newline.

    Parameters
    ----------
    description : dict
        As `describe` returns it.
    """
    lines = [
        ("Format", description["format"]),
        ("Size", _size(description)),
        ("Pixels", _pixels(description)),
        ("Axes", _axes(description)),
        ("Channels", _channels(description)),
        ("Pixel size", _spacing(description)),
        ("Pyramid", _levels(description)),
        ("Scenes", _scenes(description)),
        ("Described as", description["description"]),
    ]
    lines += [("Note", note) for note in description["notes"]]
    width = max(len(label) for label, text in lines if text) + 2
    facts = [f"  {label + ':':<{width}}{text}" for label, text in lines if text]
    return "\n".join([description["name"], *facts])


def _size(description: dict[str, Any]) -> str:
    size = description["size_px"]
    text = f"{size['width']:,} × {size['height']:,} px"
    if description["size_um"]:
        um = description["size_um"]
        text += f" ({um['width']:,.1f} × {um['height']:,.1f} µm)"
    return text + ", width × height"


def _pixels(description: dict[str, Any]) -> str:
    kind = "RGB colour" if description["is_rgb"] else "grey"
    bits = description["bit_depth"]
    return f"{kind}, {bits} significant bits in {description['dtype']}"


def _axes(description: dict[str, Any]) -> str:
    found = [
        f"{length} {word if length > 1 else word.removesuffix('s')}"
        for axis, word in _AXIS_WORDS.items()
        if (length := description["axes"][axis])
    ]
    return ", ".join(found)


def _channels(description: dict[str, Any]) -> str:
    names = description["channel_names"]
    return ", ".join(name or f"(channel {i}, no name)" for i, name in enumerate(names))


def _spacing(description: dict[str, Any]) -> str:
    spacing = description["spacing_um"]
    if spacing is None:
        return f"unknown: {description['spacing_source']}; {_NO_SPACING}"
    text = f"{spacing['x']:.4g} × {spacing['y']:.4g} µm"
    if spacing["z"] is not None:
        text += f", planes {spacing['z']:.4g} µm apart"
    return f"{text} (from {description['spacing_source']})"


def _levels(description: dict[str, Any]) -> str:
    levels = [f"{level['width']:,} × {level['height']:,}" for level in description["levels"]]
    return f"{len(levels)} levels: {', '.join(levels)} px" if len(levels) > 1 else "none"


def _scenes(description: dict[str, Any]) -> str:
    names, scene = description["scene_names"], description["scene"]
    if len(names) == 1:
        return ""
    listed = ", ".join(f"{i} {name!r}" if name else str(i) for i, name in enumerate(names))
    return f"this is scene {scene} of {len(names)} ({listed})"

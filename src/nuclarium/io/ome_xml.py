"""What OME-XML says of the images of a file: spacing, channels, significant bits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from nuclarium.core.errors import UnreadableImageError
from nuclarium.io.checks import MAX_PLANES
from nuclarium.io.units import Calibration, calibrated, micrometres_per

_COUNTS = ("SizeT", "SizeC", "SizeZ", "PlaneCount", "NumPlanes", "IFD")
_FIRSTS = ("FirstT", "FirstC", "FirstZ", "SamplesPerPixel")


@dataclass(frozen=True, slots=True)
class OmeImage:
    """One ``Image`` element."""

    name: str
    calibration: Calibration
    channel_names: tuple[str, ...]
    bit_depth: int | None
    planes: int


def parse_ome_xml(text: str, name: str) -> tuple[OmeImage, ...]:
    """Read the images of an OME-XML text.

    Parameters
    ----------
    text : str
        The XML.
    name : str
        The file, for messages.

    Raises
    ------
    UnreadableImageError
        If the text is no XML or states counts that no file can have.
    """
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise UnreadableImageError(
            f"{name} must hold well-formed OME-XML, but it does not: {error}. "
            "Export the image again, or remove the description to read it as plain TIFF."
        ) from error
    _check_counts(root, name)
    return tuple(_image(element) for element in root if _tag(element) == "Image")


def _check_counts(root: ElementTree.Element, name: str) -> None:
    for element in root.iter():
        for key in (*_COUNTS, *_FIRSTS):
            value = element.get(key)
            if value is not None and not 0 <= int(value) <= MAX_PLANES:
                raise UnreadableImageError(
                    f"{name} must have at most 2^24 planes, but its OME-XML says {key}={value}. "
                    "The metadata are damaged; export the image again."
                )
        if _tag(element).startswith("ModuloAlong"):
            _check_modulo(element, name)


def _check_modulo(element: ElementTree.Element, name: str) -> None:
    start, end, step = (float(element.get(key, 1)) for key in ("Start", "End", "Step"))
    if not (step > 0 and 0 <= (end - start) / step <= MAX_PLANES):
        raise UnreadableImageError(
            f"{name} must divide an axis into at most 2^24 steps, but its OME-XML says "
            f"{start} to {end} by {step}. The metadata are damaged; export the image again."
        )


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _children(element: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    return (child for child in element if _tag(child) == tag)


def _image(element: ElementTree.Element) -> OmeImage:
    pixels = next(_children(element, "Pixels"), None)
    if pixels is None:
        absent = Calibration.missing("the OME-XML describes no pixels")
        return OmeImage(element.get("Name", ""), absent, (), None, 0)
    bits = pixels.get("SignificantBits", "")
    planes = 1
    for axis in "TCZ":
        planes *= int(pixels.get("Size" + axis, 1))
    if planes > MAX_PLANES:
        raise ValueError(f"its OME-XML promises {planes} planes")
    return OmeImage(
        name=element.get("Name", ""),
        calibration=_calibration(pixels),
        channel_names=tuple(c.get("Name", "") for c in _children(pixels, "Channel")),
        bit_depth=int(bits) if bits.isdigit() and 1 <= int(bits) <= 64 else None,
        planes=planes,
    )


def _calibration(pixels: ElementTree.Element) -> Calibration:
    y, x, z = (_length(pixels, axis) for axis in "YXZ")
    absent = "the OME-XML gives no PhysicalSizeX and PhysicalSizeY in a unit of length"
    return calibrated(y, x, z, "OME-XML", absent)


def _length(pixels: ElementTree.Element, axis: str) -> float | None:
    value = pixels.get(f"PhysicalSize{axis}")
    unit = micrometres_per(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
    if value is None or unit is None:
        return None
    try:
        return float(value) * unit
    except ValueError:
        return None

"""What the XML of a CZI file says: scaling, channel and scene names, significant bits."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from nuclarium.io.units import Calibration, calibrated

_IMAGE = "Metadata/Information/Image"


@dataclass(frozen=True, slots=True)
class CziMetadata:
    """Facts about all scenes of a file."""

    calibration: Calibration
    channel_names: tuple[str, ...]
    scene_names: tuple[str, ...]
    bit_depth: int | None


def parse_czi_metadata(text: str) -> CziMetadata:
    """Read the XML of a CZI file; what it does not say is None or empty.

    Parameters
    ----------
    text : str
        The XML, or an empty string.
    """
    text = text.rstrip("\0 \r\n")
    if not text:
        return CziMetadata(Calibration.missing("the CZI file has no metadata"), (), (), None)
    root = ElementTree.fromstring(text)
    channels = root.findall(f"{_IMAGE}/Dimensions/Channels/Channel")
    scenes = root.findall(f"{_IMAGE}/Dimensions/S/Scenes/Scene")
    return CziMetadata(
        calibration=_calibration(root),
        channel_names=tuple(_name(channel) for channel in channels),
        scene_names=tuple(_name(scene) for scene in scenes),
        bit_depth=_bit_depth(root, channels),
    )


def _name(element: ElementTree.Element) -> str:
    return element.get("Name") or element.findtext("Name") or ""


def _calibration(root: ElementTree.Element) -> Calibration:
    lengths: dict[str, float | None] = {}
    for distance in root.findall("Metadata/Scaling/Items/Distance"):
        metres = _number(distance.findtext("Value"))
        lengths[distance.get("Id", "")] = None if metres is None else metres * 1e6
    y, x, z = (lengths.get(axis) for axis in "YXZ")
    return calibrated(y, x, z, "CZI scaling", "the CZI metadata give no scaling")


def _bit_depth(root: ElementTree.Element, channels: list[ElementTree.Element]) -> int | None:
    texts = [channel.findtext("ComponentBitCount") for channel in channels]
    texts.append(root.findtext(f"{_IMAGE}/ComponentBitCount"))
    counts = [int(text) for text in texts if text and text.isdigit() and 1 <= int(text) <= 64]
    return max(counts, default=None)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None

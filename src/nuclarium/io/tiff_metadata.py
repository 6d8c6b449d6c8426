"""What the several kinds of TIFF say of their images beyond the pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from nuclarium.io.ome_xml import OmeImage, parse_ome_xml
from nuclarium.io.units import (
    INCH_UM,
    Calibration,
    calibrated,
    calibrated_by_resolution,
    micrometres_per,
)

_NDPI_FILTER_SET = 65434
_FLOAT = r"([0-9.]+(?:[eE][-+]?[0-9]+)?)"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Facts about one scene; None or empty where the file does not say."""

    format: str
    calibration: Calibration
    channel_names: tuple[str, ...] = ()
    bit_depth: int | None = None
    notes: tuple[str, ...] = ()
    description: str = ""


def series_metadata(tif: Any, series: Any, scene: int, name: str) -> Metadata:
    """Read the metadata of one series by the kind of its file."""
    kinds = {
        "ome": _ome,
        "imagej": _imagej,
        "lsm": _lsm,
        "svs": _svs,
        "ndpi": _ndpi,
    }
    return kinds.get(series.kind, _plain)(tif, series, scene, name)


def resolution_calibration(keyframe: Any) -> Calibration:
    """Return the calibration by the resolution tags of a page."""
    unit = {2: INCH_UM, 3: 1e4}.get(int(keyframe.resolutionunit))
    across, down = keyframe.resolution
    return calibrated_by_resolution(down, across, unit, "TIFF resolution")


def ome_images(tif: Any, name: str) -> tuple[OmeImage, ...]:
    """Return the images of the file's OME-XML, none if it has no OME-XML."""
    text = tif.ome_metadata
    return parse_ome_xml(text, name) if text else ()


def _ome(tif: Any, series: Any, scene: int, name: str) -> Metadata:
    images = ome_images(tif, name)
    named = tuple(image for image in images if image.name == series.name)
    # tifffile leaves out images without pixels; then positions differ.
    aligned = len(images) == len(tif.series)
    image = images[scene] if aligned else (named or images)[0]
    return Metadata(
        "OME-TIFF", image.calibration, image.channel_names, image.bit_depth, _missing(series)
    )


def _missing(series: Any) -> tuple[str, ...]:
    missing = sum(page is None for page in series.pages)
    return (f"{missing} planes are missing from the file",) if missing else ()


def _imagej(tif: Any, series: Any, scene: int, name: str) -> Metadata:
    info = tif.imagej_metadata or {}
    word = str(info.get("unit", ""))
    unit = micrometres_per(word)
    across, down = series.keyframe.resolution
    z = _number(info.get("spacing"))
    if unit is None:
        reason = f"unit {word!r}" if word else "no unit of length"
        calibration = Calibration.missing(f"the ImageJ description gives {reason}")
    elif word in ("inch", "cm") or across <= 0 or down <= 0:
        calibration = calibrated_by_resolution(down, across, unit, "ImageJ resolution")
    else:
        depth = None if z is None else abs(z) * unit
        absent = "the ImageJ resolution is no length"
        calibration = calibrated(unit / down, unit / across, depth, "ImageJ description", absent)
    return Metadata("ImageJ TIFF", calibration, _imagej_labels(info, series))


def _imagej_labels(info: dict[str, Any], series: Any) -> tuple[str, ...]:
    """Slice labels name channels only where there is one for each plane of the first stack."""
    labels = info.get("Labels")
    channels = dict(zip(series.axes, series.shape, strict=True)).get("C", 1)
    if not isinstance(labels, list) or len(labels) < channels:
        return ()
    return tuple(str(label) for label in labels[:channels])


def _lsm(tif: Any, series: Any, scene: int, name: str) -> Metadata:
    info = tif.lsm_metadata or {}
    z, y, x = (_metres(info.get(f"VoxelSize{axis}")) for axis in "ZYX")
    colors = info.get("ChannelColors") or {}
    names = tuple(str(text) for text in colors.get("ColorNames") or ())
    absent = "the LSM header gives no voxel size"
    calibration = calibrated(y, x, z, "LSM header", absent)
    said = " ".join(str((info.get("ScanInformation") or {}).get("Description") or "").split())
    bits = _lsm_bits(info, series)
    return Metadata("Zeiss LSM", calibration, names, bits, description=said[:300])


def _lsm_bits(info: dict[str, Any], series: Any) -> int | None:
    """Return 12 for type 2, 12 bits in 16-bit words; type 0 leaves it to each channel."""
    kinds = info.get("ChannelDataTypes")
    kind = info.get("DataType")
    if kind == 0 and kinds is not None and len(kinds):
        kind = max(int(value) for value in kinds)
    return 12 if kind == 2 and series.dtype.itemsize == 2 else None


def _svs(tif: Any, series: Any, scene: int, name: str) -> Metadata:
    found = re.search(r"\bMPP\s*=\s*" + _FLOAT, series.keyframe.description)
    mpp = _number(found[1]) if found else None
    calibration = calibrated(mpp, mpp, None, "Aperio MPP", "the Aperio description gives no MPP")
    return Metadata("Aperio SVS", calibration)


def _ndpi(tif: Any, series: Any, scene: int, name: str) -> Metadata:
    calibration = resolution_calibration(series.keyframe)
    if calibration.spacing is not None:
        calibration = Calibration(calibration.spacing, "NDPI resolution")
    filter_set = series.keyframe.tags.valueof(_NDPI_FILTER_SET)
    filter_set = filter_set.strip() if isinstance(filter_set, str) else ""
    if not filter_set or series.keyframe.samplesperpixel == 1:
        return Metadata("Hamamatsu NDPI", calibration, (filter_set,) if filter_set else ())
    note = (
        f"a fluorescence slide (filter set {filter_set!r}) stored as RGB: probably one of the "
        "three colours holds the signal"
    )
    return Metadata("Hamamatsu NDPI", calibration, (filter_set,), notes=(note,))


def _plain(tif: Any, series: Any, scene: int, name: str) -> Metadata:
    images = ome_images(tif, name)
    if images:
        note = "OME-XML and pages disagree, so the pages are read as plain TIFF"
        return Metadata("TIFF", images[0].calibration, notes=(note,))
    return Metadata("TIFF", resolution_calibration(series.keyframe))


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _metres(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else number * 1e6

"""Settings of segmenting a batch; the command line and the record come from here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, get_args

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.predict.engine import EngineName
from nuclarium.predict.view import Contrast, ViewSettings


@dataclass(frozen=True, slots=True)
class SegmentSettings:
    """Everything that the labels and the table of an image depend on, beside the image.

    Parameters
    ----------
    model : str or None
        Shipped name or model file; the one for the kind of image when None.
    channel : str or None
        Name or index of the channel of the nuclei.
    z : str
        ``max``, ``best``, ``each`` or a slice number.
    t : int
        Time point.
    volume : bool
        Whether the slices of a stack are joined to nuclei in three dimensions.
    spacing_um : float or None
        Side of a pixel in µm where the file does not say it, or says it wrongly.
    spacing_z_um : float or None
        Distance of two slices, likewise.
    contrast : str
        ``bright`` or ``dark`` nuclei, or ``auto``.
    diameter_um : float or None
        Typical diameter of a nucleus; estimated when None.
    magnification : float or None
        At which the network sees the image; chosen by the diameter when None.
    engine : str
        ``auto``, ``onnxruntime``, ``onnxruntime-int8``, ``openvino`` or ``openvino-bf16``.
    tta : bool
        Whether the network's answer is averaged over all eight turns and reflections, not only
        over those that the model asks for.
    """

    model: str | None = None
    channel: str | None = None
    z: str = "max"
    t: int = 0
    volume: bool = False
    spacing_um: float | None = None
    spacing_z_um: float | None = None
    contrast: Contrast = "auto"
    diameter_um: float | None = None
    magnification: float | None = None
    engine: EngineName = "auto"
    tta: bool = False

    def __post_init__(self) -> None:
        _ = self.view
        for what, given in (
            ("spacing must be the side of a pixel", self.spacing_um),
            ("spacing of slices must be their distance", self.spacing_z_um),
        ):
            if given is not None and not 0 < given < 1000:
                raise SettingsError(f"The {what} in µm, above 0 and below 1000, but got {given}.")
        if self.volume and self.z != "max":
            raise SettingsError(
                f"--3d takes every slice of a stack, but --z {self.z} asks for others. Leave out "
                "one of the two."
            )

    @property
    def takes_every_slice(self) -> bool:
        """Whether all slices of a stack are segmented."""
        return self.volume or self.z == "each"

    @property
    def slices(self) -> str:
        """Which slices are segmented, as for `select_planes`."""
        return "each" if self.volume else self.z

    def spacing_of(self, found: Spacing | None) -> Spacing | None:
        """Return the spacing of an image: what the user gave, and else what the file says.

        Raises
        ------
        SettingsError
            If only the distance of slices is known.
        """
        if self.spacing_um is None and self.spacing_z_um is None:
            return found
        z = self.spacing_z_um or (found.z if found else None)
        if self.spacing_um is not None:
            return Spacing(self.spacing_um, self.spacing_um, z)
        if found is None:
            raise SettingsError(
                "The distance of slices needs the side of a pixel too, which the file does not "
                "say. Give it with --spacing-um."
            )
        return Spacing(found.y, found.x, z)

    @property
    def view(self) -> ViewSettings:
        """What the user said of the nuclei."""
        return ViewSettings(self.contrast, self.diameter_um, self.magnification)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings for a record."""
        return asdict(self)


def engine_name(text: str) -> EngineName:
    """Return the name of an engine, or refuse it with the names that there are."""
    for name in get_args(EngineName):
        if text == name:
            engine: EngineName = name
            return engine
    raise SettingsError(
        f"The engine must be one of {', '.join(get_args(EngineName))}, but got {text}."
    )


def fingerprint(*facts: Any) -> str:
    """Hash of everything that a result depends on, as hexadecimal digits."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

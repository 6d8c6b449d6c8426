"""Published tables to show beside one's own."""

from __future__ import annotations

from dataclasses import dataclass

from nuclarium.core.errors import SettingsError


@dataclass(frozen=True)
class Published:
    """One row of a published table; scores in percent."""

    f1: float
    iou: float
    val_loss: float


REFERENCES: dict[str, dict[str, Published]] = {
    "bmgd-paper": {
        "ResNet50": Published(93.22, 87.31, 0.06650),
        "MobileNetV2": Published(93.31, 87.45, 0.07459),
        "Inception-ResNetV2": Published(93.66, 88.08, 0.08286),
        "InceptionV3": Published(93.61, 87.99, 0.07875),
        "DenseNet121": Published(93.55, 87.89, 0.07849),
        "VGG19": Published(92.90, 86.73, 0.06006),
    }
}
"""U-Net encoders on the Breast Mammary Gland Dataset, pixels pooled over its 82 test images."""


def reference(name: str | None) -> dict[str, Published]:
    """Return a published table by its name; nothing for None.

    Raises
    ------
    SettingsError
        If no such table is known.
    """
    if name is None:
        return {}
    if name not in REFERENCES:
        known = ", ".join(REFERENCES)
        raise SettingsError(f"--reference must be one of {known}, but got {name}.")
    return REFERENCES[name]

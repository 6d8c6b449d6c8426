"""What the name of a NuCLS field says, as facts of an item."""

from __future__ import annotations

from typing import Any

from nuclarium.io.interchange.nucls_folder import SPACING_UM
from nuclarium.io.interchange.nucls_names import FieldName

FIELD = "field"
"""Column with the name of the field, where the id of the item is another."""

FOV = ("fov_xmin", "fov_ymin", "fov_xmax", "fov_ymax")
"""Columns with the rectangle that was annotated, half-open, in pixels of the image."""


def name_facts(name: FieldName, own: str) -> dict[str, Any]:
    """Return hospital, patient, slide, rater and arm; `own` is the id of the item."""
    extra = {"hospital": name.hospital, "rater": name.participant, "arm": name.evalset}
    extra[FIELD] = name.text if name.text != own else None
    return {
        "slide": name.slide if name.hospital else "",
        "patient": name.patient or "",
        "spacing_um": (SPACING_UM, SPACING_UM),
        "extra": {key: value for key, value in extra.items() if value},
    }

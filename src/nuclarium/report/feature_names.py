"""Features in words: what they are called, their unit, and how people say more and less of them."""

from __future__ import annotations

from dataclasses import dataclass

from nuclarium.io.write import unit_of


@dataclass(frozen=True, slots=True)
class FeatureName:
    """How a feature is spoken of.

    Parameters
    ----------
    label : str
        As a heading.
    unit : str
        "" for plain numbers.
    more, less : str
        Complete "Nuclei at A … than at B" after "are 12 %", or "have a 12 %" where `has` is True.
    """

    label: str
    unit: str
    more: str
    less: str
    has: bool = False


_COMPARED = {
    "area": ("larger in area", "smaller in area"),
    "volume": ("larger in volume", "smaller in volume"),
    "colony_volume": ("larger in volume", "smaller in volume"),
    "perimeter": ("longer in perimeter", "shorter in perimeter"),
    "equivalent_diameter": ("wider in diameter", "narrower in diameter"),
    "colony_area": ("larger in area", "smaller in area"),
    "nuclei_density": (
        "more densely packed with nuclei",
        "less densely packed with nuclei",
    ),
    "intensity_mean": ("brighter", "darker"),
    "nearest_neighbour_distance": (
        "farther from their nearest neighbour",
        "nearer to their nearest neighbour",
    ),
    "distance_to_colony_edge": (
        "farther from the edge of the colony",
        "nearer to the edge of the colony",
    ),
}
_LABELS = {
    "area": "Area",
    "nuclei_per_plane": "Nuclei a plane",
    "nuclei_per_stack": "Nuclei a stack",
    "nuclei_density": "Density of nuclei in the colony",
    "colony_volume": "Volume of the colony",
    "colony_area": "Area of the colony",
    "intensity_mean": "Mean intensity",
    "intensity_sum": "Integrated intensity",
    "texture_contrast": "Texture contrast",
    "texture_correlation": "Texture correlation",
    "nearest_neighbour_distance": "Distance to the nearest neighbour",
    "distance_to_colony_edge": "Distance to the edge of the colony",
}
_ENDINGS = {
    "_per_mm3": "per mm³",
    "_per_mm2": "per mm²",
    "_per_mpx": "per million pixels",
    "_um3": "µm³",
    "_um2": "µm²",
    "_um": "µm",
    "_px": "px",
    "_rad": "rad",
}


def feature_name(column: str) -> FeatureName:
    """Return the words for a column of the table.

    Examples
    --------
    >>> feature_name("area_um2").label, feature_name("neighbours_within_50_um").label
    ('Area', 'Neighbours within 50 µm')
    """
    if column.startswith("neighbours_within_"):
        radius, _, unit = column.removeprefix("neighbours_within_").rpartition("_")
        label = f"Neighbours within {radius} {unit_of('_' + unit) or unit}"
        noun = f"number of {_lower(label)}"
        return FeatureName(label, "", f"higher {noun}", f"lower {noun}", has=True)
    ending = next((e for e in _ENDINGS if column.endswith(e)), "")
    base = column.removesuffix(ending)
    label = _LABELS.get(base, base.replace("_", " ").capitalize())
    unit = _ENDINGS.get(ending, "grey values" if base.startswith("intensity") else "")
    if base == "area" and unit == "px":
        unit = "pixels"
    if base in _COMPARED:
        return FeatureName(label, unit, *_COMPARED[base])
    if base.startswith("nuclei_per_"):
        return FeatureName(label, unit, f"more {_lower(label)}", f"fewer {_lower(label)}")
    noun = _lower(label)
    return FeatureName(label, unit, f"higher {noun}", f"lower {noun}", has=True)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]

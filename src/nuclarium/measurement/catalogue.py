"""Every column of the table: name, unit, meaning and source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["", "px", "um", "area", "length", "volume", "rad", "channel"]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement of a nucleus.

    Parameters
    ----------
    name : str
        As in scikit-image where it has the measurement.
    unit : str
        ``area``, ``length`` and ``volume`` are µm², µm and µm³ where the spacing is known, and
        pixels where it is not; ``px``, ``um`` and ``rad`` never change; ``channel`` comes once for
        each channel, in the file's own intensity but for textures, which are numbers; an empty
        unit is a number, a flag or a share.
    meaning : str
        One sentence.
    source : str
        Where the definition comes from.
    """

    name: str
    unit: Unit
    meaning: str
    source: str = "scikit-image"

    def column(self, *, calibrated: bool) -> str:
        """Return the column's name, with its unit; channels append their own."""
        suffix = {
            "": "",
            "px": "_px",
            "um": "_um",
            "rad": "_rad",
            "channel": "_",
            "area": "_um2" if calibrated else "_px",
            "length": "_um" if calibrated else "_px",
            "volume": "_um3" if calibrated else "_px",
        }[self.unit]
        return self.name + suffix


_SECTION = "nuclarium (of its largest section)"

CATALOGUE = (
    Measurement("label", "", "Number of the nucleus in the label image."),
    Measurement("z", "", "Plane of the stack, from 0; only for stacks.", "nuclarium"),
    Measurement("centroid_y", "px", "Mean row of its pixels, pixel centres at integers."),
    Measurement("centroid_x", "px", "Mean column of its pixels, pixel centres at integers."),
    Measurement("centroid_y", "um", "The same in µm; only where the spacing is known."),
    Measurement("centroid_x", "um", "The same in µm; only where the spacing is known."),
    Measurement("bbox_y0", "px", "First row of its bounding box."),
    Measurement("bbox_x0", "px", "First column of its bounding box."),
    Measurement("bbox_y1", "px", "Row after the last of its bounding box."),
    Measurement("bbox_x1", "px", "Column after the last of its bounding box."),
    Measurement(
        "touches_border",
        "",
        "Whether its bounding box meets the border of the image, so that it may be cut.",
        "nuclarium",
    ),
    Measurement("area", "area", "Area of its pixels."),
    Measurement("area_convex", "area", "Area of the pixels in its convex hull."),
    Measurement(
        "equivalent_diameter",
        "length",
        "Diameter of the circle of the same area.",
        "scikit-image (equivalent_diameter_area)",
    ),
    Measurement("perimeter", "length", "Length of its outline through the outer pixels' centres."),
    Measurement("axis_major_length", "length", "Long axis of the ellipse of equal moments."),
    Measurement("axis_minor_length", "length", "Short axis of the ellipse of equal moments."),
    Measurement("feret_diameter_max", "length", "Largest distance between points of its hull."),
    Measurement(
        "aspect_ratio",
        "",
        "Long axis over short axis: 1 is a circle; nan where the short is 0.",
        "nuclarium",
    ),
    Measurement("eccentricity", "", "Eccentricity of the ellipse of equal moments: 0 is a circle."),
    Measurement("solidity", "", "Area over convex area, from 0 to 1."),
    Measurement(
        "circularity",
        "",
        "4π area / perimeter²: 1 is a circle; above 1 for a few pixels, nan for a single one.",
        "Cox 1927",
    ),
    Measurement(
        "orientation",
        "rad",
        "Angle of the long axis from the rows' direction (y) towards x, above -π/2 to π/2.",
    ),
    Measurement(
        "nearest_neighbour_distance",
        "length",
        "Distance to the nearest other centroid of the plane; nan for a single nucleus.",
        "nuclarium",
    ),
    Measurement(
        "neighbours_within",
        "length",
        "Other centroids within the radius that the column's name says.",
        "nuclarium",
    ),
    Measurement("intensity_mean", "channel", "Mean of its pixels."),
    Measurement("intensity_std", "channel", "Standard deviation of its pixels (divided by n)."),
    Measurement("intensity_min", "channel", "Smallest of its pixels."),
    Measurement("intensity_median", "channel", "Median of its pixels."),
    Measurement("intensity_max", "channel", "Largest of its pixels."),
    Measurement("intensity_sum", "channel", "Sum of its pixels (integrated intensity).", "numpy"),
    Measurement(
        "texture_contrast",
        "channel",
        "Root of the mean squared difference of neighbouring pixels, over the mean of its pixels.",
        "Haralick 1973",
    ),
    Measurement(
        "texture_correlation",
        "channel",
        "Correlation of neighbouring pixels: 1 is smooth, 0 is noise; nan where all are equal.",
        "Haralick 1973",
    ),
)
"""In the order of the table's columns; intensities come once for each channel."""

VOLUME_CATALOGUE = (
    Measurement("label", "", "Number of the nucleus in the label stack."),
    Measurement("centroid_z", "px", "Mean slice of its voxels, from 0."),
    Measurement("centroid_y", "px", "Mean row of its voxels, pixel centres at integers."),
    Measurement("centroid_x", "px", "Mean column of its voxels, pixel centres at integers."),
    Measurement("centroid_z", "um", "The same in µm; only where the spacing is known."),
    Measurement("centroid_y", "um", "The same in µm; only where the spacing is known."),
    Measurement("centroid_x", "um", "The same in µm; only where the spacing is known."),
    Measurement("bbox_z0", "px", "First slice that it is in."),
    Measurement("bbox_y0", "px", "First row of its bounding box."),
    Measurement("bbox_x0", "px", "First column of its bounding box."),
    Measurement("bbox_z1", "px", "Slice after the last that it is in."),
    Measurement("bbox_y1", "px", "Row after the last of its bounding box."),
    Measurement("bbox_x1", "px", "Column after the last of its bounding box."),
    Measurement(
        "touches_border",
        "",
        "Whether its box meets the border of a slice, or the first or last slice.",
        "nuclarium",
    ),
    Measurement("n_slices", "", "Slices that it is in.", "nuclarium"),
    Measurement("extent_z", "length", "Slices that it is in times their distance.", "nuclarium"),
    Measurement("volume", "volume", "Number of its voxels times the volume of one."),
    Measurement(
        "equivalent_diameter",
        "length",
        "Diameter of the ball of the same volume.",
        "scikit-image (equivalent_diameter_area)",
    ),
    Measurement(
        "surface_area",
        "area",
        "Area of its surface, by the Crofton formula in 13 directions.",
        "Lehmann and Legland 2012",
    ),
    Measurement(
        "sphericity", "", "Surface of the ball of the same volume over its own.", "Wadell 1935"
    ),
    Measurement("axis_major_length", "length", "Long axis of the ellipsoid of equal moments."),
    Measurement("axis_middle_length", "length", "Its middle axis.", "nuclarium"),
    Measurement("axis_minor_length", "length", "Its short axis."),
    Measurement("tilt", "rad", "Angle of the long axis to the slices, 0 to π/2.", "nuclarium"),
    Measurement("section_z", "px", "Slice of its largest section, the first of several.", _SECTION),
    Measurement("section_area", "area", "Area of that section.", _SECTION),
    Measurement("section_perimeter", "length", "Length of that section's outline.", _SECTION),
    Measurement("section_axis_major_length", "length", "Long axis of that section.", _SECTION),
    Measurement("section_axis_minor_length", "length", "Short axis of that section.", _SECTION),
    Measurement("section_aspect_ratio", "", "Its long over its short axis.", _SECTION),
    Measurement("section_eccentricity", "", "Eccentricity of that section.", _SECTION),
    Measurement("section_solidity", "", "Area over convex area of that section.", _SECTION),
    Measurement("section_circularity", "", "Circularity of that section.", _SECTION),
    Measurement(
        "nearest_neighbour_distance",
        "length",
        "Distance to the nearest other centroid of the stack; nan for a single nucleus.",
        "nuclarium",
    ),
    Measurement(
        "neighbours_within",
        "length",
        "Other centroids within the radius that the column's name says.",
        "nuclarium",
    ),
    Measurement("intensity_mean", "channel", "Mean of its voxels."),
    Measurement("intensity_std", "channel", "Standard deviation of its voxels (divided by n)."),
    Measurement("intensity_min", "channel", "Smallest of its voxels."),
    Measurement("intensity_max", "channel", "Largest of its voxels."),
    Measurement("intensity_sum", "channel", "Sum of its voxels (integrated intensity).", "numpy"),
)
"""Of nuclei in three dimensions; `channel` and `um` as in `CATALOGUE`, and `px` for slices too."""

"""Classes of nuclei in a synthetic rating study: how common, how large, how hard they are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NucleusClass:
    """One class of nuclei.

    Parameters
    ----------
    name : str
    super_class : str
        Raters take classes of one super class for each other more often than others.
    share : float
        How common it is, relative to the other classes; above 0.
    length_px : float
        Median of the longest axis, at 0.2 µm a pixel.
    spread : float
        Standard deviation of the logarithm of the length.
    elongation : float
        Median of longest by shortest axis.
    ease : float
        Added to the logit of everybody's accuracy in this class.
    """

    name: str
    super_class: str
    share: float
    length_px: float
    spread: float
    elongation: float
    ease: float = 0.0


NUCLS: tuple[NucleusClass, ...] = (
    NucleusClass("tumor", "tumor_any", 0.35389, 49, 0.24, 1.30, 0.8),
    NucleusClass("fibroblast", "nonTIL_stromal", 0.14491, 46, 0.28, 2.40, 0.2),
    NucleusClass("lymphocyte", "sTIL", 0.22909, 28, 0.18, 1.15, 0.5),
    NucleusClass("plasma_cell", "sTIL", 0.09380, 29, 0.20, 1.25, -0.3),
    NucleusClass("macrophage", "nonTIL_stromal", 0.02274, 38, 0.23, 1.35, -0.9),
    NucleusClass("mitotic_figure", "tumor_any", 0.00385, 39, 0.24, 1.50, -0.4),
    NucleusClass("vascular_endothelium", "nonTIL_stromal", 0.00860, 46, 0.28, 2.40, -0.8),
    NucleusClass("myoepithelium", "other_nucleus", 0.00091, 42, 0.24, 1.80, -1.0),
    NucleusClass("apoptotic_body", "AMBIGUOUS", 0.00665, 31, 0.24, 1.20, -0.6),
    NucleusClass("neutrophil", "other_nucleus", 0.00076, 33, 0.14, 1.15, -0.6),
    NucleusClass("ductal_epithelium", "other_nucleus", 0.00836, 36, 0.23, 1.30, -1.0),
    NucleusClass("eosinophil", "other_nucleus", 0.00005, 34, 0.10, 1.10, -0.6),
    NucleusClass("unlabeled", "AMBIGUOUS", 0.12640, 32, 0.30, 1.40, -0.8),
)
"""Shares, lengths and spreads follow the annotations of the corrected NuCLS set (CC0), whose boxes
give the length up to the angle at which a nucleus lies. Elongations and eases are ours."""

"""What a reader of a comparison must know, and how it was made, in plain sentences."""

from __future__ import annotations

import math

import numpy as np

from nuclarium.analysis.comparison import Comparison
from nuclarium.analysis.design import Test
from nuclarium.report.findings import number
from nuclarium.workspace.compare_input import Nuclei


def remarks_on(
    comparison: Comparison, nuclei: Nuclei, words: tuple[str, str], n_cut: int, *, with_cut: bool
) -> list[str]:
    """List what limits a comparison, the gravest first."""
    return [
        *_few_groups(comparison, words),
        *nuclei.remarks,
        *_planes(nuclei),
        *_border(nuclei, n_cut, with_cut=with_cut),
        *_spacings(nuclei),
    ]


def _few_groups(comparison: Comparison, words: tuple[str, str]) -> list[str]:
    design = comparison.design
    sizes = np.bincount(design.condition, minlength=len(design.conditions))
    alone = [design.conditions[i] for i in np.flatnonzero(sizes == 1)]
    remarks = []
    if alone:
        remarks.append(
            f"{_listed(alone)} {'has' if len(alone) == 1 else 'have'} one {words[0]}: how much "
            f"{words[1]} differ there is not known, so differences are given without interval and "
            "p value, however many nuclei there are."
        )
    few = [design.conditions[i] for i in np.flatnonzero((sizes > 1) & (sizes < 4))]
    if few:
        n = sizes[design.reference]
        smallest = [
            1 / math.comb(int(n + sizes[i]), int(n)) * (2 if n == sizes[i] else 1)
            for i in design.others
            if sizes[i] > 1 and n > 1
        ]
        text = (
            f"{_listed(few)} {'has' if len(few) == 1 else 'have'} fewer than four {words[1]}: only "
            "large differences can be shown."
        )
        if smallest and max(smallest) > 0.05:
            text += f" A permutation test could not fall below p = {max(smallest):.2g} there."
        remarks.append(text)
    return remarks


def _planes(nuclei: Nuclei) -> list[str]:
    if not nuclei.are_sections:
        return []
    return [
        "The images are stacks measured slice by slice: a nucleus counts once in every slice that "
        "shows it, and areas are those of sections."
    ]


def _border(nuclei: Nuclei, n_cut: int, *, with_cut: bool) -> list[str]:
    if not n_cut:
        return []
    share = 100 * n_cut / max(len(nuclei.table), 1)
    return [
        f"{n_cut:,} of {len(nuclei.table):,} nuclei ({number(share)} %) touch the border of their "
        "image and may be cut; they count in numbers, and were left out of all other features."
    ]


def _spacings(nuclei: Nuclei) -> list[str]:
    found = {
        tuple(round(r["image"]["spacing_um"][axis], 6) for axis in "yx")
        if r["image"]["spacing_um"]
        else None
        for r in nuclei.records.values()
    }
    if None in found:
        return [
            "The size of a pixel is not known: lengths are in pixels, and compare only at one "
            "magnification."
        ]
    if len(found) > 1:
        return [
            "Images have pixels of different sizes; perimeters, circularities and textures depend "
            "on that."
        ]
    return []


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def methods_text(comparison: Comparison, words: tuple[str, str], test: Test, version: str) -> str:
    """Return a paragraph for the methods of a paper."""
    design = comparison.design
    reference = design.conditions[design.reference]
    tests = (
        int(np.isfinite(comparison.comparisons["p"]).sum()) if len(comparison.comparisons) else 0
    )
    one, many = words
    how = {
        "groups": (
            f"Each {one} was one unit: its nuclei were averaged, and the means of {many} were "
            f"compared with {reference} by Welch's t test (two-sided)."
        ),
        "model": (
            f"Features of nuclei were compared with {reference} in a linear mixed model with "
            f"condition as fixed and {one} as random effect (REML, Satterthwaite's degrees of "
            f"freedom), features of a whole {one} by Welch's t test."
        ),
    }[test]
    text = (
        f"Nuclei were segmented and measured with nuclarium {version}. {how} Intervals are 95 %; "
        "those of ratios are Fieller's. P values were corrected for "
        f"{tests} comparisons by Holm's method."
    )
    if design.dose is not None:
        text += f" Trends are slopes of the means of {many} over the value of the condition."
    return text

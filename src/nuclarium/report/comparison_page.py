"""The page of a comparison: one self-contained HTML file of sentences, figures and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.analysis.comparison import Comparison
from nuclarium.report.feature_names import feature_name
from nuclarium.report.findings import (
    SIGNIFICANT,
    counts_like,
    finding,
    number,
    p_text,
    trend_finding,
)
from nuclarium.report.forest import forest
from nuclarium.report.numbers import count_text, number_text
from nuclarium.report.page import TEMPLATES, template_environment
from nuclarium.report.raincloud import CloudData, Raincloud, raincloud

_NOTABLE = 0.05
"""By how much the largest ICC must exceed that of the first feature to be worth a word."""


@dataclass(frozen=True)
class ComparedFile:
    """A raw file that takes part."""

    name: str
    file: str
    sha256: str
    condition: str
    group: str
    n_nuclei: int


@dataclass(frozen=True)
class ComparisonFacts:
    """What the page says beside the numbers.

    Parameters
    ----------
    title : str
    started : datetime
    version : str
        Of the program.
    models : tuple of (name, hash)
    synthetic : int
        Images that are made by computation.
    remarks : tuple of str
    settings : dict of str to str
    files : tuple of ComparedFile
    links : dict of str to path
        Relative to the page.
    groups : (str, str)
        What a group is called, singular and plural.
    are_sections : bool
        Whether a nucleus counts once in every slice of a stack.
    methods : str
        A paragraph for a paper.
    command : str
        What was typed.
    """

    title: str
    started: datetime
    version: str
    models: tuple[tuple[str, str], ...]
    synthetic: int
    remarks: tuple[str, ...]
    settings: Mapping[str, str]
    files: tuple[ComparedFile, ...]
    links: Mapping[str, PurePath | str] = field(default_factory=dict)
    groups: tuple[str, str] = ("group", "groups")
    are_sections: bool = False
    methods: str = ""
    command: str = ""


def render_comparison(
    facts: ComparisonFacts,
    comparison: Comparison,
    nuclei: Mapping[str, npt.NDArray[np.float64]],
    *,
    rng: np.random.Generator,
) -> str:
    """Return the page as HTML, with everything it needs inside.

    Parameters
    ----------
    facts : ComparisonFacts
    comparison : Comparison
    nuclei : mapping of str to ndarray, shape (n,)
        Features of nuclei, as they were compared.
    rng : numpy.random.Generator
        Draws the nuclei that figures show.
    """
    said = findings_of(comparison, facts.groups[1])
    text = template_environment().get_template("comparison.html.j2")
    style = "".join(
        (TEMPLATES / name).read_text(encoding="utf-8") for name in ("page.css", "comparison.css")
    )
    return text.render(
        facts=facts,
        style=style,
        comparison=comparison,
        reference=comparison.design.conditions[comparison.design.reference],
        tiles=list(_tiles(facts, comparison, said)),
        said=said,
        forest=forest(comparison.comparisons, comparison.design.conditions),
        figures=list(_figures(comparison, nuclei, rng)),
        rows=[_row(row) for row in _records(comparison.comparisons)],
        summary=list(_summary(comparison)),
        worth=worth(comparison, facts.groups, are_sections=facts.are_sections),
    ).encode("utf-8", "replace").decode()  # fmt: skip


def findings_of(comparison: Comparison, groups: str) -> dict[str, list[str]]:
    """Return the sentences: ``found``, ``not_shown``, ``untested``, and ``trends`` that hold."""
    said: dict[str, list[str]] = {"found": [], "not_shown": [], "untested": [], "trends": []}
    for row in _records(comparison.comparisons):
        kind = "untested"
        if np.isfinite(row["p_holm"]):
            kind = "found" if row["p_holm"] < SIGNIFICANT else "not_shown"
        said[kind].append(finding(row, groups))
    dose = comparison.design.dose
    if dose is not None:
        said["trends"] = [
            trend_finding(row, dose.numbers, dose.unit)
            for row in _records(comparison.overall)
            if row["p_trend_holm"] < SIGNIFICANT
        ]
    return said


def worth(
    comparison: Comparison, groups: tuple[str, str], *, are_sections: bool = False
) -> list[str]:
    """Say what nuclei of each condition are worth: in the first feature, and in the worst."""
    icc = comparison.overall["icc"].to_numpy(np.float64)
    told = np.flatnonzero(np.isfinite(icc))
    if len(told) == 0:
        return []
    first, worst = int(told[0]), int(told[icc[told].argmax()])
    places = [first, worst] if icc[worst] > icc[first] + _NOTABLE else [first]
    n = len(comparison.design.conditions)
    table = _records(comparison.summary)
    shares = [float(icc[place]) for place in places]
    sentences = []
    for condition in range(n):
        rows = [table[place * n + condition] for place in places]
        if rows[0]["nuclei"]:
            sentences.append(counts_like(rows, shares, groups, are_sections=are_sections))
    return sentences


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _tiles(
    facts: ComparisonFacts, comparison: Comparison, said: Mapping[str, list[str]]
) -> Iterator[tuple[str, str]]:
    design = comparison.design
    yield "Conditions", count_text(len(design.conditions))
    yield facts.groups[1].capitalize(), count_text(len(design.groups))
    yield "Images", count_text(len(facts.files))
    yield "Sections of nuclei" if facts.are_sections else "Nuclei", count_text(len(design.owner))
    found = len(said["found"])
    yield "Differences after Holm", f"{found} of {found + len(said['not_shown'])}"


def _figures(
    comparison: Comparison,
    nuclei: Mapping[str, npt.NDArray[np.float64]],
    rng: np.random.Generator,
) -> Iterator[Raincloud]:
    for index, feature in enumerate(comparison.features):
        name = feature_name(feature)
        figure = raincloud(
            name.label, name.unit, _clouds(comparison, index, nuclei.get(feature)), rng=rng
        )
        if figure is not None:
            yield figure


def _clouds(
    comparison: Comparison, index: int, values: npt.NDArray[np.float64] | None
) -> list[CloudData]:
    design, sums = comparison.design, comparison.sums
    n = len(design.conditions)
    rows = comparison.summary.iloc[index * n : (index + 1) * n]
    clouds = []
    for place, row in enumerate(_records(rows)):
        groups = np.flatnonzero(design.condition == place)
        own, owner = np.zeros(0), np.zeros(0, np.int64)
        if values is not None:
            mine = (design.condition[design.owner] == place) & np.isfinite(values)
            own, owner = values[mine], design.owner[mine] - groups[0]
        means = np.where(sums.known[index, groups], sums.mean[index, groups], np.nan)
        names = [design.groups[i] for i in groups]
        ends = [float(row[k]) for k in ("mean", "mean_low", "mean_high")]
        clouds.append(CloudData(str(row["condition"]), own, owner, means, names, *ends))
    return clouds


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Write the cells of one comparison."""
    values = {k: float(v) for k, v in row.items() if isinstance(v, int | float | np.number)}

    def spanned(key: str, low: str, high: str) -> tuple[str, str]:
        ends = number(values[low]), number(values[high])
        return number(values[key]), f"({ends[0]} to {ends[1]})" if "–" not in ends else ""

    def p(key: str) -> str:
        return _short_p(values[key])

    name = feature_name(str(row["feature"]))
    return {
        "label": name.label,
        "unit": name.unit,
        "condition": row["condition"],
        "support": f"{row['groups']} / {row['groups_reference']}",
        "mean": _plain(values["mean"]),
        "mean_reference": _plain(values["mean_reference"]),
        "difference": spanned("difference", "low", "high"),
        "percent": spanned("percent", "percent_low", "percent_high"),
        "hedges_g": spanned("hedges_g", "hedges_g_low", "hedges_g_high"),
        "p": p("p"),
        "p_holm": p("p_holm"),
        "p_bh": p("p_bh"),
        "p_other": p("p_permutation"),
        "p_model": p("p_model"),
        "is_significant": values["p_holm"] < SIGNIFICANT,
    }


def _short_p(p: float) -> str:
    """Write a p value for a column that says so."""
    return p_text(p).removeprefix("p ").removeprefix("= ") if np.isfinite(p) else "–"


def _plain(mean: float) -> str:
    return number_text(mean).replace("-", "−")


def _summary(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """Yield one row a feature: means, share between groups, overall test, trend."""
    n = len(comparison.design.conditions)
    for index, row in enumerate(_records(comparison.overall)):
        cells = _records(comparison.summary.iloc[index * n : (index + 1) * n])
        name = feature_name(str(row["feature"]))
        trend = _short_p(row["p_trend_holm"]) if "p_trend" in row else None
        yield {
            "label": name.label,
            "unit": name.unit,
            "means": [_plain(float(cell["mean"])) for cell in cells],
            "icc": f"{row['icc']:.2f}" if np.isfinite(row["icc"]) else "–",
            "icc_span": f"({row['icc_low']:.2f} to {row['icc_high']:.2f})"
            if np.isfinite(row["icc"])
            else "",
            "p": _short_p(float(row["p_holm"])),
            "trend": trend,
        }

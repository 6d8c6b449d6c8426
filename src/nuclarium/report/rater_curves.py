"""Curves of scores over the number of raters, with bands, as an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd

from nuclarium.report.axis import Axis

NAMES = {
    "detection_f1": "F1 of detection",
    "classification_mcc": "correlation of classes (MCC)",
    "auroc_micro": "AUROC, all classes pooled",
    "accuracy": "share of items that are right",
}
COLOURS = ("#4f228a", "#0f8a94", "#bb1ac7", "#8a5a0f")
_PANEL, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM, _LINE = 300, 250, 46, 14, 26, 40, 18


def curves_figure(
    curves: Mapping[str, pd.DataFrame],
    scores: Sequence[str] = ("detection_f1", "classification_mcc", "auroc_micro"),
    *,
    along: str = "raters",
) -> str:
    """Draw one panel a score, in each of them a line a case.

    A line is the mean; the band holds as many of the repetitions as `low` and `high` say. Scores
    that are nowhere defined have no panel.

    Parameters
    ----------
    curves : mapping of str to DataFrame
        Name of a case, and its columns ``score, k, mean, low, high``.
    scores : sequence of str
    along : str
        What `k` counts.

    Returns
    -------
    svg : str
    """
    every = pd.concat(list(curves.values()), ignore_index=True)
    known = set(every.loc[np.isfinite(every["mean"]), "score"])
    shown = [score for score in scores if score in known]
    width = max(1, len(shown)) * _PANEL
    height = _HEIGHT + _LINE * len(curves) + 6
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="11" fill="#222" role="img">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for place, score in enumerate(shown):
        parts.append(f'<g transform="translate({place * _PANEL} 0)">')
        parts += _panel(score, every[every["score"] == score], curves, along)
        parts.append("</g>")
    for place, name in enumerate(curves):
        y = _HEIGHT + _LINE * place + 4
        parts.append(
            f'<path d="M{_LEFT} {y}h22" stroke="{_colour(place)}" stroke-width="2"/>'
            f'<text x="{_LEFT + 30}" y="{y + 4}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _panel(
    score: str, every: pd.DataFrame, curves: Mapping[str, pd.DataFrame], along: str
) -> list[str]:
    x = Axis(*_range(every["k"]), _LEFT, _PANEL - _RIGHT)
    ends = every[["mean", "low", "high"]].to_numpy()
    y = Axis(*_range(ends[np.isfinite(ends)]), _HEIGHT - _BOTTOM, _TOP)
    base, right = _HEIGHT - _BOTTOM, _PANEL - _RIGHT
    parts = [
        f'<text x="{_LEFT}" y="15" font-weight="bold">{escape(NAMES.get(score, score))}</text>',
        *(
            f'<path d="M{_LEFT} {tick.at}H{right}" stroke="#ddd"/>'
            f'<text x="{_LEFT - 5}" y="{tick.at + 4}" text-anchor="end">{tick.text}</text>'
            for tick in y.ticks(5)
        ),
        *(
            f'<text x="{x.at(k)}" y="{base + 15}" text-anchor="middle">{k:g}</text>'
            for k in _some(sorted(set(every["k"])))
        ),
        f'<text x="{(_LEFT + right) / 2}" y="{_HEIGHT - 9}" text-anchor="middle">'
        f"{escape(along)}</text>",
    ]
    for place, table in enumerate(curves.values()):
        own = table[(table["score"] == score) & np.isfinite(table["mean"])]
        parts += _curve(own, x, y, _colour(place)) if len(own) else []
    return parts


def _curve(own: pd.DataFrame, x: Axis, y: Axis, colour: str) -> list[str]:
    at = [x.at(k) for k in own["k"]]
    low, mean, high = ([y.at(v) for v in own[name]] for name in ("low", "mean", "high"))
    ring = [*zip(at, low, strict=True), *reversed(list(zip(at, high, strict=True)))]
    line = " ".join(f"{a},{b}" for a, b in zip(at, mean, strict=True))
    dots = "".join(
        f'<circle cx="{a}" cy="{b}" r="2.2" fill="{colour}"><title>{k:g}: {v:.3f}</title></circle>'
        for a, b, k, v in zip(at, mean, own["k"], own["mean"], strict=True)
    )
    return [
        f'<polygon points="{" ".join(f"{a},{b}" for a, b in ring)}" fill="{colour}" '
        'fill-opacity="0.15"/>',
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.8"/>',
        dots,
    ]


def _some(ks: list[int]) -> list[int]:
    """Return every so many of the numbers of raters, eight at most."""
    return ks[:: -(-len(ks) // 8)]


def _range(
    values: pd.Series | np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> tuple[float, float]:
    low, high = float(np.min(values)), float(np.max(values))
    return (low - 0.5, high + 0.5) if high - low < 1e-9 else (low, high)


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]

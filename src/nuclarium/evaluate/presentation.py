"""Scores as text for the terminal, and as plain values for JSON."""

from __future__ import annotations

import math

import pandas as pd

_SHOWN = (
    "dice",
    "iou",
    "aji",
    "aji_plus",
    "panoptic_quality",
    "segmentation_quality",
    "recognition_quality",
    "precision@0.50",
    "recall@0.50",
    "f1@0.50",
    "average_precision@0.50",
    "average_precision@0.75",
    "average_precision@0.50:0.95",
    "count_error",
    "split_rate",
    "merge_rate",
)
"""Scores that a terminal table holds; the others are in the JSON."""


def format_summary(summary: pd.DataFrame, *, images: int | None = None) -> str:
    """Write a summary as an aligned table of plain text, without a final newline.

    Parameters
    ----------
    summary : pandas.DataFrame
        As `summarise` gives it.
    images : int, optional
        How many were scored; said in the first line.
    """
    head = ("score", "pooled", "95 % interval", "mean of images", "95 % interval")
    rows: list[tuple[str, ...]] = [head]
    for name, row in _shown_rows(summary):
        rows.append(
            (
                name,
                _number(row["value"]),
                _range(row["low"], row["high"]),
                _number(row["image_mean"]),
                _range(row["image_mean_low"], row["image_mean_high"]),
            )
        )
    title = [] if images is None else [f"{images} image{'s' if images != 1 else ''}"]
    return "\n".join([*title, *_aligned(rows)])


def format_comparison(comparison: pd.DataFrame, names: tuple[str, str] = ("a", "b")) -> str:
    """Write a comparison, as `compare` gives it, as an aligned table of plain text."""
    rows: list[tuple[str, ...]] = [("score", *names, "difference", "95 % interval", "p")]
    for name, row in _shown_rows(comparison):
        p = row["p"]
        rows.append(
            (
                name,
                _number(row["a"]),
                _number(row["b"]),
                _number(row["difference"], signed=True),
                _range(row["low"], row["high"], signed=True),
                "–" if math.isnan(p) else ("<0.001" if p < 0.001 else f"{p:.3f}"),
            )
        )
    return "\n".join(_aligned(rows))


def summary_to_dict(summary: pd.DataFrame) -> dict[str, dict[str, float | int | None]]:
    """Turn a table of scores into plain values for JSON; nan becomes None."""
    return {name: _plain(row) for name, row in _plain_rows(summary).items()}


def _plain_rows(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    names = [str(name) for name in table.columns]
    return {
        str(row[0]): dict(zip(names, map(float, row[1:]), strict=True))
        for row in table.itertuples(name=None)
    }


def _shown_rows(table: pd.DataFrame) -> list[tuple[str, dict[str, float]]]:
    rows = _plain_rows(table)
    return [(name, rows[name]) for name in _SHOWN]


def _plain(row: dict[str, float]) -> dict[str, float | int | None]:
    return {
        key: int(value) if key == "images" else (None if math.isnan(value) else value)
        for key, value in row.items()
    }


def _number(value: float, *, signed: bool = False) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:+.3f}" if signed else f"{value:.3f}"


def _range(low: float, high: float, *, signed: bool = False) -> str:
    if math.isnan(low):
        return "–"
    return f"{_number(low, signed=signed)} to {_number(high, signed=signed)}"


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]

"""Tables of anchors of the NuCLS studies, read into places, answers and truths."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.classes import Hierarchy, shipped_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.core.marks import Points
from nuclarium.io.interchange.nucls_anchors import (
    NOT_SEEN,
    UNDETECTED,
    AnchorTable,
    AnchorTruth,
    is_alias,
    nucls_groups,
)
from nuclarium.io.interchange.nucls_csv import BOX
from nuclarium.io.interchange.nucls_table_file import read_nucls_table
from nuclarium.io.rows import by_row, refuse_mistakes

_NEEDED = ("anchor_id", "fovname", "evalset", *BOX)
_TRUTH = re.compile(r"(UNBIASED_)?EM_inferred_label_(?!confidence_|count_)(.+)")
_PROBABILITY = re.compile(r"EM_prob_|(UNBIASED_)?EM_inferred_label_confidence_")
_CLICKS = re.compile(r"algorithmic_clicks_(.+)")


def read_anchor_table(
    path: Path,
    *,
    raters: Sequence[str] | None = None,
    min_iou: float | None = None,
    hierarchy: Hierarchy | None = None,
) -> AnchorTable:
    """Read a table such as ``v3.1_final_anchors_E_Ps_AreTruth.csv``.

    Parameters
    ----------
    path : Path
    raters : sequence of str, optional
        Columns with the answers of raters. By default those that are named like NuCLS's raters
        (``SP.1``, ``JP.2``, ``NP.13``); where there are none, those whose every value is a class,
        ``undetected`` or ``DidNotAnnotateFOV``.
    min_iou : float, optional
        Which clustering to read of a table with several; such a table is refused without it, since
        each nucleus is in it several times.
    hierarchy : Hierarchy, optional
        Classes of the answers; NuCLS's own by default.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    SettingsError
        If columns are missing, or rows are wrong: each with what was expected.
    """
    hierarchy = hierarchy or shipped_hierarchy()
    table = _one_clustering(
        read_nucls_table(path, _NEEDED, what="A table of anchors", dtype=str), min_iou, path.name
    )
    columns = list(raters) if raters is not None else _rater_columns(table, hierarchy)
    _check_raters(table, columns, path.name)
    boxes = table[list(BOX)].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
    refuse_mistakes(by_row(_mistakes(table, boxes, columns, hierarchy)), path.name)
    names = table[columns].apply(_plain, hierarchy=hierarchy).to_numpy(object)
    xmin, ymin, xmax, ymax = boxes.T
    n, groups = len(table), nucls_groups(tuple(columns))
    return AnchorTable(
        ids=tuple(table["anchor_id"]),
        fields=tuple(table["fovname"]),
        arms=tuple(table["evalset"]),
        boxes=np.stack([ymin, xmin, ymax + 1, xmax + 1], axis=1).reshape(n, 4),
        raters=tuple(columns),
        answers=np.where(names == NOT_SEEN, "", names).astype(object).reshape(n, len(columns)),
        min_iou=float(table["min_iou"].iloc[0]) if n and "min_iou" in table else 0.25,
        groups=groups,
        truths=_truths(table, hierarchy),
        manual=_outlines(table, "manual"),
        algorithmic=_outlines(table, "algorithmic"),
        accepted=_accepted(table, columns),
    )


def _one_clustering(table: pd.DataFrame, min_iou: float | None, name: str) -> pd.DataFrame:
    if "min_iou" not in table or not len(table):
        return table
    found = pd.to_numeric(table["min_iou"], errors="coerce")
    if min_iou is None and found.nunique(dropna=False) > 1:
        raise SettingsError(
            f"{name} must hold anchors of one clustering, but has those of min_iou "
            f"{', '.join(map(str, found.unique()))}: each nucleus would count several times. "
            "Choose one with min_iou."
        )
    if min_iou is None:
        return table
    chosen = table[np.isclose(found, min_iou)]
    if not len(chosen):
        raise SettingsError(f"{name} must hold anchors of min_iou {min_iou}, but has none.")
    return chosen


def _rater_columns(table: pd.DataFrame, hierarchy: Hierarchy) -> list[str]:
    aliases = [name for name in map(str, table) if is_alias(name)]
    if aliases:
        return aliases
    known = {*hierarchy.levels[0].classes, UNDETECTED, NOT_SEEN}
    return [
        str(name)
        for name in table
        if "inferred_label" not in str(name) and len(table) and table[name].isin(known).all()
    ]


def _check_raters(table: pd.DataFrame, columns: list[str], name: str) -> None:
    missing = [rater for rater in columns if rater not in table]
    if missing or not columns:
        raise SettingsError(
            f"{name} must have a column for each rater, but has "
            f"{'no ' + ', '.join(missing) if missing else 'none that is known as one'}. "
            "Name the columns of the raters."
        )


def _mistakes(
    table: pd.DataFrame,
    boxes: npt.NDArray[np.float64],
    raters: list[str],
    hierarchy: Hierarchy,
) -> list[tuple[int, str]]:
    known = {*hierarchy.levels[0].classes, UNDETECTED}
    numbers = table.index.to_numpy(np.int64) + 2
    whole = np.isfinite(boxes) & (np.floor(np.nan_to_num(boxes)) == np.nan_to_num(boxes))
    turned = (boxes[:, 0] > boxes[:, 2]) | (boxes[:, 1] > boxes[:, 3])
    again = table.duplicated(["anchor_id", "evalset"]).to_numpy()
    wrong = {
        "must have whole numbers as xmin, ymin, xmax, ymax": ~whole.all(axis=1),
        "must have xmin ≤ xmax and ymin ≤ ymax": turned,
        "must have an anchor_id that no earlier row of its set has": again,
    }
    found = [(number, text) for text, rows in wrong.items() for number in numbers[rows].tolist()]
    answers = f"must have a raw class, {UNDETECTED} or {NOT_SEEN}"
    columns = [(rater, {*known, NOT_SEEN}, answers) for rater in raters]
    truths = [name for name in map(str, table) if _TRUTH.fullmatch(name)]
    columns += [
        (c, {*known, ""}, f"must have a raw class, {UNDETECTED} or nothing") for c in truths
    ]
    for column, allowed, rule in columns:
        found += _said(table, ~_plain(table[column], hierarchy).isin(allowed), column, rule)
    for column in (name for name in map(str, table) if _PROBABILITY.match(name)):
        values = pd.to_numeric(table[column], errors="coerce")
        bad = (table[column] != "") & ~values.between(0, 1)
        found += _said(table, bad, column, "must have a probability, 0 to 1, or nothing")
    for column in (name for name in map(str, table) if _CLICKS.fullmatch(name)):
        bad = ~table[column].map(lambda text: _names(text) <= set(table))
        found += _said(table, bad, column, "must have names of raters, which are columns,")
    return found


def _said(
    table: pd.DataFrame, bad: pd.Series[bool], column: str, rule: str
) -> list[tuple[int, str]]:
    rows = (table.index[bad] + 2).tolist()
    cells = table.loc[bad, column]
    return [(n, f"{rule} as {column}, but has '{c}'") for n, c in zip(rows, cells, strict=True)]


def _plain(column: pd.Series[str], hierarchy: Hierarchy) -> pd.Series[str]:
    """Return labels without prefixes."""
    return column.map({label: hierarchy.plain(label) for label in column.unique()})


def _names(text: str) -> set[str]:
    """Return whole names, since NP.1 is also a part of the text NP.10."""
    return {name.strip() for name in text.split(",")} - {""}


def _truths(table: pd.DataFrame, hierarchy: Hierarchy) -> dict[str, AnchorTruth]:
    found = {}
    for column in map(str, table.columns):
        match = _TRUTH.fullmatch(column)
        if match is None:
            continue
        prefix, group = match[1] or "", match[2]
        names = (UNDETECTED, *hierarchy.levels[0].classes)
        classes = tuple(c for c in names if not prefix and f"EM_prob_{c}_{group}" in table)
        found[prefix + group] = AnchorTruth(
            tuple(_plain(table[column], hierarchy)),
            _numbers(table, f"{prefix}EM_inferred_label_confidence_{group}"),
            np.stack([_numbers(table, f"EM_prob_{c}_{group}") for c in classes], axis=1)
            if classes
            else None,
            classes,
        )
    return found


def _numbers(table: pd.DataFrame, column: str) -> npt.NDArray[np.float64]:
    if column not in table:
        return np.full(len(table), np.nan)
    return np.asarray(pd.to_numeric(table[column], errors="coerce"), np.float64)


def _outlines(table: pd.DataFrame, kind: str) -> tuple[Points | None, ...]:
    names = [f"{kind}_coords_{axis}" for axis in ("x", "y")]
    if any(name not in table for name in names):
        return (None,) * len(table)
    mistakes: list[tuple[int, str]] = []
    lines: list[Points | None] = []
    for number, (xs, ys) in enumerate(zip(*(table[name] for name in names), strict=True), 2):
        line = _line(xs, ys)
        lines.append(line)
        if line is None and (xs or ys):
            mistakes.append((number, f"must have as many whole numbers in {' and '.join(names)}"))
    refuse_mistakes(by_row(mistakes), "The table of anchors")
    return tuple(lines)


def _line(xs: str, ys: str) -> Points | None:
    try:
        points = np.array([[float(v) for v in text.split(",")] for text in (ys, xs)]).T + 0.5
    except ValueError:
        return None
    if not np.isfinite(points).all():
        return None
    return points[:-1] if len(points) > 1 and (points[0] == points[-1]).all() else points


def _accepted(table: pd.DataFrame, raters: list[str]) -> npt.NDArray[np.bool_]:
    taken = np.zeros((len(table), len(raters)), bool)
    for column in (name for name in map(str, table) if _CLICKS.fullmatch(name)):
        for row, text in enumerate(table[column]):
            taken[row] |= [rater in _names(text) for rater in raters]
    return taken

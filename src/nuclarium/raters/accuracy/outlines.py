"""How well accepted outlines meet those drawn by hand: Dice and IoU, with intervals over fields."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement.bootstrap import Method, estimate
from nuclarium.raters.agreement.distances import Floats
from nuclarium.raters.agreement.remarks import FEW_FIELDS
from nuclarium.raters.outlines.overlap import outline_overlap

SCORES = ("median_dice", "median_iou", "mean_dice", "mean_iou", "pooled_dice", "pooled_iou")

Shape = npt.NDArray[np.float64] | npt.NDArray[np.bool_] | None


def segmentation_accuracy(
    accepted: Sequence[Shape],
    manual: Sequence[Shape],
    fields: Sequence[str],
    *,
    verdict: Sequence[str] | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 1_000,
    interval: Method = "expanded",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the outline that raters accepted of each nucleus with the one traced by hand.

    Parameters
    ----------
    accepted, manual : sequence of ndarray or None
        One pair a nucleus, both outlines, of shape (c, 2) with corners ``(y, x)`` in pixels, or
        both masks, boolean arrays of one shape. A pair of which one is missing is left out.
    fields : sequence of str
        Field of each nucleus, the unit that is drawn.
    verdict : sequence of str, optional
        What each nucleus is counted under, such as whether its outline was judged right; all are
        counted together, too.
    rng, draws, interval
        As for `agreement.bootstrap.estimate`.

    Returns
    -------
    summary : pandas.DataFrame
        One row a verdict (empty: all) and score: ``verdict``, ``score``, ``value``, ``low``,
        ``high``, ``n`` (nuclei), ``remark``. Pooled scores are of the pixels of all nuclei.
    nuclei : pandas.DataFrame
        One row a pair: ``field``, ``verdict``, ``intersect``, ``sums``, ``iou``, ``dice``.

    Raises
    ------
    SettingsError
        If there are not as many of each, or a pair is an outline and a mask.
    """
    if not len(accepted) == len(manual) == len(fields):
        raise SettingsError(
            f"Outlines come in pairs with a field each, but there are {len(accepted)} accepted, "
            f"{len(manual)} manual and {len(fields)} fields."
        )
    nuclei = _overlaps(accepted, manual)
    nuclei.insert(0, "field", list(fields))
    nuclei.insert(1, "verdict", list(verdict) if verdict is not None else "")
    seed = int((rng or np.random.default_rng(0)).integers(1 << 62))
    kinds = ["", *(name for name in dict.fromkeys(nuclei["verdict"]) if name)]
    parts = []
    for kind in kinds:
        chosen = nuclei if kind == "" else nuclei[nuclei["verdict"] == kind]
        part = _summary(chosen, np.random.default_rng(seed), draws, interval)
        part.insert(0, "verdict", kind)
        parts.append(part)
    return pd.concat(parts, ignore_index=True), nuclei


def _overlaps(accepted: Sequence[Shape], manual: Sequence[Shape]) -> pd.DataFrame:
    pairs = list(zip(accepted, manual, strict=True))
    is_mask = [_is_mask(a) or _is_mask(b) for a, b in pairs]
    if not any(is_mask):
        return outline_overlap(*(_as_outlines(side) for side in (accepted, manual)))
    rows = []
    for i, (a, b) in enumerate(pairs):
        if a is None or b is None:
            rows.append((np.nan, np.nan))
            continue
        if not (_is_mask(a) and _is_mask(b) and a.shape == b.shape):
            raise SettingsError(
                f"Pair {i} must be two outlines, or two masks of one shape, but is of shapes "
                f"{a.shape} and {b.shape}. Draw both in one way."
            )
        rows.append((float((a & b).sum()), float(a.sum()) + float(b.sum())))  # type: ignore[operator]
    shared, sums = np.array(rows, np.float64).reshape(-1, 2).T
    sums = np.where(sums > 0, sums, np.nan)
    return pd.DataFrame(
        {
            "intersect": shared,
            "sums": sums,
            "iou": shared / (sums - shared),
            "dice": 2 * shared / sums,
        }
    )


def _is_mask(shape: Shape) -> bool:
    return shape is not None and shape.dtype == np.bool_


def _as_outlines(shapes: Sequence[Shape]) -> list[npt.NDArray[np.float64] | None]:
    return [None if shape is None else np.asarray(shape, np.float64) for shape in shapes]


def _summary(
    nuclei: pd.DataFrame, rng: np.random.Generator, draws: int, interval: Method
) -> pd.DataFrame:
    known = nuclei[nuclei["dice"].notna()]
    table = pd.DataFrame({"score": SCORES, "value": np.nan, "low": np.nan, "high": np.nan})
    table["n"], table["remark"] = len(known), "No nucleus has both outlines."
    if len(known):
        place, names = pd.factorize(known["field"])
        found = estimate(
            _Overlaps(known, place.astype(np.int64), len(names)).scores,
            len(names),
            rng=rng,
            draws=draws,
            method=interval,
            width=4 * len(known),
        )
        table["value"], table["low"], table["high"] = found.value, found.low, found.high
        few = f"There are {len(names)} fields only; the interval is likely too short."
        table["remark"] = few if len(names) < FEW_FIELDS else ""
    return table


class _Overlaps:
    """Dice and IoU of nuclei, ready to be weighted by fields."""

    def __init__(self, known: pd.DataFrame, field: npt.NDArray[np.int64], n_fields: int) -> None:
        dice, self._shared, self._sums = (
            known[name].to_numpy(np.float64) for name in ("dice", "intersect", "sums")
        )
        # IoU rises with Dice, so that one order serves both medians.
        self._order = np.argsort(dice, kind="stable")
        self._dice, self._field = dice, field

    def scores(self, weight: Floats) -> Floats:
        """Return `SCORES` of weighted fields, shape (B, 6)."""
        own = weight[:, self._field]
        dice, iou = self._dice, self._dice / (2 - self._dice)
        total = own.sum(axis=1)
        shared, sums = own @ self._shared, own @ self._sums
        median_dice = self._median(own, dice)
        found: Floats = np.stack(
            [
                median_dice,
                self._median(own, iou),
                ratio(own @ dice, total),
                ratio(own @ iou, total),
                ratio(2 * shared, sums),
                ratio(shared, sums - shared),
            ],
            axis=1,
        )
        return found

    def _median(self, own: Floats, values: Floats) -> Floats:
        """Weighted median: the mean of the two middle values where these are two."""
        ordered = values[self._order]
        reached = np.cumsum(own[:, self._order], axis=1)
        total = reached[:, -1:]
        low = np.minimum((reached * 2 < total).sum(axis=1), len(values) - 1)
        high = np.minimum((reached * 2 <= total).sum(axis=1), len(values) - 1)
        return np.where(total[:, 0] > 0, (ordered[low] + ordered[high]) / 2, np.nan)

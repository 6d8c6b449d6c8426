"""Scores of many images with 95 % intervals, and the difference of two predictions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.evaluate.scores import SCORES, ImageScores

_CHUNK = 1 << 22
"""Weights that are held at once while resampling."""

_INTERVAL_PERCENT = (2.5, 97.5)


def summarise(
    scores: Sequence[ImageScores],
    groups: Sequence[Hashable] | None = None,
    *,
    rng: np.random.Generator,
    resamples: int = 10_000,
) -> pd.DataFrame:
    """Pool the scores of images, and say how sure they are.

    Images are not independent when they show one patient, slide or plate. Give that as `groups`,
    and whole groups are drawn with replacement, their counts are pooled, and the interval spans
    the middle 95 % of what comes out (percentile bootstrap).

    Parameters
    ----------
    scores : sequence of ImageScores
        One an image; at least one.
    groups : sequence of hashable, optional
        The group of each image; every image by itself when left out.
    rng : numpy.random.Generator
        Draws the resamples; the same seed gives the same interval.
    resamples : int
        How many are drawn.

    Returns
    -------
    summary : pandas.DataFrame
        One row a score, named by the index: ``value``, ``low``, ``high`` from the pooled counts,
        where every nucleus weighs the same; and ``image_mean``, ``image_mean_low``,
        ``image_mean_high`` where every image does, over the ``images`` that have that score.
        Bounds are nan when there is only one group.

    Raises
    ------
    ValueError
        If there is no image, or `groups` has another length.

    References
    ----------
    .. [1] Efron and Tibshirani, 1993, doi:10.1201/9780429246593, chapter 13.
    """
    counts, index = _counts(scores), _group_index(scores, groups)
    by_image = np.array(list(ImageScores.from_counts(counts).values().values()))
    defined = ~np.isnan(by_image)
    rows = np.concatenate([counts, np.nan_to_num(by_image), defined])
    grouped = _added_by_group(rows, index)
    resampled = _resampled(grouped, rng, resamples, _pooled_and_means)
    value = _pooled_and_means(grouped.sum(axis=1, keepdims=True))[:, 0]
    low, high = _interval(resampled, grouped.shape[1])
    n = len(SCORES)
    return pd.DataFrame(
        {
            "value": value[:n],
            "low": low[:n],
            "high": high[:n],
            "image_mean": value[n:],
            "image_mean_low": low[n:],
            "image_mean_high": high[n:],
            "images": defined.sum(axis=1),
        },
        index=pd.Index(list(SCORES), name="score"),
    )


def compare(
    a: Sequence[ImageScores],
    b: Sequence[ImageScores],
    groups: Sequence[Hashable] | None = None,
    *,
    rng: np.random.Generator,
    resamples: int = 10_000,
) -> pd.DataFrame:
    """Compare two predictions of the same images, pooled.

    The interval of the difference comes from drawing groups with replacement, the same for both.
    The p value is that of the hypothesis that the two are interchangeable: in each group their
    results are swapped or not, at random, or in every possible way where there are no more of
    those than `resamples`.

    Parameters
    ----------
    a, b : sequence of ImageScores
        Entry `i` of both belongs to the same image.
    groups, rng, resamples
        As for `summarise`.

    Returns
    -------
    comparison : pandas.DataFrame
        One row a score: ``a``, ``b``, ``difference`` (`b` less `a`), ``low``, ``high``, and ``p``,
        two-sided and not corrected for the number of scores. With one group, bounds are nan and
        p is 1.
    """
    if len(a) != len(b):
        raise ValueError(
            f"a and b must be scores of the same images, but got {len(a)} and {len(b)} of them. "
            "Leave out the images that only one of them has."
        )
    index = _group_index(a, groups)
    counts_a, counts_b = (_added_by_group(_counts(scores), index) for scores in (a, b))
    both = np.concatenate([counts_a, counts_b])
    value = _pooled(both.sum(axis=1, keepdims=True))
    low, high = _interval(_resampled(both, rng, resamples, _difference), both.shape[1])
    difference = _difference(both.sum(axis=1, keepdims=True))
    return pd.DataFrame(
        {
            "a": value[0, :, 0],
            "b": value[1, :, 0],
            "difference": difference[:, 0],
            "low": low,
            "high": high,
            "p": _swap_test(counts_a, counts_b, difference, rng, resamples),
        },
        index=pd.Index(list(SCORES), name="score"),
    )


_Rows = npt.NDArray[np.float64]


def _counts(scores: Sequence[ImageScores]) -> _Rows:
    if not scores:
        raise ValueError("scores must hold at least one image, but got none. Score an image first.")
    return np.stack([image.counts() for image in scores], axis=1)


def _group_index(
    scores: Sequence[ImageScores], groups: Sequence[Hashable] | None
) -> npt.NDArray[np.int64]:
    if groups is None:
        return np.arange(len(scores))
    if len(groups) != len(scores):
        raise ValueError(
            f"groups must have one entry for each of {len(scores)} images, but got {len(groups)}."
        )
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    return np.array([number[group] for group in groups], np.int64)


def _added_by_group(rows: _Rows, index: npt.NDArray[np.int64]) -> _Rows:
    added = np.zeros((len(rows), int(index.max()) + 1))
    np.add.at(added.T, index, rows.T)
    return added


def _resampled(
    grouped: _Rows, rng: np.random.Generator, resamples: int, statistic: Callable[[_Rows], _Rows]
) -> _Rows:
    """Return the statistic of sums of groups that are drawn with replacement."""
    groups = grouped.shape[1]
    chunk = max(1, _CHUNK // groups)
    parts = []
    for begin in range(0, resamples, chunk):
        number = min(chunk, resamples - begin)
        drawn = rng.integers(0, groups, (number, groups))
        drawn += np.arange(number)[:, None] * groups
        weight = np.bincount(drawn.ravel(), minlength=number * groups).reshape(number, groups)
        parts.append(statistic(grouped @ weight.T.astype(np.float64)))
    return np.concatenate(parts, axis=1)


def _interval(resampled: _Rows, groups: int) -> _Rows:
    """Return the bounds of each row; a resample without the score is left out."""
    bounds = np.full((2, len(resampled)), np.nan)
    if groups > 1:
        for i, row in enumerate(resampled):
            known = row[~np.isnan(row)]
            bounds[:, i] = np.percentile(known, _INTERVAL_PERCENT) if len(known) else np.nan
    return bounds


def _scores_of(counts: _Rows) -> _Rows:
    return np.array(list(ImageScores.from_counts(counts).values().values()), np.float64)


def _pooled_and_means(rows: _Rows) -> _Rows:
    n = len(SCORES)
    total, defined = rows[-2 * n : -n], rows[-n:]
    means = np.divide(total, defined, out=np.full(total.shape, np.nan), where=defined > 0)
    return np.concatenate([_scores_of(rows[: -2 * n]), means])


def _pooled(both: _Rows) -> _Rows:
    half = len(both) // 2
    return np.stack([_scores_of(both[:half]), _scores_of(both[half:])])


def _difference(both: _Rows) -> _Rows:
    value_a, value_b = _pooled(both)
    difference: _Rows = value_b - value_a
    return difference


def _swap_test(
    a: _Rows, b: _Rows, difference: _Rows, rng: np.random.Generator, resamples: int
) -> _Rows:
    """Two-sided p of swapping the two predictions within groups."""
    groups = a.shape[1]
    every = groups < 60 and 2**groups <= resamples
    total = 2**groups if every else resamples
    chunk = max(1, _CHUNK // groups)
    extreme = np.zeros(len(difference))
    for begin in range(0, total, chunk):
        number = np.arange(begin, min(begin + chunk, total))
        bits = number[:, None] >> np.arange(groups) & 1 if every else None
        swap = rng.integers(0, 2, (len(number), groups)) if bits is None else bits
        moved = (b - a) @ swap.T.astype(np.float64)
        swapped = _difference(
            np.concatenate([a.sum(1, keepdims=True) + moved, b.sum(1, keepdims=True) - moved])
        )
        # Rounding must not turn the observed arrangement into a smaller one.
        extreme += (np.abs(swapped) >= np.abs(difference) - 1e-12).sum(axis=1)
    p = extreme / total if every else (extreme + 1) / (total + 1)
    return np.where(np.isnan(difference[:, 0]), np.nan, p)

"""Coefficients of agreement of many raters as functions of the weights of fields."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement_bootstrap import Statistic
from nuclarium.raters.agreement_counts import LabelCounts
from nuclarium.raters.agreement_distances import Distance, Floats, distance


def krippendorff(counts: LabelCounts, level: str, is_ordered: bool) -> Statistic:
    """Krippendorff's alpha: 1 less observed over expected disagreement.

    Only items with two answers or more count. At level ``ordinal`` labels stand at their
    mid-ranks among all answers, so that the scale itself changes from draw to draw.

    References
    ----------
    .. [1] Krippendorff, 2011, https://repository.upenn.edu/asc_papers/43.
    """
    metric = distance(level, counts.labels, is_ordered)
    m = counts.raters_of_items
    used = m >= 2
    share = np.divide(1, m - 1, out=np.zeros(len(m)), where=used)
    marginal = counts.labels_by_field(used.astype(np.float64)).T.tocsr()
    if level == "ordinal":
        return _ordinal_alpha(counts, share, m, marginal)
    observed = counts.by_field(counts.disagreements(metric) * share)

    def alpha(weight: Floats) -> Floats:
        n = np.asarray((marginal @ weight.T).T)
        expected = metric.expected(n, n) / np.maximum(n.sum(axis=1) - 1, 1)
        found: Floats = 1 - ratio(weight @ observed, expected)
        return found

    return alpha


def _ordinal_alpha(counts: LabelCounts, share: Floats, m: Floats, marginal: object) -> Statistic:
    def alpha(weight: Floats) -> Floats:
        n = np.asarray((marginal @ weight.T).T)  # type: ignore[operator]
        rank = np.cumsum(n, axis=1) - n / 2
        total = n.sum(axis=1)
        rank -= ratio((n * rank).sum(axis=1), total)[:, None]
        np.nan_to_num(rank, copy=False)
        sums, squares = counts.table @ rank.T, counts.table @ (rank**2).T
        within = 2 * (m[:, None] * squares - sums**2) * share[:, None]
        observed = (within * weight.T[counts.field]).sum(axis=0)
        expected = 2 * total * (n * rank**2).sum(axis=1) / np.maximum(total - 1, 1)
        found: Floats = 1 - ratio(observed, expected)
        return found

    return alpha


def percent(counts: LabelCounts, level: str, is_ordered: bool) -> Statistic:
    """Chance that two raters of an item agree, averaged over items; partly, where weighted."""
    agreed, judged = _observed(counts, distance(level, counts.labels, is_ordered))

    def share(weight: Floats) -> Floats:
        found: Floats = ratio(weight @ agreed, weight @ judged)
        return found

    return share


def fleiss(counts: LabelCounts, level: str, is_ordered: bool) -> Statistic:
    """Fleiss' kappa, with Gwet's extension to items of different numbers of raters.

    References
    ----------
    .. [1] Fleiss, 1971, doi:10.1037/h0031619.
    .. [2] Gwet, 2014, Handbook of inter-rater reliability, 4th edition, ISBN 978-0970806284.
    """
    metric = distance(level, counts.labels, is_ordered)
    return _by_chance(counts, metric, lambda p: 1 - metric.expected(p, p) / (metric.largest or 1))


def gwet(counts: LabelCounts, level: str, is_ordered: bool) -> Statistic:
    """Gwet's AC1 (``nominal``) and AC2 (``linear``, ``quadratic``).

    References
    ----------
    .. [1] Gwet, 2008, doi:10.1348/000711006X126600.
    .. [2] Gwet, 2014, Handbook of inter-rater reliability, 4th edition, ISBN 978-0970806284.
    """
    metric = distance(level, counts.labels, is_ordered)
    k, each = len(counts.labels), np.ones((1, len(counts.labels)))
    weights = k**2 - metric.expected(each, each)[0] / (metric.largest or 1)
    scale = weights / (k * (k - 1)) if k > 1 else np.nan
    return _by_chance(counts, metric, lambda p: scale * (p * (1 - p)).sum(axis=1))


def _by_chance(
    counts: LabelCounts, metric: Distance, chance: Callable[[Floats], Floats]
) -> Statistic:
    """Correct the observed agreement for that of shares of labels, averaged over items."""
    agreed, judged = _observed(counts, metric)
    m = counts.raters_of_items
    shares = counts.labels_by_field(np.divide(1, m, out=np.zeros(len(m)), where=m > 0)).T.tocsr()
    answered = counts.by_field((m > 0).astype(np.float64))

    def corrected(weight: Floats) -> Floats:
        observed = ratio(weight @ agreed, weight @ judged)
        p = np.asarray((shares @ weight.T).T) * ratio(1.0, weight @ answered)[:, None]
        by_chance = chance(p)
        # Shares are sums of fractions: where there is one label, rounding must not hide it.
        free = np.where(np.abs(1 - by_chance) < 1e-12, 0, 1 - by_chance)
        found: Floats = ratio(observed - by_chance, free)
        return found

    return corrected


def _observed(counts: LabelCounts, metric: Distance) -> tuple[Floats, Floats]:
    """Return the agreement of items added up over fields, and of how many items."""
    m = counts.raters_of_items
    used = m >= 2
    pairs = np.where(used, m * (m - 1), 1)
    apart = counts.disagreements(metric) / (metric.largest or 1)
    agreed = np.where(used, 1 - apart / pairs, 0)
    return counts.by_field(agreed), counts.by_field(used.astype(np.float64))

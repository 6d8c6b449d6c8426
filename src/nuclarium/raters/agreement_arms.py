"""Whether the same raters agree more in one arm than in another, such as with suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.evaluate.counts import ratio
from nuclarium.raters.agreement_arrangements import Chance, two_sided
from nuclarium.raters.agreement_counts import Undetected
from nuclarium.raters.agreement_distances import Floats
from nuclarium.raters.agreement_pairs import pairwise_kappa
from nuclarium.raters.agreement_repeats import named_alike
from nuclarium.raters.answer_codes import Answers

_CELLS = 1 << 22


@dataclass(frozen=True)
class ArmsCompared:
    """Mean kappa of the same raters in two arms.

    Parameters
    ----------
    first, second : float
        Mean over pairs of raters.
    difference : float
        Second less first.
    chance : Chance
        Of a difference of this size, were the arms of no account.
    n_raters : int
        Raters of both arms.
    """

    first: float
    second: float
    difference: float
    chance: Chance
    n_raters: int


def compare_arms(
    first: Answers,
    second: Answers,
    *,
    undetected: Undetected = "value",
    scale: Sequence[str] | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 10_000,
) -> ArmsCompared:
    """Test whether raters agree more in one arm, by exchanging the arms of raters.

    Were the arms of no account, each rater's answers in the one and in the other could be
    exchanged. Each arrangement exchanges them for some raters, and compares the mean kappa of all
    pairs again; kappas are between what each rater then said in the first arm. All are looked at
    where there are no more than `draws`. `agreement.agreement_difference` gives the interval over
    fields that belongs to it.

    Parameters
    ----------
    first, second : Answers
        Of the same items; items, raters and labels are matched by their names.
    undetected, scale
        As for `agreement_pairs.pairwise_kappa`.
    rng : numpy.random.Generator, optional
        Used only where not all arrangements are looked at; seed 0 when left out.
    draws : int
        Arrangements at most.

    Raises
    ------
    SettingsError
        If fewer than two raters are in both arms.
    """
    common = [name for name in first.raters if name in set(second.raters)]
    r = len(common)
    if r < 2:
        raise SettingsError(
            f"Two arms are compared with the raters of both, but {r} are in both. "
            "Two or more are needed."
        )
    kappa = _all_kappas(*named_alike(first.only(raters=common), second), undetected, scale)
    rng = rng or np.random.default_rng(0)
    is_exact = 2**r <= draws
    if is_exact:
        exchanged = (np.arange(2**r)[:, None] >> np.arange(r)) & 1
    else:
        exchanged = rng.integers(0, 2, (draws, r))
    step = max(1, _CELLS // r**2)
    dealt = np.concatenate(
        [_gap(kappa, exchanged[begin : begin + step]) for begin in range(0, len(exchanged), step)]
    )
    own = np.zeros((1, r), np.int64)
    means = float(_mean(kappa, own)[0]), float(_mean(kappa, 1 - own)[0])
    gap = means[1] - means[0]
    if np.isnan(gap):
        return ArmsCompared(*means, gap, Chance(np.nan, np.nan, True), r)
    smallest = two_sided(dealt, float(np.nanmax(np.abs(dealt))), True) if is_exact else np.nan
    chance = Chance(
        two_sided(dealt, gap, is_exact), smallest if is_exact else 1 / (draws + 1), is_exact
    )
    return ArmsCompared(*means, gap, chance, r)


def _all_kappas(
    first: Answers, second: Answers, undetected: Undetected, scale: Sequence[str] | None
) -> Floats:
    """Return kappas between raters of either arm, shape (2 R, 2 R); the first arm comes first."""
    r = len(first.raters)
    both = replace(
        first,
        item=np.append(first.item, second.item),
        rater=np.append(first.rater, second.rater + r),
        label=np.append(first.label, second.label),
        raters=tuple(f"{arm}{name}" for arm in "12" for name in first.raters),
        group=None,
    )
    found = pairwise_kappa(both, undetected=undetected, scale=scale, draws=0)
    return found.kappa


def _mean(kappa: Floats, arm: np.typing.NDArray[np.int64]) -> Floats:
    """Return the mean kappa of pairs where each rater answers in this arm; a row a draw."""
    r = arm.shape[1]
    place = arm * r + np.arange(r)
    a, b = np.triu_indices(r, 1)
    chosen = kappa[place[:, a], place[:, b]]
    known = np.isfinite(chosen)
    found: Floats = ratio(np.where(known, chosen, 0).sum(axis=1), known.sum(axis=1))
    return found


def _gap(kappa: Floats, exchanged: np.typing.NDArray[np.int64]) -> Floats:
    found: Floats = _mean(kappa, 1 - exchanged) - _mean(kappa, exchanged)
    return found

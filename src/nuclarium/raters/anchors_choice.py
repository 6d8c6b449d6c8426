"""Which mark of a cluster stands for all: who comes first by preference, then the medoid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.raters.anchors_pairs import iter_later
from nuclarium.raters.marks import KINDS, POINT, RaterMarks, codes_of

Places = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Near = Callable[[Places, Places], Floats]


@dataclass(frozen=True, slots=True)
class Preference:
    """Marks that go before others when one has to stand for an anchor; what is empty fits all.

    Parameters
    ----------
    raters, groups, arms : tuple of str
        Names, of which one must fit.
    kind : {"outline", "box", "point"}, optional

    Examples
    --------
    The order of NuCLS: what SP.3 traced by hand, then what is in the middle of the pathologists'
    marks without suggestions, then of the others' without suggestions, then of all.

    >>> order = (
    ...     Preference(raters=("SP.3",), arms=("U-control",)),
    ...     Preference(groups=("SP", "JP"), arms=("U-control",)),
    ...     Preference(groups=("NP",), arms=("U-control",)),
    ... )
    """

    raters: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()
    kind: str | None = None

    def fits(self, marks: RaterMarks) -> npt.NDArray[np.bool_]:
        """Return which marks fit, shape (n,).

        Raises
        ------
        SettingsError
            If a name is unknown.
        """
        fitting = np.ones(len(marks), bool)
        if self.raters:
            fitting &= np.isin(marks.rater, codes_of("rater", self.raters, marks.raters))
        if self.groups:
            codes_of("group", self.groups, sorted(set(marks.groups)))
            in_group = np.isin(np.array(marks.groups, object), np.array(self.groups, object))
            fitting &= in_group[marks.rater]
        if self.arms:
            fitting &= np.isin(marks.arm, codes_of("arm", self.arms, marks.arms))
        if self.kind is not None:
            if self.kind not in KINDS:
                raise SettingsError(f"A kind is outline, box or point, not {self.kind!r}.")
            fitting &= marks.kind == KINDS.index(self.kind)
        return fitting


def ranks(marks: RaterMarks, prefer: Sequence[Preference]) -> Places:
    """Return the place of the first preference that each mark fits, shape (n,); less is better.

    Within one preference, points come after marks that have a size.
    """
    rank = np.full(len(marks), len(prefer), np.int64)
    for place in range(len(prefer) - 1, -1, -1):
        rank[prefer[place].fits(marks)] = place
    ordered: Places = 2 * rank + (marks.kind == POINT)
    return ordered


def medoids(anchor: Places, mark: Places, rank: Places, near: Near) -> Places:
    """Choose the mark that stands for each anchor.

    Of the marks of the least rank, the one with the greatest mean IoU to the others of them; on
    ties the one that comes first.

    Parameters
    ----------
    anchor, mark : ndarray of int64, shape (members,)
        Which mark belongs to which anchor; anchors are ``0..k-1``, each with a mark.
    rank : ndarray of int64, shape (members,)
        Rank of each of these marks.
    near : callable
        IoU of pairs of marks.

    Returns
    -------
    chosen : ndarray of int64, shape (k,)
        Place of the mark among the members.
    """
    count = int(anchor.max(initial=-1)) + 1
    best = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(best, anchor, rank)
    kept = np.flatnonzero(rank == best[anchor])
    kept = kept[np.lexsort((mark[kept], anchor[kept]))]
    whose = anchor[kept]
    later = np.searchsorted(whose, whose, side="right") - np.arange(len(kept)) - 1
    total = np.zeros(len(kept))
    for a, b in iter_later(later):
        value = near(mark[kept[a]], mark[kept[b]])
        total += np.bincount(a, value, minlength=len(kept))
        total += np.bincount(b, value, minlength=len(kept))
    order = np.lexsort((-total, whose))
    first = np.flatnonzero(np.diff(whose[order], prepend=-1))
    return kept[order[first]]

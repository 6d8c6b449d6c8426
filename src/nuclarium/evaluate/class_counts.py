"""Confusion of classes of matched nuclei; counts of images add up, and scores come from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.evaluate.counts import ratio


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """How often nuclei of each class were given each class.

    Parameters
    ----------
    classes : tuple of K str
    confusion : ndarray of int64, shape (K, K)
        Row: true class; column: predicted class.

    Examples
    --------
    >>> counts = count_classes(["a", "a", "b"], ["a", "b", "b"], ("a", "b"))
    >>> counts.confusion.tolist(), round(counts.accuracy, 3), counts.mcc
    ([[1, 1], [0, 1]], 0.667, 0.5)
    """

    classes: tuple[str, ...]
    confusion: npt.NDArray[np.int64]

    def __add__(self, other: ClassCounts) -> ClassCounts:
        if self.classes != other.classes:
            raise ValueError(f"classes must be the same, but got {self.classes}, {other.classes}.")
        return ClassCounts(self.classes, self.confusion + other.confusion)

    @property
    def total(self) -> int:
        """Nuclei that were compared."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of nuclei with the right class; nan without nuclei."""
        return float(ratio(np.trace(self.confusion), self.total))

    @property
    def mcc(self) -> float:
        """Correlation of the true and the predicted class, in [-1, 1], for several classes [1]_.

        nan where truth or prediction have one class alone (scikit-learn says 0 there).

        References
        ----------
        .. [1] Gorodkin, 2004, doi:10.1016/j.compbiolchem.2004.09.006
        """
        return _correlation(self.confusion)

    def table(self) -> pd.DataFrame:
        """Return scores of each class against all others, one row a class that occurs.

        Returns
        -------
        table : pandas.DataFrame
            ``class``; ``truth`` and ``prediction``, nuclei of the class in each; ``accuracy``,
            ``precision``, ``recall``, ``f1``, ``mcc``; nan where a score has nothing to judge.
        """
        rows = []
        for place, name in enumerate(self.classes):
            both = int(self.confusion[place, place])
            true, predicted = (int(self.confusion.sum(axis=axis)[place]) for axis in (1, 0))
            if not true and not predicted:
                continue
            rest = self.total - true - predicted + both
            square = np.array([[rest, predicted - both], [true - both, both]])
            rows.append(
                {
                    "class": name,
                    "truth": true,
                    "prediction": predicted,
                    "accuracy": float(ratio(both + rest, self.total)),
                    "precision": float(ratio(both, predicted)),
                    "recall": float(ratio(both, true)),
                    "f1": float(ratio(2 * both, true + predicted)),
                    "mcc": _correlation(square),
                }
            )
        columns = ["class", "truth", "prediction", "accuracy", "precision", "recall", "f1", "mcc"]
        return pd.DataFrame(rows, columns=columns)

    def frame(self) -> pd.DataFrame:
        """Return the confusion with names: truth down, prediction across."""
        index = pd.Index(self.classes, name="truth")
        return pd.DataFrame(self.confusion, index=index, columns=list(self.classes))


def count_classes(
    truth: Sequence[str], prediction: Sequence[str], classes: Sequence[str]
) -> ClassCounts:
    """Count pairs of classes; entry `i` of both is the same nucleus.

    Raises
    ------
    ValueError
        If the lengths differ, or a class is none of `classes`.
    """
    if len(truth) != len(prediction):
        raise ValueError(
            f"truth and prediction must be of the same nuclei, but are {len(truth)} and "
            f"{len(prediction)}."
        )
    place = {name: number for number, name in enumerate(classes)}
    unknown = sorted({*truth, *prediction} - set(place))
    if unknown:
        raise ValueError(f"A class must be one of {', '.join(classes)}, but got {unknown[0]!r}.")
    confusion = np.zeros((len(place), len(place)), np.int64)
    np.add.at(confusion, ([place[t] for t in truth], [place[p] for p in prediction]), 1)
    return ClassCounts(tuple(classes), confusion)


def _correlation(confusion: npt.NDArray[np.int64]) -> float:
    counts = confusion.astype(np.float64)
    total, right = counts.sum(), np.trace(counts)
    true, predicted = counts.sum(axis=1), counts.sum(axis=0)
    above = right * total - true @ predicted
    below = np.sqrt(total**2 - true @ true) * np.sqrt(total**2 - predicted @ predicted)
    return float(ratio(above, below))

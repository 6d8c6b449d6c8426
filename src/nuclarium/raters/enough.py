"""How many raters are enough: truth inferred from k of n raters, again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import UNDETECTED, Answers
from nuclarium.raters.enough_draws import Draw, Plan, run_plan
from nuclarium.raters.enough_scores import SCORES, Reference
from nuclarium.raters.truth import METHODS, Truth, coded

__all__ = ["SCORES", "Enough", "raters_enough"]

Floats = npt.NDArray[np.float64]
_QUICK: Mapping[str, Mapping[str, object]] = {"dawid-skene": {"tolerance": 1e-6}}


@dataclass(frozen=True, eq=False)
class Enough:
    """Scores of the truth that k raters give, for every k and repetition.

    Parameters
    ----------
    ks : tuple of int
    scores : ndarray, shape (len(ks), repetitions, len(SCORES))
        nan where a score is not defined.
    fields : tuple of str
        Fields that had enough raters; items where there are no fields.
    remarks : tuple of str
        A sentence on each thing to know before the curves are trusted.
    """

    ks: tuple[int, ...]
    scores: Floats
    fields: tuple[str, ...]
    remarks: tuple[str, ...]

    def curves(self, level: float = 0.95) -> pd.DataFrame:
        """Return one row a score and k.

        Returns
        -------
        curves : DataFrame
            ``score, k, mean``; ``mean_low, mean_high``, an interval for the mean over an endless
            number of repetitions with these raters and fields; ``median, low, high``, between which
            a `level` of the repetitions lie; ``repetitions`` in which the score is defined.
        """
        rows = []
        tails = [(1 - level) / 2, 0.5, (1 + level) / 2]
        for s, name in enumerate(SCORES):
            for k, values in zip(self.ks, self.scores[:, :, s], strict=True):
                values = values[~np.isnan(values)]
                row = {"score": name, "k": k} | _mean_and_interval(values, level)
                ends = np.quantile(values, tails) if len(values) else np.full(3, np.nan)
                row |= dict(zip(("low", "median", "high"), map(float, ends), strict=True))
                rows.append(row | {"repetitions": len(values)})
        return pd.DataFrame(rows)

    def smallest(self, score: str, at_least: float) -> int | None:
        """Return the smallest k from which on the mean is at least this; None if no k is enough."""
        means = np.array(
            [_mean_and_interval(v[~np.isnan(v)], 0.95)["mean"] for v in self._of(score)]
        )
        short = np.flatnonzero(~(means >= at_least))
        first = 0 if not len(short) else int(short[-1]) + 1
        return self.ks[first] if first < len(self.ks) else None

    def _of(self, score: str) -> Floats:
        if score not in SCORES:
            raise SettingsError(f"score must be one of {', '.join(SCORES)}, but got '{score}'.")
        return self.scores[:, :, SCORES.index(score)]


def raters_enough(
    answers: Answers,
    reference: Truth | Sequence[str],
    ks: Sequence[int] = tuple(range(2, 16)),
    *,
    repetitions: int = 1000,
    seed: int = 0,
    draw: Draw = "field",
    method: str = "dawid-skene",
    settings: Mapping[str, object] | None = None,
    ignored: Sequence[str] = (),
    workers: int = 1,
    advance: Callable[[int], None] = lambda _: None,
) -> Enough:
    """Draw k raters without replacement, infer the truth from them alone, and score it.

    The draws of one repetition are nested: those of k raters are among those of k + 1, so that a
    curve rises for its raters and not by chance. Every k has the same fields: those that at least
    as many raters looked at as the largest k.

    Parameters
    ----------
    answers : Answers
        Of the raters to draw from, such as ``answers.only(groups=["NP"])``. A rater looked at a
        field if he has any answer in it. Without fields, raters are drawn for each item.
    reference : Truth or sequence of str
        What counts as true, item by item: a planted truth, or one that was inferred, such as from
        experts; "" where it is not known.
    ks : sequence of int
        From 1.
    repetitions : int
        From 1. Repetition ``i`` depends on `seed` and ``i`` alone, not on how many there are nor on
        `workers`.
    draw : {"field", "study"}
        Draw raters anew for each field, as NuCLS did [1]_, or once for all fields, as a lab does
        that asks k people; a field is then seen by those of them who looked at it.
    method : str
        Of `nuclarium.raters.truth.METHODS`.
    settings : mapping, optional
        Of the method. When left out, Dawid and Skene's model stops at a tolerance of 1e-6, at which
        scores are those of its own 1e-7 up to the third decimal, in two thirds of the time.
    ignored : sequence of str
        Items that have one of these labels in the reference are in no score: ``AMBIGUOUS``.
    workers : int
        Processes. From a script, more than one needs ``if __name__ == "__main__":``.
    advance : callable
        Called with the number of repetitions that were finished.

    Raises
    ------
    SettingsError
        If k is below 1 or larger than the number of raters of any field, labels of the reference
        are unknown, or nothing in it can be scored.

    References
    ----------
    .. [1] Amgad et al., 2022, doi:10.1093/gigascience/giac037.
    """
    ks = tuple(sorted(set(ks)))
    _check(ks, repetitions, workers, method)
    unit, names = _units(answers)
    seen = np.zeros((len(names), len(answers.raters)), bool)
    seen[unit[answers.item], answers.rater] = True
    kept = seen.sum(axis=1) >= ks[-1]
    if not kept.any():
        what = "item" if answers.field is None else "field"
        raise SettingsError(
            f"k must be at most {seen.sum(axis=1).max()}, the most raters that any {what} has, but "
            f"got {ks[-1]}. Choose a smaller k."
        )
    target = _reference(answers, reference, ignored, kept[unit])
    items = np.flatnonzero(kept[unit])
    codes = coded(answers.only(items=items))
    place = np.cumsum(kept) - 1
    plan = Plan(
        codes,
        place[unit[items]].astype(np.int32),
        seen[kept],
        Reference(target[items], _code(answers, UNDETECTED)),
        ks,
        seed,
        draw,
        method,
        dict(_QUICK.get(method, {}) if settings is None else settings),
    )
    scores = run_plan(plan, repetitions, workers, advance)
    fields = tuple(name for name, k in zip(names, kept, strict=True) if k)
    return Enough(ks, scores, fields, _remarks(answers, plan, kept, target))


def _check(ks: tuple[int, ...], repetitions: int, workers: int, method: str) -> None:
    if not ks or ks[0] < 1 or repetitions < 1 or workers < 1:
        raise SettingsError(
            "k, repetitions and workers must be from 1, but got "
            f"k of {ks[0] if ks else 'nothing'}, {repetitions} repetitions, {workers} workers."
        )
    if method not in METHODS:
        raise SettingsError(f"method must be one of {', '.join(METHODS)}, but got '{method}'.")


def _units(answers: Answers) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Return the field of each item and names of fields; items where there are no fields."""
    if answers.field is None:
        return np.arange(len(answers.items), dtype=np.int32), answers.items
    return answers.field, answers.fields


def _code(answers: Answers, label: str) -> int:
    return answers.labels.index(label) if label in answers.labels else -1


def _reference(
    answers: Answers,
    reference: Truth | Sequence[str],
    ignored: Sequence[str],
    kept: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int32]:
    """Return codes of reference labels, −1 where an item is in no score."""
    if isinstance(reference, Truth):
        named = np.array([*reference.labels, ""], object)
        reference = [str(name) for name in named[reference.labels_of_items]]
    if len(reference) != len(answers.items):
        raise SettingsError(
            f"The reference must have a label for each of {len(answers.items)} items, but has "
            f"{len(reference)}."
        )
    code = {name: k for k, name in enumerate(answers.labels)}
    unknown = sorted(set(reference) - set(code) - {""} - set(ignored))
    if unknown:
        raise SettingsError(
            f"The reference has the label '{unknown[0]}', which the answers do not know; they have "
            f"{', '.join(answers.labels)}. Bring both to one level of classes."
        )
    left_out = {"", *ignored}
    label = [-1 if name in left_out else code[name] for name in reference]
    codes = np.array(label, np.int32)
    if not (codes[kept] >= 0).any():
        raise SettingsError(
            "The reference must know the label of at least one item in a field with enough raters, "
            "but knows none. Give another reference, or a smaller k."
        )
    return codes


def _remarks(
    answers: Answers,
    plan: Plan,
    kept: npt.NDArray[np.bool_],
    target: npt.NDArray[np.int32],
) -> tuple[str, ...]:
    remarks = []
    if not kept.all():
        what = "items" if answers.field is None else "fields"
        remarks.append(
            f"{(~kept).sum()} of {len(kept)} {what} have fewer than {plan.ks[-1]} raters and were "
            "left out."
        )
    known = set(plan.reference.label.tolist()) - {-1}
    if len(known - {plan.reference.undetected}) < 2:
        remarks.append(
            "The reference has one class only; correlation and area of classes are not defined."
        )
    if plan.reference.undetected not in known and plan.reference.undetected >= 0:
        remarks.append("Every item of the reference is a nucleus; only misses lower detection.")
    return tuple(remarks)


def _mean_and_interval(values: Floats, level: float) -> dict[str, float]:
    """Return the mean with a normal interval from the spread of repetitions."""
    from scipy.stats import norm

    if not len(values):
        return {"mean": np.nan, "mean_low": np.nan, "mean_high": np.nan}
    mean = float(values.mean())
    if len(values) < 2:
        return {"mean": mean, "mean_low": np.nan, "mean_high": np.nan}
    reach = float(norm.ppf((1 + level) / 2) * values.std(ddof=1) / np.sqrt(len(values)))
    return {"mean": mean, "mean_low": mean - reach, "mean_high": mean + reach}

"""How many raters and fields show a difference between two arms: studies simulated and tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.crossed import crossed_difference
from nuclarium.synthetic.raters_answers import planted_confusion
from nuclarium.synthetic.raters_labels import StudyLabels, study_labels
from nuclarium.synthetic.raters_people import People, shares
from nuclarium.synthetic.raters_spec import Arm, Group, StudySpec

LIMIT = 0.05


def study_power(
    spec: StudySpec,
    raters: Sequence[int],
    fields: Sequence[int],
    *,
    repetitions: int = 200,
    seed: int = 0,
    advance: Callable[[int], None] = lambda _: None,
) -> pd.DataFrame:
    """Simulate studies of two arms, and count how often their difference is found.

    The score is the share of nuclei in a field to which a rater gives the right class, missed ones
    counted as wrong; every rater does every field in both arms, and `crossed_difference` tests the
    first arm of `spec` against its second.

    Parameters
    ----------
    spec : StudySpec
        With one group and two arms; its numbers of raters and fields are replaced.
    raters, fields : sequence of int
        From 2; all pairs of them are tried on parts of the same studies.
    repetitions : int
    seed : int
        Study ``i`` depends on it and on ``i`` alone.
    advance : callable
        Called with 1 when a study is done.

    Returns
    -------
    power : DataFrame
        ``raters, fields, difference`` (planted, second arm less first, mean over raters drawn),
        ``power`` (share of studies with p < 0.05), ``power_low, power_high`` (Wilson),
        ``half_width`` (median of half the 95 % interval), ``covered`` (share of intervals that hold
        the planted difference).

    Raises
    ------
    SettingsError
        If there are not one group and two arms, or fewer than two raters or fields.
    """
    if len(spec.groups) != 1 or len(spec.arms) != 2 or min([*raters, *fields]) < 2:
        raise SettingsError(
            "Planning needs one group, two arms, and at least two raters and two fields, but got "
            f"{len(spec.groups)} groups, {len(spec.arms)} arms, raters {list(raters)} and fields "
            f"{list(fields)}."
        )
    group: Group = replace(spec.groups[0], count=max(raters))
    spec = replace(spec, groups=(group,), fields=max(fields))
    found: list[tuple[int, int, float, float, float]] = []
    planted = []
    for repetition in range(repetitions):
        made = study_labels(spec, np.random.default_rng([seed, repetition]))
        planted.append(float(np.diff(planted_shares(spec, made.people), axis=0).mean()))
        differences = share_differences(made)
        for r in raters:
            for f in fields:
                test = crossed_difference(differences[:r, :f])
                found.append((r, f, test.mean, test.low, test.high))
        advance(1)
    return _summed_up(found, float(np.mean(planted)), repetitions)


def arm_pair(base: Arm, gain: float) -> tuple[Arm, Arm]:
    """Return an arm and another whose suggestions are right that much more often.

    A study refuses an accuracy that is not from 0 to 1.
    """
    return base, replace(base, name=f"{base.name} + {gain:g}", accuracy=base.accuracy + gain)


def planted_shares(spec: StudySpec, people: People) -> npt.NDArray[np.float64]:
    """Return the planted share of nuclei with the right class; shape (arms, R)."""
    prior, k = shares(spec.classes), len(spec.classes)
    return np.stack(
        [
            np.einsum("rkk,k->r", planted_confusion(spec, people, arm)[:, :k, :k], prior)
            for arm in spec.arms
        ]
    )


def share_differences(made: StudyLabels) -> npt.NDArray[np.float64]:
    """Return the share of right classes in the second arm less the first; shape (R, fields)."""
    things = made.things
    real = things.label >= 0
    right = (made.label[:2] == things.label) & real
    change = right[1].astype(np.float64) - right[0]
    in_field = np.eye(int(things.field.max()) + 1)[things.field] * real[:, None]
    return np.asarray(change @ in_field / in_field.sum(axis=0))


def _summed_up(
    found: list[tuple[int, int, float, float, float]], planted: float, repetitions: int
) -> pd.DataFrame:
    table = pd.DataFrame(found, columns=["raters", "fields", "mean", "low", "high"])
    table["power"] = (table["low"] > 0) | (table["high"] < 0)
    table["half_width"] = (table["high"] - table["low"]) / 2
    table["covered"] = (table["low"] <= planted) & (planted <= table["high"])
    grouped = table.groupby(["raters", "fields"], as_index=False)
    power = grouped.agg(
        power=("power", "mean"), half_width=("half_width", "median"), covered=("covered", "mean")
    )
    low, high = _wilson(power["power"].to_numpy(), repetitions)
    power.insert(2, "difference", planted)
    power.insert(4, "power_low", low)
    power.insert(5, "power_high", high)
    return power


def _wilson(
    share: npt.NDArray[np.float64], n: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the 95 % interval of a share by Wilson."""
    z = 1.959964
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return middle - reach, middle + reach

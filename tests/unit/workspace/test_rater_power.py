from dataclasses import replace

import numpy as np
import pytest

from nuclarium.core.errors import SettingsError
from nuclarium.synthetic.raters_classes import NucleusClass
from nuclarium.synthetic.raters_labels import study_labels
from nuclarium.synthetic.raters_spec import Arm, Group, StudySpec
from nuclarium.workspace.rater_power import arm_pair, planted_shares, share_differences, study_power

SPEC = StudySpec(
    fields=6,
    nuclei=12,
    classes=(
        NucleusClass("a", "one", 0.6, 30, 0.1, 1.2),
        NucleusClass("b", "two", 0.4, 30, 0.1, 1.2),
    ),
    groups=(Group("N", 4, 0.7, anchoring=0.6),),
    arms=arm_pair(Arm("poor", 0.9, accuracy=0.4), 0.5),
)


def test_more_raters_and_fields_find_a_difference_more_often():
    told = []
    power = study_power(SPEC, [2, 8], [3, 10], repetitions=12, advance=told.append)
    assert len(told) == 12
    table = power.set_index(["raters", "fields"])
    assert table.at[(8, 10), "power"] >= table.at[(2, 3), "power"]
    assert table.at[(8, 10), "half_width"] < table.at[(2, 3), "half_width"]
    assert power["difference"].iloc[0] > 0.15
    assert ((power["power_low"] <= power["power"]) & (power["power"] <= power["power_high"])).all()


def test_measured_differences_are_those_that_were_planted():
    spec = replace(SPEC, fields=60, groups=(replace(SPEC.groups[0], count=10),))
    made = study_labels(spec, np.random.default_rng(0))
    planted = np.diff(planted_shares(spec, made.people), axis=0)[0]
    measured = share_differences(made).mean(axis=1)
    assert measured.mean() == pytest.approx(planted.mean(), abs=0.03)


def test_the_same_seed_plans_the_same():
    one, two = (study_power(SPEC, [3], [4], repetitions=3, seed=5) for _ in range(2))
    assert one.equals(two)


@pytest.mark.parametrize(
    "change",
    [{"arms": SPEC.arms[:1]}, {"groups": (Group("P", 1, 0.8), Group("N", 1, 0.8))}],
)
def test_what_cannot_be_planned_is_refused(change):
    with pytest.raises(SettingsError, match="one group, two arms"):
        study_power(replace(SPEC, **change), [2], [2])
    with pytest.raises(SettingsError, match="at least two raters"):
        study_power(SPEC, [1], [2])

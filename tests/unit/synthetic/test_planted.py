"""What is planted can be found in the table, and nothing else."""

import numpy as np
import pytest

from nuclarium.synthetic.conditions import (
    CONDITIONS,
    ELONGATION,
    FLATNESS,
    INTENSITY,
    KINDS,
    VOLUME,
    conditions,
)
from nuclarium.synthetic.planted import nuclei_range, planted_study, planted_table
from nuclarium.synthetic.spec import OrganoidSpec

PLANTED = {"planted_volume_um3": VOLUME, "elongation": ELONGATION}
ABSENT = {"flatness": FLATNESS, "intensity": INTENSITY}


def colony_means(table):
    """Mean logarithm of each quantity over the interphase nuclei of a colony."""
    table = table[table["kind"] == "interphase"]
    logs = table[[*PLANTED, *ABSENT]].apply(np.log)
    return logs.groupby([table["condition"], table["colony"]], sort=False).mean()


@pytest.fixture(scope="module")
def study():
    return planted_study(150, np.random.default_rng(1), nuclei=(60, 60))


def test_effects_rise_with_stiffness():
    for quantity in ("stiffness_pa", "volume_um3", "elongation"):
        values = [getattr(condition, quantity) for condition in CONDITIONS]
        assert values == sorted(set(values))


def test_geometric_means_of_conditions_are_those_planted(study):
    means = colony_means(study).groupby("condition", sort=False).mean()
    for condition in CONDITIONS:
        found = np.exp(means.loc[condition.name])
        assert found["planted_volume_um3"] == pytest.approx(condition.volume_um3, rel=0.02)
        assert found["elongation"] == pytest.approx(condition.elongation, rel=0.02)


def test_what_is_not_planted_is_alike_in_all_conditions(study):
    means = colony_means(study).groupby("condition").mean()
    for name, spread in ABSENT.items():
        error = np.hypot(spread.colony, spread.nucleus / 60**0.5) / 150**0.5
        assert np.ptp(means[name]) < 5 * error


def test_without_effects_conditions_are_alike():
    table = planted_study(150, np.random.default_rng(2), conditions=conditions(null=True),
                          nuclei=(60, 60))  # fmt: skip
    means = colony_means(table).groupby("condition").mean()
    for name, spread in PLANTED.items():
        error = np.hypot(spread.colony, spread.nucleus / 60**0.5) / 150**0.5
        assert np.ptp(means[name]) < 5 * error
    assert set(table["stiffness_pa"]) == {250, 950, 1200, 1800}


@pytest.mark.parametrize(("name", "spread"), [*PLANTED.items(), *ABSENT.items()])
def test_colonies_and_nuclei_spread_as_stated(study, name, spread):
    table = study[study["kind"] == "interphase"]
    logs = np.log(table[name])
    inside = logs.groupby(table["colony"]).var().mean()
    between = colony_means(study)[name].groupby("condition").var().mean() - inside / 56
    # Elongation and flatness end at 1, which takes a little from their spread.
    assert inside**0.5 == pytest.approx(spread.nucleus, rel=0.08)
    assert between**0.5 == pytest.approx(spread.colony, rel=0.2)


def test_volume_is_that_of_the_ellipsoid_of_the_axes(study):
    axes = study[["axis_major_um", "axis_middle_um", "axis_minor_um"]].to_numpy()
    np.testing.assert_allclose(np.pi / 6 * axes.prod(1), study["planted_volume_um3"])
    assert (np.diff(axes, axis=1) <= 1e-9).all()


def test_interphase_nuclei_have_the_size_of_mcf10a(study):
    medians = study[study["kind"] == "interphase"].median(numeric_only=True)
    assert 10 < medians["axis_major_um"] < 14
    assert 8 < medians["axis_middle_um"] < 10
    assert 6 < medians["axis_minor_um"] < 9


def test_kinds_come_as_often_as_stated(study):
    shares = study["kind"].value_counts(normalize=True)
    for kind in KINDS:
        assert shares[kind.name] == pytest.approx(kind.fraction, abs=0.005)


def test_number_of_nuclei_does_not_depend_on_the_condition():
    assert len({nuclei_range(OrganoidSpec(condition)) for condition in CONDITIONS}) == 1


def test_same_generator_gives_the_same_table():
    one, two = (planted_table(OrganoidSpec(), np.random.default_rng(5)) for _ in range(2))
    assert one.equals(two)

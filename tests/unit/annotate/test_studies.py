"""Fields are dealt to raters by lot, fairly, and those who come later change nothing."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuclarium.annotate.studies import Arm, Design, assign
from nuclarium.core.errors import AnnotationError

TWO = (Arm("shown", True), Arm("hidden", False))
fields = st.integers(1, 14).map(lambda n: [f"f{i}" for i in range(n)])
raters = st.integers(1, 6).map(lambda n: [f"R{i}" for i in range(n)])
designs = st.builds(
    Design,
    arms=st.sampled_from([TWO, TWO[:1], (*TWO, Arm("third", True))]),
    overlap=st.integers(0, 6),
    repeats=st.integers(0, 4),
    arms_by=st.sampled_from(["fields", "raters"]),
    seed=st.integers(0, 1000),
)


def spread(counts):
    return max(counts) - min(counts)


@given(designs, fields, raters)
def test_every_field_has_its_raters_and_raters_have_equal_shares(design, fields, raters):
    firsts = [one for one in assign(design, fields, raters) if one.repeat == 0]
    wanted = min(design.overlap or len(raters), len(raters))
    assert Counter(one.field for one in firsts) == dict.fromkeys(fields, wanted)
    assert len({(one.rater, one.field) for one in firsts}) == len(firsts)
    loads = Counter(one.rater for one in firsts)
    assert spread([loads[rater] for rater in raters]) <= 1


@given(designs, fields, raters)
def test_each_rater_sees_the_arms_equally_often(design, fields, raters):
    firsts = [one for one in assign(design, fields, raters) if one.repeat == 0]
    for rater in raters:
        arms = Counter(one.arm for one in firsts if one.rater == rater)
        if design.arms_by == "fields":
            assert spread([arms[arm.name] for arm in design.arms]) <= 1
        else:
            assert len(arms) <= 1


@given(designs, fields, raters)
def test_orders_are_whole_and_repeats_come_late_in_the_same_arm(design, fields, raters):
    drawn = assign(design, fields, raters)
    for rater in raters:
        own = [one for one in drawn if one.rater == rater]
        assert [one.position for one in own] == list(range(len(own)))
        first = {one.field: one for one in own if one.repeat == 0}
        repeats = [one for one in own if one.repeat]
        assert len(repeats) == min(design.repeats, (len(first) + 1) // 2)
        for one in repeats:
            assert one.arm == first[one.field].arm
            assert one.position - first[one.field].position >= len(first) // 2


@settings(max_examples=60, deadline=None)
@given(designs, fields, st.integers(1, 4), st.integers(1, 3))
def test_raters_who_come_later_get_a_fair_share_and_change_nothing(design, fields, early, late):
    everybody = [f"R{i}" for i in range(early + late)]
    before = assign(design, fields, everybody[:early])
    after = assign(design, fields, everybody, before, joined=everybody[:early])
    assert {one.rater for one in after} <= set(everybody[early:])
    loads = Counter(one.rater for one in (*before, *after) if one.repeat == 0)
    seen = Counter(one.field for one in (*before, *after) if one.repeat == 0)
    assert min(seen[field] for field in fields) >= min(
        design.overlap or len(everybody), len(everybody)
    )
    usual = round(sum(loads[rater] for rater in everybody[:early]) / early)
    assert all(loads[rater] >= usual for rater in everybody[early:])


def test_fields_that_come_later_go_to_all_after_what_they_have():
    design = Design(TWO, overlap=2)
    before = assign(design, ["a", "b", "c"], ["R1", "R2", "R3"])
    after = assign(design, ["a", "b", "c", "d"], ["R1", "R2", "R3"], before)
    assert Counter(one.field for one in after) == {"d": 2}
    assert all(one.position == 2 for one in after)


def test_a_field_that_two_see_is_seen_once_in_each_arm():
    drawn = assign(Design(TWO, overlap=2), [f"f{i}" for i in range(12)], ["R1", "R2"])
    assert set(Counter((one.field, one.arm) for one in drawn).values()) == {1}


def test_raters_see_the_fields_in_different_orders():
    drawn = assign(Design(), [f"f{i}" for i in range(12)], ["R1", "R2"])
    orders = {r: [one.field for one in drawn if one.rater == r] for r in ("R1", "R2")}
    assert sorted(orders["R1"]) == sorted(orders["R2"])
    assert orders["R1"] != orders["R2"]


def test_what_is_left_by_a_rater_who_left_is_seen_by_the_next():
    fields = ["a", "b", "c", "d"]
    before = assign(Design(overlap=2), fields, ["R1", "R2"])
    after = assign(Design(overlap=2), fields, ["R1", "R3"], before)
    assert sorted(one.field for one in after) == fields


@pytest.mark.parametrize(
    "wrong", [{"arms": []}, {"overlap": -1}, {"blind": "yes"}, {"arms_by": "days"}, {"size": 3}]
)
def test_a_design_that_cannot_be_is_refused(wrong):
    with pytest.raises(AnnotationError):
        Design.from_json(wrong)


@given(designs)
def test_a_design_survives_json(design):
    assert Design.from_json(design.to_json()) == design

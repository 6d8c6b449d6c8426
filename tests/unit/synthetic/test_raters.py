from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from nuclarium.core.classes import shipped_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.raters.anchors.clusters import find_anchors
from nuclarium.raters.read_marks import read_marks
from nuclarium.synthetic.raters import study
from nuclarium.synthetic.raters_chances import at_quantiles, drawn_rows, latent_logit, logistic
from nuclarium.synthetic.raters_classes import NUCLS, NucleusClass
from nuclarium.synthetic.raters_fields import planted_things
from nuclarium.synthetic.raters_labels import study_labels
from nuclarium.synthetic.raters_people import error_chances
from nuclarium.synthetic.raters_picture import field_picture
from nuclarium.synthetic.raters_spec import Arm, Group, StudySpec

CLASSES = (
    NucleusClass("a", "one", 0.5, 40, 0.1, 1.3),
    NucleusClass("b", "one", 0.3, 30, 0.1, 1.2),
    NucleusClass("c", "two", 0.2, 30, 0.1, 1.2),
)
SMALL = StudySpec(
    fields=60,
    classes=CLASSES,
    groups=(
        Group("P", 2, 0.85, anchoring=0.2),
        Group("N", 3, 0.6, miss=0.2, spurious=1.5, coverage=0.7, anchoring=0.5),
    ),
    arms=(
        Arm("free"),
        Arm("helped", 0.8, accuracy=0.8, good_outline=0.7, false_suggestion=0.5),
        Arm("again", repeats="free"),
    ),
)


@pytest.fixture(scope="module")
def made():
    return study(SMALL, np.random.default_rng(3))


def counted(made):
    """Count answers by rater, arm, truth and answer as a reader of the files would."""
    truth = pd.concat([made.truth, made.lookalikes])[["field", "nucleus", "label"]]
    truth["label"] = truth["label"].replace("", "no nucleus")
    seen = made.marks[["rater", "arm", "field"]].drop_duplicates()
    every = seen.merge(truth, on="field").rename(columns={"label": "truth"})
    marks = made.marks[["rater", "arm", "label"]].assign(nucleus=made.origin["nucleus"])
    marks = marks[marks["nucleus"] != ""]
    every = every.merge(marks, how="left", on=["rater", "arm", "nucleus"])
    every["label"] = every["label"].fillna("undetected")
    return every.groupby(["rater", "arm", "truth", "label"]).size()


def test_planted_confusions_misses_and_false_alarms_are_found_again(made):
    table = made.confusion.set_index(["rater", "arm", "truth", "answer"])["probability"]
    number = counted(made).reindex(table.index.set_names("label", level=3), fill_value=0)
    number.index = table.index
    total = number.groupby(["rater", "arm", "truth"]).transform("sum")
    expected = total * table
    some = expected.to_numpy() >= 8
    z = ((number - expected) / np.sqrt(expected * (1 - table)))[some]
    assert some.sum() > 150
    assert z.abs().max() < 4.5
    assert 0.8 < (z**2).mean() < 1.2


def test_planted_confusions_are_distributions(made):
    sums = made.confusion.groupby(["rater", "arm", "truth"])["probability"].sum()
    np.testing.assert_allclose(sums, 1, atol=1e-5)


def test_spurious_marks_come_as_often_as_planted(made):
    spurious = made.marks[(made.origin["nucleus"] == "") & (made.marks["label"] != "")]
    seen = made.marks.drop_duplicates(["rater", "arm", "field"]).groupby("rater").size()
    expected = made.raters.set_index("rater")["spurious"] * seen
    number = spurious.groupby("rater").size().reindex(expected.index, fill_value=0)
    assert ((number - expected).abs() < 4.5 * np.sqrt(expected) + 1).all()


def test_drawn_boxes_go_astray_as_planted(made):
    drawn = made.marks.assign(nucleus=made.origin["nucleus"])
    drawn = drawn[drawn["kind"] == "box"].merge(made.truth, on="nucleus", suffixes=("", "_true"))
    inside = (drawn["xmin_true"] > 15) & (drawn["xmax_true"] < 305)
    drawn = drawn[inside]
    width = drawn["xmax_true"] - drawn["xmin_true"]
    left = (drawn["xmin"] - drawn["xmin_true"]) / width
    right = (drawn["xmax"] - drawn["xmax_true"]) / width
    for rater in made.raters.to_dict("records"):
        own = drawn["rater"] == rater["rater"]
        rounding = 1 / 12 * (1 / width[own] ** 2).mean()
        spread = np.sqrt(rater["jitter"] ** 2 + rounding)
        assert left[own].std() == pytest.approx(spread, rel=0.12)
        assert (right - left)[own].mean() / 2 == pytest.approx(rater["margin"], abs=0.01)


def test_who_is_shown_nothing_accepts_nothing(made):
    free = made.marks[made.marks["arm"] == "free"]
    assert free["accepted"].isna().all()
    assert (free["suggestion"] == "").all()
    assert (free["kind"] != "outline").all()


def test_an_accepted_outline_is_the_one_that_was_suggested(made):
    taken = made.marks[made.marks["accepted"].fillna(False)]
    both = taken.merge(made.suggestions, on="suggestion", suffixes=("", "_shown"))
    assert len(both) == len(taken) > 500
    assert (both["outline_x"] == both["outline_x_shown"]).all()
    assert (both["xmin"] == both["xmin_shown"]).all()


def test_suggestions_pull_answers_to_them(made):
    shown = made.suggestions.merge(made.truth[["nucleus", "label"]], on="nucleus")
    wrong = shown[shown["label_x"] != shown["label_y"]]
    marks = made.marks.assign(nucleus=made.origin["nucleus"]).merge(wrong, on="nucleus")
    follows = (marks["label"] == marks["label_x"]).groupby(marks["arm_x"]).mean()
    assert follows["helped"] > follows["free"] + 0.1


def test_a_rater_agrees_with_himself_more_than_chance_would_have_it(made):
    marks = made.marks.assign(nucleus=made.origin["nucleus"])
    marks = marks[marks["nucleus"] != ""]
    first, again = marks[marks["arm"] == "free"], marks[marks["arm"] == "again"]
    both = first.merge(again, on=["rater", "nucleus"])
    same = (both["label_x"] == both["label_y"]).mean()
    other = first.merge(again, on="nucleus")
    other = other[other["rater_x"] != other["rater_y"]]
    assert same > (other["label_x"] == other["label_y"]).mean() + 0.05
    assert set(again["field"]) <= set(first["field"])
    assert again["field"].nunique() == round(SMALL.repeated * SMALL.fields)


def test_hard_nuclei_are_those_on_which_raters_err(made):
    marks = made.marks.assign(nucleus=made.origin["nucleus"])
    marks = marks[marks["arm"] == "free"].merge(made.truth, on="nucleus", suffixes=("", "_true"))
    right = marks["label"] == marks["label_true"]
    hard = marks["difficulty"] > 0
    assert right[~hard].mean() > right[hard].mean() + 0.1


def test_who_looked_in_vain_has_an_empty_row():
    spec = replace(SMALL, fields=30, nuclei=1, lookalikes=0, groups=(Group("N", 3, 0.6, miss=0.9),))
    spec = replace(spec, groups=(replace(spec.groups[0], spurious=0, coverage=1),))
    marks = study(spec, np.random.default_rng(0)).marks
    empty = marks[marks["label"] == ""]
    assert len(empty) > 10
    assert empty[["xmin", "ymax"]].isna().all().all()
    assert (empty["kind"] == "").all()
    looked = marks[marks["arm"] == "free"].drop_duplicates(["rater", "field"])
    assert len(looked) == 90


def test_the_same_seed_gives_the_same_study(made):
    again = study(SMALL, np.random.default_rng(3))
    for name in ("marks", "origin", "truth", "raters", "confusion", "suggestions"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(made, name))
    other = study(SMALL, np.random.default_rng(4))
    assert not other.truth.equals(made.truth)


def test_fields_do_not_depend_on_raters_nor_arms_on_later_arms(made):
    fewer = replace(SMALL, groups=SMALL.groups[:1])
    pd.testing.assert_frame_equal(study(fewer, np.random.default_rng(3)).truth, made.truth)
    first = replace(SMALL, arms=SMALL.arms[:2])
    marks = study(first, np.random.default_rng(3)).marks
    before = made.marks[made.marks["arm"] != "again"].reset_index(drop=True)
    pd.testing.assert_frame_equal(marks, before)


def test_answers_alone_are_those_of_the_study(made):
    labels = study_labels(SMALL, np.random.default_rng(3))
    marks = made.marks.assign(nucleus=made.origin["nucleus"])
    own = marks[(marks["rater"] == "N.1") & (marks["arm"] == "helped") & (marks["nucleus"] != "")]
    ids = pd.concat([made.truth, made.lookalikes])["nucleus"]
    assert len(labels.things) == len(ids)
    names = np.array(["a", "b", "c"])
    answer = labels.label[1, made.raters["rater"].tolist().index("N.1")]
    order = np.flatnonzero(labels.things.label >= 0)
    by_id = dict(zip(made.truth["nucleus"], answer[order], strict=True))
    own = own[own["nucleus"].isin(by_id)]
    assert [names[by_id[n]] for n in own["nucleus"]] == own["label"].tolist()


def test_times_of_a_rater_never_go_back(made):
    time = pd.to_datetime(made.marks["time"])
    for _, own in time.groupby([made.marks["rater"], made.marks["arm"]]):
        assert own.is_monotonic_increasing
    outlines = made.marks["kind"] == "outline"
    assert made.marks.loc[outlines, "seconds"].median() < 2.5
    assert made.marks.loc[made.marks["kind"] == "box", "seconds"].median() > 3


def test_marks_are_read_and_clustered_to_the_planted_nuclei(made):
    marks = read_marks(made.marks)
    assert len(marks) == (made.marks["label"] != "").sum()
    groups = dict(zip(marks.raters, marks.groups, strict=True))
    assert groups == dict(zip(made.raters["rater"], made.raters["group"], strict=True))
    anchors = find_anchors(marks)
    members = pd.DataFrame(anchors.members, columns=["anchor", "mark"])
    members["nucleus"] = made.origin["nucleus"].to_numpy()[marks.row[members["mark"]]]
    largest = (
        members[members["nucleus"] != ""]
        .groupby("anchor")["nucleus"]
        .agg(lambda names: names.value_counts(normalize=True).iloc[0])
    )
    assert largest.mean() > 0.97


def test_the_standard_study_has_the_size_and_classes_of_nucls():
    things = planted_things(StudySpec(), np.random.default_rng(1))
    nuclei = things.label >= 0
    assert 1_250 < nuclei.sum() < 1_700
    shares = np.bincount(things.label[nuclei], minlength=len(NUCLS)) / nuclei.sum()
    np.testing.assert_allclose(shares[:4], [0.354, 0.145, 0.229, 0.094], atol=0.08)
    sides = np.ptp(things.outline, axis=1).max(axis=1)
    longest = {k: np.median(sides[things.label == k]) for k in (0, 1, 2, 3)}
    for label, expected in zip(range(4), (49, 40, 28, 29), strict=True):
        assert longest[label] == pytest.approx(expected, rel=0.12)


def test_super_classes_are_those_of_the_shipped_hierarchy():
    classes = shipped_hierarchy()
    for kind in NUCLS:
        assert classes.roll_up(kind.name, "super") == kind.super_class
    assert [kind.name for kind in NUCLS] == list(classes.level("raw").classes)


def test_errors_stay_inside_a_super_class_as_often_as_told():
    rows = error_chances(CLASSES, 0.65)
    np.testing.assert_allclose(rows.sum(axis=1), 1)
    np.testing.assert_allclose(np.diag(rows), 0)
    assert rows[0, 1] == pytest.approx(0.65)
    assert rows[2, :2].sum() == pytest.approx(1)  # Alone in its super class.


@pytest.mark.parametrize("spread", [0, 0.5, 2.0])
def test_chances_that_vary_average_to_what_was_planted(spread):
    chance = np.array([0.03, 0.4, 0.9, 0.995])
    z = np.random.default_rng(0).standard_normal((400_000, 1))
    mean = logistic(latent_logit(chance, spread) - spread * z).mean(axis=0)
    np.testing.assert_allclose(mean, chance, atol=2e-3)
    np.testing.assert_array_equal(
        logistic(latent_logit(np.array([0.0, 1.0]), spread)).round(9), [0, 1]
    )


def test_rows_are_drawn_with_their_chances():
    chances = np.tile([0.5, 0.0, 0.5], (20_000, 1))
    drawn = np.bincount(drawn_rows(chances, np.random.default_rng(0)), minlength=3)
    assert drawn[1] == 0
    assert drawn[0] == pytest.approx(10_000, abs=400)
    assert at_quantiles(np.array([[0.0, 1.0]]), np.array([0.0])).tolist() == [1]


def test_pictures_show_dark_nuclei_and_are_the_same_again(made):
    picture = field_picture(SMALL, made.things, 0, np.random.default_rng(0))
    assert picture.shape == (320, 320, 3)
    np.testing.assert_array_equal(
        picture, field_picture(SMALL, made.things, 0, np.random.default_rng(0))
    )
    first = made.truth[made.truth["field"] == "field01"]
    middle = picture[
        ((first["ymin"] + first["ymax"]) / 2).astype(int),
        ((first["xmin"] + first["xmax"]) / 2).astype(int),
        0,
    ]
    assert np.median(middle) < np.median(picture[..., 0]) - 30
    assert picture.mean(axis=(0, 1)).argmin() == 1  # Pink and violet: green is least.


def test_one_class_and_one_rater_make_a_study():
    spec = replace(SMALL, fields=2, classes=CLASSES[:1], groups=(Group("P", 1, 0.8),))
    made = study(spec, np.random.default_rng(0))
    assert set(made.marks["label"]) <= {"a", ""}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fields": 0}, "fields of at least 1, but got 0"),
        ({"memory": 1.5}, "memory of a rating study must be from 0 to 1"),
        ({"groups": (Group("P", 0, 0.8),)}, "at least one rater"),
        ({"groups": (Group("P", 1, 1.8),)}, "accuracy of a rating study"),
        ({"groups": (Group("P", 1, 0.8), Group("P", 2, 0.8))}, "groups with different names"),
        ({"arms": ()}, "arms with different names"),
        ({"arms": (Arm("x", repeats="y"),)}, "must repeat an arm that comes before it"),
        ({"arms": (Arm("x", suggested=2.0),)}, "suggested of a rating study"),
    ],
)
def test_settings_that_make_no_study_are_refused_in_one_sentence(change, said):
    with pytest.raises(SettingsError, match=said):
        replace(SMALL, **change)

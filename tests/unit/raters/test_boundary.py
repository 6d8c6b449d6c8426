"""Suggested outlines are judged, and one outline stands for each anchor."""

from functools import partial

import numpy as np
import pytest
from tests.rater_marks import disc, outline_columns, table

from nuclarium.core.errors import SettingsError
from nuclarium.io.interchange.polygons import fill
from nuclarium.raters.anchors.choice import Preference
from nuclarium.raters.anchors.clusters import find_anchors
from nuclarium.raters.outlines.overlap import outline_overlap
from nuclarium.raters.outlines.staple import staple
from nuclarium.raters.outlines.truth import (
    accepted_probability,
    anchor_outlines,
    outline_answers,
    staple_outline,
)
from nuclarium.raters.read_marks import read_marks
from nuclarium.raters.truth.inference import infer_truth

NAN = np.nan


def outlined(*discs, **columns):
    """One field with an outline, or None for a box, from each of the raters r0, r1, …"""
    texts = [outline_columns(line) if line is not None else None for line in discs]
    rows = [("f", f"r{i}", "x", 0, 0, 20, 20) for i in range(len(discs))]
    lines = {
        name: ["" if text is None else text[name] for text in texts]
        for name in ("outline_x", "outline_y")
    }
    return read_marks(table(*rows, **lines, **columns))


def test_outline_with_a_suggestion_was_accepted_and_a_box_was_not():
    line = disc(10, 10, 9)
    suggestion = ["s1", "", "", "s1", "s1"]
    accepted = ["", "", "", "no", "yes"]
    marks = outlined(line, None, line, line, None, suggestion=suggestion, accepted=accepted)
    answers = outline_answers(find_anchors(marks), marks)
    assert answers.labels == ("accepted", "box")
    assert answers.matrix().tolist() == [[0, 1, -1, 1, 0]]
    chosen = outline_answers(find_anchors(marks), marks, raters=["r4", "r1"])
    assert chosen.matrix().tolist() == [[0, 1]]


def test_any_method_of_truth_judges_outlines():
    line = disc(10, 10, 9)
    marks = outlined(line, line, None, suggestion=["s", "s", ""])
    majority = partial(infer_truth, method="majority")
    found = accepted_probability(find_anchors(marks), marks, majority)
    assert found.tolist() == [pytest.approx(2 / 3)]
    nobody = outlined(line, line)
    assert np.isnan(accepted_probability(find_anchors(nobody), nobody, majority)).all()


def test_medoid_is_the_outline_most_like_the_others():
    lines = [disc(10, 10, 6), disc(10, 10, 8), disc(10, 10, 8.5), disc(10, 13, 9)]
    marks = outlined(*lines, None)
    (found,) = anchor_outlines(find_anchors(marks), marks)
    masks = np.stack([fill([line], (30, 30)) for line in lines])
    shared = (masks[:, None] & masks[None]).sum(axis=(2, 3))
    union = (masks[:, None] | masks[None]).sum(axis=(2, 3))
    np.testing.assert_allclose(found, lines[(shared / union).sum(axis=1).argmax()])


def test_preferred_rater_has_the_outline():
    lines = [disc(10, 10, 6), disc(10, 10, 8), disc(10, 10, 8.5)]
    marks = outlined(*lines, suggestion=["s", "", ""])
    anchors = find_anchors(marks)
    (found,) = anchor_outlines(anchors, marks, prefer=[Preference(raters=("r0",))])
    np.testing.assert_allclose(found, lines[0])
    (accepted,) = anchor_outlines(anchors, marks, only_accepted=True)
    np.testing.assert_allclose(accepted, lines[0])


def test_anchor_of_boxes_has_no_outline():
    marks = outlined(None, None)
    assert anchor_outlines(find_anchors(marks), marks) == (None,)
    assert anchor_outlines(find_anchors(marks), marks, how="staple") == (None,)
    with pytest.raises(SettingsError, match="medoid or staple"):
        anchor_outlines(find_anchors(marks), marks, how="mean")


def test_staple_draws_a_disc_that_is_nearer_to_the_true_one_than_raters(rng):
    true = disc(30, 30, 10, 60)
    lines = [disc(*rng.normal(30, 1.5, 2), rng.normal(10, 1), 60) for _ in range(9)]
    found = staple_outline(lines)
    of_raters = outline_overlap(lines, [true] * 9)["dice"]
    assert outline_overlap([found], [true])["dice"][0] > of_raters.quantile(0.8)
    wider = staple_outline(lines, margin_px=30)
    assert outline_overlap([found], [wider])["dice"][0] > 0.97


def test_staple_of_an_anchor_takes_the_preferred_raters_alone():
    lines = [disc(10, 10, 6), disc(10, 10, 6), disc(10, 10, 6), disc(10, 10, 9), disc(10, 10, 9)]
    marks = outlined(*lines, group=["P", "P", "P", "N", "N"])
    prefer = [Preference(groups=("P",))]
    (found,) = anchor_outlines(find_anchors(marks), marks, prefer=prefer, how="staple")
    assert outline_overlap([found], [lines[0]])["iou"][0] == 1


def naive_staple(masks, steps):
    """The equations of Warfield et al. pixel by pixel."""
    flat = masks.reshape(len(masks), -1)
    p, q, prior = np.full(len(flat), 0.99), np.full(len(flat), 0.99), flat.mean()
    for _ in range(steps):
        weight = np.empty(flat.shape[1])
        for i, said in enumerate(flat.T):
            a = prior * np.prod(np.where(said, p, 1 - p))
            b = (1 - prior) * np.prod(np.where(said, 1 - q, q))
            weight[i] = a / (a + b)
        p = (weight * flat).sum(axis=1) / weight.sum()
        q = ((1 - weight) * ~flat).sum(axis=1) / (1 - weight).sum()
    return weight.reshape(masks.shape[1:]), p, q


def blots(rng, raters):
    y, x = np.mgrid[:16, :18]
    centre, radius = rng.normal(8, 1, (raters, 2)), rng.normal(5, 0.7, raters)
    place = zip(centre, radius, strict=True)
    masks = np.stack([(y - c[0]) ** 2 + (x - c[1]) ** 2 < r**2 for c, r in place])
    return masks ^ (rng.random(masks.shape) < 0.02)


def test_staple_is_that_of_the_equations(rng):
    for raters in (2, 4, 7):
        masks = blots(rng, raters)
        found = staple(masks, tolerance=0, max_steps=30)
        weight, p, q = naive_staple(masks, len(found.log_likelihood))
        np.testing.assert_allclose(found.probability, weight, atol=1e-9)
        np.testing.assert_allclose(found.sensitivity, p, atol=1e-9)
        np.testing.assert_allclose(found.specificity, q, atol=1e-9)


def test_likelihood_of_staple_never_falls(rng):
    for raters in (1, 2, 3, 6, 12):
        found = staple(blots(rng, raters))
        rises = np.diff(found.log_likelihood)
        assert (rises >= -1e-9 * abs(found.log_likelihood[0])).all()
        assert found.converged


def test_staple_of_many_raters_does_not_underflow(rng):
    found = staple(np.tile(blots(rng, 3), (200, 1, 1)))
    assert np.isfinite(found.probability).all()


def test_careless_rater_is_found_out(rng):
    masks = blots(rng, 6)
    masks[5] = rng.random(masks[5].shape) < 0.5
    found = staple(masks)
    assert found.specificity.argmin() == 5


def test_staple_of_one_rater_is_his_mask(rng):
    mask = blots(rng, 1)
    np.testing.assert_array_equal(staple(mask).mask, mask[0])


@pytest.mark.parametrize("value", [False, True])
def test_staple_of_nothing_and_of_everything_is_sound(value):
    found = staple(np.full((3, 4, 5), value))
    assert (found.mask == value).all()
    assert found.converged
    assert np.isnan(found.sensitivity).all() == (not value)
    with pytest.raises(ValueError, match="must have shape"):
        staple(np.zeros((4, 5), bool))
    with pytest.raises(ValueError, match="prior must be from 0 to 1"):
        staple(np.zeros((1, 4, 5), bool), prior=2)

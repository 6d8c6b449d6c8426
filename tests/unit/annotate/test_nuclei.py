"""Nuclei, edits and strokes from outside are checked, and survive JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.annotations import RING, edit, gesture_id, nucleus_id, stroke

from nuclarium.annotate.changes import change_from_json, changes_from_json
from nuclarium.annotate.edits import Edit
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.annotate.stored import change_of, nucleus_of, text_of
from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import AnnotationError

numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 2) + 0.0)
points = st.integers(3, 6).flatmap(lambda n: st.lists(numbers, min_size=2 * n, max_size=2 * n))
ids = st.integers(0, 2**128 - 1)
texts = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=20)
planes = st.none() | st.integers(0, 500)
nuclei = st.builds(
    Nucleus,
    id=ids.map(nucleus_id),
    kind=st.just("outline"),
    rings=st.lists(points.map(tuple), min_size=1, max_size=3).map(tuple),
    label=texts,
    z=planes,
    suggestion=st.none() | st.just("u-1"),
    verdict=st.sampled_from([None, "accepted", "wrong_outline"]),
    rater=texts,
    revision=st.integers(0, 2**53),
)
edits = nuclei.flatmap(
    lambda nucleus: st.builds(
        Edit,
        id=ids.map(lambda n: f"e-{n:032x}"),
        gesture=ids.map(gesture_id),
        nucleus=st.just(nucleus.id),
        base=st.integers(0, 2**53),
        after=st.sampled_from([None, nucleus.bare()]),
        tool=texts,
        undoes=st.none() | ids.map(gesture_id),
        time=st.sampled_from(["", "2026-11-22T10:00:00.123Z"]),
    )
)
strokes = st.builds(
    Stroke,
    id=ids.map(lambda n: f"e-{n:032x}"),
    gesture=ids.map(gesture_id),
    class_id=st.integers(0, 255),
    radius=st.integers(0, 900).map(lambda n: n / 4),
    points=points.map(tuple),
    z=planes,
)


@given(nuclei)
def test_a_nucleus_survives_json_and_the_store(nucleus):
    assert Nucleus.from_json(json.loads(json.dumps(nucleus.to_json()))) == nucleus
    assert nucleus_of(text_of(nucleus)) == nucleus


@given(edits | strokes)
def test_an_edit_survives_json_and_the_store(change):
    assert change_from_json(json.loads(json.dumps(change.to_json()))) == change
    assert change_of(text_of(change)) == change


@pytest.mark.parametrize(
    ("kind", "rings"),
    [("box", [[0, 0, 4, 0, 4, 4, 0, 4]]), ("point", [[2.5, 3]]), ("rejected", [])],
)
def test_every_kind_can_be_said(kind, rings):
    row = {"id": nucleus_id(1), "kind": kind, "rings": rings, "suggestion": "u-1"}
    assert Nucleus.from_json(row).to_json()["rings"] == rings


def test_coordinates_are_kept_to_a_hundredth():
    row = {"id": nucleus_id(1), "kind": "point", "rings": [[1.23456, 7]]}
    assert Nucleus.from_json(row).to_json()["rings"] == [[1.23, 7]]


WRONG = {
    "not an object": [],
    "id": {"id": "n-1"},
    "id of another kind": {"id": gesture_id(1)},
    "kind": {"kind": "blob"},
    "no rings": {"rings": []},
    "two points": {"rings": [[1, 2, 3, 4]]},
    "odd": {"rings": [[1, 2, 3, 4, 5, 6, 7]]},
    "not finite": {"rings": [[1, 2, 3, 4, 5, float("nan")]]},
    "a huge whole number": {"rings": [[1, 2, 3, 4, 5, 10**400]]},
    "infinite": {"rings": [[1, 2, 3, 4, 5, float("inf")]]},
    "too far": {"rings": [[1, 2, 3, 4, 5, 1e9]]},
    "text": {"rings": [[1, 2, 3, 4, 5, "6"]]},
    "truth": {"rings": [[1, 2, 3, 4, 5, True]]},
    "huge": {"rings": [[0] * 100_002]},
    "huge together": {"rings": [[0] * 60_000] * 2},
    "many rings": {"rings": [RING] * 501},
    "long label": {"label": "x" * 201},
    "label with a new line": {"label": "a\nb"},
    "label of another type": {"label": 3},
    "plane": {"z": -1},
    "plane of another type": {"z": 1.5},
    "verdict": {"verdict": "perhaps"},
    "rejected without suggestion": {"kind": "rejected", "rings": []},
    "suggestion": {"suggestion": "a b"},
    "strange key": {"colour": "red"},
    "box of three corners": {"kind": "box", "rings": [RING]},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_malformed_nucleus_is_refused(wrong):
    row = {"id": nucleus_id(1), "kind": "outline", "rings": [RING]}
    with pytest.raises(AnnotationError, match=r"must .*but|must be"):
        Nucleus.from_json(row | wrong if isinstance(wrong, dict) else wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": 5},
        {"base": -1},
        {"base": True},
        {"gesture": None},
        {"nucleus": nucleus_id(2)},
        {"time": "yesterday"},
        {"tool": "x" * 41},
        {"undoes": "g"},
    ],
)
def test_a_malformed_edit_is_refused(wrong):
    with pytest.raises(AnnotationError):
        change_from_json(edit(1).to_json() | wrong)


@pytest.mark.parametrize(
    "wrong", [{"class": 256}, {"radius": -1}, {"points": []}, {"removes": "e", "points": []}]
)
def test_a_malformed_stroke_is_refused(wrong):
    with pytest.raises(AnnotationError):
        change_from_json(stroke(1).to_json() | wrong)


def test_too_many_edits_at_once_are_refused():
    with pytest.raises(AnnotationError, match="at most 2000"):
        changes_from_json([edit(1).to_json()] * 2001)
    assert changes_from_json([edit(1).to_json()]) == [edit(1)]

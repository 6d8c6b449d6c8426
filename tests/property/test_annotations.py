"""Laws of documents: undo is the inverse, and in any order no acknowledged edit is missing."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.annotations import edit, gesture_id, stroke

from nuclarium.annotate.document import Document, DocumentHead, EditConflict, apply, replay
from nuclarium.annotate.judge import Head, Judgement
from nuclarium.annotate.logged import Logged, redo_of, undo_of
from nuclarium.annotate.store import Store

EMPTY = Document(DocumentHead("d-" + "0" * 32, "i-" + "0" * 32))
ACTIONS = st.tuples(st.integers(1, 4), st.sampled_from(["draw", "change", "remove", "stroke"]))
GESTURES = st.lists(st.lists(ACTIONS, min_size=1, max_size=4), min_size=1, max_size=5)


def acted(document, number, action, gesture):
    """The edit that a person who sees all of a document makes of an action."""
    nucleus, what = action
    if what == "stroke":
        return stroke(number, gesture=gesture_id(gesture))
    base = document.revision_of(edit(1, nucleus).nucleus)
    more = {"removed": what == "remove", "gesture": gesture}
    return edit(number, nucleus, base=base, label=f"{what} {number}", **more)


def done(gestures):
    """A document and its log after gestures of one person."""
    document, log, number = EMPTY, [], 0
    for place, actions in enumerate(gestures, start=1):
        for action in actions:
            number += 1
            change = acted(document, number, action, place)
            document = apply(document, change, "R1")
            log.append(Logged(change, document.revision, "R1"))
    return document, log


def appended(document, log, changes):
    for change in changes:
        document = apply(document, change, "R1")
        log.append(Logged(change, document.revision, "R1"))
    return document


def drawn(document):
    return ({key: n.bare() for key, n in document.nuclei.items()}, document.strokes)


@given(GESTURES)
def test_undo_takes_back_all_gestures_and_redo_brings_them_back(gestures):
    before = [drawn(done(gestures[:n])[0]) for n in range(len(gestures) + 1)]
    document, log = done(gestures)
    for place in range(len(gestures), 0, -1):
        document = appended(document, log, undo_of(log, gesture_id(place)))
        assert drawn(document) == before[place - 1]
    for place in range(1, len(gestures) + 1):
        document = appended(document, log, redo_of(log, gesture_id(place)))
        assert drawn(document) == before[place]


@given(GESTURES)
def test_a_document_is_the_replay_of_its_log(gestures):
    document, log = done(gestures)
    assert replay(EMPTY, [(one.change, one.by) for one in log]) == document


@given(st.lists(st.tuples(st.sampled_from("AB"), ACTIONS, st.integers(0, 3)), max_size=20))
def test_one_edit_at_a_time_is_judged_as_it_is_applied(steps):
    document = EMPTY
    for number, (rater, action, behind) in enumerate(steps, start=1):
        change = acted(document, number, action, number)
        if behind and not hasattr(change, "points"):
            change = edit(number, action[0], base=max(0, change.base - behind), label=action[1])
        heads = {}
        if hasattr(change, "nucleus") and document.revision_of(change.nucleus):
            there = document.nuclei.get(change.nucleus)
            heads = {change.nucleus: Head(document.revision_of(change.nucleus), there)}
        answer = Judgement(rater, document.revision, heads, {}).judge([change])
        if answer.conflicts:
            with pytest.raises(EditConflict) as raised:
                apply(document, change, rater)
            assert raised.value.theirs == answer.conflicts[0].theirs
        else:
            document = apply(document, change, rater)
            assert answer.acknowledged == ((change.id, document.revision),)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["R1", "R2"]), ACTIONS, st.booleans()), max_size=16))
def test_in_any_interleaving_no_acknowledged_edit_is_missing(steps):
    with TemporaryDirectory() as folder, Store.open(Path(folder) / "store.sqlite") as store:
        for name in ("Ada", "Grace"):
            store.add_user(name, "rater")
        image = store.register_image("a.tif", "0" * 64, width=9, height=9).id
        document = store.open_document(image, owner=None).id
        seen = {"R1": EMPTY, "R2": EMPTY}
        kept = {}
        for number, (by, action, looks) in enumerate(steps, start=1):
            if looks:
                seen[by] = store.document(document)
            answer = store.append(document, [acted(seen[by], number, action, number)], by)
            kept |= dict(answer.acknowledged)
            assert len(answer.acknowledged) + len(answer.conflicts) == 1
        log = store.changes(document)
        assert {one.change.id: one.revision for one in log} == kept
        assert store.check() == len(kept)

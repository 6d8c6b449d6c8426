"""What a store keeps, and what it answers."""

import json

import pytest

from nuclarium.annotate.nuclei import change_from_json
from nuclarium.annotate.store import Store


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "annotations" / "store.sqlite") as opened:
        yield opened


@pytest.fixture
def document(store):
    for name in ("Ada", "Grace"):
        store.add_user(name, "rater")
    image = store.register_image("a.tif", "0" * 64, width=100, height=80)
    return store.open_document(image.id, owner=None).id


def edit(number, nucleus=1, *, base=0, label="tumor", gesture=None, removed=False, **more):
    name = f"n-{nucleus:032x}"
    rings = [[1, 1, 5.25, 1, 5, 5]]
    after = {"id": name, "kind": "outline", "rings": rings, "label": label}
    return change_from_json(
        {
            "id": f"e-{number:032x}",
            "gesture": f"g-{gesture or number:032x}",
            "nucleus": name,
            "base": base,
            "after": None if removed else after,
        }
        | more
    )


def test_an_edit_is_kept(store, document):
    answer = store.append(document, [edit(1)], "R1")
    assert answer.acknowledged == ((edit(1).id, 1),)
    assert [n.label for n in store.document(document).nuclei.values()] == ["tumor"]


def test_an_edit_that_is_sent_again_is_not_applied_again(store, document):
    store.append(document, [edit(1)], "R1")
    again = store.append(document, [edit(1)], "R1")
    assert again.acknowledged == ((edit(1).id, 1),)
    assert again.revision == 1


def test_the_second_of_two_people_gets_the_version_of_the_first(store, document):
    store.append(document, [edit(1)], "R1")
    store.append(document, [edit(2, base=1, label="stroma")], "R1")
    answer = store.append(document, [edit(3, base=1, label="sTIL")], "R2")
    assert answer.acknowledged == ()
    assert [c.theirs.label for c in answer.conflicts] == ["stroma"]


def test_the_text_of_a_document_is_its_json(store, document):
    store.append(document, [edit(1), edit(2, base=0, label="é"), edit(3, 2)], "R1")
    text = store.document_text(document)
    assert json.loads(text) == store.document(document).to_json()


def test_gestures_tell_what_can_be_undone(store, document):
    store.append(document, [edit(1)], "R1")
    store.append(document, [edit(2, base=1, removed=True, undoes=edit(1).gesture)], "R1")
    assert [(g.undone, g.redoable) for g in store.gestures(document, "R1")] == [(True, True)]

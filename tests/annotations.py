"""Edits and strokes of annotations, made short for tests."""

from nuclarium.annotate.changes import change_from_json

RING = [1, 1, 5.25, 1, 5, 5]


def nucleus_id(number):
    return f"n-{number:032x}"


def gesture_id(number):
    return f"g-{number:032x}"


def edit(number, nucleus=1, *, base=0, label="tumor", gesture=None, removed=False, **more):
    """Edit `number` of nucleus `nucleus`, of a gesture of the same number if none is given."""
    name = nucleus_id(nucleus)
    after = {"id": name, "kind": "outline", "rings": [RING], "label": label}
    row = {
        "id": f"e-{number:032x}",
        "gesture": gesture_id(gesture or number),
        "nucleus": name,
        "base": base,
        "after": None if removed else after,
    }
    return change_from_json(row | more)


def stroke(number, *, class_id=2, points=(1, 2, 3, 4), **more):
    row = {
        "id": f"e-{number:032x}",
        "gesture": gesture_id(number),
        "class": class_id,
        "radius": 3,
        "points": list(points),
    }
    return change_from_json(row | more)

"""Bodies of requests for masks and nuclei, checked: boxes, planes, strokes, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, cast, get_args

from nuclarium.annotate import checks
from nuclarium.annotate.strokes import Stroke
from nuclarium.core.errors import AnnotationError
from nuclarium.core.geometry import Box
from nuclarium.server.bodies import body_schema
from nuclarium.workspace.assist_nuclei import NucleiSettings

LayerName = Literal["probability", "classes", "uncertainty"]
LAYERS: tuple[LayerName, ...] = get_args(LayerName)
MOST_STROKES = 10_000
MOST_SENT = 100
_LARGEST = 2**31
_BOX = {"x-optional": True, "type": ["array", "null"], "items": {"type": "number"}}
_PLANE = {"x-optional": True, "type": ["integer", "null"]}
_IDS = {"x-optional": True, "type": ["array", "null"], "items": {"type": "string"}}
_SENT = {"x-optional": True, "type": "array", "items": {"type": "object"}}
MASK = body_schema(
    box=_BOX,
    z=_PLANE,
    layer={"x-optional": True, "enum": list(LAYERS)},
    ids=_IDS,
    strokes=_SENT,
)
NUCLEI = body_schema(
    box=_BOX,
    z=_PLANE,
    ids=_IDS,
    strokes=_SENT,
    preview={"x-optional": True, "type": "boolean"},
    least_um={"x-optional": True, "type": "number"},
    least_px={"x-optional": True, "type": "number"},
    smooth_px={"x-optional": True, "type": "number"},
    part={"x-optional": True, "type": "boolean"},
)


@dataclass(frozen=True, slots=True)
class MaskWish:
    """What is masked: a box of a plane (all of it when None), by which strokes."""

    box: Box | None
    z: int
    ids: tuple[str, ...] | None
    sent: tuple[Stroke, ...]
    layer: LayerName = "probability"


def mask_wish(body: Any, more: tuple[str, ...] = ("layer",)) -> tuple[MaskWish, dict[str, Any]]:
    """Check a body that asks for a mask; what it says beside that is returned with it."""
    known = ("box", "z", "ids", "strokes", *more)
    row = checks.an_object(body, "A wish for a mask", known, ())
    ids = row.get("ids")
    if ids is not None and not (isinstance(ids, list) and len(ids) <= MOST_STROKES):
        raise AnnotationError(f"ids must be a list of at most {MOST_STROKES:,} strokes.")
    sent = row.get("strokes", [])
    if not isinstance(sent, list) or len(sent) > MOST_SENT:
        raise AnnotationError(f"strokes must be a list of at most {MOST_SENT}.")
    layer = checks.a_choice(row.get("layer", "probability"), "The layer of a mask", LAYERS)
    wish = MaskWish(
        a_box(row.get("box")),
        a_plane(row.get("z")),
        None if ids is None else tuple(checks.an_id(one, "A stroke", "e") for one in ids),
        tuple(Stroke.from_json(one) for one in sent),
        cast(LayerName, layer),
    )
    return wish, {name: row[name] for name in more if name in row}


def nuclei_settings(row: Mapping[str, Any]) -> NucleiSettings:
    """Check how nuclei are made of a mask."""
    said: dict[str, Any] = {}
    for one in fields(NucleiSettings):
        if one.name not in row:
            continue
        value = row[one.name]
        if one.name == "part":
            said[one.name] = a_yes_or_no(value, one.name)
        else:
            said[one.name] = checks.a_number(value, one.name, 0, 1000)
    return NucleiSettings(**said)


def a_yes_or_no(value: Any, what: str) -> bool:
    """Check that a value is true or false."""
    if not isinstance(value, bool):
        raise AnnotationError(f"{what} must be true or false, but got {value!r:.40}.")
    return value


def a_box(value: Any) -> Box | None:
    """Check ``[x0, y0, x1, y1]``, in pixels, and turn it round; fractions are widened."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 4:
        raise AnnotationError(f"A box must be x0, y0, x1, y1, but got {value!r:.60}.")
    numbers = [checks.a_number(one, "A box", -_LARGEST, _LARGEST) for one in value]
    x0, y0, x1, y1 = (int(numbers[i] // 1) if i < 2 else -int(-numbers[i] // 1) for i in range(4))
    if x0 >= x1 or y0 >= y1:
        raise AnnotationError(
            f"A box must be x0, y0, x1, y1 with x0 below x1 and y0 below y1, but got {value!r:.60}."
        )
    return Box(max(0, y0), max(0, x0), max(0, y1), max(0, x1))


def a_plane(value: Any) -> int:
    """Check the plane of a stack; the first when None."""
    return 0 if value is None else checks.a_whole(value, "The plane", 0, 100_000)

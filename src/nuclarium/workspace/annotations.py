"""What people drew, as the rest of the project knows it: marks, label images, a table of raters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.annotate.document import Document, DocumentHead
from nuclarium.annotate.nuclei import Nucleus, Ring
from nuclarium.annotate.store import Store
from nuclarium.core.errors import OutputError
from nuclarium.core.labels import Labels
from nuclarium.core.marks import Kind, Marks, Points
from nuclarium.io.interchange.polygons import fill, ring_of

COLUMNS = (
    "field",
    "rater",
    "label",
    "xmin",
    "ymin",
    "xmax",
    "ymax",
    "outline_x",
    "outline_y",
    "kind",
    "arm",
    "time",
    "suggestion",
    "accepted",
    "group",
    "id",
    "z",
)
FINISHED = ("done", "approved", "needs_work")
_MOST_PIXELS = 2**30


def marks_of(document: Document) -> Marks:
    """Return the nuclei of a document as marks, in pixels of the whole image.

    Rejected suggestions are no nuclei. A nucleus whose outline is said to be wrong is a box; holes
    are drawn in one line with their exterior.
    """
    nuclei = [nucleus for nucleus in document.nuclei.values() if nucleus.kind != "rejected"]
    outlines = [
        one_line(nucleus.rings) if _kind(nucleus) == "outline" else None for nucleus in nuclei
    ]
    return Marks(
        np.array([_extent(nucleus) for nucleus in nuclei], np.float64).reshape(-1, 4),
        tuple(_kind(nucleus) for nucleus in nuclei),
        tuple(nucleus.label for nucleus in nuclei),
        tuple(outlines),
        tuple(nucleus.id for nucleus in nuclei),
    )


def labels_of(
    document: Document, shape: tuple[int, int], *, z: int | None = None
) -> tuple[Labels, tuple[str, ...]]:
    """Draw the outlines of a document as a label image of its field.

    Parameters
    ----------
    document : Document
    shape : (height, width)
        Of the whole image; the label image has the size of the document's box, if it has one.
    z : int, optional
        Plane of a stack: nuclei of other planes are left out.

    Returns
    -------
    labels : ndarray of int32
        Where nuclei overlap, the smaller one is seen. Boxes and points are not drawn.
    ids : tuple of str
        Nucleus ``i`` has the number ``i + 1``.

    Raises
    ------
    OutputError
        If the field is larger than a label image can be.
    """
    x0, y0, x1, y1 = document.head.box or (0, 0, shape[1], shape[0])
    if (y1 - y0) * (x1 - x0) > _MOST_PIXELS:
        raise OutputError(
            f"A label image must have at most {_MOST_PIXELS:,} pixels, but the field of this "
            f"document has {x1 - x0:,} × {y1 - y0:,}. Export outlines, or annotate fields."
        )
    labels = np.zeros((y1 - y0, x1 - x0), np.int32)
    drawn = [nucleus for nucleus in document.nuclei.values() if _is_drawn(nucleus, z)]
    windows = [_window(nucleus.rings, (x0, y0), labels.shape) for nucleus in drawn]
    order = sorted(range(len(drawn)), key=lambda place: -int(windows[place][1].sum()))
    for place in order:
        (y, x), mask = windows[place]
        labels[y : y + mask.shape[0], x : x + mask.shape[1]][mask] = place + 1
    return labels, tuple(nucleus.id for nucleus in drawn)


def table_of(
    store: Store,
    *,
    study: str | None = None,
    statuses: Collection[str] = FINISHED,
    corrected: bool = False,
) -> pd.DataFrame:
    """Return the long table of marks, one row a mark, which ``nuclarium consensus`` reads.

    Parameters
    ----------
    store : Store
    study : str, optional
        Only its documents.
    statuses : collection of str
        Only documents of these states: what is not finished would count as not seen.
    corrected : bool
        Whether documents are taken as they are now; otherwise as they were when their rater first
        said that they are done, which is what raters thought by themselves.

    Returns
    -------
    table : DataFrame
        Columns are `COLUMNS`. The arm of a field that a rater saw again ends in ``-again``. A row
        without place and label says that the rater saw the field and marked nothing.
    """
    names = {image.id: image.name for image in store.images()}
    groups = {user.alias: user.group for user in store.users()}
    shown = {
        (one.id, arm.name): arm.suggestions for one in store.studies() for arm in one.design.arms
    }
    rows: list[dict[str, Any]] = []
    for head in store.documents(study=study):
        if head.status in statuses:
            original = None if corrected else store.original(head.id)
            document = store.document(head.id) if original is None else original
            facts = _facts(
                head, names, suggests=shown.get((head.study or "", head.arm or ""), True)
            )
            rows += _rows(document, facts, groups, store.times(head.id))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def field_name(head: DocumentHead, image: str) -> str:
    """Return how a field is called: the image, and the edges of the box, if it has one."""
    return image if head.box is None else "_".join([image, *map(str, head.box)])


def one_line(rings: tuple[Ring, ...]) -> Points:
    """Corners ``(y, x)`` of one line that encloses what rings enclose by the even-odd rule."""
    first, *others = (ring_of(ring) for ring in rings)
    line = [first]
    for ring in others:
        line += [first[:1], ring, ring[:1]]
    return np.concatenate([*line, first[:1]] if others else line)


def _facts(head: DocumentHead, names: Mapping[str, str], *, suggests: bool) -> dict[str, Any]:
    arm = head.arm or ""
    return {
        "field": field_name(head, names[head.image]),
        "rater": head.owner,
        "arm": f"{arm}-again" if head.repeat else arm,
        "suggests": suggests,
    }


def _rows(
    document: Document, facts: dict[str, Any], groups: Mapping[str, str], times: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    marks = marks_of(document)
    base = {key: facts[key] for key in ("field", "arm")}
    owner = facts["rater"]
    if not len(marks) and owner is not None:
        yield base | {"rater": owner, "group": groups.get(owner, "")}
    for row, (y0, x0, y1, x1) in enumerate(marks.boxes.tolist()):
        nucleus = document.nuclei[marks.ids[row]]
        outline = marks.outlines[row]
        rater = nucleus.rater if owner is None else owner
        yield base | {
            "rater": rater,
            "label": nucleus.label,
            "xmin": x0,
            "ymin": y0,
            "xmax": x1,
            "ymax": y1,
            "outline_x": "" if outline is None else _joined(outline[:, 1]),
            "outline_y": "" if outline is None else _joined(outline[:, 0]),
            "kind": marks.kinds[row],
            "time": times.get(nucleus.revision, ""),
            "suggestion": nucleus.suggestion or "",
            "accepted": nucleus.verdict == "accepted" if facts["suggests"] else "",
            "group": groups.get(rater, ""),
            "id": nucleus.id,
            "z": "" if nucleus.z is None else nucleus.z,
        }


def _kind(nucleus: Nucleus) -> Kind:
    is_box = nucleus.kind == "outline" and nucleus.verdict == "wrong_outline"
    return "box" if is_box else cast(Kind, nucleus.kind)


def _is_drawn(nucleus: Nucleus, z: int | None) -> bool:
    is_there = z is None or nucleus.z is None or nucleus.z == z
    return _kind(nucleus) == "outline" and is_there


def _extent(nucleus: Nucleus) -> tuple[float, float, float, float]:
    x, y = nucleus.rings[0][::2], nucleus.rings[0][1::2]
    return min(y), min(x), max(y), max(x)


def _window(
    rings: tuple[Ring, ...], origin: tuple[int, int], shape: tuple[int, ...]
) -> tuple[tuple[int, int], npt.NDArray[np.bool_]]:
    """Pixels of a nucleus in the smallest window that holds them, and its upper left corner."""
    corners = [ring_of(ring) - np.array(origin[::-1]) for ring in rings]
    low = np.clip(np.floor(corners[0].min(axis=0)), 0, shape).astype(np.int64)
    high = np.clip(np.ceil(corners[0].max(axis=0)), low, shape).astype(np.int64)
    height, width = (high - low).tolist()
    return (int(low[0]), int(low[1])), fill([ring - low for ring in corners], (height, width))


def _joined(values: npt.NDArray[np.float64]) -> str:
    return ",".join(repr(value).removesuffix(".0") for value in values.tolist())

"""A document as a COCO file: all classes of its hierarchy, and those that its nuclei have."""

from __future__ import annotations

from pathlib import Path

from nuclarium.annotate.document import Document
from nuclarium.core.classes import hierarchy_of_content
from nuclarium.core.outlines import ring_area
from nuclarium.dataset.formats.coco_marks import categories_of
from nuclarium.io.write import write_json
from nuclarium.workspace.annotations import marks_of


def write_coco(document: Document, path: Path, name: str, shape: tuple[int, int]) -> None:
    """Write the nuclei of a document; category ids are the codes of the hierarchy.

    Parameters
    ----------
    document : Document
        With its classes; classes that nuclei have beside them come last, and nuclei without one
        are of the category ``nucleus``.
    path : Path
    name : str
        Of the image.
    shape : (height, width)
        Of the whole image.
    """
    marks, content = marks_of(document), document.head.hierarchy
    hierarchy = hierarchy_of_content(dict(content), "The document") if content else None
    categories = categories_of(marks.labels, hierarchy)
    numbers = {category["name"]: category["id"] for category in categories}
    plain = [label if hierarchy is None else hierarchy.plain(label) for label in marks.labels]
    annotations = []
    for row, (y0, x0, y1, x1) in enumerate(marks.boxes.tolist()):
        outline = marks.outlines[row]
        annotations.append(
            {
                "id": row + 1,
                "image_id": 1,
                "category_id": numbers[plain[row] or "nucleus"],
                "segmentation": [] if outline is None else [outline[:, ::-1].ravel().tolist()],
                "area": (x1 - x0) * (y1 - y0) if outline is None else abs(ring_area(outline)),
                "bbox": [x0, y0, x1 - x0, y1 - y0],
                "iscrowd": 0,
                "nucleus": marks.ids[row],
            }
            | _plane_of(document, marks.ids[row])
        )
    picture = {"id": 1, "file_name": name, "width": shape[1], "height": shape[0]}
    whole = {"images": [picture], "annotations": annotations, "categories": categories}
    write_json(path, whole)


def _plane_of(document: Document, nucleus: str) -> dict[str, int]:
    z = document.nuclei[nucleus].z
    return {} if z is None else {"z": z}

"""COCO's annotations as nuclei: polygons, run lengths, boxes, and points as boxes of no size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nuclarium.annotate.checks import new_id
from nuclarium.annotate.nuclei import Nucleus
from nuclarium.core.errors import UnreadableImageError
from nuclarium.core.outlines import ring_area
from nuclarium.io.interchange.rle import decompress, mask_of
from nuclarium.workspace.drawn_shapes import MOST_PIXELS, Drawn, box_ring, traced


def read_coco(path: Path, content: Mapping[str, Any]) -> Iterator[Drawn]:
    """Yield what a parsed file says of each image; crowds are regions and no nuclei.

    Of an annotation in several parts the largest is taken.

    Raises
    ------
    UnreadableImageError
        If an entry lacks what it must have.
    """
    try:
        names = {row["id"]: str(row["name"]) for row in content.get("categories", ())}
        of_image: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
        for row in content["annotations"]:
            of_image[row["image_id"]].append(row)
        for image in content["images"]:
            rows = [row for row in of_image[image["id"]] if not row.get("iscrowd")]
            nuclei = [_of_annotation(row, names) for row in rows]
            yield Drawn(str(image["file_name"]), [one for one in nuclei if one is not None])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UnreadableImageError(
            f"{path.name} must be COCO's instances with outlines or boxes, but an entry lacks or "
            f"spoils {error}."
        ) from error


def _of_annotation(row: Mapping[str, Any], names: Mapping[Any, str]) -> Nucleus | None:
    label = str(row.get("class_name", names.get(row.get("category_id"), "")))
    z = row.get("z")
    drawn = row.get("segmentation")
    if isinstance(drawn, Mapping):
        height, width = (int(side) for side in drawn["size"])
        if height * width > MOST_PIXELS:
            raise ValueError(f"a size of {height} × {width} px, more than {MOST_PIXELS:,}")
        counts = drawn["counts"]
        mask = mask_of(decompress(counts) if isinstance(counts, str) else counts, (height, width))
        found = traced(mask.astype(np.int32), label, z)
        return found[0] if found else None
    rings = [ring for ring in drawn or () if len(ring) >= 6]
    if rings:
        largest = max(rings, key=lambda ring: abs(ring_area(np.reshape(ring, (-1, 2)))))
        return Nucleus(new_id("n"), "outline", (tuple(map(float, largest)),), label, z)
    x, y, wide, high = (float(number) for number in row["bbox"])
    if wide == high == 0:
        return Nucleus(new_id("n"), "point", ((x, y),), label, z)
    return Nucleus(new_id("n"), "box", (box_ring(x, y, x + wide, y + high),), label, z)

"""Parquet as Hugging Face `datasets` reads it: pictures as bytes, facts as columns."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile

from nuclarium.core.errors import SettingsError
from nuclarium.core.labels import Labels
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.formats.companions import is_picture, png_bytes
from nuclarium.dataset.intake import Intake, IntakeSettings
from nuclarium.dataset.item import Item
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.marks import parse_marks
from nuclarium.dataset.pairs import safe_id
from nuclarium.dataset.pixels import Pixels

Advance = Callable[[int], None]
MARKS = "marks"
_ROWS = 64
_TEXT = ("id", "condition", "group", "patient", "slide", "source", "source_sha256", "channel")
_INTEGERS = ("fold", "z", "y0", "x0", "height", "width", "n_nuclei")
_NUMBERS = ("spacing_y_um", "spacing_x_um")
_PARTS = {"train": "train", "val": "validation", "test": "test", None: "train"}


def write_parquet(dataset: Dataset, folder: Path, advance: Advance) -> None:
    """Write ``data/PART-00000-of-00001.parquet``, PART being train, validation and test.

    Columns ``image`` and ``labels`` are structs of ``bytes`` and ``path`` that `datasets` decodes;
    labels are PNG of 16 bits, or TIFF where numbers or pixels need it. All else that the
    manifest knows has a column; ``extra`` is JSON. Images without a part are in ``train``. Boxes,
    outlines and classes, where there are any, are the column ``marks``: the table of the dataset.

    A group of 64 rows is in memory at a time.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "data").mkdir()
    schema = _schema(pa, has_marks=dataset.has_marks)
    for part in dict.fromkeys(_PARTS[item.split] for item in dataset.items):
        members = [item for item in dataset.items if _PARTS[item.split] == part]
        path = folder / "data" / f"{part}-00000-of-00001.parquet"
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for begin in range(0, len(members), _ROWS):
                rows = [_row(dataset, item) for item in members[begin : begin + _ROWS]]
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                advance(len(rows))


def read_parquet(folder: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    """Read Parquet files with the columns ``image`` and ``labels`` (or ``mask``, ``label``).

    Raises
    ------
    SettingsError
        If a file has no such columns.
    """
    import pyarrow.parquet as pq

    drafts: list[Draft] = []
    for path in parquet_files(folder):
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
        truth = next((n for n in ("labels", "mask", "label", "annotation") if n in names), None)
        if "image" not in names or truth is None:
            raise SettingsError(
                f"{path.name} must have the columns image and labels, but has {', '.join(names)}."
            )
        facts = [name for name in names if name not in ("image", truth)]
        place = 0
        for group in range(file.num_row_groups):
            for row, values in enumerate(file.read_row_group(group, columns=facts).to_pylist()):
                load = _loader(path, group, row, truth)
                drafts.append(_draft(values, f"{path.stem}_{place:06}", load, path, settings))
                place += 1
                advance(1)
    return Intake(drafts, [])


def parquet_files(folder: Path) -> list[Path]:
    """Return the Parquet files of a folder."""
    return sorted([*folder.glob("*.parquet"), *folder.glob("data/*.parquet")])


def _schema(pa: Any, *, has_marks: bool) -> Any:
    """Columns, with the features of `datasets` in the metadata."""
    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns: list[tuple[str, Any, Any]] = [
        (n, picture, {"_type": "Image"}) for n in ("image", "labels")
    ]
    for names, kind, feature in (
        ((*_TEXT, "split", "extra", *([MARKS] if has_marks else [])), pa.string(), "string"),
        (_INTEGERS, pa.int64(), "int64"),
        (_NUMBERS, pa.float64(), "float64"),
    ):
        columns += [(name, kind, {"dtype": feature, "_type": "Value"}) for name in names]
    features = {name: feature for name, _, feature in columns}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([(name, kind) for name, kind, _ in columns], metadata=metadata)


def _row(dataset: Dataset, item: Item) -> dict[str, Any]:
    labels = item.read_labels(dataset.folder)
    small = int(labels.max(initial=0)) < 2**16
    spacing = item.spacing_um or (None, None)
    return {
        "image": _picture(item.read_image(dataset.folder), item.id),
        "labels": _picture(labels.astype(np.uint16) if small else labels, item.id),
        **{name: getattr(item, name) for name in (*_TEXT, *_INTEGERS)},
        **dict(zip(_NUMBERS, spacing, strict=True)),
        "split": item.split,
        "extra": json.dumps(dict(item.extra), ensure_ascii=False),
        **({MARKS: (dataset.folder / item.marks).read_text("utf-8")} if item.marks else {}),
    }


def _picture(pixels: Pixels, name: str) -> dict[str, Any]:
    if is_picture(pixels):
        return {"bytes": png_bytes(pixels), "path": f"{name}.png"}
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, compression="zlib")
    return {"bytes": buffer.getvalue(), "path": f"{name}.tif"}


def _loader(path: Path, group: int, row: int, truth: str) -> Callable[[], tuple[Pixels, Labels]]:
    import pyarrow.parquet as pq

    def load() -> tuple[Pixels, Labels]:
        with pq.ParquetFile(path) as file:
            table = file.read_row_group(group, columns=["image", truth]).slice(row, 1)
        values = table.to_pylist()[0]
        labels = _decoded(values[truth], path)
        if labels.ndim == 3:
            raise SettingsError(f"{path.name}: labels must be grey, but are in colours.")
        return _decoded(values["image"], path), labels.astype(np.int32)

    return load


def _decoded(picture: dict[str, Any], path: Path) -> Pixels:
    data = (picture or {}).get("bytes")
    if not data:
        raise SettingsError(
            f"{path.name} must hold its pictures, but one has no bytes. Embed them first."
        )
    if data[:4] in (b"II*\0", b"MM\0*"):
        return np.asarray(tifffile.imread(io.BytesIO(data)))
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise SettingsError(f"{path.name} holds a picture that cannot be read.")
    return np.ascontiguousarray(pixels[..., 2::-1]) if pixels.ndim == 3 else np.asarray(pixels)


def _draft(
    values: dict[str, Any], place: str, load: Any, path: Path, settings: IntakeSettings
) -> Draft:
    """Make a draft of a row; rows of other programs are named by their place."""
    facts: dict[str, Any] = {n: values[n] for n in _TEXT[1:] if values.get(n) is not None}
    facts |= {n: int(values[n]) for n in _INTEGERS[:4] if isinstance(values.get(n), int)}
    y, x = (values.get(name) for name in _NUMBERS)
    facts["spacing_um"] = (y, x) if y and x else settings.spacing_um
    if "split" in values:
        facts["split"] = values["split"] or None
    else:
        parts = {"train": "train", "validation": "val", "test": "test"}
        facts["split"] = parts.get(path.name.partition("-")[0])
    if isinstance(values.get("extra"), str):
        facts["extra"] = json.loads(values["extra"])
    name, text = safe_id(str(values.get("id") or place)), values.get(MARKS)
    marks = partial(parse_marks, text, name) if isinstance(text, str) and text else None
    return Draft(id=name, load=load, facts=facts, marks=marks)

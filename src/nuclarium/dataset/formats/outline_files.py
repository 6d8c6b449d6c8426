"""Images with a file of outlines each: YOLO's segmentation text, and GeoJSON as QuPath has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from nuclarium.core.errors import SettingsError
from nuclarium.core.labels import Labels
from nuclarium.core.outlines import iter_outlines
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.formats.companions import facts_of, known_facts, write_picture
from nuclarium.dataset.intake import Intake, IntakeSettings, read_plane
from nuclarium.dataset.manifest import Dataset
from nuclarium.dataset.pairs import ENDINGS, SPLIT_NAMES, listed, safe_id, stem_of
from nuclarium.dataset.pixels import Pixels, write_tiff
from nuclarium.io.interchange.geojson import read_geojson, write_geojson
from nuclarium.io.interchange.polygons import fill, one_ring, ring_of

Advance = Callable[[int], None]
Reader = Callable[[Path, tuple[int, int]], Labels]
_UNSPLIT = "all"


def write_yolo(dataset: Dataset, folder: Path, advance: Advance) -> None:
    """Write ``images/PART/``, ``labels/PART/ID.txt`` and ``data.yaml``.

    A line is class 0 and corners as shares of width and height. The format has one polygon a
    nucleus: holes and further pieces are reached by a line of no width, so by the even-odd rule
    exactly the pixels of the nucleus are enclosed; programs that fill polygons otherwise draw that
    line. Numbers of nuclei are those of their lines.
    """
    parts = sorted({item.split or _UNSPLIT for item in dataset.items})
    for kind in ("images", "labels"):
        for part in parts:
            (folder / kind / part).mkdir(parents=True)
    for item in dataset.items:
        part = item.split or _UNSPLIT
        pixels = item.read_image(dataset.folder)
        write_picture(folder / "images" / part, item.id, pixels, item.spacing)
        lines = "".join(_yolo_lines(item.read_labels(dataset.folder)))
        (folder / "labels" / part / f"{item.id}.txt").write_text(lines, encoding="utf-8")
        advance(1)
    roles = {name: name if name in parts else parts[0] for name in ("train", "val")}
    roles |= {"test": "test"} if "test" in parts else {}
    text = "path: .\n" + "".join(f"{role}: images/{part}\n" for role, part in roles.items())
    (folder / "data.yaml").write_text(text + "names:\n  0: nucleus\n", encoding="utf-8")


def read_yolo(folder: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    """Read ``images/`` and ``labels/`` with a text for each image; all classes are nuclei.

    An image without a text has no nuclei, as YOLO has it.
    """
    return _read(folder, settings, advance, "labels", ".txt", _yolo_labels, needed=False)


def write_geojson_files(dataset: Dataset, folder: Path, advance: Advance) -> None:
    """Write ``images/ID.tif`` and ``outlines/ID.geojson``."""
    for kind in ("images", "outlines"):
        (folder / kind).mkdir()
    for item in dataset.items:
        pixels = item.read_image(dataset.folder)
        write_tiff(folder / "images" / f"{item.id}.tif", pixels, item.spacing)
        outlines = iter_outlines(item.read_labels(dataset.folder))
        write_geojson(folder / "outlines" / f"{item.id}.geojson", outlines)
        advance(1)


def read_geojson_files(folder: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    """Read ``images/`` and ``outlines/`` (or ``geojson/``), or both kinds of files in one folder.

    Outlines along the edges of pixels enclose exactly their nuclei. Where two overlap, the pixel
    stays with the first.
    """
    return _read(folder, settings, advance, "outlines", ".geojson", _geojson_labels, needed=True)


def _read(
    folder: Path,
    settings: IntakeSettings,
    advance: Advance,
    kind: str,
    ending: str,
    reader: Reader,
    *,
    needed: bool,
) -> Intake:
    """Make drafts of the images of a folder, each with the file of its name."""
    images = sorted(
        p
        for p in folder.rglob("*")
        if p.name.lower().endswith(ENDINGS) and not p.name.startswith(".")
    )
    texts = {(_part(p, folder), p.name[: -len(ending)]): p for p in folder.rglob(f"*{ending}")}
    missing = [p.name for p in images if (_part(p, folder), stem_of(p.name)) not in texts]
    alone = texts.keys() - {(_part(p, folder), stem_of(p.name)) for p in images}
    if (missing and needed) or alone or not images:
        said = [
            f"{len(missing)} images have no {ending}: {listed(missing)}"
            if needed and missing
            else "",
            f"{len(alone)} {ending} have no image: {listed(sorted(n for _, n in alone))}"
            if alone
            else "",
            "" if images else f"there is no image in {folder}",
        ]
        raise SettingsError(
            f"Every image must have a file in {kind} of its name, but "
            f"{'; '.join(text for text in said if text)}. Rename them, or move them elsewhere."
        )
    sheet = known_facts(folder)
    drafts = []
    for path in images:
        part, name = _part(path, folder), safe_id(stem_of(path.name))
        defaults = {
            "source": path.relative_to(folder).as_posix(),
            "split": SPLIT_NAMES.get(part),
            "spacing_um": settings.spacing_um,
        }
        load = _loader(path, texts.get((part, stem_of(path.name))), reader)
        drafts.append(Draft(id=name, load=load, facts=facts_of(sheet, name, defaults)))
        advance(1)
    return Intake(drafts, [])


def _part(path: Path, folder: Path) -> str:
    """Name of the part in the folders of a file; empty where there is none."""
    folders = path.relative_to(folder).parts[:-1]
    return next((f.casefold() for f in folders if f.casefold() in {*SPLIT_NAMES, _UNSPLIT}), "")


def _loader(
    image: Path, outlines: Path | None, reader: Reader
) -> Callable[[], tuple[Pixels, Labels]]:
    def load() -> tuple[Pixels, Labels]:
        pixels = read_plane(image)
        shape = pixels.shape[0], pixels.shape[1]
        none = np.zeros(shape, np.int32)
        return pixels, none if outlines is None else reader(outlines, shape)

    return load


def _yolo_lines(labels: Labels) -> Iterator[str]:
    size = np.array(labels.shape, np.float64)
    for outline in iter_outlines(labels):
        shares = (one_ring(outline) / size)[:, ::-1].ravel()
        yield "0 " + " ".join(f"{share:.9g}" for share in shares) + "\n"


def _yolo_labels(path: Path, shape: tuple[int, int]) -> Labels:
    labels = np.zeros(shape, np.int32)
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate((text for text in lines if text.strip()), start=1):
        try:
            values = [float(word) for word in line.split()][1:]
        except ValueError as error:
            raise SettingsError(f"{path}, line {number}: {error}.") from error
        if len(values) < 6 or len(values) % 2:
            raise SettingsError(
                f"{path}, line {number} must be a class and at least three corners, but has "
                f"{len(values)} numbers. Boxes alone are not enough."
            )
        ring = ring_of(values) * np.array(shape)
        labels[fill([_on_corners(ring)], shape) & (labels == 0)] = number
    return labels


def _on_corners(
    ring: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Put corners that are whole numbers but for rounding on them."""
    whole = np.rint(ring)
    return np.where(np.abs(ring - whole) < 1e-3, whole, ring)


def _geojson_labels(path: Path, shape: tuple[int, int]) -> Labels:
    labels = np.zeros(shape, np.int32)
    for outline in read_geojson(path):
        rings = [ring for p in outline.polygons for ring in (p.exterior, *p.holes)]
        labels[fill(rings, shape) & (labels == 0)] = outline.label
    return labels

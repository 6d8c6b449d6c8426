"""Formats of other programs by name: what writes them, what reads them, how a folder is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from nuclarium.core.errors import InputNotFoundError, OutputError, SettingsError
from nuclarium.dataset.formats.coco import annotation_files, read_coco, write_coco
from nuclarium.dataset.formats.companions import read_card, read_classes, write_companions
from nuclarium.dataset.formats.dsb2018 import is_dsb2018, read_dsb2018, write_dsb2018
from nuclarium.dataset.formats.label_files import (
    read_bmgd,
    read_label_files,
    write_bmgd,
    write_cellpose,
    write_stardist,
)
from nuclarium.dataset.formats.nucls import is_nucls, read_nucls, write_nucls
from nuclarium.dataset.formats.outline_files import (
    read_geojson_files,
    read_yolo,
    write_geojson_files,
    write_yolo,
)
from nuclarium.dataset.formats.parquet import parquet_files, read_parquet, write_parquet
from nuclarium.dataset.intake import Intake, IntakeSettings
from nuclarium.dataset.manifest import Dataset
from nuclarium.io.write import written_whole

Advance = Callable[[int], None]
AUTO = "auto"


@dataclass(frozen=True)
class Format:
    """One layout.

    Parameters
    ----------
    what : str
        What it is, in a few words.
    write : callable
        Writes a dataset into an empty folder.
    read : callable
        Makes drafts of a folder.
    holds_marks : bool
        Whether boxes, points and classes have a place in it, and not outlines alone.
    """

    what: str
    write: Callable[[Dataset, Path, Advance], None]
    read: Callable[[Path, IntakeSettings, Advance], Intake]
    holds_marks: bool = False


def _write_sheet_only(dataset: Dataset, folder: Path, advance: Advance) -> None:
    advance(len(dataset.items))


def _read_nothing(folder: Path, settings: IntakeSettings, advance: Advance) -> Intake:
    raise SettingsError(f"{folder} holds a data sheet at most, and no images to import.")


FORMATS = {
    "bmgd": Format("a folder a condition: images, masks, labels", write_bmgd, read_bmgd),
    "dsb2018": Format("a folder an image, a mask a nucleus", write_dsb2018, read_dsb2018),
    "coco": Format("COCO, polygons", write_coco, read_coco, holds_marks=True),
    "coco-rle": Format(
        "COCO, run lengths", partial(write_coco, style="rle"), read_coco, holds_marks=True
    ),
    "yolo": Format("YOLO segmentation", write_yolo, read_yolo),
    "cellpose": Format("ID.tif and ID_masks.tif", write_cellpose, read_label_files),
    "stardist": Format("images/ and masks/ of labels", write_stardist, read_label_files),
    "geojson": Format("images/ and outlines/ for QuPath", write_geojson_files, read_geojson_files),
    "nucls": Format("rgb, csv and mask of NuCLS", write_nucls, read_nucls, holds_marks=True),
    "parquet": Format(
        "Parquet for Hugging Face datasets", write_parquet, read_parquet, holds_marks=True
    ),
    "datasheet": Format("README.md and items.csv alone", _write_sheet_only, _read_nothing),
}


def export_dataset(
    dataset: Dataset, folder: Path, kind: str, *, advance: Advance = lambda images: None
) -> None:
    """Write a dataset in a format, with the sheet of its items, its card and its data sheet.

    Parameters
    ----------
    dataset : Dataset
    folder : Path
        Must not exist yet, or be empty; it is there whole or not at all.
    kind : str
        One of `FORMATS`.
    advance : callable
        Called with the number of images that were written.

    Raises
    ------
    SettingsError, OutputError
    """
    chosen = _format(kind)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} must be new or empty, but is not. Choose another folder.")
    with written_whole(folder) as part:
        part.mkdir()
        chosen.write(dataset, part, advance)
        write_companions(dataset, part, kind)


def left_out(dataset: Dataset, kind: str) -> list[str]:
    """Return, as sentences, what of a dataset has no place in a format."""
    if _format(kind).holds_marks or not dataset.has_marks or kind == "datasheet":
        return []
    found = [item.read_marks(dataset.folder) for item in dataset.items if item.marks]
    bare = sum(int((marks.numbers == 0).sum()) for marks in found)
    classes = {label for marks in found for label in marks.marks.labels} - {""}
    parts = [f"{bare:,} boxes and points"] if bare else []
    parts += [f"the classes ({len(classes)})"] if classes else []
    holders = ", ".join(name for name, form in FORMATS.items() if form.holds_marks)
    said = " and ".join(parts)
    return [f"{kind} holds outlines alone: {said} are left out. {holders} hold all."] * bool(parts)


def import_folder(
    folder: Path,
    kind: str = AUTO,
    settings: IntakeSettings | None = None,
    *,
    advance: Advance = lambda images: None,
) -> tuple[Intake, str]:
    """Make drafts of a folder in a format, and say which format it was.

    Parameters
    ----------
    folder : Path
        Or the database of NuCLS, a file.
    kind : str
        One of `FORMATS`, or ``auto``: known by the files that are there.
    settings : IntakeSettings, optional
    advance : callable
        Called with the number of images that were found.

    Raises
    ------
    InputNotFoundError, SettingsError
    """
    if not folder.is_dir() and not is_nucls(folder):
        raise InputNotFoundError(f"A folder was expected at {folder}, but there is none.")
    own = read_card(folder).get("format")
    kind = own or detect_format(folder) if kind == AUTO else kind
    settings = settings or IntakeSettings()
    is_own = own is not None and settings.threshold is None and settings.truth == AUTO
    intake = _format(kind).read(folder, replace(settings, is_own=is_own), advance)
    if any(draft.marks for draft in intake.drafts) and not intake.classes:
        intake = replace(intake, classes=read_classes(folder) or settings.classes)
    return intake, kind


def detect_format(folder: Path) -> str:
    """Return the format that the files of a folder speak for; images with labels otherwise."""
    tests: dict[str, Callable[[], bool]] = {
        "nucls": lambda: is_nucls(folder),
        "parquet": lambda: bool(parquet_files(folder)),
        "coco": lambda: bool(annotation_files(folder)),
        "dsb2018": lambda: is_dsb2018(folder),
        "geojson": lambda: any(folder.rglob("*.geojson")),
        "yolo": lambda: (folder / "labels").is_dir() and any((folder / "labels").rglob("*.txt")),
    }
    return next((kind for kind, test in tests.items() if test()), "bmgd")


def _format(kind: str) -> Format:
    if kind not in FORMATS:
        raise SettingsError(f"format must be one of {', '.join(FORMATS)}, but got {kind}.")
    return FORMATS[kind]

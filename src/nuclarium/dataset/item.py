"""One image of a dataset with its labels, as the manifest lists it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Box, Spacing
from nuclarium.core.labels import Labels
from nuclarium.dataset.marks import ItemMarks, marks_of_labels, read_marks
from nuclarium.dataset.pixels import Pixels, read_labels_tiff, read_tiff

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One image of a dataset with its labels; strings that nobody gave are empty.

    Parameters
    ----------
    id : str
        Unique in the dataset, and the name of its files.
    image, labels : str
        Files, relative to the folder of the version; empty where only tables are known.
    image_sha256, labels_sha256 : str
        Hashes of the pixels as `pixels.array_hash` makes them, whatever the file's compression.
    marks, marks_sha256 : str
        File of boxes, outlines and classes, and its hash; empty where there are outlines alone.
    split : "train", "val", "test" or None
        None where the dataset is not split.
    fold : int or None
        Fold of a cross-validation, from 0.
    condition, group, patient, slide : str
        What the image is an example of, and what it has in common with others.
    source, source_sha256 : str
        Name and hash of the file that it was cut from.
    channel, z : str, int or None
        Where in that file; z from 0.
    y0, x0 : int
        Position of its upper left pixel in the plane of that file.
    height, width : int
        In pixels; 0 where there are no pixels and nobody said.
    spacing_um : (y, x) or None
        Size of a pixel; None where it is not known.
    n_nuclei : int
        Marks, or labels that occur where there are no marks.
    extra : dict of str to str
        Columns of the user's own.
    """

    id: str
    image: str
    labels: str
    image_sha256: str
    labels_sha256: str
    split: Split | None = None
    fold: int | None = None
    condition: str = ""
    group: str = ""
    patient: str = ""
    slide: str = ""
    source: str = ""
    source_sha256: str = ""
    channel: str = ""
    z: int | None = None
    y0: int = 0
    x0: int = 0
    height: int
    width: int
    spacing_um: tuple[float, float] | None = None
    n_nuclei: int
    extra: Mapping[str, str] = field(default_factory=dict)
    marks: str = ""
    marks_sha256: str = ""

    @property
    def has_pixels(self) -> bool:
        """Whether there is an image; a dataset of tables has none."""
        return bool(self.image)

    @property
    def spacing(self) -> Spacing | None:
        """Size of a pixel, or None where it is not known."""
        return Spacing(*self.spacing_um) if self.spacing_um else None

    @property
    def box(self) -> Box:
        """Where the image lies in the plane that it was cut from."""
        return Box(self.y0, self.x0, self.y0 + self.height, self.x0 + self.width)

    def value(self, column: str) -> str:
        """Return what the item has in a column, one of its own or of `extra`; "" if nothing."""
        found = getattr(self, column) if column in _COLUMNS else self.extra.get(column)
        return "" if found is None else str(found)

    def read_image(self, folder: Path) -> Pixels:
        """Read the pixels, shape (H, W) or (H, W, 3), in the type they were taken in.

        Parameters
        ----------
        folder : Path
            Folder of the version, `Dataset.folder`.

        Raises
        ------
        SettingsError
            If the item has no pixels.
        """
        return read_tiff(folder / self._file(self.image))

    def read_labels(self, folder: Path) -> Labels:
        """Read the labels, int32 of shape (H, W): nuclei with outlines, never boxes."""
        return read_labels_tiff(folder / self._file(self.labels))

    def read_marks(self, folder: Path) -> ItemMarks:
        """Read boxes, outlines and classes; without a file of them, the outlines of the labels."""
        if self.marks:
            return read_marks(folder / self.marks)
        return marks_of_labels(self.read_labels(folder))

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says; marks are left out where there are none.

        So the hash of a dataset without marks is that of earlier versions of this program.
        """
        row = asdict(self)
        return {k: v for k, v in row.items() if v or k not in ("marks", "marks_sha256")}

    def _file(self, name: str) -> str:
        if not name:
            raise SettingsError(
                f"This step needs pixels, but {self.id} has none: its dataset was made of tables "
                "alone. Import the images with them, as folders rgb and csv."
            )
        return name


_COLUMNS = {f.name for f in fields(Item)} - {"extra"}

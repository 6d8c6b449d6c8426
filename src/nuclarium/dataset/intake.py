"""Images and their labels in a folder, checked before anything is written, as drafts of items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.core.image import Image
from nuclarium.core.labels import Labels
from nuclarium.dataset.drafts import Draft
from nuclarium.dataset.pairs import Pair, find_pairs, listed
from nuclarium.dataset.pixels import Pixels
from nuclarium.dataset.sheet import check_rows, find_sheet, read_sheet
from nuclarium.dataset.truth import TRUTHS, Kind, TruthFacts, inspect_truth, labels_of, read_truth
from nuclarium.io import hash_file, open_image


@dataclass(frozen=True)
class IntakeSettings:
    """How a folder becomes drafts.

    Parameters
    ----------
    sheet : Path, optional
        CSV with facts of the images; one in the folder is found by its name.
    columns, where : dict of str to str
        As `read_sheet` takes them.
    truth : str
        ``auto``, ``labels`` or ``masks``; auto takes files with at most one value besides 0 as
        masks if all files of the folder are such.
    threshold : float, optional
        For masks that are grey: values from here on are nuclei.
    spacing_um : (y, x), optional
        Where files and sheet do not say.
    classes : str
        Hierarchy of the classes of nuclei as TOML, where the folder has none; empty for none.
    once : bool
        Whether fields that come twice with the same marks are taken once.
    is_own : bool
        Whether this program wrote the labels, so that they are what they are however they look.
    """

    sheet: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    truth: str = "auto"
    threshold: float | None = None
    spacing_um: tuple[float, float] | None = None
    classes: str = ""
    once: bool = False
    is_own: bool = False


@dataclass(frozen=True)
class Intake:
    """What a folder holds.

    Parameters
    ----------
    drafts : list of Draft
    notes : list of str
        Sentences for the user.
    classes : str
        Hierarchy of the classes of marks as TOML; empty for none.
    """

    drafts: list[Draft]
    notes: list[str]
    classes: str = ""


@dataclass(frozen=True)
class _Seen:
    """What the check saw of one pair."""

    pair: Pair
    shape: tuple[int, int]
    dtype: str
    bit_depth: int
    is_rgb: bool
    is_jpeg: bool
    spacing_um: tuple[float, float] | None
    truth: TruthFacts


def take_folder(
    folder: Path,
    settings: IntakeSettings,
    *,
    advance: Callable[[int], None] = lambda images: None,
) -> Intake:
    """Find and check the pairs of a folder; pixels are read again when the dataset is built.

    Raises
    ------
    NuclariumError
        If a pair does not match, a mask is none, or the sheet is wrong: naming all of a kind.
    """
    if settings.truth not in TRUTHS:
        raise SettingsError(f"truth must be one of {', '.join(TRUTHS)}, but got {settings.truth}.")
    pairs, notes = find_pairs(folder)
    pairs, facts, said = _with_sheet(folder, pairs, settings)
    seen = [_look(pair, advance) for pair in pairs]
    _check_sizes(seen)
    is_mask, how = _decide(seen, settings)
    drafts = [_draft(s, f, settings, is_mask=is_mask) for s, f in zip(seen, facts, strict=True)]
    return Intake(drafts, [*notes, *said, *how, *_remarks(seen, drafts)])


def read_plane(path: Path) -> Pixels:
    """Read the one plane of an image file, shape (H, W) or (H, W, 3).

    Raises
    ------
    SettingsError
        If it holds several planes or channels.
    """
    with open_image(path) as image:
        _check_plane(image)
        return image.read()


def _check_plane(image: Image) -> None:
    if image.shape[:3] != (1, 1, 1):
        t, c, z = image.shape[:3]
        raise SettingsError(
            f"{image.name} must be one plane of one channel, but it holds {t} time points, "
            f"{c} channels and {z} slices. Take planes of it first: nuclarium slices"
        )


def _with_sheet(
    folder: Path, pairs: list[Pair], settings: IntakeSettings
) -> tuple[list[Pair], list[Mapping[str, Any]], list[str]]:
    """Join the facts of the sheet to the pairs; with `where`, the others are left out."""
    path = settings.sheet or find_sheet(folder)
    if path is None:
        if settings.columns or settings.where:
            raise SettingsError(
                f"--column and --where need a sheet, but there is none in {folder}. "
                "Give one with --sheet."
            )
        return pairs, [{} for _ in pairs], []
    sheet = read_sheet(path, columns=settings.columns, where=settings.where)
    if settings.where:
        pairs = [pair for pair in pairs if sheet.facts(pair.name, pair.id) is not None]
    check_rows(sheet, [(pair.name, pair.id) for pair in pairs])
    notes = [f"Facts of the images are from {path.name}."]
    if len(sheet.rows) > len(pairs):
        notes.append(f"{len(sheet.rows) - len(pairs)} rows of {path.name} have no image.")
    return pairs, [sheet.facts(pair.name, pair.id) or {} for pair in pairs], notes


def _look(pair: Pair, advance: Callable[[int], None]) -> _Seen:
    """Read the header of the image and all of its truth."""
    with open_image(pair.image) as image:
        _check_plane(image)
        spacing = (image.spacing.y, image.spacing.x) if image.spacing else None
        shape, is_rgb, jpeg = image.plane_shape, image.is_rgb, image.format == "JPEG"
        dtype, bits = image.dtype.name, image.bit_depth
    try:
        truth = inspect_truth(read_truth(pair.truth))
    except NuclariumError:
        raise
    except ValueError as error:
        raise SettingsError(f"{pair.truth.name} cannot be read as labels: {error}.") from error
    advance(1)
    return _Seen(pair, shape, dtype, bits, is_rgb, jpeg, spacing, truth)


def _check_sizes(seen: Sequence[_Seen]) -> None:
    other = [
        f"{s.pair.truth.name} ({s.truth.shape[1]} × {s.truth.shape[0]} px, the image "
        f"{s.shape[1]} × {s.shape[0]})"
        for s in seen
        if s.truth.shape != s.shape
    ]
    if other:
        raise SettingsError(
            f"Labels must have the size of their image, but {len(other)} of {len(seen)} have "
            f"another: {listed(other)}. Were they cropped, turned or resized?"
        )


def _decide(seen: Sequence[_Seen], settings: IntakeSettings) -> tuple[bool, list[str]]:
    """Decide whether the truth is masks, and refuse what is neither masks nor labels."""
    if settings.is_own:
        return False, []
    grey = [s for s in seen if s.truth.kind == "grey"]
    if grey and settings.threshold is None:
        few = [f"{s.pair.truth.name} has {s.truth.values:,} values besides 0" for s in grey]
        raise SettingsError(
            "Masks must have two values, and labels one number for each nucleus, but "
            f"{len(grey)} of {len(seen)} files are grey pictures, as JPEG or resizing makes them: "
            f"{listed(few, 3)}. Save them again without smoothing, or say from which value on a "
            "pixel is nucleus: --threshold 128"
        )
    if settings.threshold is not None:
        return True, [f"Pixels of masks from {settings.threshold:g} on are taken as nuclei."]
    kinds: set[Kind] = {s.truth.kind for s in seen}
    is_mask = settings.truth == "masks" or (settings.truth == "auto" and "labels" not in kinds)
    if is_mask and kinds != {"empty"}:
        return True, [
            "The files of truth are masks: each connected part, with its corners, becomes a "
            "nucleus, so nuclei that touch are one."
        ]
    return is_mask, []


def _draft(
    seen: _Seen, facts: Mapping[str, Any], settings: IntakeSettings, *, is_mask: bool
) -> Draft:
    pair = seen.pair
    found: dict[str, Any] = {
        "condition": pair.condition,
        "group": pair.group,
        "split": pair.split,
        "source": pair.name,
        "spacing_um": settings.spacing_um if seen.spacing_um is None else seen.spacing_um,
    }
    if "source" not in facts:
        found["source_sha256"] = hash_file(pair.image)

    def load() -> tuple[Pixels, Labels]:
        truth = read_truth(pair.truth)
        try:
            labels = labels_of(truth, is_mask=is_mask, threshold=settings.threshold)
        except ValueError as error:
            raise SettingsError(f"{pair.truth.name}: {error}") from error
        return read_plane(pair.image), labels

    return Draft(id=pair.id, load=load, facts={**found, **facts})


def _remarks(seen: Sequence[_Seen], drafts: Sequence[Draft]) -> list[str]:
    """Say what is odd, but no reason to stop."""
    notes: list[str] = []
    types = Counter(f"{'RGB' if s.is_rgb else 'grey'} of {s.bit_depth} bits" for s in seen)
    if len(types) > 1:
        mixed = ", ".join(f"{count} {name}" for name, count in types.most_common())
        notes.append(f"The images are of mixed kinds: {mixed}. Each is kept as it is.")
    missing = sum(draft.facts["spacing_um"] is None for draft in drafts)
    if missing:
        notes.append(
            f"{missing} of {len(drafts)} images have no spacing, so their sizes are in pixels; "
            "give it in the sheet (spacing_um) or with --spacing-um."
        )
    jpeg = sum(s.is_jpeg for s in seen)
    if jpeg:
        notes.append(f"{jpeg} images are JPEG, which has altered their intensities.")
    empty = sum(s.truth.kind == "empty" for s in seen)
    if empty:
        notes.append(f"{empty} images have no nucleus in their labels.")
    return notes

"""Which prediction file belongs to which truth file, by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from nuclarium.core.errors import SettingsError

_EXTENSIONS = re.compile(
    r"(\.ome)?\.(tiff?|tf[28]|btf|zarr|png|bmp|npy|npz|geojson|json|zip|roi|jpe?g)(\.gz)?$", re.I
)
_ROLES = re.compile(
    r"[._ -](labels?|masks?|segmentation|instances?|truth|ground_?truth|gt|prediction|pred|nuclei"
    r"|cp_masks)$",
    re.I,
)


def image_stem(path: Path) -> str:
    """Return the name of the image that a result or truth file belongs to.

    Examples
    --------
    >>> image_stem(Path("results/plate1_B02.labels.ome.tif"))
    'plate1_B02'
    >>> image_stem(Path("truth/plate1_B02_mask.png"))
    'plate1_B02'
    """
    stem = path.name
    for pattern in (_EXTENSIONS, _ROLES):
        while (shorter := pattern.sub("", stem)) not in (stem, ""):
            stem = shorter
    return stem


def pair_by_name(
    predictions: Iterable[Path], truths: Iterable[Path]
) -> list[tuple[str, Path, Path]]:
    """Pair prediction files with truth files of the same image.

    Names are compared without extensions (``.tif``, ``.ome.zarr`` …) and without endings that say
    what the file is (``.labels``, ``_mask``, ``_truth`` …).

    Parameters
    ----------
    predictions, truths : iterable of Path
        Files or folders such as ``.ome.zarr``.

    Returns
    -------
    pairs : list of (name, prediction, truth)
        Ascending by name; as many as there are truth files.

    Raises
    ------
    SettingsError
        If a file has no partner, if two of a side have one name, or if there is no file at all.
    """
    by_name = _by_name(predictions, "prediction"), _by_name(truths, "truth")
    predicted, true = by_name
    if not predicted or not true:
        raise SettingsError(
            f"There must be predictions and truth files, but got {len(predicted)} predictions and "
            f"{len(true)} truth files. Check the two folders."
        )
    if predicted.keys() != true.keys():
        raise SettingsError(
            "Every prediction must have a truth file of the same name, but "
            + _without_partner(predicted, true)
            + "Rename the files, or move those without a partner elsewhere."
        )
    return [(name, predicted[name], true[name]) for name in sorted(true)]


def _by_name(paths: Iterable[Path], side: str) -> dict[str, Path]:
    paths = sorted(paths)
    number = Counter(image_stem(path) for path in paths)
    double = [path.name for path in paths if number[image_stem(path)] > 1]
    if double:
        raise SettingsError(
            f"Each image must have one {side} file, but these belong to the same: "
            f"{_listed(double)}. Keep one of them."
        )
    return {image_stem(path): path for path in paths}


def _without_partner(predicted: dict[str, Path], true: dict[str, Path]) -> str:
    sides = (
        ("predictions without truth", predicted, true),
        ("truth files without prediction", true, predicted),
    )
    text = ""
    for title, here, there in sides:
        alone = [path.name for name, path in here.items() if name not in there]
        if alone:
            text += f"there are {title}: {_listed(alone)}. "
    return text


def _listed(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"

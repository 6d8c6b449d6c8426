"""Settings to adapt a model to a folder of a few annotated images."""

from __future__ import annotations

import json
from pathlib import Path

from nuclarium.core.errors import InputNotFoundError

STEPS = 200

SETTINGS = {
    "validation_fraction": 0.0,
    "batch_size": 8,
    "steps": STEPS,
    "steps_per_epoch": 50,
    "learning_rate": 5e-4,
    "scale_range": [0.7, 1.4],
}
"""Minutes on a laptop. No image is held out: there are few."""

EVEN_IMAGES = 5
"""With so many, the weights before and those that are learned count alike in what is kept."""

ENOUGH_IMAGES = 5
"""With fewer, some adapted models were worse than the shipped one (docs/models.md)."""


def write_settings(dataset: Path, start_from: str, run: Path) -> Path:
    """Write the settings of a run that adapts a model, and return their path.

    Parameters
    ----------
    dataset : Path
        Folder with ``images`` and ``labels``, label images named as the images.
    start_from : str
        Shipped model or model file.
    run : Path
        Folder of the run; settings that are already in it are kept.

    Raises
    ------
    InputNotFoundError
        If the folder has no such parts.
    """
    for part in ("images", "labels"):
        if not (dataset / part).is_dir():
            raise InputNotFoundError(
                f"{dataset} must hold the folders images and labels, but there is no {part}. Put "
                "label images there, named as their images, or write a settings file; see "
                "docs/training.md."
            )
    path = run / "config.toml"
    if not path.exists():
        run.mkdir(parents=True, exist_ok=True)
        model_file = Path(start_from)
        values = {
            "name": dataset.resolve().name,
            "images": str((dataset / "images").resolve()),
            "labels": str((dataset / "labels").resolve()),
            "start_from": str(model_file.resolve()) if model_file.is_file() else start_from,
            **SETTINGS,
            "ema_decay": mean_decay(_count(dataset), STEPS),
        }
        # Strings, numbers and lists of numbers are written alike in JSON and TOML.
        lines = [
            f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def mean_decay(images: int, steps: int) -> float:
    """Weight of the past in the running mean of the weights, for so many images and steps.

    Weights between those before and after an adaptation do better on other images than either
    [1]_, and the fewer images there are, the nearer to those before: of the mean, they are left
    ``EVEN_IMAGES / (images + EVEN_IMAGES)``.

    References
    ----------
    .. [1] M. Wortsman et al., Robust fine-tuning of zero-shot models, CVPR 2022

    Examples
    --------
    >>> [round(mean_decay(images, 200) ** 200, 2) for images in (1, 5, 20)]
    [0.83, 0.5, 0.2]
    """
    kept = EVEN_IMAGES / (images + EVEN_IMAGES)
    return float(kept ** (1 / steps))


def _count(dataset: Path) -> int:
    return sum(1 for path in (dataset / "images").iterdir() if not path.name.startswith("."))


def caution(dataset: Path) -> str:
    """Return what to be warned of before a model is adapted to a folder; empty if nothing."""
    count = _count(dataset)
    if count >= ENOUGH_IMAGES:
        return ""
    return (
        f"{count} annotated {'image is' if count == 1 else 'images are'} few: with less than "
        f"{ENOUGH_IMAGES} the model can become worse than it was. Compare the two on other images "
        "before you use it: nuclarium evaluate --against"
    )

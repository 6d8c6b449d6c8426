"""Settings to adapt a model to a folder of a few annotated images."""

from __future__ import annotations

import json
from pathlib import Path

from nuclarium.core.errors import InputNotFoundError

SETTINGS = {
    "validation_fraction": 0.0,
    "batch_size": 8,
    "steps": 200,
    "steps_per_epoch": 50,
    "learning_rate": 5e-4,
    "scale_range": [0.7, 1.4],
    "ema_decay": 0.97,
}
"""Minutes on a laptop. No image is held out: there are few."""

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
        }
        # Strings, numbers and lists of numbers are written alike in JSON and TOML.
        lines = [
            f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()
        ]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def caution(dataset: Path) -> str:
    """Return what to be warned of before a model is adapted to a folder; empty if nothing."""
    count = sum(1 for path in (dataset / "images").iterdir() if not path.name.startswith("."))
    if count >= ENOUGH_IMAGES:
        return ""
    return (
        f"{count} annotated {'image is' if count == 1 else 'images are'} few: with less than "
        f"{ENOUGH_IMAGES} the model can become worse than it was. Compare the two on other images "
        "before you use it: nuclarium evaluate --against"
    )

"""What a run was: versions, settings, hashes and times, so that it can be made again."""

from __future__ import annotations

import importlib.metadata
import platform
import time
from typing import Any

import nuclarium
from nuclarium.predict.model import Model

_PACKAGES = ("numpy", "scipy", "scikit-image", "tifffile", "imagecodecs", "zarr", "onnxruntime")


def environment(*engines: str) -> dict[str, Any]:
    """Versions of everything that can change a result, and the engines that did the work."""
    packages = dict.fromkeys([*_PACKAGES, *(engine.partition("-")[0] for engine in engines)])
    return {
        "nuclarium": nuclarium.__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "engine": ", ".join(engines),
        "packages": {name: importlib.metadata.version(name) for name in packages},
    }


def model_record(model: Model) -> dict[str, Any]:
    """Name, hash and card of a model."""
    return {"name": model.name, "sha256": model.hash, "card": model.card}


def utc_now() -> str:
    """Return the time as ISO 8601, in UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

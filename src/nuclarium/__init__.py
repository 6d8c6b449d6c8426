"""nuclarium: from raw microscopy files to published answers about cell nuclei."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nuclarium.core.errors import NuclariumError
    from nuclarium.core.geometry import Spacing
    from nuclarium.core.image import Image
    from nuclarium.evaluate.scores import score
    from nuclarium.io.readers import open_image
    from nuclarium.io.write import write_labels
    from nuclarium.measurement.table import measure
    from nuclarium.predict.model import load_model
    from nuclarium.predict.segment import segment
    from nuclarium.workspace.sample import sample_image

__version__ = "0.1.0"

# Each name is imported when it is first used, so that the command line starts at once.
_HOMES = {
    "Image": "nuclarium.core.image",
    "NuclariumError": "nuclarium.core.errors",
    "Spacing": "nuclarium.core.geometry",
    "load_model": "nuclarium.predict.model",
    "measure": "nuclarium.measurement.table",
    "open_image": "nuclarium.io.readers",
    "sample_image": "nuclarium.workspace.sample",
    "score": "nuclarium.evaluate.scores",
    "segment": "nuclarium.predict.segment",
    "write_labels": "nuclarium.io.write",
}

__all__ = [
    "Image",
    "NuclariumError",
    "Spacing",
    "load_model",
    "measure",
    "open_image",
    "sample_image",
    "score",
    "segment",
    "write_labels",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nuclarium' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

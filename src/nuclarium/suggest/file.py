"""The one file of a trained classifier: JSON that holds everything, checked by its own hash."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import InputNotFoundError, ModelError
from nuclarium.io.write import written_whole
from nuclarium.suggest.classifier import PixelClassifier
from nuclarium.suggest.features import StepRange
from nuclarium.suggest.forest import Forest
from nuclarium.suggest.settings import FeatureSettings

FORMAT = "nuclarium pixel classifier"
SCHEMA = 1


def write_classifier(path: Path, classifier: PixelClassifier) -> None:
    """Write a classifier; the same classifier gives the same bytes."""
    content = _content(classifier)
    content["sha256"] = _digest(content)
    with written_whole(path) as part:
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        part.write_text(text + "\n", encoding="utf-8", newline="\n")


def read_classifier(path: Path) -> PixelClassifier:
    """Read a classifier.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    ModelError
        If it is not a classifier, is damaged, or is of a later version.
    """
    if not path.is_file():
        raise InputNotFoundError(
            f"A classifier was expected at {path}, but there is no file. Train one with: "
            "nuclarium pixels train IMAGES --strokes FILES --out FILE"
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        is_ours = isinstance(content, dict) and content.get("format") == FORMAT
    except (OSError, ValueError):
        is_ours = False
    if not is_ours:
        raise ModelError(
            f"{path.name} must be a classifier that `nuclarium pixels train` wrote, but it is "
            "another kind of file. Classifiers of Labkit, ilastik and others cannot be read; train "
            "one from the same strokes."
        )
    if content.get("schema") != SCHEMA:
        raise ModelError(
            f"{path.name} must be of schema {SCHEMA}, but is of {content.get('schema')}. Update "
            "nuclarium, or train the classifier anew."
        )
    try:
        if content.pop("sha256") != _digest(content):
            raise ValueError("its contents do not have the hash that it states")
        return _classifier(content)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path.name} must be a whole classifier, but it is damaged: {error}. Copy the file "
            "again, or train it anew."
        ) from error


def classifier_digest(classifier: PixelClassifier) -> str:
    """SHA-256 of everything in a classifier, as its file states it."""
    return _digest(_content(classifier))


def _content(classifier: PixelClassifier) -> dict[str, Any]:
    features = classifier.features
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "classes": list(classifier.class_names),
        "features": {
            "scales_px": list(features.scales_px),
            "families": list(features.families),
            "dims": features.dims,
            "channels": features.channels,
            "ranges": [[r.low, r.high] for r in classifier.ranges],
        },
        "facts": dict(classifier.facts),
        "forest": {
            "feature": _packed(classifier.forest.feature),
            "threshold": _packed(classifier.forest.threshold),
            "leaf": _packed(classifier.forest.leaf),
        },
    }


def _classifier(content: dict[str, Any]) -> PixelClassifier:
    said = content["features"]
    features = FeatureSettings(
        tuple(said["scales_px"]), tuple(said["families"]), said["dims"], said["channels"]
    )
    ranges = tuple(StepRange(low, high) for low, high in said["ranges"])
    parts = content["forest"]
    forest = Forest(*(_unpacked(parts[name]) for name in ("feature", "threshold", "leaf")))
    if not (
        forest.feature.shape == forest.threshold.shape
        and forest.leaf.shape[:2] == (len(forest.feature), 1 << forest.feature.shape[1])
        and 0 <= forest.feature.min() <= forest.feature.max() < len(features.names)
        and len(ranges) == features.channels
    ):
        raise ValueError("its trees do not fit its features")
    return PixelClassifier(features, ranges, forest, tuple(content["classes"]), content["facts"])


def _packed(array: npt.NDArray[Any]) -> dict[str, Any]:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode()
    return {"type": little.dtype.str, "shape": list(array.shape), "base64": data}


def _unpacked(said: dict[str, Any]) -> npt.NDArray[Any]:
    flat = np.frombuffer(base64.b64decode(said["base64"]), np.dtype(said["type"]))
    return flat.reshape(said["shape"]).astype(flat.dtype.newbyteorder("="))


def _digest(content: dict[str, Any]) -> str:
    plain = {key: value for key, value in content.items() if key != "sha256"}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()

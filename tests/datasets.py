"""Small datasets for tests."""

import numpy as np

from nuclarium.dataset.build import Draft, build_version
from nuclarium.dataset.manifest import Item


def draft(name, pixels=None, labels=None, **facts):
    """A draft of arrays; an 8 × 8 image with two nuclei where none are given."""
    if labels is None:
        labels = np.zeros((8, 8), np.int32)
        labels[1:4, 1:4], labels[5:7, 2:7] = 1, 2
    if pixels is None:
        pixels = (labels > 0).astype(np.uint16) * 1000 + np.arange(labels.size).reshape(
            labels.shape
        ).astype(np.uint16)
    return Draft(id=name, load=lambda: (pixels, np.asarray(labels, np.int32)), facts=facts)


def dataset(folder, drafts, name="made", **meta):
    """The dataset of some drafts."""
    return build_version(folder, name, drafts, meta).dataset


def item(name="a", **facts):
    """An item without files."""
    given = {"image": "", "labels": "", "image_sha256": name, "labels_sha256": name}
    return Item(**{**given, "height": 8, "width": 8, "n_nuclei": 2, **facts, "id": name})

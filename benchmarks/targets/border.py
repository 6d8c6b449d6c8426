"""Inside, border and background; nuclei grow from their insides by watershed."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch
from family import MIN_SCORE, Family, Maps, Settings, finished, settings_grid
from scipy.special import softmax
from skimage.segmentation import watershed
from torch.nn import functional

from nuclarium.core.labels import Labels
from nuclarium.models.losses import soft_dice_loss

BACKGROUND, INSIDE, BORDER = range(3)
THIN_BELOW_PX = 6.0
_RINGS = [cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)) for side in (3, 5)]


def targets(labels: Labels, largest: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Class of each pixel, shape (1, H, W).

    The border is the outer ring of a nucleus, also where two touch: 2 px wide, so 4 px between
    two nuclei; 1 px in nuclei that would else have no inside to start from. It is a part of the
    nucleus, so that inside and border together have the true outline.
    """
    thin, thick = (_ring(labels, element) for element in _RINGS)
    border = np.where((largest < THIN_BELOW_PX)[labels], thin, thick)
    classes = np.where(border, BORDER, INSIDE)
    return np.where(labels > 0, classes, BACKGROUND)[None].astype(np.float32)


def _ring(labels: Labels, element: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Pixels that have another label within the element."""
    values = labels.astype(np.float32)
    return (cv2.erode(values, element) != values) | (cv2.dilate(values, element) != values)


def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy, and Dice on inside and border, of which there is little."""
    classes = targets[:, 0].long()
    probability = logits.softmax(dim=1)
    dice = [soft_dice_loss(probability[:, c], (classes == c).float()) for c in (INSIDE, BORDER)]
    return functional.cross_entropy(logits, classes) + 0.5 * sum(dice)


def maps(logits: npt.NDArray[np.float32], shape: tuple[int, int]) -> Maps:
    """Probabilities of inside and border."""
    probability = softmax(logits[:, : shape[0], : shape[1]], axis=0)
    return np.ascontiguousarray(probability[[INSIDE, BORDER]])


def perfect(labels: Labels, largest: npt.NDArray[np.float32]) -> Maps:
    classes = targets(labels, largest)[0]
    return np.stack([classes == INSIDE, classes == BORDER]).astype(np.float32)


def decode(maps: Maps, shape: tuple[int, int], settings: Settings) -> Labels:
    """Watershed from the connected insides; foreground that holds none is a nucleus, too."""
    inside, border = maps
    foreground = inside + border
    mask = foreground >= settings["foreground_threshold"]
    markers = _markers(inside >= settings["inside_threshold"], settings["min_marker_px"])
    labels = watershed(border - inside, markers, mask=mask)
    left = cv2.connectedComponents(
        (mask & (labels == 0)).astype(np.uint8), connectivity=4, ltype=cv2.CV_32S
    )[1]
    labels = np.where(left > 0, left + labels.max(initial=0), labels).astype(np.int32)
    return finished(
        labels,
        foreground,
        min_area_px=settings["min_area_px"],
        min_score=settings["min_score"],
    )


def _markers(mask: npt.NDArray[np.bool_], min_area_px: float) -> Labels:
    _, markers, stats, _ = cv2.connectedComponentsWithStats(
        mask.astype(np.uint8), connectivity=4, ltype=cv2.CV_32S
    )
    keep = stats[:, cv2.CC_STAT_AREA] >= min_area_px
    keep[0] = False
    return np.where(keep[markers], markers, 0)


FAMILY = Family(
    name="border",
    title="inside, border, background",
    channels=3,
    targets=targets,
    loss=loss,
    maps=maps,
    perfect=perfect,
    decode=decode,
    grid=settings_grid(
        inside_threshold=(0.4, 0.5, 0.65, 0.8),
        foreground_threshold=(0.4, 0.5, 0.6),
        min_score=(MIN_SCORE,),
        min_marker_px=(3,),
    ),
    ideal={
        "inside_threshold": 0.5,
        "foreground_threshold": 0.5,
        "min_score": 0,
        "min_marker_px": 1,
        "min_area_px": 1,
    },
)

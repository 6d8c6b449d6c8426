"""Foreground and a flow to the middle of each nucleus, which pixels follow to their sink.

References
----------
.. [1] C. Stringer et al., 2021, doi:10.1038/s41592-020-01018-x
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch
from family import MIN_SCORE, Family, Maps, Settings, finished, settings_grid
from scipy.special import expit
from torch.nn import functional

from nuclarium.core.labels import Labels
from nuclarium.models.losses import soft_dice_loss

_SCALE = 5.0
_STEPS = 200
_ROW = 1024
_SQUARE = np.ones((3, 3), np.uint8)
_COARSEST_PX, _COARSE_STEPS, _FINE_STEPS = 16, 40, 24


def targets(labels: Labels, largest: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Foreground and flow ``(y, x)`` of length 1 within nuclei, shape (3, H, W)."""
    return np.concatenate([(labels > 0).astype(np.float32)[None], flows(labels)])


def flows(labels: Labels) -> npt.NDArray[np.float32]:
    """Direction in which heat from the middle of each nucleus rises, shape (2, H, W)."""
    heat = np.log1p(_heat(labels))
    flow = np.zeros((2, *labels.shape), np.float32)
    same = (labels[1:] == labels[:-1]) & (labels[1:] > 0)
    flow[0, :-1] += heat[1:] * same
    flow[0, 1:] -= heat[:-1] * same
    same = (labels[:, 1:] == labels[:, :-1]) & (labels[:, 1:] > 0)
    flow[1, :, :-1] += heat[:, 1:] * same
    flow[1, :, 1:] -= heat[:, :-1] * same
    flow /= np.sqrt((flow**2).sum(axis=0)) + np.float32(1e-20)
    return flow


def _heat(labels: Labels) -> npt.NDArray[np.float32]:
    inside = _inside(labels)
    centres, extent = _centres(inside)
    return _diffused(labels, inside, centres, extent)


def _inside(labels: Labels) -> npt.NDArray[np.uint8]:
    """Pixels of nuclei without those that touch a nucleus of a higher number: heat ends there."""
    values = labels.astype(np.float32)
    return ((labels > 0) & (cv2.dilate(values, _SQUARE) == values)).astype(np.uint8)


def _centres(inside: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int64], int]:
    """Pixel of each connected part that is nearest to its centroid, and the longest part."""
    count, parts, stats, centroids = cv2.connectedComponentsWithStats(inside, connectivity=8)
    if count == 1:
        return np.zeros((0, 2), np.int64), 0
    middle = centroids[1:, ::-1]
    centres = np.rint(middle).astype(np.int64)
    for i in np.flatnonzero(parts[tuple(centres.T)] != np.arange(1, count)):
        x0, y0, width, height = stats[i + 1, : cv2.CC_STAT_AREA]
        own = np.argwhere(parts[y0 : y0 + height, x0 : x0 + width] == i + 1) + np.array([y0, x0])
        centres[i] = own[((own - middle[i]) ** 2).sum(axis=1).argmin()]
    return centres, int(stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max())


def _diffused(
    labels: Labels, inside: npt.NDArray[np.uint8], centres: npt.NDArray[np.int64], extent: int
) -> npt.NDArray[np.float32]:
    """Heat that enters at the centres and leaves at the outlines.

    It starts from the heat at half the resolution, which is nearly that of the full one, so that
    a few steps do where a large nucleus would take thousands.
    """
    height, width = labels.shape
    heat = np.zeros(labels.shape, np.float32)
    steps = _COARSE_STEPS
    if extent > _COARSEST_PX:
        half = np.ascontiguousarray(labels[::2, ::2])
        coarse = _diffused(half, _inside(half), centres // 2, extent // 2)
        halving = np.array([[0.5, 0, 0], [0, 0.5, 0]])
        heat = cv2.warpAffine(
            coarse, halving, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        steps = _FINE_STEPS
    mask = inside.astype(np.float32)
    spread = np.empty_like(heat)
    place = centres[:, 0] * width + centres[:, 1]
    for _ in range(steps):
        heat.ravel()[place] += 1.0
        cv2.blur(heat, (3, 3), dst=spread, borderType=cv2.BORDER_CONSTANT)
        np.multiply(spread, mask, out=heat)
    return heat


def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy and Dice on the foreground, squared error on the flow, weighed as in [1]_."""
    foreground = targets[:, 0]
    cross_entropy = functional.binary_cross_entropy_with_logits(logits[:, 0], foreground)
    dice = soft_dice_loss(logits[:, 0].sigmoid(), foreground)
    flow = functional.mse_loss(logits[:, 1:], _SCALE * targets[:, 1:])
    return cross_entropy + 0.5 * dice + 0.5 * flow


def maps(logits: npt.NDArray[np.float32], shape: tuple[int, int]) -> Maps:
    """Foreground probability and flow."""
    own = logits[:, : shape[0], : shape[1]]
    return np.concatenate([expit(own[:1]), own[1:] / np.float32(_SCALE)])


def decode(maps: Maps, shape: tuple[int, int], settings: Settings) -> Labels:
    """Give pixels one label that end up in one place."""
    mask = maps[0] >= settings["foreground_threshold"]
    flow = maps[1:] * mask
    ends = _followed(flow, mask)
    labels = np.zeros(shape, np.int32)
    labels[mask] = _sinks(ends, shape)[tuple(ends)]
    labels = finished(
        labels, maps[0], min_area_px=settings["min_area_px"], min_score=settings["min_score"]
    )
    return _agreeing(labels, maps[1:], settings["flow_error"])


def _followed(
    flow: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pixel in which each pixel of the mask is after all steps."""
    start = np.argwhere(mask).astype(np.float32)
    padded = np.zeros((-(-len(start) // _ROW) * _ROW, 2), np.float32)
    padded[: len(start)] = start
    y, x = (np.ascontiguousarray(padded[:, axis]).reshape(-1, _ROW) for axis in (0, 1))
    field = np.ascontiguousarray(flow.transpose(1, 2, 0))
    top_y, top_x = (side - 1 for side in mask.shape)
    for _ in range(_STEPS if len(start) else 0):
        way = cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        np.clip(y + way[..., 0], 0, top_y, out=y)
        np.clip(x + way[..., 1], 0, top_x, out=x)
    y, x = (np.rint(axis.ravel()[: len(start)]).astype(np.int64) for axis in (y, x))
    return y, x


def _sinks(
    ends: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], shape: tuple[int, int]
) -> Labels:
    """Label of the places where pixels end: peaks of their number, and what is around each."""
    number = np.bincount(ends[0] * shape[1] + ends[1], minlength=shape[0] * shape[1])
    number = number.reshape(shape).astype(np.float32)
    peak = (cv2.dilate(number, np.ones((5, 5), np.uint8)) == number) & (number >= 6)
    sinks = cv2.connectedComponents(peak.astype(np.uint8), connectivity=8)[1].astype(np.float32)
    for _ in range(5):
        grown = cv2.dilate(sinks, _SQUARE)
        sinks = np.where((sinks == 0) & (number > 0), grown, sinks)
    return sinks.astype(np.int32)


def _agreeing(labels: Labels, flow: npt.NDArray[np.float32], most: float) -> Labels:
    """Drop nuclei whose own flow differs from the predicted one by more in the mean square."""
    error = ((flows(labels) - flow) ** 2).sum(axis=0)
    area = np.maximum(np.bincount(labels.ravel()), 1)
    keep = np.bincount(labels.ravel(), error.ravel()) / area <= most
    keep[0] = False
    return (np.cumsum(keep) * keep).astype(np.int32)[labels]


FAMILY = Family(
    name="flow",
    title="foreground + flows",
    channels=3,
    targets=targets,
    loss=loss,
    maps=maps,
    perfect=targets,
    decode=decode,
    grid=settings_grid(
        foreground_threshold=(0.4, 0.5, 0.6),
        flow_error=(0.2, 0.4, 0.8, 4.0),
        min_score=(MIN_SCORE,),
    ),
    ideal={"foreground_threshold": 0.5, "min_score": 0, "flow_error": 9.0, "min_area_px": 1},
)

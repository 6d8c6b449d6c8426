"""A height map for networks that predict masks alone, so that their model files decode as others.

A mask says nothing of where one nucleus ends and the next begins, but its shape does: nuclei are
round, and where two touch the mask is narrow. The height of a pixel is its distance to the outside
of the mask, up to a reach, computed from probabilities by erosions. It is part of the exported
network: so labels of tiles are those of the whole, and nothing else has to know of masks.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

REACH_PX = 24
"""Distance at which the height ends: nuclei up to twice as wide are separated best."""

_LEAST = 0.02


class MaskWithHeight(nn.Module):
    """A network of one map, and the height that its mask gives as a second.

    Parameters
    ----------
    network : torch.nn.Module
        From (N, C, H, W) to foreground logits (N, 1, H, W).
    reach_px : int
        Distance to the outside from which the height grows no further.
    """

    def __init__(self, network: nn.Module, reach_px: int = REACH_PX) -> None:
        super().__init__()
        self.network = network
        self.reach_px = reach_px

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return logits of foreground and height, shape (N, 2, H, W)."""
        foreground = self.network(pixels)
        height = soft_distance(foreground.sigmoid(), self.reach_px).clamp(_LEAST, 1 - _LEAST)
        return torch.cat([foreground, height.log() - (1 - height).log()], dim=1)


def soft_distance(probability: torch.Tensor, reach_px: int) -> torch.Tensor:
    """Distance to the outside of a mask that is given by probabilities, over a reach.

    Each erosion, by a square and a cross in turn, takes a layer of a pixel away from a mask of 0
    and 1; the mean of the layers that are left is the distance, on octagons, over the reach.
    Probabilities between 0 and 1 give a height between, without a threshold that could jump.

    Parameters
    ----------
    probability : tensor of float32, shape (N, 1, H, W)
    reach_px : int

    Returns
    -------
    height : tensor of float32, shape (N, 1, H, W)
        In [0, 1]; what lies outside the image takes nothing away.
    """
    # Erosion is dilation turned round; pooling pads with what never wins.
    turned = -probability
    total = turned
    for layer in range(1, reach_px):
        turned = _dilated_square(turned) if layer % 2 else _dilated_cross(turned)
        total = total + turned
    return -total / reach_px


def _dilated_square(x: torch.Tensor) -> torch.Tensor:
    return functional.max_pool2d(x, 3, stride=1, padding=1)


def _dilated_cross(x: torch.Tensor) -> torch.Tensor:
    rows = functional.max_pool2d(x, (1, 3), stride=1, padding=(0, 1))
    columns = functional.max_pool2d(x, (3, 1), stride=1, padding=(1, 0))
    return torch.maximum(rows, columns)

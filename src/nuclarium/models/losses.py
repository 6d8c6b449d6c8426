"""Losses of the networks; each is a pure function of logits and targets."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.nn import functional

MASK_LOSSES = ("bce", "dice", "focal", "jaccard")
"""Losses of a mask; any weighted sum of them can be trained with."""


def foreground_distance_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy and Dice on the foreground, absolute error on the distance.

    Parameters
    ----------
    logits : tensor of float32, shape (N, 2, H, W)
        Foreground and distance before the sigmoid.
    targets : tensor of float32, shape (N, 2, H, W)
        As `targets.foreground_and_distance` gives them.

    Returns
    -------
    loss : tensor of float32, shape ()
    """
    foreground, distance = targets[:, 0], targets[:, 1]
    cross_entropy = functional.binary_cross_entropy_with_logits(logits[:, 0], foreground)
    dice = soft_dice_loss(logits[:, 0].sigmoid(), foreground)
    error = (logits[:, 1].sigmoid() - distance).abs()
    inside = (error * foreground).sum() / foreground.sum().clamp(min=1.0)
    return cross_entropy + 0.5 * dice + error.mean() + inside


def soft_dice_loss(probability: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """One minus the Dice coefficient of probabilities, pooled over the batch; 0 is perfect."""
    overlap = (probability * target).sum()
    total = probability.sum() + target.sum()
    return 1.0 - (2.0 * overlap + 1.0) / (total + 1.0)


def mask_loss(
    logits: torch.Tensor,
    target: torch.Tensor,
    weights: Mapping[str, float],
    *,
    positive_weight: float = 1.0,
    focal_gamma: float = 2.0,
) -> torch.Tensor:
    """Weighted sum of losses of a mask.

    Parameters
    ----------
    logits, target : tensor of float32, of one shape
        Foreground before the sigmoid, and the true foreground in {0, 1}.
    weights : mapping of str to float
        Names of `MASK_LOSSES`, each with its factor.
    positive_weight : float
        How much more a pixel of a nucleus counts than one of the ground, in ``bce`` and ``focal``.
    focal_gamma : float
        How fast ``focal`` forgets pixels that are right; 0 is cross-entropy.

    Returns
    -------
    loss : tensor of float32, shape ()
    """
    # Without a weight there is no product, so that a loss of weight 1 is what it always was.
    pixel_weight = None if positive_weight == 1 else 1 + (positive_weight - 1) * target
    probability = logits.sigmoid()
    values = {
        "bce": lambda: functional.binary_cross_entropy_with_logits(logits, target, pixel_weight),
        "focal": lambda: focal_loss(logits, target, focal_gamma, pixel_weight),
        "dice": lambda: soft_dice_loss(probability, target),
        "jaccard": lambda: soft_jaccard_loss(probability, target),
    }
    total = torch.zeros((), device=logits.device)
    for name, weight in weights.items():
        total = total + weight * values[name]()
    return total


def focal_loss(
    logits: torch.Tensor,
    target: torch.Tensor,
    gamma: float,
    pixel_weight: torch.Tensor | None = None,
) -> torch.Tensor:
    """Cross-entropy in which pixels count less the surer they are right [1]_.

    References
    ----------
    .. [1] T.-Y. Lin et al., 2017, doi:10.1109/ICCV.2017.324
    """
    entropy = functional.binary_cross_entropy_with_logits(
        logits, target, pixel_weight, reduction="none"
    )
    wrong = (logits.sigmoid() - target).abs()
    return (wrong**gamma * entropy).mean()


def soft_jaccard_loss(probability: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """One minus intersection over union of probabilities, pooled over the batch; 0 is perfect."""
    overlap = (probability * target).sum()
    union = probability.sum() + target.sum() - overlap
    return 1.0 - (overlap + 1.0) / (union + 1.0)


def distance_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Absolute error of the distance, in nuclei and everywhere; shapes (N, 2, H, W)."""
    error = (logits[:, 1].sigmoid() - targets[:, 1]).abs()
    inside = (error * targets[:, 0]).sum() / targets[:, 0].sum().clamp(min=1.0)
    return error.mean() + inside

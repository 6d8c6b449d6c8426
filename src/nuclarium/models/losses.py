"""Losses of the networks; each is a pure function of logits and targets."""

from __future__ import annotations

import torch
from torch.nn import functional


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

"""Batch normalisation folded into the convolution before it: fewer steps, the same numbers."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval


def folded(network: nn.Module) -> nn.Module:
    """Copy a network with every normalisation folded into its convolution.

    In evaluation the copy computes what the network computes. Names of parameters stay, so a model
    file that was made of it can be loaded again, and it can be trained further with the statistics
    of its first training, which few images could not replace.

    Parameters
    ----------
    network : torch.nn.Module
        One in which each normalisation follows its convolution, in the order of registration.

    Returns
    -------
    copy : torch.nn.Module
        In evaluation mode.
    """
    result = copy.deepcopy(network).eval()
    convolution: tuple[str, nn.Conv2d] | None = None
    for name, module in list(result.named_modules()):
        if isinstance(module, nn.Conv2d):
            convolution = (name, module)
        elif isinstance(module, nn.BatchNorm2d) and convolution is not None:
            if module.num_features == convolution[1].out_channels:
                _replace(result, convolution[0], fuse_conv_bn_eval(convolution[1], module))
                _replace(result, name, _activation(module))
            convolution = None
    return result


def is_same(network: nn.Module, other: nn.Module, pixels: torch.Tensor, tolerance: float) -> bool:
    """Whether two networks compute the same from these pixels, in evaluation mode."""
    with torch.inference_mode():
        difference = (network.eval()(pixels) - other.eval()(pixels)).abs().max()
    return bool(difference <= tolerance)


def _activation(norm: nn.BatchNorm2d) -> nn.Module:
    """Return what timm's normalisation layers do after normalising."""
    activation = getattr(norm, "act", None)
    return activation if isinstance(activation, nn.Module) else nn.Identity()


def _replace(network: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, module)

"""Start an encoder from weights in a local file."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from torch import nn

from nuclarium.core.errors import ModelError


def load_encoder_weights(encoder: nn.Module, path: Path) -> None:
    """Load ImageNet weights of the same architecture into an encoder.

    Tensors are matched in order, since the file and the encoder may name them differently; those
    after the encoder's last (the classifier) are left out. A first convolution for three colours is
    summed over them when the encoder takes one channel.

    Parameters
    ----------
    encoder : torch.nn.Module
        An encoder of `segmentation_models_pytorch`.
    path : Path
        A file that `torch.load` reads with ``weights_only=True``: a dict of tensors.

    Raises
    ------
    ModelError
        If the file holds no weights, or their shapes are those of another architecture.
    """
    stored = _tensors(path)
    own = encoder.state_dict()
    for (name, tensor), value in zip(own.items(), stored, strict=False):
        if tensor.shape != value.shape and tensor.ndim == 4 and tensor.shape[1] == 1:
            value = value.sum(dim=1, keepdim=True)
        if tensor.shape != value.shape:
            raise ModelError(
                f"The weights in {path.name} must fit the encoder, but at {name} they have shape "
                f"{tuple(value.shape)} instead of {tuple(tensor.shape)}. Choose the file of the "
                "same architecture, or leave encoder_weights out."
            )
        own[name] = value
    if len(stored) < len(own):
        raise ModelError(
            f"The weights in {path.name} must hold {len(own)} tensors, but there are {len(stored)}."
        )
    encoder.load_state_dict(own)


def _tensors(path: Path) -> list[torch.Tensor]:
    try:
        stored = list(torch.load(path, map_location="cpu", weights_only=True).values())
    except (RuntimeError, EOFError, pickle.UnpicklingError, AttributeError) as error:
        raise ModelError(
            f"{path.name} must be a file of weights that torch can load, but it is not. "
            "Copy or download it again."
        ) from error
    if not all(isinstance(value, torch.Tensor) for value in stored):
        raise ModelError(
            f"{path.name} must hold tensors by name and nothing else. Save the network's "
            "state_dict() alone."
        )
    return stored

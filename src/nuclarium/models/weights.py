"""Start an encoder from weights in a local file."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import timm
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from segmentation_models_pytorch.encoders import encoders as smp_encoders
from torch import nn

from nuclarium.core.errors import ModelError
from nuclarium.models.encoders import build_encoder, encoder_name

DOWNLOADED = ("imagenet",)
"""What settings can name instead of a file; it is downloaded."""


def load_encoder_weights(encoder: nn.Module, path: Path) -> None:
    """Load ImageNet weights of the same architecture into an encoder.

    Tensors are matched by name, or in order where the file names them differently; those that the
    encoder has not (the classifier) are left out. A first convolution for three colours is
    summed over them when the encoder takes one channel.

    Parameters
    ----------
    encoder : torch.nn.Module
        An encoder of `segmentation_models_pytorch`.
    path : Path
        ``.safetensors``, or a file that `torch.load` reads with ``weights_only=True``: a dict of
        tensors.

    Raises
    ------
    ModelError
        If the file holds no weights, or their shapes are those of another architecture.
    """
    stored = _tensors(path)
    own = encoder.state_dict()
    names = _names_in_file(own, stored)
    values = list(stored.values()) if names is None else [stored[name] for name in names]
    for (name, tensor), value in zip(own.items(), values, strict=False):
        if tensor.shape != value.shape and tensor.ndim == 4 and tensor.shape[1] == 1:
            value = value.sum(dim=1, keepdim=True)
        if tensor.shape != value.shape:
            raise ModelError(
                f"The weights in {path.name} must fit the encoder, but at {name} they have shape "
                f"{tuple(value.shape)} instead of {tuple(tensor.shape)}. Choose the file of the "
                "same architecture, or leave encoder_weights out."
            )
        own[name] = value
    if len(values) < len(own):
        raise ModelError(
            f"The weights in {path.name} must hold {len(own)} tensors, but there are {len(values)}."
        )
    encoder.load_state_dict(own)


def _names_in_file(
    own: Mapping[str, torch.Tensor], stored: Mapping[str, torch.Tensor]
) -> list[str] | None:
    """Name in the file of each tensor of the encoder, or None where the file has other names."""
    for shorten in (lambda name: name, _without_wrapping):
        names = [shorten(name) for name in own]
        if all(name in stored for name in names):
            return names
    return None


def _without_wrapping(name: str) -> str:
    """Name in timm of what segmentation_models_pytorch, or `encoders`, has wrapped."""
    return name.removeprefix("model.").replace(".block.", ".", 1)


def load_downloaded_weights(encoder: nn.Module, name: str, weights: str) -> None:
    """Load weights that segmentation_models_pytorch or timm download, or have downloaded before.

    Raises
    ------
    ModelError
        If there are none of that name, or there is no network; it says which file to get.
    """
    known = encoder_name(name)
    depth = int(encoder._depth)  # type: ignore[arg-type]
    try:
        built = build_encoder(known, in_channels=3, depth=depth, weights=weights)
    except KeyError as error:
        raise ModelError(
            f"There must be weights {weights} for the encoder {name}, but {error.args[0]}"
        ) from error
    except Exception as error:
        raise ModelError(
            f"The weights {weights} of {name} must be downloaded, but there is no way to them from "
            f"here. Get {_file_of(known, weights)} on a computer with a network, and give its path "
            "as encoder_weights."
        ) from error
    _copy_tensors(encoder, built)


def _copy_tensors(encoder: nn.Module, other: nn.Module) -> None:
    """Take the tensors of another encoder of the same kind, first summed over colours if grey."""
    own = encoder.state_dict()
    for (name, tensor), value in zip(own.items(), other.state_dict().values(), strict=True):
        fits = tensor.shape == value.shape
        own[name] = value if fits else value.sum(dim=1, keepdim=True)
    encoder.load_state_dict(own)


def _file_of(known: str, weights: str) -> str:
    """Say where the file of weights lies."""
    if known.startswith("tu-"):
        settings = timm.get_pretrained_cfg(known.removeprefix("tu-"))
        where = (settings.hf_hub_id or settings.url) if settings is not None else ""
        return f"the weights of timm's {known.removeprefix('tu-')} ({where or 'see timm'})"
    settings = smp_encoders[known]["pretrained_settings"][weights]
    return f"model.safetensors of {settings['repo_id']} on the Hugging Face hub"


def _tensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        if path.suffix == ".safetensors":
            stored: dict[str, torch.Tensor] = load_file(path)
        else:
            stored = dict(torch.load(path, map_location="cpu", weights_only=True).items())
    except (
        RuntimeError,
        EOFError,
        pickle.UnpicklingError,
        AttributeError,
        SafetensorError,
    ) as error:
        raise ModelError(
            f"{path.name} must be a file of weights that torch can load, but it is not. "
            "Copy or download it again."
        ) from error
    if not all(isinstance(value, torch.Tensor) for value in stored.values()):
        raise ModelError(
            f"{path.name} must hold tensors by name and nothing else. Save the network's "
            "state_dict() alone."
        )
    return stored

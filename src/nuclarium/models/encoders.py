"""Encoders by the names that papers give them, made fit for a U-Net."""

from __future__ import annotations

import re

import segmentation_models_pytorch as smp
import torch
from torch import nn

from nuclarium.core.errors import SettingsError

PAPER_NAMES = {
    "ResNet50": "resnet50",
    "MobileNetV2": "mobilenet_v2",
    "Inception-ResNetV2": "inceptionresnetv2",
    "InceptionV3": "tu-inception_v3",
    "DenseNet121": "densenet121",
    "VGG19": "vgg19",
    "EfficientNet-B5": "efficientnet-b5",
}
"""What papers write, and what segmentation_models_pytorch calls it (``tu-`` names are timm's)."""

_INCEPTION_V3_BLOCKS = ("Mixed_6a", "Mixed_7a")


def _bare(name: str) -> str:
    return re.sub(r"[-_ ]", "", name).lower()


_BY_BARE_NAME: dict[str, str] = {
    **{_bare(name): name for name in smp.encoders.encoders},
    **{_bare(paper): own for paper, own in PAPER_NAMES.items()},
}


def encoder_name(name: str) -> str:
    """Name in segmentation_models_pytorch of an encoder; one that it does not know stays as it is.

    Examples
    --------
    >>> encoder_name("Inception-ResNetV2"), encoder_name("inception_v3"), encoder_name("ResNet-34")
    ('inceptionresnetv2', 'tu-inception_v3', 'resnet34')
    """
    return _BY_BARE_NAME.get(_bare(name), name)


def paper_name(name: str) -> str:
    """Name that a table shows.

    Examples
    --------
    >>> paper_name("densenet121"), paper_name("tu-convnext_tiny")
    ('DenseNet121', 'tu-convnext_tiny')
    """
    known = encoder_name(name)
    return next((paper for paper, own in PAPER_NAMES.items() if own == known), name)


def build_encoder(
    name: str, *, in_channels: int, depth: int, weights: str | None = None
) -> nn.Module:
    """Build an encoder whose features have 1/2, 1/4, … of the input's size.

    Parameters
    ----------
    name : str
        Of a paper, of segmentation_models_pytorch, or of timm (``tu-…``).
    in_channels : int
        A first convolution for three colours is summed over them for one channel.
    depth : int
        Levels.
    weights : str, optional
        Set of weights that is downloaded, such as ``imagenet``.

    Raises
    ------
    SettingsError
        If there is no such encoder, or its features have other sizes.
    """
    known = encoder_name(name)
    try:
        encoder: nn.Module = smp.encoders.get_encoder(
            known,
            in_channels=in_channels,
            depth=depth,
            weights=True if weights and known.startswith("tu-") else weights,
        )
    except (KeyError, RuntimeError, ValueError) as error:
        if weights is not None:
            raise
        reason = str(error.args[0]).partition(", supported")[0]
        raise SettingsError(
            f"encoder must be one that segmentation_models_pytorch or, as tu-NAME, timm knows, but "
            f"got {name} ({reason})."
        ) from error
    if known == "tu-inception_v3":
        pad_inception_v3(encoder)
    _check_sizes(encoder, name, in_channels, depth)
    return encoder


def feature_widths(encoder: nn.Module) -> list[int]:
    """Channels of an encoder's features, of 1/2 of the input's size first."""
    channels: list[int] = list(encoder.out_channels)  # type: ignore[arg-type]
    return channels[1:]


def pad_inception_v3(encoder: nn.Module) -> None:
    """Let InceptionV3 keep the grid of a U-Net: pad where its authors did not.

    Its 3 × 3 convolutions and poolings without padding make 125, 60, 29, 14, 6 of 256; with a pixel
    of zeros around they make 128, 64, 32, 16, 8, which a decoder can join. The weights are the same
    ones; segmentation_models_pytorch does so to Inception-ResNetV2.
    """
    model = encoder.model
    assert isinstance(model, nn.Module)  # noqa: S101 - for the type checker
    for name, module in model.named_modules():
        if name.startswith("Mixed_"):
            continue
        if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3):
            module.padding = (1, 1)
        elif isinstance(module, nn.MaxPool2d):
            module.padding = 1
    for name in _INCEPTION_V3_BLOCKS:
        if hasattr(model, name):
            setattr(model, name, _Padded(getattr(model, name)))


class _Padded(nn.Module):
    """A block that sees a pixel of zeros around its input; what it pools is never below zero."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.block(nn.functional.pad(x, (1, 1, 1, 1)))
        return result


def _check_sizes(encoder: nn.Module, name: str, in_channels: int, depth: int) -> None:
    side = 2 ** (depth + 1)
    was_training = encoder.training
    with torch.no_grad():
        features = encoder.eval()(torch.zeros(1, in_channels, side, side))[1:]
    encoder.train(was_training)
    sizes = [int(feature.shape[-1]) for feature in features]
    wanted = [side // 2**level for level in range(1, depth + 1)]
    if sizes != wanted:
        raise SettingsError(
            f"encoder must halve its input {depth} times, giving sides {wanted} of {side}, but "
            f"{name} gives {sizes}. Take another encoder, or fewer decoder_channels."
        )

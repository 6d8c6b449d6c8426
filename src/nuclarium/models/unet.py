"""A U-Net on any encoder of segmentation_models_pytorch, with a head at half or full resolution."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from timm.layers import Conv2dSame
from torch import nn
from torch.nn import functional

from nuclarium.models.encoders import build_encoder, feature_widths


class NucleusUNet(nn.Module):
    """Encoder, decoder, and a head that gives full-size maps.

    The decoder stops at half the input's resolution, where a full-size decoder would spend most of
    its time; the head predicts each 2 × 2 block of output pixels from one feature vector
    (sub-pixel convolution [1]_). With `full_size` the decoder has one block more, as the usual
    U-Net of published benchmarks.

    Parameters
    ----------
    encoder_name : str
        As `encoders.build_encoder` takes it.
    in_channels : int
        Channels of the input.
    out_channels : int
        Maps to predict.
    decoder_channels : sequence of int
        Channels of the decoder, coarsest first; one entry for each encoder level but the last, and
        with `full_size` one for each level.
    full_size : bool
        Whether the decoder goes on to the input's resolution.
    weights : str, optional
        Weights of the encoder that are downloaded, such as ``imagenet``.

    References
    ----------
    .. [1] W. Shi et al., 2016, doi:10.1109/CVPR.2016.207
    """

    def __init__(
        self,
        encoder_name: str,
        *,
        in_channels: int = 1,
        out_channels: int = 2,
        decoder_channels: Sequence[int] = (96, 64, 48, 32),
        full_size: bool = False,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        depth = len(decoder_channels) + (0 if full_size else 1)
        self.encoder = build_encoder(
            encoder_name, in_channels=in_channels, depth=depth, weights=weights
        )
        _pad_evenly(self.encoder)
        widths = feature_widths(self.encoder)[::-1] + [0] * full_size
        self.blocks = nn.ModuleList()
        width = widths[0]
        for skip, out in zip(widths[1:], decoder_channels, strict=True):
            self.blocks.append(DecoderBlock(width, skip, out))
            width = out
        per_pixel = 1 if full_size else 4
        self.head = nn.Conv2d(width, per_pixel * out_channels, 3, padding=1)
        self.full_size = full_size
        self.divisor = 2**depth

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Predict logits.

        Parameters
        ----------
        pixels : tensor of float32, shape (N, C, H, W)
            Prepared input; H and W are multiples of `divisor`.

        Returns
        -------
        logits : tensor of float32, shape (N, K, H, W)
        """
        features = self.encoder(pixels)[1:]
        x = features[-1]
        skips = [*features[-2::-1], *([None] if self.full_size else [])]
        for block, skip in zip(self.blocks, skips, strict=True):
            x = block(x, skip)
        logits: torch.Tensor = self.head(x)
        return logits if self.full_size else functional.pixel_shuffle(logits, 2)


class DecoderBlock(nn.Module):
    """Upsample by two, join the encoder's features of that size, convolve twice."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.fuse = _convolution(in_channels + skip_channels, out_channels)
        self.refine = _convolution(out_channels, out_channels)

    def forward(self, x: torch.Tensor, skip: torch.Tensor | None) -> torch.Tensor:
        """Return features of twice the size, that of `skip`; there is none at full size."""
        x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
        joined = x if skip is None else torch.cat([x, skip], dim=1)
        refined: torch.Tensor = self.refine(self.fuse(joined))
        return refined


def _pad_evenly(encoder: nn.Module) -> None:
    """Let strided convolutions pad both sides alike, which is part of the convolution itself.

    TensorFlow's way, one pixel more on the far side, is a step of its own: it took two fifths of
    the time of the exported network. Weights that were learned with it are half a pixel off, which
    the first steps of training mend.
    """
    for name, module in list(encoder.named_modules()):
        if isinstance(module, Conv2dSame):
            even = nn.Conv2d(
                module.in_channels,
                module.out_channels,
                module.kernel_size,
                module.stride,
                padding=module.kernel_size[0] // 2,
                groups=module.groups,
                bias=module.bias is not None,
            )
            parent, _, child = name.rpartition(".")
            setattr(encoder.get_submodule(parent), child, even)


def _convolution(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )

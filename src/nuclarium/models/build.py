"""Networks from settings, and from model files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from nuclarium.core.errors import ModelError
from nuclarium.models.fold import folded
from nuclarium.models.unet import NucleusUNet
from nuclarium.predict.model import Model


def build_network(settings: Mapping[str, Any]) -> NucleusUNet:
    """Build the network that settings describe, with random weights.

    Parameters
    ----------
    settings : mapping
        ``encoder``, ``decoder_channels``, ``full_size``, ``targets``, ``kind`` and ``start_from``,
        as in `train.TrainConfig`. A network that goes on from a model has its normalisations
        folded.
    """
    network = NucleusUNet(
        settings["encoder"],
        in_channels=3 if settings.get("kind") == "colour" else 1,
        out_channels=1 if settings.get("targets") == "binary" else 2,
        decoder_channels=settings["decoder_channels"],
        full_size=settings.get("full_size", False),
    )
    return folded(network) if settings.get("start_from") else network  # type: ignore[return-value]


def load_model_weights(network: NucleusUNet, model: Model) -> None:
    """Load the weights of a model file into a network whose normalisations are folded.

    Raises
    ------
    ModelError
        If the file lacks a weight of the network, or one has another shape.
    """
    stored = {
        tensor.name.removeprefix("network."): numpy_helper.to_array(tensor)
        for tensor in onnx.load_from_string(model.network).graph.initializer
    }
    own = network.state_dict()
    unfit = [
        name
        for name, tensor in own.items()
        if name not in stored or stored[name].shape != tuple(tensor.shape)
    ]
    if unfit:
        raise ModelError(
            f"The model {model.name} must hold the weights of its network to go on from, but "
            f"{len(unfit)} of {len(own)} are missing or of another shape, such as {unfit[0]}. Take "
            "a shipped model, or one that this version of `nuclarium export` made."
        )
    network.load_state_dict({name: torch.from_numpy(np.copy(stored[name])) for name in own})

"""A trained network to one model file: ONNX, with its preparation, decoding and card inside."""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from scipy.special import expit

from nuclarium.core.errors import InputNotFoundError, ModelError
from nuclarium.io.write import written_whole
from nuclarium.models.build import build_network
from nuclarium.models.fold import folded, is_same
from nuclarium.models.unet import NucleusUNet
from nuclarium.predict.calibration import Calibration
from nuclarium.predict.engine import OnnxRuntimeEngine
from nuclarium.predict.model import METADATA_KEY, DecoderSpec, InputSpec, model_metadata

OPSET = 18
LOGIT_TOLERANCE = 1e-3
PROBABILITY_TOLERANCE = 1e-3
"""A quarter of the step in which maps are kept, 1/255."""

RELATIVE_TOLERANCE = 1e-4
"""Of the largest logit: what rounding makes of numbers that are added up in another order."""


def load_run_network(run: Path) -> tuple[NucleusUNet, dict[str, Any], Path]:
    """Load the best network of a training run.

    Parameters
    ----------
    run : Path
        Folder that `nuclarium train` wrote.

    Returns
    -------
    network : NucleusUNet
        In evaluation mode.
    config : dict
        Settings of the run.
    checkpoint : Path
        File that the network is from.

    Raises
    ------
    InputNotFoundError
        If the folder holds no finished epoch.
    """
    folder = run / "checkpoints"
    checkpoints = sorted(folder.glob("best-*.ckpt"), key=lambda p: p.stat().st_mtime)
    checkpoints = checkpoints or list(folder.glob("last.ckpt"))
    if not checkpoints or not (run / "config.json").is_file():
        raise InputNotFoundError(
            f"{run} must be the folder of a training run with a checkpoint, but it has none. "
            "Start one with: nuclarium train SETTINGS.toml"
        )
    config = json.loads((run / "config.json").read_text(encoding="utf-8"))
    network = build_network(config)
    # Lightning's checkpoints hold settings beside tensors; this one was written by our own run.
    stored = torch.load(checkpoints[-1], map_location="cpu", weights_only=False)["state_dict"]
    network.load_state_dict({k.removeprefix("network."): v for k, v in stored.items()})
    return network.eval(), config, checkpoints[-1]


def export_network(
    network: torch.nn.Module,
    path: Path,
    *,
    name: str,
    input_spec: InputSpec,
    decoder_spec: DecoderSpec,
    card: dict[str, Any],
    calibration: Calibration | None = None,
) -> None:
    """Write a model file, and check that it computes what the network computes.

    Parameters
    ----------
    network : torch.nn.Module
        From (N, C, H, W) to (N, 2, H, W), such as a `NucleusUNet` of two maps or a
        `MaskWithHeight`, for any H and W that are multiples of the divisor.
    path : Path
        The model file to write.

    Raises
    ------
    ModelError
        If the exported network differs from the given one by more than 0.001 in a probability, and
        by more than a ten-thousandth of the largest logit.
    OutputError
        If the file cannot be written.
    """
    side = 4 * input_spec.divisor
    channels = 3 if input_spec.kind == "colour" else 1
    example = torch.rand(1, channels, side, side + input_spec.divisor)
    lean = folded(network)
    if not is_same(network, lean, example, LOGIT_TOLERANCE):
        lean = network.eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # The tracer warns of Python branches on shapes, which are constant for such sides.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            lean.to(memory_format=torch.contiguous_format),
            (example,),
            buffer,  # type: ignore[arg-type]  # a file object is taken, its stub says paths only
            input_names=["pixels"],
            output_names=["logits"],
            dynamic_axes={key: {0: "n", 2: "h", 3: "w"} for key in ("pixels", "logits")},
            opset_version=OPSET,
            dynamo=False,
        )
    graph = onnx.load_from_string(buffer.getvalue())
    entry = graph.metadata_props.add()
    entry.key = METADATA_KEY
    entry.value = model_metadata(name, input_spec, decoder_spec, card, calibration)
    graph.doc_string = ""
    content = graph.SerializeToString()
    _check_equal(network, content, (2, channels, 3 * input_spec.divisor, 5 * input_spec.divisor))
    with written_whole(path) as part:
        part.write_bytes(content)


def _check_equal(network: torch.nn.Module, content: bytes, shape: tuple[int, ...]) -> None:
    """Compare on a size that was not traced, and on two images at once."""
    pixels = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected = network(pixels).numpy()
    found = OnnxRuntimeEngine(content, 1).run(pixels.numpy())
    apart = np.abs(expit(found) - expit(expected))
    is_rounding = np.abs(found - expected) <= RELATIVE_TOLERANCE * np.abs(expected).max()
    difference = float(apart[~is_rounding].max(initial=0.0))
    if not difference <= PROBABILITY_TOLERANCE:
        raise ModelError(
            f"The exported network must compute what the trained one does, but a probability "
            f"differs by {difference:.2g}. The network uses something that ONNX renders "
            "differently, or its training has failed."
        )

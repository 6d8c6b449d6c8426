"""A training run to a model file with its card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.models.export import export_network, load_run_network
from nuclarium.models.height import MaskWithHeight
from nuclarium.predict.calibration import Calibration
from nuclarium.predict.model import DecoderSpec, InputSpec, Model, load_model

MASK_DECODER = {"join_ratio": 0.85}
"""What differs in decoding a mask, chosen by benchmarks/mask_decoder.py."""

_NOT_IN_CARD = (
    "images",
    "labels",
    "dataset",
    "index",
    "exclude",
    "card",
    "decoder",
    "workers",
    "accelerator",
    "devices",
)
"""Settings that say where data lay or on what machine the run was, or stand elsewhere."""


def export_run(
    run: Path, path: Path, *, scores: Path | None = None, calibration: Path | None = None
) -> Model:
    """Write the model file of a run; its card says what it was trained on and how.

    Parameters
    ----------
    run : Path
        Folder that `nuclarium train` wrote.
    path : Path
        Model file to write, ``.onnx``.
    scores : Path, optional
        JSON of `nuclarium evaluate --json` on images that the run never saw, for the card.
    calibration : Path, optional
        JSON of a `Calibration`, which makes probabilities of the scores of nuclei.

    Returns
    -------
    model : Model
        As it is read back from the file.

    Raises
    ------
    InputNotFoundError
        If `run` is no training run with a checkpoint.
    ModelError
        If the exported network differs from the trained one.
    """
    network, config, checkpoint = load_run_network(run)
    if config.get("start_from"):
        config["start_from"] = Path(config["start_from"]).name  # not where it lay
    record = _read_json(run / "run.json")
    is_mask = config.get("targets") == "binary"
    decoder = DecoderSpec(**({**MASK_DECODER} if is_mask else {}) | config.get("decoder", {}))
    card = {
        **config["card"],
        "trained_on": record["train"],
        "watched_on": record["val"],
        "started": record["started"],
        **({"started_from": record["started_from"]} if "started_from" in record else {}),
        "step": _step(checkpoint),
        "versions": record["versions"],
        "settings": {name: value for name, value in config.items() if name not in _NOT_IN_CARD},
        "scores": {} if scores is None else _read_json(scores),
    }
    export_network(
        MaskWithHeight(network) if is_mask else network,
        path,
        name=config["name"],
        input_spec=InputSpec(
            kind=config.get("kind", "fluorescence"),
            divisor=network.divisor,
            turns=config.get("turns", 1),
            blur_px=config.get("blur_px", 0.0),
        ),
        decoder_spec=decoder,
        card=card,
        calibration=None if calibration is None else _read_calibration(calibration),
    )
    return load_model(path)


def _read_calibration(path: Path) -> Calibration:
    values = _read_json(path)
    try:
        return Calibration(tuple(values["raw"]), tuple(values["right"]))
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(
            f"{path} must hold a calibration, the lists raw and right, but {error}."
        ) from error


def _step(checkpoint: Path) -> int:
    """Return how many steps were made when a checkpoint was written."""
    stored = torch.load(checkpoint, map_location="cpu", mmap=True, weights_only=False)
    return int(stored["global_step"])


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputNotFoundError(f"There must be a JSON file at {path}.") from error
    except ValueError as error:
        raise SettingsError(f"{path} must be JSON, but {error}.") from error

"""The model file: a network, how its input is prepared, how its output is decoded, and its card."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import InputNotFoundError, ModelError
from nuclarium.predict.calibration import Calibration
from nuclarium.predict.onnx_metadata import read_network_metadata

FORMAT_VERSION = 1
METADATA_KEY = "nuclarium"
Kind = Literal["fluorescence", "colour"]


@dataclass(frozen=True, slots=True)
class InputSpec:
    """How pixels become the input of the network.

    Parameters
    ----------
    kind : str
        What the model is made for: one channel of fluorescence, or colour.
    percentiles : (float, float)
        Percentiles of the plane that are mapped to 0 and 1; colours keep the range of their type.
    mean, std : float
        Subtracted and divided by after that.
    clip : (float, float)
        Range that the mapped values are kept in before `mean` and `std`.
    divisor : int
        Height and width of the input must be multiples of it.
    tile_size, halo : int
        Side of the area that one run of the network decides on, and the border that it sees
        beside that, in pixels.
    turns : int
        Turns of the image that the network's answers are averaged over, 1 to 8.
    blur_px : float
        Standard deviation of a Gaussian that the pixels go through, in pixels of the network; 0
        leaves them sharp. It takes away grain and traces of compression, which differ from one
        laboratory to the next.
    """

    kind: Kind = "fluorescence"
    percentiles: tuple[float, float] = (1.0, 99.8)
    mean: float = 0.5
    std: float = 0.5
    clip: tuple[float, float] = (-1.0, 4.0)
    divisor: int = 32
    tile_size: int = 1152
    halo: int = 96
    turns: int = 1
    blur_px: float = 0.0

    def __post_init__(self) -> None:
        if self.halo % self.divisor or self.halo < 0 or self.tile_size < 1:
            raise ValueError(
                f"halo must be a multiple of the divisor, {self.divisor}, so that tiles fall on "
                f"the network's grid, but got {self.halo} (tile_size {self.tile_size})."
            )

    def standardise(self, scaled: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Finish pixels that the percentiles have mapped; float32 of the same shape.

        Parameters
        ----------
        scaled : ndarray of float32, shape (H, W) or (H, W, 3)
        """
        clipped = np.clip(scaled, *self.clip)
        if self.blur_px:
            clipped = cv2.GaussianBlur(clipped, (0, 0), self.blur_px)
        return np.asarray((clipped - np.float32(self.mean)) / np.float32(self.std), np.float32)


@dataclass(frozen=True, slots=True)
class DecoderSpec:
    """How the maps of the network become labels.

    Parameters
    ----------
    foreground_threshold : float
        Least foreground probability of a pixel of a nucleus.
    join_ratio : float
        Two peaks of the distance map are one nucleus when the ridge between them is at least this
        part of the lower peak.
    min_area_px : int
        Smaller objects are no nuclei.
    min_score : float
        Least mean foreground probability of a nucleus.
    """

    foreground_threshold: float = 0.5
    join_ratio: float = 0.7
    min_area_px: int = 12
    min_score: float = 0.6


@dataclass(frozen=True)
class Model:
    """A model that has been read from its file; the network is started by an engine.

    Parameters
    ----------
    name : str
        Such as ``fluo``.
    network : bytes
        The file itself, an ONNX network from ``pixels`` (N, C, H, W) to ``logits`` (N, 2, H, W):
        foreground and distance before the sigmoid.
    card : dict
        What it was trained on, its licence, its scores and its limits.
    calibration : Calibration, optional
        Makes probabilities of scores; without one a score is the mean foreground probability.
    """

    name: str
    network: bytes
    input: InputSpec = field(default_factory=InputSpec)
    decoder: DecoderSpec = field(default_factory=DecoderSpec)
    card: dict[str, Any] = field(default_factory=dict)
    calibration: Calibration | None = None

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the file, as hexadecimal digits."""
        return hashlib.sha256(self.network).hexdigest()


def model_metadata(
    name: str,
    spec: InputSpec,
    decoder: DecoderSpec,
    card: dict[str, Any],
    calibration: Calibration | None = None,
) -> str:
    """Return the JSON that a model file carries under the key ``nuclarium``."""
    return json.dumps(
        {
            "format_version": FORMAT_VERSION,
            "name": name,
            "input": asdict(spec),
            "decoder": asdict(decoder),
            "card": card,
            **({} if calibration is None else {"calibration": asdict(calibration)}),
        }
    )


def shipped_models() -> dict[str, Path]:
    """Names and files of the models inside the package."""
    folder = Path(str(resources.files("nuclarium.predict") / "zoo"))
    return {path.stem: path for path in sorted(folder.glob("*.onnx"))}


def load_model(name_or_path: str | Path) -> Model:
    """Read a shipped model by its name, or any model file by its path.

    Parameters
    ----------
    name_or_path : str or Path
        Such as ``fluo``, or a file that `nuclarium export` wrote.

    Returns
    -------
    model : Model
        Its network is not started yet.

    Raises
    ------
    InputNotFoundError
        If there is neither such a name nor such a file.
    ModelError
        If the file is not a model of nuclarium, or of a later version.
    """
    shipped = shipped_models()
    path = shipped.get(str(name_or_path), Path(name_or_path))
    if not path.is_file():
        names = ", ".join(shipped) or "none"
        raise InputNotFoundError(
            f"A model must be a shipped name ({names}) or a file, but there is no {name_or_path}."
        )
    network = path.read_bytes()
    values = _read_metadata(network, path)
    try:
        return Model(
            name=values["name"],
            network=network,
            input=InputSpec(**_tuples(values["input"])),
            decoder=DecoderSpec(**values["decoder"]),
            card=values["card"],
            calibration=_calibration(values.get("calibration")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _no_model_file(path, error) from error


def choose_model(*, is_rgb: bool) -> str:
    """Name of the shipped model for an image of that kind.

    Raises
    ------
    ModelError
        If no model is shipped for it.
    """
    wanted = "he" if is_rgb else "fluo"
    if wanted in shipped_models():
        return wanted
    if is_rgb:
        raise ModelError(
            "A colour image needs a model for colour, but none is shipped: fluo takes one "
            "fluorescence channel. If one of the colours is a fluorescence channel, name it, for "
            "example --channel blue."
        )
    raise ModelError("The model fluo is missing from this installation. Install nuclarium again.")


def wrong_kind(name: str) -> ModelError:
    """Return the error of a colour image given to a model of one channel."""
    return ModelError(
        f"The model {name} takes one channel, but this is a colour image. If one of its colours is "
        "a fluorescence channel, name it, for example --channel blue."
    )


def _read_metadata(network: bytes, path: Path) -> dict[str, Any]:
    try:
        text = read_network_metadata(network)[METADATA_KEY]
        values: dict[str, Any] = json.loads(text)
        is_later = values["format_version"] > FORMAT_VERSION
    except (ValueError, KeyError, TypeError) as error:
        raise _no_model_file(path, error) from error
    if is_later:
        raise ModelError(
            f"{path} was made by a later version of nuclarium (model format "
            f"{values['format_version']}, this one reads up to {FORMAT_VERSION}). Update nuclarium."
        )
    return values


def _no_model_file(path: Path, error: Exception) -> ModelError:
    reason = f"it lacks {error}" if isinstance(error, KeyError) else f"it is not: {error}"
    return ModelError(
        f"{path} must be a model file made by `nuclarium export`, but {reason}. Export it again, "
        "or take a shipped model."
    )


def _calibration(values: dict[str, Any] | None) -> Calibration | None:
    return None if values is None else Calibration(**_tuples(values))


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}

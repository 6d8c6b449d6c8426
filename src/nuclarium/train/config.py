"""Settings of a training run; the file, the command and the docs all come from here."""

from __future__ import annotations

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.dataset.read import read_dataset
from nuclarium.predict.model import DecoderSpec, load_model

TargetName = Literal["distance", "binary"]
LossName = Literal["bce", "dice", "focal", "jaccard"]

USUAL_LOSS = {"bce": 1.0, "dice": 1.0}
"""Of the foreground, where no loss is given."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_weights(value: Any) -> Any:
    return {value: 1.0} if isinstance(value, str) else value


class TrainConfig(BaseModel):
    """Settings of one training run.

    Paths are relative to the settings file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, description="Name of the model")]
    images: Annotated[Path | None, Field(description="Folder of images")] = None
    labels: Annotated[
        Path | None, Field(description="Folder of label images, each named as its image")
    ] = None
    dataset: Annotated[
        Path | None,
        Field(
            description="Folder of a dataset, instead of `images` and `labels`; its split says "
            "what is trained on and what watches"
        ),
    ] = None
    index: Annotated[
        Path | None, Field(description="CSV with a column `id` that lists the images to use")
    ] = None
    where: Annotated[
        dict[str, str], Field(description="Values that rows of the index must have")
    ] = {}
    exclude: Annotated[
        tuple[Path, ...],
        BeforeValidator(_as_list),
        Field(description="Text files of ids that are never trained on, one a line"),
    ] = ()
    kind: Annotated[
        Literal["fluorescence", "colour"],
        Field(description="One channel of light on a dark ground, or colours on a bright one"),
    ] = "fluorescence"
    restain: Annotated[
        dict[str, str],
        Field(
            description="Values of rows of the index that hold one-channel images, which are also "
            "trained on, as if stained; for colour"
        ),
    ] = {}
    tissue: Annotated[
        Literal["loose", "crowded"],
        Field(
            description="For colour: nuclei as they lie in the images, or in most patches packed, "
            "drawn out and stained each by itself, on scans that may be sharpened"
        ),
    ] = "loose"
    validation_fraction: Annotated[
        float, Field(ge=0, lt=1, description="Part of the images held out to watch the training")
    ] = 0.08
    start_from: Annotated[
        str | None,
        Field(
            description="Shipped model or model file whose training goes on; it decides `kind`, "
            "`targets`, `encoder`, `decoder_channels`, `full_size` and, where not given, "
            "`decoder`, `turns` and `blur_px`"
        ),
    ] = None
    targets: Annotated[
        TargetName,
        Field(description="Foreground and distance to a nucleus's outline, or foreground alone"),
    ] = "distance"
    encoder: Annotated[
        str,
        Field(description="Encoder that a paper, segmentation_models_pytorch or timm knows"),
    ] = "tu-tf_efficientnet_lite0"
    encoder_weights: Annotated[
        str | None,
        Field(
            description="File of weights to start the encoder from, `package:NAME` for the one "
            "file of weights inside an installed package, or `imagenet` to download them"
        ),
    ] = None
    decoder_channels: Annotated[
        tuple[int, ...], Field(min_length=1, description="Channels of the decoder, coarsest first")
    ] = (96, 64, 48, 32)
    full_size: Annotated[
        bool, Field(description="Whether the decoder goes on to full size, with one block more")
    ] = False
    augmentation: Annotated[
        Literal["microscope", "paper", "none"],
        Field(description="How patches are varied"),
    ] = "microscope"
    patch_size_px: Annotated[int, Field(ge=64, multiple_of=32, description="Side of a patch")] = 256
    batch_size: Annotated[int, Field(ge=1, description="Patches a step")] = 16
    accumulate: Annotated[
        int, Field(ge=1, description="Batches whose gradients are added up for one step")
    ] = 1
    steps: Annotated[int, Field(ge=1, description="Steps of the optimiser")] = 2500
    steps_per_epoch: Annotated[int, Field(ge=1, description="Steps between two validations")] = 100
    loss: Annotated[
        dict[LossName, Annotated[float, Field(gt=0)]],
        BeforeValidator(_as_weights),
        Field(description="Losses of the foreground and their factors; none is the usual sum"),
    ] = {}
    focal_gamma: Annotated[
        float, Field(ge=0, description="How fast the focal loss forgets what is right")
    ] = 2.0
    positive_weight: Annotated[
        float, Field(gt=0, description="How much more a pixel of a nucleus counts than one beside")
    ] = 1.0
    optimizer: Annotated[
        Literal["adamw", "adam", "sgd"], Field(description="What changes the weights")
    ] = "adamw"
    momentum: Annotated[float, Field(ge=0, lt=1, description="Momentum of sgd")] = 0.9
    schedule: Annotated[
        Literal["onecycle", "cosine", "constant", "plateau"],
        Field(description="Course of the learning rate"),
    ] = "onecycle"
    plateau_patience: Annotated[
        int,
        Field(ge=0, description="Validations without progress until `plateau` lowers it"),
    ] = 5
    plateau_factor: Annotated[
        float, Field(gt=0, lt=1, description="What `plateau` multiplies the rate with")
    ] = 0.5
    learning_rate: Annotated[float, Field(gt=0, description="Highest learning rate")] = 2e-3
    weight_decay: Annotated[float, Field(ge=0, description="Weight decay of the optimiser")] = 1e-2
    scale_range: Annotated[
        tuple[float, float], Field(description="Smallest and largest random magnification")
    ] = (0.5, 2.0)
    patience: Annotated[
        int, Field(ge=1, description="Validations without progress before the run stops")
    ] = 20
    keep: Annotated[
        Literal["best", "last"],
        Field(
            description="Weights for the model: those of the lowest loss on the images that watch, "
            "or the last, where those images are unlike the ones that it is for"
        ),
    ] = "best"
    precision: Annotated[
        Literal["32-true", "bf16-mixed", "16-mixed"], Field(description="Lightning's precision")
    ] = "bf16-mixed"
    accelerator: Annotated[
        Literal["auto", "cpu", "gpu"], Field(description="Where the network is trained")
    ] = "auto"
    devices: Annotated[
        int, Field(ge=1, description="Graphics cards that train side by side, a batch each")
    ] = 1
    workers: Annotated[
        int | None,
        Field(ge=0, description="Processes that make patches; one a processor, less one, if None"),
    ] = None
    seed: Annotated[int, Field(ge=0, description="Seed of everything random")] = 0
    ema_decay: Annotated[
        float,
        Field(ge=0, lt=1, description="Weight of the past in the running mean of the weights"),
    ] = 0.995
    decoder: Annotated[
        dict[str, float],
        Field(description="Settings of decoding that differ from the defaults, for the model file"),
    ] = {}
    turns: Annotated[
        int,
        Field(ge=1, le=8, description="Turns of an image that the model averages over"),
    ] = 1
    blur_px: Annotated[
        float,
        Field(ge=0, le=8, description="Width of the Gaussian that the network sees through"),
    ] = 0.0
    card: Annotated[
        dict[str, str], Field(description="Facts for the model card: data, licence, limits")
    ] = {}

    @model_validator(mode="after")
    def _check(self) -> Self:
        low, high = self.scale_range
        if not 0 < low <= high:
            raise ValueError(f"scale_range must rise from above 0, but got {low} to {high}")
        divisor = 2 ** (len(self.decoder_channels) + (0 if self.full_size else 1))
        if self.patch_size_px % divisor:
            raise ValueError(
                f"patch_size_px must be a multiple of {divisor} for "
                f"{len(self.decoder_channels)} decoder_channels, but got {self.patch_size_px}"
            )
        if self.schedule == "plateau" and not self.is_watched:
            raise ValueError(
                "schedule = plateau needs images to watch, validation_fraction above 0"
            )
        return self

    @model_validator(mode="after")
    def _check_data(self) -> Self:
        if self.dataset is not None:
            given = {"images", "labels", "index", "where", "exclude", "restain"}
            besides = sorted(given & self.model_fields_set - _without_value(self))
            if besides:
                raise ValueError(f"dataset stands for {', '.join(besides)}; leave out one of both")
            return self
        for name in ("images", "labels"):
            if getattr(self, name) is None:
                raise ValueError(f"{name}: Field required, or dataset")
        return self

    @property
    def is_watched(self) -> bool:
        """Whether images are held out to watch the training."""
        return self.dataset is not None or self.validation_fraction > 0

    @property
    def keeps_best(self) -> bool:
        """Whether the model gets the weights that the images which watch like best."""
        return self.is_watched and self.keep == "best"

    @property
    def mask_losses(self) -> dict[str, float]:
        """Factors of the losses of the foreground; for a distance as well, where none is given."""
        return {str(name): factor for name, factor in self.loss.items()} or dict(USUAL_LOSS)


def _without_value(config: TrainConfig) -> set[str]:
    """Return settings that are written out but empty, as in those that a run keeps."""
    return {name for name in config.model_fields_set if not getattr(config, name)}


def read_config(path: Path) -> TrainConfig:
    """Read a settings file, with its paths made absolute.

    Raises
    ------
    InputNotFoundError
        If there is no such file.
    SettingsError
        If it is not TOML, or a setting is unknown, missing or out of range.
    """
    if not path.is_file():
        raise InputNotFoundError(f"Settings must be a TOML file, but there is none at {path}.")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        config = TrainConfig.model_validate(values | _of_start(values, path.resolve().parent))
        DecoderSpec(**config.decoder)  # type: ignore[arg-type]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} must be a TOML file, but {error}.") from error
    except TypeError as error:
        raise SettingsError(f"{path} must name settings of decoding, but {error}.") from error
    except ValidationError as error:
        raise SettingsError(_sentence(path, error)) from error
    config = config.model_copy(update=_absolute_paths(config, path.resolve().parent))
    if config.dataset is None:
        return config
    # A folder of versions stands for the newest one, also when a newer one comes later.
    return config.model_copy(update={"dataset": read_dataset(config.dataset).folder})


def _of_start(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Find the settings that are decided by the model whose training goes on."""
    start = values.get("start_from")
    if not isinstance(start, str):
        return {}
    path = folder / start
    model = load_model(path if path.is_file() else start)
    settings = model.card.get("settings", {})
    decided = {
        **{name: settings.get(name) for name in ("encoder", "decoder_channels")},
        "targets": settings.get("targets", "distance"),
        "full_size": settings.get("full_size", False),
    }
    if None in decided.values():
        raise SettingsError(
            f"start_from must name a model that `nuclarium export` made, but {start} does not say "
            "what network it is."
        )
    decided["kind"] = model.input.kind
    for name, value in decided.items():
        if values.get(name, value) != value:
            raise SettingsError(
                f"{name} must be that of the model to go on from, {value}, but is {values[name]}. "
                f"Leave {name} out."
            )
    decided["start_from"] = str(path.resolve()) if path.is_file() else start
    return {
        **decided,
        "decoder": values.get("decoder", asdict(model.decoder)),
        "turns": values.get("turns", model.input.turns),
        "blur_px": values.get("blur_px", model.input.blur_px),
    }


def _absolute_paths(config: TrainConfig, folder: Path) -> dict[str, Any]:
    single = {
        name: (folder / value).resolve()
        for name in ("images", "labels", "dataset", "index")
        if (value := getattr(config, name)) is not None
    }
    return {**single, "exclude": tuple((folder / path).resolve() for path in config.exclude)}


def _sentence(path: Path, error: ValidationError) -> str:
    faults = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'together'}: {fault['msg']}"
        for fault in error.errors()
    )
    return f"{path} must hold valid settings, but {faults}. See docs/training.md for all of them."

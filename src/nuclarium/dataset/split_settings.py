"""How a dataset is to be split: shares, what stays together, folds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nuclarium.core.errors import SettingsError

RATIOS = (80.0, 10.0, 10.0)


@dataclass(frozen=True)
class SplitSettings:
    """How a dataset is split.

    Parameters
    ----------
    ratios : (train, val, test)
        Shares, in any unit; 0 leaves a part out.
    by : str
        ``random``, or the column of what stays together: ``group``, ``patient``, ``slide``,
        ``look``, or any other.
    stratify : str
        Column whose values every part gets in equal shares; ``classes`` for the classes of the
        nuclei; empty for none.
    folds : int
        Folds of a cross-validation over what is not test; 0 for none.
    seed : int
    published : str
        Name of `published_folds.PUBLISHED` whose folds are taken, whatever else is set; or empty.
    """

    ratios: tuple[float, float, float] = RATIOS
    by: str = "random"
    stratify: str = ""
    folds: int = 0
    seed: int = 0
    published: str = ""

    def as_dict(self) -> dict[str, object]:
        """Return the settings as the manifest keeps them."""
        if self.published:
            return {"folds": f"as published for {self.published}"}
        return {
            "by": self.by,
            "ratios": list(self.ratios),
            "stratify": self.stratify,
            "folds": self.folds,
            "seed": self.seed,
        }


def parse_ratios(text: str) -> tuple[float, float, float]:
    """Read ratios such as ``80:10:10``, of train, val and test.

    Raises
    ------
    SettingsError
        If there are not three numbers, or they are negative.
    """
    try:
        train, val, test = (float(part) for part in text.replace("/", ":").split(":"))
    except ValueError as error:
        raise SettingsError(
            f"ratios must be three numbers, train:val:test, such as 80:10:10, but got {text}."
        ) from error
    return train, val, test


def check_settings(settings: SplitSettings) -> None:
    """Refuse shares and folds that mean nothing, with a SettingsError."""
    ratios = settings.ratios
    if not np.isfinite(ratios).all() or min(ratios) < 0 or not max(ratios) > 0:
        raise SettingsError(
            "ratios must not be negative, and one must be positive, but got "
            f"{':'.join(f'{ratio:g}' for ratio in ratios)}."
        )
    if settings.folds < 0 or settings.folds == 1:
        raise SettingsError(f"folds must be 2 or more, or 0 for none, but got {settings.folds}.")

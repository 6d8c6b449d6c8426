"""What is typed for datasets, as the settings that it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nuclarium.core.classes import read_hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.dataset.exchange import AUTO, FORMATS
from nuclarium.dataset.intake import IntakeSettings
from nuclarium.dataset.published_folds import PUBLISHED
from nuclarium.dataset.split_settings import RATIOS, SplitSettings, parse_ratios

STRATIFIED = "condition-stratified"


def intake_settings(
    sheet: Path | None,
    column: Sequence[str] | None,
    where: Sequence[str] | None,
    truth: str,
    threshold: float | None,
    spacing_um: float | None,
    *,
    classes: Path | None = None,
    once: bool = False,
) -> IntakeSettings:
    """Return how a folder becomes a dataset.

    Raises
    ------
    SettingsError
        If `column` or `where` are not NAME=VALUE, or the spacing is not positive.
    """
    if spacing_um is not None and not 0 < spacing_um < 1e6:
        raise SettingsError(f"--spacing-um must be positive µm, but got {spacing_um}.")
    return IntakeSettings(
        sheet=sheet,
        columns=_pairs(column, "--column"),
        where=_pairs(where, "--where"),
        truth=truth,
        threshold=threshold,
        spacing_um=None if spacing_um is None else (spacing_um, spacing_um),
        classes="" if classes is None else _classes(classes),
        once=once,
    )


def split_settings(
    ratios: str | None, by: str, stratify: str, folds: str, seed: int
) -> SplitSettings:
    """Return how a dataset is split; folds without ratios are over all images.

    Raises
    ------
    SettingsError
        If `folds` is neither a number nor the name of published folds, or the seed is negative.
    """
    if folds in PUBLISHED:
        return SplitSettings(published=folds)
    if by == STRATIFIED:
        by, stratify = "random", "condition"
    if not folds.isdecimal():
        names = ", ".join(PUBLISHED)
        raise SettingsError(
            f"--folds must be a number, or published folds by name ({names}), but got {folds}."
        )
    count = int(folds)
    default = (100.0, 0.0, 0.0) if count else RATIOS
    shares = default if ratios is None else parse_ratios(ratios)
    if seed < 0:
        raise SettingsError(f"--seed must be 0 or more, but got {seed}.")
    return SplitSettings(shares, by, stratify, count, seed)


def source_of(words: Sequence[Path], kind: str) -> tuple[Path, str]:
    """Return folder and format of ``[FORMAT] FOLDER``, as they are typed; `kind` is --format.

    Raises
    ------
    SettingsError
        If there are not one or two words, or two formats.
    """
    if len(words) == 1:
        return words[0], kind
    if len(words) != 2 or str(words[0]) not in FORMATS or kind != AUTO:
        raise SettingsError(
            "One folder was expected, or a format and a folder, such as nucls FOLDER, but got "
            f"{' '.join(map(str, words))}{'' if kind == AUTO else f' and --format {kind}'}."
        )
    return words[1], str(words[0])


def _classes(path: Path) -> str:
    read_hierarchy(path)
    return path.read_text(encoding="utf-8")


def _pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise SettingsError(f"{option} must be NAME=VALUE, but got {text}.")
        found[name] = value
    return found

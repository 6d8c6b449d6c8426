"""Parts for training, validation and test, and folds, that keep what belongs together together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.balance import Counts, balanced_parts
from nuclarium.dataset.item import SPLITS, Item, Split
from nuclarium.dataset.published_folds import with_published_folds
from nuclarium.dataset.split_settings import SplitSettings, check_settings


def part_sizes(count: int, ratios: Sequence[float]) -> list[int]:
    """Divide a number of images by ratios: rounded down, the rest to the largest remainders.

    Of equal remainders the earlier part comes first.

    Examples
    --------
    >>> part_sizes(819, (80, 10, 10))
    [655, 82, 82]
    """
    exact = count * np.asarray(ratios, np.float64) / np.sum(ratios)
    sizes = np.floor(np.round(exact, 9)).astype(np.int64)
    remainders = np.round(exact - sizes, 9)
    for part in np.argsort(-remainders, kind="stable")[: count - int(sizes.sum())]:
        sizes[part] += 1
    return [int(size) for size in sizes]


def split_items(
    items: Sequence[Item],
    settings: SplitSettings,
    classes: Mapping[str, npt.ArrayLike] | None = None,
) -> tuple[Item, ...]:
    """Give every item its part, and its fold where folds are asked for.

    Drawn at random, parts have the sizes of `part_sizes`. Where groups stay together, parts come as
    near to these sizes as a search over many orders of the groups finds. The result depends on the
    items, the settings and the seed alone, not on the order of the items.

    Parameters
    ----------
    items : sequence of Item
    settings : SplitSettings
    classes : dict of str to array_like, shape (classes,), optional
        Nuclei of each class in each item, by its id; where they are given, every part comes as near
        as can be to its share of the images and of each class, and `stratify` is not looked at.

    Returns
    -------
    items : tuple of Item
        In the order of their ids.

    Raises
    ------
    SettingsError
        If ratios do not hold together, a part or a fold would be empty, or items do not say what
        group they are of.
    """
    items = sorted(items, key=lambda item: item.id)
    if settings.published:
        return with_published_folds(items, settings.published)
    check_settings(settings)
    groups = [item.id for item in items]
    if settings.by != "random":
        groups = _groups(items, settings.by)
    strata = [item.value(settings.stratify) if settings.stratify else "" for item in items]
    content = _content(items, strata, classes)
    rng = np.random.default_rng(settings.seed)
    used = [part for part, ratio in enumerate(settings.ratios) if ratio > 0]
    shares = [settings.ratios[part] for part in used]
    names: list[Split] = [SPLITS[part] for part in used]
    parts = _assigned(groups, content, shares, rng, names, is_exact=classes is None)
    splits = [names[part] for part in parts]
    folds = _folds(groups, content, splits, settings, rng, is_exact=classes is None)
    return tuple(
        replace(item, split=split, fold=fold)
        for item, split, fold in zip(items, splits, folds, strict=True)
    )


def _groups(items: Sequence[Item], column: str) -> list[str]:
    groups = [item.value(column) for item in items]
    missing = sum(not group for group in groups)
    if missing:
        raise SettingsError(
            f"To split by {column}, every image must have one, but {missing} of {len(items)} have "
            f"none. Give it in the sheet, or split by something else."
        )
    return groups


def _content(
    items: Sequence[Item], strata: Sequence[str], classes: Mapping[str, npt.ArrayLike] | None
) -> Counts:
    """Shares of each item, shape (items, columns): its stratum, or itself and its classes.

    Nuclei are scaled so that those of an average image weigh as much as the image.
    """
    if classes is None:
        _, stratum_of = np.unique(np.asarray(strata), return_inverse=True)
        return np.eye(int(stratum_of.max(initial=0)) + 1)[stratum_of]
    nuclei = np.array([classes[item.id] for item in items], np.float64)
    scaled = nuclei * (len(nuclei) / max(float(nuclei.sum()), 1.0))
    return np.concatenate([np.ones((len(nuclei), 1)), scaled], axis=1)


def _folds(
    groups: Sequence[str],
    content: Counts,
    splits: Sequence[str],
    settings: SplitSettings,
    rng: np.random.Generator,
    *,
    is_exact: bool,
) -> list[int | None]:
    """Divide what is not test into folds of equal size."""
    folds: list[int | None] = [None] * len(groups)
    if settings.folds:
        inside = [i for i, split in enumerate(splits) if split != "test"]
        parts = _assigned(
            [groups[i] for i in inside],
            content[inside],
            [1.0] * settings.folds,
            rng,
            [f"fold {fold}" for fold in range(settings.folds)],
            is_exact=is_exact,
        )
        for i, part in zip(inside, parts, strict=True):
            folds[i] = part
    return folds


def _assigned(
    groups: Sequence[str],
    content: Counts,
    shares: Sequence[float],
    rng: np.random.Generator,
    names: Sequence[str],
    *,
    is_exact: bool,
) -> list[int]:
    """Part of each item, so that groups stay whole and parts have their shares of every column."""
    kinds, group_of = np.unique(np.asarray(groups), return_inverse=True)
    if len(kinds) < len(shares):
        whole = "images" if len(kinds) == len(groups) else "groups"
        raise SettingsError(
            f"Each part must hold something, but {len(kinds)} {whole} cannot fill {len(shares)}. "
            "Add images, or ask for fewer parts."
        )
    if len(kinds) == len(groups) and is_exact:
        parts = _drawn(content.argmax(axis=1), shares, rng)
    else:
        table = np.zeros((len(kinds), content.shape[1]))
        np.add.at(table, group_of, content)
        parts = balanced_parts(table, np.asarray(shares) / np.sum(shares), rng)[group_of]
    held = Counter(parts.tolist())
    empty = [name for number, name in enumerate(names) if not held[number]]
    if empty:
        raise SettingsError(
            f"Each part must hold an image, but of {len(groups)} none would be in "
            f"{', '.join(empty)}. Add images, or give it a larger ratio."
        )
    return [int(part) for part in parts]


def _drawn(
    stratum_of: npt.NDArray[np.int64], shares: Sequence[float], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Draw single items: whole parts are exact, and strata within one image of their share.

    All items are put in a row, stratum by stratum, each in random order; the row is dealt out so
    that every stretch of it is shared as the whole is.
    """
    order = rng.permutation(len(stratum_of))
    order = order[np.argsort(stratum_of[order], kind="stable")]
    dealt = _dealt(part_sizes(len(order), shares))
    if not stratum_of.any():
        dealt = dealt[np.argsort(dealt, kind="stable")]
    parts = np.zeros(len(order), np.int64)
    parts[order] = dealt
    return parts


def _dealt(sizes: Sequence[int]) -> npt.NDArray[np.int64]:
    """Sequence in which each part comes as often as its size, spread evenly."""
    places = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes if size])
    parts = np.concatenate([np.full(size, part) for part, size in enumerate(sizes) if size])
    return parts[np.lexsort((parts, places))].astype(np.int64)


def split_counts(items: Sequence[Item]) -> Mapping[str, int]:
    """Return the number of images in each part that occurs, in the order of use."""
    counts = Counter(item.split for item in items)
    return {name: counts[name] for name in SPLITS if counts[name]}

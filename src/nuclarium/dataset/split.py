"""Parts for training, validation and test, and folds, that keep what belongs together together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.manifest import SPLITS, Item, Split
from nuclarium.dataset.published_folds import with_published_folds

Counts = npt.NDArray[np.float64]
RATIOS = (80.0, 10.0, 10.0)
_STARTS = 32
_KICKS = 200
_MANY_GROUPS = 500
_ROUNDS = 200


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
    _check(settings)
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


def _check(settings: SplitSettings) -> None:
    ratios = settings.ratios
    if not np.isfinite(ratios).all() or min(ratios) < 0 or not max(ratios) > 0:
        raise SettingsError(
            "ratios must not be negative, and one must be positive, but got "
            f"{':'.join(f'{ratio:g}' for ratio in ratios)}."
        )
    if settings.folds < 0 or settings.folds == 1:
        raise SettingsError(f"folds must be 2 or more, or 0 for none, but got {settings.folds}.")


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
        parts = _best(table, np.asarray(shares) / np.sum(shares), rng)[group_of]
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


def _best(table: Counts, shares: Counts, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Part of each group, from the best of many searches.

    Parameters
    ----------
    table : ndarray, shape (groups, strata)
        Items.
    shares : ndarray, shape (parts,)
        They add up to 1.
    """
    wanted = shares[:, None] * table.sum(axis=0)
    is_small = len(table) < _MANY_GROUPS
    found = [_searched(table, wanted, rng) for _ in range(_STARTS if is_small else 4)]
    cost, parts = min(found, key=lambda result: result[0])
    for _ in range(_KICKS if is_small else 0):
        kicked, other = _kicked(table, wanted, parts, rng)
        if kicked < cost:
            cost, parts = kicked, other
    return parts


def _kicked(
    table: Counts, wanted: Counts, parts: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[float, npt.NDArray[np.int64]]:
    """Put a few groups elsewhere, and search on from there."""
    parts = parts.copy()
    some = rng.choice(len(parts), min(len(parts), int(rng.integers(2, 6))), replace=False)
    parts[some] = rng.integers(0, len(wanted), len(some))
    if len(np.unique(parts)) < len(wanted):
        return np.inf, parts
    held = np.zeros_like(wanted)
    np.add.at(held, parts, table)
    return _moved(table, wanted, parts, held)


def _searched(
    table: Counts, wanted: Counts, rng: np.random.Generator
) -> tuple[float, npt.NDArray[np.int64]]:
    """Place large groups first where most is missing, then move groups while that helps."""
    sizes = table.sum(axis=1)
    order = np.argsort(-sizes * rng.uniform(0.7, 1.3, len(sizes)), kind="stable")
    held = np.zeros_like(wanted)
    parts = np.zeros(len(table), np.int64)
    for place, group in enumerate(order.tolist()):
        costs = _cost(held + table[group], wanted) - _cost(held, wanted)
        empty = np.flatnonzero(held.sum(axis=1) == 0)
        if len(empty) and len(order) - place <= len(empty):
            costs[np.setdiff1d(np.arange(len(held)), empty)] = np.inf
        parts[group] = int(costs.argmin())
        held[parts[group]] += table[group]
    return _moved(table, wanted, parts, held)


def _moved(
    table: Counts, wanted: Counts, parts: npt.NDArray[np.int64], held: Counts
) -> tuple[float, npt.NDArray[np.int64]]:
    """Move the group, one at a time, that brings the parts nearest to what is wanted."""
    everyone = np.arange(len(table))
    for _ in range(_ROUNDS):
        leaving = _cost(held[parts] - table, wanted[parts]) - _cost(held, wanted)[parts]
        arriving = np.stack(
            [
                _cost(held[part] + table, wanted[part]) - _cost(held[part], wanted[part])
                for part in range(len(held))
            ],
            axis=1,
        )
        change = leaving[:, None] + arriving
        change[everyone, parts] = np.inf
        last = np.bincount(parts, minlength=len(held))[parts] == 1
        change[last] = np.inf
        group, part = np.unravel_index(int(change.argmin()), change.shape)
        if not change[group, part] < -1e-9:
            break
        held[parts[group]] -= table[group]
        held[part] += table[group]
        parts[group] = part
    return float(_cost(held, wanted).sum()), parts


def _cost(held: Counts, wanted: Counts) -> Counts:
    """How far parts are from what is wanted: squares of the total, and of each stratum."""
    total = (held.sum(axis=-1) - wanted.sum(axis=-1)) ** 2 / np.maximum(wanted.sum(axis=-1), 1)
    strata = ((held - wanted) ** 2 / np.maximum(wanted, 1)).sum(axis=-1)
    cost: Counts = 2 * total + strata
    return cost


def split_counts(items: Sequence[Item]) -> Mapping[str, int]:
    """Return the number of images in each part that occurs, in the order of use."""
    counts = Counter(item.split for item in items)
    return {name: counts[name] for name in SPLITS if counts[name]}

"""Folds that were published with a dataset, slide by slide, so that scores can be compared."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files

from nuclarium.core.errors import SettingsError
from nuclarium.dataset.item import Item
from nuclarium.dataset.pairs import listed

PUBLISHED = {"nucls": "published_nucls.csv"}


@cache
def published_folds(name: str) -> Mapping[str, tuple[str, int]]:
    """Return the hospital and the test fold, from 1 as published, of each slide.

    Parameters
    ----------
    name : str
        One of `PUBLISHED`. ``nucls``: the five folds of the 124 slides of NuCLS [1]_, by hospital.

    References
    ----------
    .. [1] Amgad et al., GigaScience 2022, doi:10.1093/gigascience/giac037

    Examples
    --------
    >>> published_folds("nucls")["TCGA-BH-A0BL-DX1"]
    ('BH', 1)
    """
    text = files("nuclarium.dataset").joinpath(PUBLISHED[name]).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["slide_name"]: (row["hospital"], int(row["test_fold"])) for row in rows}


def with_published_folds(items: Sequence[Item], name: str) -> tuple[Item, ...]:
    """Give every item the fold that its slide was published in.

    Folds are numbered from 0 here, so fold 0 is the published fold 1. All items are in ``train``:
    each fold is what the model is tested on that the others train.

    Raises
    ------
    SettingsError
        If an item has no slide, or one that is in no published fold; with their names.
    """
    known = published_folds(name)
    other = dict.fromkeys(item.slide or f"{item.id} (no slide)" for item in items)
    unknown = [slide for slide in other if slide not in known]
    if unknown:
        raise SettingsError(
            f"The folds of {name} are of its {len(known)} slides, but {len(unknown)} here are in "
            f"none: {listed(unknown)}. Split by hospital, patient or slide instead: --folds 5"
        )
    ordered = sorted(items, key=lambda item: item.id)
    return tuple(replace(i, split="train", fold=known[i.slide][1] - 1) for i in ordered)

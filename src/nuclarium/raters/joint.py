"""Detection and classification in one truth, as NuCLS inferred it from anchors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.classes import Hierarchy
from nuclarium.core.errors import SettingsError
from nuclarium.raters.answers import UNDETECTED, Answers
from nuclarium.raters.truth import Truth, infer_truth

UNLABELED = "unlabeled"
"""Label of a nucleus whose inferred class nobody gave."""


def number_of_matches(answers: Answers) -> npt.NDArray[np.int64]:
    """Return how many answers to each item are a detection, shape (n_items,)."""
    detected = np.array([label != UNDETECTED for label in answers.labels])[answers.label]
    return np.bincount(answers.item[detected], minlength=len(answers.items))


def nucls_truth(
    answers: Answers,
    *,
    matches: npt.NDArray[np.integer] | None = None,
    least: int = 2,
    method: str = "dawid-skene",
    hierarchy: Hierarchy | None = None,
    **settings: object,
) -> tuple[Truth, pd.DataFrame]:
    """Infer which anchors are nuclei, and of which class, by the rules of NuCLS [1]_.

    The model is fitted to anchors with enough matches, with ``undetected`` as a label like any
    other; where it wins, there is no nucleus. Without settings, the method is Dawid-Skene from the
    start of NuCLS, 70 iterations. The truth of a group is that of ``answers.only(groups=[...])``.

    Parameters
    ----------
    answers : Answers
        Items are anchors.
    matches : ndarray of int, shape (n_items,), optional
        Matches that decide, such as those of the same raters without suggestions; those of
        `answers` when left out.
    least : int
        Matches that an anchor needs.
    method, hierarchy, **settings
        Of `nuclarium.raters.truth.infer_truth`.

    Returns
    -------
    truth : Truth
        Of the anchors with enough matches only.
    table : pandas.DataFrame
        One row an item of `answers`: ``item``, ``label`` (empty without a match here or where
        `matches` are too few, ``unlabeled`` where nobody gave what was inferred), ``confidence``,
        ``n_matches``, ``is_nucleus`` (enough matches and not ``undetected``), ``is_excluded``
        (enough matches and ``undetected``).

    Raises
    ------
    SettingsError
        If no anchor has enough matches.

    References
    ----------
    .. [1] Amgad et al., 2022, doi:10.1093/gigascience/giac037.
    """
    here = number_of_matches(answers)
    enough = (here if matches is None else np.asarray(matches)) >= least
    if not enough.any():
        raise SettingsError(
            f"No anchor has {least} matches, so there is no truth to infer. Ask for fewer."
        )
    if method == "dawid-skene" and not settings:
        settings = {"start": "nucls"}
    kept = np.flatnonzero(enough)
    truth = infer_truth(answers.only(items=kept), method, hierarchy=hierarchy, **settings)
    best = truth.labels_of_items
    code, confidence = np.full(len(here), -1), np.full(len(here), np.nan)
    code[kept], confidence[kept] = best, truth.confidence
    code[here == 0] = -1
    inferred = np.array([*answers.labels, ""], object)[code]
    inferred[(code >= 0) & ~_was_given(answers, code)] = UNLABELED
    is_excluded = inferred == UNDETECTED
    table = pd.DataFrame(
        {
            "item": answers.items,
            "label": inferred,
            "confidence": np.where(code >= 0, confidence, np.nan),
            "n_matches": here,
            "is_nucleus": (code >= 0) & ~is_excluded,
            "is_excluded": is_excluded,
        }
    )
    return truth, table


def _was_given(answers: Answers, code: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Return whether anybody gave each item this label."""
    agrees = answers.label == code[answers.item]
    return np.bincount(answers.item[agrees], minlength=len(code)) > 0

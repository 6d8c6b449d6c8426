"""Majority vote: the label that most raters gave."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from nuclarium.raters.fit import Coded, Fit, Floats, check_labels_of_items, normalised, skill_of

Votes = Literal["shares", "winner", "tied"]


def vote_counts(codes: Coded, weights: Floats | None = None) -> Floats:
    """Return how many answers (or what weight of them) each item has of each label."""
    check_labels_of_items(codes)
    place = codes.item.astype(np.int64) * codes.n_labels + codes.label
    size = codes.n_items * codes.n_labels
    counts = np.bincount(place, weights, minlength=size).astype(np.float64)
    return counts.reshape(codes.n_items, codes.n_labels)


def majority_vote(codes: Coded, *, votes: Votes = "shares") -> Fit:
    """Count votes.

    Parameters
    ----------
    codes : Coded
        The answers.
    votes : {"shares", "winner", "tied"}
        What stands as the probability of a label: its share of the votes; 1 for the label with
        most votes, the first in the order of labels where several have as many; or the same
        with tied labels in equal parts.

    Returns
    -------
    fit : Fit
        The prior is the mean of the probabilities; skill is agreement with the winners,
        tied ones in equal parts.
    """
    counts = vote_counts(codes)
    nobody = counts.sum(axis=1) == 0
    most = (counts == counts.max(axis=1, keepdims=True)).astype(np.float64)
    if votes == "winner":
        counts = winners(counts.argmax(axis=1), codes.n_labels)
    elif votes == "tied":
        counts = most.copy()
    counts[nobody], most[nobody] = 0, 0
    probabilities = normalised(counts, np.nan)
    prior = mean_over_items(probabilities)
    return Fit(probabilities, prior, skill_of(codes, normalised(most, np.nan), prior))


def winners(winner: npt.NDArray[np.integer], labels: int) -> Floats:
    """Return 1 at the winner of each item and 0 elsewhere, shape (n_items, K)."""
    result = np.zeros((len(winner), labels))
    result[np.arange(len(winner)), winner] = 1
    return result


def mean_over_items(probabilities: Floats) -> Floats:
    """Return the mean of probabilities over items with an answer; uniform where there is none."""
    known = ~np.isnan(probabilities[:, 0])
    if not known.any():
        return np.full(probabilities.shape[1], 1 / probabilities.shape[1])
    mean: Floats = probabilities[known].mean(axis=0)
    return mean

"""A truth at a coarser level of a hierarchy of classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nuclarium.core.classes import Hierarchy
from nuclarium.raters.fit import averaged_skill, normalised
from nuclarium.raters.truth import Truth


def rolled_up(truth: Truth, hierarchy: Hierarchy, level: str) -> Truth:
    """Return a truth in the classes of a level: probabilities of children are added.

    A rater's confusion of two coarse classes is the mean over the finer true classes, weighed by
    their prior. Intervals are left out, since ends of intervals do not add up; infer the truth from
    rolled-up answers to have them.

    Parameters
    ----------
    truth : Truth
        Its labels are classes of finer levels; others, such as ``undetected``, stay.
    hierarchy : Hierarchy
    level : str
        Name of the level.
    """
    probabilities, labels = hierarchy.roll_up_probabilities(
        truth.probabilities, truth.labels, level
    )
    # Rows of the identity show which class each label goes to.
    to, _ = hierarchy.roll_up_probabilities(np.eye(len(truth.labels)), truth.labels, level)
    prior = truth.prior @ to
    confusion, skill = None, truth.skill
    if truth.confusion is not None:
        weighted = truth.confusion * truth.prior[:, None]
        confusion = normalised(to.T @ weighted @ to, 1 / len(labels))
        right = np.diagonal(confusion, axis1=1, axis2=2)
        skill = averaged_skill(right, np.ones(right.shape), prior)
        skill = np.where(np.isnan(truth.skill), np.nan, skill)
    return replace(
        truth,
        labels=labels,
        probabilities=probabilities,
        prior=prior,
        confusion=confusion,
        skill=skill,
        intervals=None,
    )

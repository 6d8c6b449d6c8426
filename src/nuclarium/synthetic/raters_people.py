"""Raters of a synthetic study: what each of them is good at, drawn around their group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nuclarium.synthetic.raters_chances import logistic, logit
from nuclarium.synthetic.raters_classes import NucleusClass
from nuclarium.synthetic.raters_spec import Group, StudySpec

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class People:
    """Planted numbers of R raters and K classes; everything is an average over nuclei.

    Parameters
    ----------
    names, groups : tuple of str
        One a rater.
    confusion : ndarray, shape (R, K, K)
        Probability of an answer (last axis) where a nucleus of a class (second axis) is marked and
        no suggestion is taken; rows add up to 1.
    miss : ndarray, shape (R,)
        Probability not to mark a nucleus.
    false_alarm : ndarray, shape (R,)
        Probability to mark a lookalike.
    spurious : ndarray, shape (R,)
        Marks where nothing is, a field.
    jitter, margin : ndarray, shape (R,)
        Standard deviation of an edge of a drawn box, and how much further out it lies on average,
        both in lengths of the box.
    coverage, anchoring, seconds : ndarray, shape (R,)
        See `Group`.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    confusion: Floats
    miss: Floats
    false_alarm: Floats
    spurious: Floats
    jitter: Floats
    margin: Floats
    coverage: Floats
    anchoring: Floats
    seconds: Floats

    def __len__(self) -> int:
        return len(self.names)

    def skill(self, prior: Floats) -> Floats:
        """Probability of the right class of a marked nucleus, averaged over `prior`; shape (R,)."""
        return np.asarray(np.einsum("rkk,k->r", self.confusion, prior / prior.sum()))


def drawn_people(spec: StudySpec, rng: np.random.Generator) -> People:
    """Draw the raters of a study."""
    own = [group for group in spec.groups for _ in range(group.count)]
    spread = np.array([group.spread for group in own])
    skill = rng.normal(0, 1, len(own)) * spread

    def around(name: str, sign: float = 0.0) -> Floats:
        """Draw chances around those of the groups; with `sign`, they go with skill by half."""
        middle = logit([getattr(group, name) for group in own])
        noise = rng.normal(0, 1, len(own)) * spread
        return logistic(middle + 0.5 * sign * skill + np.sqrt(0.75 if sign else 1) * noise)

    accuracy = logit([group.accuracy for group in own]) + skill
    return People(
        names=_names(spec.groups),
        groups=tuple(group.name for group in own),
        confusion=_confusions(spec, accuracy, [group.bias for group in own], rng),
        miss=around("miss", sign=-1),
        false_alarm=around("false_alarm", sign=-1),
        spurious=np.array([group.spurious for group in own]) * np.exp(rng.normal(0, spread)),
        jitter=np.array([group.jitter for group in own]) * np.exp(rng.normal(0, spread / 2)),
        margin=rng.normal(0.02, 0.03, len(own)),
        coverage=np.array([group.coverage for group in own]),
        anchoring=around("anchoring"),
        seconds=np.array([group.seconds for group in own]) * np.exp(rng.normal(0, spread)),
    )


def shares(classes: Sequence[NucleusClass]) -> Floats:
    """Return how common the classes are; they add up to 1."""
    share = np.array([kind.share for kind in classes], np.float64)
    return np.asarray(share / share.sum())


def error_chances(classes: Sequence[NucleusClass], inside: float) -> Floats:
    """Return which class a wrong answer names, for nuclei of each class; shape (K, K).

    A share `inside` of errors stays in the super class, where it has other classes; in and out of
    it the chance of a class goes with the root of how common it is. The diagonal is 0.
    """
    names = np.array([kind.super_class for kind in classes])
    weight = np.sqrt(shares(classes))[None] * (1 - np.eye(len(classes)))
    same = names[:, None] == names[None]
    near, far = np.where(same, weight, 0), np.where(same, 0, weight)
    rows = inside * _rows_of_one(near) + (1 - inside) * _rows_of_one(far)
    return _rows_of_one(rows)


def _confusions(
    spec: StudySpec, accuracy: Floats, bias: Sequence[float], rng: np.random.Generator
) -> Floats:
    """Confusion matrices from logits of accuracy and the drawn liking of raters for classes."""
    k = len(spec.classes)
    common = error_chances(spec.classes, spec.inside)
    leaning = np.exp(rng.normal(0, 1, (len(accuracy), k)) * np.array(bias)[:, None])
    errors = _rows_of_one(common[None] * leaning[:, None])
    right = logistic(accuracy[:, None] + np.array([kind.ease for kind in spec.classes]))
    if k == 1:
        right = np.ones_like(right)
    return np.asarray((1 - right)[..., None] * errors + right[..., None] * np.eye(k))


def _rows_of_one(rows: Floats) -> Floats:
    total = rows.sum(axis=-1, keepdims=True)
    return np.asarray(rows / np.where(total > 0, total, 1))


def _names(groups: Sequence[Group]) -> tuple[str, ...]:
    return tuple(
        f"{group.name}.{i:0{len(str(group.count))}d}"
        for group in groups
        for i in range(1, group.count + 1)
    )

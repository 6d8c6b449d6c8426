"""Arms of a study: each rater sees all arms equally often, and each field as nearly as can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

Given = tuple[str, str, str]
"""Rater, field, arm."""


def balanced_arms(
    shares: Mapping[str, Sequence[str]],
    arms: Sequence[str],
    existing: Iterable[Given],
    *,
    by_raters: bool,
    rng: np.random.Generator,
) -> dict[tuple[str, str], str]:
    """Draw the arm of each field of each rater.

    Parameters
    ----------
    shares : mapping of str to sequence of str
        Fields that each rater gets.
    arms : sequence of str
    existing : iterable of (rater, field, arm)
        What was drawn before; it stays and counts.
    by_raters : bool
        Whether a rater sees all fields in one arm; otherwise the arms of a rater differ in number
        by at most one, and those of a field are made as even as exchanges within a rater can.
    rng : Generator

    Returns
    -------
    arms : dict of (rater, field) to str
    """
    given = list(existing)
    if by_raters:
        return _one_each(shares, arms, given, rng)
    of_field = Counter((field, arm) for _, field, arm in given)
    drawn: dict[tuple[str, str], str] = {}
    for rater, share in shares.items():
        had = Counter(arm for one, _, arm in given if one == rater)
        order = rng.permutation(np.array(share, dtype=object)).tolist()
        hand = _hand(len(share), arms, had, of_field, rng)
        _exchange(order, hand, of_field)
        for field, arm in zip(order, hand, strict=True):
            drawn[rater, field] = arm
            of_field[field, arm] += 1
    return drawn


def _one_each(
    shares: Mapping[str, Sequence[str]],
    arms: Sequence[str],
    given: Sequence[Given],
    rng: np.random.Generator,
) -> dict[tuple[str, str], str]:
    arm_of = {rater: arm for rater, _, arm in given}
    drawn: dict[tuple[str, str], str] = {}
    for rater, share in shares.items():
        if rater not in arm_of and share:
            used = Counter(arm_of.values())
            arm_of[rater] = min(arms, key=lambda arm: (used[arm], rng.random()))
        drawn |= {(rater, field): arm_of[rater] for field in share}
    return drawn


def _hand(
    size: int,
    arms: Sequence[str],
    had: Counter[str],
    of_field: Counter[tuple[str, str]],
    rng: np.random.Generator,
) -> list[str]:
    """Arms for a rater, as many as fields, so that with those had before they are even."""
    had, hand = had.copy(), []
    used = Counter[str]()
    for (_, arm), count in of_field.items():
        used[arm] += count
    for _ in range(size):
        arm = min(arms, key=lambda one: (had[one], used[one], rng.random()))
        had[arm] += 1
        used[arm] += 1
        hand.append(arm)
    return [str(arm) for arm in rng.permutation(np.array(hand, dtype=object))]


def _exchange(order: Sequence[str], hand: list[str], of_field: Counter[tuple[str, str]]) -> None:
    """Exchange arms between fields of one rater as long as the arms of fields get more even."""
    improved = True
    while improved:
        improved = False
        for i in range(len(order)):
            for j in range(i):
                before = of_field[order[i], hand[i]] + of_field[order[j], hand[j]]
                after = of_field[order[i], hand[j]] + of_field[order[j], hand[i]]
                if after < before:
                    hand[i], hand[j] = hand[j], hand[i]
                    improved = True

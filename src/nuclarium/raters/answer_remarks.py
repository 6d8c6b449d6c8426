"""Sentences on what is odd about answers, and makes a truth less sure."""

from __future__ import annotations

import numpy as np

from nuclarium.raters.answer_codes import Answers

_LITTLE = 0.02
"""Agreement beyond chance, as a share of what is possible, below which there is none."""

_ENOUGH = 30
"""Items with two answers from which that is said."""


def remarks_on(answers: Answers) -> tuple[str, ...]:
    """Return a sentence on each thing about the answers that makes a truth less sure."""
    of_items, of_raters = answers.answers_of_items, answers.answers_of_raters
    found = []
    for number, sentence in (
        ((of_items == 0).sum(), "{} of {} items have no answer and no truth."),
        ((of_items == 1).sum(), "{} of {} items have one answer only."),
    ):
        if number:
            found.append(sentence.format(number, len(of_items)))
    few = [name for name, n in zip(answers.raters, of_raters, strict=True) if n <= 1]
    if few:
        found.append(f"{named(few, 'rater')} gave at most one answer; their skill is not known.")
    used = np.bincount(answers.label, minlength=len(answers.labels))
    once = [name for name, n in zip(answers.labels, used, strict=True) if n == 1]
    never = [name for name, n in zip(answers.labels, used, strict=True) if n == 0]
    if once:
        found.append(f"{named(once, 'label')} was given once only.")
    if never:
        found.append(f"{named(never, 'label')} was never given.")
    if len(of_raters) == 1:
        found.append("There is one rater only; every truth is what that rater said.")
    if (used > 0).sum() == 1:
        found.append("All answers are the same label; nothing can be learned of raters.")
    else:
        found.extend(_remarks_on_agreement(answers))
    return tuple(found)


def _remarks_on_agreement(answers: Answers) -> list[str]:
    """Return a sentence where answers to an item always agree, or no more than by chance."""
    size = len(answers.labels)
    _, same = np.unique(answers.item.astype(np.int64) * size + answers.label, return_counts=True)
    of_items = answers.answers_of_items
    pairs = float((of_items * (of_items - 1)).sum())
    if pairs == 0:
        return ["No item has two answers; nothing can be learned of raters."]
    agree = float((same * (same - 1)).sum()) / pairs
    shares = np.bincount(answers.label, minlength=size) / len(answers)
    by_chance = float((shares**2).sum())
    if agree == 1:
        return ["Answers to the same item always agree; raters cannot be told apart."]
    enough = (of_items > 1).sum() >= _ENOUGH
    if enough and agree - by_chance < _LITTLE * (1 - by_chance):
        return [
            f"Answers to the same item agree in {agree:.0%} of pairs, where {by_chance:.0%} are "
            "expected by chance; do not trust a truth that is found in them."
        ]
    return []


def named(names: list[str], what: str) -> str:
    """Return ``rater A`` or ``raters A, B, C and 7 more``."""
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"{what.capitalize() if what == 'rater' else what}{'s' * (len(names) > 1)} {shown}"

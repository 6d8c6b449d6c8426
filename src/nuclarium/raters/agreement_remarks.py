"""What to know before a coefficient of agreement is trusted, said in sentences."""

from __future__ import annotations

import numpy as np

from nuclarium.raters.agreement_bootstrap import Estimate
from nuclarium.raters.agreement_counts import LabelCounts, last_answers
from nuclarium.raters.agreement_distances import Floats
from nuclarium.raters.answer_codes import Answers

FEW_FIELDS = 10
_MUCH_UNDEFINED = 0.05


def remark_on(
    answers: Answers, counts: LabelCounts, found: Estimate, *, is_asked: bool = True
) -> str:
    """Return what to know about one coefficient; empty where there is nothing to say.

    `is_asked`: whether an interval was asked for.
    """
    of_items = counts.raters_of_items
    judged = int((of_items >= 2).sum())
    sentences = [
        _on_items(judged, len(of_items)),
        _on_labels(counts, of_items, judged),
        on_repeats(answers),
    ]
    if judged and is_asked:
        sentences.append(on_fields(answers, counts.n_fields))
        sentences.append(on_draws(float(found.undefined)))
    return " ".join(filter(None, sentences))


def _on_items(judged: int, total: int) -> str:
    if judged == 0:
        return "No item was answered by two raters, so there is nothing to compare."
    if judged == 1:
        return f"Only one of {total} items was answered by two raters or more."
    return ""


def _on_labels(counts: LabelCounts, of_items: Floats, judged: int) -> str:
    used = np.flatnonzero(np.asarray(counts.table[of_items >= 2].sum(axis=0)).ravel())
    if judged and len(used) == 1:
        return (
            f"All answers are '{counts.labels[used[0]]}': agreement beyond chance is undefined "
            "where nobody ever gave another label."
        )
    return ""


def on_repeats(answers: Answers) -> str:
    """Return what to know where raters answered an item several times."""
    again = len(answers) - len(last_answers(answers))
    if not again:
        return ""
    given = "1 answer was" if again == 1 else f"{again} answers were"
    return f"{given} given anew by the same rater; of these the last counts."


def on_fields(answers: Answers, n_fields: int) -> str:
    """Return what to know about an interval over so many fields."""
    if answers.field is None:
        return (
            "Fields are unknown, so items were drawn as if independent; the interval is too short "
            "where nuclei of one field are alike."
        )
    if n_fields < 2:
        return "There is one field only, and so no interval."
    if n_fields < FEW_FIELDS:
        return f"There are {n_fields} fields only; the interval is likely too short."
    return ""


def on_draws(undefined: float) -> str:
    """Return what to know about an interval of which a share of the draws had no value."""
    if undefined <= _MUCH_UNDEFINED:
        return ""
    return f"In {undefined:.0%} of the draws of fields there was no value; these were left out."

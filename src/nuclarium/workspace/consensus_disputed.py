"""Which items raters dispute, and which to send to an expert first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nuclarium.raters.answers import Answers
from nuclarium.raters.planning.next_question import next_questions
from nuclarium.raters.truth.inference import Truth

_MOST_LABELS = 200
_MOST_ROWS = 10_000
EXPERT = 0.95
"""Share of right answers that an expert is supposed to give."""


def disputed_table(answers: Answers, truth: Truth) -> pd.DataFrame:
    """Return items by what an expert's answer to them is expected to add, the most first.

    Columns are item, field, label, confidence, second, gain (expected fall of the share of wrong
    labels, nan for more than 200 labels), disagreement (share of answers that are not the label),
    n_answers. Items that are equal in gain are ordered by disagreement.
    """
    if len(truth.labels) <= _MOST_LABELS:
        table = next_questions(truth, EXPERT)
    else:
        table = short_table(truth).assign(gain=np.nan)
    place = pd.Index(answers.items).get_indexer(pd.Index(table["item"]))
    table["disagreement"] = _disagreement(answers, truth)[place]
    if answers.field is not None:
        table.insert(1, "field", np.array(answers.fields, object)[answers.field[place]])
    rounded = table["gain"].round(6)
    sure = table["confidence"].fillna(2)
    order = np.lexsort((sure, -table["disagreement"].fillna(-1), -rounded.fillna(0)))
    if table["gain"].isna().all():
        order = np.lexsort((-table["disagreement"].fillna(-1), sure))
    return table.iloc[order].head(_MOST_ROWS).reset_index(drop=True)


def answers_table(answers: Answers) -> pd.DataFrame:
    """Return who said what: item, rater, label; who looked and drew nothing said ``undetected``."""
    names = {
        "item": np.array(answers.items, object)[answers.item],
        "rater": np.array(answers.raters, object)[answers.rater],
        "label": np.array(answers.labels, object)[answers.label],
    }
    return pd.DataFrame(names)


def _disagreement(answers: Answers, truth: Truth) -> np.typing.NDArray[np.float64]:
    """Return the share of the answers to each item that are not its label; nan without any."""
    code = {name: k for k, name in enumerate(answers.labels)}
    of_truth = np.array([*(code.get(name, -1) for name in truth.labels), -1])
    label = of_truth[truth.labels_of_items]
    total = answers.answers_of_items
    same = np.bincount(
        answers.item, answers.label == label[answers.item], minlength=len(answers.items)
    )
    share = np.full(len(total), np.nan)
    np.divide(total - same, total, out=share, where=total > 0)
    return share


def short_table(truth: Truth) -> pd.DataFrame:
    """Return item, label, confidence and number of answers alone."""
    return pd.DataFrame(
        {
            "item": truth.items,
            "label": np.array([*truth.labels, ""], object)[truth.labels_of_items],
            "confidence": truth.confidence,
            "n_answers": truth.n_answers,
        }
    )

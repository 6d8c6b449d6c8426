"""Raters judged by the truth: their scores with intervals, and one row a rater."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nuclarium.raters.accuracy.raters import rater_accuracy
from nuclarium.raters.answers import Answers
from nuclarium.raters.truth.inference import Truth
from nuclarium.workspace.consensus_settings import ConsensusSettings

MOST_LABELS = 200
"""Labels of which raters are compared class by class."""
_MOST_WORK = 3e8
_FEWEST_DRAWS = 100
_NO_SCORES = pd.DataFrame(
    columns=["rater", "group", "score", "label", "value", "low", "high", "n", "in_truth", "remark"]
)
SCORES = ("accuracy", "mcc", "detection_f1", "detection_precision", "detection_recall")


def remarks_on_scores(scores: pd.DataFrame) -> list[str]:
    """Return remarks on raters, each once, without what only some draws lacked."""
    told = scores.loc[(scores["label"] == "") & (scores["remark"] != ""), "remark"]
    found: list[str] = []
    for text in told.drop_duplicates().sort_values(key=lambda texts: texts.str.len()):
        if not any(text.startswith(shorter) for shorter in found):
            found.append(text)
    return found


def rater_scores(
    answers: Answers, truth: Truth, settings: ConsensusSettings, rng: np.random.Generator
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Judge every rater; those of other groups count for what a nucleus is, and are left out."""
    if len(answers.labels) > MOST_LABELS:
        return _NO_SCORES, (
            f"There are {len(answers.labels):,} labels, more than {MOST_LABELS}: raters are judged "
            "by their skill alone, without scores of classes, confusions and pairs. Roll labels "
            "up with --hierarchy and --level.",
        )
    draws, said = affordable_draws(answers, settings)
    table = rater_accuracy(answers, truth, rng=rng, draws=draws)
    if settings.group:
        table = table[table["group"].isin(settings.group)]
    return table.reset_index(drop=True), said


def affordable_draws(answers: Answers, settings: ConsensusSettings) -> tuple[int, tuple[str, ...]]:
    """Return how many bootstrap samples can be afforded for each rater."""
    units = len(answers.fields) if answers.field is not None else len(answers.items)
    draws = int(_MOST_WORK // max(units * len(answers.raters) * len(answers.labels), 1))
    if draws >= settings.resamples:
        return settings.resamples, ()
    many = (
        f"{len(answers.raters):,} raters on {units:,} "
        f"{'items' if answers.field is None else 'fields'} are many to draw from"
    )
    if draws >= _FEWEST_DRAWS:
        return draws, (f"Intervals of raters are from {draws} samples, since {many}.",)
    return 0, (
        f"Raters have no intervals, since {many}. Say in which field each item is, or choose a "
        "group.",
    )


def rater_table(
    answers: Answers, truth: Truth, scores: pd.DataFrame, settings: ConsensusSettings
) -> pd.DataFrame:
    """Return one row a judged rater: answers, skill, and the scores of all classes."""
    chosen = answers.only(groups=settings.group or None)
    table = pd.DataFrame({"rater": chosen.raters, "group": chosen.group or ""})
    table["n_answers"] = chosen.answers_of_raters
    table = table.merge(truth.rater_table().drop(columns="n_answers"), "left", on="rater")
    whole = scores[scores["label"] == ""]
    for score in SCORES:
        part = whole[whole["score"] == score].set_index("rater")
        for end, column in (("", "value"), ("_low", "low"), ("_high", "high")):
            table[f"{score}{end}"] = table["rater"].map(part[column]).astype(float)
    of_classes = scores[(scores["label"] != "") & (scores["score"] == "mcc")]
    if len(of_classes):
        wide = of_classes.pivot_table(index="rater", columns="label", values="value", sort=False)
        table = table.merge(wide.add_prefix("mcc_"), "left", on="rater")
    table["in_truth"] = table["rater"].isin(truth.raters)
    order = [name for name in ("accuracy", "skill") if table[name].notna().any()]
    known = [name for name in table.columns if not table[name].isna().all()]
    return table[known].sort_values(order, ascending=False, kind="stable", ignore_index=True)

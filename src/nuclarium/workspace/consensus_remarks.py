"""What came out of a consensus, and how it was made, in plain sentences."""

from __future__ import annotations

import numpy as np
import pandas as pd

from nuclarium.raters.agreement.bands import band
from nuclarium.raters.answers import UNDETECTED
from nuclarium.report.interval_plot import estimate_text
from nuclarium.report.numbers import count_text, number_text
from nuclarium.workspace.consensus_measures import Measures
from nuclarium.workspace.consensus_settings import ConsensusSettings
from nuclarium.workspace.consensus_study import Study

_UNSURE = 0.9


def tiles(study: Study, measures: Measures) -> dict[str, str]:
    """Return the figures at the head of the page."""
    answers = study.answers
    told = {"Fields": count_text(len(answers.fields))} if len(answers.fields) > 1 else {}
    word = "Places marked" if _are_found(study) else "Items"
    told |= {word: count_text(len(answers.items)), "Raters": count_text(len(answers.raters))}
    told["Answers"] = count_text(len(answers))
    names = np.array([*measures.truth.labels, ""], object)[measures.truth.labels_of_items]
    if UNDETECTED in measures.truth.labels:
        told["Nuclei, by consensus"] = count_text(
            int(((names != UNDETECTED) & (names != "")).sum())
        )
    sure = measures.truth.confidence >= _UNSURE
    known = np.isfinite(measures.truth.confidence)
    if known.any():
        told["90 % sure or more"] = f"{number_text(100 * float(sure[known].mean()))} %"
    return told


def findings(measures: Measures) -> list[str]:
    """Return what was found, the main things first."""
    return [
        *_agreement(measures.agreement),
        *_best(measures),
        *_groups(measures),
        *_unsure(measures),
    ]


def _agreement(table: pd.DataFrame) -> list[str]:
    alpha = table[(table["coefficient"] == "alpha") & np.isfinite(table["value"])]
    whole = alpha[alpha["group"] == "all raters"]
    if not len(whole):
        return []
    first = whole.iloc[0]
    spread = estimate_text((first["value"], first["low"], first["high"]))
    said = f"Raters agree {_band(first['value'])}: Krippendorff's alpha is {spread}"
    said += f" for {first['version']}"
    if len(whole["level"].unique()) > 1:
        last = whole[whole["version"] == first["version"]].iloc[-1]
        said += (
            f" at level {first['level']}, and {last['value']:.2f} at level {last['level']}".replace(
                "-", "−"
            )
        )
    return [f"{said}."]


def _band(value: float) -> str:
    word = band(float(value))
    return {"slight": "slightly", "fair": "fairly", "moderate": "moderately",
            "substantial": "substantially", "near perfect": "nearly perfectly",
            "poor": "less than chance would"}.get(word, word)  # fmt: skip


def _best(measures: Measures) -> list[str]:
    table = measures.raters
    if "accuracy" not in table or len(table) < 2 or not table["accuracy"].notna().any():
        return []
    ordered = table.dropna(subset="accuracy").sort_values("accuracy", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    if low["accuracy"] == high["accuracy"]:
        share = _percent(low["accuracy"])
        return [f"Every rater is right in {share} of the answers, judged by {measures.judged_by}."]
    middle = float(ordered["accuracy"].median())
    return [
        f"The class is right in {_percent(middle)} of a rater's answers in the middle, from "
        f"{_percent(low['accuracy'])} ({low['rater']}) to {_percent(high['accuracy'])} "
        f"({high['rater']}), judged by {measures.judged_by}."
    ]


def _groups(measures: Measures) -> list[str]:
    """Say how good the truth of each other group is."""
    if not len(measures.groups):
        return []
    pooled = measures.groups[measures.groups["score"] == "auroc_micro"]
    return [
        f"A truth inferred from {row['group']} alone has an AUROC of "
        f"{estimate_text((row['value'], row['low'], row['high']))} for classes, judged by "
        f"{measures.judged_by}."
        for row in pooled.to_dict("records")
        if np.isfinite(row["value"])
    ]


def _unsure(measures: Measures) -> list[str]:
    confidence = measures.truth.confidence
    known = np.isfinite(confidence)
    unsure = int((confidence[known] < _UNSURE).sum())
    if not known.any() or len(measures.truth.raters) < 2:
        return []
    number = count_text(int(known.sum()))
    if not unsure:
        return [f"All {number} items are 90 % sure or more, if raters err independently."]
    return [
        f"{count_text(unsure)} of {number} items are less than 90 % sure; the most disputed are "
        "shown below."
    ]


def _percent(share: float) -> str:
    return f"{number_text(100 * float(share))} %"


_METHODS = {
    "majority": "the majority of the answers",
    "weighted": "a vote weighted by how often raters are with the majority",
    "one-coin": "a model with one chance of a right answer for each rater",
    "dawid-skene": "the model of Dawid and Skene (1979), with a confusion matrix for each rater",
    "bayes": "a Bayesian model of Dawid and Skene (1979), with a confusion matrix for each rater",
    "glad": "the model GLAD (Whitehill and others, 2009), with skills and difficulties",
    "mace": "the model MACE (Hovy and others, 2013), of raters who know or guess",
}


def _are_found(study: Study) -> bool:
    """Whether items were found from marks, not named by the table."""
    return study.anchors is not None and study.anchors.names is None


def methods_text(
    study: Study, measures: Measures, settings: ConsensusSettings, version: str
) -> str:
    """Return a paragraph for the methods of a paper."""
    answers = study.answers
    text = ""
    if _are_found(study):
        text += (
            "Marks of all raters were joined to nuclei by agglomerative clustering with complete "
            f"linkage at an intersection over union of {settings.min_iou:g}, never two marks of "
            "one rater in one nucleus; a rater who saw a field and marked nothing at a nucleus "
            "answered “undetected”. "
        )
    source = "all raters"
    if settings.truth_group:
        source = f"the group {' and '.join(settings.truth_group)}"
    how = _METHODS.get(settings.method, settings.method)
    text += (
        f"The truth of {len(answers.items):,} items was inferred from the answers of {source} by "
        f"{how}. Intervals are 95 %, from {settings.resamples:,} bootstrap samples over "
        f"{'fields of view' if len(answers.fields) > 1 else 'items'}. All with nuclarium {version}."
    )
    if set(measures.raters["rater"]) & set(measures.truth.raters):
        text += (
            " The answers of those who are judged are part of that truth, which flatters them a "
            "little."
        )
    return text

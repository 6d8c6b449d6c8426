"""Everything that a consensus measures: truth, raters, agreement, pairs, how many are enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import SettingsError
from nuclarium.raters.accuracy import rater_accuracy
from nuclarium.raters.accuracy_confusion import Confusions, confusions
from nuclarium.raters.agreement_levels import truth_at
from nuclarium.raters.agreement_pairs import PairwiseKappa, pairwise_kappa
from nuclarium.raters.answers import Answers
from nuclarium.raters.scaling import scaled_places
from nuclarium.raters.truth import Truth, infer_truth
from nuclarium.workspace.consensus_agreement import agreement_table, remarks_on_agreement, repeats_table
from nuclarium.workspace.consensus_disputed import disputed_table
from nuclarium.workspace.consensus_enough import simulation_of
from nuclarium.workspace.consensus_settings import ConsensusSettings
from nuclarium.workspace.consensus_study import Study, at_level, levels_of

Advance = Callable[[int], None]
Floats = npt.NDArray[np.float64]
MOST_PAIRED = 200
"""Raters of whom every two are compared."""

MOST_LABELS = 200
"""Labels of which raters are compared class by class."""
_MOST_WORK = 3e8
_FEWEST_DRAWS = 100
_NO_SCORES = pd.DataFrame(
    columns=["rater", "group", "score", "label", "value", "low", "high", "n", "in_truth", "remark"]
)

SCORES = ("accuracy", "mcc", "detection_f1", "detection_precision", "detection_recall")


@dataclass(frozen=True, eq=False)
class Measures:
    """What a consensus comes to.

    Parameters
    ----------
    truth : Truth
        At the level of the labels of the table.
    level : str
        At which raters are judged; empty without a hierarchy.
    judged : Answers
        Of the raters that are judged, at that level, in the order of `raters`.
    raters : DataFrame
        One row a judged rater, the best first.
    scores : DataFrame
        One row a rater, score and class, with intervals.
    agreement : DataFrame
    repeats : DataFrame
        Of raters with themselves, one row a rater and other arm; empty for one arm.
    pairs : PairwiseKappa or None
        None for one rater, or more than `MOST_PAIRED`.
    places : ndarray of float64, shape (n_raters, 2), or None
        Of raters on the map.
    simulation : DataFrame
        Scores over the number of raters.
    confusions : Confusions or None
        What raters took for what, in the order of `raters`; None for more than 200 labels.
    disputed : DataFrame
        Items, the most disputed first.
    judged_by : str
        What raters are judged by, in words.
    remarks : tuple of str
    """

    truth: Truth
    level: str
    judged: Answers
    raters: pd.DataFrame
    scores: pd.DataFrame
    agreement: pd.DataFrame
    repeats: pd.DataFrame
    pairs: PairwiseKappa | None
    places: Floats | None
    simulation: pd.DataFrame
    confusions: Confusions | None
    disputed: pd.DataFrame
    judged_by: str
    remarks: tuple[str, ...]

    @property
    def names(self) -> npt.NDArray[np.object_]:
        """Label of each item; empty where nobody answered."""
        labels = np.array([*self.truth.labels, ""], object)
        named: npt.NDArray[np.object_] = labels[self.truth.labels_of_items]
        return named


def measures_of(
    study: Study, settings: ConsensusSettings, rng: np.random.Generator, advance: Advance
) -> Measures:
    """Measure a study; `advance` is called with 1 after each part."""
    truth = infer_truth(study.answers.only(groups=settings.truth_group or None), settings.method)
    advance(1)
    level = _level(study, settings)
    rolled = truth
    if study.hierarchy is not None:
        rolled = truth_at(truth, study.hierarchy, level)
    everyone = at_level(study.answers, study.hierarchy, level, ambiguous=True)
    scores, of_scores = _scores(everyone, rolled, settings, rng)
    advance(1)
    raters = _raters(everyone, truth, scores, settings)
    judged = everyone.only(raters=list(raters["rater"]))
    pairs, of_pairs = _pairs(judged, settings, rng)
    advance(1)
    ambiguous = None if study.hierarchy is None else study.hierarchy.ambiguous
    simulation, of_simulation = simulation_of(judged, rolled, ambiguous, settings, advance)
    agreed = agreement_table(study, settings, rng, advance)
    return Measures(
        truth=truth,
        level=level,
        judged=judged,
        raters=raters,
        scores=scores,
        agreement=agreed,
        repeats=repeats_table(study, settings, level, rng),
        pairs=pairs,
        places=None if pairs is None else scaled_places(1 - pairs.kappa),
        simulation=simulation,
        confusions=_confusions(everyone, rolled, judged),
        disputed=disputed_table(study.answers, truth),
        judged_by=_judged_by(settings),
        remarks=(*truth.remarks, *of_scores, *_of_scores(scores), *of_pairs, *of_simulation,
                 *remarks_on_agreement(agreed)),
    )


def _judged_by(settings: ConsensusSettings) -> str:
    if settings.truth_group:
        return f"the truth inferred from {' and '.join(settings.truth_group)}"
    return "the truth inferred from all raters"


def _of_scores(scores: pd.DataFrame) -> list[str]:
    """Return remarks on raters, each once, without what only some draws lacked."""
    told = scores.loc[(scores["label"] == "") & (scores["remark"] != ""), "remark"]
    found: list[str] = []
    for text in told.drop_duplicates().sort_values(key=lambda texts: texts.str.len()):
        if not any(text.startswith(shorter) for shorter in found):
            found.append(text)
    return found


def _confusions(answers: Answers, truth: Truth, judged: Answers) -> Confusions | None:
    """Count what judged raters took for what, in their order."""
    if len(answers.labels) > MOST_LABELS:
        return None
    found = confusions(answers, truth)
    place = [found.raters.index(name) for name in judged.raters]
    return replace(found, raters=judged.raters, counts=found.counts[place])


def _level(study: Study, settings: ConsensusSettings) -> str:
    levels = levels_of(study.answers, study.hierarchy)
    if settings.level is None:
        return levels[0] if levels else ""
    if study.hierarchy is None:
        raise SettingsError(
            "--level needs a hierarchy that has all labels of the table. Name one with --hierarchy."
        )
    if settings.level not in levels:
        raise SettingsError(
            f"--level must be one of {', '.join(levels)}, the levels that all labels have, but "
            f"got {settings.level}."
        )
    return settings.level


def _scores(
    answers: Answers, truth: Truth, settings: ConsensusSettings, rng: np.random.Generator
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Judge every rater; those of other groups count for what a nucleus is, and are left out."""
    if len(answers.labels) > MOST_LABELS:
        return _NO_SCORES, (
            f"There are {len(answers.labels):,} labels, more than {MOST_LABELS}: raters are judged "
            "by their skill alone, without scores of classes, confusions and pairs. Roll labels "
            "up with --hierarchy and --level.",
        )
    draws, said = _draws(answers, settings)
    table = rater_accuracy(answers, truth, rng=rng, draws=draws)
    if settings.group:
        table = table[table["group"].isin(settings.group)]
    return table.reset_index(drop=True), said


def _draws(answers: Answers, settings: ConsensusSettings) -> tuple[int, tuple[str, ...]]:
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


def _raters(
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


def _pairs(
    answers: Answers, settings: ConsensusSettings, rng: np.random.Generator
) -> tuple[PairwiseKappa | None, tuple[str, ...]]:
    if len(answers.raters) < 2 or len(answers.labels) > MOST_LABELS:
        return None, ()
    if len(answers.raters) > MOST_PAIRED:
        return None, (
            f"{len(answers.raters):,} raters are too many to compare every two of them; up to "
            f"{MOST_PAIRED} are. Choose a group with --group.",
        )
    draws, _ = _draws(answers, settings)
    found = pairwise_kappa(answers, rng=rng, draws=draws)
    return found, found.remarks

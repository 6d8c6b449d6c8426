"""Scores of a prediction against the truth."""

from nuclarium.evaluate.counts import MatchCounts, NucleusCounts
from nuclarium.evaluate.intervals import compare, summarise
from nuclarium.evaluate.matching import OverlapTable, match, overlap_table
from nuclarium.evaluate.overlap import OverlapCounts
from nuclarium.evaluate.pairing import pair_by_name
from nuclarium.evaluate.presentation import (
    format_comparison,
    format_summary,
    summary_to_dict,
)
from nuclarium.evaluate.scores import SCORES, THRESHOLDS, ImageScores, score, score_volume

__all__ = [
    "SCORES",
    "THRESHOLDS",
    "ImageScores",
    "MatchCounts",
    "NucleusCounts",
    "OverlapCounts",
    "OverlapTable",
    "compare",
    "format_comparison",
    "format_summary",
    "match",
    "overlap_table",
    "pair_by_name",
    "score",
    "score_volume",
    "summarise",
    "summary_to_dict",
]

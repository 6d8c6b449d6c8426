"""Tables of scores read well in a terminal, and fit into JSON."""

import json

import numpy as np
import pytest

from nuclarium.evaluate import (
    SCORES,
    compare,
    format_comparison,
    format_summary,
    score,
    summarise,
    summary_to_dict,
)


@pytest.fixture
def scores():
    truth = np.array([[1, 1, 0, 2]])
    return [score(truth, truth), score(np.array([[1, 0, 0, 0]]), truth)]


def test_summary_is_aligned(scores, rng):
    text = format_summary(summarise(scores, rng=rng, resamples=20), images=2)
    title, head, *rows = text.splitlines()
    assert (title, head.split()[:2]) == ("2 images", ["score", "pooled"])
    assert rows[0].split()[:2] == ["dice", "0.800"]
    assert len({row.index(row.split()[1]) for row in rows if "+" not in row}) <= 2


def test_comparison_says_signs_and_p(scores, rng):
    text = format_comparison(compare(scores, scores, rng=rng, resamples=20), ("old", "new"))
    row = " ".join(text.splitlines()[1].split())
    assert row == "dice 0.800 0.800 +0.000 +0.000 to +0.000 1.000"


def test_unknown_is_a_dash_and_null(scores, rng):
    summary = summarise(scores[:1], rng=rng, resamples=20)
    assert "–" in format_summary(summary, images=1)
    plain = summary_to_dict(summary)
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["dice"]["low"] is None
    assert plain["dice"]["images"] == 1
    assert list(plain) == list(SCORES)

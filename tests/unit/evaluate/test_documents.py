"""Every score is defined in the documents."""

from pathlib import Path

import pytest

from nuclarium.evaluate import SCORES

PAGE = Path(__file__).parents[3] / "docs" / "scores.md"


@pytest.mark.parametrize("name", SCORES)
def test_score_is_documented(name):
    family, _, threshold = name.partition("@")
    is_step = family == "average_precision" and ":" not in threshold
    shown = "`average_precision@0.50` … `@0.95`" if is_step else f"`{name}`"
    assert shown in PAGE.read_text("utf-8")

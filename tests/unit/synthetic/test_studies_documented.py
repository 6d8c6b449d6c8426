"""docs/studies.md says what is planted, with the numbers that are in the code."""

import re
from pathlib import Path

import numpy as np
import pytest

from nuclarium.synthetic.raters import study
from nuclarium.synthetic.raters_spec import ARMS, GROUPS, StudySpec

PAGE = (Path(__file__).parents[3] / "docs" / "studies.md").read_text("utf-8")
WORDS = " ".join(PAGE.split())


def test_every_column_of_marks_truth_and_raters_is_documented():
    made = study(StudySpec(fields=1), np.random.default_rng(0))
    documented = set(re.findall(r"`(\w+)`", PAGE))
    assert set(made.marks.columns) | set(made.origin.columns) <= documented
    assert {"difficulty", "visibility", "nucleus"} | set(made.confusion.columns) <= documented


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_every_arm_is_documented(arm):
    assert arm.name in WORDS
    if arm.suggested:
        rights = f"{arm.suggested:.0%}".replace("%", " %")
        assert rights in WORDS
        assert f"{arm.accuracy:.0%}".replace("%", " %") in WORDS


def test_the_standard_study_is_documented_with_its_numbers():
    spec = StudySpec()
    for said in (
        f"{spec.fields} fields of {spec.size_px} × {spec.size_px} px",
        f"{sum(group.count for group in GROUPS)} raters ({GROUPS[0].count} senior and "
        f"{GROUPS[1].count} junior pathologists, {GROUPS[2].count} non-pathologists)",
        f"in {spec.inside * 100:.0f} % of cases",
        f"times {spec.difficulty}",
        f"{spec.common_error * 100:.0f} % of errors go where everybody's",
        f"accepts {spec.accept_good * 100:.0f} % of good outlines and {spec.accept_bad * 100:.0f} % "
        "of bad",
        f"repeats {spec.repeated * 100:.0f} % of the fields",
    ):
        assert said in WORDS

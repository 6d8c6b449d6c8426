"""The code on the page of anchors runs, and gives what the page says."""

import re
from pathlib import Path

import numpy as np

PAGE = Path(__file__).parents[3] / "docs" / "anchors.md"


def test_code_of_the_page_runs_from_the_first_to_the_last_block():
    names = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        exec(block, names)
    anchors = names["anchors"]
    assert len(anchors) == len(names["suggested"]) == len(names["scores"])
    assert names["answers"].items == anchors.ids
    assert names["scores"]["dice"].median() > 0.8
    is_judged = ~np.isnan(names["is_right"])
    assert is_judged.any()
    assert not is_judged.all()


def test_simulated_nuclei_that_were_marked_are_found_again():
    from nuclarium.raters.anchors.clusters import find_anchors
    from nuclarium.raters.read_marks import read_marks
    from nuclarium.synthetic.raters import StudySpec, study

    made = study(StudySpec(fields=3), np.random.default_rng(1))
    marks = read_marks(made.marks)
    anchors = find_anchors(marks)
    nucleus = made.origin["nucleus"].to_numpy()[marks.row]
    pairs, shared = np.unique(
        np.stack([anchors.cluster.astype(str), nucleus.astype(str)]), axis=1, return_counts=True
    )
    of_anchor = np.bincount(anchors.cluster)[pairs[0].astype(int)]
    of_nucleus = np.array([(nucleus == name).sum() for name in pairs[1]])
    found = set(pairs[1][2 * shared > of_anchor + of_nucleus - shared])
    marked = set(made.truth["nucleus"]) & set(nucleus)
    assert len(found & marked) >= 0.98 * len(marked)

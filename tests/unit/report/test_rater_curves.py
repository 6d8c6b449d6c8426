from xml.etree import ElementTree

import numpy as np
import pandas as pd

from nuclarium.report.rater_curves import curves_figure

TABLE = pd.DataFrame(
    {
        "score": ["detection_f1"] * 2 + ["auroc_micro"] * 2,
        "k": [2, 3, 2, 3],
        "mean": [0.8, 0.9, np.nan, np.nan],
        "low": [0.7, 0.85, np.nan, np.nan],
        "high": [0.9, 0.95, np.nan, np.nan],
    }
)


def parts(svg, name):
    return ElementTree.fromstring(svg).iter(f"{{http://www.w3.org/2000/svg}}{name}")


def test_every_case_has_a_line_and_a_band_and_its_name():
    svg = curves_figure({"all": TABLE, "pathologists & others": TABLE})
    assert len(list(parts(svg, "polyline"))) == len(list(parts(svg, "polygon"))) == 2
    texts = [text.text for text in parts(svg, "text")]
    assert {"all", "pathologists & others", "raters", "F1 of detection"} <= set(texts)


def test_a_score_that_is_nowhere_defined_has_no_panel():
    texts = [text.text for text in parts(curves_figure({"all": TABLE}), "text")]
    assert not any("AUROC" in text for text in texts)


def test_higher_values_are_drawn_higher():
    (line,) = parts(curves_figure({"all": TABLE}), "polyline")
    (_, first), (_, second) = (map(float, p.split(",")) for p in line.get("points").split())
    assert second < first

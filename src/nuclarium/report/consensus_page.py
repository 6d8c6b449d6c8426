"""The page of a consensus: one self-contained HTML file of figures, galleries and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from nuclarium.report.consensus_figures import MOST_RATERS, ConsensusNumbers, consensus_figures
from nuclarium.report.consensus_maps import MOST_LABELS
from nuclarium.report.page import TEMPLATES, template_environment
from nuclarium.report.palette import SHADES


@dataclass(frozen=True)
class ConsensusFacts:
    """What the page says beside the numbers.

    Parameters
    ----------
    title : str
    started : datetime
    version : str
        Of the program.
    tiles : dict of str to str
        What is counted → how many.
    findings, remarks : tuple of str
        What came out, and what was odd or limits it.
    settings : dict of str to str
    files : tuple of (name, hash)
    links : dict of str to path
        Relative to the page.
    judged_by : str
        What raters are judged against, such as "the truth of all raters".
    has_detection : bool
        Whether raters could leave nuclei undetected.
    is_synthetic : bool
        Whether ratings were made by computation.
    methods, command : str
        A paragraph for a paper; what was typed.
    """

    title: str
    started: datetime
    version: str
    tiles: Mapping[str, str]
    findings: tuple[str, ...]
    remarks: tuple[str, ...]
    settings: Mapping[str, str]
    files: tuple[tuple[str, str], ...]
    links: Mapping[str, PurePath | str] = field(default_factory=dict)
    judged_by: str = ""
    has_detection: bool = False
    is_synthetic: bool = False
    methods: str = ""
    command: str = ""


def render_consensus(facts: ConsensusFacts, numbers: ConsensusNumbers) -> str:
    """Return the page as HTML, with everything it needs inside and no script."""
    template = template_environment().get_template("consensus.html.j2")
    names = ("page.css", "comparison.css", "consensus.css")
    style = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
    text = template.render(
        facts=facts,
        style=style,
        figures=consensus_figures(numbers),
        n_raters=len(numbers.raters),
        labels=numbers.confusions.labels if numbers.confusions else (),
        most_raters=MOST_RATERS,
        most_labels=MOST_LABELS,
        shades=SHADES,
    )
    return text.encode("utf-8", "replace").decode()

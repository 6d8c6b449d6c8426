"""A synthetic rating study on disk: marks of many raters, what was planted, pictures of fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

import nuclarium
from nuclarium.core.errors import SettingsError
from nuclarium.io.write import write_json, write_table, write_text, written_whole
from nuclarium.synthetic.raters import Study, study
from nuclarium.synthetic.raters_picture import field_picture
from nuclarium.synthetic.raters_spec import ARMS, GROUPS, Arm, Group, StudySpec
from nuclarium.synthetic.raters_tables import field_names
from nuclarium.workspace.sample_folder import check_free

_MARK = "planted.json"
_TABLES = ("marks", "origin", "truth", "lookalikes", "raters", "confusion", "suggestions")


@dataclass(frozen=True, slots=True)
class RaterStudy:
    """What study is made: see `StudySpec`, with a seed from 0, and whether pictures are drawn."""

    spec: StudySpec = field(default_factory=StudySpec)
    seed: int = 1
    pictures: bool = True


def rater_study(
    *,
    seed: int = 1,
    fields: int | None = None,
    raters: str | None = None,
    arms: str | None = None,
    no_images: bool = False,
) -> RaterStudy:
    """Return settings from what a user writes.

    Parameters
    ----------
    seed, fields : int
    raters : str, optional
        How many of which group, such as ``SP=3,JP=4,NP=18``.
    arms : str, optional
        Some of the arms, such as ``U-control,E``.

    Raises
    ------
    SettingsError
        If a group or an arm is not known, or nobody rates.
    """
    spec = StudySpec()
    return RaterStudy(
        StudySpec(
            fields=spec.fields if fields is None else fields,
            groups=spec.groups if raters is None else _groups(raters),
            arms=spec.arms if arms is None else _arms(arms),
        ),
        seed,
        not no_images,
    )


def _groups(text: str) -> tuple[Group, ...]:
    known, counts = {group.name: group for group in GROUPS}, {}
    for part in text.split(","):
        found = re.fullmatch(r"\s*(\w+)\s*=\s*(\d{1,5})\s*", part)
        if found is None or found[1] not in known or found[1] in counts:
            raise SettingsError(
                "--raters must say how many of which group, such as SP=3,JP=4,NP=18, with groups "
                f"{', '.join(known)}, but got {text!r}."
            )
        counts[found[1]] = int(found[2])
    return tuple(replace(known[name], count=count) for name, count in counts.items())


def _arms(text: str) -> tuple[Arm, ...]:
    known = {arm.name: arm for arm in ARMS}
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise SettingsError(f"--arms must be some of {', '.join(known)}, but got {unknown[0]!r}.")
    return tuple(known[name] for name in names)


def write_rater_study(
    folder: Path,
    settings: RaterStudy,
    *,
    overwrite: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Make a synthetic rating study; the folder appears when all of it is there.

    Parameters
    ----------
    folder : Path
        New, or empty; with `overwrite`, one that an earlier study is in, which is removed.
    settings : RaterStudy
    advance : callable
        Called with 1 when a picture is written.

    Returns
    -------
    summary : dict
        What `nuclarium sample raters --json` prints.

    Raises
    ------
    OutputError
        If something else is in the folder, or the file system refuses.
    """
    check_free(folder, "a synthetic rating study", [_MARK, "confusion.csv"], overwrite=overwrite)
    made = study(settings.spec, np.random.default_rng(settings.seed))
    with written_whole(folder) as part:
        part.mkdir()
        for name in _TABLES:
            write_table(part / f"{name}.csv", getattr(made, name))
        if settings.pictures:
            _write_pictures(part / "images", made, settings.seed, advance)
        summary = _summary(made, settings)
        write_json(part / _MARK, summary | {"study": asdict(settings.spec)})
        write_text(part / "README.txt", _readme(made, settings))
    return summary | {"folder": str(folder), "marks_table": str(folder / "marks.csv")}


def _write_pictures(folder: Path, made: Study, seed: int, advance: Callable[[int], None]) -> None:
    folder.mkdir()
    said = PngImagePlugin.PngInfo()
    said.add_text("Description", "SYNTHETIC, computed by nuclarium; not a microscope image")
    for number, name in enumerate(field_names(made.spec.fields)):
        pixels = field_picture(
            made.spec, made.things, number, np.random.default_rng([seed, number])
        )
        Image.fromarray(pixels).save(folder / f"{name}.png", pnginfo=said)
        advance(1)


def _summary(made: Study, settings: RaterStudy) -> dict[str, Any]:
    marks = made.marks[made.marks["label"] != ""]
    return {
        "synthetic": True,
        "nuclarium": nuclarium.__version__,
        "seed": settings.seed,
        "fields": made.spec.fields,
        "nuclei": len(made.truth),
        "raters": made.raters.groupby("group", sort=False).size().to_dict(),
        "marks": len(marks),
        "marks_by_arm": marks.groupby("arm", sort=False).size().to_dict(),
    }


def _readme(made: Study, settings: RaterStudy) -> str:
    skill = made.raters.groupby("group", sort=False)["skill"].agg(["size", "mean"])
    lines = [
        "A SYNTHETIC RATING STUDY: raters, marks and pictures are computed, not observed.",
        "",
        f"Made by nuclarium {nuclarium.__version__} (nuclarium sample raters), seed "
        f"{settings.seed}. A figure made from these files must say that they are synthetic.",
        "",
        "marks.csv        every mark of every rater in every arm; what a lab would have",
        "images/          the fields, 0.2 um a pixel" if settings.pictures else "",
        "",
        "What was planted:",
        "truth.csv        the nuclei: field, class, box, outline",
        "lookalikes.csv   things that only look like a nucleus",
        "origin.csv       which nucleus (or lookalike, or nothing) each row of marks.csv marks",
        "raters.csv       raters, their groups, skill and habits",
        "confusion.csv    chance of every answer, by rater, arm and truth",
        "suggestions.csv  what the arms suggested",
        "planted.json     seed, version, and every setting of the study",
        "",
        "group   raters   mean skill (right class of a marked nucleus, averaged over classes)",
        *(f"{name:<7} {row['size']:>6.0f}   {row['mean']:.2f}" for name, row in skill.iterrows()),
        "",
        "Columns and method: docs/studies.md of nuclarium.",
        "",
    ]
    return "\n".join(lines)

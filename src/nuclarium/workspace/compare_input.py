"""From a folder of results and a sheet to nuclei whose condition and group are known."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.workspace.compare_sheet import Sheet, match_images, read_sheet
from nuclarium.workspace.layout import RUN_RECORD
from nuclarium.workspace.project import IMAGES_TABLE, Project
from nuclarium.workspace.project_settings import SETTINGS_FILE

_CHANNEL_FEATURES = ("intensity_mean", "intensity_sum", "texture_contrast", "texture_correlation")
_SYNTHETIC = re.compile(r"(?<![a-z])synthetic(?![a-z])", re.I)
_YES = ("1", "true", "yes", "y")


@dataclass(frozen=True)
class Sources:
    """Where a comparison reads from and writes to."""

    results: Path
    sheet: Path
    out: Path
    project: Project | None


@dataclass(frozen=True, eq=False)
class Nuclei:
    """Nuclei of all images that take part.

    Parameters
    ----------
    table : DataFrame
        One row a nucleus; `image` is the name of its image, and the intensities and textures of
        the channel of the nuclei have names without it.
    images : DataFrame
        One row an image, by name: condition, group, synthetic; nuclei or none.
    records : dict of str to dict
        What ``run.json`` says of each image.
    run : dict
        What it says of the run.
    remarks : list of str
        What was found on the way.
    """

    table: pd.DataFrame
    images: pd.DataFrame
    records: Mapping[str, dict[str, Any]]
    run: Mapping[str, Any]
    remarks: list[str] = field(default_factory=list)

    @property
    def suffix(self) -> str:
        """``um`` or ``px``: the unit of lengths."""
        return "um" if "centroid_y_um" in self.table else "px"

    @property
    def are_sections(self) -> bool:
        """Whether rows are nuclei in slices of stacks, so that a nucleus has several."""
        return "z" in self.table and bool(self.table["z"].nunique() > 1)

    @property
    def is_joined(self) -> bool:
        """Whether rows are nuclei in three dimensions, of stacks whose slices were joined."""
        return "centroid_z_px" in self.table


def find_sources(workspace: Path, sheet: Path | None, out: Path | None) -> Sources:
    """Say where results and sheet of a workspace are.

    Raises
    ------
    InputNotFoundError, SettingsError
        If there is no folder, no results in it, or no sheet.
    """
    if not workspace.is_dir():
        raise InputNotFoundError(
            f"There must be a project or a folder of results at {workspace}, but there is none."
        )
    project = Project.open(workspace) if (workspace / SETTINGS_FILE).is_file() else None
    results = workspace / "results" if project else workspace
    if not (results / RUN_RECORD).is_file():
        raise InputNotFoundError(
            f"{results} must hold results of `nuclarium segment`, but there is no {RUN_RECORD}. "
            f"Segment the images first: nuclarium segment IMAGES --out {results}"
        )
    if sheet is None and project is None:
        raise SettingsError(
            f"{workspace} is a folder of results and not a project, so --sheet must say which "
            "image is of which condition: a CSV with the columns image, condition and group."
        )
    return Sources(
        results,
        sheet or workspace / IMAGES_TABLE,
        out or workspace / "comparison",
        project,
    )


def load_nuclei(sources: Sources, *, by: str, group: str | None) -> Nuclei:
    """Read the nuclei of a folder of results, and where each image belongs.

    Parameters
    ----------
    sources : Sources
    by : str
        Column of the sheet with the conditions.
    group : str or None
        Column with the groups; None takes ``group`` if it is there, and else each image by itself.
    """
    run = _read_run(sources.results / RUN_RECORD)
    sheet = read_sheet(sources.sheet)
    row_of, missing = match_images(sheet, run["images"])
    remarks = _remarks_on_rows(sheet, missing, run, row_of)
    images = _images(sheet, row_of, run["images"], by, group, remarks)
    records = {record["name"]: record for record in run["images"] if record["name"] in images.index}
    table = _table(sources.results)
    table = table[table["image"].isin(set(images.index))].reset_index(drop=True)
    if not len(table):
        raise SettingsError(
            f"{sources.results} must hold nuclei to compare, but there is no nucleus in the images "
            f"that {sources.sheet.name} names. Look at the page of the results."
        )
    return Nuclei(_with_plain_channels(table, records, remarks), images, records, run, remarks)


def _read_run(path: Path) -> dict[str, Any]:
    try:
        run: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        _ = run["images"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{path} must be the record of a run of `nuclarium segment`, but it cannot be read as "
            "one. Segment the images again."
        ) from error
    return run


def _table(results: Path) -> pd.DataFrame:
    for name, read in (("nuclei.parquet", pd.read_parquet), ("nuclei.csv", pd.read_csv)):
        if (results / name).is_file():
            return read(results / name)
    raise InputNotFoundError(
        f"{results} must hold nuclei.parquet or nuclei.csv, but neither is there. Segment the "
        "images again, or name the folder of the results."
    )


def _images(
    sheet: Sheet,
    row_of: Mapping[str, int],
    records: list[dict[str, Any]],
    by: str,
    group: str | None,
    remarks: list[str],
) -> pd.DataFrame:
    condition = sheet.column(by)
    known = [r["name"] for r in records if r["name"] in row_of and condition[row_of[r["name"]]]]
    unknown = sorted({row for row in row_of.values() if not condition[row]})
    if unknown:
        remarks.append(
            f"{_rows(unknown)} of {sheet.path.name} {'has' if len(unknown) == 1 else 'have'} no "
            f"{by}; what they name was left out."
        )
    if not known:
        raise SettingsError(f"{sheet.path} must say a {by} for some image, but all are empty.")
    rows = [row_of[name] for name in known]
    synthetic = _synthetic(sheet, row_of, records)
    images = pd.DataFrame(
        {
            "condition": condition.loc[rows].to_numpy(),
            "group": _groups(sheet, group, rows, known, remarks),
            "synthetic": [synthetic[name] for name in known],
        },
        index=pd.Index(known, name="image"),
    )
    crossed = images.groupby("group")["condition"].nunique()
    if (crossed > 1).any() and not images["group"].isin(images.index).all():
        shared = ", ".join(map(str, crossed.index[crossed > 1][:3]))
        remarks.append(
            f"Groups of one name in several conditions ({shared}) are taken as different groups. "
            "If they are the same, such as one patient before and after, a paired test would tell "
            "more."
        )
    return images


def _groups(
    sheet: Sheet, group: str | None, rows: list[int], names: list[str], remarks: list[str]
) -> list[str]:
    """Name the group of each image; its own where none is known."""
    if group is None and "group" not in sheet.rows:
        given = pd.Series("", index=sheet.rows.index)
    else:
        given = sheet.column(group or "group")
    groups = [given[row] or name for row, name in zip(rows, names, strict=True)]
    alone = sum(not given[row] for row in rows)
    if alone:
        which = (
            "Each image counts" if alone == len(rows) else f"{alone} of {len(rows)} images count"
        )
        remarks.append(
            f"{which} as a group of its own, because no group is given. If several images show one "
            "colony or patient, give that as the group, or the p values are too small."
        )
    return groups


def _synthetic(
    sheet: Sheet, row_of: Mapping[str, int], records: list[dict[str, Any]]
) -> dict[str, bool]:
    """Say which images are made by computation: by the sheet, their names or their files."""
    said = {}
    for record in records:
        row = row_of.get(record["name"])
        cells = {} if row is None else sheet.rows.loc[row].to_dict()
        image, channel = record.get("image", {}), record.get("channel", {})
        texts = [
            str(cells.get("origin", "")),
            record["file"],
            str(channel.get("name", "")),
            str(image.get("channels", "")),
            str(image.get("description", "")),
            " ".join(str(note) for note in image.get("notes", ())),
        ]
        yes = str(cells.get("synthetic", "")).strip().lower() in _YES
        said[record["name"]] = yes or any(_SYNTHETIC.search(t.replace("_", " ")) for t in texts)
    return said


def _with_plain_channels(
    table: pd.DataFrame, records: Mapping[str, dict[str, Any]], remarks: list[str]
) -> pd.DataFrame:
    """Give the features of the channel of the nuclei names without it, image by image."""
    channel = {
        name: "red" if record["channel"]["is_colour"] else record["channel"]["name"]
        for name, record in records.items()
    }
    names = sorted(set(channel.values()))
    if len(names) > 1:
        remarks.append(
            f"The nuclei are in channels of different names ({', '.join(names)}); their "
            "intensities are compared as if they were one."
        )
    of_row = table["image"].map(channel)
    for feature in _CHANNEL_FEATURES:
        columns = {name: f"{feature}_{name}" for name in names if f"{feature}_{name}" in table}
        if columns:
            table[feature] = np.select(
                [of_row == name for name in columns],
                [table[column] for column in columns.values()],
                np.nan,
            )
    if "texture_contrast" not in table and "centroid_z_px" not in table:
        remarks.append("Textures were not measured by the version that made these results.")
    return table


def _remarks_on_rows(
    sheet: Sheet, missing: list[str], run: Mapping[str, Any], row_of: Mapping[str, int]
) -> list[str]:
    remarks = []
    if missing:
        shown = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        remarks.append(
            f"{_count(missing, 'row')} of {sheet.path.name} are not in the results: {shown}."
        )
    left_out = [r["name"] for r in run["images"] if r["name"] not in row_of]
    if left_out:
        shown = ", ".join(left_out[:3]) + (" …" if len(left_out) > 3 else "")
        remarks.append(
            f"{_count(left_out, 'image')} of the results have no row and were left out: {shown}."
        )
    if run.get("failures"):
        failed = [failure["file"] for failure in run["failures"]]
        remarks.append(
            f"{_count(failed, 'image')} could not be segmented and are missing: {failed[0]}."
        )
    return remarks


def _count(things: list[Any], name: str) -> str:
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def _rows(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:5])) + (" …" if len(numbers) > 5 else "")
    return f"Row{'' if len(numbers) == 1 else 's'} {shown}"


Advance = Callable[[int], None]

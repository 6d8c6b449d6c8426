"""The page of a batch, made from its records and results, so that a resumed run has the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pandas as pd

from nuclarium.core.errors import NuclariumError
from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.io import open_image
from nuclarium.measurement.channels import Channel
from nuclarium.predict.segment import shown_image
from nuclarium.predict.view import magnification_text
from nuclarium.preprocess.planes import select_planes
from nuclarium.report.page import PageImage, PageRun, Remark, render_page
from nuclarium.report.pictures import Picture, pictures_of
from nuclarium.report.summary import summarise
from nuclarium.workspace.layout import ResultPaths

_KINDS = {
    "labels": "labels",
    "outlines": "outlines for QuPath",
    "rois": "outlines for ImageJ",
    "tables": "table",
    "overlays": "overlay",
}


@dataclass(frozen=True)
class BatchFacts:
    """When a batch ran, how long, and what was typed."""

    started: datetime
    seconds: float
    command: str


def render_batch_page(folder: Path, run: dict[str, Any], facts: BatchFacts) -> str:
    """Return the page of a batch as HTML.

    Parameters
    ----------
    folder : Path
        The results.
    run : dict
        What ``run.json`` holds.
    facts : BatchFacts
    """
    images = [_page_image(folder, record, run["settings"]) for record in run["images"]]
    images += [
        PageImage(failure["file"], None, remarks=(Remark("not processed", failure["reason"]),))
        for failure in run["failures"]
    ]
    models = run["models"]
    page_run = PageRun(
        title=folder.resolve().name,
        started=facts.started,
        seconds=facts.seconds,
        version=run["environment"]["nuclarium"],
        model_name=", ".join(model["name"] for model in models) or "none",
        model_hash=models[0]["sha256"] if models else "",
        settings=_settings(run),
        links={"all nuclei (CSV)": "nuclei.csv", "record of the run": "run.json"},
        command=facts.command,
    )
    return render_page(page_run, images)


def _settings(run: dict[str, Any]) -> dict[str, str]:
    shown = {k: str(v) for k, v in run["settings"].items() if v is not None}
    return {**shown, "engine": run["environment"]["engine"]}


def _page_image(folder: Path, record: dict[str, Any], settings: dict[str, Any]) -> PageImage:
    table = pd.read_parquet(ResultPaths(folder, record["name"]).table(".parquet"))
    size, spacing = record["image"]["size_px"], record["image"]["spacing_um"]
    return PageImage(
        name=record["name"],
        n_nuclei=record["n_nuclei"],
        summary=summarise(
            _with_first(table, _shown_column(record)),
            plane_shape=(size["height"], size["width"]),
            pixel_area_um2=spacing["y"] * spacing["x"] if spacing else None,
        ),
        pictures=_pictures(folder, record, settings, table),
        links={
            f"{_KINDS[PurePath(output).parts[0]]} ({PurePath(output).suffix[1:]})": output
            for output in record["outputs"]
        },
        remarks=tuple(Remark(w["kind"], w["text"]) for w in record["warnings"]),
        facts=_facts(record),
        seconds=record["seconds"],
    )


def _shown_column(record: dict[str, Any]) -> str:
    """Mean intensity of the nuclei's channel; of a colour image, the red that stains absorb."""
    channel = record["channel"]
    return f"intensity_mean_{'red' if channel['is_colour'] else channel['name']}"


def _with_first(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the table with a column moved to the front, so that the page shows it first."""
    others = [name for name in table.columns if name != column]
    return table[[column, *others]] if column in table else table


def _facts(record: dict[str, Any]) -> dict[str, str]:
    image, channel = record["image"], record["channel"]
    spacing = image["spacing_um"]
    size = f"{image['size_px']['height']} × {image['size_px']['width']} px"
    source = image["spacing_source"]
    pixel = f"{spacing['y']:.4g} µm ({source})" if spacing else f"unknown ({source})"
    planes = record["planes"]
    return {
        "File": record["file"],
        "Format": image["format"],
        "Size": size,
        "Pixel size": pixel,
        "Channel": f"{channel['name']} ({channel['why']})",
        "Plane": planes[0] if len(planes) == 1 else f"each of {len(planes)} slices",
        "Model": f"{record['model']} ({record['model_why']})",
        "Nuclei": _view_fact(record["view"]),
    }


def _view_fact(view: dict[str, Any]) -> str:
    """Say what the network was shown: contrast, magnification and why."""
    size = f"image {magnification_text(view['magnification'])} ({view['why']})"
    if view["contrast"] is None:
        return size
    return f"{view['contrast']} ({view['contrast_why']}); {size}"


def _pictures(
    folder: Path, record: dict[str, Any], settings: dict[str, Any], table: pd.DataFrame
) -> tuple[Picture, ...]:
    """Pictures of the plane, or of the slice with most nuclei; none if the image is gone."""
    try:
        with (
            open_image(record["path"], scene=record["scene"]) as image,
            open_image(folder / record["outputs"][0]) as found,
        ):
            slices = table["z"].value_counts() if "z" in table else pd.Series(dtype=int)
            z = int(slices.index[0]) if len(slices) else 0
            mode = str(z) if settings["z"] == "each" else settings["z"]
            chosen = record["channel"]
            channel = (
                None
                if chosen["is_colour"]
                else Channel(chosen["name"], chosen["c"], chosen["sample"])
            )
            plane = select_planes(image, mode, t=settings["t"], c=chosen["c"])[0]

            def read(window: Box) -> Labels:
                return found.read(window, z=min(z, found.shape[2] - 1)).astype(np.int32)

            rows = table[table["z"] == z] if "z" in table else table
            centroids = rows[["centroid_y_px", "centroid_x_px"]].to_numpy(np.float64)
            return pictures_of(shown_image(plane, channel), read, centroids=centroids)
    except NuclariumError:
        return ()

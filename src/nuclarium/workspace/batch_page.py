"""The page of a batch, made from its records and results, so that a resumed run has the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from nuclarium.core.errors import NuclariumError
from nuclarium.core.geometry import Box
from nuclarium.core.labels import Labels
from nuclarium.io import open_image
from nuclarium.measurement.channels import Channel
from nuclarium.predict.segment import shown_image
from nuclarium.predict.view import magnification_text
from nuclarium.preprocess.planes import select_planes
from nuclarium.report.figures import encode
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


def render_batch_page(
    folder: Path,
    run: dict[str, Any],
    facts: BatchFacts,
    *,
    threads: int = 1,
    pictured: Callable[[int, int], None] = lambda done, total: None,
) -> str:
    """Return the page of a batch as HTML.

    Parameters
    ----------
    folder : Path
        The results.
    run : dict
        What ``run.json`` holds.
    facts : BatchFacts
    threads : int
        Images whose pictures are made at once.
    pictured : callable
        Called with how many images have their pictures, and how many there are.
    """
    images = []
    with ThreadPoolExecutor(threads) as pool:
        for image in pool.map(lambda it: _page_image(folder, it, run["settings"]), run["images"]):
            images.append(image)
            pictured(len(images), len(run["images"]))
    images += [
        PageImage(failure["file"], None, remarks=(Remark("not processed", failure["reason"]),))
        for failure in run["failures"]
    ]
    page_run = PageRun(
        title=folder.resolve().name,
        started=facts.started,
        seconds=facts.seconds,
        version=run["environment"]["nuclarium"],
        models=[(model["name"], model["sha256"]) for model in run["models"]],
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
    is_volume = settings["volume"]
    return PageImage(
        name=record["name"],
        n_nuclei=record["n_nuclei"],
        summary=summarise(
            _with_first(table, _shown_column(record)),
            plane_shape=(size["height"], size["width"]),
            pixel_area_um2=spacing["y"] * spacing["x"] if spacing and not is_volume else None,
        ),
        pictures=_pictures(folder, record, settings, table)
        + (_overview(folder, record) if is_volume else ()),
        links={
            f"{_KINDS[PurePath(output).parts[0]]} ({PurePath(output).suffix[1:]})": output
            for output in record["outputs"]
        },
        remarks=tuple(Remark(w["kind"], w["text"]) for w in record["warnings"]),
        facts=_facts(record, is_volume=is_volume),
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


def _facts(record: dict[str, Any], *, is_volume: bool) -> dict[str, str]:
    image, channel = record["image"], record["channel"]
    spacing = image["spacing_um"]
    size = f"{image['size_px']['height']} × {image['size_px']['width']} px"
    source = image["spacing_source"]
    pixel = f"{spacing['y']:.4g} µm ({source})" if spacing else f"unknown ({source})"
    if spacing and spacing["z"] and is_volume:
        pixel = f"{spacing['y']:.4g} µm, slices {spacing['z']:.4g} µm apart ({source})"
    planes = record["planes"]
    how = "3-D, joined from" if is_volume else "each of"
    return {
        "File": record["file"],
        "Format": image["format"],
        "Size": size,
        "Pixel size": pixel,
        "Channel": f"{channel['name']} ({channel['why']})",
        "Plane": planes[0] if len(planes) == 1 else f"{how} {len(planes)} slices",
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
            z = _fullest_slice(table)
            every = settings["z"] == "each" or settings["volume"]
            mode = str(z) if every else settings["z"]
            chosen = record["channel"]
            channel = (
                None
                if chosen["is_colour"]
                else Channel(chosen["name"], chosen["c"], chosen["sample"])
            )
            plane = select_planes(image, mode, t=settings["t"], c=chosen["c"])[0]

            def read(window: Box) -> Labels:
                return found.read(window, z=min(z, found.shape[2] - 1)).astype(np.int32)

            rows = table[_is_in(table, z)]
            centroids = rows[["centroid_y_px", "centroid_x_px"]].to_numpy(np.float64)
            shown = pictures_of(shown_image(plane, channel), read, centroids=centroids)
            if not settings["volume"]:
                return shown
            return (replace(shown[0], caption=f"Slice {z}"), *shown[1:])
    except NuclariumError:
        return ()


def _fullest_slice(table: pd.DataFrame) -> int:
    """Slice with most nuclei, the first of several; 0 where there is one plane or no nucleus."""
    if len(table) == 0 or not {"z", "bbox_z0_px"} & set(table.columns):
        return 0
    deepest = int(table["z"].max() if "z" in table else table["bbox_z1_px"].max() - 1)
    return int(np.argmax([_is_in(table, z).sum() for z in range(deepest + 1)]))


def _is_in(table: pd.DataFrame, z: int) -> npt.NDArray[np.bool_]:
    """Whether each nucleus of a table is in a slice."""
    if "z" in table:
        return np.asarray(table["z"] == z)
    if "bbox_z0_px" in table:
        return np.asarray((table["bbox_z0_px"] <= z) & (z < table["bbox_z1_px"]))
    return np.ones(len(table), bool)


def _overview(folder: Path, record: dict[str, Any]) -> tuple[Picture, ...]:
    """Picture of several slices and the cut across all, as it was written beside the labels."""
    found = cv2.imread(str(ResultPaths(folder, record["name"]).overlay))
    if found is None:
        return ()
    picture = np.ascontiguousarray(found[:, :, ::-1])
    caption = "Some slices, and the cut across all of them; a nucleus has one colour in all"
    height, width = picture.shape[:2]
    data = encode(np.asarray(picture, np.uint8), ".webp")
    return (Picture(data, width, height, caption=caption),)

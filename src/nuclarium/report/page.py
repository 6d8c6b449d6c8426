"""The page of a batch: one self-contained HTML file of counts, pictures and remarks."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePath
from urllib.parse import quote

import jinja2
import numpy as np

from nuclarium.report.charts import Chart, chart, sparkline
from nuclarium.report.numbers import count_text, duration_text, number_text
from nuclarium.report.pictures import Picture
from nuclarium.report.remarks import Remark, grouped
from nuclarium.report.summary import Bins, NucleiSummary, Values, median, round_bins, size_word

__all__ = ["PageImage", "PageRun", "Remark", "render_page"]

TEMPLATES = Path(__file__).parent / "templates"
_CHANNEL_COLUMNS = 3


@dataclass(frozen=True)
class PageImage:
    """What the page shows of one image.

    Parameters
    ----------
    name : str
        As the user knows it, usually the file name.
    n_nuclei : int or None
        None where the image could not be processed; the reason is then a remark.
    summary : NucleiSummary, optional
        Numbers of its nuclei.
    pictures : tuple of Picture
        The first is the thumbnail.
    links : dict of str to path
        What a link says → file, relative to the page.
    remarks : tuple of Remark
        Shown calmly; none is an error of the program.
    facts : dict of str to str
        What to know of the image, such as ``{"Pixel size": "0.325 µm", "Channel": "DAPI"}``.
    seconds : float, optional
        Time the image took.
    """

    name: str
    n_nuclei: int | None
    summary: NucleiSummary | None = None
    pictures: tuple[Picture, ...] = ()
    links: Mapping[str, PurePath | str] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    seconds: float | None = None


@dataclass(frozen=True)
class PageRun:
    """What the page says of the run as a whole.

    Parameters
    ----------
    title : str
        Usually the name of the folder.
    started : datetime
        Shown as it is, in the zone it has.
    seconds : float
        Time the whole run took.
    version : str
        Version of the program.
    models : sequence of (name, hash)
        Hashes are shortened to 10 characters.
    settings : dict of str to str
        Every setting that the result depends on.
    links : dict of str to path
        Results of the whole batch, relative to the page.
    methods : str
        A paragraph for a paper, if there is one.
    command : str
        What was typed, if anything.
    """

    title: str
    started: datetime
    seconds: float
    version: str
    models: Sequence[tuple[str, str]]
    settings: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, PurePath | str] = field(default_factory=dict)
    methods: str = ""
    command: str = ""


def render_page(run: PageRun, images: Sequence[PageImage]) -> str:
    """Return the page as HTML, with everything it needs inside.

    Parameters
    ----------
    run : PageRun
        The run as a whole.
    images : sequence of PageImage
        In the order of the page.
    """
    area_bins = _area_bins(images)
    channels = _channels(images)
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    html = template_environment().get_template("page.html.j2")
    text = html.render(
        run=run,
        style=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        script=script,
        script_hash=digest,
        tiles=list(_tiles(images)),
        area_units=list(area_bins),
        channels=channels[:_CHANNEL_COLUMNS],
        rows=[_row(i, image, area_bins, channels) for i, image in enumerate(images, start=1)],
        charts=list(_charts(images, area_bins, channels)),
        remarks=grouped([(image.name, image.remarks) for image in images]),
        has_density=any(_density(image) is not None for image in images),
    )
    return text.encode("utf-8", "replace").decode()


def template_environment() -> jinja2.Environment:
    """Return what fills the templates of pages: everything is escaped, nothing may be missing."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "count": count_text,
        "number": number_text,
        "duration": duration_text,
        "base64": lambda data: base64.b64encode(data).decode(),
        "href": _href,
        "size_word": size_word,
    }
    environment.filters |= filters
    return environment


def _href(path: PurePath | str) -> str:
    """Quote a relative path, so that no name of a file can act as a link of another kind."""
    text = path.as_posix() if isinstance(path, PurePath) else path
    return quote(text.encode("utf-8", "surrogateescape"), safe="/")


def _tiles(images: Sequence[PageImage]) -> Iterator[tuple[str, str]]:
    """Yield the figures at the head of the page, each with its name."""
    done = [image for image in images if image.n_nuclei is not None]
    yield "Images", count_text(len(images))
    yield "Nuclei", count_text(sum(image.n_nuclei or 0 for image in done))
    if done:
        yield "Nuclei per image, median", number_text(median(_array(i.n_nuclei for i in done)))
    for unit, summaries in _by_unit(images).items():
        middle = median(np.concatenate([s.areas for s in summaries]))
        yield f"Median {size_word(unit)} of a nucleus, {unit}", number_text(middle)
    with_remarks = sum(bool(image.remarks) for image in images)
    yield "Images worth a look", count_text(with_remarks)


def _row(
    number: int, image: PageImage, area_bins: Mapping[str, Bins], channels: Sequence[str]
) -> dict[str, object]:
    """Collect what the table and the card show of an image."""
    summary = image.summary
    shapes = []
    if summary is not None and len(summary.areas):
        shapes.append(sparkline(summary.areas, area_bins[summary.area_unit], summary.area_unit))
    return {
        "id": f"image-{number}",
        "number": number,
        "image": image,
        "area": summary.median_area if summary else None,
        "area_unit": summary.area_unit if summary else "",
        "density": _density(image),
        "intensities": {
            name: median(summary.intensities.get(name, np.zeros(0))) if summary else None
            for name in channels
        },
        "sparklines": shapes,
    }


def _charts(
    images: Sequence[PageImage], area_bins: Mapping[str, Bins], channels: Sequence[str]
) -> Iterator[Chart]:
    """Yield the distributions over the batch: areas by unit, then intensities by channel."""
    for unit, summaries in _by_unit(images).items():
        values = np.concatenate([summary.areas for summary in summaries])
        yield chart(
            f"{size_word(unit).capitalize()} of a nucleus",
            unit,
            values,
            area_bins[unit],
            len(summaries),
        )
    for name in channels[:_CHANNEL_COLUMNS]:
        parts = [i.summary.intensities.get(name) for i in images if i.summary is not None]
        found = [part for part in parts if part is not None and len(part)]
        if found:
            values = np.concatenate(found)
            title = (
                f"Mean intensity of a nucleus, {name}" if name else "Mean intensity of a nucleus"
            )
            yield chart(title, "grey values", values, round_bins(values), len(found))


def _area_bins(images: Sequence[PageImage]) -> dict[str, Bins]:
    return {
        unit: round_bins(np.concatenate([summary.areas for summary in summaries]))
        for unit, summaries in _by_unit(images).items()
    }


def _by_unit(images: Iterable[PageImage]) -> dict[str, list[NucleiSummary]]:
    """Sort the summaries with nuclei by their unit of area: the two kinds never mix."""
    groups: dict[str, list[NucleiSummary]] = {}
    for image in images:
        if image.summary is not None and len(image.summary.areas):
            groups.setdefault(image.summary.area_unit, []).append(image.summary)
    return dict(sorted(groups.items(), reverse=True))


def _channels(images: Iterable[PageImage]) -> list[str]:
    summaries = (image.summary for image in images if image.summary is not None)
    return list(dict.fromkeys(name for summary in summaries for name in summary.intensities))


def _density(image: PageImage) -> float | None:
    return image.summary.density_per_mm2 if image.summary else None


def _array(values: Iterable[float | None]) -> Values:
    return np.array([value for value in values if value is not None], np.float64)

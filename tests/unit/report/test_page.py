"""The page: complete in itself, safe with any name, exact in what it says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import PurePosixPath, PureWindowsPath

import numpy as np
import pandas as pd
import pytest

from nuclarium.report.page import PageImage, PageRun, Remark, render_page
from nuclarium.report.pictures import picture_of
from nuclarium.report.summary import summarise

RUN = PageRun(
    title="Plate 12",
    started=datetime(2026, 3, 4, 10, 22),
    seconds=75,
    version="0.1.0",
    models=[("fluorescence-1", "3f2a91c4d5e6f7a8b9")],
    settings={"Smallest nucleus": "20 px"},
)
NO_SPACING = Remark("no pixel size", "The file does not say how large a pixel is.")


class Page(HTMLParser):
    """Tags of a page with their attributes, and its text outside scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def an_image(name: str = "a.tif", *, pixel_area: float | None = 0.25, **fields) -> PageImage:
    labels = np.zeros((60, 60), np.int32)
    labels[10:30, 10:30] = 1
    labels[40:50, 40:50] = 2
    column = "area_px" if pixel_area is None else "area_um2"
    table = pd.DataFrame({column: [100.0, 25.0], "intensity_mean_DAPI": [7.0, 9.0]})
    return PageImage(
        name=name,
        n_nuclei=2,
        summary=summarise(table, plane_shape=(60, 60), pixel_area_um2=pixel_area),
        pictures=(picture_of(labels.astype(np.uint8) * 50, labels),),
        **fields,
    )


def rendered(*images: PageImage, run: PageRun = RUN) -> Page:
    return Page(render_page(run, images))


def test_the_head_says_what_was_run_and_when():
    text = rendered(an_image()).text
    for said in ("Plate 12", "4 March 2026, 10:22", "1 min 15 s", "fluorescence-1", "3f2a91c4d5"):
        assert said in text
    assert "3f2a91c4d5e" not in text


def test_everything_is_inside_the_page():
    page = rendered(an_image(links={"Table": PurePosixPath("a/nuclei.csv")}))
    assert not page.all("link")
    sources = [a[key] for _, a in page.tags for key in ("src", "xlink:href") if key in a]
    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert {a["href"] for a in page.all("a")} == {"#images", "#image-1", "a/nuclei.csv"}


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.tif",
        '"><img src=x onerror=alert(1)>.tif',
        "{{ 7 * 7 }}.tif",
        "javascript:alert(1)",
        "</title><svg onload=alert(1)>",
        "ns\u202egnp.tif",
    ],
)
def test_hostile_names_are_only_text(name):
    clean, page = (
        rendered(an_image()),
        rendered(
            an_image(
                name, links={"Table": name}, remarks=(Remark(name, name),), facts={name: name}
            ),
            run=PageRun(
                name, RUN.started, 1, name, [(name, name)], {name: name}, {name: name}, name, name
            ),
        ),
    )
    assert name in page.text
    assert len(page.all("script")) == 1
    assert len(page.all("img")) == len(clean.all("img"))
    assert not [k for _, a in page.tags for k in a if k.startswith("on")]
    assert not [a["href"] for a in page.all("a") if ":" in (a["href"] or "")]


def test_every_model_of_a_batch_is_named_with_its_own_hash():
    run = replace(RUN, models=[("fluo", "a1b2c3d4e5f6"), ("he", "0987654321ab")])
    text = " ".join(rendered(an_image(), run=run).text.split())
    assert "Models fluo a1b2c3d4e5 , he 0987654321" in text.replace("5,", "5 ,")


def test_no_script_but_ours_may_run():
    html = render_page(RUN, [an_image()])
    policy = next(a for a in Page(html).all("meta") if "http-equiv" in a)["content"]
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[\w+/=]+'", policy)


def test_names_that_are_not_unicode_can_be_shown_and_linked():
    html = render_page(RUN, [an_image("caf\udce9.tif", links={"Table": "caf\udce9.csv"})])
    assert "caf?.tif" in html
    assert 'href="caf%E9.csv"' in html


def test_windows_paths_become_links():
    html = render_page(RUN, [an_image(links={"Table": PureWindowsPath(r"a b\nuclei.csv")})])
    assert 'href="a%20b/nuclei.csv"' in html


def test_areas_in_different_units_are_never_mixed():
    text = rendered(an_image(), an_image("b.tif", pixel_area=None)).text
    assert "Median area of a nucleus, µm²" in text
    assert "Median area of a nucleus, px" in text
    assert "Median area, µm²" in text
    assert "Median area, px" in text


def test_an_image_that_failed_is_listed_with_its_reason():
    failed = PageImage("b.czi", None, remarks=(Remark("not read", "The file ends too early."),))
    text = rendered(an_image(), failed).text
    assert "Not processed" in text
    assert text.count("The file ends too early.") == 2


def test_remarks_of_many_images_are_said_once():
    images = [an_image(f"{i}.tif", remarks=(NO_SPACING,)) for i in range(5)]
    html = render_page(RUN, images)
    head = html.split('id="table-title"')[0]
    assert head.count(NO_SPACING.text) == 1
    assert "5 images" in head


def test_remarks_of_one_kind_stand_together_each_with_its_sentence():
    images = [an_image(f"{i}.tif", remarks=(Remark("saturated", f"{i} %"),)) for i in range(5)]
    head = render_page(RUN, images).split('id="table-title"')[0]
    assert head.count("Saturated") == 1
    assert all(f"</a>: {i} %" in head for i in range(5))


def test_pictures_have_words_and_outlines_of_their_own():
    page = rendered(an_image("a.tif"))
    assert page.all("img")[0]["alt"] == "Whole image of a.tif"
    assert len([a for a in page.all("svg") if "outlines" in (a["class"] or "")]) == 1


@pytest.mark.parametrize("images", [(), (PageImage("a.tif", 0),)])
def test_a_batch_without_nuclei_has_a_page(images):
    assert "Plate 12" in rendered(*images).text


def test_ids_are_unique():
    page = rendered(*[an_image(f"{i}.tif") for i in range(3)])
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))


def test_a_page_of_many_images_stays_small(rng):
    pixels = rng.normal(100, 20, (1000, 1000)).astype(np.uint16)
    labels = np.kron(np.arange(1, 401).reshape(20, 20), np.ones((50, 50))).astype(np.int32)
    labels[::50] = labels[:, ::50] = 0
    image = PageImage("a.tif", 400, pictures=(picture_of(pixels, labels),))
    assert len(render_page(RUN, [image] * 20)) / 20 < 150_000

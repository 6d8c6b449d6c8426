"""A slide in the browser: from the whole of it to a nucleus, and a field of what is in view."""

import re

import numpy as np
import pytest
import tifffile

SIDE = 3000


@pytest.fixture(scope="module")
def slide(tmp_path_factory):
    """Colours that say where they are, in tiles with a pyramid, 0.25 µm a pixel."""
    y, x = np.mgrid[:SIDE, :SIDE] * 255 // SIDE
    pixels = np.stack([x, y, np.full_like(x, 128)], axis=-1).astype(np.uint8)
    path = tmp_path_factory.mktemp("slide") / "slide.tif"
    options = {"tile": (256, 256), "photometric": "rgb", "compression": "zlib", "metadata": None}
    with tifffile.TiffWriter(path) as tif:
        for level in range(4):
            per_cm = 40_000 / 2**level
            resolution = {"resolution": (per_cm, per_cm), "resolutionunit": "centimeter"}
            kind = {"subfiletype": 1} if level else {"subifds": 3}
            tif.write(pixels[:: 2**level, :: 2**level], **options, **resolution, **kind)
    return path


def test_field_of_what_is_in_view_is_kept_and_opens_where_it_lies(serve, enter, slide):
    page = enter(serve(slide))
    page.get_by_role("link", name="slide").get_by_text("3000 × 3000 · 0.25 µm/px").click()
    page.locator("header .title", has_text="slide").wait_for()
    make = page.get_by_role("button", name="New field of what is in view")
    make.wait_for()
    page.locator(".viewer").hover(position={"x": 400, "y": 300})
    page.mouse.wheel(0, -600)
    page.get_by_role("button", name="1:1").click()
    page.wait_for_timeout(300)
    make.click()
    page.wait_for_url(re.compile("#/document/d-"))
    page.locator(".fields a[aria-current]", has_text="µm ×").wait_for()
    document = page.url.rsplit("/", 1)[1]
    stored = page.request.get(f"{page.url.split('/#')[0]}/api/documents/{document}").json()
    x0, y0, x1, y1 = stored["box"]
    viewer = page.locator(".viewer").bounding_box()
    assert (x1 - x0, y1 - y0) == pytest.approx((viewer["width"], viewer["height"]), abs=2)
    assert 0 < x0 < x1 < SIDE
    assert 0 < y0 < y1 < SIDE
    page.reload()
    page.locator(".fields a[aria-current]", has_text="µm ×").wait_for()
    page.wait_for_function("() => document.querySelector('output.zoom').textContent === '90 %'")
    page.locator(".viewer").hover(position={"x": viewer["width"] / 2, "y": viewer["height"] / 2})
    where = page.locator("output.where", has_text="x ").inner_text()
    x, y = map(int, re.findall(r"\d+", where))
    assert (x, y) == pytest.approx(((x0 + x1) / 2, (y0 + y1) / 2), abs=2)
    page.get_by_role("link", name="The whole slide").click()
    page.wait_for_url(re.compile("#/image/"))

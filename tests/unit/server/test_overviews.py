"""Large planes without a pyramid: what is shown at once, and what is kept."""

import io
import threading

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from tests.studio import Browser, served, until

from nuclarium.core.errors import OutputError
from nuclarium.core.geometry import Box
from nuclarium.io import open_image
from nuclarium.server import tile_pixels
from nuclarium.server.overview_files import OverviewFolder, write_pyramid
from nuclarium.server.overview_pass import first_level, pieces, sketch_of, small_plane
from nuclarium.server.shelf import ImageShelf
from nuclarium.server.tile_grid import FIRST_PLANE
from nuclarium.server.tile_wish import TileWish
from nuclarium.server.tiles import TilePainter
from nuclarium.workspace.import_images import import_images

SIDE = 2600


def plane_of(dtype=np.uint16):
    """Slow waves with noise, so that a sketch of windows is near the truth."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE] / 400
    plane = 2000 + 1500 * np.sin(y) * np.cos(x) + rng.normal(0, 50, (SIDE, SIDE))
    return (plane / (1 if dtype == np.uint16 else 16)).astype(dtype)


def means_of(plane, level):
    """The mean over whole blocks, by its definition."""
    side = 1 << level
    whole = plane[: SIDE // side * side, : SIDE // side * side].astype(float)
    return whole.reshape(SIDE // side, side, SIDE // side, side, -1).mean(axis=(1, 3)).squeeze()


@pytest.fixture
def slide(tmp_path, monkeypatch):
    """A studio with a plane that counts as large, in 16 bits, in tiles, without a pyramid."""
    monkeypatch.setattr(tile_pixels, "READ_WHILE_WAITING", 1_000_000)
    with served(tmp_path) as app:
        file = tmp_path / "files" / "slide.tif"
        tifffile.imwrite(file, plane_of(), tile=(240, 240), compression="zlib")
        project = app.state.studio.project
        import_images(project, [file])
        image = next(i for i in app.state.studio.shelf.images() if i.raw.name == "slide")
        yield app, image


def picture(answer):
    assert answer.status_code == 200, answer.text
    return np.asarray(Pillow.open(io.BytesIO(answer.content)))


def test_sketch_is_shown_at_once_then_the_overview_which_a_restart_finds(slide):
    app, image = slide
    studio, viewer = app.state.studio, Browser(app, "viewer")
    thumbnail = viewer.get(f"images/{image.id}/thumbnail")
    assert (thumbnail.headers["x-overview"], thumbnail.headers["cache-control"]) == (
        "0.000",
        "no-store",
    )
    assert not studio.shelf.overview_folder.exists(), "a start page reads no slide"
    look = "c=0:0:4095:1:FFFFFF"
    expected = means_of(plane_of(), 4) * (255 / 4095)
    sketch = picture(viewer.get(f"images/{image.id}/tiles/4/0/0?{look}"))
    assert np.abs(sketch[:162, :162] - expected).mean() < 12
    until(lambda: len(list(studio.shelf.overview_folder.glob("*.tif"))) == 1)
    tile = viewer.get(f"images/{image.id}/tiles/4/0/0?{look}")
    assert "x-overview" not in tile.headers
    assert tile.headers["cache-control"].startswith("private, max-age")
    assert np.abs(picture(tile)[:162, :162] - expected).max() <= 1
    assert "x-overview" not in viewer.get(f"images/{image.id}/thumbnail").headers
    shelf = ImageShelf(studio.project, studio.store)
    again = TilePainter(shelf)
    assert again.tile(TileWish(image.id, 4, 0, 0)).made == 1, "nothing is read again"
    again.close()
    shelf.close()


def test_overview_that_cannot_be_kept_is_shown_all_the_same(slide, monkeypatch, caplog):
    app, image = slide

    def full(*_):
        raise OutputError("The disk is full.")

    monkeypatch.setattr(OverviewFolder, "keep", full)
    wish, tiles = TileWish(image.id, 4, 0, 0), app.state.studio.tiles
    assert tiles.tile(wish).made == 0
    until(lambda: tiles.tile(wish).made == 1)
    assert "The disk is full" in caplog.text


def test_pass_over_a_file_ends_with_the_server(slide, monkeypatch):
    app, image = slide
    begun = threading.Event()

    def endless(image, place, sketch, told, is_ended):
        begun.set()
        until(is_ended)

    monkeypatch.setattr("nuclarium.server.overviews.small_plane", endless)
    tiles = app.state.studio.tiles
    tiles.tile(TileWish(image.id, 4, 0, 0))
    assert begun.wait(10)
    tiles.close()
    assert "overviews" not in {thread.name for thread in threading.enumerate()}
    assert not list(app.state.studio.shelf.overview_folder.glob("*"))


@pytest.mark.parametrize(
    "stored",
    [
        {"tile": (240, 240), "compression": "zlib"},
        {"rowsperstrip": 7, "compression": "zlib"},
        {"rowsperstrip": 100},
    ],
)
@pytest.mark.parametrize("samples", [1, 3])
def test_small_plane_is_the_mean_however_the_file_is_stored(tmp_path, monkeypatch, stored, samples):
    monkeypatch.setattr("nuclarium.server.overview_pass._WIDEST_TILE", 1000)
    plane = plane_of(np.uint8)
    pixels = plane if samples == 1 else np.stack([plane, plane[::-1], 255 - plane], axis=-1)
    tifffile.imwrite(
        tmp_path / "a.tif", pixels, photometric=("", "minisblack", "", "rgb")[samples], **stored
    )
    shares = []
    with open_image(tmp_path / "a.tif") as image:
        level = 1
        assert first_level(image, FIRST_PLANE) == level, "nothing small is needed beyond 2048 px"
        boxes = list(pieces(image, 4))
        hits = np.zeros((163, 163), int)
        for box in boxes:
            hits[box.slices] += 1
        assert (hits == 1).all()
        sketch = sketch_of(image, FIRST_PLANE)
        found = small_plane(
            image, FIRST_PLANE, sketch, lambda _, made: shares.append(made), lambda: False
        )
    assert (shares[0], shares[-1]) == (0, 1)
    assert np.abs(found[:1300, :1300] - means_of(pixels, level)).max() <= 0.5


def test_folder_of_overviews_is_bounded_and_the_oldest_goes(tmp_path):
    folder = OverviewFolder(tmp_path / "overviews", most_bytes=0)
    rng = np.random.default_rng(0)
    plane = rng.integers(0, 4096, (600, 500), dtype=np.uint16)
    folder.keep(tmp_path / "overviews" / "a.tif", plane)
    folder.keep(tmp_path / "overviews" / "b.tif", plane)
    assert [path.name for path in folder.folder.iterdir()] == ["b.tif"]
    with tifffile.TiffFile(folder.folder / "b.tif") as tif:
        assert [level.shape for level in tif.series[0].levels] == [
            (600, 500),
            (300, 250),
            (150, 125),
        ]
        assert np.array_equal(tif.series[0].asarray(), plane)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_overview_of_any_depth_is_read_as_it_was_written(tmp_path, dtype):
    plane = (np.random.default_rng(0).random((300, 400)) * 100).astype(dtype)
    write_pyramid(tmp_path / "a.tif", plane)
    with open_image(tmp_path / "a.tif") as image:
        assert np.array_equal(image.read(Box(10, 20, 300, 400)), plane[10:, 20:])
        assert image.level_shapes == ((300, 400), (150, 200))

import io
import threading

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from tests.studio import until

from nuclarium.preprocess.recipe_text import parse_recipe
from nuclarium.server.byte_cache import ByteCache
from nuclarium.server.errors import NotFound
from nuclarium.server.shelf import MOST_OPEN, ImageShelf
from nuclarium.server.tiles import TilePainter


@pytest.fixture
def stack(app):
    path = app.state.studio.project.folder.parent / "files" / "stack.tif"
    return tifffile.imread(path)


def picture(answer):
    assert answer.status_code == 200, answer.text
    return np.asarray(Pillow.open(io.BytesIO(answer.content)))


def test_images_are_described(browsers, images):
    found = {image["name"]: image for image in browsers["viewer"].get("images").json()}
    stack, colour = found["stack"], found["colour"]
    assert stack["id"] == images["stack"]
    assert (stack["width"], stack["height"], stack["n_z"], stack["n_t"]) == (520, 300, 3, 1)
    assert (stack["kind"], colour["kind"]) == ("fluorescence", "colour")
    assert [channel["colour"] for channel in colour["channels"]] == ["FF0000", "00FF00", "0000FF"]
    assert (stack["levels"], stack["tile"]) == (3, 256)
    assert 0 <= stack["channels"][0]["low"] < stack["channels"][0]["high"] <= 4095
    assert browsers["viewer"].get(f"images/{images['stack']}").json() == stack


def test_tile_shows_the_pixels_of_the_file(browsers, images, stack):
    path = f"images/{images['stack']}/tiles/0/1/2?z=2&c=1:0:4095:1:FFFFFF"
    found = picture(browsers["viewer"].get(path))
    expected = np.rint(stack[2, 1, 256:, 512:] * np.float32(255 / 4095))
    assert np.abs(found.astype(int) - expected).max() <= 1


def test_projected_tile_shows_the_largest_value(browsers, images, stack):
    path = f"images/{images['stack']}/tiles/0/0/0?projection=max&c=0:0:4095:1:FFFFFF"
    found = picture(browsers["viewer"].get(path))
    expected = stack[:, 0, :256, :256].max(axis=0) * (255 / 4095)
    assert np.abs(found - expected).max() <= 1


def test_all_channels_are_mixed_when_nothing_is_said(browsers, images):
    found = picture(browsers["viewer"].get(f"images/{images['stack']}/tiles/2/0/0"))
    assert found.shape == (75, 130, 3)
    assert browsers["viewer"].get(f"images/{images['stack']}/thumbnail").status_code == 200


def test_colour_tile_is_a_jpeg_of_the_colours(browsers, images):
    answer = browsers["viewer"].get(f"images/{images['colour']}/tiles/0/0/0")
    assert answer.headers["content-type"] == "image/jpeg"
    assert picture(answer).shape == (200, 256, 3)
    stained = browsers["viewer"].get(f"images/{images['colour']}/tiles/0/0/0?stain=eosin")
    assert not np.array_equal(picture(stained), picture(answer))


def test_tile_that_the_browser_has_is_not_sent_again(browsers, images):
    path = f"images/{images['stack']}/tiles/0/0/0"
    first = browsers["viewer"].get(path)
    assert first.headers["cache-control"].startswith("private, max-age")
    again = browsers["viewer"].get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = browsers["viewer"].get(path + "?z=1")
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("z=3", 404),
        ("t=1", 404),
        ("c=2:0:1:1:FFFFFF", 404),
        ("projection=sum", 422),
        ("stain=blood", 422),
        ("layer=none", 422),
        ("invert=2", 422),
        ("z=-1", 422),
        ("z=x", 422),
        ("c=0:0:1:1:FFFFFF&" * 40, 422),
    ],
)
def test_tile_that_is_not_there_is_refused(browsers, images, query, status):
    answer = browsers["viewer"].get(f"images/{images['stack']}/tiles/0/0/0?{query}")
    assert answer.status_code == status
    assert len(answer.json()["error"]) < 300


def test_tile_outside_the_image_is_not_there(browsers, images):
    for place in ("0/2/0", "0/0/3", "3/0/0", "9/0/0"):
        answer = browsers["viewer"].get(f"images/{images['stack']}/tiles/{place}")
        assert answer.status_code == 404


def test_histogram_counts_a_channel(browsers, images):
    found = browsers["viewer"].get(f"images/{images['stack']}/histogram?channel=1").json()
    assert (len(found["counts"]), found["channel"]) == (256, 1)
    assert sum(found["counts"]) == 3 * 300 * 520
    assert found["low"] < found["auto"][0] < found["auto"][1] < found["high"]
    missing = browsers["viewer"].get(f"images/{images['stack']}/histogram?channel=2")
    assert missing.status_code == 404


def test_recipe_layer_is_what_the_recipe_makes_of_the_plane(app, images, stack):
    painter = TilePainter(
        app.state.studio.shelf, parse_recipe("threshold high=1000 | stretch low=0 high=100")
    )
    from nuclarium.server.tile_look import ChannelLook
    from nuclarium.server.tile_wish import TileWish

    look = (ChannelLook(0, 7, 9),)
    tile = painter.tile(TileWish(images["stack"], 0, 0, 0, looks=look, layer="recipe"))
    found = np.asarray(Pillow.open(io.BytesIO(tile.body)))
    expected = np.clip(stack[0, 0, :256, :256], 0, 1000) * (255 / 1000)
    assert np.abs(found - expected).max() <= 1


def test_image_that_is_missing_or_changed_is_told_as_unreadable(app, browsers, tmp_path):
    studio = app.state.studio
    shelf = ImageShelf(studio.project, studio.store)
    path = studio.project.folder.parent / "files" / "colour.tif"
    bytes_before = path.read_bytes()
    try:
        path.write_bytes(bytes_before + b"more")
        assert [image.raw.name for image in shelf.images()] == ["stack"]
        assert "has changed since" in shelf.failures()["colour"]
        path.unlink()
        assert "is missing" in ImageShelf(studio.project, studio.store).failures()["colour"]
    finally:
        path.write_bytes(bytes_before)
    with pytest.raises(NotFound):
        shelf.image("i-" + "0" * 32)
    assert browsers["viewer"].get("images/unreadable").json() == []


def test_files_that_are_open_are_bounded_and_those_in_use_stay_open(app, images, monkeypatch):
    shelf = app.state.studio.shelf
    monkeypatch.setattr(shelf._open, "most", 1)
    with shelf.opened(images["stack"]) as one, shelf.opened(images["colour"]):
        assert one.read().shape == (300, 520)
        assert len(shelf._open) == 2
    with shelf.opened(images["stack"]) as one:
        assert one.read().shape == (300, 520)
    assert len(shelf._open) == 1
    assert MOST_OPEN > 1


def test_cache_is_bounded_in_bytes_and_lets_go_of_the_oldest():
    cache = ByteCache(100, len)
    for name in "abcde":
        cache.put(name, name * 20)
    assert cache.get("a")
    cache.put("f", "f" * 20)
    assert cache.get("a")
    assert cache.get("b") is None
    assert cache.bytes_held == 100
    cache.put("g", "g" * 26)
    assert cache.get("g") is None, "a value larger than a quarter would push out all others"


def test_value_that_many_want_is_made_once():
    cache, made, gate = ByteCache(100, len), [], threading.Event()

    def make():
        gate.wait(10)
        made.append(1)
        return "value"

    threads = [threading.Thread(target=cache.get_or_make, args=("key", make)) for _ in range(5)]
    for thread in threads:
        thread.start()
    until(lambda: len(cache._making) == 1)
    gate.set()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
    assert cache._making == {}

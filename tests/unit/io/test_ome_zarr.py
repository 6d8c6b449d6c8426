import zipfile

import numpy as np
import pytest
import zarr
from tests.contracts.reader import ReaderContract

from nuclarium.core.errors import UnreadableImageError
from nuclarium.io import open_image

AXES = [
    {"name": "c", "type": "channel"},
    {"name": "z", "type": "space", "unit": "micrometer"},
    {"name": "y", "type": "space", "unit": "nanometer"},
    {"name": "x", "type": "space", "unit": "micrometer"},
]


def write_zarr(path, stack, version, *, axes=AXES, scale=(1, 2.0, 500.0, 0.25), labels=False):
    zarr_format = 2 if version == "0.4" else 3
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    datasets = []
    for level, step in enumerate((1, 2)):
        pixels = stack[..., ::step, ::step]
        chunks = (*[1] * (stack.ndim - 2), 16, 16)
        array = group.create_array(
            str(level), shape=pixels.shape, dtype=pixels.dtype, chunks=chunks
        )
        array[...] = pixels
        scaled = [*scale[:-2], *(s * step for s in scale[-2:])]
        transform = [{"type": "scale", "scale": scaled}] if scale else []
        datasets.append({"path": str(level), "coordinateTransformations": transform})
    ome = {
        "multiscales": [{"version": version, "name": "n", "axes": axes, "datasets": datasets}],
        "omero": {"channels": [{"label": "DAPI"}, {"label": "GFP"}]},
    }
    if labels:
        ome["image-label"] = {"version": version}
    group.attrs.update(ome if version == "0.4" else {"ome": {"version": version, **ome}})
    return path


class _OmeZarr(ReaderContract):
    version = "0.4"

    @pytest.fixture
    def expected(self, rng):
        return rng.integers(0, 65535, (1, 2, 3, 40, 50), dtype=np.uint16)

    @pytest.fixture
    def path(self, tmp_path, expected):
        return write_zarr(tmp_path / "a.zarr", expected[0], self.version)

    def test_metadata_come_from_the_attributes(self, image):
        assert image.format == f"OME-Zarr {self.version}"
        assert image.channel_names == ("DAPI", "GFP")
        assert (image.spacing.z, image.spacing.y, image.spacing.x) == (2.0, 0.5, 0.25)
        assert image.level_shapes == ((40, 50), (20, 25))


class TestOmeZarr04(_OmeZarr):
    version = "0.4"


class TestOmeZarr05(_OmeZarr):
    version = "0.5"


class TestZippedOmeZarr(_OmeZarr):
    version = "0.5"

    @pytest.fixture
    def path(self, tmp_path, expected):
        folder = write_zarr(tmp_path / "a.zarr", expected[0], self.version)
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for file in sorted(folder.rglob("*")):
                archive.write(file, file.relative_to(folder))
        return tmp_path / "a.zip"


del _OmeZarr


def test_label_image_opens_by_its_own_path(tmp_path, rng):
    labels = rng.integers(0, 9, (40, 50)).astype(np.int32)
    path = write_zarr(tmp_path / "a.zarr" / "labels" / "nuclei", labels, "0.4",
                      axes=AXES[2:], scale=(500.0, 0.25), labels=True)  # fmt: skip
    with open_image(path) as image:
        assert image.shape == (1, 1, 1, 40, 50)
        assert "label image" in image.notes[0]
        np.testing.assert_array_equal(image.read(), labels)


def test_group_without_multiscales_names_its_groups(tmp_path):
    root = zarr.open_group(tmp_path / "plate.zarr", mode="w", zarr_format=2)
    root.create_group("A1")
    with pytest.raises(UnreadableImageError, match=r"plate\.zarr.*Open one of.*A1"):
        open_image(tmp_path / "plate.zarr")


def test_axes_without_unit_give_no_spacing(tmp_path, rng):
    axes = [{"name": "y", "type": "space"}, {"name": "x", "type": "space"}]
    pixels = rng.integers(0, 9, (40, 50), dtype=np.uint8)
    path = write_zarr(tmp_path / "a.zarr", pixels, "0.5", axes=axes, scale=(1.0, 1.0))
    with open_image(path) as image:
        assert image.spacing is None


def test_damaged_attributes_are_a_sentence(tmp_path):
    folder = tmp_path / "a.zarr"
    folder.mkdir()
    (folder / ".zattrs").write_text("{")
    with pytest.raises(UnreadableImageError, match=r"a\.zarr"):
        open_image(folder)

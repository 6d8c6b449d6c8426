"""Planes of stacks as files: pixels unchanged, spacing and origin kept, nothing replaced."""

import errno

import numpy as np
import pytest
import tifffile

from nuclarium.core.errors import SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.io import hash_file, open_image
from nuclarium.io.lsm_info import LsmChannel
from nuclarium.io.plane_files import read_facts, write_plane
from nuclarium.io.write_lsm import write_lsm
from nuclarium.preprocess.planes import select_planes
from nuclarium.preprocess.slices import SliceSettings
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project
from nuclarium.workspace.raw_images import plain_images, project_images
from nuclarium.workspace.slices import write_slices


@pytest.fixture
def stack(rng):
    return rng.integers(0, 4096, (1, 6, 2, 20, 30), dtype=np.uint16)


@pytest.fixture
def lsm(tmp_path, stack):
    path = tmp_path / "colony7.lsm"
    channels = [LsmChannel("GFP"), LsmChannel("DAPI")]
    write_lsm(path, stack, spacing=Spacing(0.25, 0.3, 1.0), channels=channels)
    return path


@pytest.fixture
def project(tmp_path, lsm):
    project = Project.create(tmp_path / "project")
    import_images(project, [lsm])
    return project


def sliced(project, planes="all", **settings):
    return write_slices(
        project_images(project),
        project.folder / "planes",
        SliceSettings(planes, **settings),
        project=project,
    )


def test_planes_hold_the_pixels_of_the_nuclear_channel(project, stack):
    result = sliced(project)
    assert [p["file"] for p in result.planes] == [f"colony7_z00{z}.tif" for z in range(6)]
    for z, plane in enumerate(result.planes):
        with open_image(project.folder / "planes" / plane["file"]) as image:
            np.testing.assert_array_equal(image.read(), stack[0, z, 1])
            assert (image.spacing.y, image.spacing.x) == (0.25, 0.3)
            assert image.bit_depth == 12
            assert image.channel_names == ("DAPI",)


def test_plane_knows_what_it_was_taken_from(project, lsm):
    sliced(project, "2")
    facts = read_facts(project.folder / "planes" / "colony7_z002.tif")
    assert facts["source"] == "colony7.lsm"
    assert facts["source_sha256"] == hash_file(lsm)
    assert (facts["image"], facts["channel"], facts["z"]) == ("colony7", "DAPI", 2)
    assert facts["choice"] == "z 2 of 0..5, as asked"


def test_any_tiff_reader_reads_a_plane(project, stack):
    sliced(project, "2")
    path = project.folder / "planes" / "colony7_z002.tif"
    np.testing.assert_array_equal(tifffile.imread(path), stack[0, 2, 1])


@pytest.mark.parametrize(
    ("planes", "name", "slices"),
    [("max", "colony7_max.tif", [0, 1, 2, 3, 4, 5]),
     ("max:2-4", "colony7_z002-004_max.tif", [2, 3, 4])],
)  # fmt: skip
def test_maximum_is_named_by_its_slices(project, stack, planes, name, slices):
    sliced(project, planes)
    found = tifffile.imread(project.folder / "planes" / name)
    np.testing.assert_array_equal(found, stack[0, slices, 1].max(axis=0))


def test_several_channels_are_told_apart_by_name(project, stack):
    result = sliced(project, "3", channels=("GFP", "1"))
    assert [p["file"] for p in result.planes] == ["colony7_z003_GFP.tif", "colony7_z003_DAPI.tif"]
    found = tifffile.imread(project.folder / "planes" / "colony7_z003_GFP.tif")
    np.testing.assert_array_equal(found, stack[0, 3, 0])


def test_chosen_planes_are_recorded_with_hashes(project, lsm):
    sliced(project, "best")
    record = project.records()[-1]
    name = record["settings"]["chosen"][0]["file"]
    assert record["what"] == "slices"
    assert record["settings"]["planes"] == "best"
    assert record["inputs"] == {lsm.as_posix(): hash_file(lsm)}
    planes = project.folder / "planes"
    assert record["outputs"] == {f"planes/{name}": hash_file(planes / name)}


def test_slicing_again_writes_and_records_nothing(project):
    sliced(project, "every:2")
    records = project.records()
    assert not any(plane["is_new"] for plane in sliced(project, "every:2").planes)
    assert project.records() == records


def test_the_same_plane_is_the_same_file(project, lsm, tmp_path):
    with open_image(lsm) as image:
        (plane,) = select_planes(image, "3")
        for name in ("a.tif", "b.tif"):
            write_plane(tmp_path / name, plane.image, {"z": 3})
    assert (tmp_path / "a.tif").read_bytes() == (tmp_path / "b.tif").read_bytes()


def test_plane_of_another_channel_is_not_replaced_unasked(project, stack):
    sliced(project, "1")
    result = sliced(project, "1", channels=("GFP",))
    assert "--overwrite" in result.failures[0].reason
    path = project.folder / "planes" / "colony7_z001.tif"
    np.testing.assert_array_equal(tifffile.imread(path), stack[0, 1, 1])


def test_file_that_changed_since_its_import_is_refused_and_others_go_on(project, lsm, tmp_path):
    other = tmp_path / "other.lsm"
    write_lsm(other, np.ones((1, 2, 1, 9, 9), np.uint16))
    import_images(project, [other])
    write_lsm(lsm, np.ones((1, 6, 2, 20, 30), np.uint16))
    result = sliced(project, "0")
    assert [failure.path for failure in result.failures] == [lsm]
    assert "content changed" in result.failures[0].reason
    assert [plane["image"] for plane in result.planes] == ["other"]


def test_file_that_is_gone_is_named(project, lsm):
    lsm.unlink()
    assert "there is nothing" in sliced(project, "0").failures[0].reason


def test_slice_that_is_not_there_is_named_for_its_image(project):
    result = sliced(project, "9")
    assert "a slice in 0..5 for colony7.lsm" in result.failures[0].reason


def test_words_that_mean_no_slices_are_refused_once_and_not_for_every_image(project):
    with pytest.raises(SettingsError, match=r"Slices must be all, .* but got WRONG"):
        sliced(project, "WRONG")
    assert not (project.folder / "planes").exists()


def test_image_that_is_not_in_the_project_is_refused(project):
    with pytest.raises(SettingsError, match="neither a name nor a file"):
        project_images(project, ["colony8"])


def test_images_are_wanted_by_name_or_by_file(project, lsm):
    assert project_images(project, ["colony7", str(lsm)]) == project_images(project)


def test_full_disk_keeps_whole_planes_and_a_second_run_goes_on(project, monkeypatch):
    write, calls = tifffile.imwrite, []

    def full(*arguments, **settings):
        calls.append(1)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*arguments, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(tifffile, "imwrite", full)
        result = sliced(project)
    assert "No space left" in result.failures[0].reason
    names = sorted(path.name for path in (project.folder / "planes").iterdir())
    assert names == ["colony7_z000.tif", "colony7_z001.tif"]
    assert [plane["is_new"] for plane in sliced(project).planes] == [False] * 2 + [True] * 4
    assert len(project.records()[-1]["outputs"]) == 6


def test_large_plane_is_written_tile_by_tile_and_unchanged(tmp_path, rng):
    pixels = rng.integers(0, 4096, (600, 4500), dtype=np.uint16)
    source = tmp_path / "large.tif"
    tifffile.imwrite(source, pixels, tile=(256, 256))
    images, _ = plain_images([source])
    result = write_slices(images, tmp_path / "out", SliceSettings())
    with tifffile.TiffFile(tmp_path / "out" / result.planes[0]["file"]) as tif:
        assert tif.pages[0].is_tiled
        np.testing.assert_array_equal(tif.asarray(), pixels)


def test_colour_stays_colour(tmp_path, rng):
    pixels = rng.integers(0, 256, (16, 20, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "he.tif", pixels, photometric="rgb")
    images, _ = plain_images([tmp_path / "he.tif"])
    result = write_slices(images, tmp_path / "out", SliceSettings())
    path = tmp_path / "out" / result.planes[0]["file"]
    np.testing.assert_array_equal(tifffile.imread(path), pixels)


def test_file_of_somebody_else_has_no_facts(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((5, 5), np.uint8))
    assert read_facts(tmp_path / "a.tif") == {}


@pytest.mark.data
@pytest.mark.parametrize("name", ["4D-series.ome.tiff", "xyz__multiple_images.czi"])
def test_real_stacks_give_their_own_pixels(data, tmp_path, name):
    source = data / "wsi_and_vendor_formats" / name
    images, failures = plain_images([source])
    result = write_slices(images[:1], tmp_path, SliceSettings("best,0"))
    assert not failures
    assert not result.failures
    with open_image(source) as image:
        for plane in result.planes:
            found = tifffile.imread(tmp_path / plane["file"])
            np.testing.assert_array_equal(found, image.read(z=plane["z"]))

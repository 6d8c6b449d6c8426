from dataclasses import replace

import numpy as np
import pytest
import tifffile
from tests.training_files import write_training_files

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("lightning", reason="the extra train is not installed")

from nuclarium.core.errors import InputNotFoundError, SettingsError  # noqa: E402
from nuclarium.models.targets import largest_distances  # noqa: E402
from nuclarium.predict.model import InputSpec  # noqa: E402
from nuclarium.train.config import read_config  # noqa: E402
from nuclarium.train.data import CentrePatches, RandomPatches  # noqa: E402
from nuclarium.train.examples import Example, load_example  # noqa: E402
from nuclarium.train.pairs import data_hash, list_pairs, split_pairs  # noqa: E402

pytestmark = pytest.mark.torch
SPEC = InputSpec()


@pytest.fixture
def config(tmp_path):
    return read_config(write_training_files(tmp_path))


@pytest.fixture
def examples(config):
    return [load_example(pair, SPEC) for pair in list_pairs(config)]


def names_with(tmp_path, settings):
    path = tmp_path / "run.toml"
    path.write_text(path.read_text() + settings)
    return [pair.name for pair in list_pairs(read_config(path))]


def test_patch_of_a_number_is_always_the_same(examples, config):
    first, second = (RandomPatches(examples, SPEC, config) for _ in range(2))
    for number in (7, 0, 3):
        for a, b in zip(first[number], second[number], strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_patches_of_other_numbers_and_seeds_differ(examples, config):
    patches = RandomPatches(examples, SPEC, config)
    reseeded = RandomPatches(examples, SPEC, config.model_copy(update={"seed": 1}))
    assert not torch.equal(patches[0][0], patches[1][0])
    assert not torch.equal(patches[0][0], reseeded[0][0])


def test_patches_are_what_the_network_and_the_loss_take(examples, config):
    patches = RandomPatches(examples, SPEC, config)
    assert len(patches) == 12
    for pixels, targets in (patches[i] for i in range(60)):
        assert (pixels.shape, targets.shape) == ((1, 64, 64), (2, 64, 64))
        assert pixels.dtype == targets.dtype == torch.float32
        assert torch.isfinite(pixels).all()
        assert 0 <= targets.min() <= targets.max() <= 1


def test_crowded_tissue_has_more_nuclei_and_is_the_same_for_a_number(config, tmp_path):
    pairs = list_pairs(config)
    spec = InputSpec(kind="colour")
    examples = [load_example(replace(pair, restained=True), spec) for pair in pairs]

    def patches(tissue):
        settings = config.model_copy(update={"kind": "colour", "tissue": tissue})
        return RandomPatches(examples, spec, settings)

    loose, crowded, again = (patches(tissue) for tissue in ("loose", "crowded", "crowded"))
    counts = np.array(
        [[len(np.unique(each.patch(i).labels)) for each in (loose, crowded)] for i in range(60)]
    )
    assert counts[:, 1].mean() > 1.1 * counts[:, 0].mean()
    for number in range(12):
        pixels, targets = crowded[number]
        assert (pixels.shape, targets.shape) == ((3, 64, 64), (2, 64, 64))
        assert torch.isfinite(pixels).all()
        torch.testing.assert_close(again[number][0], pixels, rtol=0, atol=0)


def test_centre_patch_is_the_middle_of_the_image(examples):
    pixels, targets = CentrePatches(examples, SPEC, 64)[1]
    middle = examples[1].pixels[12:76, 16:80]
    np.testing.assert_array_equal(pixels[0], SPEC.standardise(middle))
    np.testing.assert_array_equal(targets[0], examples[1].labels[12:76, 16:80] > 0)


def test_centre_patch_of_a_small_image_is_padded_without_nuclei():
    labels = np.ones((20, 70), np.int32)
    example = Example("a", np.ones((20, 70), np.float32), labels, largest_distances(labels))
    pixels, targets = CentrePatches([example], SPEC, 64)[0]
    assert (pixels == 1).all()
    assert targets[0, 22:42].all()
    assert not targets[0, :22].any()
    assert not targets[0, 42:].any()


def test_nuclei_keep_a_size_that_can_be_learned():
    def scales(diameter):
        return Example("a", np.zeros(0), np.zeros(0), np.array([0, diameter / 2])).scale_range(
            (0.5, 2.0)
        )

    assert scales(30.0) == (0.5, 2.0)
    assert scales(10.0) == (0.6, 2.0)
    assert scales(100.0) == (0.5, 1.2)
    assert scales(500.0)[1] == scales(500.0)[1] == 1.0
    assert scales(0.0) == (0.5, 2.0)


def test_example_has_its_intensities_prepared(examples):
    for example in examples:
        np.testing.assert_allclose(np.percentile(example.pixels, (1, 99.8)), [0, 1], atol=1e-3)
        np.testing.assert_array_equal(example.largest, largest_distances(example.labels))


def test_images_are_paired_by_name_and_sorted(config):
    pairs = list_pairs(config)
    assert [pair.name for pair in pairs] == ["field0", "field1", "field2", "field3"]
    assert all(pair.image.stem == pair.labels.stem for pair in pairs)


def test_index_and_exclusions_choose_the_images(config, tmp_path):
    (tmp_path / "index.csv").write_text("id,stain\nfield0,a\nfield1,b\nfield2,a\nfield3,a\n")
    (tmp_path / "never.txt").write_text("field2\n")
    settings = 'index = "index.csv"\nexclude = "never.txt"\nwhere = { stain = "a" }\n'
    assert names_with(tmp_path, settings) == ["field0", "field3"]


def test_index_without_ids_is_refused(config, tmp_path):
    (tmp_path / "index.csv").write_text("name\nfield0\n")
    with pytest.raises(SettingsError, match="column id"):
        names_with(tmp_path, 'index = "index.csv"\n')


def test_too_few_images_are_refused(config, tmp_path):
    (tmp_path / "never.txt").write_text("field0 field1 field2")
    with pytest.raises(SettingsError, match="at least two images, but 1"):
        names_with(tmp_path, 'exclude = "never.txt"\n')


def test_image_without_labels_is_named(config, tmp_path):
    (tmp_path / "labels" / "field2.tif").unlink()
    with pytest.raises(InputNotFoundError, match="such as field2"):
        list_pairs(config)


def test_folder_that_is_missing_is_named(config, tmp_path):
    with pytest.raises(InputNotFoundError, match=r"never\.txt"):
        names_with(tmp_path, 'exclude = "never.txt"\n')


def test_labels_of_another_size_are_refused(config, tmp_path):
    tifffile.imwrite(tmp_path / "labels" / "field1.tif", np.zeros((9, 9), np.uint16))
    with pytest.raises(SettingsError, match="must have the size of its image"):
        load_example(list_pairs(config)[1], SPEC)


def test_colour_image_is_refused(config, tmp_path, rng):
    colours = rng.integers(0, 255, (88, 96, 3), dtype=np.uint8)
    tifffile.imwrite(tmp_path / "images" / "field1.tif", colours, photometric="rgb")
    with pytest.raises(SettingsError, match="one channel"):
        load_example(list_pairs(config)[1], SPEC)


@pytest.mark.parametrize(("fraction", "held_out"), [(0.01, 1), (0.5, 2), (0.99, 3)])
def test_split_leaves_images_on_both_sides(config, fraction, held_out):
    pairs = list_pairs(config)
    train, val = split_pairs(pairs, fraction, np.random.default_rng(0))
    assert len(val) == held_out
    assert sorted(pair.name for pair in train + val) == [pair.name for pair in pairs]
    assert split_pairs(pairs, fraction, np.random.default_rng(0)) == (train, val)


def test_hash_of_the_data_changes_with_them(config, tmp_path):
    pairs = list_pairs(config)
    before = data_hash(pairs)
    assert before == data_hash(list_pairs(config)) != data_hash(pairs[1:])
    tifffile.imwrite(tmp_path / "labels" / "field1.tif", np.zeros((88, 96), np.uint16))
    assert data_hash(pairs) != before


def test_colour_settings_train_on_colours_and_on_stained_fluorescence(tmp_path):
    path = write_training_files(tmp_path, settings='kind = "colour"\nindex = "index.csv"\n')
    path.write_text(path.read_text() + 'where = { stain = "he" }\nrestain = { stain = "dapi" }\n')
    (tmp_path / "index.csv").write_text(
        "id,stain\nfield0,dapi\nfield1,he\nfield2,he\nfield3,none\n"
    )
    for name in ("field1", "field2"):
        grey = tifffile.imread(tmp_path / "images" / f"{name}.tif")
        colours = (255 - np.stack([grey // 300] * 3, axis=-1)).astype(np.uint8)
        tifffile.imwrite(tmp_path / "images" / f"{name}.tif", colours, photometric="rgb")
    config = read_config(path)
    pairs = list_pairs(config)
    assert [(pair.name, pair.restained) for pair in pairs] == [
        ("field0", True),
        ("field1", False),
        ("field2", False),
    ]
    _, held_out = split_pairs(pairs, 0.5, np.random.default_rng(0))
    assert len(held_out) == 1
    assert not held_out[0].restained
    spec = InputSpec(kind="colour")
    examples = [load_example(pair, spec) for pair in pairs]
    assert [example.pixels.shape[2:] for example in examples] == [(), (3,), (3,)]
    patches = RandomPatches(examples, spec, config)
    for number in range(12):
        pixels, targets = patches[number]
        assert pixels.shape == (3, 64, 64)
        assert targets.shape == (2, 64, 64)
    assert CentrePatches(examples[1:], spec, 64)[0][0].shape == (3, 64, 64)


def test_nothing_is_held_out_with_a_fraction_of_0(config):
    pairs = list_pairs(config)
    assert split_pairs(pairs, 0.0, np.random.default_rng(0)) == (pairs, [])

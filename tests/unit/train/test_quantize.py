import json

import numpy as np
import pytest
import tifffile
from tests.local_networks import write_local_model

onnx = pytest.importorskip("onnx", reason="quantizing needs the extra train")

from nuclarium.cli import main  # noqa: E402
from nuclarium.core.errors import InputNotFoundError, ModelError  # noqa: E402
from nuclarium.predict.engine import start_engine  # noqa: E402
from nuclarium.predict.model import load_model  # noqa: E402
from nuclarium.predict.quantized import INT8_KEY  # noqa: E402
from nuclarium.synthetic.plane import synthetic_nuclei  # noqa: E402
from nuclarium.train.quantize import quantize_model  # noqa: E402


@pytest.fixture
def images(tmp_path):
    """Three fields of nuclei."""
    paths = [tmp_path / f"{name}.tif" for name in "abc"]
    for seed, path in enumerate(paths):
        pixels, _ = synthetic_nuclei((128, 160), 10, np.random.default_rng(seed), diameter_px=20)
        tifffile.imwrite(path, pixels)
    return paths


def test_file_keeps_its_network_and_card_and_carries_the_other_beside(images, tmp_path):
    path = write_local_model(tmp_path / "local.onnx", made_of="nothing")
    before = load_model(path)
    made = quantize_model(path, images, tmp_path / "both.onnx")
    assert made.images == 3
    assert made.agreement.matches[0].f1 > 0.95
    assert (made.model.card, made.model.input) == (before.card, before.input)
    assert load_model(path).hash == before.hash
    kept, earlier = (onnx.load_from_string(m.network).graph for m in (made.model, before))
    assert kept == earlier
    assert start_engine(made.model.network).name == "onnxruntime-int8"


def test_quantizing_again_gives_the_same_file(images, tmp_path):
    path = write_local_model(tmp_path / "local.onnx")
    once = quantize_model(path, images, path).model
    again = quantize_model(path, images, path).model
    keys = [entry.key for entry in onnx.load_from_string(again.network).metadata_props]
    assert keys.count(INT8_KEY) == 1
    assert again.hash == once.hash


def test_two_networks_that_disagree_write_nothing(images, tmp_path, monkeypatch):
    path = write_local_model(tmp_path / "local.onnx")
    before = path.read_bytes()
    monkeypatch.setattr("nuclarium.train.quantize.LEAST_AGREEMENT", 1.01)
    with pytest.raises(ModelError, match="leave the model as it is"):
        quantize_model(path, images, path)
    assert path.read_bytes() == before


def test_images_without_nuclei_teach_nothing_and_write_nothing(tmp_path):
    path = write_local_model(tmp_path / "local.onnx")
    tifffile.imwrite(tmp_path / "empty.tif", np.zeros((64, 64), np.uint8))
    with pytest.raises(ModelError, match="same nuclei"):
        quantize_model(path, [tmp_path / "empty.tif"], tmp_path / "both.onnx")
    assert not (tmp_path / "both.onnx").exists()


def test_image_that_is_missing_is_named(tmp_path):
    path = write_local_model(tmp_path / "local.onnx")
    with pytest.raises(InputNotFoundError, match="nowhere"):
        quantize_model(path, [tmp_path / "nowhere.tif"], path)


def test_command_says_how_alike_both_are(images, tmp_path, monkeypatch, capsys):
    path = write_local_model(tmp_path / "local.onnx")

    def said(*options):
        command = ["nuclarium", "quantize", str(path), *map(str, images), *options]
        monkeypatch.setattr("sys.argv", command)
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    assert "In 3 images" in said()
    values = json.loads(said("--json"))
    assert values["images"] == 3
    assert values["sha256"] == load_model(path).hash
    assert 0.95 < values["f1@0.75"] <= values["f1@0.50"] <= 1


def test_rules_of_sizes_have_no_part_in_the_network(images, tmp_path, monkeypatch):
    path = write_local_model(tmp_path / "local.onnx")
    before = quantize_model(path, images, tmp_path / "before.onnx").model
    monkeypatch.setattr("nuclarium.predict.view.COMFORTABLE_PX", (40.0, 200.0))
    after = quantize_model(path, images, tmp_path / "after.onnx").model
    assert after.hash == before.hash

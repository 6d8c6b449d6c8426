import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("onnx", reason="the extra train is not installed")

from nuclarium.core.errors import InputNotFoundError, OutputError  # noqa: E402
from nuclarium.core.image import Image  # noqa: E402
from nuclarium.models.export import export_network, load_run_network  # noqa: E402
from nuclarium.models.unet import NucleusUNet  # noqa: E402
from nuclarium.predict.model import DecoderSpec, InputSpec, load_model  # noqa: E402
from nuclarium.predict.plane import PlaneReader, segment_plane  # noqa: E402
from nuclarium.predict.segment import segment  # noqa: E402
from nuclarium.preprocess.intensity import plane_range  # noqa: E402
from nuclarium.synthetic.plane import synthetic_nuclei  # noqa: E402

pytestmark = pytest.mark.torch
SPEC = InputSpec(tile_size=64, halo=32)
LENIENT = DecoderSpec(foreground_threshold=0.5, min_area_px=5, min_score=0.0)


class TorchEngine:
    name = "torch"

    def __init__(self, network):
        self.network = network

    def release(self):
        pass

    def run(self, pixels):
        with torch.inference_mode():
            return self.network(torch.from_numpy(pixels)).numpy()


def network_and_pixels():
    """An untrained network whose head is shifted so that about half is foreground."""
    torch.manual_seed(3)
    network = NucleusUNet("tu-test_resnet", decoder_channels=(16, 12, 8, 8)).eval()
    pixels, _ = synthetic_nuclei((150, 130), 25, np.random.default_rng(0), diameter_px=16)
    with torch.no_grad():
        prepared = SPEC.standardise(plane_range(reader(pixels), pixels.shape).apply(pixels))
        logits = network(torch.from_numpy(prepared[None, None, :128, :128]))
        network.head.bias[:4] -= logits[:, 0].median()
        network.head.weight *= 3 / logits.std()
        network.head.bias *= 3 / logits.std()
    return network, pixels


def reader(pixels):
    return lambda box: pixels[box.slices]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    network, pixels = network_and_pixels()
    path = tmp_path_factory.mktemp("export") / "net.onnx"
    card = {"licence": "CC0"}
    export_network(network, path, name="net", input_spec=SPEC, decoder_spec=LENIENT, card=card)
    return network, pixels, path


def test_labels_of_the_model_file_are_those_of_the_torch_network(exported):
    network, pixels, path = exported
    intensity = plane_range(reader(pixels), pixels.shape)
    plane = PlaneReader(reader(pixels), pixels.shape, intensity)
    expected = segment_plane(plane, TorchEngine(network), SPEC, LENIENT).to_array()
    found = segment(Image.from_array(pixels), path, engine="onnxruntime")
    assert expected.max() >= 5
    np.testing.assert_array_equal(found, expected)


def test_model_file_carries_how_it_is_used(exported):
    model = load_model(exported[2])
    assert (model.name, model.input, model.decoder) == ("net", SPEC, LENIENT)
    assert model.card == {"licence": "CC0"}


def test_nothing_but_the_model_file_is_left(exported):
    assert [path.name for path in exported[2].parent.iterdir()] == ["net.onnx"]


def test_model_file_that_cannot_be_written_is_an_error_with_its_reason(exported, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError, match="must be writable"):
        export_network(
            exported[0],
            tmp_path / "file" / "net.onnx",
            name="net",
            input_spec=SPEC,
            decoder_spec=LENIENT,
            card={},
        )


@pytest.mark.parametrize("config", [None, {"encoder": "tu-test_resnet", "decoder_channels": [8]}])
def test_folder_without_a_checkpoint_is_no_run(tmp_path, config):
    if config is not None:
        (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputNotFoundError, match="nuclarium train"):
        load_run_network(tmp_path)

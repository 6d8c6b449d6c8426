import numpy as np
import pytest
from scipy import ndimage

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("onnx", reason="the extra train is not installed")

from skimage.draw import disk  # noqa: E402

from nuclarium.core.image import Image  # noqa: E402
from nuclarium.models.export import export_network  # noqa: E402
from nuclarium.models.height import MaskWithHeight, soft_distance  # noqa: E402
from nuclarium.predict.engine import OnnxRuntimeEngine  # noqa: E402
from nuclarium.predict.model import DecoderSpec, InputSpec, load_model  # noqa: E402
from nuclarium.predict.plane import PlaneReader, segment_plane  # noqa: E402
from nuclarium.predict.segment import segment  # noqa: E402
from nuclarium.preprocess.intensity import IntensityRange  # noqa: E402
from nuclarium.workspace.sample import synthetic_nuclei  # noqa: E402

pytestmark = pytest.mark.torch
SPEC = InputSpec(divisor=2, tile_size=64, halo=32)
DECODER = DecoderSpec(join_ratio=0.85, min_score=0.0)


class Threshold(torch.nn.Module):
    """A mask of what is bright: a mean of 3 × 3 px, and a slope."""

    def __init__(self):
        super().__init__()
        self.smooth = torch.nn.Conv2d(1, 1, 3, padding=1)
        with torch.no_grad():
            self.smooth.weight.fill_(12 / 9)
            self.smooth.bias.fill_(4.0)

    def forward(self, pixels):
        return self.smooth(pixels)


def distance(mask, reach):
    tensor = torch.from_numpy(mask.astype(np.float32))[None, None]
    return reach * soft_distance(tensor, reach)[0, 0].numpy()


def test_height_of_a_row_counts_its_pixels_from_the_outside():
    mask = np.zeros((9, 9), bool)
    mask[1:8, 1:8] = True
    np.testing.assert_allclose(distance(mask, 8)[4], [0, 1, 2, 3, 4, 3, 2, 1, 0], atol=1e-5)


def test_height_is_nearly_the_distance_to_the_outside():
    mask = np.zeros((80, 90), bool)
    for y, x, radius in [(25, 25, 18), (30, 60, 20), (62, 45, 14)]:
        mask[disk((y, x), radius)] = True
    true = ndimage.distance_transform_edt(mask)
    found = distance(mask, 24)
    assert (found[~mask] == 0).all()
    # An octagon of radius r lies between circles of r and of 1.09 r.
    np.testing.assert_allclose(found[mask], true[mask], rtol=0.13, atol=1.0)


def test_height_ends_at_its_reach():
    assert distance(np.ones((64, 64), bool), 5).max() == pytest.approx(5)


def test_border_of_the_image_is_no_outside():
    mask = np.ones((12, 12), bool)
    assert distance(mask, 4).min() == pytest.approx(4)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    path = tmp_path_factory.mktemp("mask") / "mask.onnx"
    export_network(
        MaskWithHeight(Threshold(), reach_px=24),
        path,
        name="mask",
        input_spec=SPEC,
        decoder_spec=DECODER,
        card={},
    )
    return path


def reader(pixels):
    return lambda box: pixels[box.slices]


@pytest.mark.parametrize("tile_size", [32, 64, 96])
def test_labels_of_tiles_are_those_of_the_whole(exported, tile_size):
    pixels, _ = synthetic_nuclei((230, 250), 60, np.random.default_rng(3), diameter_px=18)
    plane = PlaneReader(reader(pixels), pixels.shape, IntensityRange(100.0, 1500.0))
    engine = OnnxRuntimeEngine(load_model(exported).network, 1)
    found = [
        segment_plane(
            plane, engine, InputSpec(divisor=2, tile_size=size, halo=32), DECODER
        ).to_array()
        for size in (tile_size, 512)
    ]
    assert found[1].max() > 30
    np.testing.assert_array_equal(found[0], found[1])


def test_touching_disks_come_apart_and_single_ones_stay_whole(exported):
    pixels = np.full((120, 160), 100, np.uint16)
    for y, x in [(40, 40), (40, 66), (90, 120)]:
        pixels[disk((y, x), 14, shape=pixels.shape)] = 2000
    labels = segment(Image.from_array(pixels), exported, magnification=1, contrast="bright")
    assert labels.max() == 3
    assert len({labels[40, 40], labels[40, 66], labels[90, 120]}) == 3

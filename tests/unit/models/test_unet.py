import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from nuclarium.models.unet import NucleusUNet  # noqa: E402

pytestmark = pytest.mark.torch
TINY = "tu-test_resnet"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return NucleusUNet(TINY, decoder_channels=(16, 12, 8, 8)).eval()


@pytest.mark.parametrize("sides", [(1, 1), (1, 3), (5, 2), (3, 7)])
def test_maps_have_the_size_of_the_pixels(network, sides):
    height, width = (32 * side for side in sides)
    with torch.inference_mode():
        assert network(torch.rand(2, 1, height, width)).shape == (2, 2, height, width)


def test_divisor_is_that_of_the_levels():
    assert NucleusUNet(TINY, decoder_channels=(16, 12, 8, 8)).divisor == 32
    assert NucleusUNet(TINY, decoder_channels=(16, 12)).divisor == 8


def test_channels_are_those_that_are_asked_for():
    network = NucleusUNet(TINY, in_channels=3, out_channels=5, decoder_channels=(8, 8, 8, 8)).eval()
    with torch.inference_mode():
        assert network(torch.rand(1, 3, 32, 64)).shape == (1, 5, 32, 64)


def test_maps_move_with_the_image(network):
    """A change of one pixel is answered around that pixel, and the same 32 px further."""
    pixels = torch.zeros(1, 1, 384, 384)
    with torch.inference_mode():
        ground = network(pixels)
        answers = []
        for y, x in [(170, 170), (202, 170), (170, 202)]:
            changed = pixels.clone()
            changed[0, 0, y, x] = 5.0
            answer = (network(changed) - ground)[..., y - 60 : y + 60, x - 60 : x + 60]
            answers.append(answer)
    assert answers[0].abs().max() > 1e-4
    for answer in answers[1:]:
        torch.testing.assert_close(answer, answers[0], atol=1e-5, rtol=1e-3)


def test_answer_is_strongest_around_the_pixel_that_changed(network):
    pixels = torch.zeros(1, 1, 256, 256)
    changed = pixels.clone()
    changed[0, 0, 97, 161] = 5.0
    with torch.inference_mode():
        answer = (network(changed) - network(pixels)).abs().sum(dim=(0, 1))
    y, x = divmod(int(answer.argmax()), 256)
    assert abs(y - 97) <= 16
    assert abs(x - 161) <= 16


def test_image_of_a_batch_gets_what_it_gets_alone(network):
    pixels = torch.rand(3, 1, 64, 32)
    with torch.inference_mode():
        torch.testing.assert_close(network(pixels)[1:2], network(pixels[1:2]), atol=1e-5, rtol=1e-4)


def test_every_weight_learns():
    network = NucleusUNet(TINY, decoder_channels=(16, 12, 8, 8)).train()
    network(torch.rand(2, 1, 64, 64)).square().mean().backward()
    unused = [name for name, p in network.named_parameters() if p.grad is None]
    assert unused == []

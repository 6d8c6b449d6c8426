import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from nuclarium.core.errors import ModelError  # noqa: E402
from nuclarium.models.weights import load_encoder_weights  # noqa: E402

pytestmark = pytest.mark.torch


def encoder(in_channels=1, width=4):
    return torch.nn.Sequential(
        torch.nn.Conv2d(in_channels, width, 3, bias=False), torch.nn.BatchNorm2d(width)
    )


@pytest.fixture
def path(tmp_path):
    """Weights for colour under other names, with a classifier at the end."""
    values = list(encoder(3).state_dict().values())
    torch.manual_seed(1)
    values = [torch.rand_like(v) if v.is_floating_point() else v + 3 for v in values]
    stored = {f"other.{i}": value for i, value in enumerate(values)}
    torch.save({**stored, "classifier": torch.rand(10, 4)}, tmp_path / "weights.pth")
    return tmp_path / "weights.pth"


def test_weights_are_matched_in_order(path):
    network = encoder(3)
    load_encoder_weights(network, path)
    stored = list(torch.load(path, weights_only=True).values())
    for own, value in zip(network.state_dict().values(), stored, strict=False):
        torch.testing.assert_close(own, value)


def test_first_convolution_is_summed_over_colours_for_one_channel(path):
    grey, colour = encoder(1), encoder(3)
    load_encoder_weights(grey, path)
    load_encoder_weights(colour, path)
    pixels = torch.rand(1, 1, 9, 9)
    torch.testing.assert_close(grey.eval()(pixels), colour.eval()(pixels.expand(-1, 3, -1, -1)))


def test_weights_of_another_width_are_refused_and_nothing_is_loaded(path):
    network = encoder(3, width=6)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    with pytest.raises(ModelError, match=r"weights\.pth must fit the encoder"):
        load_encoder_weights(network, path)
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_weights_that_end_early_are_refused(tmp_path):
    torch.save({"a": torch.rand(4, 1, 3, 3)}, tmp_path / "short.pth")
    with pytest.raises(ModelError, match="must hold 6 tensors, but there are 1"):
        load_encoder_weights(encoder(), tmp_path / "short.pth")


@pytest.mark.parametrize("content", [b"", b"no weights at all", b"\x80\x02}q\x00."])
def test_file_that_holds_no_weights_is_refused(tmp_path, content):
    (tmp_path / "foreign.pth").write_bytes(content)
    with pytest.raises(ModelError, match=r"foreign\.pth"):
        load_encoder_weights(encoder(), tmp_path / "foreign.pth")


def test_file_of_something_else_than_tensors_is_refused(tmp_path):
    torch.save({"state_dict": {"a": torch.rand(2)}, "epoch": 3}, tmp_path / "whole.pth")
    with pytest.raises(ModelError, match=r"whole\.pth"):
        load_encoder_weights(encoder(), tmp_path / "whole.pth")

import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from nuclarium.core.errors import ModelError, SettingsError  # noqa: E402
from nuclarium.models.encoders import (  # noqa: E402
    PAPER_NAMES,
    build_encoder,
    encoder_name,
    paper_name,
)
from nuclarium.models.unet import NucleusUNet  # noqa: E402
from nuclarium.models.weights import load_downloaded_weights, load_encoder_weights  # noqa: E402

pytestmark = pytest.mark.torch
FULL = (8, 8, 8, 8, 4)


@pytest.mark.parametrize("paper", PAPER_NAMES)
def test_names_are_understood_however_they_are_written(paper):
    own = PAPER_NAMES[paper]
    for written in (paper, paper.lower(), paper.replace("-", "_"), own):
        assert encoder_name(written) == own
        assert paper_name(written) == paper


@pytest.mark.slow
@pytest.mark.parametrize("paper", PAPER_NAMES)
@pytest.mark.parametrize("full_size", [False, True])
def test_every_encoder_of_the_table_is_a_unet(paper, full_size):
    channels = FULL if full_size else FULL[:4]
    network = NucleusUNet(
        paper, out_channels=1, decoder_channels=channels, full_size=full_size
    ).eval()
    assert network.divisor == 32
    with torch.inference_mode():
        assert network(torch.rand(1, 1, 64, 96)).shape == (1, 1, 64, 96)


def test_inception_v3_gives_halves_of_its_input():
    encoder = build_encoder("InceptionV3", in_channels=1, depth=5).eval()
    with torch.inference_mode():
        features = encoder(torch.rand(1, 1, 64, 128))[1:]
    assert [tuple(f.shape[2:]) for f in features] == [(64 >> k, 128 >> k) for k in range(1, 6)]
    assert list(encoder.out_channels[1:]) == [f.shape[1] for f in features]


def test_padding_of_inception_v3_leaves_the_middle_as_it_was():
    """Far from the border a padded convolution computes what its authors' one does."""
    import timm

    plain = timm.create_model("inception_v3", features_only=True, in_chans=1).eval()
    ours = build_encoder("inceptionv3", in_channels=1, depth=5).eval()
    stored = {"model." + k: v for k, v in plain.state_dict().items()}
    for name in ("Mixed_6a", "Mixed_7a"):
        stored = {k.replace(f"model.{name}.", f"model.{name}.block."): v for k, v in stored.items()}
    ours.load_state_dict(stored)
    pixels = torch.rand(1, 1, 96, 96)
    with torch.inference_mode():
        theirs = plain(torch.nn.functional.pad(pixels, (1, 1, 1, 1)))[0]
        mine = ours(pixels)[1]
    assert theirs.shape[-1] == mine.shape[-1] - 2
    torch.testing.assert_close(mine[..., 2:-2, 2:-2], theirs[..., 1:-1, 1:-1])


def test_encoder_that_nobody_knows_is_refused_in_a_sentence():
    with pytest.raises(SettingsError, match=r"got resnet9000"):
        build_encoder("resnet9000", in_channels=1, depth=5)


def test_weights_of_timm_are_matched_by_name(tmp_path):
    import timm

    torch.manual_seed(1)
    plain = timm.create_model("test_resnet")
    stored = dict(reversed(list(plain.state_dict().items())))  # another order, and a classifier
    torch.save(stored, tmp_path / "weights.pth")
    encoder = build_encoder("tu-test_resnet", in_channels=3, depth=5)
    load_encoder_weights(encoder, tmp_path / "weights.pth")
    for name, tensor in encoder.state_dict().items():
        torch.testing.assert_close(tensor, stored[name.removeprefix("model.")])


def test_weights_in_safetensors_are_read(tmp_path):
    from safetensors.torch import save_file

    encoder = build_encoder("tu-test_resnet", in_channels=3, depth=5)
    save_file(encoder.state_dict(), tmp_path / "model.safetensors")
    grey = build_encoder("tu-test_resnet", in_channels=1, depth=5)
    load_encoder_weights(grey, tmp_path / "model.safetensors")
    pixels = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        mine, theirs = grey.eval()(pixels), encoder.eval()(pixels.expand(-1, 3, -1, -1))
    torch.testing.assert_close(mine[-1], theirs[-1])


@pytest.mark.parametrize("content", [b"", b"no weights"])
def test_safetensors_that_hold_nothing_are_refused(tmp_path, content):
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="must be a file of weights"):
        load_encoder_weights(
            build_encoder("tu-test_resnet", in_channels=1, depth=5), tmp_path / "model.safetensors"
        )


def test_weights_that_cannot_be_downloaded_are_named_with_their_file(monkeypatch):
    import segmentation_models_pytorch.encoders as encoders

    def no_network(*_, **__):
        raise OSError("no route to host")

    monkeypatch.setattr(encoders, "hf_hub_download", no_network)
    encoder = build_encoder("resnet18", in_channels=1, depth=5)
    with pytest.raises(ModelError, match=r"model\.safetensors of smp-hub/resnet18\.imagenet"):
        load_downloaded_weights(encoder, "resnet18", "imagenet")


def test_downloaded_weights_are_summed_over_colours(monkeypatch, tmp_path):
    import segmentation_models_pytorch.encoders as encoders
    from safetensors.torch import save_file

    colour = build_encoder("resnet18", in_channels=3, depth=5).eval()
    save_file(colour.state_dict(), tmp_path / "model.safetensors")
    monkeypatch.setattr(
        encoders, "hf_hub_download", lambda *_, **__: str(tmp_path / "model.safetensors")
    )
    grey = build_encoder("resnet18", in_channels=1, depth=5).eval()
    load_downloaded_weights(grey, "ResNet18", "imagenet")
    pixels = torch.rand(1, 1, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(
            grey(pixels)[-1], colour(pixels.expand(-1, 3, -1, -1))[-1], rtol=1e-4, atol=1e-4
        )

import hashlib
import warnings

import numpy as np
import pytest
from tests.training_files import write_training_files

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("lightning", reason="the extra train is not installed")

from nuclarium.core.errors import InputNotFoundError, ModelError, SettingsError  # noqa: E402
from nuclarium.models.build import build_network, load_model_weights  # noqa: E402
from nuclarium.models.export import export_network  # noqa: E402
from nuclarium.models.fold import folded  # noqa: E402
from nuclarium.models.unet import NucleusUNet  # noqa: E402
from nuclarium.predict.model import DecoderSpec, InputSpec, load_model  # noqa: E402
from nuclarium.train import fine_tune  # noqa: E402
from nuclarium.train.config import read_config  # noqa: E402
from nuclarium.train.export import export_run  # noqa: E402
from nuclarium.train.fine_tune import caution  # noqa: E402
from nuclarium.train.run import train  # noqa: E402

pytestmark = pytest.mark.torch
NETWORK = {"encoder": "tu-test_resnet", "decoder_channels": [8, 8, 8, 8]}


def settled(network):
    """Give the normalisations statistics of their own, as training would."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.num_features, generator=generator) / 5)
            module.running_var.copy_(torch.rand(module.num_features, generator=generator) + 0.5)
            module.weight.data.copy_(torch.rand(module.num_features, generator=generator) + 0.5)
    return network.eval()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    path = tmp_path_factory.mktemp("base") / "base.onnx"
    torch.manual_seed(0)
    network = settled(NucleusUNet(NETWORK["encoder"], decoder_channels=NETWORK["decoder_channels"]))
    export_network(
        network,
        path,
        name="base",
        input_spec=InputSpec(turns=2, blur_px=0.75),
        decoder_spec=DecoderSpec(min_area_px=33),
        card={"settings": NETWORK},
    )
    return path, network


@pytest.mark.parametrize("encoder", ["tu-test_resnet", "tu-tf_efficientnet_lite0", "resnet18"])
def test_folding_keeps_what_a_network_computes_and_leaves_no_normalisation(encoder):
    network = settled(NucleusUNet(encoder, decoder_channels=[8, 8, 8, 8]))
    pixels = torch.rand(1, 1, 64, 96)
    lean = folded(network)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in lean.modules())
    with torch.inference_mode():
        torch.testing.assert_close(lean(pixels), network(pixels), atol=2e-4, rtol=1e-3)


def test_weights_of_a_model_file_compute_what_the_model_computes(base):
    path, network = base
    again = build_network({**NETWORK, "start_from": str(path)})
    load_model_weights(again, load_model(path))
    pixels = torch.rand(1, 1, 96, 64)
    with torch.inference_mode():
        torch.testing.assert_close(again.eval()(pixels), network(pixels), atol=2e-4, rtol=1e-3)


def test_a_model_of_another_network_is_refused(base):
    other = build_network({**NETWORK, "decoder_channels": [8, 8, 8, 16], "start_from": "x"})
    with pytest.raises(ModelError, match="missing or of another shape, such as"):
        load_model_weights(other, load_model(base[0]))


@pytest.mark.parametrize("count", [1, 3])
def test_adapts_a_model_to_a_folder_of_images(base, tmp_path, monkeypatch, count):
    write_training_files(tmp_path / "data", count=count)
    small = {"batch_size": 2, "steps": 4, "steps_per_epoch": 2, "patch_size_px": 64, "workers": 0}
    monkeypatch.setattr(fine_tune, "SETTINGS", {**fine_tune.SETTINGS, **small})
    run = tmp_path / "run"
    settings = fine_tune.write_settings(tmp_path / "data", str(base[0]), run)
    assert read_config(settings).decoder["min_area_px"] == 33
    assert read_config(settings).ema_decay ** fine_tune.STEPS == pytest.approx(5 / (count + 5))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Lightning's own, about its own
        assert train(settings, run, progress=False).is_file()
    adapted = export_run(run, tmp_path / "mine.onnx")
    assert adapted.name == "data"
    assert adapted.decoder.min_area_px == 33
    assert (adapted.input.turns, adapted.input.blur_px) == (2, 0.75)
    assert adapted.card["settings"]["start_from"] == "base.onnx"
    assert adapted.card["started_from"] == {
        "name": "base",
        "sha256": hashlib.sha256(base[0].read_bytes()).hexdigest(),
    }
    assert adapted.card["trained_on"]["images"] == count
    stored = fine_tune.write_settings(tmp_path / "data", str(base[0]), run)
    assert stored == settings


def test_a_folder_without_labels_is_refused(tmp_path):
    (tmp_path / "images").mkdir()
    with pytest.raises(InputNotFoundError, match="there is no labels"):
        fine_tune.write_settings(tmp_path, "fluo", tmp_path / "run")


def test_settings_must_agree_with_the_model_to_go_on_from(base, tmp_path):
    path = write_training_files(tmp_path, settings=f'start_from = "{base[0]}"\n')
    assert read_config(path).encoder == "tu-test_resnet"
    path.write_text(path.read_text().replace("[8, 8, 8, 8]", "[8, 8, 8, 16]"))
    with pytest.raises(SettingsError, match=r"decoder_channels must be that of the model"):
        read_config(path)


def test_a_model_that_does_not_tell_its_network_is_refused(tmp_path):
    network = NucleusUNet(NETWORK["encoder"], decoder_channels=NETWORK["decoder_channels"])
    silent = tmp_path / "silent.onnx"
    export_network(
        network, silent, name="s", input_spec=InputSpec(), decoder_spec=DecoderSpec(), card={}
    )
    path = write_training_files(tmp_path / "data", settings=f'start_from = "{silent}"\n')
    with pytest.raises(SettingsError, match="does not say what network it is"):
        read_config(path)
    assert np.isfinite(load_model(silent).input.std)


@pytest.mark.parametrize("steps", [50, 200, 1000])
def test_the_fewer_images_the_more_is_kept_of_the_model(steps):
    kept = [fine_tune.mean_decay(images, steps) ** steps for images in (1, 5, 20, 1000)]
    np.testing.assert_allclose(kept, [5 / 6, 1 / 2, 1 / 5, 5 / 1005])


@pytest.mark.parametrize(("count", "is_warned"), [(1, True), (4, True), (5, False)])
def test_few_images_are_cautioned_of(tmp_path, count, is_warned):
    (tmp_path / "images").mkdir()
    for number in range(count):
        (tmp_path / "images" / f"{number}.tif").touch()
    assert bool(caution(tmp_path)) is is_warned

import json

import pytest
from tests.local_networks import local_network, write_local_model

from nuclarium.core.errors import InputNotFoundError, ModelError
from nuclarium.predict.model import (
    METADATA_KEY,
    DecoderSpec,
    InputSpec,
    choose_model,
    load_model,
    model_metadata,
    shipped_models,
)
from nuclarium.predict.onnx_metadata import read_network_metadata

onnx = pytest.importorskip("onnx", reason="model files are made with the extra train")


@pytest.fixture
def path(tmp_path):
    return write_local_model(tmp_path / "local.onnx", licence="CC0 – “free”")


def with_metadata(path, **pairs):
    graph = onnx.load_from_string(local_network())
    for key, value in pairs.items():
        graph.metadata_props.add(key=key, value=value)
    path.write_bytes(graph.SerializeToString())
    return path


def refusal(path):
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert path.name in str(caught.value)
    return str(caught.value)


def test_model_file_says_how_to_use_it(path):
    model = load_model(path)
    assert model.name == "local"
    assert model.input == InputSpec(divisor=2, tile_size=256, halo=8)
    assert model.decoder == DecoderSpec()
    assert model.card == {"licence": "CC0 – “free”"}


def test_hash_is_that_of_the_file(path, tmp_path):
    other = write_local_model(tmp_path / "other.onnx", licence="another")
    assert len(load_model(path).hash) == 64
    assert load_model(path).hash == load_model(str(path)).hash != load_model(other).hash


def test_metadata_are_those_that_onnx_reads(tmp_path):
    pairs = {"a": "", "": "no key", METADATA_KEY: "{}", "long": "µ" * 300}
    network = with_metadata(tmp_path / "a.onnx", **pairs).read_bytes()
    known = {entry.key: entry.value for entry in onnx.load_from_string(network).metadata_props}
    assert read_network_metadata(network) == known == pairs


def test_spec_survives_the_model_file(tmp_path):
    spec = InputSpec("colour", (0.5, 99.0), 0.1, 0.2, (0.0, 1.0), 64, 512, 128)
    decoder = DecoderSpec(0.4, 0.8, 30, 0.2)
    text = model_metadata("x", spec, decoder, {})
    model = load_model(with_metadata(tmp_path / "x.onnx", **{METADATA_KEY: text}))
    assert (model.input, model.decoder) == (spec, decoder)


def test_truncated_file_is_refused_wherever_it_ends(path):
    whole = path.read_bytes()
    for length in range(len(whole) - 1, -1, -max(1, len(whole) // 60)):
        path.write_bytes(whole[:length])
        assert "must be a model file" in refusal(path)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, b"\xff" * 50, b"text"])
def test_foreign_file_is_refused(tmp_path, content):
    (tmp_path / "foreign.onnx").write_bytes(content)
    assert "must be a model file" in refusal(tmp_path / "foreign.onnx")


def test_onnx_file_of_somebody_else_is_refused(tmp_path):
    assert "must be a model file" in refusal(with_metadata(tmp_path / "a.onnx", stride="16"))


@pytest.mark.parametrize("left_out", ["format_version", "name", "input", "decoder", "card"])
def test_metadata_that_lack_something_are_refused(tmp_path, left_out):
    values = json.loads(model_metadata("x", InputSpec(), DecoderSpec(), {}))
    del values[left_out]
    path = with_metadata(tmp_path / "a.onnx", **{METADATA_KEY: json.dumps(values)})
    assert left_out in refusal(path)


@pytest.mark.parametrize("text", ["[]", "7", "null", '{"format_version": "one"}', "{"])
def test_metadata_of_another_kind_are_refused(tmp_path, text):
    refusal(with_metadata(tmp_path / "a.onnx", **{METADATA_KEY: text}))


def test_setting_that_is_not_known_is_refused(tmp_path):
    values = json.loads(model_metadata("x", InputSpec(), DecoderSpec(), {}))
    values["decoder"]["colour"] = 1
    assert "colour" in refusal(
        with_metadata(tmp_path / "a.onnx", **{METADATA_KEY: json.dumps(values)})
    )


def test_model_of_a_later_format_is_refused_with_what_to_do(tmp_path):
    text = json.dumps({"format_version": 2, "anything": "else"})
    said = refusal(with_metadata(tmp_path / "a.onnx", **{METADATA_KEY: text}))
    assert "later version" in said
    assert "Update nuclarium" in said


def test_model_that_is_not_there_is_refused_with_the_names_that_are(tmp_path):
    with pytest.raises(InputNotFoundError, match="shipped name"):
        load_model(tmp_path / "none.onnx")
    with pytest.raises(InputNotFoundError, match="no flou"):
        load_model("flou")


def test_colour_image_without_a_model_for_it_is_told_so():
    if "he" in shipped_models():
        assert choose_model(is_rgb=True) == "he"
        return
    with pytest.raises(ModelError, match="--channel blue"):
        choose_model(is_rgb=True)


def test_fluorescence_has_its_model():
    assert choose_model(is_rgb=False) == "fluo"


def test_every_shipped_model_can_be_read_and_says_what_it_was_trained_on():
    assert shipped_models()
    for name in shipped_models():
        model = load_model(name)
        assert model.name == name
        assert len(model.network) < 20e6
        assert {"trained_on", "scores", "settings"} <= model.card.keys()

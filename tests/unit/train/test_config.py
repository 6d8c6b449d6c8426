import pytest

pytest.importorskip("lightning", reason="the extra train is not installed")

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.train.config import read_config

pytestmark = pytest.mark.torch
NEEDED = 'name = "x"\nimages = "images"\nlabels = "../labels"\n'


@pytest.fixture
def write(tmp_path):
    def written(text):
        (tmp_path / "run.toml").write_text(text)
        return tmp_path / "run.toml"

    return written


def test_paths_are_relative_to_the_file(write, tmp_path):
    config = read_config(write(NEEDED))
    assert config.images == tmp_path / "images"
    assert config.labels == tmp_path.parent / "labels"
    assert config.index is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("colour = 1", "colour"),
        ("steps = 0", "steps"),
        ("steps = 'many'", "steps"),
        ("patch_size_px = 100", "patch_size_px"),
        ("precision = '8'", "precision"),
        ("scale_range = [0.0, 2.0]", "scale_range"),
        ("scale_range = [2.0, 0.5]", "scale_range"),
        ("decoder_channels = []", "decoder_channels"),
        ("decoder_channels = [96, 64, 48, 32, 16]", "patch_size_px"),
        ("[decoder]\njoin = 0.5", "join"),
    ],
)
def test_wrong_setting_is_named_in_a_sentence(write, line, said):
    text = NEEDED + ("patch_size_px = 96\n" if "16]" in line else "") + line
    with pytest.raises(SettingsError, match=said) as caught:
        read_config(write(text))
    assert "\n" not in str(caught.value)


def test_missing_setting_is_named(write):
    with pytest.raises(SettingsError, match="labels: Field required"):
        read_config(write('name = "x"\nimages = "images"\n'))


@pytest.mark.parametrize("text", ["name = ", "\0", "[a]\n[a]"])
def test_file_that_is_no_toml_is_refused(write, text):
    with pytest.raises(SettingsError, match="must be a TOML file"):
        read_config(write(text))


def test_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputNotFoundError, match="there is none at"):
        read_config(tmp_path / "none.toml")

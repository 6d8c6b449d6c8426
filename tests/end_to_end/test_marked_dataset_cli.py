"""The commands of datasets on boxes, outlines and classes, from NuCLS's files on."""

import json

import pytest
from tests.datasets import NUCLS, marked
from typer.testing import CliRunner

from nuclarium.cli.app import app
from nuclarium.core.errors import SettingsError
from nuclarium.dataset.build import build_version

RUN = CliRunner()
SLIDES = ("TCGA-BH-A0BL-DX1", "TCGA-A2-A0CM-DX1", "TCGA-E2-A14N-DX1", "TCGA-D8-A27F-DX1")


def run(*words, code=0):
    found = RUN.invoke(app, [*map(str, words)])
    assert found.exit_code == code, found.output
    return found.stdout


@pytest.fixture
def folder(tmp_path):
    """Four fields of four slides, exported as NuCLS has them."""
    rows = [("outline", (2, 2, 12, 12), "tumor"), ("box", (20, 14, 29, 28), "lymphocyte")]
    drafts = [
        marked(
            f"{slide}_left-1_top-1_bottom-33_right-33",
            [*rows, ("point", (8, 20, 8, 20), "unlabeled")][: 3 - number % 2],
            whole=True,
            slide=slide,
            patient=slide[:12],
            spacing_um=(0.2, 0.2),
            extra={"hospital": slide[5:7]},
        )
        for number, slide in enumerate(SLIDES)
    ]
    build_version(tmp_path / "made", "made", drafts, {}, classes=NUCLS)
    run("dataset", "export", tmp_path / "made", "--format", "nucls", "--out", tmp_path / "nucls")
    return tmp_path / "nucls"


def test_from_a_folder_of_nucls_to_folds_and_counts(folder, tmp_path):
    data = tmp_path / "data"
    assert "4 images, 10 nuclei" in run("dataset", "import", "nucls", folder, "--out", data)
    split = run("dataset", "split", data, "--folds", "nucls")
    assert split.startswith("Fold 0 is fold 1 of nucls as published, and so on.\n")
    rows = json.loads(run("dataset", "stats", data, "--by", "fold", "--json"))
    assert [row["fold"] for row in rows] == ["0", "1", "2", "3", "all"]
    assert (rows[-1]["outlines"], rows[-1]["boxes"], rows[-1]["super:sTIL"]) == (4, 4, 4)
    assert "exact duplicate" in run("dataset", "audit", data, code=1)
    run("dataset", "split", data, "--ratios", "1:1:0", "--by", "hospital", "--stratify", "classes")
    left = run("dataset", "export", data, "--format", "yolo", "--out", tmp_path / "yolo")
    assert left.startswith("yolo holds outlines alone: 6 boxes and points and the classes (3)")


def test_one_dataset_is_scored_against_another_at_every_level(tmp_path):
    place = [(2, 2, 12, 12), (2, 18, 12, 28), (18, 2, 28, 12), (18, 18, 28, 28)]
    names = {"truth": ("tumor", "lymphocyte", "fibroblast", "unlabeled")}
    names["other"] = ("mitotic_figure", "plasma_cell", "tumor", "tumor")
    for folder, classes in names.items():
        rows = [("box", box, label) for box, label in zip(place, classes, strict=True)]
        build_version(tmp_path / folder, folder, [marked("a", rows)], {}, classes=NUCLS)
    words = ("evaluate", tmp_path / "other", tmp_path / "truth")
    text = run(*words, "--out", tmp_path / "classes.csv")
    assert "found 3, missed 0, wrong 0, on what is not judged 1" in text
    assert "super: 3 matched nuclei, accuracy 0.667" in text
    found = json.loads(run(*words, "--json"))
    assert (found["detection"]["f1"], found["levels"]["raw"]["accuracy"]) == (1.0, 0.0)
    assert (tmp_path / "classes.csv").read_text().startswith("level,class,truth,prediction")
    assert isinstance(RUN.invoke(app, [*map(str, words), "--3d"]).exception, SettingsError)
    no_dataset = RUN.invoke(app, ["evaluate", str(tmp_path), str(tmp_path / "truth")])
    assert "must be a dataset as well" in str(no_dataset.exception)


def test_training_refuses_nuclei_without_an_outline(folder, tmp_path):
    pairs = pytest.importorskip("nuclarium.train.pairs")
    data = tmp_path / "data"
    run("dataset", "import", "nucls", folder, "--out", data)
    run("dataset", "split", data, "--ratios", "1:1:0")
    with pytest.raises(SettingsError, match="are boxes or points alone"):
        pairs.split_of_dataset(data, "train")


def test_wrong_words_end_with_a_sentence(folder, tmp_path):
    found = RUN.invoke(app, ["dataset", "import", "nuclear", str(folder), "--out", str(tmp_path)])
    assert isinstance(found.exception, SettingsError)
    assert "a format and a folder, such as nucls FOLDER" in str(found.exception)

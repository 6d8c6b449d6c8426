"""The commands of datasets, from a folder of images to an audited, exported dataset."""

import json
import re

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from nuclarium.cli import main
from nuclarium.cli.app import app

RUN = CliRunner()


def run(*words, code=0):
    found = RUN.invoke(app, ["dataset", *map(str, words)])
    assert found.exit_code == code, found.output
    return found.stdout


@pytest.fixture
def folder(tmp_path):
    """Twelve images of two conditions, the last one a mirrored copy of the first."""
    y, x = np.indices((64, 64))
    (tmp_path / "made").mkdir()
    rows = ["image,condition,group,spacing_um"]
    for number in range(12):
        rng = np.random.default_rng(number % 11)
        mask = np.zeros((64, 64), np.uint8)
        for cy, cx in rng.integers(8, 56, (6, 2)):
            mask[(y - cy) ** 2 + (x - cx) ** 2 < 30] = 255
        pixels = (mask * 8.0 + rng.normal(300, 9, mask.shape)).astype(np.uint16)
        if number == 11:
            mask, pixels = mask[:, ::-1], pixels[:, ::-1]
        for kind, array in (("images", pixels), ("masks", mask)):
            (tmp_path / "made" / kind).mkdir(exist_ok=True)
            cv2.imwrite(
                str(tmp_path / "made" / kind / f"a{number:02}.png"), np.ascontiguousarray(array)
            )
        rows.append(f"a{number:02},{250 if number < 6 else 950}Pa,g{number // 2},0.5")
    (tmp_path / "made" / "sheet.csv").write_text("\n".join(rows))
    return tmp_path / "made"


def test_from_a_folder_to_an_audited_dataset(folder, tmp_path):
    data = tmp_path / "data"
    assert "v001 is new: 12 images" in run("build", folder, "--out", data, "--licence", "CC0")
    assert "v001 is unchanged" in run("build", folder, "--out", data)
    split = json.loads(run("split", data, "--ratios", "4:1:1", "--by", "group", "--json"))
    assert split["split"] == {"train": 8, "val": 2, "test": 2}
    assert "v002 is unchanged" in run("build", folder, "--out", data)
    assert "split  a00  split: none → " in run("diff", data / "v001", data)
    table = run("stats", data, "--figure", tmp_path / "f.png", "--out", tmp_path / "t.csv")
    assert re.search(r"250Pa +6 +\d+ +\d\.\d\d ± \d\.\d\d", table)
    assert cv2.imread(str(tmp_path / "f.png")).shape[0] > 600
    assert json.loads(run("stats", data, "--by", "split", "--json"))[-1]["images"] == 12
    assert "1 groups" in run("group", data) or "groups: look" in run("group", data, "--distance", 9)


def test_audit_shows_leaks_as_pictures_and_ends_with_1(folder, tmp_path):
    data, page = tmp_path / "data", tmp_path / "audit.html"
    run("build", folder, "--out", data)
    assert "not split" in run("audit", data)
    for seed in range(20):
        run("split", data, "--seed", seed)
        code = RUN.invoke(app, ["dataset", "audit", str(data), "--json"])
        found = json.loads(code.stdout)
        if any(f["kind"] == "near duplicate" and f["is_leak"] for f in found["findings"]):
            break
    assert code.exit_code == 1
    text = run("audit", data, "--page", page, code=1)
    assert "leaks into another" in text
    html = page.read_text()
    assert html.count("data:image/webp;base64,") >= 2
    assert "mirrored left to right" in html
    assert "http" not in re.sub(r"http-equiv|http://www.w3.org", "", html)


def test_export_and_import_give_the_same(folder, tmp_path):
    data = tmp_path / "data"
    run("build", folder, "--out", data, "--origin", "here")
    for kind in ("coco", "parquet", "yolo"):
        run("export", data, "--format", kind, "--out", tmp_path / kind)
        back = run("import", tmp_path / kind, "--out", tmp_path / f"{kind}_back")
        assert f"The format is taken for {kind}" in back
        changes = run("diff", data, tmp_path / f"{kind}_back")
        assert changes == "Nothing has changed.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("build", "nowhere", "--out", "x"), "A folder of images"),
        (("build", "."), "--out"),
        (("split", "nowhere"), "nuclarium dataset build"),
        (("stats", "nowhere", "--figure", "a.jpg"), ".png"),
        (("import", "nowhere", "--out", "x"), "A folder was expected"),
    ],
)
def test_what_a_user_gets_wrong_is_one_sentence_and_exit_code_2(
    words, said, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["nuclarium", "dataset", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_dataset_is_not_written_over_other_files_or_into_its_source(folder, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    assert "holds other files" in str(
        RUN.invoke(
            app, ["dataset", "build", str(folder), "--out", str(tmp_path / "full")]
        ).exception
    )
    assert "must not lie in" in str(
        RUN.invoke(app, ["dataset", "build", str(folder), "--out", str(folder / "d")]).exception
    )

"""A project on the command line: from stacks to patches and results, and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tifffile
from tests.local_networks import write_local_model

from nuclarium.core.geometry import Spacing
from nuclarium.io.lsm_info import LsmChannel
from nuclarium.io.write import write_labels
from nuclarium.io.write_lsm import write_lsm
from nuclarium.synthetic.plane import synthetic_nuclei
from nuclarium.workspace.project import Project


@pytest.fixture
def stacks(tmp_path):
    """Two stacks of one name, in a folder a condition, and the truth of their planes."""
    truth = {}
    for i, condition in enumerate(("250Pa", "950Pa")):
        planes = [
            synthetic_nuclei((120, 130), 8, np.random.default_rng(3 * i + z), diameter_px=18)
            for z in range(3)
        ]
        stack = np.stack([pixels for pixels, _ in planes])[None, :, None]
        path = tmp_path / condition / "colony01.lsm"
        path.parent.mkdir()
        write_lsm(path, stack, spacing=Spacing(0.5, 0.5, 1.0), channels=[LsmChannel("DAPI")])
        truth |= {f"{condition}_colony01_z{z:03d}": planes[z][1] for z in range(3)}
    return sorted(tmp_path.glob("*Pa/*.lsm")), truth


@pytest.fixture
def project(run, stacks, tmp_path, monkeypatch):
    """A project with both stacks, which one is in."""
    folder = tmp_path / "organoids"
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("file;condition;group;Operator\r\n250Pa\\colony01.lsm;250Pa;c1;AB\r\n"
                     "950Pa\\colony01.lsm;950Pa;c2;CD\r\n")  # fmt: skip
    assert run("init", folder)[0] == 0
    assert run("import", "--sheet", sheet, "--project", folder)[0] == 0
    monkeypatch.chdir(folder)
    return folder


def test_project_goes_from_stacks_to_patches(run, project, stacks):
    code, out, _ = run("slices", "--planes", "0-1")
    assert (code, "4 planes of 2 images" in out) == (0, True)
    for path in (project / "planes").iterdir():
        write_labels(project / "masks" / path.name, stacks[1][path.stem])
    code, out, err = run("patches", "--size-px", 64, "--edge", "shift", "--min-nuclei", 2)
    assert code == 0, err
    assert "patches of 4 planes" in out
    status = json.loads(run("status", "--json")[1])
    assert [(i["planes"], i["masks"]) for i in status["images"]] == [(2, {"preliminary": 2})] * 2
    assert all(image["patches"] > 0 for image in status["images"])
    made = [(r["what"], r["made_by"].split()[1]) for r in Project.open(project).records()]
    assert made == [
        ("init", "init"), ("import", "import"), ("slices", "slices"), ("slices", "slices"),
        ("patches", "patches"),
    ]  # fmt: skip


def test_project_is_segmented_under_the_names_of_its_images(run, project, tmp_path):
    model = write_local_model(tmp_path / "local.onnx", licence="CC0")
    code, _, err = run("segment", project, "--model", model, "--z", "best", "--workers", 1)
    assert code == 0, err
    names = sorted(path.name for path in (project / "results" / "labels").iterdir())
    assert names == ["250Pa_colony01.ome.tif", "950Pa_colony01.ome.tif"]
    status = json.loads(run("status", "--json")[1])
    run_record = json.loads((project / "results" / "run.json").read_text())
    assert [i["nuclei"] for i in status["images"]] == [r["n_nuclei"] for r in run_record["images"]]
    assert Project.open(project).records()[-1]["what"] == "segment"


def test_changed_file_of_a_project_is_not_segmented_and_named(run, project, stacks, tmp_path):
    model = write_local_model(tmp_path / "local.onnx", licence="CC0")
    write_lsm(stacks[0][0], np.ones((1, 1, 1, 50, 50), np.uint16))
    code, _, err = run("segment", project, "--model", model, "--workers", 1)
    assert code == 2
    assert "content changed" in err
    failures = json.loads((project / "results" / "run.json").read_text())["failures"]
    assert len(failures) == 1
    assert "changed: 250Pa_colony01" in run("status")[1]


@pytest.mark.parametrize("z", ["0-1", "max:2"])
def test_some_slices_are_segmented_side_by_side(run, project, tmp_path, z):
    model = write_local_model(tmp_path / "local.onnx", licence="CC0")
    code, _, err = run("segment", project, "--model", model, "--z", z, "--workers", 1)
    assert code == 0, err
    labels = tifffile.imread(project / "results/labels/250Pa_colony01.ome.tif")
    assert labels.shape == (2, 120, 130)


def test_files_without_a_folder_for_results_are_refused(run, stacks, project):
    assert "must be given with --out" in run("segment", stacks[0][0])[2]
    code, _, err = run("segment", project, stacks[0][0])
    assert (code, "on its own" in err) == (2, True)


def test_recipe_is_shown_and_applied(run, project):
    text = "threshold high=1500 | mean radius_px=1 | stretch"
    code, out, _ = run("recipe", "show", "--recipe", text)
    assert code == 0
    assert "threshold high=1500 low=0 | mean radius_px=1 | stretch low=1 high=99.8" in out
    settings = project / "nuclarium.toml"
    settings.write_text(settings.read_text().replace("steps = []", f'steps = "{text}"'))
    assert "2 previews" in run("recipe", "apply")[1]
    assert sorted(p.name for p in (project / "previews").iterdir()) == [
        "250Pa_colony01_max.png", "950Pa_colony01_max.png",
    ]  # fmt: skip


def test_steps_as_tables_of_the_settings_file_are_read(run, project):
    settings = project / "nuclarium.toml"
    tables = '[[recipe.steps]]\nstep = "mean"\nradius_px = 1.0\n'
    settings.write_text(settings.read_text().replace("steps = []", "") + tables)
    assert json.loads(run("recipe", "show", "--json")[1]) == {
        "steps": [{"step": "mean", "radius_px": 1.0}]
    }


def test_settings_of_the_project_are_the_defaults(run, project):
    settings = project / "nuclarium.toml"
    settings.write_text(settings.read_text().replace('planes = "all"', 'planes = "2"'))
    run("slices")
    assert sorted(p.name for p in (project / "planes").iterdir()) == [
        "250Pa_colony01_z002.tif", "950Pa_colony01_z002.tif",
    ]  # fmt: skip


def test_plain_files_need_no_project(run, stacks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "planes"
    code, said, _ = run("slices", *stacks[0], "--planes", "best", "--out", out)
    assert (code, "2 planes of 2 images" in said) == (0, True)
    names = {path.name.rpartition("_z")[0] for path in out.iterdir()}
    assert names == {"250Pa_colony01", "950Pa_colony01"}
    code, _, err = run("slices", *stacks[0])
    assert (code, "nuclarium init" in err) == (2, True)
    code, _, err = run(
        "recipe", "apply", *stacks[0], "--out", tmp_path / "p", "--recipe", "stretch"
    )
    assert code == 0, err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import"], "There must be files to import"),
        (["import", "nothing.lsm"], "there is nothing"),
        (["slices", "--planes", "99"], "a slice in 0..2"),
        (["slices", "colony99"], "neither a name nor a file"),
        (["slices", "--channel", "GFP"], "The channel must be one of"),
        (["patches"], "no pair"),
        (["patches", "--size-px", "3"], "no pair"),
        (["patches", "--images", "a"], "--images, --masks and --out together"),
        (["recipe", "apply"], "A recipe must be given"),
        (["recipe", "apply", "--recipe", "blur"], "A step of a recipe must be one of"),
        (["init", "."], "is a project already"),
        (["status", "/"], "nuclarium init"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(run, project, arguments, said):
    code, _, err = run(*arguments)
    assert code == 2
    assert said in err
    assert len(err.strip().splitlines()) <= 2
    assert "Traceback" not in err


def test_unreadable_file_is_named_and_the_others_are_imported(run, project, stacks, tmp_path):
    bad = tmp_path / "bad.lsm"
    bad.write_text("nope")
    more = tmp_path / "more.tif"
    tifffile.imwrite(more, np.zeros((20, 20), np.uint8))
    code, out, err = run("import", bad, more, "--condition", "x")
    assert (code, "1 new" in out, "bad.lsm must be an image" in err) == (2, True, True)
    assert Project.open(project).images()["name"].tolist()[-1] == "more"


@pytest.mark.parametrize("command", ["init", "import", "status", "slices", "patches", "recipe"])
def test_help_has_an_example(run, command):
    extra = ["apply"] if command == "recipe" else []
    assert "Example" in run(command, *extra, "--help")[1]

"""The command line on small synthetic batches: what it writes, refuses, keeps and says."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile

import cv2
import numpy as np
import pandas as pd
import pytest
import tifffile
from tests.local_networks import write_local_model

from nuclarium.io import hash_file
from nuclarium.synthetic.plane import synthetic_nuclei

COMMANDS = ["info", "segment", "measure", "evaluate", "sample", "models", "train", "export"]
COMMANDS += ["init", "import", "status", "slices", "recipe", "patches"]
COMMANDS += ["benchmark", "compare", "dataset", "pixels", "masks", "consensus"]
COMMANDS += ["quantize", "annotate", "annotations", "classes", "backup", "restore"]
TILES_IN_FILES = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background job
import nuclarium.workspace.batch as batch
batch.IN_MEMORY_PIXELS = 0
from nuclarium.cli import main
main()
"""


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return write_local_model(tmp_path_factory.mktemp("model") / "local.onnx", licence="CC0")


@pytest.fixture
def segment(run, model, tmp_path):
    """Segment into ``results`` with a model that needs no training."""

    def command(*arguments):
        out = ["--out", tmp_path / "results", "--model", model, "--workers", 2]
        return run("segment", *arguments, *out)

    return command


def nuclei(seed, shape=(120, 100), count=12, diameter_px=16.0):
    return synthetic_nuclei(shape, count, np.random.default_rng(seed), diameter_px=diameter_px)[0]


def write_image(path, pixels, axes="YX", **metadata):
    sizes = {"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5}
    tifffile.imwrite(
        path,
        pixels,
        ome=True,
        photometric="minisblack",
        metadata={"axes": axes, **sizes, **metadata},
    )
    return path


@pytest.fixture
def images(tmp_path):
    return [write_image(tmp_path / f"field{i}.ome.tif", nuclei(i)) for i in range(3)]


@pytest.fixture
def bad(tmp_path, images, rng):
    """Files that cannot be segmented, each by its name."""
    folder = tmp_path / "bad"
    folder.mkdir()
    (folder / "empty.tif").write_bytes(b"")
    (folder / "cut.ome.tif").write_bytes(images[0].read_bytes()[:9000])
    (folder / "text.tif").write_text("this is no image")
    noise = rng.integers(150, 256, (64, 64, 3), dtype=np.uint8)
    tifffile.imwrite(folder / "colour.tif", noise, photometric="rgb")
    tifffile.imwrite(folder / "tiny.tif", np.zeros((3, 90), np.uint8))
    names = ("empty.tif", "cut.ome.tif", "text.tif", "colour.tif", "tiny.tif", "missing.tif")
    return {"folder": folder, **{name: folder / name for name in names}}


def run_record(results):
    return json.loads((results / "run.json").read_text())


def read_labels(results, name):
    return tifffile.imread(results / "labels" / f"{name}.ome.tif")


def counts(results, name):
    """Number of nuclei by each of the outputs."""
    labels = read_labels(results, name)
    planes = labels if labels.ndim == 3 else labels[None]
    outlines = json.loads((results / "outlines" / f"{name}.geojson").read_text())
    features = outlines["features"] if isinstance(outlines, dict) else outlines
    with zipfile.ZipFile(results / "rois" / f"{name}.zip") as rois:
        n_rois = len(rois.namelist())
    whole = pd.read_csv(results / "nuclei.csv")
    return {
        "labels": sum(int(plane.max()) for plane in planes),
        "csv": len(pd.read_csv(results / "tables" / f"{name}.csv")),
        "parquet": len(pd.read_parquet(results / "tables" / f"{name}.parquet")),
        "geojson": len(features),
        "rois": n_rois,
        "batch": int((whole["image"] == name).sum()),
    }


def leftovers(folder):
    return [p for p in folder.rglob("*") if ".part" in p.name or ".old-" in p.name]


def test_every_output_of_an_image_is_there_and_tells_of_the_same_nuclei(segment, images, tmp_path):
    code, out, _ = segment(*images)
    results = tmp_path / "results"
    assert code == 0
    assert "in 3 images" in out
    for i in range(3):
        found = counts(results, f"field{i}")
        assert len(set(found.values())) == 1, found
        assert found["labels"] >= 5
        assert (results / "overlays" / f"field{i}.png").stat().st_size > 1000
    assert "field1" in (results / "index.html").read_text()
    assert not leftovers(results)


def test_record_holds_what_is_needed_to_repeat_the_run(segment, images, model, tmp_path):
    segment(*images)
    record = run_record(tmp_path / "results")
    assert record["models"] == [
        {"name": "local", "sha256": hash_file(model), "card": {"licence": "CC0"}}
    ]
    assert record["settings"]["z"] == "max"
    assert {"nuclarium", "python", "engine", "packages"} <= record["environment"].keys()
    assert record["failures"] == []
    for image, path in zip(record["images"], images, strict=True):
        assert image["sha256"] == hash_file(path)
        assert image["n_nuclei"] == counts(tmp_path / "results", image["name"])["labels"]
        assert all((tmp_path / "results" / name).exists() for name in image["outputs"])


def test_record_is_printed_as_json_and_nothing_else(segment, images, tmp_path):
    _, out, _ = segment(images[0], "--json")
    assert json.loads(out) == run_record(tmp_path / "results")


def test_each_scene_of_a_file_is_an_image(segment, tmp_path):
    path = tmp_path / "plate.ome.tif"
    with tifffile.TiffWriter(path, ome=True) as writer:
        for i in range(2):
            writer.write(nuclei(i), metadata={"axes": "YX", "Name": f"well B{i}"})
    assert segment(path)[0] == 0
    names = [image["name"] for image in run_record(tmp_path / "results")["images"]]
    assert names == ["plate_scene0-well-B0", "plate_scene1-well-B1"]
    for name in names:
        assert len(set(counts(tmp_path / "results", name).values())) == 1


def test_each_slice_of_a_stack_has_its_own_nuclei(segment, tmp_path):
    stack = np.stack([nuclei(1), nuclei(2, count=5), np.zeros((120, 100), np.uint16)])
    code, *_ = segment(write_image(tmp_path / "stack.ome.tif", stack, "ZYX"), "--z", "each")
    assert code == 0
    labels = read_labels(tmp_path / "results", "stack")
    table = pd.read_csv(tmp_path / "results" / "tables" / "stack.csv")
    assert labels.shape == stack.shape
    assert table.groupby("z").size().to_dict() == {0: labels[0].max(), 1: labels[1].max()}
    assert len(set(counts(tmp_path / "results", "stack").values())) == 1


@pytest.mark.parametrize(
    ("z", "choice"), [("max", "maximum"), ("best", "z 1 of 0..1, the sharpest"), ("0", "as asked")]
)
def test_choice_of_the_plane_is_recorded(segment, tmp_path, z, choice):
    stack = np.stack([nuclei(1) // 8, nuclei(2)])
    segment(write_image(tmp_path / "stack.ome.tif", stack, "ZYX"), "--z", z)
    (image,) = run_record(tmp_path / "results")["images"]
    assert choice in image["planes"][0]


@pytest.mark.parametrize(
    ("options", "why"), [([], "nuclear stain"), (["--channel", 1], "as asked")]
)
def test_choice_of_the_channel_is_recorded(segment, tmp_path, options, why):
    both = np.stack([np.zeros((120, 100), np.uint16), nuclei(2)])
    names = {"Channel": {"Name": ["GFP", "DAPI"]}}
    code, *_ = segment(write_image(tmp_path / "two.ome.tif", both, "CYX", **names), *options)
    assert code == 0
    (image,) = run_record(tmp_path / "results")["images"]
    assert image["channel"]["name"] == "DAPI"
    assert why in image["channel"]["why"]
    assert {"mean_DAPI", "mean_GFP"} <= {
        re.sub("intensity_", "", c) for c in pd.read_csv(tmp_path / "results/nuclei.csv").columns
    }


def test_spacing_of_the_file_and_of_the_user_reach_the_table(segment, images, tmp_path):
    segment(images[0])
    half = pd.read_csv(tmp_path / "results" / "nuclei.csv")["area_um2"]
    segment(images[0], "--spacing-um", 1.0, "--overwrite")
    np.testing.assert_allclose(
        pd.read_csv(tmp_path / "results" / "nuclei.csv")["area_um2"], 4 * half
    )


def test_colour_image_has_every_output_in_colour(run, tmp_path):
    light = np.clip((nuclei(3) - 160.0) / 1200, 0, 1)[..., None]
    pixels = (240 - light * np.array([150, 190, 90])).astype(np.uint8)
    tifffile.imwrite(tmp_path / "tissue.tif", pixels, photometric="rgb")
    model = write_local_model(tmp_path / "tissue.onnx", kind="colour")
    results = tmp_path / "results"
    code, _, err = run("segment", tmp_path / "tissue.tif", "--model", model, "--out", results)
    assert code == 0, err
    assert "channel colour" in err
    assert len(set(counts(results, "tissue").values())) == 1
    (image,) = run_record(results)["images"]
    assert (image["channel"]["name"], image["channel"]["sample"]) == ("colour", None)
    assert image["view"]["contrast"] is None
    means = [f"intensity_mean_{colour}" for colour in ("red", "green", "blue")]
    table = pd.read_csv(results / "nuclei.csv")
    assert (table[means].max() < 240).all()
    overlay = read_picture(results / "overlays" / "tissue.png")
    assert overlay[0, 0].min() > 230
    assert (overlay.astype(int).max(axis=2) - overlay.min(axis=2)).max() > 50
    assert "data:image/webp" in (results / "index.html").read_text()


def read_picture(path):
    return np.asarray(cv2.imread(str(path)))


def test_choice_of_size_and_contrast_is_printed_and_recorded(run, tmp_path):
    path = write_image(tmp_path / "small.ome.tif", 4095 - nuclei(5, (64, 80), 40, 6.0))
    results = tmp_path / "results"
    code, _, err = run("segment", path, "--out", results)
    assert code == 0, err
    assert re.search(r"dark nuclei, enlarged [24] times for nuclei of \d px", err)
    (image,) = run_record(results)["images"]
    view = image["view"]
    assert (view["contrast"], view["magnification"] in (2, 4)) == ("dark", True)
    assert view["diameter_um"] == pytest.approx(view["diameter_px"] / 2, abs=0.05)
    assert {"size guessed", "dark nuclei"} <= {warning["kind"] for warning in image["warnings"]}
    asked = ["--contrast", "dark", "--diameter-um", view["diameter_um"], "--resume"]
    assert run("segment", path, "--out", results, *asked)[0] == 0
    (again,) = run_record(results)["images"]
    assert again["view"]["magnification"] == view["magnification"]
    assert again["view"]["why"].endswith("as asked")
    assert {"size guessed", "dark nuclei"}.isdisjoint(w["kind"] for w in again["warnings"])
    assert again["n_nuclei"] == image["n_nuclei"] > 10


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--contrast", "inverted"], "auto, bright, dark"),
        (["--magnification", "3"], "0.125, 0.25, 0.5, 1, 2, 4"),
        (["--magnification", "2", "--diameter-um", "9"], "not both"),
        (["--diameter-um", "-1"], "0.1 to 1000"),
    ],
)
def test_size_and_contrast_that_cannot_be_are_refused(segment, images, options, said):
    code, out, err = segment(images[0], *options)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_diameter_of_an_image_without_spacing_is_refused_with_what_to_do(segment, tmp_path):
    tifffile.imwrite(tmp_path / "bare.tif", nuclei(1))
    code, _, err = segment(tmp_path / "bare.tif", "--diameter-um", 8)
    assert code == 2
    assert "--spacing-um" in err
    assert (
        segment(tmp_path / "bare.tif", "--diameter-um", 8, "--spacing-um", 0.5, "--resume")[0] == 0
    )


def test_image_without_nuclei_has_empty_outputs_and_a_warning(segment, tmp_path):
    code, *_ = segment(write_image(tmp_path / "dark.ome.tif", np.full((64, 64), 7, np.uint16)))
    assert code == 0
    assert set(counts(tmp_path / "results", "dark").values()) == {0}
    (image,) = run_record(tmp_path / "results")["images"]
    assert "no nuclei" in {warning["kind"] for warning in image["warnings"]}


def test_folder_with_results_is_refused_in_one_line(segment, images, tmp_path):
    segment(images[0])
    before = (tmp_path / "results" / "run.json").read_bytes()
    code, out, err = segment(images[0])
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert "--resume" in err
    assert (tmp_path / "results" / "run.json").read_bytes() == before


def test_resume_leaves_finished_images_alone_and_does_the_rest(segment, images, tmp_path):
    segment(*images[:2])
    labels = tmp_path / "results" / "labels"
    before = {path: path.stat().st_mtime_ns for path in labels.iterdir()}
    code, out, _ = segment(*images, "--resume")
    assert code == 0
    assert "in 3 images" in out
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(labels.iterdir())) == 3


def test_resume_of_a_finished_batch_changes_nothing(segment, images, tmp_path):
    segment(*images)
    before = pd.read_csv(tmp_path / "results" / "nuclei.csv")
    code, _, err = segment(*images, "--resume")
    assert code == 0, err
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "results" / "nuclei.csv"), before)


@pytest.mark.parametrize("change", ["pixels", "settings", "contrast", "magnification", "output"])
def test_resume_does_again_what_is_not_the_same(segment, images, tmp_path, change):
    segment(images[0])
    labels = tmp_path / "results" / "labels" / "field0.ome.tif"
    before, options = labels.stat().st_mtime_ns, []
    if change == "pixels":
        write_image(images[0], nuclei(9))
    elif change == "settings":
        options = ["--spacing-um", 2]
    elif change in ("contrast", "magnification"):
        options = [f"--{change}", {"contrast": "bright", "magnification": 0.5}[change]]
    else:
        (tmp_path / "results" / "overlays" / "field0.png").unlink()
    assert segment(images[0], "--resume", *options)[0] == 0
    assert labels.stat().st_mtime_ns > before
    assert (tmp_path / "results" / "overlays" / "field0.png").exists()


def test_resume_clears_what_a_killed_run_left_half_written(segment, images, tmp_path):
    segment(images[0])
    part = tmp_path / "results" / "labels" / ".field1.ome.tif.part-0123abcd"
    part.write_bytes(b"half")
    assert segment(*images[:2], "--resume")[0] == 0
    assert not leftovers(tmp_path / "results")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"outputs": 5}'])
def test_damaged_record_of_an_image_is_made_again(segment, images, tmp_path, content):
    segment(images[0])
    record = tmp_path / "results" / ".nuclarium" / "images" / "field0.json"
    record.write_text(content)
    assert segment(images[0], "--resume")[0] == 0
    assert json.loads(record.read_text())["name"] == "field0"


def test_overwrite_leaves_nothing_of_the_earlier_batch(segment, images, tmp_path):
    segment(*images)
    foreign = tmp_path / "results" / "labels" / "notes.txt"
    foreign.write_text("not ours")
    assert segment(images[1], "--overwrite")[0] == 0
    names = sorted(path.name for path in (tmp_path / "results" / "labels").iterdir())
    assert names == ["field1.ome.tif", "notes.txt"]


def test_bad_files_are_told_in_a_sentence_each_and_the_others_are_done(
    segment, images, bad, tmp_path
):
    code, out, err = segment(images[0], *bad.values(), images[1])
    results = tmp_path / "results"
    assert code == 2
    assert "in 2 images" in out
    lines = [line for line in err.splitlines() if line.startswith("nuclarium: ")]
    for path in bad.values():
        (line,) = [line for line in lines if line.startswith(f"nuclarium: {path}: ")]
        assert line.endswith(".")
    assert "Traceback" not in err
    assert {f["file"] for f in run_record(results)["failures"]} == {p.name for p in bad.values()}
    assert len(list((results / "labels").iterdir())) == 2
    assert not leftovers(results)


def test_batch_of_nothing_but_bad_files_ends_with_a_record(segment, bad, tmp_path):
    code, _, err = segment(bad["empty.tif"], bad["missing.tif"])
    assert code == 2
    assert "Traceback" not in err
    assert len(run_record(tmp_path / "results")["failures"]) == 2
    assert not (tmp_path / "results" / "labels").exists()


@pytest.mark.parametrize("name", ["empty.tif", "cut.ome.tif", "text.tif", "missing.tif", "folder"])
def test_info_of_a_bad_file_is_one_line(run, bad, name):
    code, out, err = run("info", bad[name])
    if code == 0:
        assert name == "cut.ome.tif"
        return
    assert (code, out) == (2, "")
    assert err.startswith("nuclarium: ")
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--engine", "abacus"],
        ["--spacing-um", "-1"],
        ["--spacing-um", "nan"],
        ["--out", "{file}"],
        ["--out", "{file}/below"],
        ["--model", "no_such_model"],
        ["--channel", "DAPI"],
        ["--z", "sharp"],
        ["--time", "3"],
    ],
)
def test_wrong_option_is_one_sentence(run, model, images, tmp_path, options):
    (tmp_path / "file").write_text("")
    base = ["--out", tmp_path / "results", "--model", model]
    filled = [option.format(file=tmp_path / "file") for option in options]
    code, _, err = run("segment", images[0], *base, *filled)
    assert code == 2
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("nuclarium: ")


def test_info_tells_people_and_programs_the_same(run, images):
    code, text, _ = run("info", images[0])
    assert code == 0
    assert "100 × 120 px" in text
    assert "0.5 × 0.5 µm" in text
    description = json.loads(run("info", images[0], "--json")[1])
    assert description["size_px"] == {"height": 120, "width": 100}
    assert description["spacing_um"]["x"] == 0.5


def test_measure_gives_the_table_of_the_batch(run, segment, images, tmp_path):
    segment(images[0])
    results, out = tmp_path / "results", tmp_path / "table.csv"
    labels = results / "labels" / "field0.ome.tif"
    assert run("measure", labels, images[0], "--out", out)[0] == 0
    batch = pd.read_csv(results / "tables" / "field0.csv").drop(columns="score")
    pd.testing.assert_frame_equal(pd.read_csv(out), batch)
    printed = run("measure", labels, images[0], "--json")[1]
    assert len(json.loads(printed)) == len(batch)


@pytest.mark.parametrize(
    "options", [["--z", "each"], ["--z", "7"], ["--spacing-um", "-1"], ["--spacing-um", "0"]]
)
def test_measure_refuses_a_wrong_option_in_one_line(run, tmp_path, options):
    stack = write_image(tmp_path / "a.ome.tif", np.stack([nuclei(1), nuclei(2)]), "ZYX")
    labels = write_image(tmp_path / "labels.ome.tif", np.eye(120, 100, dtype=np.uint16))
    code, _, err = run("measure", labels, stack, *options)
    assert code == 2
    assert len(err.strip().splitlines()) == 1


def test_measure_refuses_labels_of_another_size(run, images, tmp_path):
    tifffile.imwrite(tmp_path / "labels.tif", np.eye(50, dtype=np.uint16))
    code, _, err = run("measure", tmp_path / "labels.tif", images[0])
    assert code == 2
    assert len(err.strip().splitlines()) == 1


def test_predictions_taken_as_truth_are_perfect(run, segment, images, tmp_path):
    segment(*images)
    results, scores = tmp_path / "results", tmp_path / "scores.csv"
    code, out, _ = run("evaluate", results, results / "labels", "--out", scores)
    assert code == 0
    assert "3 images" in out
    table = pd.read_csv(scores)
    perfect = table[table.iloc[:, 0].astype(str).str.contains("f1|precision|recall|dice|aji")]
    assert len(perfect) >= 5
    value = next(column for column in table.columns if column in ("value", "pooled", "mean"))
    np.testing.assert_allclose(perfect[value], 1.0)


@pytest.fixture
def scored(segment, images, tmp_path):
    """Results, and a second prediction that misses every other nucleus."""
    segment(*images)
    labels, worse = tmp_path / "results" / "labels", tmp_path / "worse"
    worse.mkdir()
    for path in labels.iterdir():
        found = tifffile.imread(path)
        tifffile.imwrite(worse / path.name.replace(".ome", ""), np.where(found % 2, found, 0))
    (tmp_path / "groups.csv").write_text("image,group\nfield0,a\nfield1,b\nfield2,b\n")
    return tmp_path / "results", worse, labels, tmp_path / "groups.csv"


def test_two_predictions_are_compared_over_groups(run, scored):
    results, worse, truth, groups = scored
    code, out, _ = run("evaluate", worse, truth, "--against", results, "--groups", groups)
    assert code == 0
    assert "worse" in out
    assert run("evaluate", worse, truth, "--groups", groups, "--json")[0] == 0


@pytest.mark.parametrize(
    "text", ["image,group\nfield0,a\n", "a,b\n1,2\n", "", "image\nfield0\n", "\xff\xfe"]
)
def test_groups_that_do_not_fit_are_refused_in_one_line(run, scored, text):
    results, _, truth, groups = scored
    groups.write_text(text, encoding="latin-1")
    code, _, err = run("evaluate", results, truth, "--groups", groups)
    assert code == 2
    assert len(err.strip().splitlines()) == 1


def test_evaluate_names_truth_that_was_left_out(run, scored):
    _, worse, truth, _ = scored
    (worse / "field1.tif").unlink()
    code, _, err = run("evaluate", worse, truth)
    assert code == 0
    assert "field1" in err


def test_evaluate_refuses_what_has_no_truth(run, images, tmp_path):
    (tmp_path / "empty").mkdir()
    code, _, err = run("evaluate", images[0].parent / "nowhere", tmp_path / "empty")
    assert code == 2
    assert "nowhere" in err


def test_sample_is_an_image_that_says_it_is_synthetic(run, tmp_path):
    assert run("sample", "--out", tmp_path / "sample.tif")[0] == 0
    assert "synthetic" in run("info", tmp_path / "sample.tif")[1]


def test_sample_organoids_are_stacks_that_say_they_are_synthetic(run, tmp_path):
    command = ["sample", "organoid", "--out", tmp_path / "set", "--colonies", 1]
    command += ["--size", 14, 72, 72, "--seed", 3, "--json"]
    code, out, _ = run(*command)
    summary = json.loads(out)
    assert (code, summary["images"], summary["synthetic"]) == (0, 4, True)
    assert "SYNTHETIC" in run("info", tmp_path / "set" / "250Pa" / "colony01.lsm")[1]
    code, _, err = run(*command)
    assert code == 2
    assert "--overwrite" in err
    code, out, _ = run(*command[:-1], "--overwrite")
    assert code == 0
    assert "synthetic stacks" in out


def test_sample_raters_is_a_study_that_says_it_is_synthetic(run, tmp_path):
    folder = tmp_path / "study"
    command = ["sample", "raters", "--out", folder, "--fields", 2, "--raters", "SP=1,NP=2"]
    code, out, _ = run(*command, "--arms", "U-control,E", "--json")
    summary = json.loads(out)
    assert (code, summary["raters"], summary["synthetic"]) == (0, {"SP": 1, "NP": 2}, True)
    assert sorted(path.name for path in (folder / "images").iterdir()) == [
        "field01.png",
        "field02.png",
    ]
    assert "SYNTHETIC" in (folder / "README.txt").read_text()
    code, _, err = run(*command)
    assert code == 2
    assert "--overwrite" in err
    code, out, _ = run(*command, "--overwrite", "--no-images")
    assert code == 0
    assert not (folder / "images").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["nothing"], "nuclei, organoid or raters"),
        (["--seed", 3], "organoid and raters, but KIND is nuclei"),
        (["raters", "--raters", "XX=3"], "SP=3,JP=4,NP=18, with groups SP, JP, NP"),
        (["raters", "--raters", "NP=0"], "at least one rater"),
        (["raters", "--arms", "F"], "some of U-control, B-control, E"),
        (["raters", "--small"], "--small is for organoid, but KIND is raters"),
        (["organoid", "--size", 3, 3, 3], "at least 14 µm deep"),
    ],
)
def test_sample_refuses_what_it_cannot_make(run, tmp_path, wrong, said):
    code, _, err = run("sample", *wrong, "--out", tmp_path / "out")
    assert code == 2
    assert said in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_an_example(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"nuclarium {command}" in out.split("Example", 1)[1]


def test_every_command_is_tested_for_its_help(run):
    listed = re.findall(r"^  ([a-z]+)  ", run("--help")[1].split("Commands:")[1], re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


def test_help_imports_nothing_heavy():
    script = (
        "import sys\nfrom nuclarium.cli import main\nsys.argv = ['nuclarium', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'scipy', 'pandas', 'torch', 'onnxruntime', 'openvino', 'cv2', 'zarr'}\n"
        "sys.exit(f'heavy: {sorted(heavy & sys.modules.keys())}')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr.strip() == "heavy: []"
    assert "segment" in done.stdout


@pytest.fixture(scope="module")
def large(tmp_path_factory, model):
    """An image of many tiles, and what a run that nobody disturbs makes of it."""
    folder = tmp_path_factory.mktemp("large")
    part = nuclei(4, (375, 375), 120)
    write_image(folder / "large.ome.tif", np.tile(part, (8, 8)))
    done = start(folder, model, "clean")
    assert done.wait(120) == 0
    return folder, read_labels(folder / "clean", "large")


def start(folder, model, out, *options):
    """Start a run in a process of its own whose tiles wait in files."""
    command = ["segment", folder / "large.ome.tif", "--out", folder / out, "--model", model]
    return subprocess.Popen(
        [sys.executable, "-c", TILES_IN_FILES, *map(str, [*command, *options])],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def stop_midway(process, results, sign):
    """Send a signal once some tiles are predicted; return how many files there were."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        tiles = list((results / ".nuclarium" / "tiles").rglob("maps-*.npz.zst"))
        if len(tiles) >= 10:
            os.kill(process.pid, sign)
            break
        time.sleep(0.005)
    try:
        process.wait(timeout=60)
    finally:
        process.kill()
    return len(list((results / ".nuclarium" / "tiles").rglob("maps-*.npz.zst")))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(("sign", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 130)])
def test_run_that_is_stopped_goes_on_and_ends_with_the_same_labels(large, model, sign, code):
    folder, expected = large
    results = folder / sign.name
    process = start(folder, model, sign.name)
    kept = stop_midway(process, results, sign)
    assert process.returncode == code
    assert 10 <= kept < 144
    assert not (results / "run.json").exists()
    resumed = start(folder, model, sign.name, "--resume")
    assert resumed.wait(120) == 0
    np.testing.assert_array_equal(read_labels(results, "large"), expected)
    assert expected.max() > 2000
    assert not leftovers(results)
    assert not list((results / ".nuclarium" / "tiles").rglob("*.zst"))


@pytest.mark.data
@pytest.mark.slow
def test_every_real_file_is_segmented_or_told_why_not(segment, data, tmp_path):
    files = sorted(p for p in (data / "wsi_and_vendor_formats").iterdir() if p.suffix != ".md")
    code, _, err = segment(*files)
    record = run_record(tmp_path / "results")
    done = {image["file"] for image in record["images"]}
    told = {failure["file"]: failure["reason"] for failure in record["failures"]}
    assert done | told.keys() == {path.name for path in files}
    assert "Traceback" not in err
    assert code == (2 if told else 0)
    for reason in told.values():
        assert "colour" in reason or "nuclarium[slides]" in reason
    for image in record["images"]:
        assert all((tmp_path / "results" / name).exists() for name in image["outputs"])
    assert len(done) >= 3
    assert not leftovers(tmp_path / "results")


def colony(depth=7):
    """Three nuclei in seven slices, the third only below the first."""
    y, x = np.indices((90, 100))
    light = np.zeros((depth, 90, 100))
    for cz, cy, cx in ((2, 25, 25), (3, 60, 60), (2, 25, 75)):
        for z in range(depth):
            room = 13**2 - (4 * (z - cz)) ** 2
            light[z] += (y - cy) ** 2 + (x - cx) ** 2 <= max(room, -1)
    noise = np.random.default_rng(0).normal(0, 4, light.shape)
    return np.clip(200 + 1500 * light + noise, 0, 4095).astype(np.uint16)


DEEP = {"PhysicalSizeZ": 1.0, "PhysicalSizeZUnit": "µm"}


@pytest.fixture
def deep(tmp_path):
    return write_image(tmp_path / "deep.ome.tif", colony(), "ZYX", **DEEP)


def test_stack_becomes_nuclei_in_three_dimensions(segment, deep, tmp_path):
    code, _, err = segment(deep, "--3d")
    assert code == 0, err
    assert "deep: 3 nuclei" in err
    assert "7 slices" in err
    results = tmp_path / "results"
    with tifffile.TiffFile(results / "labels" / "deep.ome.tif") as tif:
        labels, description = tif.asarray(), tif.ome_metadata
    assert (labels.shape, labels.dtype, labels.max()) == ((7, 90, 100), np.int32, 3)
    assert 'PhysicalSizeZ="1.0"' in description
    table = pd.read_csv(results / "nuclei.csv")
    np.testing.assert_allclose(table["volume_um3"], np.bincount(labels.ravel())[1:] / 4)
    assert table["n_slices"].between(5, 7).all()
    assert table["section_area_um2"].min() > 50
    assert table["score"].between(0, 1).all()
    outlines = json.loads((results / "outlines" / "deep.geojson").read_text())
    assert len(outlines["features"]) == table["n_slices"].sum()
    page = (results / "index.html").read_text()
    assert "Median volume" in page
    assert "slices 1 µm apart" in page
    assert page.count("data:image/webp") == 2
    (image,) = run_record(results)["images"]
    assert set(image["outputs"]) == {
        "labels/deep.ome.tif",
        "outlines/deep.geojson",
        "rois/deep.zip",
        "tables/deep.csv",
        "tables/deep.parquet",
        "overlays/deep.png",
    }


def test_stack_in_three_dimensions_is_scored_and_kept_by_resume(segment, run, deep, tmp_path):
    segment(deep, "--3d")
    labels = tmp_path / "results" / "labels"
    code, out, _ = run("evaluate", labels, labels, "--3d", "--json")
    assert code == 0
    assert '"f1@0.50"' in out
    written = (labels / "deep.ome.tif").stat().st_mtime_ns
    code, out, _ = segment(deep, "--3d", "--resume", "--json")
    assert code == 0
    assert json.loads(out)["settings"]["volume"] is True
    assert (labels / "deep.ome.tif").stat().st_mtime_ns == written
    segment(deep, "--z", "each", "--resume")
    assert (labels / "deep.ome.tif").stat().st_mtime_ns != written


def test_image_of_one_plane_is_refused_in_three_dimensions(segment, images):
    code, _, err = segment(images[0], "--3d")
    assert code == 2
    assert "--3d needs a stack of slices" in err


def test_three_dimensions_and_a_choice_of_slices_are_refused(segment, deep):
    code, _, err = segment(deep, "--3d", "--z", "best")
    assert code == 2
    assert "--3d takes every slice" in err


def test_unknown_distance_of_slices_is_said_and_can_be_given(segment, tmp_path):
    path = write_image(tmp_path / "flat.ome.tif", colony(), "ZYX")
    segment(path, "--3d")
    (image,) = run_record(tmp_path / "results")["images"]
    assert ["--spacing-z-um" in w["text"] for w in image["warnings"]].count(True) == 1
    voxels = pd.read_csv(tmp_path / "results" / "nuclei.csv")["volume_px"]
    segment(path, "--3d", "--spacing-z-um", 2, "--overwrite")
    volumes = pd.read_csv(tmp_path / "results" / "nuclei.csv")["volume_um3"]
    np.testing.assert_allclose(volumes, voxels / 2)


def test_distance_of_slices_without_the_side_of_a_pixel_is_refused(segment, tmp_path):
    tifffile.imwrite(tmp_path / "bare.tif", colony(), metadata={"axes": "ZYX"})
    code, _, err = segment(tmp_path / "bare.tif", "--3d", "--spacing-z-um", 1)
    assert code == 2
    assert "--spacing-um" in err


def test_large_stack_in_three_dimensions_waits_in_files(segment, deep, tmp_path, monkeypatch):
    segment(deep, "--3d")
    expected = tifffile.imread(tmp_path / "results" / "labels" / "deep.ome.tif")
    monkeypatch.setattr("nuclarium.workspace.batch.IN_MEMORY_PIXELS", 0)
    code, _, err = segment(deep, "--3d", "--overwrite")
    assert code == 0, err
    found = tifffile.imread(tmp_path / "results" / "labels" / "deep.ome.tif")
    np.testing.assert_array_equal(found, expected)
    assert not list((tmp_path / "results" / ".nuclarium").glob("tiles/*"))

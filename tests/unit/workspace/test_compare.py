"""Comparing results on disk: sheets, projects, pages, and what users get wrong."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
from scipy import ndimage

from nuclarium.cli import main
from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.io.write import write_json, write_labels, write_table
from nuclarium.measurement import measure
from nuclarium.workspace.compare import CompareSettings, compare_results
from nuclarium.workspace.compare_sheet import Sheet, match_images

SPACING = Spacing(0.5, 0.5)
CONDITIONS = {"250Pa": 1.0, "1800Pa": 0.8}


def colony(rng, size):
    """Nuclei of one size on a jittered lattice, with their pixels."""
    labels = np.zeros((150, 150), np.int32)
    y, x = np.mgrid[:150, :150]
    for number in range(16):
        cy, cx = 30 + 30 * np.array(divmod(number, 4)) + rng.uniform(-3, 3, 2)
        radius = size * rng.uniform(9, 11)
        labels[np.hypot(y - cy, x - cx) < radius] = number + 1
    return labels, np.where(labels > 0, 1000, 100) + rng.normal(0, 20, labels.shape)


def write_results(folder, rng, *, colonies=4, spacing=SPACING, channel="DAPI"):
    """Write a folder as `nuclarium segment` does, and a sheet."""
    records, tables, rows = [], [], []
    for condition, size in CONDITIONS.items():
        for number in range(colonies):
            name = f"{condition}_{number}"
            labels, pixels = colony(rng, size * rng.normal(1, 0.02))
            write_labels(folder / "labels" / f"{name}.ome.tif", labels, spacing)
            image = Image.from_array(pixels, spacing=spacing, channel_names=(channel,), axes="YX")
            tables.append(measure(labels, image).assign(image=name))
            records.append(record(name, condition, len(tables[-1]), spacing, channel))
            rows.append((f"{name}.tif", condition, f"colony{len(rows)}"))
    write_table(folder / "nuclei.parquet", pd.concat(tables, ignore_index=True))
    run = {
        "settings": {"z": "max"},
        "environment": {"nuclarium": "0.1.0"},
        "models": [{"name": "fluo", "sha256": "ab" * 32}],
        "images": records,
        "failures": [],
    }
    write_json(folder / "run.json", run)
    sheet = folder.parent / "sheet.csv"
    write_table(sheet, pd.DataFrame(rows, columns=["image", "condition", "group"]))
    return sheet


def record(name, condition, n_nuclei, spacing, channel):
    return {
        "name": name,
        "file": f"{name}.tif",
        "path": f"/data/{condition}/{name}.tif",
        "sha256": f"{hash(name) % 2**60:064x}",
        "image": {"spacing_um": None if spacing is None else {"z": None, "y": 0.5, "x": 0.5}},
        "channel": {"name": channel, "is_colour": False},
        "n_nuclei": n_nuclei,
        "outputs": [f"labels/{name}.ome.tif"],
    }


@pytest.fixture
def results(tmp_path, rng):
    folder = tmp_path / "results"
    write_results(folder, rng)
    return folder


@pytest.fixture
def sheet(results):
    return results.parent / "sheet.csv"


def compare(results, sheet, **settings):
    return compare_results(results, CompareSettings(**settings), sheet=sheet)


def rewrite(sheet, change):
    table = pd.read_csv(sheet, dtype=str, keep_default_na=False)
    write_table(sheet, change(table))


def test_planted_difference_is_found_and_said(results, sheet):
    found = compare(results, sheet)
    row = found.comparison.comparisons.set_index("feature").loc["area_um2"]
    assert row["percent_low"] < 100 * (0.8**2 - 1) < row["percent_high"]
    [said] = [s for s in found.record["findings"]["found"] if "Nuclei" in s and "in area" in s]
    assert said.startswith("Nuclei at 1800Pa are 3")
    assert "smaller in area than at 250Pa; 4 against 4 colonies; p" in said
    assert said.endswith("after Holm.")


def test_everything_is_written(results, sheet):
    found = compare(results, sheet)
    out = results / "comparison"
    names = ["nuclei", "groups", "conditions", "comparisons", "features"]
    tables = {name: pd.read_csv(out / f"{name}.csv") for name in names}
    assert len(tables["nuclei"]) == 8 * 16
    assert tables["groups"]["nuclei"].tolist() == [16] * 8
    assert len(tables["groups"]) == 8
    page = found.page.read_text("utf-8")
    for record in found.record["images"]:
        assert record["sha256"] in page
    assert "nuclarium 0.1.0" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "Synthetic:" not in page
    assert json.loads((out / "comparison.json").read_text("utf-8"))["reference"] == "250Pa"


def test_same_input_gives_the_same_tables_and_figures(results, sheet):
    first = compare(results, sheet).page.read_text("utf-8").split("</header>")[1]
    assert compare(results, sheet).page.read_text("utf-8").split("</header>")[1] == first


def test_distance_to_the_edge_is_that_of_the_lattice(results, sheet):
    table = pd.read_csv(compare(results, sheet).folder / "nuclei.csv")
    depth = table["distance_to_colony_edge_um"].to_numpy().reshape(8, 4, 4)
    assert (depth[:, 1:3, 1:3].mean(axis=(1, 2)) > depth[:, 0].mean(axis=1) + 10).all()


def test_features_are_named_without_units(results, sheet):
    found = compare(results, sheet, features=("area", "colony_area", "solidity"))
    assert found.comparison.features == ("area_um2", "solidity", "colony_area_um2")


def test_neighbours_are_counted_within_the_radius_asked_for(results, sheet):
    found = compare(results, sheet, radius_um=18.0, features=("neighbours_within",))
    assert found.comparison.features == ("neighbours_within_18_um",)
    assert found.comparison.summary["mean"].between(2.8, 3.2).all()


def test_nuclei_at_the_border_are_left_out_unless_asked_for(results, sheet):
    table = pd.read_parquet(results / "nuclei.parquet")
    table.loc[::4, "touches_border"] = True
    write_table(results / "nuclei.parquet", table)
    found = compare(results, sheet)
    assert found.comparison.summary["nuclei"].iloc[0] == 48
    assert any("32 of 128 nuclei (25 %) touch the border" in r for r in found.record["remarks"])
    assert compare(results, sheet, with_cut=True).comparison.summary["nuclei"].iloc[0] == 64


def test_without_groups_each_image_is_one_and_it_is_said(results, sheet):
    rewrite(sheet, lambda table: table.drop(columns="group"))
    found = compare(results, sheet)
    assert len(found.comparison.design.groups) == 8
    assert any("Each image counts as a group of its own" in r for r in found.record["remarks"])


def test_condition_of_one_colony_has_no_p_value_and_one_sentence(results, sheet):
    rewrite(sheet, lambda table: table[(table["condition"] == "250Pa") | (table.index == 5)])
    found = compare(results, sheet)
    assert found.comparison.comparisons["p"].isna().all()
    assert [r for r in found.record["remarks"] if r.startswith("1800Pa has one colony:")]
    assert all("too few for an interval" in s for s in found.record["findings"]["untested"][:3])


def test_any_column_can_be_condition_or_group(results, sheet):
    rewrite(sheet, lambda t: t.rename(columns={"condition": "drug", "group": "patient"}))
    found = compare(results, sheet, by="drug", group="patient", reference="1800Pa")
    assert found.record["reference"] == "1800Pa"
    assert "patients" in found.page.read_text("utf-8")


@pytest.mark.parametrize("origin", ["synthetic", "SYNTHETIC: made by nuclarium"])
def test_synthetic_images_are_called_so_by_the_sheet(results, sheet, origin):
    rewrite(sheet, lambda table: table.assign(origin=origin))
    page = compare(results, sheet).page.read_text("utf-8")
    assert "Synthetic: all 8 images were made by computation" in page


def test_synthetic_images_are_called_so_by_their_channel(tmp_path, rng):
    sheet = write_results(tmp_path / "results", rng, channel="DAPI_synthetic")
    assert compare(tmp_path / "results", sheet).record["synthetic_images"] == 8


def test_without_spacing_everything_is_in_pixels_and_it_is_said(tmp_path, rng):
    sheet = write_results(tmp_path / "results", rng, spacing=None)
    found = compare(tmp_path / "results", sheet)
    assert {"area_px", "distance_to_colony_edge_px"} <= set(found.comparison.features)
    assert any("in pixels" in remark for remark in found.record["remarks"])


def test_lost_labels_cost_the_position_only(results, sheet):
    for path in (results / "labels").iterdir():
        path.unlink()
    found = compare(results, sheet)
    told = found.comparison.comparisons.set_index("feature")["p"]
    assert np.isfinite(told["area_um2"])
    assert np.isnan(told["distance_to_colony_edge_um"])
    assert any("is not known in 8 images" in remark for remark in found.record["remarks"])


def test_stack_measured_slice_by_slice_counts_by_plane(results, sheet):
    table = pd.read_parquet(results / "nuclei.parquet")
    both = pd.concat([table.assign(z=0), table.assign(z=1)], ignore_index=True)
    write_table(results / "nuclei.parquet", both)
    for path in (results / "labels").iterdir():
        write_labels(path, np.stack([tifffile.imread(path)] * 2), SPACING)
    found = compare(results, sheet)
    number = found.comparison.summary.set_index("feature").loc["nuclei_per_plane", "mean"]
    assert number.tolist() == [16, 16]
    assert any("slice by slice" in remark for remark in found.record["remarks"])


def test_rows_may_name_paths_and_stacks(results, sheet):
    def renamed(table):
        folders = table["condition"] + "/" + table["image"].str.replace(".tif", ".lsm")
        return table.assign(image=folders).rename(columns={"image": "file"})

    rewrite(sheet, renamed)
    assert len(compare(results, sheet).record["images"]) == 8


MISTAKES = {
    "no image": (lambda t: t.assign(image="other.tif"), "none of its 8 rows does"),
    "twice": (lambda t: pd.concat([t, t.iloc[:1]]), "has the rows 2 and 10"),
    "one condition": (lambda t: t.assign(condition="a"), "two conditions or more"),
    "no condition": (lambda t: t.assign(condition=""), "all are empty"),
    "no column": (
        lambda t: t.rename(columns={"condition": "drug"}),
        "column condition, but it has",
    ),
    "no names": (lambda t: t.rename(columns={"image": "picture"}), "column image, file or name"),
    "no rows": (lambda t: t.iloc[:0], "a row for each image"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_in_the_sheet_is_one_sentence(results, sheet, mistake):
    change, text = MISTAKES[mistake]
    rewrite(sheet, change)
    with pytest.raises(SettingsError, match=text):
        compare(results, sheet)


def test_rows_and_images_without_a_partner_are_listed(results, sheet):
    rewrite(sheet, lambda t: t.assign(image=t["image"].where(t.index != 2, "gone.tif")))
    remarks = compare(results, sheet).record["remarks"]
    assert any("not in the results: gone.tif" in remark for remark in remarks)
    assert any("have no row and were left out: 250Pa_2" in remark for remark in remarks)


def test_unknown_feature_and_reference_list_what_there_is(results, sheet):
    with pytest.raises(SettingsError, match=r"such as centroid_y_px, .*; but got volume"):
        compare(results, sheet, features=("volume",))
    with pytest.raises(SettingsError, match="one of the conditions 250Pa, 1800Pa, but got 9"):
        compare(results, sheet, reference="9")


def test_folder_without_results_or_sheet_says_what_to_do(tmp_path, results):
    with pytest.raises(InputNotFoundError, match="Segment the images first"):
        compare_results(tmp_path)
    with pytest.raises(SettingsError, match="--sheet must say"):
        compare_results(results)
    with pytest.raises(InputNotFoundError):
        compare_results(tmp_path / "nothing")


def names_of(rows, records):
    """Which row each image finds, by name."""
    sheet = Sheet(Path("sheet.csv"), pd.DataFrame(rows, index=range(2, len(rows) + 2), dtype=str))
    return match_images(sheet, records)[0]


def image(name, path, sha256="0"):
    return {"name": name, "file": Path(path).name, "path": path, "sha256": sha256}


def test_files_of_one_name_are_told_apart_by_their_folder():
    records = [image("a_1", "/x/a/1.tif"), image("b_1", "/x/b/1.tif")]
    assert names_of([{"file": "b/1.tif"}, {"file": "a\\1.tif"}], records) == {"b_1": 2, "a_1": 3}
    with pytest.raises(
        SettingsError, match=r"Row 2 of sheet.csv must name one file, but 1.tif fits"
    ):
        names_of([{"file": "1.tif"}], records)


def test_planes_belong_to_the_row_of_their_stack():
    planes = [image(f"c01_z{z:03d}", f"/p/planes/c01_z{z:03d}.tif") for z in (3, 7)]
    other = image("c011_z003", "/p/planes/c011_z003.tif")
    rows = [{"file": "raw/c01.lsm"}, {"file": "raw/c011.lsm"}]
    assert names_of(rows, [*planes, other]) == {"c01_z003": 2, "c01_z007": 2, "c011_z003": 3}


def test_hash_says_more_than_names():
    records = [image("a", "/x/a.tif", "11"), image("b", "/x/b.tif", "22")]
    rows = [{"name": "a", "sha256": "22"}, {"name": "b", "sha256": "11"}]
    assert names_of(rows, records) == {"b": 2, "a": 3}


def test_scenes_of_a_file_belong_to_its_row():
    records = [image(f"a_s{i}", "/x/a.czi") for i in (0, 1)]
    assert names_of([{"image": "a.czi"}], records) == {"a_s0": 2, "a_s1": 2}


def write_joined(folder, rng):
    """Write results of stacks whose slices were joined: balls in two conditions."""
    z, y, x = np.mgrid[:20, :60, :60]
    records, tables, rows = [], [], []
    for number in range(6):
        name, radius = f"stack{number}", (3 if number < 3 else 4) + rng.normal(0, 0.1)
        labels = np.zeros(z.shape, np.int32)
        for i, (cy, cx) in enumerate([(15, 15), (15, 40), (40, 15), (40, 40), (28, 28)], start=1):
            ball = ((z - 10) / 1) ** 2 + ((y - cy) / 2) ** 2 + ((x - cx) / 2) ** 2 < radius**2
            labels[ball] = i
        write_labels(folder / "labels" / f"{name}.ome.tif", labels, Spacing(0.5, 0.5, z=1.0))
        found = np.arange(1, 6)
        places = ndimage.center_of_mass(labels > 0, labels, found)
        table = pd.DataFrame(places, columns=[f"centroid_{a}_px" for a in "zyx"])
        table[[f"centroid_{a}_um" for a in "zyx"]] = np.array(places) * [1.0, 0.5, 0.5]
        table["volume_um3"] = ndimage.sum_labels(labels > 0, labels, found) * 0.25
        tables.append(table.assign(label=found, image=name, touches_border=False))
        records.append(record(name, "x", 5, SPACING, "DAPI"))
        records[-1]["image"]["spacing_um"] = {"z": 1.0, "y": 0.5, "x": 0.5}
        rows.append((name, "soft" if number < 3 else "stiff", f"colony{number}"))
    write_table(folder / "nuclei.parquet", pd.concat(tables, ignore_index=True))
    run = {"settings": {}, "environment": {"nuclarium": "0"}, "models": [], "failures": []}
    write_json(folder / "run.json", run | {"images": records})
    write_table(folder / "sheet.csv", pd.DataFrame(rows, columns=["image", "condition", "group"]))


def test_joined_stacks_are_compared_in_three_dimensions(tmp_path, rng):
    write_joined(tmp_path / "results", rng)
    found = compare(tmp_path / "results", tmp_path / "results" / "sheet.csv")
    mean = found.comparison.summary.set_index(["feature", "condition"])["mean"]
    assert mean["volume_um3", "stiff"] == pytest.approx(4 / 3 * np.pi * 64, rel=0.1)
    assert mean["nuclei_per_stack", "soft"] == 5
    depth = pd.read_csv(found.folder / "nuclei.csv")["distance_to_colony_edge_um"]
    assert depth.between(1.5, 6).all()
    assert found.comparison.features[-1] == "nuclei_density_per_mm3"
    assert any("larger in volume" in s for s in found.record["findings"]["found"])
    assert not any("Textures" in remark for remark in found.record["remarks"])


def test_command_prints_findings_or_json(results, sheet, capsys, monkeypatch):
    arguments = ["nuclarium", "compare", str(results), "--sheet", str(sheet)]
    for extra, beginning in ([], "64 nuclei of 4 colonies at 250Pa"), (["--json"], "{"):
        monkeypatch.setattr("sys.argv", [*arguments, *extra])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 0
        assert capsys.readouterr().out.startswith(beginning)


def test_mistake_on_the_command_line_is_one_sentence_and_exit_code_2(results, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["nuclarium", "compare", str(results), "--test", "t"])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert capsys.readouterr().err == "nuclarium: --test must be groups or model, but got t.\n"


def test_condition_without_nuclei_counts_and_has_nothing_else(results, sheet):
    table = pd.read_parquet(results / "nuclei.parquet")
    write_table(results / "nuclei.parquet", table[table["image"].str.startswith("250Pa")])
    for path in (results / "labels").glob("1800Pa*"):
        write_labels(path, np.zeros((150, 150), np.int32), SPACING)
    found = compare(results, sheet)
    told = found.comparison.comparisons.set_index("feature")
    assert told.loc["nuclei_per_plane", "difference"] == -16
    assert np.isnan(told.loc["area_um2", "difference"])
    assert "Area is not known for 1800Pa or 250Pa." in found.record["findings"]["untested"]


def test_no_nuclei_at_all_is_one_sentence(results, sheet):
    table = pd.read_parquet(results / "nuclei.parquet")
    write_table(results / "nuclei.parquet", table.iloc[:0])
    with pytest.raises(SettingsError, match="no nucleus in the images"):
        compare(results, sheet)

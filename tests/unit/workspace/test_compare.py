"""Comparing results on disk: sheets, projects, pages, and what users get wrong."""

import json

import numpy as np
import pandas as pd
import pytest
import tifffile

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.core.geometry import Spacing
from nuclarium.core.image import Image
from nuclarium.io.write import write_json, write_labels, write_table
from nuclarium.measurement import measure
from nuclarium.workspace.compare import CompareSettings, compare_results

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
    assert any("cannot be read" in remark for remark in found.record["remarks"])


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

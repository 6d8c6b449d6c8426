"""Where images stand, and files that changed or are missing."""

import json
import os
import time

import numpy as np
import pandas as pd
import pytest
import tifffile

from nuclarium.cli.status import print_status
from nuclarium.io import hash_file
from nuclarium.preprocess.slices import SliceSettings
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import IMAGE_COLUMNS, Project
from nuclarium.workspace.raw_images import project_images
from nuclarium.workspace.slices import write_slices
from nuclarium.workspace.status import project_status


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"colony{i}.tif" for i in range(3)]
    for i, path in enumerate(paths):
        tifffile.imwrite(path, np.full((3, 12, 12), i, np.uint16), photometric="minisblack")
    return paths


@pytest.fixture
def project(tmp_path, files):
    project = Project.create(tmp_path / "project")
    import_images(project, files, known={"condition": "250Pa"})
    return project


def image(project, name):
    return next(image for image in project_status(project).images if image.name == name)


def write_file(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_imported_images_are_there_and_nothing_else(project):
    status = image(project, "colony1")
    assert (status.condition, status.file, status.planes, status.masks) == ("250Pa", "ok", 0, {})
    assert (status.patches, status.datasets, status.nuclei) == (0, [], None)


def test_changed_file_is_noticed_even_at_its_old_size(project, files):
    before = files[1].read_bytes()
    files[1].write_bytes(before[:-1] + b"\x09")
    os.utime(files[1], ns=(1, 1))
    assert [i.file for i in project_status(project).images] == ["ok", "changed", "ok"]


def test_file_that_was_only_touched_is_as_it_was(project, files):
    os.utime(files[1], ns=(1, 1))
    assert image(project, "colony1").file == "ok"


def test_missing_file_is_noticed(project, files):
    files[2].unlink()
    assert image(project, "colony2").file == "missing"


def test_lost_memory_of_files_is_made_again(project):
    project.file_states.write_text("{torn")
    assert image(project, "colony0").file == "ok"
    assert json.loads(project.file_states.read_text())


def test_everything_that_was_made_is_counted(project):
    write_slices(
        project_images(project, ["colony0"]),
        project.folder / "planes",
        SliceSettings("0-1"),
        project=project,
    )
    for name in ("colony0_z000.tif", "colony0_z001.tif", "colony1.tif", "stranger.tif"):
        write_file(project.folder / "masks" / name, "mask")
    write_file(
        project.folder / "masks" / "masks.csv",
        "name,status,who\ncolony0_z000,verified,AB\ncolony1.tif,rejected,AB\n",
    )
    write_file(project.folder / "patches" / "patches.csv", "id,image_name\na,colony0\nb,colony0\n")
    sha256 = project.images().loc[1, "sha256"]
    manifest = {"items": [{"source_sha256": sha256}, {"source_sha256": sha256}]}
    write_file(
        project.folder / "datasets" / "bmgd" / "v001" / "manifest.json", json.dumps(manifest)
    )
    record = {"name": "colony1", "sha256": sha256, "n_nuclei": 12}
    write_file(project.folder / "results/.nuclarium/images/colony1.json", json.dumps(record))
    status = project_status(project)
    first, second, third = status.images
    assert (first.planes, first.masks, first.patches) == (2, {"verified": 1, "preliminary": 1}, 2)
    assert (second.masks, second.datasets, second.nuclei) == ({"rejected": 1}, ["bmgd/v001"], 12)
    assert (third.planes, third.masks, third.nuclei) == (0, {}, None)
    assert "belong to no image by their names, such as stranger.tif" in status.remarks[0]


def test_what_was_made_of_older_content_is_marked(project, files):
    write_slices(
        project_images(project), project.folder / "planes", SliceSettings("0"), project=project
    )
    record = {"name": "colony0", "sha256": hash_file(files[0]), "n_nuclei": 3}
    write_file(project.folder / "results/.nuclarium/images/colony0.json", json.dumps(record))
    tifffile.imwrite(files[0], np.full((3, 12, 12), 99, np.uint16), photometric="minisblack")
    import_images(project, files[:1])
    assert image(project, "colony0").outdated == ["planes", "results"]
    assert image(project, "colony1").outdated == []


def test_damaged_tables_are_remarked_on_and_the_rest_is_shown(project):
    write_file(project.folder / "patches" / "patches.csv", "")
    write_file(project.folder / "datasets" / "a" / "v001" / "manifest.json", "{torn")
    status = project_status(project)
    assert len(status.images) == 3
    assert len(status.remarks) == 2


def test_table_is_printed_with_what_to_do(project, files, capsys):
    files[2].unlink()
    print_status(project_status(project))
    out = capsys.readouterr().out
    assert "colony1" in out
    assert "1 file missing: colony2. Connect their drive" in out
    assert "Next: nuclarium slices" in out
    assert "\x1b" not in out


def test_status_of_a_thousand_images_takes_seconds_at_most(tmp_path):
    project = Project.create(tmp_path / "big")
    paths = [tmp_path / "raw" / f"colony{i:04d}.tif" for i in range(1000)]
    rows = []
    for i, path in enumerate(paths):
        write_file(path, str(i))
        row = {"name": path.stem, "file": path.as_posix(), "sha256": hash_file(path)}
        rows.append(dict.fromkeys(IMAGE_COLUMNS, "") | row)
        for z in range(5):
            write_file(project.folder / "planes" / f"{path.stem}_z{z:03d}.tif", "")
        record = {"name": path.stem, "sha256": row["sha256"], "n_nuclei": i}
        write_file(
            project.folder / f"results/.nuclarium/images/{path.stem}.json", json.dumps(record)
        )
    project.write_images(pd.DataFrame(rows))
    project_status(project)
    began = time.perf_counter()
    status = project_status(project)
    seconds = time.perf_counter() - began
    assert all(i.file == "ok" and i.planes == 5 for i in status.images)
    assert seconds < 5  # 0.3 s on an idle machine; tests share theirs

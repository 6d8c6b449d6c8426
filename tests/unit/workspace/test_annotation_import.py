"""What was drawn elsewhere comes into the store: whole or not at all, and once."""

import json
import zipfile

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from roifile import ROI_TYPE, ImagejRoi
from skimage.draw import disk
from tests.annotations import edit, nucleus_id

from nuclarium.annotate.store import Store
from nuclarium.core.errors import NuclariumError, SettingsError
from nuclarium.dataset.build import Draft, build_version
from nuclarium.dataset.exchange import export_dataset
from nuclarium.io.interchange.rle import compress, run_lengths
from nuclarium.workspace.annotation_files import export_annotations
from nuclarium.workspace.annotation_import import import_project
from nuclarium.workspace.annotation_store import STORE
from nuclarium.workspace.annotations import labels_of
from nuclarium.workspace.drawn_files import read_drawn
from nuclarium.workspace.import_images import import_images
from nuclarium.workspace.project import Project
from nuclarium.workspace.project_classes import choose_classes, typed_choice
from nuclarium.workspace.study_export import export_project

SIZE = (48, 64)
SQUARE = [2, 2, 8, 2, 8, 8, 2, 8]
HOLE = [4, 4, 4, 6, 6, 6, 6, 4]


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "project")
    for value, name in enumerate(("field", "field_2")):
        tifffile.imwrite(tmp_path / f"{name}.tif", np.full(SIZE, value, np.uint8))
        import_images(made, [tmp_path / f"{name}.tif"])
    with Store.open(made.folder / STORE) as store:
        store.add_user("Ada", "admin", alias="A1")
        store.add_user("Grace", "rater", alias="R2")
    return made


def nuclei(project, owner="A1", image="field"):
    """Kind, label, rings and plane of what is in the document of somebody."""
    with Store.open(project.folder / STORE) as store:
        ids = {one.id: one.name for one in store.images()}
        heads = [h for h in store.documents() if h.owner == owner and ids[h.image] == image]
        drawn = [n for h in heads for n in store.document(h.id).nuclei.values()]
    return sorted((n.kind, n.label, n.rings, n.z) for n in drawn)


def discs():
    labels = np.zeros(SIZE, np.uint16)
    for number, place in enumerate([(10, 12), (30, 40), (20, 50)], start=1):
        labels[disk(place, 6)] = number
    return labels


def test_a_label_image_becomes_nuclei_with_the_same_pixels(project, tmp_path):
    tifffile.imwrite(tmp_path / "field.tif", discs())
    (done,) = import_project(project.folder, tmp_path / "field.tif")
    assert (done.image, done.whose, done.new) == ("field", "A1", 3)
    with Store.open(project.folder / STORE) as store:
        (head,) = store.documents()
        labels, _ = labels_of(store.document(head.id), SIZE)
        (gesture,) = store.gestures(head.id, "A1")
    assert ((labels > 0) == (discs() > 0)).all()
    assert len({(a, b) for a, b in zip(labels.flat, discs().flat, strict=True)}) == 4
    assert gesture.tool == "import"
    (last,) = [row for row in project.records() if row["what"] == "annotations import"]
    assert last["settings"]["nuclei"] == 3


def test_twice_adds_nothing(project, tmp_path):
    tifffile.imwrite(tmp_path / "field.tif", discs())
    before = import_project(project.folder, tmp_path / "field.tif")
    after = import_project(project.folder, tmp_path / "field.tif")
    assert [(one.new, one.known) for one in before + after] == [(3, 0), (0, 3)]
    assert len(nuclei(project)) == 3


@pytest.mark.parametrize(
    ("form", "kept"),
    [("geojson", 2), ("coco", 5), ("rois", 2), ("labels", 2), ("table", 5), ("json", 5)],
)
def test_what_was_exported_comes_back(project, tmp_path, form, kept):
    with Store.open(project.folder / STORE) as store:
        import_project(project.folder, _any_file(tmp_path))
        (head,) = store.documents()
        rows = [
            ("outline", [SQUARE, HOLE], "tumor"),
            ("box", [[20, 1, 28, 1, 28, 9, 20, 9]], "stroma"),
            ("point", [[40.5, 3.25]], "tumor"),
            ("outline", [[30, 30, 39, 30, 39, 39, 30, 39]], ""),
        ]
        planes = {2: 3} if form in ("table", "json", "coco") else {}
        for number, (kind, rings, label) in enumerate(rows, start=1):
            after = {"id": nucleus_id(number), "kind": kind, "rings": rings, "label": label}
            after["z"] = planes.get(number)
            store.append(head.id, [edit(number, number, after=after)], "A1")
        store.set_status(head.id, "done", "A1")
    export_project(project.folder, tmp_path / "out", form)
    _forget(project, tmp_path)
    (done,) = import_project(project.folder, tmp_path / "out", rater="A1", image="field")
    found = nuclei(project)
    assert done.new == len(found)
    assert sum(kind == "outline" for kind, *_ in found) >= 3
    if form in ("coco", "table", "json"):
        assert ("point", "tumor", ((40.5, 3.25),), None) in found
        assert ("box", "stroma", ((20, 1, 28, 1, 28, 9, 20, 9),), 3) in found
    if form in ("geojson", "json"):
        assert ("outline", "tumor", (tuple(SQUARE), tuple(HOLE)), None) in found
    assert done.new >= kept


def _any_file(folder):
    """A GeoJSON of one nucleus."""
    ring = [[50, 20], [60, 20], [60, 30], [50, 30], [50, 20]]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"classification": {"name": "tumor"}},
    }
    path = folder / "field.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def _forget(project, folder):
    (project.folder / STORE).rename(folder / "former.sqlite")
    with Store.open(project.folder / STORE) as store:
        store.add_user("Ada", "admin", alias="A1")


def test_a_nucleus_in_parts_stays_one(project, tmp_path):
    parts = [[[[1, 1], [3, 1], [3, 3], [1, 1]]], [[[5, 5], [15, 5], [15, 15], [5, 15], [5, 5]]]]
    feature = {"geometry": {"type": "MultiPolygon", "coordinates": parts}, "properties": {}}
    (tmp_path / "field.geojson").write_text(json.dumps({"features": [feature]}))
    import_project(project.folder, tmp_path / "field.geojson")
    ((_, _, rings, _),) = nuclei(project)
    assert rings == ((5, 5, 15, 5, 15, 15, 5, 15),)


def test_coco_of_other_programs(project, tmp_path):
    mask = discs() == 2
    content = {
        "images": [{"id": 7, "file_name": "field.tif", "width": SIZE[1], "height": SIZE[0]}],
        "categories": [{"id": 1, "name": "tumor"}],
        "annotations": [
            {"image_id": 7, "category_id": 1, "segmentation": [SQUARE], "bbox": [2, 2, 6, 6]},
            {"image_id": 7, "category_id": 1, "segmentation": [], "bbox": [5, 6, 7, 8]},
            {
                "image_id": 7,
                "category_id": 1,
                "segmentation": {"size": list(SIZE), "counts": compress(run_lengths(mask))},
                "bbox": [0, 0, 1, 1],
            },
            {"image_id": 7, "category_id": 1, "iscrowd": 1, "bbox": [0, 0, 9, 9]},
        ],
    }
    (tmp_path / "instances.json").write_text(json.dumps(content))
    import_project(project.folder, tmp_path / "instances.json")
    found = nuclei(project)
    assert [row[:2] for row in found] == [("box", "tumor"), *[("outline", "tumor")] * 2]
    assert found[0][2] == ((5, 6, 12, 6, 12, 14, 5, 14),)


def test_only_class_of_a_project_is_given_and_a_word_for_none_is_no_class(project, tmp_path):
    tifffile.imwrite(tmp_path / "field.tif", discs())
    import_project(project.folder, tmp_path / "field.tif")
    assert {label for _, label, _, _ in nuclei(project)} == {"nucleus"}
    choose_classes(project, typed_choice(["nucls"]))
    content = {
        "images": [{"id": 1, "file_name": "field_2.tif"}],
        "categories": [{"id": 1, "name": "nucleus"}, {"id": 2, "name": "mine"}],
        "annotations": [
            {"image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4], "z": 0},
            {"image_id": 1, "category_id": 2, "bbox": [11, 1, 4, 4]},
        ],
    }
    (tmp_path / "set.json").write_text(json.dumps(content))
    import_project(project.folder, tmp_path / "set.json")
    found = nuclei(project, image="field_2")
    assert [(label, z) for _, label, _, z in found] == [("", 0), ("mine", None)]


def test_a_grid_that_fills_the_memory_is_refused(project, tmp_path):
    runs = {"size": [10**6, 10**6], "counts": [10**12]}
    row = {"image_id": 1, "category_id": 1, "segmentation": runs}
    content = {"images": [{"id": 1, "file_name": "field"}], "annotations": [row]}
    (tmp_path / "set.json").write_text(json.dumps(content))
    with pytest.raises(NuclariumError, match="more than 1,073,741,824"):
        import_project(project.folder, tmp_path / "set.json")


def test_rois_of_fiji(project, tmp_path):
    area = ImagejRoi.frompoints(
        np.array([[2, 2], [9, 2], [9, 9], [2, 9]], np.float32), name="tumor-1"
    )
    line = ImagejRoi.frompoints(np.array([[0, 0], [5, 5]], np.float32), name="scale")
    line.roitype = ROI_TYPE.POLYLINE
    with zipfile.ZipFile(tmp_path / "field.zip", "w") as archive:
        archive.writestr("a.roi", area.tobytes())
        archive.writestr("b.roi", line.tobytes())
    import_project(project.folder, tmp_path / "field.zip")
    ((kind, label, (ring,), _),) = nuclei(project)
    assert (kind, label) == ("outline", "tumor")
    assert set(zip(ring[::2], ring[1::2], strict=True)) == {(2, 2), (9, 2), (9, 9), (2, 9)}


def test_a_folder_of_files_and_whose_they_become(project, tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    tifffile.imwrite(folder / "field.tif", discs())
    tifffile.imwrite(folder / "field_2.tif", discs())
    done = import_project(project.folder, folder, rater="R2")
    assert [(one.image, one.whose, one.new) for one in done] == [
        ("field", "R2", 3),
        ("field_2", "R2", 3),
    ]
    import_project(project.folder, folder, rater="shared")
    assert len(nuclei(project, owner=None, image="field_2")) == 3
    import_project(project.folder, folder, rater="suggestions")
    with Store.open(project.folder / STORE) as store:
        assert [len(store.suggestions(one.id)) for one in store.images()] == [3, 3]


@pytest.mark.parametrize("form", ["stardist", "cellpose", "coco", "parquet", "geojson"])
def test_datasets_come_in(project, tmp_path, form):
    labels = discs().astype(np.int32)
    draft = Draft(id="field", load=lambda: (np.zeros((*SIZE, 3), np.uint8), labels))
    built = build_version(tmp_path / "set", "set", [draft], {})
    export_dataset(built.dataset, tmp_path / "exported", form)
    (done,) = import_project(project.folder, tmp_path / "exported", form=form)
    assert (done.image, done.new) == ("field", 3)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("other.geojson", '{"type": "FeatureCollection", "features": []}', "must belong to one"),
        ("field.geojson", "nothing", "field.geojson"),
        ("field.json", '{"images": [], "annotations": [{}]}', "must be COCO"),
        ("field.csv", "item,rater\n1,2\n", "lacks field"),
        ("field.svg", "<svg/>", "must end in one of"),
        ("field.zip", "no zip", "ROI set"),
    ],
)
def test_what_cannot_come_in_says_why_and_leaves_nothing(project, tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(NuclariumError, match=said):
        import_project(project.folder, tmp_path / name)
    assert nuclei(project) == []


def test_one_nucleus_outside_keeps_all_out(project, tmp_path):
    _any_file(tmp_path)
    text = (tmp_path / "field.geojson").read_text()
    (tmp_path / "field.geojson").write_text(text.replace("60", "600"))
    with pytest.raises(SettingsError, match=r"64 × 48 px, but number 1 .* reaches outside"):
        import_project(project.folder, tmp_path / "field.geojson")
    tifffile.imwrite(tmp_path / "field.tif", discs()[:20])
    with pytest.raises(SettingsError, match="must have the size of the image field"):
        import_project(project.folder, tmp_path / "field.tif")
    with pytest.raises(SettingsError, match=r"Choose with --rater ALIAS"):
        import_project(project.folder, _any_file(tmp_path), rater="nobody")
    assert nuclei(project) == []


def test_a_field_of_an_image_finds_its_place(project, tmp_path):
    with Store.open(project.folder / STORE) as store:
        import_project(project.folder, _any_file(tmp_path), rater="R2")
        image = next(one.id for one in store.images() if one.name == "field")
        head = store.open_document(image, owner="A1", box=(10, 8, 40, 40))
        square = [12, 10, 20, 10, 20, 20, 12, 20]
        after = {"id": nucleus_id(1), "kind": "outline", "rings": [square], "label": ""}
        store.append(head.id, [edit(1, 1, after=after)], "A1")
        paths = export_annotations(store, tmp_path / "labels", "labels")
    (path,) = [one for one in paths if "_10_8_40_40" in one.name]
    import_project(project.folder, path, rater="shared")
    ((_, _, (ring,), _),) = nuclei(project, owner=None)
    assert (min(ring[::2]), min(ring[1::2]), max(ring[::2]), max(ring[1::2])) == (12, 10, 20, 20)


numbers = st.floats(0, 40).map(lambda value: round(value, 2))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ring=st.lists(numbers, min_size=6, max_size=20).filter(lambda row: len(row) % 2 == 0))
def test_any_ring_of_a_document_is_read_as_it_was(tmp_path, ring):
    row = {"id": nucleus_id(1), "kind": "outline", "rings": [ring], "label": "a"}
    (tmp_path / "d.json").write_text(json.dumps({"image": "field", "nuclei": [row]}))
    ((only,),) = (one.nuclei for one in read_drawn(tmp_path / "d.json"))
    assert only.rings == (tuple(ring),)

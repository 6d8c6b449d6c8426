from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nuclarium.workspace.layout import unique_names

parts = st.sampled_from(["a", "b", "a_1", "b_1", "1", "2", "1_1", "a_1_1"])
files = st.builds(lambda folder, name, end: Path(folder, name + end), parts, parts, st.just(".tif"))


@given(st.lists(files, unique=True, max_size=12))
def test_every_image_has_a_name_of_its_own(paths):
    names = unique_names(paths, [""] * len(paths))
    assert len(set(names)) == len(paths)


def test_name_is_that_of_the_file_where_it_is_the_only_one():
    assert unique_names([Path("x/a.ome.tiff"), Path("x/b.czi")], ["", "scene0"]) == [
        "a",
        "b_scene0",
    ]


def test_folder_tells_files_of_one_name_apart():
    assert unique_names([Path("p1/a.tif"), Path("p2/a.tif")], ["", ""]) == ["p1_a", "p2_a"]


def test_files_of_one_name_in_one_folder_are_numbered():
    names = unique_names([Path("p/a.tif"), Path("p/a.png")], ["", ""])
    assert names == ["p_a_1", "p_a_2"]

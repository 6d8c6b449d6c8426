import hashlib
import shutil

import pytest

from nuclarium.core.errors import InputNotFoundError
from nuclarium.io import hash_file


def test_hash_of_a_file_is_its_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc" * 999_999)
    assert hash_file(tmp_path / "a") == hashlib.sha256(b"abc" * 999_999).hexdigest()


def folder(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(content)
    return path


def test_hash_of_a_directory_does_not_depend_on_its_place(tmp_path):
    first = folder(tmp_path / "a", {"x/0": "1", "x/1": "2", ".zattrs": "{}"})
    shutil.copytree(first, tmp_path / "b" / "c")
    assert hash_file(first) == hash_file(tmp_path / "b" / "c")


@pytest.mark.parametrize("files", [{"x": "1", "y": "3"}, {"x": "1"}, {"x": "1", "z": "2"}])
def test_hash_of_a_directory_sees_names_and_contents(tmp_path, files):
    first = folder(tmp_path / "a", {"x": "1", "y": "2"})
    assert hash_file(first) != hash_file(folder(tmp_path / "b", files))


def test_hash_of_nothing_is_not_found(tmp_path):
    with pytest.raises(InputNotFoundError, match="nothing"):
        hash_file(tmp_path / "nothing")

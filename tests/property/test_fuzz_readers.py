"""A short run of the fuzzer in benchmarks/: damaged files open or are refused, nothing else."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

FUZZER = Path(__file__).parents[2] / "benchmarks" / "fuzz_readers.py"


@pytest.fixture(scope="module")
def fuzzer():
    spec = importlib.util.spec_from_file_location("fuzz_readers", FUZZER)
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_readers"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["fuzz_readers"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, fuzzer):
    folder = tmp_path_factory.mktemp("corpus")
    fuzzer.synthetic(folder)
    return [file.read_bytes() for file in sorted(folder.iterdir())]


@pytest.mark.parametrize("block", range(6))
def test_damaged_files_open_or_are_refused(tmp_path, fuzzer, corpus, block):
    for number in range(block * 25, block * 25 + 25):
        data, rng = fuzzer.case(number, 1, corpus)
        (tmp_path / "damaged").write_bytes(data)
        assert fuzzer.try_file(tmp_path / "damaged", rng) in ("opened", "refused")


def test_undamaged_files_open(tmp_path, fuzzer, corpus):
    for data in corpus:
        (tmp_path / "whole").write_bytes(data)
        assert fuzzer.try_file(tmp_path / "whole", np.random.default_rng(0)) == "opened"

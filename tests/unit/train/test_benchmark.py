import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.dataset_files import write_dataset
from tests.training_files import run_here

torch = pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("lightning", reason="the extra train is not installed")

from nuclarium.core.errors import NuclariumError, OutputError, SettingsError  # noqa: E402
from nuclarium.dataset.read import read_dataset  # noqa: E402
from nuclarium.evaluate import score  # noqa: E402
from nuclarium.train.benchmark import Plan, jobs_of, run_benchmark  # noqa: E402
from nuclarium.train.config import read_config  # noqa: E402
from nuclarium.train.fresh import FreshProcesses  # noqa: E402
from nuclarium.workspace.benchmark import write_benchmark  # noqa: E402
from nuclarium.workspace.benchmark_runs import read_runs  # noqa: E402

pytestmark = pytest.mark.torch
TINY = {
    "decoder_channels": [8, 8, 8, 8],
    "full_size": False,
    "patch_size_px": 64,
    "precision": "32-true",
}


def plan(dataset, out, **changes):
    values = {"encoders": ("tu-test_resnet",), "steps": 2, "batch_size": 2, "workers": 0}
    return Plan(dataset=dataset, out=out, **{**values, "changed": TINY, **changes})


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    dataset = write_dataset(folder / "set")
    made = plan(dataset, folder / "out", encoders=("tu-test_resnet", "tu-test_efficientnet"))
    return made, run_benchmark(made, progress=False)


@pytest.mark.slow
class TestFinished:
    def test_every_run_leaves_its_scores_its_predictions_and_its_model(self, finished):
        _, folders = finished
        assert [folder.name for folder in folders] == ["tu-test_resnet", "tu-test_efficientnet"]
        for folder in folders:
            names = {path.name for path in folder.iterdir()}
            assert names >= {"scores.json", "predictions.npz", "model.onnx", "settings.toml", "run"}

    def test_pixels_are_counted_in_the_mask_and_nuclei_in_the_labels(self, finished):
        made, _ = finished
        dataset = read_dataset(made.dataset)
        (first, *_) = read_runs(made.out)
        run = first.runs[0]
        for item, counted in zip(dataset.of_split("test"), run.scores, strict=True):
            truth = item.read_labels(dataset.folder)
            mask = run.predictions().foreground(item.id) >= 127.5
            assert counted.pixels.intersection == (mask & (truth > 0)).sum()
            assert counted.pixels.union == (mask | (truth > 0)).sum()
            labels = run.predictions().labels(item.id)
            assert counted.matches == score(labels, truth).matches

    def test_record_says_what_it_cost(self, finished):
        record = json.loads((finished[1][0] / "scores.json").read_text())
        assert record["training"]["steps"] == 2
        assert record["training"]["peak_memory_mb"] > 50
        assert record["inference"]["seconds_per_image"] > 0
        assert record["parameters"] > 1e5
        assert record["val_loss"] == min(record["training"]["val_losses"])
        assert [image["id"] for image in record["images"]] == [
            f"field{i:02d}" for i in range(8, 12)
        ]

    def test_finished_benchmark_is_left_as_it_is(self, finished):
        made, folders = finished
        before = [(f / "scores.json").stat().st_mtime_ns for f in folders]
        assert run_benchmark(made, progress=False) == folders
        assert [(f / "scores.json").stat().st_mtime_ns for f in folders] == before

    def test_folder_of_a_benchmark_with_another_budget_is_refused(self, finished):
        made, _ = finished
        with pytest.raises(SettingsError, match="other settings"):
            run_benchmark(plan(made.dataset, made.out, steps=3), progress=False)

    def test_scores_that_are_missing_are_made_again_without_training(self, finished):
        made, folders = finished
        before = json.loads((folders[0] / "scores.json").read_text())
        trained = (folders[0] / "model.onnx").stat().st_mtime_ns
        (folders[0] / "scores.json").unlink()
        run_benchmark(made, progress=False)
        again = json.loads((folders[0] / "scores.json").read_text())
        assert again["images"] == before["images"]
        assert (folders[0] / "model.onnx").stat().st_mtime_ns == trained

    def test_report_has_tables_figures_and_one_page(self, finished):
        made, _ = finished
        report = write_benchmark(made.dataset, made.out, reference_name="bmgd-paper")
        table = pd.read_csv(made.out / "table2.csv").set_index("encoder")
        f1, iou = table["f1_percent"] / 100, table["iou_percent"] / 100
        np.testing.assert_allclose(iou, f1 / (2 - f1), atol=1e-12)
        assert "published_f1" in table
        assert set(pd.read_csv(made.out / "differences.csv")["score"]) >= {"dice", "f1@0.50"}
        for name in ("conditions.png", "encoders.png"):
            assert (made.out / "figures" / name).stat().st_size > 1000
        page = report.page.read_text("utf-8")
        assert page.count("data:image/png;base64,") == 2
        assert "http" not in page.replace("http-equiv", "")
        assert "synthetic" in json.dumps(read_dataset(made.dataset).meta["origin"])
        assert report.text().splitlines()[0].startswith("Encoder")
        json.dumps(report.to_dict(), allow_nan=False)

    def test_model_of_a_run_segments_as_any_other(self, finished, tmp_path):
        from nuclarium.workspace.segment import segment_files
        from nuclarium.workspace.settings import SegmentSettings

        made, folders = finished
        dataset = read_dataset(made.dataset)
        image = dataset.folder / dataset.items[0].image
        settings = SegmentSettings(model=str(folders[0] / "model.onnx"), magnification=1.0)
        result = segment_files([image], tmp_path / "results", settings)
        assert not result.failures


@pytest.mark.slow
def test_seeds_are_runs_of_their_own_and_are_pooled(tmp_path, monkeypatch):
    monkeypatch.setattr(FreshProcesses, "run", run_here)
    dataset = write_dataset(tmp_path / "set")
    made = plan(dataset, tmp_path / "out", seeds=(0, 1), steps=1)
    folders = run_benchmark(made, progress=False)
    assert [folder.name for folder in folders] == ["tu-test_resnet", "tu-test_resnet-seed1"]
    (encoder,) = read_runs(tmp_path / "out")
    truth = sum(item.n_nuclei for item in read_dataset(dataset).of_split("test"))
    assert sum(s.nuclei.truth for s in encoder.scores) == 2 * truth
    assert encoder.seed_spread >= 0
    table = write_benchmark(dataset, tmp_path / "out").pixels
    assert table["f1_seed_sd_percent"].notna().all()


@pytest.mark.parametrize("parts", [("train", "test"), ("train", "val"), (None, None, None)])
def test_dataset_that_lacks_a_part_is_refused(tmp_path, parts):
    dataset = write_dataset(tmp_path / "set", parts=parts)
    with pytest.raises(SettingsError, match="needs images to train on, to watch and to test"):
        run_benchmark(plan(dataset, tmp_path / "out"), progress=False)
    assert not (tmp_path / "out").exists()


def test_test_part_without_nuclei_is_refused(tmp_path):
    dataset = write_dataset(tmp_path / "set", empty=True)
    with pytest.raises(SettingsError, match="test part"):
        run_benchmark(plan(dataset, tmp_path / "out"), progress=False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoders": ("resnet9000",)}, "resnet9000"),
        ({"encoders": ()}, "at least one encoder"),
        ({"weights": "nowhere"}, "nowhere does not"),
        ({"changed": {**TINY, "loss": "hinge"}}, "loss"),
    ],
)
def test_wrong_plan_is_refused_before_anything_is_trained(tmp_path, changes, said):
    dataset = write_dataset(tmp_path / "set")
    with pytest.raises(SettingsError, match=said):
        run_benchmark(plan(dataset, tmp_path / "out", **changes), progress=False)


@pytest.mark.parametrize(("text", "said"), [("seed = 1", "seed"), ("= 1", "TOML")])
def test_settings_that_are_not_to_be_shared_are_refused(tmp_path, text, said):
    dataset = write_dataset(tmp_path / "set")
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(SettingsError, match=said):
        run_benchmark(plan(dataset, tmp_path / "out", settings=tmp_path / "own.toml"))


def test_encoder_starts_from_the_file_of_its_name(tmp_path):
    from nuclarium.models.encoders import build_encoder

    (tmp_path / "weights").mkdir()
    encoder = build_encoder("tu-test_resnet", in_channels=3, depth=5)
    torch.save(encoder.state_dict(), tmp_path / "weights" / "tu-test_resnet.pth")
    dataset = read_dataset(write_dataset(tmp_path / "set"))
    made = plan(dataset.folder, tmp_path / "out", weights=str(tmp_path / "weights"))
    (job,) = jobs_of(made, dataset)
    config = read_config(job.folder / "settings.toml")
    assert config.encoder_weights == str(tmp_path / "weights" / "tu-test_resnet.pth")


def test_process_that_is_killed_is_an_error_in_a_sentence(tmp_path):
    with FreshProcesses() as processes, pytest.raises(OutputError, match="ended from outside"):
        processes.run(os._exit, 9)


def test_error_of_a_process_is_raised_here():
    with FreshProcesses() as processes, pytest.raises(NuclariumError, match="none at nowhere"):
        processes.run(read_config, Path("nowhere"))

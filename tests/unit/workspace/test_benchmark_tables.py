import json

import numpy as np
import pytest
from tests.dataset_files import write_dataset

from nuclarium.core.errors import InputNotFoundError, SettingsError
from nuclarium.dataset.read import read_dataset
from nuclarium.evaluate import score
from nuclarium.workspace.benchmark import write_benchmark
from nuclarium.workspace.benchmark_runs import read_runs
from nuclarium.workspace.benchmark_tables import difference_table, pixel_table, summaries
from nuclarium.workspace.published import REFERENCES, reference


def write_run(out, dataset, name, wrong, *, seed=0):
    """A run whose predictions are the truth but for some columns of each image."""
    folder = out / f"{name}-{seed}"
    folder.mkdir(parents=True)
    images, arrays = [], {}
    for item in dataset.of_split("test"):
        truth = item.read_labels(dataset.folder)
        labels = truth.copy()
        labels[:, :wrong] = 0
        arrays[f"{item.id}/labels"] = labels.astype(np.uint16)
        arrays[f"{item.id}/foreground"] = np.where(labels > 0, 255, 0).astype(np.uint8)
        images.append(
            {
                "id": item.id,
                "condition": item.condition,
                "group": item.group,
                "counts": score(labels, truth).counts().tolist(),
            }
        )
    np.savez_compressed(folder / "predictions.npz", **arrays)
    times = {"threads": 2, "peak_memory_mb": 10.0}
    times |= {f"{k}seconds_per_{v}": 0.1 for k in ("", "network_") for v in ("image", "megapixel")}
    record = {"name": name, "seed": seed, "val_loss": 0.1 + seed, "parameters": 2_000_000}
    training = {"device": "CPU", "seconds": 60, "peak_memory_mb": 100}
    (folder / "scores.json").write_text(
        json.dumps({**record, "training": training, "inference": times, "images": images})
    )


@pytest.fixture
def finished(tmp_path):
    dataset = read_dataset(write_dataset(tmp_path / "set"))
    out = tmp_path / "out"
    write_run(out, dataset, "VGG19", 30)
    write_run(out, dataset, "ResNet50", 2)
    write_run(out, dataset, "ResNet50", 4, seed=1)
    parts = {"train": 6, "val": 2, "test": 4}
    facts = {"name": "tiny", "version": "v001", "content_sha256": "0", "split": None}
    plan = {"dataset": {**facts, "parts": parts}, "encoders": ["ResNet50", "VGG19"]}
    plan |= {"steps": 1, "batch_size": 1, "weights": "none", "seeds": [0, 1], "settings": {}}
    (out / "benchmark.json").write_text(json.dumps(plan))
    return dataset, out


def test_encoders_come_in_the_order_they_were_asked_for_and_seeds_together(finished):
    encoders = read_runs(finished[1])
    assert [encoder.name for encoder in encoders] == ["ResNet50", "VGG19"]
    assert [len(encoder.runs) for encoder in encoders] == [2, 1]
    assert encoders[0].mean("val_loss") == pytest.approx(0.6)
    assert encoders[0].seed_spread > 0
    assert np.isnan(encoders[1].seed_spread)


def test_pooled_scores_are_those_of_all_pixels_together(finished):
    dataset, out = finished
    encoders = read_runs(out)
    table = pixel_table(encoders, summaries(encoders), {}).set_index("encoder")
    masks = [item.read_labels(dataset.folder) > 0 for item in dataset.of_split("test")]
    shared = sum(int(mask[:, 30:].sum()) for mask in masks)
    total = sum(int(mask.sum()) for mask in masks)
    assert table.loc["VGG19", "f1_percent"] == pytest.approx(100 * 2 * shared / (shared + total))
    assert table.loc["VGG19", "iou_percent"] == pytest.approx(100 * shared / total)
    assert (table["f1_percent_low"] <= table["f1_percent"]).all()
    assert "published_f1" not in table


def test_differences_are_paired_and_signed(finished):
    table = difference_table(read_runs(finished[1]))
    row = table[table["score"] == "dice"].iloc[0]
    assert (row["a"], row["b"]) == ("ResNet50", "VGG19")
    assert row["difference"] < 0
    assert row["low"] <= row["difference"] <= row["high"]
    assert row["p_holm"] == row["p"]  # one pair needs no correction


def test_published_table_keeps_the_identity_of_pooled_pixels():
    for row in REFERENCES["bmgd-paper"].values():
        f1 = row.f1 / 100
        assert row.iou / 100 == pytest.approx(f1 / (2 - f1), abs=1.5e-4)  # both are rounded


def test_published_scores_stand_beside_their_encoders(finished):
    encoders = read_runs(finished[1])
    table = pixel_table(encoders, summaries(encoders), reference("bmgd-paper"))
    assert table["published_f1"].tolist() == [93.22, 92.90]


def test_unknown_published_table_is_refused():
    with pytest.raises(SettingsError, match="must be one of bmgd-paper"):
        reference("other-paper")


def test_page_is_written_from_the_folder_alone(finished):
    dataset, out = finished
    report = write_benchmark(dataset.folder, out, reference_name="bmgd-paper")
    page = report.page.read_text("utf-8")
    for said in ("ResNet50", "93.22", "Which differences are real", "synthetic"):
        assert said in page + json.dumps(dict(dataset.meta))
    assert "ResNet50" in report.text()
    again = write_benchmark(dataset.folder, out, reference_name="bmgd-paper")
    assert again.page.read_text("utf-8") == page


def test_folder_without_scores_is_refused(tmp_path):
    with pytest.raises(InputNotFoundError, match="none yet"):
        read_runs(tmp_path)


def test_runs_of_other_images_are_not_compared(finished):
    _, out = finished
    path = out / "VGG19-0" / "scores.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "images": record["images"][:2]}))
    with pytest.raises(SettingsError, match="same images"):
        read_runs(out)


def test_predictions_that_are_missing_are_named(finished):
    dataset, out = finished
    (out / "ResNet50-0" / "predictions.npz").unlink()
    with pytest.raises(InputNotFoundError, match=r"predictions\.npz"):
        write_benchmark(dataset.folder, out)

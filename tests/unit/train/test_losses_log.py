from types import SimpleNamespace

import pytest

pytest.importorskip("lightning", reason="the extra train is not installed")

from lightning.pytorch.loggers import CSVLogger

from nuclarium.train.losses_log import KeptLosses
from nuclarium.train.trainer import only_errors

BEFORE = "epoch,step,train_loss,val_loss\n0,1,0.9,0.8\n1,3,0.7,0.6\n2,5,0.5\n"


def trainer_at(epoch, step):
    return SimpleNamespace(current_epoch=epoch, global_step=step, is_global_zero=True)


def table_after(tmp_path, epoch, step, before=BEFORE):
    """What is in the table when training starts at an epoch and step."""
    path = tmp_path / "log" / "metrics.csv"
    path.parent.mkdir()
    path.write_text(before)
    logger = CSVLogger(tmp_path, name="", version="log")
    kept = KeptLosses(logger)
    with only_errors():  # the logger warns that it deletes the table
        kept.setup(trainer_at(0, 0))
        kept.on_train_start(trainer_at(epoch, step), None)
    return path.read_text().splitlines() if path.exists() else []


def test_rows_up_to_the_checkpoint_stay(tmp_path):
    assert [row[:3] for row in table_after(tmp_path, 1, 4)] == ["epo", "0,1", "1,3"]


def test_without_a_checkpoint_all_begins_anew(tmp_path):
    assert table_after(tmp_path, 0, 0) == []


def test_row_that_was_cut_short_does_no_harm(tmp_path):
    rows = table_after(tmp_path, 2, 6, BEFORE + "\n,")
    assert [row[:3] for row in rows] == ["epo", "0,1", "1,3", "2,5"]

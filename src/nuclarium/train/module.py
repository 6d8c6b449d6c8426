"""What Lightning trains: the network, its loss, its optimiser and its learning rate."""

from __future__ import annotations

from typing import Any

import lightning
import torch

from nuclarium.models.build import build_network
from nuclarium.models.losses import foreground_distance_loss
from nuclarium.train.config import TrainConfig


class NucleusModule(lightning.LightningModule):
    """A network of nuclei in training."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.config = config
        network = build_network(config.model_dump())
        self.network = network.to(memory_format=torch.channels_last)

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        """Loss of a batch, logged as ``train_loss``."""
        loss = self._loss(batch)
        self.log("train_loss", loss, prog_bar=True, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
        """Log ``val_loss``."""
        self.log("val_loss", self._loss(batch), prog_bar=True, batch_size=len(batch[0]))

    def _loss(self, batch: list[torch.Tensor]) -> torch.Tensor:
        pixels, targets = batch
        logits = self.network(pixels.contiguous(memory_format=torch.channels_last))
        return foreground_distance_loss(logits.float(), targets)

    def configure_optimizers(self) -> Any:
        """AdamW; the rate rises for a twentieth of the steps and falls along a cosine."""
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=self.config.learning_rate,
            total_steps=self.config.steps + 1,
            pct_start=0.05,
            cycle_momentum=False,
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

"""What Lightning trains: the network, its loss, its optimiser and its learning rate."""

from __future__ import annotations

from typing import Any

import lightning
import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR, ReduceLROnPlateau

from nuclarium.models.build import build_network
from nuclarium.models.losses import distance_loss, foreground_distance_loss, mask_loss
from nuclarium.train.config import TrainConfig


class NucleusModule(lightning.LightningModule):
    """A network of nuclei in training."""

    def __init__(self, config: TrainConfig) -> None:
        super().__init__()
        self.config = config
        network = build_network(config.model_dump())
        self.network = network.to(memory_format=torch.channels_last)
        self._plateau: ReduceLROnPlateau | None = None
        self._plateau_state: dict[str, Any] = {}

    def training_step(self, batch: list[torch.Tensor], index: int) -> torch.Tensor:
        """Loss of a batch, logged as ``train_loss``."""
        # What a network drops at random depends on the step alone, so a resumed run drops the same.
        step = self.global_step * self.config.accumulate + index % self.config.accumulate
        torch.manual_seed((self.config.seed << 32) + self.config.devices * step + self.global_rank)
        loss = self._loss(batch)
        self.log("train_loss", loss, prog_bar=True, on_step=False, on_epoch=True)
        return loss

    def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
        """Log ``val_loss``."""
        self.log("val_loss", self._loss(batch), prog_bar=True, batch_size=len(batch[0]))

    def _loss(self, batch: list[torch.Tensor]) -> torch.Tensor:
        pixels, targets = batch
        logits = self.network(pixels.contiguous(memory_format=torch.channels_last))
        return loss_of(logits.float(), targets, self.config)

    def configure_optimizers(self) -> Any:
        """Make what the settings name; by default AdamW, whose rate rises and falls in a cosine."""
        optimizer = make_optimizer(list(self.parameters()), self.config)
        if self.config.schedule == "plateau":
            self._plateau = ReduceLROnPlateau(
                optimizer, factor=self.config.plateau_factor, patience=self.config.plateau_patience
            )
        schedule = make_schedule(optimizer, self.config)
        if schedule is None:
            return optimizer
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    # Lightning would step a plateau after its checkpoint, and not again when the run goes on: so
    # it is stepped here, as soon as there is a loss to look at.
    def on_train_start(self) -> None:
        """Go on with what a checkpoint knew of the plateau."""
        if self._plateau is not None and self._plateau_state:
            self._plateau.load_state_dict(self._plateau_state)

    def on_validation_end(self) -> None:
        """Lower the rate where the loss has made no progress."""
        if self._plateau is not None:
            self._plateau.step(float(self.trainer.callback_metrics["val_loss"]))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what the plateau knows."""
        if self._plateau is not None:
            checkpoint["plateau"] = self._plateau.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Remember what the plateau knew until there is one."""
        self._plateau_state = checkpoint.get("plateau", {})


def loss_of(logits: torch.Tensor, targets: torch.Tensor, config: TrainConfig) -> torch.Tensor:
    """Loss that the settings name; logits and targets of shape (N, K, H, W), K maps."""
    is_usual = not config.loss and config.positive_weight == 1
    if config.targets == "distance" and is_usual:
        return foreground_distance_loss(logits, targets)
    loss = mask_loss(
        logits[:, 0],
        targets[:, 0],
        config.mask_losses,
        positive_weight=config.positive_weight,
        focal_gamma=config.focal_gamma,
    )
    return loss if config.targets == "binary" else loss + distance_loss(logits, targets)


def make_optimizer(parameters: list[torch.nn.Parameter], config: TrainConfig) -> Optimizer:
    """Make the optimiser that the settings name."""
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimizer == "sgd":
        return torch.optim.SGD(
            parameters,
            lr=rate,
            momentum=config.momentum,
            nesterov=config.momentum > 0,
            weight_decay=decay,
        )
    kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.AdamW
    return kind(parameters, lr=rate, weight_decay=decay)


def make_schedule(optimizer: Optimizer, config: TrainConfig) -> LRScheduler | None:
    """Make the schedule of the rate by steps, or None where it does not go by steps."""
    if config.schedule == "onecycle":
        return OneCycleLR(
            optimizer,
            max_lr=config.learning_rate,
            total_steps=config.steps + 1,
            pct_start=0.05,
            cycle_momentum=False,
        )
    if config.schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=config.steps)
    return None

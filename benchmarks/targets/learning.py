"""The same patches, network and optimiser for every family; a run that was killed goes on."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from family import Family
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from nuclarium.models.unet import NucleusUNet
from nuclarium.models.weights import load_encoder_weights
from nuclarium.predict.model import InputSpec
from nuclarium.train.config import TrainConfig
from nuclarium.train.data import RandomPatches, Sample
from nuclarium.train.examples import Example
from nuclarium.train.run import weights_path

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
SAVE_EVERY = 50
EMA_DECAY = 0.995


class FamilyPatches(RandomPatches):
    """The patches of `RandomPatches`, number by number, with the targets of a family."""

    def __init__(
        self, examples: Sequence[Example], spec: InputSpec, config: TrainConfig, family: Family
    ) -> None:
        super().__init__(examples, spec, config)
        self.family = family

    def __getitem__(self, number: int) -> Sample:
        """Return the prepared pixels and the targets."""
        patch = self.patch(number)
        prepared = self.spec.standardise(patch.pixels)
        targets = self.family.targets(patch.labels, patch.largest)
        return torch.from_numpy(prepared[None]), torch.from_numpy(targets)


def patches_hash(examples: Sequence[Example], spec: InputSpec, config: TrainConfig) -> str:
    """Hash of the pixels of the first patches, which change with the data and how it is varied."""
    patches = RandomPatches(examples, spec, config)
    digest = hashlib.sha256()
    for number in range(config.batch_size):
        digest.update(patches[number][0].numpy().tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Run:
    """The state of a training: network, its average, optimiser and its rate."""

    network: NucleusUNet
    average: AveragedModel
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler

    def save(self, path: Path, step: int) -> None:
        """Write the state beside its place, and rename it."""
        part = path.with_suffix(".part")
        state = {name: value.state_dict() for name, value in vars(self).items()}
        torch.save({"step": step, **state}, part)
        part.replace(path)

    def load(self, path: Path) -> int:
        """Read a state; its step, or 0 if there is none."""
        if not path.exists():
            return 0
        state = torch.load(path, weights_only=True, map_location=DEVICE)
        for name, value in vars(self).items():
            value.load_state_dict(state[name])
        return int(state["step"])


def started(family: Family, config: TrainConfig) -> Run:
    """Begin with the encoder of ImageNet and a random decoder, the same for a seed."""
    torch.manual_seed(config.seed)
    network = NucleusUNet(
        config.encoder, out_channels=family.channels, decoder_channels=config.decoder_channels
    )
    if config.encoder_weights is not None:
        load_encoder_weights(network.encoder, weights_path(config.encoder_weights, Path()))
    network = network.to(DEVICE, memory_format=torch.channels_last).train()
    average = AveragedModel(network, multi_avg_fn=_blend, use_buffers=True)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=config.learning_rate,
        total_steps=config.steps + 1,
        pct_start=0.05,
        cycle_momentum=False,
    )
    return Run(network, average, optimizer, schedule)


@torch.no_grad()
def _blend(averaged: Sequence[torch.Tensor], current: Sequence[torch.Tensor], count: int) -> None:
    """Average as training does, with a decay that rises to its value.

    Else a short run would keep much of its random start: 0.995^400 is 13 %.
    """
    decay = min(EMA_DECAY, (1 + int(count)) / (10 + int(count)))
    for own, new in zip(averaged, current, strict=True):
        if own.is_floating_point():
            own.lerp_(new, 1 - decay)
        else:
            own.copy_(new)


def trained(
    family: Family,
    examples: Sequence[Example],
    spec: InputSpec,
    config: TrainConfig,
    folder: Path,
) -> torch.nn.Module:
    """Train a family to its last step, from where its folder says it is.

    Returns
    -------
    network : torch.nn.Module
        The average, in evaluation mode.
    """
    run = started(family, config)
    state = folder / "state.pt"
    first = run.load(state)
    patches = FamilyPatches(examples, spec, config, family)
    loader = DataLoader(
        patches,
        batch_size=config.batch_size,
        sampler=range(first * config.batch_size, len(patches)),
        num_workers=1 if config.workers is None else config.workers,
    )
    began, total = time.perf_counter(), 0.0
    for step, batch in enumerate(loader, start=first + 1):
        total += _step(run, family, batch)
        if step % SAVE_EVERY == 0 or step == config.steps:
            done = (step - 1) % SAVE_EVERY + 1
            seconds = time.perf_counter() - began
            line = f"{family.name} step {step}: loss {total / done:.4f}, {seconds / done:.2f} s"
            print(line, flush=True)
            with (folder / "log.txt").open("a") as log:
                log.write(line + "\n")
            run.save(state, step)
            began, total = time.perf_counter(), 0.0
    return run.average.module.cpu().eval()


def _step(run: Run, family: Family, batch: Sample) -> float:
    pixels, targets = (part.to(DEVICE) for part in batch)
    with torch.autocast(DEVICE.type, torch.bfloat16):
        logits = run.network(pixels.contiguous(memory_format=torch.channels_last))
    loss = family.loss(logits.float(), targets)
    run.optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
    run.optimizer.step()
    run.schedule.step()
    run.average.update_parameters(run.network)
    return float(loss.detach())

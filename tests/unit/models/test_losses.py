import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra train is not installed")

from nuclarium.models.losses import (  # noqa: E402
    MASK_LOSSES,
    distance_loss,
    foreground_distance_loss,
    mask_loss,
    soft_dice_loss,
)

pytestmark = pytest.mark.torch


@pytest.fixture
def targets():
    generator = torch.Generator().manual_seed(0)
    foreground = (torch.rand(2, 16, 16, generator=generator) > 0.6).float()
    return torch.stack([foreground, foreground * torch.rand(2, 16, 16, generator=generator)], 1)


def loss_and_gradient(logits, targets):
    logits = logits.clone().requires_grad_()
    loss = foreground_distance_loss(logits, targets)
    loss.backward()
    return loss.item(), logits.grad


def test_perfect_prediction_has_almost_no_loss(targets):
    logits = torch.logit(targets.clamp(1e-5, 1 - 1e-5))
    assert float(foreground_distance_loss(logits, targets)) < 1e-3


@pytest.mark.parametrize("change", [0.5, 2.0, 6.0])
@pytest.mark.parametrize("map_index", [0, 1])
def test_worse_prediction_has_a_larger_loss(targets, change, map_index):
    perfect = torch.logit(targets.clamp(1e-4, 1 - 1e-4))
    worse = perfect.clone()
    worse[:, map_index] *= 1 / (1 + change)
    assert foreground_distance_loss(worse, targets) > foreground_distance_loss(perfect, targets)


def test_loss_is_the_sum_of_its_definition(targets):
    logits = torch.linspace(-3, 3, targets.numel()).reshape(targets.shape)
    p, d = 1 / (1 + np.exp(-logits[:, 0].numpy())), 1 / (1 + np.exp(-logits[:, 1].numpy()))
    f, t = targets[:, 0].numpy(), targets[:, 1].numpy()
    entropy = -(f * np.log(p) + (1 - f) * np.log(1 - p)).mean()
    dice = 1 - (2 * (p * f).sum() + 1) / (p.sum() + f.sum() + 1)
    error = np.abs(d - t)
    expected = entropy + 0.5 * dice + error.mean() + error[f > 0].mean()
    np.testing.assert_allclose(
        float(foreground_distance_loss(logits, targets)), expected, rtol=1e-5
    )


@pytest.mark.parametrize("logit", [-80.0, 0.0, 80.0])
def test_loss_and_gradient_are_finite_without_nuclei(logit):
    loss, gradient = loss_and_gradient(torch.full((1, 2, 8, 8), logit), torch.zeros(1, 2, 8, 8))
    assert np.isfinite(loss)
    assert torch.isfinite(gradient).all()


def test_empty_patch_that_is_seen_as_empty_has_almost_no_loss():
    logits = torch.full((1, 2, 8, 8), -12.0)
    assert float(foreground_distance_loss(logits, torch.zeros(1, 2, 8, 8))) < 1e-3


def test_distance_outside_nuclei_counts_less_than_inside(targets):
    perfect = torch.logit(targets.clamp(1e-5, 1 - 1e-5))
    losses = []
    for where in (targets[:, 0] > 0, targets[:, 0] == 0):
        wrong = perfect.clone()
        wrong[:, 1] = torch.where(where, wrong[:, 1] + 3, wrong[:, 1])
        losses.append(float(foreground_distance_loss(wrong, targets)))
    assert losses[0] > losses[1]


def test_dice_is_zero_for_equal_masks_and_near_one_for_opposite_ones():
    mask = torch.tensor([[1.0, 0.0], [1.0, 1.0]]).repeat(20, 20)
    assert float(soft_dice_loss(mask, mask)) < 1e-6
    assert float(soft_dice_loss(1 - mask, mask)) > 0.99


@pytest.fixture
def mask():
    generator = torch.Generator().manual_seed(1)
    return (torch.rand(2, 12, 12, generator=generator) > 0.7).float()


@pytest.fixture
def logits():
    return torch.randn(2, 12, 12, generator=torch.Generator().manual_seed(2))


def naive(logits, mask, positive_weight=1.0, gamma=2.0):
    """Each loss from its definition."""
    f = mask.numpy().astype(float)
    p = 1 / (1 + np.exp(-logits.numpy().astype(float)))
    weight = np.where(f > 0, positive_weight, 1.0)
    entropy = -(f * np.log(p) + (1 - f) * np.log(1 - p))
    right = np.where(f > 0, p, 1 - p)
    return {
        "bce": (weight * entropy).mean(),
        "focal": (weight * (1 - right) ** gamma * entropy).mean(),
        "dice": 1 - (2 * (p * f).sum() + 1) / (p.sum() + f.sum() + 1),
        "jaccard": 1 - ((p * f).sum() + 1) / (p.sum() + f.sum() - (p * f).sum() + 1),
    }


@pytest.mark.parametrize("name", MASK_LOSSES)
@pytest.mark.parametrize("positive_weight", [1.0, 3.0])
def test_mask_loss_is_its_definition(logits, mask, name, positive_weight):
    found = mask_loss(logits, mask, {name: 1.0}, positive_weight=positive_weight)
    np.testing.assert_allclose(float(found), naive(logits, mask, positive_weight)[name], rtol=1e-5)


def test_losses_add_up_with_their_factors(logits, mask):
    expected = naive(logits, mask)
    found = mask_loss(logits, mask, {"bce": 0.5, "jaccard": 2.0})
    np.testing.assert_allclose(
        float(found), 0.5 * expected["bce"] + 2 * expected["jaccard"], rtol=1e-5
    )


def test_focal_loss_without_gamma_is_cross_entropy(logits, mask):
    torch.testing.assert_close(
        mask_loss(logits, mask, {"focal": 1.0}, focal_gamma=0.0),
        mask_loss(logits, mask, {"bce": 1.0}),
    )


@pytest.mark.parametrize("name", MASK_LOSSES)
@pytest.mark.parametrize("logit", [-60.0, 60.0])
def test_mask_losses_are_finite_without_nuclei(name, logit):
    logits = torch.full((1, 8, 8), logit, requires_grad=True)
    loss = mask_loss(logits, torch.zeros(1, 8, 8), {name: 1.0})
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(logits.grad).all()


def test_usual_loss_of_a_distance_is_the_same_as_its_parts(targets):
    logits = torch.linspace(-3, 3, targets.numel()).reshape(targets.shape)
    parts = mask_loss(logits[:, 0], targets[:, 0], {"bce": 1.0, "dice": 0.5})
    torch.testing.assert_close(
        foreground_distance_loss(logits, targets), parts + distance_loss(logits, targets)
    )

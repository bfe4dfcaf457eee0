"""Learning rates, optimisers and averages of weights."""

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    StepLR,
)
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from toy_training import QUICK, ToyModel, changed

from darkpixel.training.optimisation import WeightAverage, build_optimisers, learning_rate


def test_average_follows_its_formula():
    layer = nn.Linear(2, 2)
    average = WeightAverage(layer, 0.9)
    expected = layer.weight.detach().clone()
    for t in range(1, 200):
        with torch.no_grad():
            layer.weight.normal_()
        average.update(t)
        decay = min(0.9, (1 + t) / (10 + t))
        expected = decay * expected + (1 - decay) * layer.weight.detach()
    raw = layer.weight.detach().clone()
    with average.in_use():
        assert torch.allclose(layer.weight, expected, atol=1e-6)
        assert not torch.allclose(layer.weight, raw)
    assert torch.equal(layer.weight, raw)


def test_average_equals_torchs_to_the_bit():
    """torch's, told to begin with the initial weights, which it would forget otherwise."""
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))

    def step(averages, parameters, number):
        decay = min(0.9, (1 + int(number)) / (10 + int(number)))
        get_ema_multi_avg_fn(decay)(averages, parameters, number)

    expected = AveragedModel(model, multi_avg_fn=step)
    expected.n_averaged += 1
    average = WeightAverage(model, 0.9)
    for t in range(1, 100):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_()
        average.update(t)
        expected.update_parameters(model)
    for ours, theirs in zip(average.average, expected.module.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("keys", "update", "expected"),
    [
        ({"schedule": "halve", "halve_every": 2}, 19, 1e-2),
        ({"schedule": "halve", "halve_every": 2}, 20, 5e-3),
        ({"schedule": "halve", "halve_every": 2}, 45, 2.5e-3),
        ({"schedule": "constant"}, 45, 1e-2),
        ({"schedule": "cosine", "epochs": 10}, 0, 1e-2),
        ({"schedule": "cosine", "epochs": 10}, 50, 5e-3),
        ({"schedule": "cosine", "epochs": 10}, 100, 0.0),
        ({"schedule": "constant", "warmup_steps": 10}, 0, 1e-3),
        ({"schedule": "constant", "warmup_steps": 10}, 4, 5e-3),
        ({"schedule": "constant", "warmup_steps": 10}, 10, 1e-2),
    ],
)
def test_learning_rate(keys, update, expected):
    assert learning_rate(changed(**keys), update, 10) == pytest.approx(expected)


@pytest.mark.parametrize("schedule", ["halve", "cosine"])
@pytest.mark.parametrize("warmup_steps", [0, 23])
def test_learning_rate_agrees_with_torchs_schedulers(schedule, warmup_steps):
    """But for their rounding, which grows from update to update."""
    settings = changed(
        schedule=schedule, warmup_steps=warmup_steps, epochs=12, halve_every=3, learning_rate=0.01
    )
    steps = 7
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], settings.learning_rate)
    schedulers: list[LRScheduler] = []
    if warmup_steps:
        schedulers.append(LinearLR(optimiser, 1 / warmup_steps, 1.0, warmup_steps - 1))
    if schedule == "halve":
        schedulers.append(StepLR(optimiser, settings.halve_every * steps, 0.5))
    else:
        schedulers.append(CosineAnnealingLR(optimiser, settings.epochs * steps))
    chained = ChainedScheduler(schedulers)
    for update in range(settings.epochs * steps):
        (rate,) = chained.get_last_lr()
        assert learning_rate(settings, update, steps) == pytest.approx(rate, rel=1e-12)
        optimiser.step()
        chained.step()


def test_weight_decay_spares_biases_and_zero_is_plain_adam():
    cpu = torch.device("cpu")
    plain = build_optimisers(ToyModel(), QUICK, cpu)["model"]
    assert type(plain) is torch.optim.Adam
    decayed = build_optimisers(ToyModel(), changed(weight_decay=0.1), cpu)["model"]
    assert type(decayed) is torch.optim.AdamW
    for group in decayed.param_groups:
        assert {p.ndim >= 2 for p in group["params"]} == {group["weight_decay"] == 0.1}

"""The sparse transformer: probabilities that sum to one, causality, loss, training, files."""

import itertools
import math

import numpy as np
import pytest
import torch
from sparse_transformer_toys import SMALL, as_walks, small_model, toy_images
from typed_models import load

from darkpixel.config.discovery import model_names, model_settings
from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.folder import save_model
from darkpixel.models.sparse_transformer.layout import lay_out
from darkpixel.models.sparse_transformer.model import SparseTransformer
from darkpixel.models.sparse_transformer.places import weighted_sum


def move_probabilities(model, walks):
    """Of each sequence of places, the charges given; (B,)."""
    batch = model._tokens(walks)
    nats = model.token_nats(batch)
    total = torch.zeros(len(walks.counts), dtype=torch.float64)
    total.index_add_(0, batch.image, nats.move.double())
    total.index_add_(0, batch.image[batch.far], nats.place.double())
    return (-total).exp()


@pytest.mark.parametrize(("height", "width", "reach"), [(2, 2, 7), (1, 5, 1), (2, 3, 1)])
@torch.no_grad()
def test_probabilities_of_all_sequences_of_places_sum_to_one(height, width, reach):
    images = torch.rand(20, height, width) + 0.1
    model = small_model(images, reach=reach)
    places = height * width
    sequences = [s for k in range(places + 1) for s in itertools.permutations(range(places), k)]
    # Any charges do, as long as they depend on the past only.
    charges = [[0.3 + 0.1 * place + 0.05 * k for k, place in enumerate(s)] for s in sequences]
    total = move_probabilities(model, as_walks(sequences, charges, places)).sum()
    assert total == pytest.approx(1, abs=1e-5)


@torch.no_grad()
def test_charge_density_integrates_to_one():
    model = small_model()
    low, high = float(model.log_low), float(model.log_high)
    edges = np.linspace(low, high, 4001)
    charges = np.exp((edges[1:] + edges[:-1]) / 2)
    batch = model._tokens(as_walks([[5]] * 4000, charges[:, None], 100))
    nats = model.token_nats(batch).charge[batch.drawn]
    order = torch.argsort(batch.image[batch.drawn])
    integral = (torch.exp(-nats[order].double()) * torch.from_numpy(np.diff(np.exp(edges)))).sum()
    assert integral == pytest.approx(1, abs=2e-3)


@torch.no_grad()
def test_later_pixels_change_nothing_before_them():
    model = small_model()
    random = np.random.default_rng(0)
    sequence, other = random.permutation(100)[:12], random.permutation(100)
    for k in range(12):
        changed = np.append(sequence[:k], [p for p in other if p not in sequence[:k]][: 12 - k])
        charges = random.exponential(1, (1, 12)) + 0.1
        new = np.append(charges[:, :k], random.exponential(1, (1, 12 - k)) + 0.1, axis=1)
        both = as_walks([sequence, changed], np.concatenate([charges, new]), 100)
        batch = model._tokens(both)
        nats = model.token_nats(batch)
        place = torch.zeros_like(nats.move)
        place[batch.far] = nats.place
        for values in (nats.move, nats.charge, place):
            first, second = (values[(batch.image == i) & (batch.step < k)] for i in (0, 1))
            torch.testing.assert_close(first, second, rtol=1e-5, atol=1e-5)
        # and the pixel itself does change what comes after
        if k < 11:
            later = [nats.charge[(batch.image == i) & (batch.step == k + 1)] for i in (0, 1)]
            assert (later[0] - later[1]).abs().max() > 1e-4


@torch.no_grad()
def test_padding_and_groups_change_nothing():
    images = toy_images(40)
    images[3] = 0
    bounds = [
        small_model(length_groups=groups).log_density_lower_bound(images) for groups in (1, 5, 40)
    ]
    torch.testing.assert_close(bounds[1], bounds[0], rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(bounds[2], bounds[0], rtol=1e-5, atol=1e-4)
    model = small_model()
    alone = torch.cat([model.log_density_lower_bound(image[None]) for image in images])
    torch.testing.assert_close(alone, bounds[0], rtol=1e-5, atol=1e-4)
    assert model.loss(images).item() == pytest.approx(-bounds[0].mean().item(), rel=1e-5)


def test_layout_holds_every_step_once_and_finds_the_far_moves():
    model = small_model()
    walks = model._walks(toy_images(50).numpy())
    layout = lay_out(walks, 10, model.network.moves.reach, 4)
    assert sum(images * steps for images, steps in layout.groups) == len(layout.step)
    batch = model._tokens(walks)
    seen = list(zip(batch.image.tolist(), batch.step.tolist(), strict=True))
    seen = [pair for pair, valid in zip(seen, batch.valid, strict=True) if valid]
    assert sorted(seen) == [(i, t) for i, n in enumerate(walks.counts) for t in range(n + 1)]
    is_far = torch.zeros(len(batch.step), dtype=torch.bool)
    is_far[batch.far] = True
    assert ((batch.move == model.network.moves.far) == is_far)[batch.valid].all()


@torch.no_grad()
def test_symmetric_copies_are_drawn_in_training_only():
    model = small_model()
    images = toy_images(30)
    assert model.loss(images) == model.loss(images)
    model.train()
    assert len({float(model.loss(images)) for _ in range(4)}) == 4


def test_loss_falls():
    torch.manual_seed(0)
    images = toy_images(256)
    model = build_model(SMALL, (10, 10), seed=0)
    model.fit_to_data(lambda: iter([images]))
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    losses = []
    for step in range(50):
        optimiser.zero_grad()
        loss = model.loss(images[step % 4 :: 4])
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_weighted_sum_has_the_gradient_of_the_sum():
    random = torch.Generator().manual_seed(0)
    weights = torch.randn(5, 3, generator=random, dtype=torch.float64, requires_grad=True)
    numbers = torch.randn(5, 3, 7, generator=random, dtype=torch.float64)
    expected = (weights[..., None] * numbers).sum(1)
    torch.testing.assert_close(weighted_sum(weights, numbers), expected)
    assert torch.autograd.gradcheck(lambda w: weighted_sum(w, numbers), weights)


@torch.no_grad()
def test_species_condition():
    images = toy_images(40)
    species = torch.tensor([11, 13] * 20, dtype=torch.int32)
    model = small_model(condition="species", species=[11, 13], species_dropout=1.0)
    assert model.columns == ("species",)
    told = model.log_density_lower_bound(images, species)
    assert (told - model.log_density_lower_bound(images)).abs().min() > 1e-4
    assert model.loss(images, species=species).item() == pytest.approx(-told.mean().item(), 1e-5)
    with pytest.raises(DarkpixelError, match="train the model before"):
        model.sample(2, generator=torch.Generator())
    model.train()
    model.loss(images, species=species)
    assert model.species_counts.tolist() == [20, 20]
    with pytest.raises(DarkpixelError, match="2212 among the images"):
        model.loss(images, species=species * 0 + 2212)


def test_a_model_may_be_a_package_and_comes_back_from_its_folder(tmp_path):
    assert "sparse_transformer" in model_names()
    assert model_settings("sparse_transformer")().model_dump()["reach"] == 7
    model, images = small_model(), toy_images(20)
    save_model(model, tmp_path)
    loaded = load(SparseTransformer, tmp_path)
    expected = model.log_density_lower_bound(images)
    assert torch.equal(loaded.log_density_lower_bound(images), expected)
    assert loaded.fitted() == model.fitted()
    with pytest.raises(DarkpixelError, match="heads must divide"):
        build_model({**SMALL, "heads": 3}, (10, 10))


def test_fit_takes_the_range_of_charges():
    model = build_model(SMALL, (10, 10), seed=0)
    images = toy_images(10)
    model.fit_to_data(lambda: iter(images.split(3)))
    lit = images[images > 0]
    assert model.fitted()["smallest_charge"] == pytest.approx(float(lit.min()), rel=2e-3)
    assert model.fitted()["largest_charge"] == pytest.approx(float(lit.max()), rel=2e-3)
    assert math.isclose(model.fitted()["mean_charge"], float(lit.mean()), rel_tol=1e-5)
    with pytest.raises(DarkpixelError, match="every pixel"):
        model.fit_to_data(lambda: iter([images * 0]))

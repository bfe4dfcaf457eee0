"""The mass drawn before the pixels: its density, what is seen of it, and that it is obeyed."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from sparse_transformer_toys import MASS_FIRST, condition, small_model, toy_images
from torch import Tensor

from darkpixel.metrics.kinematics import image_observables
from darkpixel.models.sparse_transformer.mass_first import MassFirst, mass_numbers, mass_of
from darkpixel.models.sparse_transformer.model import SparseTransformer
from darkpixel.models.sparse_transformer.remaining import Told, four_vectors
from darkpixel.models.sparse_transformer.sampler import MASS_STEP, TOTALS_STEP, uniforms

PIXEL_SIZE = 0.1


def test_mass_is_that_of_the_measures() -> None:
    images = np.random.default_rng(1).exponential(3, (5, 6, 6))
    vectors = torch.from_numpy(images.reshape(5, -1) @ four_vectors(6, 6, PIXEL_SIZE)[:-1])
    expected = image_observables(images, PIXEL_SIZE)["mass"]
    np.testing.assert_allclose(mass_of(vectors).numpy(), expected, rtol=1e-9)


def test_what_is_needed_makes_the_mass() -> None:
    """A massless rest of this momentum along the pixels gives the image the mass it is to have."""
    random = torch.Generator().manual_seed(1)
    places = torch.from_numpy(four_vectors(6, 6, PIXEL_SIZE))[:-1]
    drawn = torch.rand(4, 36, generator=random, dtype=torch.float64)
    vector, rest = drawn @ places, torch.tensor([1.0, 5.0, 0.2, 9.0], dtype=torch.float64)
    place = places[torch.tensor([0, 9, 20, 35])]
    wanted = mass_of(vector + rest[:, None] * place)
    total = drawn.sum(1) + rest
    needed = 2 * mass_numbers(Told(total, rest, vector, wanted))[:, 5].double()
    product = vector[:, 2] * place[:, 3] + vector[:, 3] * place[:, 2]
    product = product - 2 * (vector[:, :2] * place[:, :2]).sum(1)
    torch.testing.assert_close(needed, product / total, rtol=1e-4, atol=1e-5)


def test_noisy_masses_have_the_density_that_is_said() -> None:
    torch.manual_seed(1)
    first = MassFirst(8, noise=0.1)
    sums = torch.full((20_000,), 50.0, dtype=torch.float64)
    masses = torch.full_like(sums, 10.0)
    first.start_from(masses[:10], sums[:10])
    counts, vector = torch.full((20_000,), 7), torch.zeros(20_000, 8)
    with torch.no_grad():
        drawn, nats = first.near(vector, counts, sums, masses, torch.Generator().manual_seed(2))
        own = first.coordinate(masses, sums)
        spread = first.coordinate(drawn, sums) - own
        logits = first.logits(vector, counts, sums)
        log_p = -first.bins.nats(logits, (own + spread).float())
    assert float(spread.std()) == pytest.approx(0.1, rel=0.03)
    log_q = torch.distributions.Normal(0.0, 0.1).log_prob(spread.float())
    torch.testing.assert_close(nats, log_q - log_p, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("variant", MASS_FIRST)
@torch.no_grad()
def test_estimates_are_densities_given_the_mass_over_that_of_its_noise(
    variant: dict[str, Any],
) -> None:
    model = small_model(**variant)
    images = toy_images(5, seed=9)
    logs = model.density_estimates(images, 4, generator=torch.Generator().manual_seed(1))
    assert logs is not None
    first = model.network.mass_first
    assert first is not None
    vectors, sequences = condition(model, 5), model.sequences_of(images.numpy())
    counts, sums = torch.from_numpy(sequences.counts), images.sum((1, 2)).double()
    totals = model.network.totals.nats(vectors, counts, sums)
    own = first.coordinate(model.masses_of(images), sums)
    around = torch.distributions.Normal(0.0, first.noise)
    generator = torch.Generator().manual_seed(1)
    for found in logs:
        shift = first.noise * torch.randn(5, dtype=torch.float64, generator=generator)
        nats = totals + first.bins.nats(first.logits(vectors, counts, sums), (own + shift).float())
        batch = model.tokens_of(sequences, first.masses(own + shift, sums))
        tokens = model.token_nats(batch, vectors)
        nats = nats.double().index_add(0, batch.image, (tokens.place + tokens.value).double())
        expected = -nats - around.log_prob(shift)
        torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-3)
    assert model.log_density(images) is None
    assert model.log_density_lower_bound(images) is None


@torch.no_grad()
def test_blank_images_have_no_mass_and_a_density() -> None:
    images = toy_images(40)
    images[::2] = 0
    model = small_model(images, order="largest_first", values="shares", mass_first=True)
    assert math.isfinite(float(model.loss(images)))
    drawn = model.sample(100, generator=torch.Generator().manual_seed(3))
    assert (drawn.sum((1, 2)) == 0).any()
    assert torch.isfinite(drawn).all()


def test_a_trained_model_draws_images_of_the_mass_that_was_drawn() -> None:
    """Two pixels, as far apart as their mass says."""
    random = np.random.default_rng(1)
    images = np.zeros((600, 10, 10), np.float32)
    images[:, 0, 4] = random.uniform(5, 6, 600)
    images[np.arange(600), random.integers(2, 10, 600), 4] = random.uniform(3, 4, 600)
    training = torch.from_numpy(images)
    torch.manual_seed(1)
    model = small_model(training, noise=0.0, pixel_size=PIXEL_SIZE, **MASS_FIRST[0])
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    model.train()
    for step in range(100):
        optimiser.zero_grad()
        model.loss(training[step % 10 :: 10]).backward()
        optimiser.step()
    model.eval()
    wanted, made = wanted_and_made(model, 300)
    assert float((made - wanted).abs().median()) < 0.1 * float(wanted.std())


@torch.no_grad()
def wanted_and_made(model: SparseTransformer, images: int) -> tuple[Tensor, Tensor]:
    """The masses that were drawn first, and those of the samples, of `images` samples."""
    drawn = model.sample(images, generator=torch.Generator().manual_seed(1))
    seeds = torch.randint(2**62, (images,), generator=torch.Generator().manual_seed(1))
    network, vectors = model.network, condition(model, images)
    counts, sums = network.totals.draw(vectors, uniforms(seeds, TOTALS_STEP))
    assert network.mass_first is not None
    wanted = network.mass_first.draw(vectors, counts, sums, uniforms(seeds, MASS_STEP))
    return wanted, model.masses_of(drawn)


def test_totals_follow_the_training_images_before_anything_else_is_learned() -> None:
    """Sums that depend on the count, and masses on both."""
    random = np.random.default_rng(4)
    images = np.zeros((8000, 8, 8), np.float32)
    counts = random.integers(2, 6, len(images))
    for image, count in zip(images, counts, strict=True):
        places = random.permutation(64)[:count]
        image.flat[places] = random.gamma(4.0, count, count)
    training = torch.from_numpy(images)
    model = small_model(training, noise=0.0, pixel_size=PIXEL_SIZE, **MASS_FIRST[1])
    drawn, sums = torch.tensor(counts), training.sum((1, 2)).double()
    masses = model.masses_of(training)
    first, vectors = model.network.mass_first, condition(model, 8000)
    assert first is not None
    seeds = torch.arange(8000)
    with torch.no_grad():
        made, total = model.network.totals.draw(vectors, uniforms(seeds, TOTALS_STEP))
        mass = first.draw(vectors, made, total, uniforms(seeds, MASS_STEP))
    for count in range(2, 6):
        ours, theirs = made == count, drawn == count
        assert float(ours.double().mean()) == pytest.approx(float(theirs.double().mean()), abs=0.02)
        for a, b in ((total[ours], sums[theirs]), (mass[ours], masses[theirs])):
            assert float(a.mean()) == pytest.approx(float(b.mean()), rel=0.1)
            assert float(a.std()) == pytest.approx(float(b.std()), rel=0.2)


def test_without_conditions_training_leaves_the_totals_as_they_were_fitted() -> None:
    images = toy_images(64)
    for conditions, changed in (([], False), (["momentum"], True)):
        model = small_model(images, noise=0.0, conditions=conditions, **MASS_FIRST[0])
        columns = {name: torch.linspace(100, 200, 64) for name in conditions}
        model.fit_to_columns(columns)
        model.train()
        torch.autograd.backward(model.loss(images, "model", **columns))
        heads = [*model.network.totals.parameters()]
        assert any(parameter.grad is not None for parameter in heads) == changed

"""The sampler equals the full forward pass on the same uniforms, whatever the slots."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from sparse_transformer_toys import MASS_FIRST, VARIANTS, as_sequences, condition, small_model

from darkpixel.models.sparse_transformer.all_places import AllPlaces
from darkpixel.models.sparse_transformer.features import Position
from darkpixel.models.sparse_transformer.sampler import MASS_STEP, TOTALS_STEP, uniforms


def splitmix64(seed, counter):
    mask = 2**64 - 1
    x = (seed + counter * 0x9E3779B97F4A7C15) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return ((x ^ (x >> 31)) >> 11) * 2.0**-53


def test_uniforms_are_those_of_the_published_generator():
    seeds = torch.tensor([0, 12345, 2**62 - 1])
    for step in (-1, 0, 7):
        found = uniforms(seeds, step)
        for row, seed in zip(found.tolist(), seeds.tolist(), strict=True):
            counters = [4 * (step + 1) + k for k in range(1, 5)]
            assert row == [splitmix64(seed, counter) for counter in counters]
    many = uniforms(torch.arange(20_000), 3)
    assert abs(float(many.mean()) - 0.5) < 0.004
    assert abs(float(np.corrcoef(many.numpy().T)[0, 1])) < 0.03


def sample_naive(model, seed, vector):
    """One image by a full pass through the network for every pixel."""
    network, (height, width) = model.network, model.size
    pixels: list[int] = []
    values: list[float] = []
    first_draws = uniforms(torch.tensor([seed]), TOTALS_STEP)
    count, total = network.totals.draw(vector, first_draws)
    remainder, wanted = total, None
    if network.mass_first is not None:
        draws = uniforms(torch.tensor([seed]), MASS_STEP)
        wanted = network.mass_first.draw(vector, count, total, draws)
    for step in range(int(count)):
        # With values for those still to come, which nothing before them may see but as their sum.
        later = int(count) - step
        rest = float(remainder) / later if model.shares is not None else 1.0
        free = [p for p in range(height * width) if p not in pixels]
        if model.order is not None:
            free = [p for p in model.order if p not in pixels]
            free = free[-later:]
        ahead, with_values = [*pixels, *free[:later]], [*values, *[rest] * later]
        sequences = as_sequences([ahead], [with_values], height * width)
        batch = model.tokens_of(sequences, wanted)
        here = (batch.step == step) & batch.valid
        whole = network.trunk(
            network.embed(
                batch.row, batch.column, batch.bin, batch.last_move, batch.scalars, batch.window,
                vector.expand(len(batch.step), -1),
            ),
            batch.groups,
        )  # fmt: skip
        pulls = torch.zeros(len(whole), 0)
        if isinstance(network.places, AllPlaces):
            pulls = network.places.kernels.pulls(
                whole, batch.row, batch.column, batch.step, batch.groups
            )
        h = whole[here]
        reach = network.moves.reach
        levels = torch.zeros(1, height * width)
        levels[0, pixels] = model.scale.level(torch.tensor(values))
        levels = torch.nn.functional.pad(levels.view(1, height, width), [reach] * 4, value=-1.0)
        row, column = (part[here] * (step > 0) for part in (batch.row, batch.column))
        position = Position(
            row, column, batch.step[here], batch.left[here], batch.geometry[here],
            batch.window[here], levels, pulls[here],
            None if batch.momentum is None else batch.momentum.at(here),
        )  # fmt: skip
        u = uniforms(torch.tensor([seed]), step)
        next_row, next_column, move = network.places.draw(h, position, u[:, :2])
        side = 2 * network.near + 1
        inset = reach - network.near
        beside = levels[
            :, next_row + inset : next_row + inset + side,
            next_column + inset : next_column + inset + side,
        ]  # fmt: skip
        far = None
        if network.far is not None:
            to_row, to_column = batch.next_row.clone(), batch.next_column.clone()
            to_row[here], to_column[here] = next_row, next_column
            far = network.far(
                whole, batch.row, batch.column, batch.step, to_row, to_column, batch.groups
            )[here]
        logits = network.value_logits(
            h, next_row, next_column, move, beside, far, position.momentum, batch.left[here],
            model.value_bins.middles,
        )  # fmt: skip
        bound = batch.bound[here] if model.options.is_falling else None
        coordinate = model.value_bins.draw(logits, u[:, 2], u[:, 3], bound)
        if model.shares is None:
            value = coordinate.exp()
        else:
            value, remainder = model.shares.values(coordinate, remainder, torch.tensor([later]))
        pixels.append(int(next_row * width + next_column))
        values.append(float(value))
    return pixels, values


@pytest.mark.parametrize("variant", [*VARIANTS, *MASS_FIRST])
@torch.no_grad()
def test_sampler_equals_the_full_pass_on_the_same_uniforms(variant):
    model = small_model(**variant)
    images = model.sample(16, generator=torch.Generator().manual_seed(3), slots=6)
    seeds = torch.randint(2**62, (16,), generator=torch.Generator().manual_seed(3))
    lengths = set()
    for image, seed in zip(images, seeds.tolist(), strict=True):
        pixels, values = sample_naive(model, seed, condition(model, 1))
        expected = torch.zeros(image.numel())
        expected[pixels] = torch.tensor(values)
        torch.testing.assert_close(image, expected.view(image.shape), rtol=1e-4, atol=1e-5)
        lengths.add(len(pixels))
    assert len(lengths) > 2


@torch.no_grad()
def test_samples_do_not_depend_on_slots():
    model = small_model(conditions=["species"], condition_values={"species": [11, 13]})
    model.fit_to_columns({"species": torch.tensor([11, 13, 13, 13] * 10)})
    draws = [
        model.sample_events(60, generator=torch.Generator().manual_seed(5), slots=slots)
        for slots in (None, 1, 13)
    ]
    images, columns = draws[0]
    for other, other_columns in draws[1:]:
        torch.testing.assert_close(other, images)
        assert torch.equal(other_columns["species"], columns["species"])
    assert set(columns["species"].tolist()) == {11, 13}


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_values_follow_their_density_and_lie_on_no_grid(variant):
    model = small_model(**variant)
    # Of the first of two pixels at given places, drawn as the sampler draws.
    pixels = model.order[[3, 40]].tolist() if model.order is not None else [34, 36]
    batch = model.tokens_of(as_sequences([pixels], [[1.0, 1.0]], 100))
    network = model.network
    h = network.trunk(
        network.embed(
            batch.row, batch.column, batch.bin, batch.last_move, batch.scalars, batch.window,
            condition(model, 1).expand(len(batch.row), -1),
        ),
        batch.groups,
    )  # fmt: skip
    logits = network.value_logits(
        h, batch.next_row, batch.next_column, batch.move, batch.next_window, None,
        batch.momentum, batch.left.clamp(min=1), model.value_bins.middles,
    )[:1]  # fmt: skip
    u = uniforms(torch.arange(40_000), 0)
    drawn = model.value_bins.draw(logits.expand(len(u), -1), u[:, 2], u[:, 3])
    if model.shares is None:
        values = drawn.exp().numpy()
    else:
        two = torch.full((len(u),), 2.0, dtype=torch.float64)
        values = model.shares.values(drawn, two, two.long())[0].numpy()
    assert len(np.unique(values)) > 39_000
    edges = np.quantile(values, np.linspace(0.001, 0.999, 33))
    counts, _ = np.histogram(values, edges)
    # What `token_nats` says of the same bins, each in 100 pieces.
    fine = np.concatenate([np.linspace(a, b, 101)[:-1] for a, b in pairwise(edges)])
    widths = np.append(np.diff(fine), edges[-1] - fine[-1])
    middles = fine + widths / 2
    second = 2 - middles if model.shares is not None else np.ones_like(middles)
    many = as_sequences([pixels] * len(middles), np.stack([middles, second], 1), 100)
    batch = model.tokens_of(many)
    nats = model.token_nats(batch, condition(model, len(middles))).value[batch.step == 0]
    nats = nats[torch.argsort(batch.image[batch.step == 0])]
    expected = (np.exp(-nats.double().numpy()) * widths).reshape(-1, 100).sum(1) * len(values)
    assert np.sum((counts - expected) ** 2 / expected) < 32 + 5 * np.sqrt(64)


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_totals_of_samples_are_those_drawn_first(variant):
    model = small_model(**variant)
    images = model.sample(200, generator=torch.Generator().manual_seed(1))
    seeds = torch.randint(2**62, (200,), generator=torch.Generator().manual_seed(1))
    counts, sums = model.network.totals.draw(condition(model, 200), uniforms(seeds, TOTALS_STEP))
    assert torch.equal((images > 0).sum((1, 2)), counts)
    if model.shares is not None:
        torch.testing.assert_close(images.sum((1, 2)), sums.float(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("variant", [VARIANTS[0], VARIANTS[3], VARIANTS[5]])
def test_samples_of_a_trained_model_have_the_statistics_of_another_that_made_its_images(variant):
    teacher = small_model(noise=0.2, **variant)
    with torch.no_grad():
        images = teacher.sample(2000, generator=torch.Generator().manual_seed(0))
        density = teacher.sequence_log_density(images)
    torch.manual_seed(0)
    student = small_model(images, noise=0.0, **variant)
    with torch.no_grad():
        before = float((density - student.sequence_log_density(images)).mean())
    optimiser = torch.optim.Adam(student.parameters(), 0.01)
    student.train()
    for step in range(60):
        optimiser.zero_grad()
        student.loss(images[step % 10 :: 10]).backward()
        optimiser.step()
    student.eval()
    with torch.no_grad():
        after = float((density - student.sequence_log_density(images)).mean())
        drawn = student.sample(2000, generator=torch.Generator().manual_seed(1))
        found = teacher.sequence_log_density(drawn)
    assert after < 0.4 * before  # a divergence from the teacher to the student
    # Counts and sums, within what 2,000 images tell, and the teacher's own density.
    for theirs, ours, share in (
        ((images > 0).sum((1, 2)).float(), (drawn > 0).sum((1, 2)).float(), 0.0),
        (images.sum((1, 2)), drawn.sum((1, 2)), 0.1),
        (density, found, 0.3),
    ):
        error = math.hypot(float(theirs.std()), float(ours.std())) / math.sqrt(2000)
        assert abs(float(theirs.mean() - ours.mean())) < 4 * error + share * float(theirs.std())

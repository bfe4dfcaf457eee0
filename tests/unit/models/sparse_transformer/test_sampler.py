"""The sampler equals the full forward pass on the same uniforms, whatever the slots."""

import logging

import numpy as np
import torch
from sparse_transformer_toys import as_walks, small_model, toy_images

from darkpixel.models.sampling import draw_categories
from darkpixel.models.sparse_transformer.sampler import uniforms


def splitmix64(seed, counter):
    mask = 2**64 - 1
    x = (seed + counter * 0x9E3779B97F4A7C15) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return ((x ^ (x >> 31)) >> 11) * 2.0**-53


def test_uniforms_are_those_of_the_published_generator():
    seeds = torch.tensor([0, 12345, 2**62 - 1])
    for step in (0, 7):
        found = uniforms(seeds, step)
        for row, seed in zip(found.tolist(), seeds.tolist(), strict=True):
            counters = [4 * (step + 1) + k for k in range(1, 5)]
            assert row == [splitmix64(seed, counter) for counter in counters]
    many = uniforms(torch.arange(20_000), 3)
    assert abs(float(many.mean()) - 0.5) < 0.004
    assert abs(float(np.corrcoef(many.numpy().T)[0, 1])) < 0.03


def sample_naive(model, seed):
    """One image by a full pass through the network for every pixel."""
    network, (height, width) = model.network, model.size
    pixels: list[int] = []
    charges: list[float] = []
    while True:
        batch = model._tokens(as_walks([pixels], [charges], height * width))
        h = network.trunk(
            network.embed(
                batch.row, batch.column, batch.bin, batch.last_move, batch.scalars, batch.window,
                None,
            ),
            batch.groups,
        )[-1:]  # fmt: skip
        step = len(pixels)
        u = uniforms(torch.tensor([seed]), step)
        logits = network.move_logits(h, batch.window[-1:], batch.step[-1:])
        move = draw_categories(logits.double(), u[:, 0])
        if int(move) == network.moves.end:
            return pixels, charges
        if int(move) == network.moves.far:
            taken = batch.when[batch.image[-1:]] < step
            logits = network.place_logits(
                h, batch.row[-1:], batch.column[-1:], batch.step[-1:], batch.geometry[-1:], taken
            )
            pixel = int(draw_categories(logits.double(), u[:, 1]))
        else:
            side, reach = network.moves.side, network.moves.reach
            dy, dx = divmod(int(move), side)
            pixel = pixels[-1] + (dy - reach) * width + dx - reach
        # The charge's inputs, from a batch in which that pixel comes next.
        ahead = model._tokens(as_walks([[*pixels, pixel]], [[*charges, 1.0]], height * width))
        logits = network.charge_logits(
            h, ahead.next_row[step : step + 1], ahead.next_column[step : step + 1], move,
            ahead.next_window[step : step + 1],
        )  # fmt: skip
        share = (draw_categories(logits.double(), u[:, 2]) + u[:, 3]) / network.bins
        low, high = model.log_low, model.log_high
        pixels.append(pixel)
        charges.append(float((low + share * (high - low)).exp().float()))


@torch.no_grad()
def test_sampler_equals_the_full_pass_on_the_same_uniforms():
    model = small_model()
    images = model.sample(20, generator=torch.Generator().manual_seed(3), slots=6)
    seeds = torch.randint(2**62, (20,), generator=torch.Generator().manual_seed(3))
    lengths = set()
    for image, seed in zip(images, seeds.tolist(), strict=True):
        pixels, charges = sample_naive(model, seed)
        expected = torch.zeros(image.numel())
        expected[pixels] = torch.tensor(charges)
        torch.testing.assert_close(image, expected.view(image.shape))
        lengths.add(len(pixels))
    assert len(lengths) > 3


@torch.no_grad()
def test_samples_do_not_depend_on_slots_or_number():
    model = small_model(condition="species", species=[11, 13])
    model.species_counts.copy_(torch.tensor([1, 3]))
    draws = [
        model.sample_events(n, generator=torch.Generator().manual_seed(5), slots=slots)
        for n, slots in ((60, None), (60, 1), (60, 13), (31, 7))
    ]
    images, columns = draws[0]
    for other, other_columns in draws[1:]:
        torch.testing.assert_close(other, images[: len(other)])
        assert torch.equal(other_columns["species"], columns["species"][: len(other)])
    assert set(columns["species"].tolist()) == {11, 13}
    asked = torch.tensor([13] * 5)
    _, columns = model.sample_events(5, generator=torch.Generator(), species=asked)
    assert columns["species"].tolist() == asked.tolist()


@torch.no_grad()
def test_charges_follow_their_density():
    model = small_model()
    # Of the first pixel at a given place, drawn as the sampler draws.
    batch = model._tokens(as_walks([[34]], [[1.0]], 100))
    network = model.network
    h = network.trunk(
        network.embed(
            batch.row, batch.column, batch.bin, batch.last_move, batch.scalars, batch.window, None
        ),
        batch.groups,
    )  # fmt: skip
    logits = network.charge_logits(
        h, batch.next_row, batch.next_column, batch.move, batch.next_window
    )[:1]
    u = uniforms(torch.arange(40_000), 0)
    share = (draw_categories(logits.double().expand(len(u), -1), u[:, 2]) + u[:, 3]) / network.bins
    low, high = float(model.log_low), float(model.log_high)
    charges = np.exp(low + share.numpy() * (high - low))
    edges = np.exp(np.linspace(low, high, 33))
    counts, _ = np.histogram(charges, edges)
    # What `token_nats` says of the same bins: the density times dq = q dlog q.
    middles = np.sqrt(edges[1:] * edges[:-1])
    walks = as_walks([[34]] * 32, middles[:, None], 100)
    batch = model._tokens(walks)
    nats = model.token_nats(batch).charge[batch.drawn]
    nats = nats[torch.argsort(batch.image[batch.drawn])]
    expected = np.exp(-nats.numpy()) * middles * np.diff(np.log(edges)) * len(charges)
    assert np.sum((counts - expected) ** 2 / expected) < 32 + 5 * np.sqrt(64)


@torch.no_grad()
def test_images_that_never_end_are_cut_off_with_a_warning(caplog):
    model = small_model(longest=4)
    model.network.move.bias[-1] = -30
    with caplog.at_level(logging.WARNING):
        images = model.sample(9, generator=torch.Generator().manual_seed(0), slots=4)
    assert ((images > 0).sum((1, 2)) == 4).all()
    assert "9 of 9 images were cut off at 4 pixels" in caplog.text


@torch.no_grad()
def test_samples_use_the_range_of_charges_and_visit_no_pixel_twice():
    model = small_model(toy_images(64))
    images = model.sample(50, generator=torch.Generator().manual_seed(1))
    lit = images[images > 0]
    assert float(lit.min()) >= model.fitted()["smallest_charge"] * (1 - 1e-5)
    assert float(lit.max()) <= model.fitted()["largest_charge"] * (1 + 1e-5)

"""The sparse transformer: probabilities that sum to one, causality, loss, training, files."""

import itertools
import math

import numpy as np
import pytest
import torch
from sparse_transformer_toys import (
    MASS_FIRST,
    SMALL,
    VARIANTS,
    as_sequences,
    condition,
    small_model,
    toy_images,
)
from typed_models import load

from darkpixel.config.discovery import model_names, model_settings
from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model
from darkpixel.models.folder import save_model
from darkpixel.models.sparse_transformer.layout import lay_out
from darkpixel.models.sparse_transformer.model import SparseTransformer
from darkpixel.models.sparse_transformer.walk_places import weighted_sum


def lit_images(*shape):
    """Some three in ten pixels are zero."""
    random = torch.Generator().manual_seed(0)
    images = torch.rand(shape, generator=random) + 0.5
    return images * (torch.rand(shape, generator=random) > 0.3)


def place_probabilities(model, sequences):
    """Of the count and the places of each sequence, the values given; (B,)."""
    batch = model.tokens_of(sequences)
    vectors = condition(model, len(sequences.counts))
    nats = model.token_nats(batch, vectors).place
    totals = model.network.totals
    counts = torch.from_numpy(sequences.counts)
    chosen = totals.bin(counts)
    log_count = totals.count_logits(vectors).log_softmax(-1).gather(1, chosen[:, None])[:, 0]
    total = -log_count.double().index_add(0, batch.image, -nats.double())
    return (-total).exp()


@pytest.mark.parametrize("order", ["walk", "largest_first"])
@pytest.mark.parametrize(("height", "width", "reach"), [(2, 2, 7), (1, 5, 1), (2, 3, 1)])
@torch.no_grad()
def test_probabilities_of_all_sequences_sum_to_one(height, width, reach, order):
    images = lit_images(20, height, width)
    model = small_model(images, reach=reach, order=order)
    places = height * width
    sequences = [s for k in range(places + 1) for s in itertools.permutations(range(places), k)]
    # Any values do, as long as they depend on the past only.
    values = [[(1 + 0.1 * place) * 0.6**k for k, place in enumerate(s)] for s in sequences]
    total = place_probabilities(model, as_sequences(sequences, values, places)).sum()
    assert total == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("values", ["absolute", "shares"])
@pytest.mark.parametrize("order", ["spiral_out", "row"])
@pytest.mark.parametrize("side", [2, 3])
@torch.no_grad()
def test_probabilities_of_all_images_sum_to_one_in_a_fixed_order(side, order, values):
    images = lit_images(20, side, side)
    model = small_model(images, order=order, values=values, reach=1)
    subsets = torch.tensor(list(itertools.product([0.0, 1.0], repeat=side**2)))
    # A sum and values that depend on the past only: equal pixels, the last one takes the rest.
    equal = subsets.view(-1, side, side).numpy()
    total = place_probabilities(model, model.sequences_of(equal)).sum()
    if values == "absolute":
        assert total == pytest.approx(1, abs=1e-5)
        return
    # With shares what is seen depends on the sum, hence on the count: each count sums to its own.
    counts = subsets.sum(1).long()
    found = place_probabilities(model, model.sequences_of(equal))
    of_count = model.network.totals.count_logits(condition(model, 1))[0].softmax(-1)
    for count in range(side**2 + 1):
        assert found[counts == count].sum() == pytest.approx(float(of_count[count]), abs=1e-5)


@pytest.mark.parametrize("order", ["row", "walk", "largest_first"])
@pytest.mark.parametrize("values", ["absolute", "shares"])
@torch.no_grad()
def test_density_of_two_pixels_integrates_to_their_probability(order, values):
    images = lit_images(40, 2, 2)
    model = small_model(images, order=order, values=values, reach=1)
    # Over the logarithms of both values: dv = v dlog(v).
    grid, step = np.linspace(-4, 3, 151, retstep=True)
    random = np.random.default_rng(0)  # a point at random in each cell: the density has edges
    first, second = (
        part.ravel() + random.uniform(0, step, part.size)
        for part in np.meshgrid(grid, grid, indexing="ij")
    )
    if order == "largest_first":
        first, second = np.maximum(first, second), np.minimum(first, second)
        step /= np.sqrt(2)  # the half in which the first is larger, from both sides
    total = 0.0
    pairs = itertools.combinations(range(4), 2)
    for pair in pairs if order == "row" else itertools.permutations(range(4), 2):
        pixels = np.tile(pair, (len(first), 1))
        drawn = np.exp(np.stack([first, second], 1))
        sequences = as_sequences(pixels, drawn, 4)
        vectors = condition(model, len(first))
        batch = model.tokens_of(sequences)
        nats = model.token_nats(batch, vectors)
        counts, sums = torch.from_numpy(sequences.counts), torch.from_numpy(drawn.sum(1))
        log_p = -model.network.totals.nats(vectors, counts, sums).double()
        log_p = log_p.index_add(0, batch.image, -(nats.place + nats.value).double())
        total += float((log_p.exp() * torch.from_numpy(np.exp(first + second))).sum())
    total *= step**2
    expected = model.network.totals.count_logits(condition(model, 1))[0].softmax(-1)[2]
    assert total == pytest.approx(float(expected), rel=0.05)


@pytest.mark.parametrize("variant", [*VARIANTS, *MASS_FIRST])
@torch.no_grad()
def test_later_pixels_change_nothing_before_them(variant):
    model = small_model(**variant)
    random = np.random.default_rng(0)
    if model.order is None:
        places = random.permutation(100)
    else:  # the two sequences may share their beginning only if the rest comes later
        places = np.sort(random.permutation(100)[:24])
        places = model.order[places]
    sequence, others = places[:24:2], places[1:24:2]
    values = random.exponential(1, 12) + 0.1
    if variant["order"] == "largest_first":
        values = np.sort(values)[::-1]
    for k in range(1, 12):
        changed = np.append(sequence[:k], others[k:])
        new = np.append(values[:k], random.exponential(1, 12 - k))
        if variant["order"] == "largest_first":
            new[k:] = (values[k:] + values[k:].mean()) / 2
        elif variant["values"] == "shares":  # the same sum, which is known from the start
            new[k:] *= values[k:].sum() / new[k:].sum()
        both = as_sequences([sequence, changed], np.stack([values, new]), 100)
        wanted = torch.full((2,), 2.0).double() if "mass_first" in variant else None
        batch = model.tokens_of(both, wanted)
        nats = model.token_nats(batch, condition(model, 2))
        for of_tokens in (nats.place, nats.value):
            first, second = (of_tokens[(batch.image == i) & (batch.step < k)] for i in (0, 1))
            torch.testing.assert_close(first, second, rtol=1e-4, atol=1e-4)
        # and the pixel itself does change what comes after
        if k < 11:
            later = [nats.value[(batch.image == i) & (batch.step == k + 1)] for i in (0, 1)]
            if variant["values"] == "absolute" or k < 10:
                assert (later[0] - later[1]).abs().max() > 1e-4


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_padding_and_groups_change_nothing(variant):
    images = toy_images(40)
    images[3] = 0
    bounds = [
        small_model(length_groups=groups, **variant).sequence_log_density(images)
        for groups in (1, 5, 40)
    ]
    torch.testing.assert_close(bounds[1], bounds[0], rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(bounds[2], bounds[0], rtol=1e-5, atol=1e-4)
    model = small_model(**variant)
    alone = torch.cat([model.sequence_log_density(image[None]) for image in images])
    torch.testing.assert_close(alone, bounds[0], rtol=1e-5, atol=1e-4)
    assert model.loss(images).item() == pytest.approx(-bounds[0].mean().item(), rel=1e-5)
    exact = model.log_density(images)
    assert (exact is None) == (variant["order"] == "walk")
    if exact is not None:
        assert torch.equal(exact, bounds[0])


def test_layout_holds_every_step_once_and_finds_the_far_moves():
    model = small_model()
    images = toy_images(50)
    images[7] = 0
    sequences = model.sequences_of(images.numpy())
    layout = lay_out(sequences, 10, model.network.moves.reach, 4)
    assert sum(count * steps for count, steps in layout.groups) == len(layout.step)
    batch = model.tokens_of(sequences)
    seen = list(zip(batch.image.tolist(), batch.step.tolist(), strict=True))
    seen = [pair for pair, valid in zip(seen, batch.valid, strict=True) if valid]
    assert sorted(seen) == [(i, t) for i, n in enumerate(sequences.counts) for t in range(n)]
    is_far = torch.zeros(len(batch.step), dtype=torch.bool)
    is_far[batch.far] = True
    assert ((batch.move == model.network.moves.far) == is_far)[batch.valid].all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_loss_falls(variant):
    torch.manual_seed(0)
    images = toy_images(256)
    images[:5] = 0
    model = build_model({**SMALL, **variant}, (10, 10), seed=0)
    model.fit_to_data(lambda: iter([images]))
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    losses = []
    for step in range(50):
        optimiser.zero_grad()
        loss = model.loss(images[step % 4 :: 4])
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    trained = list(model.phase_parameters("model"))
    assert all(p.grad is not None and p.grad.isfinite().all() for p in trained)
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_pixels_in_centimetres_are_no_angles():
    angles, unit, centimetres = (
        small_model(values="shares", pixel_size=size) for size in (0.1, None, 20.0)
    )
    assert torch.equal(centimetres.places_of_vectors, unit.places_of_vectors)
    assert not torch.equal(angles.places_of_vectors, unit.places_of_vectors)


def test_a_batch_of_blank_images_has_a_loss():
    model = small_model(**VARIANTS[-1])
    assert math.isfinite(model.loss(torch.zeros(4, 10, 10)).item())
    assert model.sample(0, generator=torch.Generator()).shape == (0, 10, 10)


def test_weighted_sum_has_the_gradient_of_the_sum():
    random = torch.Generator().manual_seed(0)
    weights = torch.randn(5, 3, generator=random, dtype=torch.float64, requires_grad=True)
    numbers = torch.randn(5, 3, 7, generator=random, dtype=torch.float64)
    expected = (weights[..., None] * numbers).sum(1)
    torch.testing.assert_close(weighted_sum(weights, numbers), expected)
    assert torch.autograd.gradcheck(lambda w: weighted_sum(w, numbers), weights)


def test_conditions_change_the_density_and_may_be_withheld():
    images = toy_images(40)
    columns = {
        "species": torch.tensor([11, 13] * 20, dtype=torch.int32),
        "momentum": torch.linspace(100, 900, 40),
    }
    model = small_model(
        conditions=["species", "momentum"], condition_values={"species": [11, 13]},
        condition_dropout=0.5,
    )  # fmt: skip
    assert model.columns == ("species", "momentum")
    with pytest.raises(DarkpixelError, match="train the model before"):
        model.sample(2, generator=torch.Generator())
    model.fit_to_columns(columns)
    told = model.sequence_log_density(images, **columns)
    for name in columns:
        less = {key: values for key, values in columns.items() if key != name}
        assert (told - model.sequence_log_density(images, **less)).abs().min() > 1e-5
    loss = model.loss(images, "model", **columns).item()
    assert loss == pytest.approx(-told.mean().item(), 1e-5)
    model.train()
    assert len({model.loss(images, "model", **columns).item() for _ in range(4)}) == 4
    drawn = model.sample_events(30, generator=torch.Generator().manual_seed(0))[1]
    assert set(drawn) == {"species", "momentum"}
    assert set(drawn["species"].tolist()) == {11, 13}
    asked = {"species": torch.tensor(13)}
    drawn = model.sample_events(5, generator=torch.Generator(), conditions=asked)[1]
    assert drawn["species"].tolist() == [13] * 5
    assert "momentum" not in drawn


def test_a_model_may_be_a_package_and_comes_back_from_its_folder(tmp_path):
    assert "sparse_transformer" in model_names()
    assert model_settings("sparse_transformer")().model_dump()["reach"] == 7
    images = toy_images(20)
    for number, variant in enumerate(VARIANTS):
        model = small_model(**variant)
        save_model(model, tmp_path / str(number))
        loaded = load(SparseTransformer, tmp_path / str(number))
        expected = model.sequence_log_density(images)
        assert torch.equal(loaded.sequence_log_density(images), expected)
        assert loaded.fitted() == model.fitted()
    with pytest.raises(DarkpixelError, match="heads must divide"):
        build_model({**SMALL, "heads": 3}, (10, 10))
    with pytest.raises(DarkpixelError, match="'class' is named twice"):
        build_model({**SMALL, "conditions": ["class", "class"]}, (10, 10))
    with pytest.raises(DarkpixelError, match="'moment' is not among the conditions"):
        build_model({**SMALL, "condition_values": {"moment": [1, 2]}}, (10, 10))
    with pytest.raises(DarkpixelError, match="needs square images"):
        build_model({**SMALL, "order": "row"}, (10, 8))
    with pytest.raises(DarkpixelError, match="mass_knots must be 0"):
        build_model({**SMALL, "mass_knots": 1}, (10, 10))
    for other in ({"order": "walk"}, {"values": "absolute"}, {"mass_knots": 0}):
        settings = {"order": "row", "values": "shares", "mass_first": True, **other}
        with pytest.raises(DarkpixelError, match="mass_first needs values: shares"):
            build_model({**SMALL, **settings}, (10, 10))


def test_fit_takes_the_range_of_values():
    model = build_model(SMALL, (10, 10), seed=0)
    images = toy_images(10)
    model.fit_to_data(lambda: iter(images.split(3)))
    lit = images[images > 0]
    assert model.fitted()["smallest_value"] == pytest.approx(float(lit.min()), rel=2e-3)
    assert model.fitted()["largest_value"] == pytest.approx(float(lit.max()), rel=2e-3)
    assert math.isclose(model.fitted()["mean_value"], float(lit.mean()), rel_tol=1e-5)
    assert math.isclose(model.fitted()["mean_sum"], float(images.sum() / 10), rel_tol=1e-5)
    with pytest.raises(DarkpixelError, match="every pixel"):
        model.fit_to_data(lambda: iter([images * 0]))

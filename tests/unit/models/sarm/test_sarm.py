"""SARM: which pixel sees which, likelihoods that sum to one, counts, files."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sarm_toys import VARIANTS, discrete, make_sarm, toy_images, variant_name
from torch import Tensor, nn
from typed_models import build

from darkpixel.config.discovery import model_settings
from darkpixel.errors import DarkpixelError
from darkpixel.metrics.kinematics import image_observables
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_model, save_model
from darkpixel.models.sarm.model import SARM
from darkpixel.models.sarm.running_sums import RunningSums
from darkpixel.models.sarm.totals import TotalsDensity


def theta(model: SARM, x: Tensor, known: Tensor | None) -> tuple[Tensor, Tensor]:
    """Logits (B, D) and one random combination of the value parameters (B, D) of every pixel."""
    logits, values = [], []
    image = torch.arange(len(x))
    generator = torch.Generator().manual_seed(0)
    for _, stage, inputs in model.conditionals.stage_inputs(x, known):
        h = stage.trunk(inputs)
        logits.append(stage.zero_logits(h, inputs))
        pixel = torch.arange(stage.pixels).repeat_interleave(len(x))
        parameters = stage.value_parameters(h, inputs, pixel, image.repeat(stage.pixels))
        weights = torch.randn(stage.likelihood.size, generator=generator, dtype=x.dtype)
        values.append((parameters @ weights).view(stage.pixels, len(x)).T)
    return torch.cat(logits, 1), torch.cat(values, 1)


def some_x(model: SARM, seed: int = 0) -> tuple[Tensor, Tensor | None]:
    """One image in the order of generation and its totals, double."""
    image = toy_images(1, model.side, seed).double()
    x = model.quantise(image).flatten(1)[:, model.permutation]
    known = None if model.totals is None else model.sums.of_image(x)
    return x, known


@pytest.mark.parametrize("settings", VARIANTS, ids=variant_name)
def test_each_pixel_depends_on_all_before_it_and_on_nothing_else(settings: dict[str, Any]) -> None:
    """Jacobian of theta_i with respect to x_j, the image's totals being held fixed."""
    model = make_sarm(5, **{"layers": 2, "units": 40, "width": 3, "blocks": 3, **settings}).double()
    x, known = some_x(model)
    x = (0.03 * x).requires_grad_()  # a saturated unit passes nothing on, in whatever order
    lower = torch.ones(25, 25).tril(-1).bool()
    for outputs in theta(model, x, known):
        rows = [torch.autograd.grad(o, x, retain_graph=True)[0][0] for o in outputs[0]]
        jacobian = torch.stack(rows)
        assert (jacobian[~lower] == 0).all()
        assert (jacobian[lower] != 0).all()


@pytest.mark.parametrize("likelihood", ["discrete", "truncated_logistic"])
@pytest.mark.parametrize("sums", [False, True])
def test_dependence_at_real_size(likelihood: str, sums: bool) -> None:
    """28 x 28, two stages: gradients of some outputs, and changes of some pixels."""
    # tanh, since the slope of gelu underflows to zero where a unit is switched off.
    model = make_sarm(
        28, layers=2, likelihood=likelihood, sums=sums, width=4, mixtures=2, activation="tanh"
    ).double()
    x, known = some_x(model)
    places = torch.arange(784)
    differentiable = x.clone().requires_grad_()
    for outputs in theta(model, differentiable, known):
        for i in (0, 1, 8, 9, 10, 391, 783):  # 9 is the first of the second stage
            (row,) = torch.autograd.grad(outputs[0, i], differentiable, retain_graph=True)
            assert ((row[0] != 0) == (places < i)).all()
    changed = (0, 4, 8, 9, 300, 783)
    with torch.no_grad():
        rows = x.repeat(1 + len(changed), 1)
        for k, j in enumerate(changed):
            rows[1 + k, j] += 10
        for outputs in theta(model, rows, known):
            difference = (outputs[1:] - outputs[0]).abs()
            for k, j in enumerate(changed):
                assert (difference[k, : j + 1] < 1e-12).all()
                assert (difference[k, j + 1 :] > 1e-12).all()


@pytest.mark.parametrize("settings", [{"centres": []}, {"centres": [1]}, {"sums": True}])
def test_discrete_probabilities_of_all_images_sum_to_one(settings: dict[str, Any]) -> None:
    """2 x 2 pixels, zero or one of 3 levels: 256 images."""
    model = make_sarm(2, levels=3, **{"centres": [], "units": 6, "layers": 2, **settings})
    grid = [0.0, *discrete(model.stages[0]).grid.tolist()]
    images = torch.tensor(list(itertools.product(grid, repeat=4))).view(-1, 2, 2)
    with torch.no_grad():
        total = model.log_prob(images).double().exp().sum()
    assert float(total) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("settings", [{"centres": []}, {"centres": [1], "residual": True}])
def test_continuous_density_integrates_to_one(settings: dict[str, Any]) -> None:
    """2 x 2 pixels, each zero or on a Gauss-Legendre grid in x / (x + 40 GeV): 23^4 points."""
    wide: dict[str, Any] = {"log_scale": (2.5, 4.0), "mixtures": 2}  # scales that the grid resolves
    model = make_sarm(2, likelihood="truncated_logistic", units=6, layers=2, **wide, **settings)
    nodes, weights = np.polynomial.legendre.leggauss(22)
    v = (nodes + 1) / 2
    points = torch.tensor([0.0, *(40 * v / (1 - v))], dtype=torch.float32)
    measure = torch.tensor([1.0, *(weights / 2 * 40 / (1 - v) ** 2)])
    images = torch.cartesian_prod(*[points] * 4).view(-1, 2, 2)
    measures = torch.cartesian_prod(*[measure] * 4).prod(1)
    with torch.no_grad():
        density = torch.cat([model.log_prob(part).double().exp() for part in images.split(60_000)])
    assert float((density * measures).sum()) == pytest.approx(1, abs=5e-3)


def test_totals_are_a_normalised_density() -> None:
    model = make_sarm(4, totals=True, total_mixtures=4)
    assert model.totals is not None
    with torch.no_grad():
        pt = torch.linspace(0.0, 3000.0, 60_001)[1:]
        first = model.totals.log_prob(torch.stack([pt, torch.full_like(pt, 5.0)], 1))
        mass = torch.linspace(0.0, 3000.0, 60_001)[1:]
        rows = torch.stack([torch.full_like(mass, 30.0), mass], 1)
        second = model.totals.log_prob(rows)
        # p(mass | pt) integrates to one: the ratio to its value at mass 5 gives p(mass = 5 | pt)
        at_five = model.totals.log_prob(torch.tensor([[30.0, 5.0]]))
        given = (at_five.exp() / (second.double().exp().sum() * 0.05)).item()
        log_weight, location, log_s = model.totals._components(
            model.totals.standardised(torch.tensor([[30.0, 5.0]])), 1
        )
    assert first.isfinite().all()
    y = model.totals.standardised(torch.tensor([[30.0, 5.0]]))[0, 1]
    z = (y - location[0]) / log_s[0].exp()
    s = torch.sigmoid(z)
    direct = (log_weight[0].exp() * s * (1 - s) / log_s[0].exp()).sum()
    direct = direct / model.totals.deviation[1] / 6.0
    assert given == pytest.approx(float(direct), rel=2e-2)


def test_totals_of_the_model_are_the_observables_of_the_image() -> None:
    images = toy_images(50, 7) * 5
    x = images.flatten(1)
    sums = RunningSums(7, 0.1, torch.arange(49), ("pt", "mass", "energy", "nonzero"))
    pt, mass, energy, nonzero = sums.of_image(x).T.double().numpy()
    truth = image_observables(images.numpy(), 0.1)
    np.testing.assert_allclose(pt, np.sqrt(truth["pt"] ** 2 + 1), rtol=1e-5)
    np.testing.assert_allclose(mass, np.sqrt(truth["mass"] ** 2 + 1), rtol=1e-4)
    np.testing.assert_array_equal(nonzero, (images > 0).sum((1, 2)))
    assert (energy >= pt - 1).all()
    # running to the end of the image gives the totals
    torch.testing.assert_close(
        sums.observables(sums.raw(x)[..., -1])[[7, 8, 0, 6]].float(), sums.of_image(x).T
    )


@pytest.mark.parametrize("likelihood", ["discrete", "truncated_logistic", "exponential", "gamma"])
def test_training_lowers_the_loss_with_finite_gradients(likelihood: str) -> None:
    torch.manual_seed(0)
    images = toy_images(128, 6)
    images[3] = 0  # a blank image, as among muons
    images[4, 2, 2] = 300.0
    settings = {"model": "sarm", "likelihood": likelihood, "layers": 2, "sums": True, "units": 40}
    model = build_model({**settings, "totals": True, "residual": True}, (6, 6))
    model.fit_to_data(lambda: iter(images.split(100)))
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    for _ in range(25):
        optimiser.zero_grad()
        loss = model.loss(images)
        loss.backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 5


@pytest.mark.parametrize("settings", [{}, {"likelihood": "truncated_logistic", "sums": True}])
def test_mixed_precision_gives_the_same_loss_and_gradients(settings: dict[str, Any]) -> None:
    """The way that GPUs take, whose layers and head are written apart from the CPU's."""
    model = make_sarm(6, noise=0.0, layers=2, units=40, totals=True, **settings)
    images = toy_images(64, 6)
    exact = model.loss(images)
    expected = torch.autograd.grad(exact, list(model.parameters()))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = model.loss(images)
    found = torch.autograd.grad(rough, list(model.parameters()))
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(exact.item(), rel=5e-3)
    a, b = (torch.cat([g.flatten() for g in grads]) for grads in (expected, found))
    assert torch.nn.functional.cosine_similarity(a, b, dim=0) > 0.99


def test_initial_probabilities_of_zero_are_those_of_the_training_images() -> None:
    images = toy_images(500, 6)
    torch.manual_seed(0)
    model = build_model({"model": "sarm", "layers": 2}, (6, 6))
    model.fit_to_data(lambda: iter([images]))
    assert isinstance(model, SARM)
    zeros = (model.quantise(images) == 0).float().flatten(1)[:, model.permutation].mean(0)
    biases = torch.cat([stage.gamma.column_bias()[:, 0] for stage in model.stages])
    torch.testing.assert_close(biases.sigmoid(), zeros, atol=0.01, rtol=0)


def test_empirical_first_pixel_is_drawn_from_the_training_images_and_not_scored() -> None:
    model = make_sarm(4, first_pixel="empirical", levels=5, units=8, layers=2)
    images = model.quantise(toy_images(200, 4))
    training = set(images.flatten(1)[:, model.permutation[0]].tolist())
    drawn = model.sample(300, generator=torch.Generator().manual_seed(0))
    made = model.quantise(drawn)
    assert set(made.flatten(1)[:, model.permutation[0]].tolist()) <= training
    # all but the first pixel are normalised: summing over the first too gives one per value
    small = make_sarm(2, first_pixel="empirical", levels=2, centres=[], units=4, layers=1)
    grid = [0.0, *discrete(small.stages[0]).grid.tolist()]
    every = torch.tensor(list(itertools.product(grid, repeat=4))).view(-1, 2, 2)
    with torch.no_grad():
        total = float(small.log_prob(every).exp().sum())
    assert total == pytest.approx(len(grid), rel=1e-4)


def test_parameter_counts_of_the_paper() -> None:
    """Table 6 has 21M (D+D) and 7M (D+C) for 25 x 25 images; the text's width gives 6M."""

    def dense(**settings: Any) -> float:
        model = build_model({"model": "sarm", **settings}, (25, 25))
        counts = model.parameter_counts()
        assert 0.45 < counts["free"] / counts["dense"] < 0.55
        return counts["dense"] / 1e6

    assert dense(preset="paper_text") == pytest.approx(6.1, abs=0.15)
    # 0.38M of it because gamma has a matrix of its own instead of a place in the softmax
    assert dense(preset="parameter_matched") == pytest.approx(21.4, abs=0.1)
    logistic = {"likelihood": "truncated_logistic"}
    assert dense(preset="paper_text", **logistic) == pytest.approx(8.0, abs=0.15)


def test_free_parameters_are_those_that_change_the_loss() -> None:
    model = make_sarm(3, layers=2, units=12, centres=[1], levels=3, sums=True, totals=True)
    images = toy_images(400, 3, seed=2) + 0.01  # every pixel non-zero, so every value is used
    model.loss(images * 3).backward()
    moved = sum(int((p.grad != 0).sum()) for p in model.parameters() if p.grad is not None)
    # float rounding hides a few gradients; a masked weight that moved would exceed the count
    assert 0.9 * model.parameter_counts()["free"] < moved <= model.parameter_counts()["free"]


def test_presets_fill_what_is_not_given() -> None:
    settings = model_settings("sarm")
    paper = settings.model_validate({"preset": "paper_text", "layers": 3}).model_dump()
    assert (paper["layers"], paper["width"], paper["power"], paper["inputs"]) == (3, 10, 1, "value")
    assert settings.model_validate({"preset": "parameter_matched"}).model_dump()["width"] == 50
    # what a model folder stores gives the same model again
    assert settings.model_validate(paper).model_dump() == paper


def test_saved_model_is_the_same_model(tmp_path: Path) -> None:
    model = make_sarm(5, sums=True, totals=True, first_pixel="empirical", units=10, layers=2)
    save_model(model, tmp_path)
    loaded = load_model(tmp_path)
    assert isinstance(loaded, SARM)
    images = toy_images(20, 5)
    with torch.no_grad():
        assert torch.equal(loaded.log_prob(images), model.log_prob(images))
    a, b = (m.sample(9, generator=torch.Generator().manual_seed(1)) for m in (model, loaded))
    assert torch.equal(a, b)


def test_images_that_are_not_square_are_refused() -> None:
    with pytest.raises(DarkpixelError, match="square"):
        build_model({"model": "sarm"}, (5, 6))


def test_blank_training_images_are_refused() -> None:
    model = build_model({"model": "sarm", "layers": 1}, (5, 5))
    with pytest.raises(DarkpixelError, match="zero"):
        model.fit_to_data(lambda: iter([torch.zeros(4, 5, 5)]))


def totals_of(model: SARM) -> TotalsDensity:
    assert model.totals is not None
    return model.totals


def test_noise_on_totals_is_laplace_and_never_below_zero() -> None:
    model = make_sarm(4, totals=True, total_noise=3.0)
    torch.manual_seed(1)
    far = torch.full((40_000, 2), 100.0)
    noise = totals_of(model).noisy(far) - far
    assert noise.mean(0) == pytest.approx([0.0, 0.0], abs=0.1)
    assert noise.abs().mean(0) == pytest.approx([3.0, 3.0], rel=0.03)  # a Laplace scale
    assert totals_of(model).noisy(torch.zeros(1000, 2)).min() == 0
    assert torch.equal(totals_of(make_sarm(4, totals=True)).noisy(far), far)
    two = make_sarm(4, totals=True, total_noise=[3.0, 0.5])
    each = totals_of(two).noisy(far) - far
    assert each.abs().mean(0) == pytest.approx([3.0, 0.5], rel=0.03)


def test_as_many_scales_as_totals() -> None:
    with pytest.raises(DarkpixelError, match=r"total_noise: .* each of pt, mass; found \[1.0\]"):
        build_model({"model": "sarm", "totals": True, "total_noise": [1.0]}, (5, 5))


def test_scales_of_totals_wait_for_totals() -> None:
    model = make_sarm(4, totals=False, total_noise=[3.0, 0.5])
    assert model.log_prob(toy_images(3, 4)).isfinite().all()


def test_shared_units_give_all_pixels_the_same_function_of_their_sums() -> None:
    model = make_sarm(6, sums=True, shared_units=5, noise=0.2)
    plain = make_sarm(6, sums=True, noise=0.2)
    x = model.quantise(toy_images(40, 6)).flatten(1)[:, model.permutation]
    for number, (start, stage, inputs) in enumerate(model.conditionals.stage_inputs(x, None)):
        shared = stage.values_shared
        assert shared is not None
        pixel, image = (x[:, start : start + stage.pixels] > 0).T.nonzero().unbind(1)
        assert inputs.sums is not None
        h = stage.trunk(inputs)
        with_shared = stage.value_parameters(h, inputs, pixel, image)
        expected = shared(inputs.sums[:, image, pixel].T)
        assert expected.abs().mean() > 0.01
        stage.values_shared = None
        without = stage.value_parameters(h, inputs, pixel, image)
        stage.values_shared = shared
        torch.testing.assert_close(with_shared - without, expected, atol=1e-5, rtol=1e-4)
        gradients = torch.autograd.grad(with_shared.square().sum(), list(shared.parameters()))
        assert all(gradient.any() for gradient in gradients)
        more = sum(p.numel() for p in shared.parameters())
        sizes = [m.stages[number].counts()["dense"] for m in (model, plain)]
        assert sizes[0] - sizes[1] == more


def test_shared_units_begin_without_effect() -> None:
    keys = {"model": "sarm", "layers": 1, "sums": True, "shared_units": 4}
    model = build(SARM, keys, (5, 5))
    model.fit_to_data(lambda: iter([toy_images(50, 5)]))
    for stage in model.stages:
        assert stage.values_shared is not None
        last = stage.values_shared[-1]
        assert isinstance(last, nn.Linear)
        assert not last.weight.any()


def test_shared_units_want_sums() -> None:
    with pytest.raises(DarkpixelError, match=r"shared_units .* sums: true"):
        build_model({"model": "sarm", "shared_units": 4}, (5, 5))


def test_each_stage_starts_with_the_values_of_its_own_pixels() -> None:
    images = toy_images(400, 6)
    images[:, 2:5, 2:5] *= 3
    keys = {"model": "sarm", "layers": 1, "units": 8, "power": 1.5}
    model = build(SARM, keys, (6, 6), seed=1)
    model.fit_to_data(lambda: iter([images]))
    x = model.quantise(images).flatten(1)[:, model.permutation]
    for start, end, stage in model.conditionals.spans():
        pixels = x[:, start:end]
        p = discrete(stage).upsample.bias.detach().softmax(0)
        expected = pixels[pixels > 0].double().mean()
        assert float(p @ discrete(stage).grid) == pytest.approx(float(expected), rel=0.02)
        frequencies = (pixels == 0).double().mean(0).clamp(1 / 402, 401 / 402)
        torch.testing.assert_close(
            stage.gamma.column_bias().flatten().sigmoid().double(), frequencies, atol=3e-3, rtol=0
        )


def test_features_of_the_sums_are_standardised_position_by_position() -> None:
    model = make_sarm(6, sums=True, totals=True, noise=0.0)
    x = model.quantise(toy_images(200, 6)).flatten(1)[:, model.permutation]
    features = model.sums.features(model.sums.raw(x), model.sums.of_image(x).T)
    z = features[:11].sinh().double()  # undo the compression
    varied = z.std(1) > 0.5  # the rest is the same in all images, as before the first pixel
    assert varied[:, 3:-1].float().mean() > 0.9
    torch.testing.assert_close(z.mean(1), torch.zeros_like(z.mean(1)), atol=2e-2, rtol=0)
    torch.testing.assert_close(
        z.std(1)[varied], torch.ones(int(varied.sum())).double(), atol=2e-2, rtol=0
    )

"""What every model promises, whatever it is: one set of tests for all that are found by name.

A new model needs one entry in SMALL and is then tested by itself.
"""

import copy
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from darkpixel.config.discovery import model_names, model_settings
from darkpixel.errors import DarkpixelError
from darkpixel.models.base import GenerativeModel, Trainable
from darkpixel.models.build import build_model
from darkpixel.models.folder import load_model, save_model
from darkpixel.models.sample_file import Draw, sampling_workers
from darkpixel.models.workers import CAN_FORK


@dataclass(frozen=True)
class Small:
    """How a model is tested: quickly.

    Attributes:
        settings: of a small one.
        refused: a key and a value that its settings must refuse.
        side: pixels per side of the images.
        codes: what it learns are maps of so many codes, not images; 0: images.
        without_gradient: parameters that the loss does not reach, and why they need not.
    """

    settings: dict[str, Any]
    refused: dict[str, Any]
    side: int = 8
    codes: int = 0
    without_gradient: dict[str, str] = field(default_factory=dict)


TRANSFORMER = {
    "width": 16, "layers": 2, "heads": 2, "value_bins": 8, "reach": 2, "neighbourhood": 1,
    "length_groups": 3,
}  # fmt: skip
VQVAE = {"codes": 24, "dimension": 4, "encoder_filters": [6, 8], "decoder_filters": [8, 6]}
SMALL = {
    "classifier": Small({"filters": 4, "units": 8}, {"units": 0}),
    "lagan": Small(
        {"latent": 20, "generator_filters": 4, "discriminator_filters": 4}, {"classes": 1}, side=12
    ),
    "pixelcnnpp": Small({"filters": 4, "blocks": 1, "mixtures": 3}, {"power": 0.5}),
    "sparse_classifier": Small({"units": 8, "bins": 4}, {"bins": 1}),
    "sarm": Small({"layers": 2, "units": 24, "width": 4}, {"order": "spiral"}),
    "sparse_transformer": Small(
        TRANSFORMER,
        {"heads": 3},
    ),
    "ssnet": Small({"filters": 4, "depth": 2}, {"depth": 9}, side=16),
    "vqvae": Small(VQVAE, {"codes": 1}, side=16),
    "vqvae_pixelcnn": Small(
        {"autoencoder": {"model": "vqvae", **VQVAE}, "blocks": 2, "filters": 6},
        {"kernel": 4},
        side=16,
        codes=24,
    ),
}

FURTHER = {
    "sparse_transformer:label": Small(
        {**TRANSFORMER, "order": "spiral_out", "values": "shares", "conditions": ["class"]},
        {"order": "spiral"},
    ),
    "sparse_transformer:species": Small(
        {**TRANSFORMER, "values": "shares", "conditions": ["species", "momentum"]},
        {"conditions": "species"},
    ),
}
"""Other settings of a model, which make another one of it: `model:what`."""


def small(name: str) -> Small:
    cases = {**SMALL, **FURTHER}
    if name not in cases:
        pytest.fail(
            f"model {name}: add its small settings to SMALL in tests/unit/models/test_contract.py"
        )
    return cases[name]


def model_of(name: str) -> str:
    return name.partition(":")[0]


def is_joint(name: str) -> bool:
    return model_settings(model_of(name)).is_joint(small(name).settings)


def built(name: str, seed: int = 1) -> Trainable:
    case = small(name)
    return build_model(
        {"model": model_of(name), **case.settings}, (case.side, case.side), seed=seed
    )


def data(name: str, model: Trainable, count: int = 24) -> tuple[Tensor, dict[str, Tensor]]:
    """What the model learns from, and the columns that it wants beside."""
    generator = torch.Generator().manual_seed(3)
    size = (count, *model.input_size)
    values = torch.empty(size).exponential_(0.2, generator=generator)
    images = values * (torch.rand(size, generator=generator) < 0.4)
    place = torch.arange(count)
    columns = {
        "class": place % 2,
        "pixel_labels": ((images > 0) * (1 + place % 2)[:, None, None]).to(torch.uint8),
        "species": torch.tensor([11, 22, 13])[place % 3],
        "momentum": torch.linspace(100, 900, count),
    }
    if small(name).codes:
        images = torch.randint(small(name).codes, size, generator=generator).float()
    return images, {column: columns[column] for column in model.columns}


@pytest.fixture(params=[*model_names(), *FURTHER])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(name: str) -> Trainable:
    """Built and fitted to data, as before its first step; in evaluation mode."""
    model = built(name)
    images, columns = data(name, model)
    torch.manual_seed(2)
    # Those that have one number an image, as the training gives them.
    model.fit_to_columns({key: values for key, values in columns.items() if values.ndim == 1})
    model.fit_to_data(lambda: iter(images.split(10)), lambda: iter(images[:10].split(5)))
    return model.eval()


@pytest.fixture
def generator(model: Trainable) -> GenerativeModel:
    if not isinstance(model, GenerativeModel):
        pytest.skip("generates no images")
    return model


def sample(model: GenerativeModel, seed: int, n: int = 9) -> Tensor:
    return model.sample(n, generator=torch.Generator().manual_seed(seed))


def same(a: Tensor, b: Tensor) -> bool:
    """Byte for byte."""
    return a.shape == b.shape and a.numpy().tobytes() == b.numpy().tobytes()


def test_entries_are_of_models() -> None:
    assert set(model_names()) >= SMALL.keys()
    assert {model_of(name) for name in FURTHER} <= SMALL.keys()


def test_initial_weights_follow_from_the_seed_and_the_global_generator_is_left_alone(
    name: str,
) -> None:
    before = torch.get_rng_state()
    one, again, other = (built(name, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(same(one[key], again[key]) for key in one)
    assert any(not same(one[key], other[key]) for key in one)


def test_settings_are_plain_and_give_the_same_model_again(name: str, model: Trainable) -> None:
    assert model.settings == json.loads(json.dumps(model.settings))
    again = build_model(model.settings, model.image_size, seed=1)
    assert again.settings == model.settings
    new = built(name).state_dict()
    assert all(same(value, new[key]) for key, value in again.state_dict().items())


def test_wrong_settings_are_refused_in_one_line(name: str) -> None:
    size = (small(name).side, small(name).side)
    for keys in ({"no_such_key": 1}, small(name).refused):
        with pytest.raises(DarkpixelError, match=next(iter(keys))) as error:
            build_model({"model": model_of(name), **small(name).settings, **keys}, size)
        assert "\n" not in str(error.value)
        assert str(error.value).startswith(f"model {model_of(name)}: ")


def test_everything_is_in_single_precision_on_the_cpu(model: Trainable) -> None:
    for key, tensor in model.state_dict().items():
        assert tensor.device.type == "cpu", key
        assert not tensor.is_floating_point() or tensor.dtype == torch.float32, key


def test_losses_are_finite_and_reach_every_parameter(name: str, model: Trainable) -> None:
    images, columns = data(name, model)
    model.train()
    torch.manual_seed(4)
    names = {id(parameter): key for key, parameter in model.named_parameters()}
    moved, trained = set(), set()
    for phase in dict.fromkeys(model.phases):
        parameters = list(model.phase_parameters(phase.split(":")[0]))
        trained |= {names[id(parameter)] for parameter in parameters}
        model.zero_grad()
        loss = model.loss(images, phase, **columns)
        assert loss.shape == ()
        assert loss.dtype == torch.float32
        assert loss.isfinite()
        loss.backward()
        for parameter in parameters:
            if parameter.grad is not None:
                assert parameter.grad.isfinite().all(), names[id(parameter)]
                if parameter.grad.any():
                    moved.add(names[id(parameter)])
    assert trained - moved == small(name).without_gradient.keys()
    trainable = {key for key, value in model.named_parameters() if value.requires_grad}
    assert trainable <= trained


def test_validation_loss_is_finite_and_needs_no_gradient(name: str, model: Trainable) -> None:
    images, columns = data(name, model)
    with torch.inference_mode():
        loss = model.validation_loss(images, **columns)
    assert loss.shape == ()
    assert loss.isfinite()


def test_what_was_fitted_is_plain_and_finite(model: Trainable) -> None:
    assert all(torch.tensor(float(value)).isfinite() for value in model.fitted().values())
    assert json.loads(json.dumps(model.fitted())) == model.fitted()


def test_parameter_counts(model: Trainable) -> None:
    counts = model.parameter_counts()
    assert counts.keys() >= {"dense", "free"}
    assert all(type(count) is int for count in counts.values())
    assert 0 < counts["free"] <= counts["dense"]


def test_saved_and_loaded_it_is_the_same_model(name: str, model: Trainable, tmp_path: Any) -> None:
    save_model(model, tmp_path)
    files = ("model.safetensors", "config.yaml")
    written = [(tmp_path / file).read_bytes() for file in files]
    before = torch.get_rng_state()
    loaded = load_model(tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert not loaded.training
    save_model(loaded, tmp_path)
    assert [(tmp_path / file).read_bytes() for file in files] == written
    images, columns = data(name, model)
    losses = []
    for one in (model, loaded):
        torch.manual_seed(5)
        with torch.no_grad():
            losses.append(one.validation_loss(images, **columns))
    assert same(*losses)
    if isinstance(model, GenerativeModel):
        assert isinstance(loaded, GenerativeModel)
        assert same(sample(model, 6), sample(loaded, 6))


def test_images_follow_from_the_generator_alone(generator: GenerativeModel) -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    images = sample(generator, 6)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(8)
    assert same(sample(generator, 6), images)
    assert not same(sample(generator, 7), images)


def test_images_are_those_of_an_image_file(generator: GenerativeModel) -> None:
    images, columns = generator.sample_events(9, generator=torch.Generator().manual_seed(6))
    assert same(images, sample(generator, 6))
    assert images.shape == (9, *generator.image_size)
    assert images.dtype == torch.float32
    assert images.isfinite().all()
    assert (images >= 0).all()
    assert not images.requires_grad
    assert all(len(column) == 9 for column in columns.values())


def test_an_unknown_condition_is_refused_in_one_line(name: str, generator: GenerativeModel) -> None:
    random = torch.Generator().manual_seed(6)
    with pytest.raises(DarkpixelError) as error:
        generator.sample_events(3, generator=random, conditions={"colour": torch.tensor(1.0)})
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith(f"model {model_of(name)}: condition 'colour': the model takes ")
    for condition in generator.conditions:
        assert condition.name in line


def test_sampling_leaves_the_model_as_it_was(generator: GenerativeModel) -> None:
    evaluated = sample(generator, 6)
    state = copy.deepcopy(generator.state_dict())
    generator.train()
    assert same(sample(generator, 6), evaluated)
    assert generator.training
    assert all(same(value, state[key]) for key, value in generator.state_dict().items())


def test_log_density_is_finite_where_there_is_one(name: str, generator: GenerativeModel) -> None:
    if small(name).codes:
        pytest.skip("learns codes, not images")
    images, _ = data(name, generator)
    images[0] = 0  # a blank image, as among muons
    before = torch.get_rng_state()
    with torch.no_grad():
        density = generator.log_density(images)
    assert torch.equal(torch.get_rng_state(), before)
    if density is not None:
        assert density.shape == (len(images),)
        assert density.isfinite().all()


def test_a_grid_takes_its_own_values_to_themselves(name: str, generator: GenerativeModel) -> None:
    quantise = getattr(generator, "quantise", None)
    if quantise is None:
        assert not getattr(model_settings(model_of(name)), "discrete", False)
        pytest.skip("no grid of pixel values")
    images, _ = data(name, generator)
    rounded = quantise(images)
    assert rounded.shape == images.shape
    torch.testing.assert_close(quantise(rounded), rounded)
    perfect = generator.as_generated(images, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(quantise(perfect), rounded)
    for made in (perfect, sample(generator, 6)):
        assert torch.equal(quantise(made) > 0, made > 0)


def test_a_model_of_all_labels_draws_the_one_that_was_chosen(
    name: str, generator: GenerativeModel
) -> None:
    if not is_joint(name):
        with pytest.raises(DarkpixelError, match="no labels"):
            generator.choose_class(0)
        return
    made = []
    for index in (0, 1, 0):
        generator.choose_class(index)
        made.append(sample(generator, 6))
    assert same(made[0], made[2])
    assert not same(made[0], made[1])


def test_any_number_of_cores_gives_the_same_samples(generator: GenerativeModel) -> None:
    tasks = [Draw(5, seed=2, block=block) for block in range(3)]
    made = []
    for cores in (1, 2):
        with sampling_workers(generator, cores) as workers:
            assert workers.cores == (cores if CAN_FORK else 1)
            made.append(np.concatenate([pixels for pixels, _ in workers.results(tasks)]))
    np.testing.assert_array_equal(made[0], made[1])

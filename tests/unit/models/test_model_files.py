"""Models are found by name, and their folder is the whole model."""

import pytest
import torch
from toy_training import SIDE

import darkpixel.models
from darkpixel.config.discovery import model_names
from darkpixel.errors import DarkpixelError
from darkpixel.models.build import build_model, with_image_settings
from darkpixel.models.folder import load_model, save_model, save_weights

SOURCE = '''
import torch
from pydantic import Field
from darkpixel.config.base import Settings as Base
from darkpixel.models.base import GenerativeModel

class Settings(Base):
    width: int = Field(3, ge=1)

class Levels(GenerativeModel):
    """As many weights as there are levels in the data."""
    def __init__(self, width):
        super().__init__()
        self.layer = torch.nn.Linear(width, 2)
        self.levels = torch.nn.Parameter(torch.zeros(0))
    def fit_to_data(self, batches, validation=None):
        self.levels.data = torch.zeros(int(max(b.max() for b in batches())))
    def adopt_shapes(self, state):
        self.levels.data = torch.empty(state["levels"].shape)
    def loss(self, images, phase="model", **columns):
        return self.levels.sum()
    def sample(self, n, *, generator, **options):
        return torch.zeros(n, *self.image_size)

def build(settings, height, width):
    return Levels(settings.width)
'''


@pytest.fixture(autouse=True)
def levels(tmp_path_factory, monkeypatch):
    """One more model file, `toy_levels`."""
    folder = tmp_path_factory.mktemp("models")
    (folder / "toy_levels.py").write_text(SOURCE)
    monkeypatch.setattr(darkpixel.models, "__path__", [*darkpixel.models.__path__, str(folder)])


def built(seed=1, **keys):
    return build_model({"model": "toy_levels", **keys}, (SIDE, SIDE), seed=seed)


def test_round_trip_with_shapes_from_the_data(tmp_path):
    model = built(width=5)
    model.fit_to_data(lambda: iter([torch.full((1, SIDE, SIDE), 7.0)]))
    with torch.no_grad():
        model.levels.uniform_()
    save_model(model, tmp_path, dataset="toys")
    before = torch.get_rng_state()
    loaded = load_model(tmp_path)
    assert torch.equal(torch.get_rng_state(), before)
    assert loaded.settings == {"model": "toy_levels", "width": 5}
    assert loaded.image_size == (SIDE, SIDE)
    assert not loaded.training
    assert loaded.levels.shape == (7,)
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor)
    first = (tmp_path / "model.safetensors").read_bytes()
    save_model(loaded, tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == first


def test_initial_weights_are_a_function_of_the_seed():
    before = torch.get_rng_state()
    one, two, other = (built(seed).layer.weight for seed in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_parameter_counts():
    assert built(width=5).parameter_counts() == {"dense": 12, "free": 12}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"model": "toy_level"}, "did you mean 'toy_levels'"),
        ({"model": "base"}, "not a model of darkpixel/models"),
        ({}, "'None' is not a model"),
        ({"model": "toy_levels", "widht": 3}, "widht: Extra inputs"),
        ({"model": "toy_levels", "width": 0}, "width: .*found 0"),
    ],
)
def test_wrong_settings_end_in_one_line(settings, words):
    with pytest.raises(DarkpixelError, match=words) as error:
        build_model(settings, (SIDE, SIDE))
    assert "\n" not in str(error.value)


def test_broken_folders_end_in_one_line(tmp_path):
    def message():
        with pytest.raises(DarkpixelError) as error:
            load_model(tmp_path)
        assert str(tmp_path) in str(error.value)
        assert "\n" not in str(error.value)
        return str(error.value)

    assert "config.yaml: not found" in message()
    save_model(built(), tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-5])
    assert "not a whole safetensors file" in message()
    save_weights({**built(width=4).state_dict()}, weights)
    assert "weights do not fit the settings: size mismatch for layer.weight" in message()
    weights.unlink()
    assert "not found" in message()
    (tmp_path / "config.yaml").write_text("a: [")
    assert "not readable as YAML" in message()
    (tmp_path / "config.yaml").write_text("a: 1")
    assert "keys 'model' and 'image_size'" in message()


def test_names_without_base():
    assert "toy_levels" in model_names()
    assert "base" not in model_names()


def test_pixel_size_comes_from_the_images_and_must_not_differ():
    images = {"pixel_size": 0.2}
    assert with_image_settings({"model": "sarm"}, images)["pixel_size"] == 0.2
    assert with_image_settings({"model": "sarm", "pixel_size": 0.2}, images)["pixel_size"] == 0.2
    assert with_image_settings({"model": "classifier"}, images) == {"model": "classifier"}
    with pytest.raises(DarkpixelError, match=r"pixel_size 0\.1 in the configuration, 0\.2 in"):
        with_image_settings({"model": "sarm", "pixel_size": 0.1}, images)


def test_the_number_of_classes_comes_from_the_images_and_must_not_differ():
    three = {"pixel_size": 0.2, "classes": "signal,background,top"}
    assert with_image_settings({"model": "lagan"}, three)["classes"] == 3
    assert with_image_settings({"model": "lagan", "classes": 3}, three)["classes"] == 3
    assert with_image_settings({"model": "classifier"}, three) == {"model": "classifier"}
    for classes, given, message in (
        (
            three["classes"],
            2,
            r"classes 2 in the configuration, 3 in .*\(signal, background, top\)",
        ),
        ("signal", 2, "the one label signal"),
    ):
        with pytest.raises(DarkpixelError, match=message) as error:
            with_image_settings(
                {"model": "lagan", "classes": given}, {"pixel_size": 0.2, "classes": classes}
            )
        assert "\n" not in str(error.value)

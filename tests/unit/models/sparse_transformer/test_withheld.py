"""What density and samples are given where a condition is left out."""

import torch
from sparse_transformer_toys import small_model, toy_images
from torch import Tensor

from darkpixel.models.sparse_transformer.model import SparseTransformer

MOMENTUM = torch.linspace(100, 900, 64)
CLASS = torch.arange(64) % 2
IMAGES = toy_images(6, seed=3)


def fitted(condition_dropout: float) -> SparseTransformer:
    model = small_model(
        order="spiral_out",
        values="shares",
        conditions=["class", "momentum"],
        condition_dropout=condition_dropout,
    )
    model.fit_to_columns({"class": CLASS, "momentum": MOMENTUM})
    return model


def density(model: SparseTransformer, **columns: Tensor) -> Tensor:
    found = model.log_density(IMAGES, **columns)
    assert found is not None
    return found


def label(index: int) -> dict[str, Tensor]:
    return {"class": torch.full((len(IMAGES),), index)}


def test_the_density_is_given_the_label_that_was_chosen() -> None:
    """Unless another is given; and no other condition is made up."""
    model = fitted(0.3)
    withheld = density(model)
    given = [density(model, **label(index)) for index in (0, 1)]
    assert not torch.allclose(given[0], given[1])
    assert not torch.allclose(given[0], withheld)
    for index in (1, 0):
        model.choose_class(index)
        assert torch.equal(density(model), given[index])
        assert torch.equal(model.sequence_log_density(IMAGES), given[index])
        assert torch.equal(density(model, **label(1 - index)), given[1 - index])
        assert not torch.allclose(density(model, momentum=MOMENTUM[:6]), given[index])


def test_there_is_no_density_without_what_was_never_withheld() -> None:
    """The network never saw that; with it there is one."""
    model = fitted(0.0)
    model.choose_class(1)
    assert model.log_density(IMAGES) is None
    assert density(model, momentum=MOMENTUM[:6]).isfinite().all()


def test_what_was_never_withheld_is_drawn_from_the_training_images() -> None:
    """Of the label that was chosen, or beside the conditions that are given."""
    model = fitted(0.0)
    model.choose_class(1)
    _, columns = model.sample_events(40, generator=torch.Generator().manual_seed(1))
    assert set(columns) == {"class", "momentum"}
    assert set(columns["momentum"].tolist()) <= set(MOMENTUM[CLASS == 1].tolist())
    model.chosen_class = None
    _, columns = model.sample_events(
        40, generator=torch.Generator().manual_seed(1), conditions={"momentum": torch.tensor(300.0)}
    )
    assert set(columns["momentum"].tolist()) == {300.0}
    assert set(columns["class"].tolist()) == {0, 1}
    assert set(
        fitted(0.3).sample_events(
            4,
            generator=torch.Generator().manual_seed(1),
            conditions={"momentum": torch.tensor(300.0)},
        )[1]
    ) == {"momentum"}

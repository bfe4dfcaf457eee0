"""Conditions: what is given, what is drawn from the training images, what is withheld."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from darkpixel.errors import DarkpixelError
from darkpixel.models.base import GenerativeModel
from darkpixel.models.conditions import MIX, Condition, ConditionTable, warn_of_extrapolation

SPECIES = (11, 13, 2212)
KINDS = {"species": SPECIES, "momentum": ()}


def training_columns(n: int = 3000) -> dict[str, Tensor]:
    """Momentum says the species: 100 to 101 MeV/c for 11, 200 to 201 for 13; no 2212 at all."""
    species = torch.where(torch.arange(n) % 3 == 0, 11, 13).int()
    momentum = torch.where(species == 11, 100.0, 200.0) + torch.linspace(0, 1, n)
    return {"species": species, "momentum": momentum.float()}


@pytest.fixture
def table() -> ConditionTable:
    table = ConditionTable(KINDS)
    table.fit("toy", training_columns())
    return table


class Toy(GenerativeModel):
    """Images of ones; what it was asked for comes back as its columns."""

    def __init__(self, kinds: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__()
        self.settings = {"model": "toy"}
        self.table = ConditionTable(kinds)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.table.conditions

    def loss(self, images: Tensor, phase: str = "model", **columns: Tensor) -> Tensor:
        return images.sum()

    def sample(self, n: int, *, generator: torch.Generator, **options: Any) -> Tensor:
        return torch.ones(n, 2, 2)


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_mix_is_that_of_the_training_images_and_conditions_stay_together(
    table: ConditionTable,
) -> None:
    drawn = table.draw("toy", 20_000, stream())
    species, momentum = drawn["species"], drawn["momentum"]
    assert species.dtype == torch.int32
    assert momentum.dtype == torch.float32
    share = (species == 11).float().mean().item()
    assert share == pytest.approx(1 / 3, abs=4 * (2 / 9 / 20_000) ** 0.5)
    assert ((momentum < 150) == (species == 11)).all()
    # Uniform within each species, as in training.
    mine = momentum[species == 13] - 200
    assert mine.mean().item() == pytest.approx(0.5, abs=0.02)


def test_every_training_image_of_a_small_set_is_in_the_mix() -> None:
    table = ConditionTable({"momentum": ()})
    table.fit("toy", {"momentum": torch.arange(1000.0)})
    values, counts = table.rows.unique(return_counts=True)
    assert len(values) == 1000
    assert counts.max() - counts.min() <= 1
    assert counts.sum() == MIX


def test_what_is_left_out_is_drawn_for_the_given_class(table: ConditionTable) -> None:
    given = {"species": torch.tensor([11, 13] * 500, dtype=torch.int32)}
    drawn = table.draw("toy", 1000, stream(), given)
    assert torch.equal(drawn["species"], given["species"])
    assert ((drawn["momentum"] < 150) == (given["species"] == 11)).all()


def test_given_numbers_are_kept(table: ConditionTable) -> None:
    drawn = table.draw("toy", 50, stream(), {"momentum": torch.full((50,), 7.0)})
    assert (drawn["momentum"] == 7).all()
    assert set(drawn["species"].tolist()) == {11, 13}


def test_no_mix_of_a_class_that_no_training_image_has(table: ConditionTable) -> None:
    with pytest.raises(DarkpixelError, match=r"toy: no training image with species 2212.*momentum"):
        table.draw("toy", 3, stream(), {"species": torch.full((3,), 2212)})


def test_no_mix_before_training() -> None:
    with pytest.raises(DarkpixelError, match="train the model before sampling"):
        ConditionTable(KINDS).draw("toy", 3, stream())


def test_codes_and_numbers_are_zero_where_withheld(table: ConditionTable) -> None:
    columns = training_columns(6)
    assert table.sizes == (3,)
    assert table.codes(columns, 6)[:, 0].tolist() == [1, 2, 2, 1, 2, 2]
    assert not table.codes({}, 6).any()
    numbers, given = table.numbers(training_columns(), 3000)
    assert numbers.mean().item() == pytest.approx(0, abs=1e-4)
    assert numbers.std(correction=0).item() == pytest.approx(1, abs=1e-4)
    assert given.all()
    numbers, given = table.numbers({"species": columns["species"]}, 6)
    assert not numbers.any()
    assert not given.any()


def test_the_table_is_a_part_of_the_weights(table: ConditionTable) -> None:
    other = ConditionTable(KINDS)
    other.load_state_dict(table.state_dict())
    one, two = (t.draw("toy", 20, stream(3)) for t in (table, other))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert other.conditions == table.conditions
    assert table.conditions[1].low == 100
    assert table.conditions[1].high == 201


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("species", 14, r"species: 14 among the images is not in the list \[11, 13, 2212\]"),
        ("momentum", float("nan"), "momentum: nan among the images is not finite"),
    ],
)
def test_bad_training_columns_are_one_line(column: str, value: float, words: str) -> None:
    columns = training_columns()
    columns[column][7] = value
    with pytest.raises(DarkpixelError, match=words):
        ConditionTable(KINDS).fit("toy", columns)


def test_an_unknown_class_has_no_code(table: ConditionTable) -> None:
    with pytest.raises(DarkpixelError, match="'species': 14 is not in the list"):
        table.codes({"species": torch.tensor([11, 14])}, 2)


def test_one_value_stands_for_all_images() -> None:
    model = Toy(KINDS)
    given = model.given_conditions(4, {"species": torch.tensor(13.0), "momentum": torch.tensor(5)})
    assert given["species"].tolist() == [13] * 4
    assert given["species"].dtype == torch.int32
    assert given["momentum"].tolist() == [5] * 4
    assert given["momentum"].dtype == torch.float32
    assert model.given_conditions(4, None) == {}


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ({"pt": 1.0}, "toy: condition 'pt': the model takes species, momentum; leave it out"),
        ({"species": 14}, r"'species': 14 is not among 11, 13, 2212"),
        ({"species": [11, 13]}, r"values of shape \(2,\) for 4 images"),
        ({"momentum": [[1.0] * 4]}, r"values of shape \(1, 4\) for 4 images"),
        ({"momentum": [1.0, 2.0, float("nan"), 4.0]}, "'momentum': nan is not a number"),
    ],
)
def test_bad_conditions_are_one_line(conditions: dict[str, Any], words: str) -> None:
    given = {name: torch.tensor(value) for name, value in conditions.items()}
    with pytest.raises(DarkpixelError, match=words) as raised:
        Toy(KINDS).given_conditions(4, given)
    assert "\n" not in str(raised.value)


def test_a_model_without_conditions_says_so() -> None:
    with pytest.raises(DarkpixelError, match="condition 'species': the model takes none"):
        Toy({}).sample_events(2, generator=stream(), conditions={"species": torch.tensor(11)})
    with pytest.raises(DarkpixelError, match="knows no labels"):
        Toy({}).choose_class(0)


def test_the_chosen_label_is_a_condition() -> None:
    model = Toy({"class": (0, 1)})
    model.choose_class(1)
    assert model.given_conditions(3, None)["class"].tolist() == [1, 1, 1]
    with pytest.raises(DarkpixelError, match="chosen already"):
        model.given_conditions(3, {"class": torch.tensor(0)})
    with pytest.raises(DarkpixelError, match="no class 2; it was trained on 2"):
        model.choose_class(2)


def test_numbers_beyond_the_training_images_are_warned_of(
    table: ConditionTable, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        warn_of_extrapolation(table.conditions, {"momentum": torch.tensor([100.0, 200.0])})
        assert not caplog.records
        warn_of_extrapolation(table.conditions, {"momentum": torch.tensor([0.5, 150.0])})
    assert (
        "1 of 2 values (0.5 MeV/c the first) lie outside of the training images' 100 to 201 MeV/c"
        in (caplog.text)
    )


def test_a_class_that_a_float_cannot_hold_is_refused():
    """Rows are float32, as all that a model stores."""
    ConditionTable({"species": [2**24]})
    with pytest.raises(DarkpixelError, match=r"condition 'species': 1000180400 is too large"):
        ConditionTable({"species": [11, 1000180400]})

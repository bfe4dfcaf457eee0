"""Sums over the pixels so far of functions of the distance, against loops."""

from typing import Any

import pytest
import torch
from sparse_transformer_toys import VARIANTS, small_model, toy_images
from torch import Tensor

from darkpixel.models.sparse_transformer.inputs import pieces
from darkpixel.models.sparse_transformer.kernels import Kernels, PlaceKernels, ValueKernels

HEIGHT, WIDTH, CHANNELS, KERNELS = 3, 4, 6, 2
GROUPS = [(2, 3), (1, 2)]  # two images of three steps, one of two; one token beyond


@pytest.fixture
def tokens() -> dict[str, Tensor]:
    random = torch.Generator().manual_seed(1)
    places = torch.randint(HEIGHT * WIDTH, (2, 9), generator=random)
    return {
        "h": torch.randn(9, CHANNELS, generator=random),
        "row": places[0] // WIDTH,
        "column": places[0] % WIDTH,
        "step": torch.tensor([0, 1, 2, 0, 1, 2, 0, 1, 5]),
        "to_row": places[1] // WIDTH,
        "to_column": places[1] % WIDTH,
    }


IMAGE = (0, 0, 0, 1, 1, 1, 2, 2)


def randomised(kind: type[Kernels]) -> Kernels:
    torch.manual_seed(2)
    kernels = kind(CHANNELS, HEIGHT, WIDTH, KERNELS)
    torch.nn.init.normal_(kernels.kernels)
    return kernels


def entry(kernels: Kernels, place: tuple[int, int], to: tuple[int, int]) -> Tensor:
    table = kernels.kernels.view(2 * HEIGHT - 1, 2 * WIDTH - 1, KERNELS)
    return table[to[0] - place[0] + HEIGHT - 1, to[1] - place[1] + WIDTH - 1]


def before(tokens: dict[str, Tensor], token: int) -> list[int]:
    """The tokens of the same image up to `token` that have a pixel before them."""
    same = [n for n in range(token + 1) if IMAGE[n] == IMAGE[token]]
    return [n for n in same if tokens["step"][n] > 0]


def place(tokens: dict[str, Tensor], token: int) -> tuple[int, int]:
    return int(tokens["row"][token]), int(tokens["column"][token])


@torch.no_grad()
def test_every_place_feels_all_pixels_so_far(tokens: dict[str, Tensor]) -> None:
    kernels = randomised(PlaceKernels)
    assert isinstance(kernels, PlaceKernels)
    given = {name: tokens[name] for name in ("h", "row", "column", "step")}
    pulls = kernels.pulls(**given, groups=GROUPS).view(9, HEIGHT, WIDTH)
    for token in range(len(IMAGE)):
        for to in torch.cartesian_prod(torch.arange(HEIGHT), torch.arange(WIDTH)).tolist():
            expected = sum(
                float(kernels.weights(tokens["h"][n]) @ entry(kernels, place(tokens, n), to))
                for n in before(tokens, token)
            )
            assert float(pulls[token, to[0], to[1]]) == pytest.approx(expected, abs=1e-5)


@torch.no_grad()
def test_a_value_sees_all_pixels_so_far_from_its_own_place(tokens: dict[str, Tensor]) -> None:
    kernels = randomised(ValueKernels)
    assert isinstance(kernels, ValueKernels)
    seen = kernels(**tokens, groups=GROUPS)
    for token in range(len(IMAGE)):
        to = int(tokens["to_row"][token]), int(tokens["to_column"][token])
        expected = torch.zeros(KERNELS)
        for n in before(tokens, token):
            expected += kernels.weights(tokens["h"][n]) * entry(kernels, place(tokens, n), to)
        torch.testing.assert_close(seen[token], kernels.out(expected))


def test_pieces_hold_whole_images_and_all_tokens() -> None:
    groups = [(5, 7), (3, 4), (1, 20)]
    tokens = 35 + 12 + 20 + 6
    with torch.no_grad():
        found = list(pieces(groups, tokens, most=15))
    covered = torch.cat([torch.arange(tokens)[some] for some, _ in found])
    assert covered.tolist() == list(range(tokens))
    for some, parts in found[:-1]:
        [(images, steps)] = parts
        assert some.stop - some.start == images * steps
        assert images == 1 or images * steps <= 15
    assert found[-1][1] == []
    assert [slice(0, tokens)] == [some for some, _ in pieces(groups, tokens, most=15)]


@pytest.mark.parametrize("variant", VARIANTS[2:])
def test_density_does_not_depend_on_the_pieces(
    variant: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, images = small_model(**variant), toy_images(20, seed=5)
    whole = model.sequence_log_density(images)
    monkeypatch.setattr("darkpixel.models.sparse_transformer.all_places._AT_ONCE", 10)
    torch.testing.assert_close(model.sequence_log_density(images), whole)

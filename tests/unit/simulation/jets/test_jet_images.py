"""Imaging of jets: centring, rotation, flip, energy, and the numbers of the whole recipe."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darkpixel.config.jets import JetImaging, JetSimulation
from darkpixel.errors import DarkpixelError
from darkpixel.simulation.jets.images import (
    IMAGE_COLUMNS,
    count_events,
    draw_images,
    event_blocks,
    rotated,
)
from darkpixel.simulation.jets.simulation import simulate

FAST = JetSimulation(multi_parton_interactions=False)
ROTATIONS = ("catmull_rom", "cells")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jets")
    for label in ("signal", "background"):
        simulate(FAST, label, 300, 21, folder / f"{label}.h5")
    simulate(FAST, "signal", 40, 22, folder / "signal2.h5")
    return folder


def image(
    cells: Sequence[tuple[float, float, float]], direction: tuple[float, float], **imaging: Any
) -> np.ndarray:
    """One jet's image, no faint pixel dropped."""
    offsets = np.array([0, len(cells)])
    deta, dphi = np.array([direction[0]]), np.array([direction[1]])
    drawn = draw_images(np.array(cells), offsets, deta, dphi, JetImaging(threshold=0.0, **imaging))
    assert drawn.dtype == np.float32
    first: np.ndarray = drawn[0]
    return first


def grid(pixels: int, size: float = 0.1) -> np.ndarray:
    return (np.arange(pixels) - (pixels - 1) / 2) * size


def catmull_rom_at(picture: np.ndarray, row: float, column: float) -> float:
    """Interpolate at one point, in the polynomial form, zero outside; slow and plain."""

    def cubic(points: list[float], t: float) -> float:
        p0, p1, p2, p3 = points
        return p1 + 0.5 * t * (
            p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0))
        )

    def pixel(r: int, c: int) -> float:
        inside = 0 <= r < len(picture) and 0 <= c < len(picture)
        return float(picture[r, c]) if inside else 0.0

    r0, c0 = math.floor(row), math.floor(column)
    lines = [
        cubic([pixel(r, c) for c in range(c0 - 1, c0 + 3)], column - c0)
        for r in range(r0 - 1, r0 + 3)
    ]
    return cubic(lines, row - r0)


@pytest.mark.parametrize("pixels", [4, 9, 12])
def test_rotation_is_catmull_rom(pixels: int) -> None:
    rng = np.random.default_rng(pixels)
    pictures = rng.exponential(10, (12, pixels, pixels)) * (rng.random((12, pixels, pixels)) < 0.3)
    pictures[:, pixels // 2, pixels // 2] += 1  # none is blank
    angles = np.r_[rng.uniform(-7, 7, 6), np.pi / 4, np.arange(5) * np.pi / 2]
    turned = rotated(pictures, angles)
    middle = (pixels - 1) / 2
    for picture, angle, result in zip(pictures, angles, turned, strict=True):
        for row in range(pixels):
            for column in range(pixels):
                x, y = column - middle, middle - row
                was_x = math.cos(angle) * x + math.sin(angle) * y
                was_y = -math.sin(angle) * x + math.cos(angle) * y
                value = catmull_rom_at(picture, middle - was_y, middle + was_x)
                expected = min(max(value, 0.0), picture.max())
                assert result[row, column] == pytest.approx(expected, abs=1e-10)


def test_quarter_turns_are_exact() -> None:
    pictures = np.random.default_rng(1).exponential(1, (4, 8, 8))
    turned = rotated(pictures, np.arange(4) * np.pi / 2)
    for quarter in range(4):
        np.testing.assert_allclose(
            turned[quarter], np.rot90(pictures[quarter], quarter), atol=1e-10
        )


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("pixels", [25, 28, 16])
@given(angle=st.floats(-math.pi, math.pi))
@settings(max_examples=25, deadline=None)
def test_subleading_subjet_goes_to_six_o_clock(rotation: str, pixels: int, angle: float) -> None:
    deta, dphi = 0.5 * math.cos(angle), 0.5 * math.sin(angle)
    drawn = image(
        [(0, 0, 100), (deta, dphi, 80)], (deta, dphi), pixels=pixels, rotation=rotation
    ).astype(float)
    down, across = grid(pixels)[::-1], grid(pixels)  # row 0 is +phi
    lower = np.where(down[:, None] < -0.25, drawn, 0)
    assert lower.sum() > 50
    # Both cells fell into pixels first: each may be half a pixel off along each axis.
    assert (lower.sum(0) @ across) / lower.sum() == pytest.approx(0, abs=0.15)
    assert (lower.sum(1) @ down) / lower.sum() == pytest.approx(-0.5, abs=0.15)


@pytest.mark.parametrize("rotation", ROTATIONS)
@given(angle=st.floats(-math.pi, math.pi))
@settings(max_examples=25, deadline=None)
def test_principal_axis_is_upright_without_a_second_subjet(rotation: str, angle: float) -> None:
    along = np.array([-0.6, -0.3, 0, 0.3, 0.6])
    cells = np.stack([along * math.cos(angle), along * math.sin(angle), np.full(5, 20.0)], 1)
    drawn = image(list(cells), (math.nan, math.nan), rotation=rotation, pixels=25).astype(float)
    spread = grid(25) ** 2
    assert drawn.sum(1) @ spread > 10 * (drawn.sum(0) @ spread)


@pytest.mark.parametrize("rotation", ROTATIONS)
@pytest.mark.parametrize("pixels", [25, 28])
def test_right_side_is_heavier(rotation: str, pixels: int) -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(1, 30, 200)
    cells = np.stack([*rng.normal(0, 0.4, (2, counts.sum())), rng.exponential(9, counts.sum())], 1)
    offsets = np.r_[0, np.cumsum(counts)]
    direction = rng.normal(0, 0.4, (2, 200))
    imaging = JetImaging(rotation=rotation, pixels=pixels, threshold=0.0)
    drawn = draw_images(cells, offsets, direction[0], direction[1], imaging).astype(float)
    half = pixels // 2
    assert np.all(drawn[:, :, -half:].sum((1, 2)) >= drawn[:, :, :half].sum((1, 2)) - 1e-3)


@given(
    deta=st.floats(-0.9, 0.9),
    dphi=st.floats(-0.9, 0.9),
    pt=st.floats(0.01, 300),
    pixels=st.sampled_from([25, 28, 40]),
)
@settings(max_examples=50, deadline=None)
def test_energy_of_a_cell_is_kept(deta: float, dphi: float, pt: float, pixels: int) -> None:
    # Pointing down already, so that nothing turns; a mirrored image has the same cosh.
    drawn = image([(deta, dphi, pt)], (0.0, -0.5), rotation="cells", pixels=pixels).astype(float)
    assert np.count_nonzero(drawn) == 1
    assert drawn.sum(0) @ np.cosh(grid(pixels)) == pytest.approx(pt * math.cosh(deta), rel=1e-5)


def test_orientation_of_rows_and_columns() -> None:
    drawn = image([(0.31, 0.51, 7.0)], (0.0, -0.5), rotation="cells", pixels=25)
    assert tuple(np.argwhere(drawn)[0]) == (12 - 5, 12 + 3)  # up, and to the right


def test_cells_outside_the_image_are_left_out() -> None:
    drawn = image([(0, 0, 9.0), (5.0, 0.0, 3.0)], (0.0, -0.5), rotation="cells", pixels=25)
    assert drawn.sum() == pytest.approx(9)


def test_faint_pixels_are_dropped() -> None:
    cells, offsets = np.array([(0, 0, 5.0), (0, -0.5, 0.01)]), np.array([0, 2])
    for threshold, left in ((0.001, 2), (0.1, 1)):
        imaging = JetImaging(rotation="cells", threshold=threshold)
        drawn = draw_images(cells, offsets, np.zeros(1), np.full(1, -0.5), imaging)
        assert np.count_nonzero(drawn) == left


def test_images_do_not_depend_on_their_neighbours(folder: Path) -> None:
    images = [block for block, _ in event_blocks([folder / "signal.h5"], JetImaging())]
    both = [folder / "signal2.h5", folder / "signal.h5"]
    again = np.concatenate([block for block, _ in event_blocks(both, JetImaging())])
    np.testing.assert_array_equal(np.concatenate(images), again[40:])


def test_blocks_carry_the_events(folder: Path) -> None:
    paths = [folder / "signal.h5", folder / "signal2.h5"]
    assert count_events(paths) == 340
    blocks = list(event_blocks(paths, JetImaging(pixels=20)))
    assert sum(len(images) for images, _ in blocks) == 340
    for images, columns in blocks:
        assert images.shape == (len(images), 20, 20)
        assert {name: str(column.dtype) for name, column in columns.items()} == IMAGE_COLUMNS
        assert all(len(column) == len(images) for column in columns.values())
    named = np.concatenate([np.stack([c["chunk_seed"], c["event"]], 1) for _, c in blocks])
    assert len(np.unique(named, axis=0)) == 340


# Measured with 82,000 simulated images per label, 25 x 25: zeros 92.6 and 92.9 %, pT ratio 1.062;
# `cells`: 97.0 and 96.9 %, 0.982 (W).
@pytest.mark.parametrize(
    ("label", "rotation", "pixels", "zeros", "ratio"),
    [
        ("signal", "catmull_rom", 25, (0.92, 0.94), (1.03, 1.09)),
        ("signal", "catmull_rom", 28, (0.93, 0.95), (1.03, 1.08)),
        ("background", "catmull_rom", 25, (0.92, 0.94), (1.03, 1.09)),
        ("background", "catmull_rom", 28, (0.93, 0.95), (1.02, 1.08)),
        ("signal", "cells", 25, (0.96, 0.98), (0.97, 0.99)),
        ("background", "cells", 25, (0.96, 0.98), (0.97, 1.0)),
    ],
)
def test_real_jets(
    label: str,
    rotation: str,
    pixels: int,
    zeros: tuple[float, float],
    ratio: tuple[float, float],
    folder: Path,
) -> None:
    imaging = JetImaging(rotation=rotation, pixels=pixels)
    ((images, columns),) = event_blocks([folder / f"{label}.h5"], imaging)
    assert zeros[0] < np.mean(images == 0) < zeros[1]
    axis = grid(pixels)
    column_sums, row_sums = images.sum(1, dtype=float), images.sum(2, dtype=float)
    px, py = row_sums @ np.cos(axis), row_sums @ np.sin(axis[::-1])
    pt = np.hypot(px, py)
    assert ratio[0] < np.mean(pt / columns["jet_pt"]) < ratio[1]
    energy, pz = column_sums @ np.cosh(axis), column_sums @ np.sinh(axis)
    mass = np.sqrt(np.maximum(energy**2 - pt**2 - pz**2, 0))
    shift = np.mean(mass - columns["jet_mass"])
    assert (2 < shift < 8) if rotation == "catmull_rom" else (-3 < shift < 1.5)
    assert images.min() == 0
    assert images.max() < 300


def test_same_collisions_twice_are_refused(folder: Path) -> None:
    with pytest.raises(DarkpixelError, match="same seed 21"):
        count_events([folder / "signal.h5", folder / "signal.h5"])


def test_mixed_labels_are_refused(folder: Path) -> None:
    with pytest.raises(DarkpixelError, match="another label or other settings"):
        next(event_blocks([folder / "signal.h5", folder / "background.h5"], JetImaging()))


def test_no_file_is_refused() -> None:
    with pytest.raises(DarkpixelError, match="no events file"):
        count_events([])

"""The panel of generated and test images in random order: what is where."""

import numpy as np
from argon_toys import argon_images, write_labels
from matplotlib.figure import Figure

from darkpixel.figures.lartpc import mixed
from darkpixel.figures.lartpc.mixed import mix, mixed_examples


def test_the_solution_names_the_generated_images():
    generated, test = np.full((5, 2, 2), 1.0), np.full((7, 2, 2), 2.0)
    images, numbers = mix(generated, test, seed=3)
    assert sorted(images[:, 0, 0]) == [1] * 5 + [2] * 7
    assert [number for number, image in enumerate(images, 1) if image[0, 0] == 1] == numbers
    assert numbers != list(range(1, 6))
    assert mix(generated, test, seed=4)[1] != numbers


def test_every_image_is_drawn_once_and_the_solution_stands_below(tmp_path, monkeypatch):
    figures: list[Figure] = []
    monkeypatch.setattr(mixed, "save", lambda figure, stem: figures.append(figure))
    images, labels, species = argon_images(20)
    test = write_labels(tmp_path / "test.h5", images, labels, species)
    made, made_labels, _ = argon_images(20, 1, 30)
    generated = write_labels(tmp_path / "generated.h5", made, made_labels)
    mixed_examples(
        generated, test, tmp_path / "out", model="sparse_transformer", threshold=0.1, seed=1,
        rows=2, columns=4,
    )  # fmt: skip
    [figure] = figures
    panels = [axes for axes in figure.axes if axes.images]
    assert len(panels) == 8
    solution = next(text.get_text() for text in figure.texts if text.get_rotation() == 180)
    numbers = [int(number) for number in solution.removeprefix("generated: ").split(", ")]
    assert len(numbers) == 4
    assert set(numbers) < set(range(1, 9))

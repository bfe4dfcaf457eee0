"""Training curves from the history.csv of each model."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import ColorType

from darkpixel.errors import DarkpixelError
from darkpixel.figures.style import line_style, look, save
from darkpixel.metrics.order import ordered
from darkpixel.tables.names import display_name

Histories = Mapping[str, Mapping[str, Sequence[str | Path]]]
COLUMNS = 4


def training_curves(histories: Histories, stem: str | Path, *, dataset: str) -> None:
    """Loss by epoch: training thin, validation thick, the best validation epoch marked.

    Losses of different likelihoods (D+C: densities, D+D: probabilities, GANs: neither) cannot be
    compared, so each model and label has its own panel.

    Args:
        histories: label -> model -> history.csv files, one a seed, with columns `epoch`,
            `train_loss` and `validation_loss`.
    """
    columns = min(COLUMNS, max(len(by_model) for by_model in histories.values()))
    panels: list[tuple[str, str] | None] = []
    for label, by_model in histories.items():
        panels += [(label, model) for model in ordered(by_model)]
        panels += [None] * (-len(panels) % columns)  # each label starts a row
    rows = len(panels) // columns
    with look():
        figure = Figure(figsize=(2.5 * columns + 0.3, 2.0 * rows + 0.4), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False)
        for number, (axes, panel) in enumerate(zip(grid.flat, panels, strict=True)):
            if panel is None:
                axes.remove()
                continue
            label, model = panel
            _draw(axes, histories[label][model], line_style(model)["color"])
            axes.set_title(f"{display_name(model, dataset)}: {label}", fontsize=8)
            if number + columns >= len(panels):
                axes.set_xlabel("epoch")
            if number % columns == 0:
                axes.set_ylabel("loss / image")
        grid[0, 0].legend()
        save(figure, stem)


def _draw(axes: Axes, paths: Sequence[str | Path], colour: ColorType) -> None:
    """One model's curves, a pair a seed."""
    for number, path in enumerate(paths):
        history = read_history(path, ("epoch", "train_loss", "validation_loss"))
        epoch, validation = history["epoch"], history["validation_loss"]
        names = ("training", "validation", "best") if number == 0 else (None, None, None)
        axes.plot(epoch, history["train_loss"], color="0.6", linewidth=0.9, label=names[0])
        axes.plot(epoch, validation, color=colour, label=names[1])
        if validation.notna().any():
            best = validation.idxmin()
            axes.plot(
                epoch[best], validation[best], "o", color=colour, markersize=4, label=names[2]
            )
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.minorticks_off()


def read_history(path: str | Path, columns: Iterable[str]) -> pd.DataFrame:
    """The history.csv of a training run.

    Raises:
        DarkpixelError: one of the columns is missing.
    """
    history = pd.read_csv(path)
    for column in columns:
        if column not in history:
            raise DarkpixelError(
                f"{path}: no column `{column}`; found {', '.join(history.columns)}. "
                "It should be the history.csv of a training run of this kind."
            )
    return history

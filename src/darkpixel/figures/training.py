"""Training curves from the history.csv of each model."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import ColorType

from darkpixel.config.names import JOINT
from darkpixel.errors import DarkpixelError
from darkpixel.figures.style import line_style, look, save
from darkpixel.metrics.order import base_model, ordered
from darkpixel.tables.names import display_name

Histories = Mapping[str, Mapping[str, Sequence[str | Path]]]
COLUMNS = 4
LOSSES = {"vqvae": "error + codebook loss", "vqvae_pixelcnn": "nats / code map"}
"""Of models whose loss is not nats an image: what it is (the `loss` of their classes)."""
NATS = "nats / image"
OWN = "loss / image"
"""Of a model whose file is the user's, which may be anything."""
ADVERSARIAL = "train_loss_"
"""The history of networks that play against each other has a column with the loss of each."""
GAME, DISTANCE = "cross-entropies [nats]", "energy distance"
"""The loss and the validation measure of such models (`darkpixel.models.lagan`)."""
_TRAINING = "0.6"


def training_curves(
    histories: Histories,
    stem: str | Path,
    *,
    dataset: str,
    late: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Loss by epoch: training thin, validation thick, the best validation epoch marked.

    Losses of different likelihoods (D+C: densities, D+D: probabilities, GANs: neither) cannot be
    compared, so each model and label has its own panel, whose axis says what it shows. A GAN is
    judged by a distance between images, which is no loss and has an axis of its own.

    Args:
        histories: label -> model -> history.csv files, one a seed, with columns `epoch`,
            `train_loss` and `validation_loss`.
        late: label -> models that had not converged (`darkpixel.metrics.convergence.late_models`).
    """
    columns = min(COLUMNS, max(len(by_model) for by_model in histories.values()))
    panels: list[tuple[str, str] | None] = []
    for label, by_model in histories.items():
        panels += [(label, model) for model in ordered(by_model)]
        panels += [None] * (-len(panels) % columns)  # each label starts a row
    rows = len(panels) // columns
    with look():
        figure = Figure(figsize=(2.8 * columns + 0.3, 2.2 * rows + 0.6), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False)
        for number, (axes, panel) in enumerate(zip(grid.flat, panels, strict=True)):
            if panel is None:
                axes.remove()
                continue
            label, model = panel
            _draw(axes, histories[label][model], model, line_style(model)["color"])
            name = display_name(model, dataset)
            of_label = "all labels" if label == JOINT else label
            verdict = "\n(not converged)" if model in (late or {}).get(label, ()) else ""
            axes.set_title(fill(f"{name}: {of_label}", 40) + verdict, fontsize=7.5)
            below = panels[number + columns :: columns]
            if not any(below):
                axes.set_xlabel("epoch")
        _legend(figure)
        save(figure, stem)


def measured_in(model: str) -> str:
    """What the loss of a model is, with its unit."""
    base = base_model(model)
    return OWN if base is None else LOSSES.get(base, NATS)


def _draw(axes: Axes, paths: Sequence[str | Path], model: str, colour: ColorType) -> None:
    """One model's curves, a pair a seed."""
    for path in paths:
        history = read_history(path, ("epoch", "train_loss", "validation_loss"))
        epoch, validation = history["epoch"], history["validation_loss"]
        above = axes
        if any(str(column).startswith(ADVERSARIAL) for column in history):
            above = _second_axis(axes)
            above.set_ylabel(GAME, fontsize=7, color="0.4")
            axes.set_ylabel(DISTANCE, fontsize=7.5, color=colour)
        else:
            axes.set_ylabel(measured_in(model), fontsize=7.5)
        above.plot(epoch, history["train_loss"], color=_TRAINING, linewidth=0.9)
        axes.plot(epoch, validation, color=colour)
        if validation.notna().any():
            best = validation.idxmin()
            axes.plot(epoch[best], validation[best], "o", color=colour, markersize=4)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.minorticks_off()


def _second_axis(axes: Axes) -> Axes:
    """The right axis of a panel, made once."""
    found: list[Axes] = [
        other for other in axes.get_shared_x_axes().get_siblings(axes) if other is not axes
    ]
    if found:
        return found[0]
    axes.tick_params(which="both", right=False)
    made: Axes = axes.twinx()
    made.minorticks_off()
    made.tick_params(which="both", left=False, colors="0.4")
    return made


def _legend(figure: Figure) -> None:
    entries = [
        Line2D([], [], color=_TRAINING, linewidth=0.9, label="training"),
        Line2D([], [], color="black", label="validation, in the model's colour"),
        Line2D([], [], color="black", marker="o", linestyle="", markersize=4, label="best epoch"),
    ]
    figure.legend(handles=entries, ncols=3, loc="outside upper center")


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

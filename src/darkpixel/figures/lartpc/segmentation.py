"""Figures of SSNet: its training and its confusion matrix."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator, PercentFormatter

from darkpixel.figures.lartpc.without import percent
from darkpixel.figures.style import look, palette, save
from darkpixel.figures.training import read_history
from darkpixel.metrics.segmentation import confusion_name
from darkpixel.metrics.segmentation_rows import ALL
from darkpixel.tables.names import PIXEL_LABELS

_CURVES = {  # column of the history: name, colour and dashes
    "train_loss": ("training", "0.55", "-"),
    "validation_loss": ("validation", palette(1), "-"),
    "train_accuracy": ("training, non-zero pixels", "0.55", "-"),
    "validation_accuracy": ("validation, non-zero pixels", palette(1), "-"),
    "validation_accuracy_all": ("validation, all pixels", palette(1), "--"),
}


def ssnet_training(histories: Sequence[str | Path], stem: str | Path) -> None:
    """Loss and accuracy by epoch, training and validation.

    The training loss is that of augmented images while the weights move; the accuracies are
    measured after the epoch, without augmentation, over non-zero pixels unless the legend says all.

    Args:
        histories: history.csv of each training run, made with
            `darkpixel.training.monitors.segmentation.ssnet_monitor`.

    Raises:
        DarkpixelError: a file has no such columns.
    """
    with look():
        figure = Figure(figsize=(6.8, 3.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        for number, path in enumerate(histories):
            history = read_history(path, ("epoch", *_CURVES))
            for column, (name, colour, dashes) in _CURVES.items():
                axes = right if "accuracy" in column else left
                measured = history[["epoch", column]].dropna()
                axes.plot(
                    measured["epoch"],
                    measured[column],
                    color=colour,
                    linestyle=dashes,
                    marker="o",
                    markersize=2.5,
                    label=name if number == 0 else None,
                )
        left.set_ylabel("weighted cross-entropy [nats / pixel]", fontsize=8)
        right.set_ylabel("accuracy")
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        for axes in (left, right):
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
            axes.xaxis.minorticks_off()
            axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
        save(figure, stem)


def confusion_matrix(rows: pd.DataFrame, stem: str | Path) -> None:
    """True against predicted labels of each data set: share of each true label, and pixels.

    Args:
        rows: `darkpixel.metrics.segmentation_rows.accuracy_rows`.
    """
    whole = rows[rows["label"] == ALL]
    datasets = list(dict.fromkeys(whole["dataset"]))
    with look():
        figure = Figure(figsize=(3.1 * len(datasets) + 0.9, 3.0), layout="constrained")
        panels = figure.subplots(1, len(datasets), squeeze=False)[0]
        for axes, dataset in zip(panels, datasets, strict=True):
            values = whole[whole["dataset"] == dataset].set_index("observable")["value"]
            counts = np.array(
                [[values[confusion_name(i, j)] for j in PIXEL_LABELS] for i in PIXEL_LABELS]
            )
            drawn = _draw_matrix(axes, counts)
            axes.set_title(str(dataset).replace("_", " "))
        panels[0].set_ylabel("true label")
        bar = figure.colorbar(drawn, ax=panels, label="share of the true label", pad=0.02)
        bar.ax.yaxis.set_major_formatter(PercentFormatter(1.0))
        save(figure, stem)


def _draw_matrix(axes: Axes, counts: npt.NDArray[np.float64]) -> AxesImage:
    """Cells shaded by their share of the row; a label that no pixel has leaves its row white."""
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    drawn = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        share = shares[row, column]
        text = f"{percent(float(share))}\n{count:,.0f}" if totals[row, 0] else "–"
        axes.text(
            column, row, text, ha="center", va="center", fontsize=8,
            color="white" if share > 0.6 else "black",
        )  # fmt: skip
    names = list(PIXEL_LABELS.values())
    axes.set_xticks(range(3), names)
    axes.set_yticks(range(3), names, rotation=90, va="center")
    axes.tick_params(which="both", length=0)
    axes.minorticks_off()
    axes.set_xlabel("predicted label")
    return drawn

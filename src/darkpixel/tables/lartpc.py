"""Liquid-argon images, as tables: settings of the networks, physics observables, ablations."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from darkpixel.config.names import LARTPC
from darkpixel.metrics.divergence import PAPER_MODEL
from darkpixel.metrics.lartpc_observables import LARTPC_OBSERVABLES
from darkpixel.metrics.lartpc_rows import significance
from darkpixel.metrics.lartpc_shapes import SHAPE_OBSERVABLES, SHORTEST, SMALLEST_PIECE
from darkpixel.metrics.published import Table
from darkpixel.tables.layout import document, measured, millions, one_or_range, write_table
from darkpixel.tables.names import OBSERVABLES, SPECIES_SYMBOLS, UNITS, display_name

W1_NOTE = (
    "W1 to test images: value ± bootstrap standard deviation. Noise floor: the same between "
    "disjoint halves of the test images, mean ± standard deviation over random splits, at the "
    "largest n of the group (the .csv has that of each row)."
)
FEWEST = 20
"""Images a side below which a distance of shapes is not shown."""
# Our setting -> the paper's heading and its key in published.yaml.
VQVAE_SETTINGS = {
    "codes": ("quantisation vectors", "codes"),
    "dimension": ("vector dimension", "code_dimension"),
    "encoder_filters": ("encoder filters", "encoder_filters"),
    "decoder_filters": ("decoder filters", "decoder_filters"),
}
PIXELCNN_SETTINGS = {
    "blocks": ("PixelCNN blocks", "blocks"),
    "filters": ("filters per block", "filters"),
}


def vqvae_parameters_table(
    configs: Mapping[str, Mapping[str, Any]], stem: str | Path, published: Table
) -> None:
    """LArTPC table 2: settings and size of each VQ-VAE, the paper's beside them.

    Args:
        configs: model -> content of its config.yaml.
        published: `table2_vqvae_parameters` of the published tables.
    """
    _settings_table(configs, stem, published, VQVAE_SETTINGS, "VQ-VAE parameters")


def pixelcnn_parameters_table(
    configs: Mapping[str, Mapping[str, Any]], stem: str | Path, published: Table
) -> None:
    """LArTPC table 3: settings and size of each PixelCNN, the paper's beside them.

    Args:
        configs: model -> content of its config.yaml.
        published: `table3_pixelcnn_parameters` of the published tables.
    """
    _settings_table(configs, stem, published, PIXELCNN_SETTINGS, "PixelCNN parameters")


def ablation_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """512 against 256 code vectors: the paper's three claims (section 3).

    Args:
        rows: `darkpixel.metrics.lartpc_rows.ablation_rows`.
    """
    first = rows.iloc[0]
    names = [display_name(first[name], LARTPC) for name in ("model", "compared_with")]
    header = ["per image", *names, display_name("monte_carlo", LARTPC), "difference", "sigma",
              "the paper finds", "seen"]  # fmt: skip
    body = []
    for row in rows.itertuples():
        # A share is shown in percent.
        scale = 100.0 if row.observable == "low_confidence_share" else 1.0
        body.append(
            [
                OBSERVABLES[row.observable] + (", %" if scale > 1 else ""),
                measured(scale * row.value, scale * row.error),
                measured(scale * row.model_value, scale * row.model_error),
                measured(scale * row.test_value, scale * row.test_error),
                measured(scale * row.difference, scale * row.difference_error),
                f"{row.sigma:+.1f}",
                row.claim or "–",
                row.seen or "–",
            ]
        )
    seeds = one_or_range(rows["seeds"])
    note = (
        "Means per image ± standard error. Sigma: difference over its error; seen from 2 on. "
        f"Seeds: {seeds}. With one seed the errors know the scatter of images, not that of "
        "training the model again. A pixel of low confidence: shower score at least 0.5 but below "
        "the configured limit."
    )
    write_table(rows, stem, document("Fewer code vectors", header, body, note))


def observables_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """W1 of track length, shower charge and the others to the test images, by group of images.

    Args:
        rows: `darkpixel.metrics.lartpc_rows.lartpc_rows`.
    """
    header, body = _by_group(rows, LARTPC_OBSERVABLES)
    note = (
        f"{W1_NOTE} Track-like: images with more "
        "track than shower pixels by SSNet; shower-like: the others. "
        "Track length: extent of the largest cluster of track pixels along its principal axis; "
        "width: root mean square distance from that axis; 0 without track pixels. Charges: of all "
        "pixels with the label. The means are in the .csv."
    )
    write_table(rows, stem, document("Physics observables", header, body, note))


def shapes_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """W1 of what needs no segmentation network to the test images, by group of images.

    Args:
        rows: `darkpixel.metrics.lartpc_rows.lartpc_rows` of `SHAPE_OBSERVABLES`.
    """
    shown = rows.copy()
    shown.loc[rows["n"] < FEWEST, ["value", "floor"]] = np.nan
    header, body = _by_group(shown, SHAPE_OBSERVABLES)
    note = (
        f"{W1_NOTE} Length, charge per length, axis ratio (width over length), bend and end "
        "asymmetry are those of the main cluster: touching pixels above threshold, of the largest "
        "charge. End asymmetry: of the charges of its two ends, the Bragg rise of a proton that "
        "stops. Opening angle: between its axis and the second piece. Pieces: clusters of at "
        f"least {SMALLEST_PIECE} pixels; isolated pixels: those of smaller ones. Each observable "
        "is compared where both sides have it: charge per length, bend and end asymmetry of main "
        f"clusters of at least {SHORTEST:g} cm, the opening angle of images with a second piece. "
        f"A dash: fewer than {FEWEST} images a side. n is that of the observables of the row; the "
        ".csv has it for each, with the share of images that have the observable, and the means. "
        "Species: of models that are told it, and "
        "of reconstructed images."
    )
    write_table(rows, stem, document("Shapes without a segmentation network", header, body, note))


def reference_code_table(rows: pd.DataFrame, stem: str | Path) -> None:
    """Correct PixelCNN against the authors' code, a column a model.

    Args:
        rows: `darkpixel.metrics.lartpc_rows.reference_code_rows`.
    """
    models = list(dict.fromkeys(rows["model"]))
    header = ["quantity", *(display_name(model, LARTPC) for model in models), "reference"]
    body = []
    for key, same in rows.groupby(["quantity", "species", "unit"], sort=False):
        by_model = same.set_index("model")
        cells = []
        for model in models:
            if model not in by_model.index:
                cells.append("–")
                continue
            row = by_model.loc[model]
            text = measured(row["value"], row["error"])
            if str(key[0]).startswith("mean_") and np.isfinite(row["value"]):
                pair = (row["value"], row["error"]), (row["reference"], row["reference_error"])
                difference, error, sigma = significance(*pair)
                text += f" ({measured(difference, error)} to test, {sigma:+.1f} σ)"
            cells.append(text)
        first = same.iloc[0]
        reference = measured(first["reference"], first["reference_error"])
        body.append([_quantity(*map(str, key)), *cells, reference])
    note = (
        "Reference: noise floor for distances, the test images themselves for the mean track "
        "length. -log p: of the code maps, per map; lower is better. The authors' masks never "
        "show a cell its left neighbour and the cell directly above, and their gate is a sum."
    )
    write_table(rows, stem, document("PixelCNN: correct masks against the authors' code",
                                     header, body, note))  # fmt: skip


def _by_group(rows: pd.DataFrame, order: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Header and body: models and the noise floor of each group of images, observables beside."""
    names = [name for name in order if name in set(rows["observable"])]
    header = ["model", "images", *(_with_unit(name) for name in names), "n"]
    body = []
    for group in dict.fromkeys(rows["species"]):
        of_group = rows[rows["species"] == group]
        symbol = SPECIES_SYMBOLS.get(group, group)
        for model in dict.fromkeys(of_group["model"]):
            by_name = of_group[of_group["model"] == model].set_index("observable")
            cells = [measured(*by_name.loc[name, ["value", "error"]]) for name in names]
            body.append([display_name(model, LARTPC), symbol, *cells, one_or_range(by_name["n"])])
        largest = of_group.sort_values("n", ascending=False, kind="stable")
        same = largest.drop_duplicates("observable").set_index("observable")
        cells = [measured(*same.loc[name, ["floor", "floor_error"]]) for name in names]
        n = one_or_range(same["n"])
        body.append(["*noise floor*", symbol, *cells, n])
    return header, body


def _settings_table(
    configs: Mapping[str, Mapping[str, Any]],
    stem: str | Path,
    published: Table,
    names: Mapping[str, tuple[str, str]],
    title: str,
) -> None:
    """Rows of the .csv: model, quantity, value, published (the latter in the first row)."""
    paper = published.get(PAPER_MODEL, {})
    header = ["model", *(heading for heading, _ in names.values()), "batch size", "parameters"]
    rows, body = [], []
    for model, config in configs.items():
        values = {key: config["model"].get(name) for name, (_, key) in names.items()}
        values["batch_size"] = config.get("training", {}).get("batch_size")
        values["parameters"] = config["parameters"]["dense"]
        for key, value in values.items():
            rows.append((model, LARTPC, key, _plain(value), _plain(paper.get(key))))
        shown = [_plain(values[key]) for key in values if key != "parameters"]
        body.append([display_name(model, LARTPC), *shown, _count(values["parameters"])])
    keys = [*(key for _, key in names.values()), "batch_size"]
    body.append(["*published*", *(_plain(paper.get(key)) for key in keys), "–"])
    frame = pd.DataFrame(rows, columns=["model", "dataset", "quantity", "value", "published"])
    note = (
        "Batch size of the training. Parameters: a VQ-VAE's with its codebook, a PixelCNN's "
        "without the VQ-VAE."
    )
    write_table(frame, stem, document(title, header, body, note))


def _plain(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(str, value)) + "]"
    return str(value)


def _count(parameters: int) -> str:
    return f"{parameters:,}" if parameters < 1e5 else millions(parameters)


def _with_unit(name: str) -> str:
    return OBSERVABLES[name] + (f", {UNITS[name]}" if UNITS[name] else "")


def _quantity(quantity: str, species: str, unit: str) -> str:
    names = {"nats": "-log p of codes", "kl": "KL", "w1": "W1", "mean": "mean"}
    kind, _, rest = quantity.partition("_")
    images = "" if species == "all" else f", {species} images"
    return f"{names[kind]} {OBSERVABLES.get(rest, rest)}{images}, {unit}"
